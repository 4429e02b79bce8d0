"""Long work in the reactor, cut into turns."""

from collections.abc import Awaitable

import attrs
from twisted.internet.interfaces import IReactorTime

from gma_twisted.timing.bridge import sleep
from gma_twisted.timing.ready import Ready

__all__ = ["SLICE", "Turns"]

SLICE = 0.005
"""Seconds of one turn that the work may take; its last step may go over."""

_ON: Ready[None] = Ready(None)


@attrs.define(slots=True, eq=False)
class Turns:
    """
    Says when it is time to let others have the reactor. Several pieces of one work may share it.

    @ivar clock: the node's
    """

    clock: IReactorTime
    _end: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._end = self.clock.seconds() + SLICE

    @property
    def isOver(self) -> bool:
        """Whether L{SLICE} is over."""
        return self.clock.seconds() >= self._end

    def breathe(self) -> Awaitable[None]:
        """To be awaited between two steps: goes on at once, or in another turn of the reactor when L{SLICE} is over."""
        return self._wait() if self.isOver else _ON

    async def _wait(self) -> None:
        await sleep(self.clock, 0.0)
        now = self.clock.seconds()
        if now >= self._end:
            # Of those that waited the first; the others come in the same turn, and share what is left of it.
            self._end = now + SLICE
