"""Streams whose connection ended: their producer may have been restarted, and is asked soon whether it knows them."""

from collections.abc import Callable

import attrs
from twisted.internet.interfaces import IDelayedCall

from gma_twisted.timing import NodeClock

__all__ = ["LostLines"]

# Seconds in which a producer that lives has mostly connected again, and over how many more those are spread who ask one
# that does not.
_SOONEST = 2.0
_SPREAD = 8.0


@attrs.define(slots=True, eq=False)
class LostLines:
    """
    A producer that was restarted knows no subscriptions, and would else be asked when half of a lease is over. One that
    lives connects again by itself: then it is not asked.

    @ivar clock: the node's
    @ivar random: gives numbers in C{[0, 1)}
    @ivar isConnected: whether a stream has a connection
    @ivar ask: asks the producer of a stream whether it knows it; may do nothing
    """

    clock: NodeClock
    random: Callable[[], float]
    isConnected: Callable[[int], bool]
    ask: Callable[[int], None] = lambda stream: None
    # As many as there are streams at most, within seconds.
    _calls: dict[int, IDelayedCall] = attrs.field(factory=dict, init=False, repr=False)

    def lost(self, stream: int) -> None:
        """The connection of a stream ended."""
        if stream not in self._calls:
            seconds = _SOONEST + self.random() * _SPREAD
            self._calls[stream] = self.clock.callLater(seconds, self._look, stream)

    def forget(self, stream: int) -> None:
        """A subscription ended."""
        call = self._calls.pop(stream, None)
        if call is not None:
            call.cancel()

    def stop(self) -> None:
        """Ask nobody any more."""
        for stream in tuple(self._calls):
            self.forget(stream)

    def _look(self, stream: int) -> None:
        del self._calls[stream]
        if not self.isConnected(stream):
            self.ask(stream)
