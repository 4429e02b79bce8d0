"""What is left of what is over."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.timing import NodeClock, Tombstone, Tombstones

_WALL = 1_700_000_000.0


class TombstonesTests(SynchronousTestCase):
    """Three at most, for ten seconds."""

    def setUp(self) -> None:
        """None."""
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: _WALL + self.time.seconds())
        self.stones: Tombstones[str] = Tombstones(self.clock, 10.0, 3)

    def test_stands(self) -> None:
        """One stands for its time, to the instant, and tells when and why."""
        self.time.advance(2.0)
        self.stones.put("a", "destroyed")
        self.assertEqual(self.stones.get("a"), Tombstone(_WALL + 2.0, "destroyed"))
        self.time.advance(9.9)
        self.assertEqual(len(self.stones), 1)
        self.time.advance(0.1)
        self.assertIsNone(self.stones.get("a"))
        self.assertEqual(len(self.stones), 0)

    def test_newest(self) -> None:
        """Of too many the newest stand."""
        for entry in "abcde":
            self.stones.put(entry, "expired")
        found = [entry for entry in "abcde" if self.stones.get(entry)]
        self.assertEqual((found, len(self.stones)), (["c", "d", "e"], 3))

    def test_unknown(self) -> None:
        """What never was has none."""
        self.assertIsNone(self.stones.get("never"))

    def test_refused(self) -> None:
        """Negative bounds are refused."""
        self.assertRaises(ParameterError, Tombstones, self.clock, -1.0)
        self.assertRaises(ParameterError, Tombstones, self.clock, 1.0, -1)
