"""What the wall clock is ahead of the node's, the same until somebody sets it."""

import math

import attrs

from gma_twisted.timing import NodeClock

__all__ = ["WallOffset"]

_STEP = 0.5


@attrs.define(slots=True, eq=False)
class WallOffset:
    """
    Values are written with the times of the wall: one and the same distance for all keeps what was written true.

    @ivar clock: the node's
    @ivar value: seconds
    """

    clock: NodeClock
    value: float = attrs.field(default=-math.inf, init=False)

    def follow(self) -> bool:
        """Look at the clocks. @return: whether they have moved by more than half a second, and C{value} with them"""
        offset = self.clock.wallTime() - self.clock.seconds()
        if abs(offset - self.value) <= _STEP:
            return False
        self.value = offset
        return True
