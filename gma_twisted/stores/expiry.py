"""How rows of a store end when their time has passed: through the line all commits wait in, and again if that fails."""

import math
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, NoReturn, TypeVar

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import Busy, GMAError
from gma_twisted.timing import Backoff, LeaseTable, NodeClock, Sweeper, spawn

__all__ = ["Expiry"]

log = Logger()

R = TypeVar("R", bound=Hashable)

# Seconds to the next attempt; not many try at once, so no chance is needed.
_BACKOFF = Backoff(1.0, 60.0)
# In one turn: an entry of a registry is ended twice, in the registry and in the service data that shows it.
_SLICE = 200


@attrs.define(eq=False, slots=True)
class Expiry(Generic[R]):
    """
    The ends of a store's rows, a slice at a time: the next one is taken when the one before is committed, so what
    callers commit meanwhile waits for one slice only. After a failure all rows wait, from a second up to a minute; the
    first failure and the recovery are logged.

    @ivar clock: the node's clock
    @ivar commit: commits the end of those of the rows that are gone, in its turn
    @ivar until: when a row ends, on the node's clock; C{None} for one that is kept no more
    @ivar what: names the rows in the log
    @ivar pause: seconds between two sweeps at least, see L{Sweeper}
    """

    clock: NodeClock
    commit: Callable[[Sequence[R]], Awaitable[object]]
    until: Callable[[R], float | None]
    what: str
    pause: float = 0.0
    _leases: LeaseTable[R] = attrs.field(factory=LeaseTable, init=False, repr=False)
    # While it runs only: a sweeper knows whom it sweeps for.
    _sweeper: Sweeper[R] | None = attrs.field(default=None, init=False, repr=False)
    _failures: int = attrs.field(default=0, init=False)
    _retry: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)

    def start(self) -> None:
        """Begin to end rows. No effect when begun."""
        if self._sweeper is None:
            self._sweeper = Sweeper(
                self.clock, self._leases, self._expired, _SLICE, pause=self.pause
            )
            self._sweeper.start()

    def stop(self) -> None:
        """End no more rows; what is known of them stays. No effect when stopped."""
        if self._sweeper is not None:
            self._sweeper.stop()
            self._sweeper = None
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def close(self) -> None:
        """Stop for good, and let go of who made it: then no cycle keeps that alive."""
        self.stop()
        self.commit = self.until = _refuse

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
        if self._sweeper is not None:
            self._sweeper.stop()
        spawn(self._end(rows), f"the expiry of {self.what}")

    async def _end(self, rows: Sequence[R]) -> None:
        isDone = False
        try:
            await self.commit(rows)
            isDone = True
            if self._failures:
                self._failures = 0
                log.info("{what} whose time has passed are ended again", what=self.what)
        except GMAError as error:
            if not self._failures:
                log.error(
                    "{what} whose time has passed could not be ended, which is tried again: {reason}",
                    what=self.what,
                    reason=error.message,
                )
        finally:
            self._putBack(rows)
            self._goOn(isDone)

    def _putBack(self, rows: Sequence[R]) -> None:
        # What could not be recorded as gone is still kept, and the lease table has let go of it.
        for row in rows:
            until = None if row in self._leases else self.until(row)
            if until is not None and until < math.inf:
                self._leases.set(row, until)

    def _goOn(self, isDone: bool) -> None:
        if not isDone:
            self._failures += 1
        if self._sweeper is None:
            return
        if isDone:
            self._sweeper.start()
        elif self._retry is None:
            self._retry = self.clock.callLater(_BACKOFF.ceiling(self._failures), self._tryAgain)

    def _tryAgain(self) -> None:
        self._retry = None
        if self._sweeper is not None:
            self._sweeper.start()


def _refuse(*given: object) -> NoReturn:
    raise Busy("it is closed: nothing is ended any more")
