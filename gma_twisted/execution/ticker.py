"""The timer behind a schedule: one delayed call, always for the next place of the grid."""

from collections.abc import Callable

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gma_twisted.execution.schedule import Schedule, Slot

__all__ = ["Ticker"]


@attrs.define(eq=False, slots=True)
class Ticker:
    """
    Calls back at every place of a grid, with the number of places missed since the last one.

    Places are missed when the machine sleeps or the reactor is late, not by L{postpone}.
    """

    _clock: IReactorTime
    _tick: Callable[[int], None]
    _schedule: Schedule | None = attrs.field(default=None, init=False)
    _last: Slot = attrs.field(default=Slot(0, 0.0), init=False)
    _next: Slot = attrs.field(default=Slot(0, 0.0), init=False)
    _timer: IDelayedCall | None = attrs.field(default=None, init=False)
    # Until then everything is left out.
    _paused: float = attrs.field(default=0.0, init=False)

    @property
    def next(self) -> float | None:
        """Instant of the next call; C{None} when there is none."""
        return self._next.due if self._timer is not None else None

    @property
    def period(self) -> float | None:
        """Seconds between two places of the grid; C{None} when there is none."""
        return None if self._schedule is None else self._schedule.period

    def start(self, period: float) -> None:
        """Call back now, before this returns, and then every C{period} seconds."""
        self.stop()
        self._paused = 0.0
        self._schedule = Schedule(self._clock.seconds(), period)
        self._next = self._schedule.slot(0)
        self._fire()

    def repace(self, period: float) -> bool:
        """
        Call back every C{period} seconds, counted from the place used last; a pause still lasts. No effect without a
        schedule, or with the same period.

        @return: whether it is another period than before
        """
        if self._schedule is None or period == self._schedule.period:
            return False
        self._schedule = Schedule(self._last.due, period)
        self._last = self._schedule.slot(0)
        self._arm(self._schedule.after(self._last, max(self._clock.seconds(), self._paused)))
        return True

    def postpone(self, pause: float) -> bool:
        """
        Leave out what falls into the next seconds.

        @param pause: seconds from now
        @return: whether places are left out; without a schedule none is
        """
        if self._schedule is None:
            return False
        self._paused = self._clock.seconds() + pause
        slot = self._schedule.after(self._last, self._paused)
        self._arm(slot)
        return slot.missed > 0

    def stop(self) -> None:
        """Call back no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._schedule = None

    def _arm(self, slot: Slot) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = slot
        self._timer = self._clock.callLater(max(0.0, slot.due - self._clock.seconds()), self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._schedule is None:
            return
        self._last = self._next
        slot = self._schedule.after(self._last, self._clock.seconds())
        self._arm(slot)
        self._tick(slot.missed)
