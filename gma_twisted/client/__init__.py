"""
Proxies: another node's service with the interfaces its roles have; queries and registrations made simple.

L{keepalive} and L{membership} are imported by their own names: a program that only asks needs neither them nor
Twisted, which L{keepalive} loads.
"""

from gma_twisted.client.asking import QuestionAnswer, Result, ask
from gma_twisted.client.finding import Found, findByName, readFound, writeNameQuery
from gma_twisted.client.proxy import Proxy, RemoteOperation

__all__ = [
    "Found",
    "Proxy",
    "QuestionAnswer",
    "RemoteOperation",
    "Result",
    "ask",
    "findByName",
    "readFound",
    "writeNameQuery",
]
