"""Streams whose connection ended, and whose producer is asked about them."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.nodes.lostlines import LostLines
from gma_twisted.timing import NodeClock


class LostLinesTests(SynchronousTestCase):
    """L{LostLines}."""

    def setUp(self) -> None:
        """Nothing is lost."""
        self.time = Clock()
        self.chance = 0.5
        self.connected: set[int] = set()
        self.asked: list[int] = []
        self.lines = LostLines(
            NodeClock(self.time),
            lambda: self.chance,
            self.connected.__contains__,
            self.asked.append,
        )

    def test_spread(self) -> None:
        """Between 2 and 10 s after its end, each at another instant."""
        for stream, chance in ((1, 0.0), (2, 0.5), (3, 0.999)):
            self.chance = chance
            self.lines.lost(stream)
        for seconds, asked in ((1.9, []), (0.2, [1]), (3.8, [1]), (0.2, [1, 2]), (4.0, [1, 2, 3])):
            self.time.advance(seconds)
            self.assertEqual(self.asked, asked)

    def test_back(self) -> None:
        """Of one that has a connection again nobody is asked."""
        self.lines.lost(1)
        self.connected.add(1)
        self.time.advance(20.0)
        self.assertEqual(self.asked, [])

    def test_once(self) -> None:
        """One that is lost again and again is asked for once in that time, and again when it is lost after it."""
        for _ in range(5):
            self.lines.lost(1)
            self.time.advance(1.0)
        self.time.advance(20.0)
        self.assertEqual(self.asked, [1])
        self.lines.lost(1)
        self.time.advance(20.0)
        self.assertEqual(self.asked, [1, 1])

    def test_ended(self) -> None:
        """Of a subscription that ended, and after the end of the node, nobody is asked."""
        self.lines.lost(1)
        self.lines.lost(2)
        self.lines.forget(1)
        self.lines.forget(3)
        self.lines.stop()
        self.assertEqual((self.time.getDelayedCalls(), self.asked), ([], []))
