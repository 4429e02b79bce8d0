"""How a node reaches others: by callers that differ in who says where to."""

from collections.abc import Awaitable, Callable

import attrs

from gma_twisted.interfaces import ICaller
from gma_twisted.model import Caller, Handle
from gma_twisted.security import SinkPins

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
    """

    trusted: ICaller
    guarded: ICaller
    sinks: ICaller
    check: Callable[[str], None]
    pins: SinkPins
    admit: Callable[[Handle, Caller], Awaitable[str]]

    async def close(self) -> None:
        """End what is open but the way to the sinks, which ends with the notices."""
        await self.trusted.close()
        await self.guarded.close()
