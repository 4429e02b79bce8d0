"""C{--keep}: a lease that is renewed for as long as the verb runs."""

import random
import signal
from collections.abc import Callable

from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.client.membership import Seat
from gma_twisted.command.output import say
from gma_twisted.errors import GMAError, MatchFailed, UnknownId
from gma_twisted.timing import Backoff

__all__ = ["keep"]

_BACKOFF = Backoff(1.0, 60.0)
_SHORTEST = 1.0
_LONGEST = 3600.0


def keep(
    caller: BlockingCaller,
    seat: Seat,
    granted: float,
    take: Callable[[], tuple[Seat, float]],
    tell: Callable[[], object],
) -> None:
    """
    Renew a lease when half of it is over, and end it at Ctrl-C or SIGTERM.

    What fails is told once, and tried again after growing pauses of at most a minute; a lease that is gone is taken
    anew, which is told.

    @param granted: seconds
    @param take: a new lease, and the seconds granted
    @param tell: called first: who reads what it prints may send the signal at once
    @raise GMAError: it cannot be ended
    """
    lease = _Lease(seat, granted, take)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        tell()
        while True:
            caller.pause(lease.delay())
            lease.renew()
    except KeyboardInterrupt:
        lease.end()
    finally:
        signal.signal(signal.SIGTERM, before)


class _Lease:
    """A lease and how it stands."""

    def __init__(self, seat: Seat, granted: float, take: Callable[[], tuple[Seat, float]]) -> None:
        self._seat: Seat | None = seat
        self._granted = granted
        self._take = take
        self._failures = 0

    def delay(self) -> float:
        """Seconds until the next try."""
        half = self._granted / 2
        if self._failures:
            half = _BACKOFF.delay(self._failures, random.random)
        # Also of one that was granted for no time, or for ever.
        return max(_SHORTEST, min(half, _LONGEST))

    def renew(self) -> None:
        """Once."""
        try:
            if self._seat is None:
                self._seat, self._granted = self._take()
                say(f"again: {self._seat.entry}")
            else:
                self._granted = finished(self._seat.renew())
            self._failures = 0
        except GMAError as error:
            self._failures += 1
            if isinstance(error, UnknownId):
                self._seat = None
            if self._failures == 1:
                say(f"{error.message}; it is tried again")

    def end(self) -> None:
        """Whatever is left of it."""
        if self._seat is None:
            return
        try:
            finished(self._seat.leave())
        except (MatchFailed, UnknownId):
            say(f"{self._seat.entry} was not there any more")
