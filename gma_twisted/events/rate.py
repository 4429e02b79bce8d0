"""How many events a second pass: a bucket of as many as one second may have."""

import math

from gma_twisted.errors import ParameterError
from gma_twisted.timing import NodeClock

__all__ = ["Rate", "checkedRate"]


def checkedRate(limit: float) -> float:
    """@param limit: events a second; C{inf} for no bound. @raise ParameterError: it is not positive"""
    if not limit > 0.0:
        raise ParameterError(
            f"a rate limit is a number of events a second, more than 0, not {limit:g}",
            cure="leave it out for no limit",
        )
    return limit


class Rate:
    """
    A rate limit at work.

    @ivar limit: events a second
    """

    __slots__ = ("_clock", "_left", "_since", "limit")

    def __init__(self, clock: NodeClock, limit: float) -> None:
        """@param limit: positive; C{inf} for no bound"""
        self.limit = limit
        self._clock = clock
        self._left = self._room
        self._since = clock.seconds()

    @property
    def _room(self) -> float:
        return max(1.0, self.limit)

    def passes(self) -> bool:
        """Whether one more may pass now; it counts when it may."""
        if self.limit == math.inf:
            return True
        now = self._clock.seconds()
        self._left = min(self._room, self._left + (now - self._since) * self.limit)
        self._since = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
