"""Connecting to other nodes over real sockets: every address of a name is tried, and TLS checks who answers."""

from collections.abc import Callable
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.ssl import optionsForClientTLS

__all__ = ["dialer"]


def dialer(reactor: Any) -> Callable[[str, int, bool], IStreamClientEndpoint]:
    """
    What a L{PooledCaller <gma_twisted.transport.caller.PooledCaller>} connects with.

    @param reactor: connects, and resolves names
    @return: makes the endpoint of host, port and whether TLS is wanted; certificates must be of the host's name and
        of an authority this machine trusts
    """

    def endpoint(host: str, port: int, isTLS: bool) -> IStreamClientEndpoint:
        found = HostnameEndpoint(reactor, host, port)
        return wrapClientTLS(optionsForClientTLS(host), found) if isTLS else found

    return endpoint
