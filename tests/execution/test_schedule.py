"""The grid of a schedule."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.execution import Schedule, Slot

STARTS = st.floats(0, 1e8)
PERIODS = st.floats(0.1, 1e5)


class ScheduleTests(SynchronousTestCase):
    """Schedule."""

    def test_grid(self) -> None:
        """The places are start, start + period, start + 2 periods."""
        schedule = Schedule(100.0, 10.0)
        self.assertEqual([schedule.slot(n).due for n in range(3)], [100.0, 110.0, 120.0])

    def test_next(self) -> None:
        """After a place comes the next one, nothing missed."""
        schedule = Schedule(100.0, 10.0)
        self.assertEqual(schedule.after(schedule.slot(0), 101.0), Slot(1, 110.0, 0))

    def test_missed(self) -> None:
        """Places in the past are passed over and counted."""
        schedule = Schedule(100.0, 10.0)
        self.assertEqual(schedule.after(schedule.slot(0), 135.0), Slot(4, 140.0, 3))

    def test_onTime(self) -> None:
        """A place whose instant is this very one is not missed."""
        schedule = Schedule(100.0, 10.0)
        self.assertEqual(schedule.after(schedule.slot(0), 120.0), Slot(2, 120.0, 1))

    def test_early(self) -> None:
        """The next place comes after the last one, however early it is asked for."""
        schedule = Schedule(100.0, 10.0)
        self.assertEqual(schedule.after(schedule.slot(5), 0.0), Slot(6, 160.0, 0))

    def test_noDrift(self) -> None:
        """A million periods of a tenth of a second end at the very instant, not at a sum of roundings."""
        schedule = Schedule(0.0, 0.1)
        slot = schedule.slot(0)
        for _ in range(1000):
            slot = schedule.after(slot, slot.due)
        self.assertEqual(slot.index, 1000)
        self.assertEqual(schedule.slot(1_000_000).due, 100000.0)

    def test_rounding(self) -> None:
        """Where division rounds to a place just before the instant asked, the next one is taken."""
        schedule = Schedule(30.6, 0.2)
        earliest = 1804.8000000000002
        self.assertLess(schedule.slot(8871).due, earliest)
        self.assertEqual(schedule.after(schedule.slot(0), earliest).index, 8872)

    def test_roundingUp(self) -> None:
        """Where division rounds to the place after the instant asked, that instant's own place is taken."""
        schedule = Schedule(591.2, 0.6)
        due = schedule.slot(5201).due
        self.assertEqual(schedule.after(schedule.slot(0), due).index, 5201)

    def test_refused(self) -> None:
        """A period of zero, below, without end, or no number is refused."""
        for period in (0.0, -1.0, float("inf"), float("nan")):
            self.assertRaises(ParameterError, Schedule, 0.0, period)

    @given(STARTS, PERIODS, st.integers(0, 10**6), st.floats(-1e6, 1e9))
    def test_properties(self, start: float, period: float, index: int, earliest: float) -> None:
        """The next place is on the grid, behind the last, not before the instant asked, and the first such one."""
        schedule = Schedule(start, period)
        last = schedule.slot(index)
        found = schedule.after(last, earliest)
        self.assertEqual(found.due, start + found.index * period)
        self.assertGreater(found.index, last.index)
        self.assertGreaterEqual(found.due, earliest)
        self.assertEqual(found.missed, found.index - last.index - 1)
        if found.missed:
            self.assertLess(schedule.slot(found.index - 1).due, earliest)
