"""Sleeps until the next deadline of a table, then hands over what expired, a slice a turn of the reactor."""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from gma_twisted.errors import ParameterError
from gma_twisted.timing.leasetable import LeaseTable

__all__ = ["Sweeper"]

log = Logger()

K = TypeVar("K", bound=Hashable)

_SLICE = 500
_MIN_DELAY = 0.01


@attrs.define(eq=False)
class Sweeper(Generic[K]):
    """
    Expires one L{LeaseTable} for as long as it runs; the table has no other sweeper.

    Nothing is scanned and nothing wakes while no deadline is near; one that was put off or forgotten costs one idle
    waking. A callback that fails is logged, the keys it was given are gone from the table, and sweeping goes on.

    @ivar clock: the clock the table's deadlines are on
    @ivar table: swept
    @ivar expired: takes keys whose deadline has passed and that have left the table
    @ivar slice: most keys in one turn of the reactor; C{expired} has 10 ms for them
    @ivar minDelay: seconds between wakings at least, so that deadlines close together are dealt with together
    @ivar pause: seconds between two sweeps at least; a sweep is all that is due, however many slices that takes, also
        when it was stopped and started between two of them
    """

    clock: IReactorTime
    table: LeaseTable[K]
    expired: Callable[[Sequence[K]], None]
    slice: int = _SLICE
    minDelay: float = _MIN_DELAY
    pause: float = 0.0
    _call: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _running: bool = attrs.field(default=False, init=False)
    # No sweep begins before this instant.
    _earliest: float = attrs.field(default=-math.inf, init=False)

    def __attrs_post_init__(self) -> None:
        if self.slice < 1 or self.minDelay < 0.0 or not 0.0 <= self.pause < math.inf:
            raise ParameterError(
                "a sweeper needs slice >= 1, minDelay >= 0 and a pause of 0 or more seconds, not "
                f"{self.slice!r}, {self.minDelay!r} and {self.pause!r}"
            )

    @property
    def running(self) -> bool:
        """Whether it sweeps."""
        return self._running

    def start(self) -> None:
        """Begin to sweep; what is due already goes in the next turns. No effect when running."""
        if not self._running:
            self._running = True
            self._sleep()

    def stop(self) -> None:
        """End the sweeping, the table stays as it is. No effect when stopped."""
        self._running = False
        self.table.watch(-math.inf, self._notice)
        self._cancel()

    def _sleep(self) -> None:
        due = self.table.nextDue()
        self.table.watch(math.inf if due is None else due, self._notice)
        if due is None:
            self._cancel()
        else:
            self._wakeAfter(self._delay(due, self.clock.seconds()))

    def _notice(self, deadline: float) -> None:
        self.table.watch(deadline, self._notice)
        now = self.clock.seconds()
        delay = self._delay(deadline, now)
        # Never later than before: a stream of deadlines that have passed would put the sweep off for ever.
        if self._call is None or now + delay < self._call.getTime():
            self._wakeAfter(delay)

    def _delay(self, due: float, now: float) -> float:
        return max(self.minDelay, due - now, self._earliest - now)

    def _wakeAfter(self, delay: float) -> None:
        self._cancel()
        self._call = self.clock.callLater(delay, self._sweep)

    def _cancel(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _sweep(self) -> None:
        self._call = None
        now = self.clock.seconds()
        keys = self.table.expire(now, self.slice)
        if len(keys) < self.slice:
            self._earliest = now + self.pause
        if keys:
            try:
                self.expired(keys)
            except Exception:  # noqa: BLE001 (one failure must not keep all the others alive for ever)
                log.failure("{count} keys expired, but what follows failed", count=len(keys))
        if not self._running:
            return
        if len(keys) == self.slice:
            self._wakeAfter(0.0)
        else:
            self._sleep()
