"""
Proxies: another node's service with the interfaces its roles have; queries and registrations made simple.

What needs no Twisted is here; L{keepalive} and L{membership} are imported by their own names, so that a program that
only asks does not wait for Twisted to load.
"""

from gma_twisted.client.finding import Found, findByName, readFound, writeNameQuery
from gma_twisted.client.proxy import Proxy, RemoteOperation

__all__ = [
    "Found",
    "Proxy",
    "RemoteOperation",
    "findByName",
    "readFound",
    "writeNameQuery",
]
