"""Deadlines of all connections of a listener on one timer: a callLater per message would cost more than a parse."""

import math
from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

__all__ = ["DeadlineWheel", "Watched"]


class Watched(Protocol):
    """
    What has a deadline.

    @ivar deadline: instant on the clock, C{inf} for none; may be moved later without telling the wheel
    @ivar slot: the wheel's own mark
    """

    deadline: float
    slot: int

    def deadlinePassed(self) -> None:
        """Told once, at most one tick late."""


class DeadlineWheel:
    """
    Tells the watched when their deadline has passed, at most C{tick} seconds late.

    A deadline moved later costs nothing: it is seen when its old slot comes round. One moved earlier, or set
    after none, needs L{file}.

    @ivar now: the clock's reading at the last tick: good enough to reckon a new deadline from
    @ivar late: seconds that tick came late; 0 for the first after a pause
    """

    def __init__(
        self, clock: IReactorTime, tick: float = 0.25, ticked: Callable[[], None] = lambda: None
    ) -> None:
        """
        @param tick: seconds between looks
        @param ticked: called at every tick, and when watching begins again after a pause
        """
        self._clock = clock
        self._tick = tick
        self._ticked = ticked
        self._slots: dict[int, set[Watched]] = {}
        self._timer: IDelayedCall | None = None
        self.now = clock.seconds()
        self.late = 0.0

    def file(self, one: Watched) -> None:
        """Watch it by its present deadline."""
        if one.deadline == math.inf:
            return
        # The slot the deadline lies in: who is looked at too early there is seen again a tick later.
        slot = int(one.deadline / self._tick)
        if one.slot == slot or (0 <= one.slot < slot):
            return
        self._unfile(one)
        one.slot = slot
        self._slots.setdefault(slot, set()).add(one)
        if self._timer is None:
            self.now = self._clock.seconds()
            self.late = 0.0
            self._ticked()
            self._timer = self._clock.callLater(self._tick, self._turn)

    def forget(self, one: Watched) -> None:
        """Watch it no longer."""
        self._unfile(one)
        if not self._slots and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _unfile(self, one: Watched) -> None:
        if one.slot >= 0:
            waiting = self._slots.get(one.slot)
            if waiting is not None:
                waiting.discard(one)
                if not waiting:
                    del self._slots[one.slot]
            one.slot = -1

    def _turn(self) -> None:
        self._timer = None
        before, self.now = self.now, self._clock.seconds()
        now = self.now
        self.late = max(0.0, now - before - self._tick)
        current = int(now / self._tick)
        for slot in [slot for slot in self._slots if slot <= current]:
            for one in self._slots.pop(slot):
                # One that was told its end may have ended others of the same slot.
                if one.slot != slot:
                    continue
                one.slot = -1
                if one.deadline <= now:
                    one.deadline = math.inf
                    one.deadlinePassed()
                else:
                    self.file(one)
        self._ticked()
        if self._slots and self._timer is None:
            self._timer = self._clock.callLater(self._tick, self._turn)
