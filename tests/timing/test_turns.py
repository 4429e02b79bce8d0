"""Long work cut into turns of the reactor."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.timing import SLICE, Turns, toDeferred


class TurnsTests(SynchronousTestCase):
    """Turns of the reactor."""

    def test_goesOn(self) -> None:
        """Within a slice nothing waits; at its end another turn is waited for, and gives another slice."""
        clock = Clock()
        turns = Turns(clock)
        for _ in range(2):
            clock.rightNow += SLICE / 2
            self.successResultOf(toDeferred(turns.breathe()))
            clock.rightNow += SLICE
            waiting = toDeferred(turns.breathe())
            self.assertNoResult(waiting)
            clock.advance(0)
            self.successResultOf(waiting)

    def test_shared(self) -> None:
        """Those that wait for the same turn share its slice."""
        clock = Clock()
        turns = Turns(clock)
        clock.rightNow += SLICE
        one, other = toDeferred(turns.breathe()), toDeferred(turns.breathe())
        clock.advance(0)
        self.successResultOf(one)
        self.successResultOf(other)
        clock.rightNow += SLICE
        self.assertNoResult(toDeferred(turns.breathe()))
