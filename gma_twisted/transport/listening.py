"""From an endpoint string to something that listens: Twisted's own endpoints, or the loop itself where it is faster."""

import asyncio
from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint, serverFromString
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.reflect import qual
from zope.interface import implementer

from gma_twisted.transport.native import NativeEndpoint

__all__ = ["SecureEndpoint", "serverEndpoint"]

_BACKLOG = 1024


class _SecureFactory(TLSMemoryBIOFactory):
    """
    As Twisted's, for factories that may have no protocol for who connects: then there is no TLS either.

    Who begins too many handshakes is cut off before one costs anything: there is no way to say so without one.
    """

    def __init__(
        self,
        creator: IOpenSSLServerConnectionCreator,
        wrapped: IProtocolFactory,
        reactor: Any,
        admits: Callable[[IAddress | None], bool],
    ) -> None:
        super().__init__(creator, False, wrapped, reactor)
        self._admits = admits

    def buildProtocol(self, addr: IAddress | None) -> TLSMemoryBIOProtocol | None:  # type: ignore[override]
        """See L{IProtocolFactory}."""
        if not self._admits(addr):
            return None
        wrapped = self.wrappedFactory.buildProtocol(addr)
        return None if wrapped is None else self.protocol(self, wrapped)


@implementer(IStreamServerEndpoint)
@attrs.frozen(slots=True, eq=False)
class SecureEndpoint:
    """
    Speaks TLS on whatever another endpoint accepts.

    @ivar endpoint: listens
    @ivar creator: asked for every connection
    @ivar reactor: has the time
    @ivar admits: asked whether who connects may begin a handshake
    """

    endpoint: IStreamServerEndpoint
    creator: IOpenSSLServerConnectionCreator
    reactor: Any
    admits: Callable[[IAddress | None], bool] = lambda _: True

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """See L{IStreamServerEndpoint}."""
        factory = _SecureFactory(self.creator, protocolFactory, self.reactor, self.admits)
        listening: Deferred[IListeningPort] = self.endpoint.listen(factory)
        return listening


def serverEndpoint(
    reactor: Any,
    description: str,
    tls: IOpenSSLServerConnectionCreator | None = None,
    admits: Callable[[IAddress | None], bool] = lambda _: True,
) -> IStreamServerEndpoint:
    """
    The endpoint of a string such as C{tcp:8480:interface=127.0.0.1}.

    Plain TCP on a uvloop (C{twistd --reactor=gma-uvloop}) is attached natively.

    @param tls: makes the connections of C{ssl:8443:interface=127.0.0.1}; Twisted's own reading of such a string is
        never used
    @param admits: asked whether who connects there may begin a handshake
    @raise ValueError: not an endpoint string
    """
    kind, _, rest = description.partition(":")
    if kind == "ssl":
        if tls is None:
            raise ValueError("there is nothing to speak TLS with")
        return SecureEndpoint(_plain(reactor, rest), tls, reactor, admits)
    endpoint: IStreamServerEndpoint = serverFromString(reactor, description)
    loop = _uvloop() if isinstance(reactor, AsyncioSelectorReactor) else None
    if kind != "tcp" or loop is None:
        return endpoint
    port, interface, others = _read(rest)
    if others or not interface:
        return endpoint
    return NativeEndpoint(loop, port, interface)


def _plain(reactor: Any, rest: str) -> IStreamServerEndpoint:
    """What C{ssl} listens on, by the family of its address."""
    port, interface, others = _read(rest)
    kind = TCP6ServerEndpoint if ":" in interface else TCP4ServerEndpoint
    endpoint: IStreamServerEndpoint = kind(
        reactor, port, int(others.get("backlog", _BACKLOG)), interface
    )
    return endpoint


def _read(rest: str) -> tuple[int, str, dict[str, str]]:
    """Port, address and the other options of a string that was checked."""
    arguments = rest.replace("\\:", "\0").split(":")
    named = dict(each.split("=", 1) for each in arguments if "=" in each)
    port = named.pop("port", next((each for each in arguments if "=" not in each), "0"))
    interface = named.pop("interface", "").replace("\0", ":").replace("\\", "")
    return int(port), interface, named


def _uvloop() -> asyncio.AbstractEventLoop | None:
    try:
        loop = asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        return None
    return loop if qual(type(loop)).startswith("uvloop") else None
