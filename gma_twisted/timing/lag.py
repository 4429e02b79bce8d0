"""How late the reactor comes to what is due: a timer that measures itself (RELIABILITY P13)."""

from bisect import bisect_left
from itertools import accumulate

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gma_twisted.model import LoopLag

__all__ = ["BOUNDS", "LagProbe"]

BOUNDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Seconds by which it is told how often the probe came no later."""

_WINDOW = 60.0


@attrs.define(slots=True, eq=False)
class LagProbe:
    """
    A timer that comes again and again and sees how late it is.

    Whatever holds the reactor at the moment the timer is due is seen with its whole rest; a stall shorter than
    C{period} is met by chance, in proportion to its length. One stall counts once, however long it was. A machine
    that was suspended counts as one, too.

    @ivar clock: the node's
    @ivar period: seconds between two looks
    """

    clock: IReactorTime
    period: float = 0.5
    _counts: list[int] = attrs.field(init=False, repr=False)
    _total: float = attrs.field(default=0.0, init=False)
    _last: float = attrs.field(default=0.0, init=False)
    # The most of this minute and of the one before it: a stall is shown for a minute at least, and not for ever.
    _most: float = attrs.field(default=0.0, init=False)
    _before: float = attrs.field(default=0.0, init=False)
    _minuteEnd: float = attrs.field(default=0.0, init=False)
    _due: float = attrs.field(default=0.0, init=False)
    _call: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)

    @property
    def lag(self) -> LoopLag:
        """What it has seen."""
        sums = list(accumulate(self._counts))
        most = max(self._most, self._before)
        # The last sum counts those too that were later than every bound.
        return LoopLag(
            self._last, most, sums[-1], self._total, tuple(zip(BOUNDS, sums, strict=False))
        )

    def start(self) -> None:
        """Begin to look; no effect when it does."""
        if self._call is None:
            now = self.clock.seconds()
            self._minuteEnd = now + _WINDOW
            self._wait(now)

    def stop(self) -> None:
        """Look no more; what was seen stays."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _wait(self, now: float) -> None:
        self._due = now + self.period
        self._call = self.clock.callLater(self.period, self._look)

    def _look(self) -> None:
        now = self.clock.seconds()
        late = max(0.0, now - self._due)
        if now >= self._minuteEnd:
            self._before, self._most = self._most, 0.0
            self._minuteEnd = now + _WINDOW
        self._last = late
        self._most = max(self._most, late)
        self._total += late
        self._counts[bisect_left(BOUNDS, late)] += 1
        self._wait(now)
