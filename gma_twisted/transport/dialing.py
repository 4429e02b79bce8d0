"""Connecting to other nodes over real sockets: every address of a name is tried, and TLS checks who answers."""

from collections.abc import Callable
from typing import Any

from twisted.internet.endpoints import (
    HostnameEndpoint,
    TCP4ClientEndpoint,
    TCP6ClientEndpoint,
    wrapClientTLS,
)
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IStreamClientEndpoint
from twisted.internet.ssl import optionsForClientTLS

from gma_twisted.interfaces import IConnectGuard
from gma_twisted.timing import NodeClock
from gma_twisted.transport.guarded import GuardedDialer, unshown
from gma_twisted.transport.limits import DialLimits
from gma_twisted.transport.lookup import Lookup

__all__ = ["dialer", "guardedDialer"]


def dialer(
    reactor: Any,
    options: Callable[[str], IOpenSSLClientConnectionCreator] = optionsForClientTLS,
) -> Callable[[str, int, bool], IStreamClientEndpoint]:
    """
    What a L{PooledCaller <gma_twisted.transport.caller.PooledCaller>} connects with, where the operator says.

    @param reactor: connects, and resolves names
    @param options: the TLS options for a host, which check that the certificate is of this host; without them it must
        be of an authority this machine trusts
    @return: makes the endpoint of host, port and whether TLS is wanted
    """

    def endpoint(host: str, port: int, isTLS: bool) -> IStreamClientEndpoint:
        found = HostnameEndpoint(reactor, host, port)
        return wrapClientTLS(options(host), found) if isTLS else found

    return endpoint


def guardedDialer(
    reactor: Any,
    clock: NodeClock,
    guard: IConnectGuard,
    limits: DialLimits | None = None,
    options: Callable[[str, int], IOpenSSLClientConnectionCreator] = unshown,
) -> GuardedDialer:
    """
    As L{dialer}, where peers say: nothing is dialled but what the guard allows.

    @param reactor: connects, and resolves names
    @param limits: of all endpoints together
    @param options: as L{dialer}'s, for a host and a port: who is called by no choice of the operator need not be told
        who we are
    """
    bounds = limits or DialLimits()

    def connect(address: str, port: int) -> IStreamClientEndpoint:
        kind = TCP6ClientEndpoint if ":" in address else TCP4ClientEndpoint
        endpoint: IStreamClientEndpoint = kind(reactor, address, port, bounds.connectSeconds)
        return endpoint

    return GuardedDialer(guard, Lookup(reactor.nameResolver, clock, bounds), connect, options)
