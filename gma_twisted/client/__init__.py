"""Proxies: another node's service with the interfaces its roles have; queries and registrations made simple."""

from gma_twisted.client.finding import Found, findByName, readFound, writeNameQuery
from gma_twisted.client.keepalive import RegistrationKeeper
from gma_twisted.client.membership import Membership
from gma_twisted.client.proxy import Proxy, RemoteOperation

__all__ = [
    "Found",
    "Membership",
    "Proxy",
    "RegistrationKeeper",
    "RemoteOperation",
    "findByName",
    "readFound",
    "writeNameQuery",
]
