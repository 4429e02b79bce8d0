"""Proxies: another node's service with the interfaces its roles have, and queries made simple."""

from gma_twisted.client.finding import Found, findByName, readFound, writeNameQuery
from gma_twisted.client.proxy import Proxy, RemoteOperation

__all__ = ["Found", "Proxy", "RemoteOperation", "findByName", "readFound", "writeNameQuery"]
