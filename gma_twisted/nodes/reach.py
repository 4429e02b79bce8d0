"""How a node reaches others: by callers that differ in who says where to."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs
from twisted.internet.interfaces import IStreamClientEndpoint

from gma_twisted.interfaces import ICaller
from gma_twisted.model import Caller, Handle
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.security import TLS, SinkPins
from gma_twisted.transport.named import NamedPeers
from gma_twisted.transport.tokens import Tokens

__all__ = ["LineReach", "Reach"]


@attrs.frozen(slots=True, eq=False)
class LineReach:
    """
    The ways of lines, from a node and to it.

    @ivar dial: makes the endpoint of a host and a port, which connects as far as the connect guard and the pins allow
    @ivar resolve: gives the addresses of a name that they allow
    @ivar admit: asked whether lines may go somewhere, see L{LineRules.admit
        <gma_twisted.security.sinks.LineRules.admit>}
    @ivar reactor: binds ports
    """

    dial: Callable[[str, int], IStreamClientEndpoint]
    resolve: Callable[[str], Awaitable[Sequence[str]]]
    admit: Callable[[DataUrl, Caller], Awaitable[str]]
    reactor: Any


@attrs.frozen(slots=True, eq=False)
class Reach:
    """
    The ways from one node to others, this node's alone.

    @ivar trusted: to nodes that the operator named
    @ivar guarded: to services that peers named, as far as the connect guard allows
    @ivar sinks: to sinks, guarded too
    @ivar check: judges the form of a URL that a peer supplied, see L{IConnectGuard.check
        <gma_twisted.interfaces.IConnectGuard.check>}
    @ivar pins: at which addresses sinks are reached, whatever their names say later
    @ivar admit: asked whether notices may go to a sink, see L{NotificationSource
        <gma_twisted.notify.source.NotificationSource>}
    @ivar tls: what they show over TLS, and whom they trust; the ports of the node too
    @ivar named: whom the operator named; others are not shown the node's certificate
    @ivar tokens: what those are shown that the operator named, and nobody else
    @ivar lines: of events
    """

    trusted: ICaller
    guarded: ICaller
    sinks: ICaller
    check: Callable[[str], None]
    pins: SinkPins
    admit: Callable[[Handle, Caller], Awaitable[str]]
    tls: TLS
    named: NamedPeers
    tokens: Tokens
    lines: LineReach

    async def close(self) -> None:
        """End what is open but the way to the sinks, which ends with the notices."""
        await self.trusted.close()
        await self.guarded.close()
