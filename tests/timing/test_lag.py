"""How late the reactor comes."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.timing import LagProbe
from gma_twisted.timing.lag import BOUNDS


class LagTests(SynchronousTestCase):
    """One probe that looks every half second."""

    def setUp(self) -> None:
        """It runs from 0 s on."""
        self.clock = Clock()
        self.probe = LagProbe(self.clock)
        self.probe.start()

    def late(self, seconds: float) -> None:
        """Let the next look come so late."""
        self.clock.advance(0.5 + seconds)

    def test_nothing(self) -> None:
        """Before the first look there is nothing to tell."""
        self.clock.advance(0.4)
        lag = self.probe.lag
        self.assertEqual((lag.last, lag.most, lag.count, lag.total), (0.0, 0.0, 0, 0.0))
        self.assertEqual(lag.atMost, tuple((bound, 0) for bound in BOUNDS))

    def test_inTime(self) -> None:
        """A reactor that is never late has looked twice a second, and all of them are in the first bucket."""
        self.clock.pump([0.25] * 40)
        lag = self.probe.lag
        self.assertEqual((lag.last, lag.most, lag.count, lag.total), (0.0, 0.0, 20, 0.0))
        self.assertEqual(lag.atMost[0], (BOUNDS[0], 20))

    def test_late(self) -> None:
        """Each stall is counted with its length; the next look is half a second after the one that came late."""
        for seconds in (0.125, 2.0, 0.0):
            self.late(seconds)
        lag = self.probe.lag
        self.assertEqual((lag.last, lag.most, lag.count, lag.total), (0.0, 2.0, 3, 2.125))

    def test_buckets(self) -> None:
        """Buckets count all that were no later than their bound; what is later than each is in the count only."""
        for seconds in (0.25, 0.5, 64.0):
            self.late(seconds)
        found = dict(self.probe.lag.atMost)
        self.assertEqual(
            {bound: found[bound] for bound in (0.1, 0.25, 0.5, 1.0, 5.0)},
            {0.1: 0, 0.25: 1, 0.5: 2, 1.0: 2, 5.0: 2},
        )
        self.assertEqual(self.probe.lag.count, 3)

    def test_window(self) -> None:
        """The most is shown for a minute at least, and for little more than two."""
        self.late(2.0)
        self.clock.pump([0.5] * 2 * 62)
        self.assertEqual(self.probe.lag.most, 2.0)
        self.clock.pump([0.5] * 2 * 62)
        self.assertEqual(self.probe.lag.most, 0.0)

    def test_stop(self) -> None:
        """A stopped probe has no timer, and keeps what it saw; it may begin again."""
        self.late(2.0)
        self.probe.stop()
        self.probe.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.probe.lag.count, 1)
        self.clock.advance(3600.0)
        self.probe.start()
        self.probe.start()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(0.5)
        self.assertEqual((self.probe.lag.count, self.probe.lag.last), (2, 0.0))
