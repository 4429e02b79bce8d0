"""The timer behind a schedule."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.execution.ticker import Ticker


class TickerTests(SynchronousTestCase):
    """Ticker."""

    def setUp(self) -> None:
        """A ticker that notes when it calls back and what was missed."""
        self.clock = Clock()
        self.clock.advance(100)
        self.ticks: list[tuple[float, int]] = []
        self.ticker = Ticker(
            self.clock, lambda missed: self.ticks.append((self.clock.seconds(), missed))
        )

    def test_now(self) -> None:
        """The first call comes at the start, not after a period."""
        self.ticker.start(10.0)
        self.assertEqual(self.ticks, [(100.0, 0)])
        self.assertEqual(self.ticker.next, 110.0)

    def test_grid(self) -> None:
        """A late call does not move the ones after it."""
        self.ticker.start(10.0)
        self.clock.advance(13)
        self.clock.advance(7)
        self.assertEqual(self.ticks[1:], [(113.0, 0), (120.0, 0)])

    def test_missed(self) -> None:
        """After a long sleep it calls once, with the number of places it slept over."""
        self.ticker.start(10.0)
        self.clock.advance(45)
        self.assertEqual(self.ticks[1:], [(145.0, 3)])
        self.assertEqual(self.ticker.next, 150.0)

    def test_late(self) -> None:
        """A call late by a whole period: the place that is due this very instant is used, not missed."""
        self.ticker.start(10.0)
        self.clock.advance(20)
        self.assertEqual(self.ticks[1:], [(120.0, 0), (120.0, 0)])
        self.assertEqual(self.ticker.next, 130.0)

    def test_postpone(self) -> None:
        """A pause leaves places out; they are not missed, and the grid stays."""
        self.ticker.start(10.0)
        self.clock.advance(1)
        self.assertTrue(self.ticker.postpone(25.0))
        self.assertEqual(self.ticker.next, 130.0)
        for _ in range(30):
            self.clock.advance(1)
        self.assertEqual(self.ticks[1:], [(130.0, 0)])

    def test_shortPause(self) -> None:
        """A pause that ends before the next place changes nothing."""
        self.ticker.start(10.0)
        self.assertFalse(self.ticker.postpone(9.0))
        self.assertEqual(self.ticker.next, 110.0)

    def test_stop(self) -> None:
        """Stopped, it keeps no timer, and a pause does not wake it."""
        self.ticker.start(10.0)
        self.ticker.stop()
        self.assertFalse(self.ticker.postpone(5.0))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertIsNone(self.ticker.next)

    def test_stopInside(self) -> None:
        """It may be stopped from its own call."""
        ticker = Ticker(self.clock, lambda missed: ticker.stop())
        ticker.start(10.0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_repace(self) -> None:
        """Another period counts from the place used last: what is due by then comes next, and nothing was missed."""
        self.ticker.start(10.0)
        self.clock.advance(3.5)
        self.assertTrue(self.ticker.repace(1.0))
        self.assertEqual(self.ticker.next, 104.0)
        self.assertFalse(self.ticker.repace(1.0))
        self.clock.advance(0.5)
        self.assertTrue(self.ticker.repace(10.0))
        self.assertEqual(self.ticker.next, 114.0)
        self.assertEqual(self.ticks, [(100.0, 0), (104.0, 0)])

    def test_repacePause(self) -> None:
        """A pause lasts though the period changes."""
        self.ticker.start(10.0)
        self.ticker.postpone(25.0)
        self.ticker.repace(1.0)
        self.assertEqual(self.ticker.next, 125.0)

    def test_repaceNothing(self) -> None:
        """Without a schedule there is no period to change."""
        self.assertFalse(self.ticker.repace(1.0))
        self.assertIsNone(self.ticker.next)
        self.assertIsNone(self.ticker.period)
