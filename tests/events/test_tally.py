"""Numbers told of as one, against the statistics module."""

import math
import statistics
from fractions import Fraction
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from gma_twisted.events.tally import Tally
from gma_twisted.model.event import EventField, Value

NUMBERS = st.lists(
    st.one_of(st.integers(-(10**30), 10**30), st.floats(-1e100, 1e100, allow_nan=False)),
    min_size=1,
    max_size=60,
)


def tallied(*fields: tuple[Value, str | None], most: int = 1000) -> Tally:
    """Of values and units."""
    made = Tally(most, "seed")
    for value, units in fields:
        made.add(EventField("x", value, units))
    return made


class TallyTests(TestCase):
    """Numbers in plain units."""

    @given(NUMBERS)
    def test_moments(self, numbers: list[float]) -> None:
        """Sum and mean are as exact as those of the library; the least and the greatest are the numbers themselves."""
        made = Tally.of(numbers)
        self.assertEqual(
            (made.count, made.least, made.greatest), (len(numbers), min(numbers), max(numbers))
        )
        assert made.sum is not None and made.mean is not None
        exact = statistics.mean(map(Fraction, numbers))
        self.assertTrue(math.isclose(made.mean, exact, rel_tol=1e-15, abs_tol=1e-300))
        self.assertTrue(math.isclose(made.sum, exact * len(numbers), rel_tol=1e-15, abs_tol=1e-300))
        self.assertEqual(isinstance(made.sum, int), all(isinstance(one, int) for one in numbers))

    @given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=80), st.integers(1, 99))
    def test_quantiles(self, numbers: list[float], percent: int) -> None:
        """They are those of the library's inclusive method."""
        wanted = statistics.quantiles(numbers, n=100, method="inclusive")[percent - 1]
        found = Tally.of(numbers).quantile(percent / 100)
        assert found is not None
        self.assertAlmostEqual(found, wanted, delta=1e-9 * (1 + abs(wanted)))
        self.assertTrue(min(numbers) <= found <= max(numbers))

    def test_ends(self) -> None:
        """The quantiles 0 and 1 are the least and the greatest; of one number all are it; of none there is none."""
        made = Tally.of([3.0, 1.0, 2.0])
        self.assertEqual(
            [made.quantile(0.0), made.quantile(0.5), made.quantile(1.0)], [1.0, 2.0, 3.0]
        )
        self.assertEqual(Tally.of([7.5]).quantile(0.99), 7.5)
        empty = Tally.of([])
        self.assertEqual((empty.quantile(0.5), empty.sum, empty.mean, empty.least), (None,) * 4)

    def test_cancelling(self) -> None:
        """What is small is not lost beside what is large."""
        self.assertEqual(Tally.of([1e16, 1.0, -1e16] * 3).sum, 3.0)
        self.assertEqual(Tally.of([10**37, 1.5, -(10**37)]).sum, 1.5)

    def test_beyond(self) -> None:
        """A sum that no event can hold is none; the others are told all the same."""
        made = Tally.of([1.7e308, 1.7e308, -1.0])
        self.assertEqual((made.sum, made.mean, made.greatest), (None, None, 1.7e308))
        many = Tally.of([9 * 10**37] * 2)
        self.assertEqual((many.sum, type(many.sum)), (1.8e38, float))


class UnfitTests(TestCase):
    """What is left out, and counted."""

    def test_kinds(self) -> None:
        """Texts, truth values, NaN and infinities are no numbers."""
        made = tallied(("a", None), (True, None), (math.nan, None), (math.inf, None), (2, None))
        self.assertEqual((made.count, made.unfit, made.sum), (1, 4, 2))

    def test_units(self) -> None:
        """Numbers are in the units of the first; of another dimension, or of none, they are left out."""
        made = tallied((1, "kB"), (500, "B"), (2, "s"), (3, None), (1, "MB"))
        self.assertEqual((made.units, made.count, made.unfit), ("kB", 3, 2))
        self.assertEqual(made.sum, 1001.5)

    def test_unknown(self) -> None:
        """Units nobody knows are equal to themselves only."""
        made = tallied((1, "rpm"), (2, "rpm"), (3, "furlongs"))
        self.assertEqual((made.count, made.unfit, made.sum), (2, 1, 3))


class SampleTests(TestCase):
    """More numbers than are kept."""

    def test_bounded(self) -> None:
        """A sample of all of them is kept, the same of the same numbers; what needs no sample is exact."""
        numbers = [float(one) for one in range(20_000)]
        made = Tally.of(numbers, 500, "a")
        self.assertEqual((made.isExact, made.count, made.sum), (False, 20_000, sum(numbers)))
        median = made.quantile(0.5)
        assert median is not None
        # Of 500 of them: five standard deviations are 2236.
        self.assertLess(abs(median - 10_000), 2_236)
        self.assertEqual(Tally.of(numbers, 500, "a").quantile(0.5), median)
        self.assertNotEqual(Tally.of(numbers, 500, "b").quantile(0.5), median)
        self.assertEqual(len(made._kept), 500)

    def test_exact(self) -> None:
        """As many as are kept are all."""
        self.assertTrue(Tally.of([1.0] * 500, 500).isExact)
