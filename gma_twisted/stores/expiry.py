"""How rows of a store end when their time has passed: through the line all commits wait in, and again if that fails."""

import math
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

import attrs

from gma_twisted.timing import LeaseTable, NodeClock, Sweeper, spawn

__all__ = ["Expiry"]

R = TypeVar("R", bound=Hashable)

_RETRY = 1.0
# In one turn: an entry of a registry is ended twice, in the registry and in the service data that shows it.
_SLICE = 200


@attrs.define(eq=False, slots=True)
class Expiry(Generic[R]):
    """
    The ends of a store's rows.

    @ivar clock: the node's clock
    @ivar commit: commits the end of those of the rows that are gone, in its turn
    @ivar until: when a row ends, on the node's clock; C{None} for one that is kept no more
    @ivar what: names the rows in the log
    """

    clock: NodeClock
    commit: Callable[[Sequence[R]], Awaitable[object]]
    until: Callable[[R], float | None]
    what: str
    _leases: LeaseTable[R] = attrs.field(factory=LeaseTable, init=False, repr=False)
    _sweeper: Sweeper[R] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._sweeper = Sweeper(self.clock, self._leases, self._expired, _SLICE)

    def start(self) -> None:
        """Begin to end rows. No effect when begun."""
        self._sweeper.start()

    def stop(self) -> None:
        """End no more rows; what is known of them stays. No effect when stopped."""
        self._sweeper.stop()

    def keep(self, row: R, until: float) -> None:
        """Have a row end at an instant of the node's clock; C{inf} for never."""
        if until == math.inf:
            self._leases.discard(row)
        else:
            self._leases.set(row, until)

    def forget(self, row: R) -> None:
        """The row is kept no more."""
        self._leases.discard(row)

    def _expired(self, rows: Sequence[R]) -> None:
        spawn(self._end(rows), f"the expiry of {self.what}")

    async def _end(self, rows: Sequence[R]) -> None:
        try:
            await self.commit(rows)
        finally:
            # What could not be recorded as gone is still kept, and the lease table has let go of it.
            now = self.clock.seconds()
            for row in rows:
                until = None if row in self._leases else self.until(row)
                if until is not None and until < math.inf:
                    self._leases.set(row, max(until, now + _RETRY))
