"""What is left of entries that are over."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.registration import Ending, Tombstone, Tombstones
from tests.registration.stand import WALL, wallClock


class TombstonesTests(SynchronousTestCase):
    """Three at most, for ten seconds."""

    def setUp(self) -> None:
        """None."""
        self.time = Clock()
        self.stones = Tombstones(wallClock(self.time), 10.0, 3)

    def test_stands(self) -> None:
        """One stands for its time, to the instant, and tells when and why."""
        self.time.advance(2.0)
        self.stones.put("a", Ending.DESTROYED)
        self.assertEqual(self.stones.get("a"), Tombstone(WALL + 2.0, Ending.DESTROYED))
        self.time.advance(9.9)
        self.assertEqual(len(self.stones), 1)
        self.time.advance(0.1)
        self.assertIsNone(self.stones.get("a"))
        self.assertEqual(len(self.stones), 0)

    def test_newest(self) -> None:
        """Of too many the newest stand."""
        for entry in "abcde":
            self.stones.put(entry, Ending.EXPIRED)
        found = [entry for entry in "abcde" if self.stones.get(entry)]
        self.assertEqual((found, len(self.stones)), (["c", "d", "e"], 3))

    def test_unknown(self) -> None:
        """What never was has none."""
        self.assertIsNone(self.stones.get("never"))

    def test_refused(self) -> None:
        """Negative bounds are refused."""
        clock = wallClock(self.time)
        self.assertRaises(ParameterError, Tombstones, clock, -1.0)
        self.assertRaises(ParameterError, Tombstones, clock, 1.0, -1)
