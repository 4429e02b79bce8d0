"""How a node reaches others: by callers that differ in who says where to."""

from collections.abc import Awaitable, Callable

import attrs

from gma_twisted.interfaces import ICaller
from gma_twisted.model import Caller, Handle
from gma_twisted.security import TLS, SinkPins
from gma_twisted.transport.named import NamedPeers
from gma_twisted.transport.tokens import Tokens

__all__ = ["Reach"]


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

    async def close(self) -> None:
        """End what is open but the way to the sinks, which ends with the notices."""
        await self.trusted.close()
        await self.guarded.close()
