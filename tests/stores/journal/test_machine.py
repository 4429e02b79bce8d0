"""Instants after the machine was started again."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.stores.journal.machine import Anchor, machineBoot, shiftSince

SECONDS = st.integers(0, 2**31).map(float)


class ShiftTests(SynchronousTestCase):
    """What is left of a lifetime."""

    @given(SECONDS, SECONDS, SECONDS, SECONDS)
    def test_sameBoot(self, clock: float, wall: float, later: float, otherWall: float) -> None:
        """Within one start of the machine nothing changes, whatever the wall clock does."""
        last = Anchor(b"1", clock, wall)
        self.assertEqual(shiftSince(last, Anchor(b"1", clock + later, otherWall)), 0.0)

    @given(SECONDS, SECONDS, SECONDS, SECONDS, SECONDS)
    def test_reboot(
        self, clock: float, wall: float, away: float, now: float, remaining: float
    ) -> None:
        """Who had so many seconds left has as many less the time that passed on the wall."""
        last = Anchor(b"1", clock, wall)
        shift = shiftSince(last, Anchor(b"2", now, wall + away))
        self.assertEqual(clock + remaining + shift, now + remaining - away)

    @given(SECONDS, SECONDS, SECONDS, SECONDS, st.integers(0, 2**20).map(float))
    def test_wallSetBack(
        self, clock: float, wall: float, now: float, remaining: float, back: float
    ) -> None:
        """A wall clock that was set back neither shortens a lifetime nor makes it longer."""
        shift = shiftSince(Anchor(b"1", clock, wall), Anchor(b"2", now, wall - back))
        self.assertEqual(clock + remaining + shift, now + remaining)

    def test_infinity(self) -> None:
        """What has no end has none afterwards."""
        shift = shiftSince(Anchor(b"1", 5.0, 0.0), Anchor(b"2", 1.0, 9.0))
        self.assertEqual((math.inf + shift, -math.inf + shift), (math.inf, -math.inf))

    def test_machineBoot(self) -> None:
        """The id of this start of the machine stays the same."""
        self.assertEqual(machineBoot(), machineBoot())
        self.assertTrue(machineBoot())
