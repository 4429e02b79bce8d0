"""Units: what they are worth, and what is no unit."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model.units import closeRange, convert, readUnit, unitOf

_LENGTHS = st.sampled_from(["ns", "us", "ms", "s", "min", "h", "d"])


def _converted(value: float, one: str, other: str) -> float | None:
    return convert(value, readUnit(one), readUnit(other))


class UnitTests(SynchronousTestCase):
    """Units mean what the SI says."""

    def test_worth(self) -> None:
        """A number is worth as much in other units."""
        for value, one, other, expected in (
            (100.0, "Mb/s", "kb/s", 100_000.0),
            (8.0, "b/s", "B/s", 1.0),
            (1.0, "KiB/s", "b/s", 8_192.0),
            (1.0, "Mbps", "kbit/s", 1_000.0),
            (60.0, "kb/min", "b/s", 1_000.0),
            (1.0, "MiB", "bytes", 1_048_576.0),
            (1.0, "kB", "B", 1_000.0),
            (1.0, "d", "h", 24.0),
            (1.0, "us", "ns", 1_000.0),
            (1.0, "\u00b5s", "\u03bcs", 1.0),
            (2.5, "GHz", "MHz", 2_500.0),
            (60.0, "1/min", "Hz", 1.0),
            (50.0, "%", "ratio", 0.5),
            (20.0, "Celsius", "Kelvin", 293.15),
            (293.15, "K", "\u00b0C", 20.0),
            (212.0, "F", "C", 100.0),
            (4.35, "kb", "b", 4_350.0),
            (1.001, "Mb/s", "kb/s", 1_001.0),
        ):
            self.assertEqual(_converted(value, one, other), expected, (value, one, other))

    def test_types(self) -> None:
        """Whether a whole number stays one depends on the units, not on the number."""
        for value, one, other, kind in (
            (3, "Mb/s", "kb/s", int),
            (1_000, "kb/s", "Mb/s", float),
            (1_500, "kb/s", "Mb/s", float),
            (3.0, "Mb/s", "kb/s", float),
            (20, "C", "K", float),
            (7, "Mb/s", "Mbps", int),
        ):
            self.assertIs(type(_converted(value, one, other)), kind)
        self.assertEqual(_converted(10**20 + 1, "kb", "b"), 10**23 + 1_000)

    def test_beyond(self) -> None:
        """What is worth more than a double holds is more than all doubles, equal to none, and less than infinity."""
        for value in (1e308, -1e308):
            low, high = closeRange(value, readUnit("d"), readUnit("ns"))
            for finite in (0.0, 1.7e308, -1.7e308):
                self.assertEqual((finite < low, finite <= high), (value > 0, value > 0))
                self.assertFalse(low <= finite <= high)
            for infinite in (math.inf, -math.inf):
                self.assertEqual((infinite > high, infinite >= low), (infinite > 0, infinite > 0))

    def test_special(self) -> None:
        """Infinities and NaN stay; what a double cannot hold is not made up."""
        self.assertEqual(_converted(math.inf, "Mb/s", "kb/s"), math.inf)
        self.assertTrue(math.isnan(_converted(math.nan, "C", "K") or 0.0))
        self.assertIsNone(_converted(1e308, "Mb/s", "b/s"))
        self.assertIsNone(_converted(-1e308, "Mb/s", "b/s"))

    @given(st.floats(allow_nan=False, allow_infinity=False), _LENGTHS, _LENGTHS)
    def test_near(self, value: float, one: str, other: str) -> None:
        """What is converted is worth as much as it was, to twelve digits."""
        made = _converted(value, one, other)
        if made is not None:
            least, most = closeRange(value, readUnit(one), readUnit(other))
            self.assertTrue(least <= made <= most)
            self.assertLessEqual(most - least, abs(made) * 3e-12)

    def test_nothing(self) -> None:
        """Near freezing point the digits count from the absolute one."""
        least, most = closeRange(273.15, readUnit("K"), readUnit("C"))
        self.assertTrue(-1e-9 < least < 0.0 < most < 1e-9)

    def test_case(self) -> None:
        """Bits and bytes are told apart by their case, and nothing else is guessed."""
        self.assertEqual(_converted(1, "B", "b"), 8)
        for text in ("mb/s", "MB/S", "KB", "KB/s", "hz", "S", "", " ", "Mb/s ", " rpm"):
            self.assertIsNone(unitOf(text))
            error = self.assertRaises(ParameterError, readUnit, text)
            self.assertIn(f'"{text}"', error.message)
        self.assertIsNone(unitOf(None))

    def test_unknown(self) -> None:
        """What is no unit here is of a dimension of its own, whatever it is called."""
        rpm, time = readUnit("rpm"), readUnit("time")
        self.assertEqual(rpm.dimension, readUnit("rpm").dimension)
        self.assertEqual(len({one.dimension for one in (rpm, time, readUnit("s"))}), 3)
        self.assertIsNone(unitOf("rpm"))
        self.assertIn('"Mb/s" or "MB/s"', self.assertRaises(ParameterError, readUnit, "mb/s").cure)

    def test_doubtful(self) -> None:
        """For what is written often and means two things, both are named."""
        error = self.assertRaises(ParameterError, readUnit, "KB")
        self.assertIn('"kB" (of 1000)', error.cure)
        self.assertIn('"KiB" (of 1024)', error.cure)

    def test_same(self) -> None:
        """Two words for what is worth the same are one unit."""
        self.assertIs(unitOf("Mb/s"), unitOf("Mbit/s"))
        self.assertIsNot(unitOf("MB/s"), unitOf("MiB/s"))
