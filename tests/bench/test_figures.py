"""Slices, ratios of one cycle, medians over cycles, percentiles."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from bench.figures import Ratio, Slice, byCPU, byRate, percentile, ratios, rowsOf


def _slice(
    server: str, cycle: int, cpu: float, workload: str = "varied", lags: tuple[float, ...] = ()
) -> Slice:
    """A slice of 1000 requests in half a second, C{cpu} microseconds each."""
    return Slice(server, workload, cycle, 1000, 0.5, cpu / 1000, lags)


class SliceTests(SynchronousTestCase):
    """What one slice says."""

    def test_rate(self) -> None:
        """The rate is requests by seconds of the wall."""
        self.assertEqual(Slice("a", "varied", 0, 3000, 1.5, 0.3).rate, 2000.0)

    def test_cpu(self) -> None:
        """CPU is microseconds of the server by request, whatever the wall says."""
        self.assertAlmostEqual(Slice("a", "varied", 0, 3000, 1.5, 0.3).cpu, 100.0)


class RatiosTests(SynchronousTestCase):
    """Comparing two servers."""

    def test_withinTheCycle(self) -> None:
        """A slice is compared with the other server's slice of the same cycle only."""
        slices = [_slice("a", 0, 10), _slice("b", 0, 70), _slice("a", 1, 40), _slice("b", 1, 360)]
        found = ratios(slices, "a", "b", "varied", byCPU)
        self.assertEqual([round(each, 9) for each in found], [7.0, 9.0])

    def test_withinTheWorkload(self) -> None:
        """Slices of another workload do not count."""
        slices = [
            _slice("a", 0, 10),
            _slice("b", 0, 70),
            _slice("a", 0, 1, "identical"),
            _slice("b", 0, 90, "identical"),
        ]
        found = ratios(slices, "a", "b", "varied", byCPU)
        self.assertEqual([round(each, 9) for each in found], [7.0])

    def test_cycleWithOneOnly(self) -> None:
        """A cycle in which the other was not measured gives no ratio."""
        slices = [_slice("a", 0, 10), _slice("b", 0, 70), _slice("a", 1, 10)]
        self.assertEqual(len(ratios(slices, "a", "b", "varied", byCPU)), 1)

    def test_withItself(self) -> None:
        """Compared with itself a server is once as good."""
        self.assertEqual(ratios([_slice("a", 0, 10)], "a", "a", "varied", byCPU), [1.0])

    def test_byRate(self) -> None:
        """By rate the faster one is better, whatever its CPU."""
        slices = [Slice("a", "varied", 0, 3000, 1.5, 9.0), Slice("b", "varied", 0, 500, 1.0, 0.1)]
        self.assertEqual(ratios(slices, "a", "b", "varied", byRate), [4.0])


class RowsTests(SynchronousTestCase):
    """What all slices say together."""

    def test_medianOfRatios(self) -> None:
        """The ratio of a row is the median of the cycles' ratios, not the ratio of the medians."""
        slices = [
            *(_slice("a", cycle, cpu) for cycle, cpu in enumerate((10, 20, 30))),
            *(_slice("b", cycle, cpu) for cycle, cpu in enumerate((100, 20, 60))),
        ]
        row = rowsOf(slices, ["b"])[0]
        self.assertAlmostEqual(row.cpu, 20.0)
        found = row.cpuRatios["b"]
        self.assertAlmostEqual(found.median, 2.0)
        self.assertAlmostEqual(found.least, 1.0)
        self.assertAlmostEqual(found.most, 10.0)

    def test_rates(self) -> None:
        """Requests a second are compared beside the CPU."""
        slices = [Slice("a", "varied", 0, 3000, 1.5, 9.0), Slice("b", "varied", 0, 500, 1.0, 0.1)]
        self.assertEqual(rowsOf(slices, ["b"])[0].rateRatios, {"b": Ratio(4.0, 4.0, 4.0)})

    def test_orderOfAppearance(self) -> None:
        """Rows come in the order in which server and workload were first measured."""
        slices = [_slice("b", 0, 1), _slice("a", 0, 1), _slice("b", 0, 1, "identical")]
        rows = rowsOf(slices, [])
        self.assertEqual(
            [(row.server, row.workload) for row in rows],
            [("b", "varied"), ("a", "varied"), ("b", "identical")],
        )

    def test_unmeasuredBase(self) -> None:
        """A server that was not measured is compared with by nobody."""
        row = rowsOf([_slice("a", 0, 1)], ["spyne"])[0]
        self.assertEqual((row.cpuRatios, row.rateRatios), ({}, {}))

    def test_lags(self) -> None:
        """Lags of all cycles are looked at together, in milliseconds."""
        slices = [_slice("a", 0, 1, lags=(0.001, 0.002)), _slice("a", 1, 1, lags=(0.009,))]
        row = rowsOf(slices, [])[0]
        self.assertEqual((row.lag50, row.lag99), (2.0, 9.0))

    def test_noLags(self) -> None:
        """Where nobody looked there is no lag, rather than none of it."""
        row = rowsOf([_slice("a", 0, 1)], [])[0]
        self.assertEqual((row.lag50, row.lag99), (None, None))


class PercentileTests(SynchronousTestCase):
    """Nearest rank."""

    def test_known(self) -> None:
        """Of a hundred values the 99th percentile is the 99th and the 50th the 50th."""
        values = list(range(100, 0, -1))
        self.assertEqual((percentile(values, 50), percentile(values, 99)), (50, 99))

    def test_few(self) -> None:
        """Of few values the 99th percentile is the largest."""
        self.assertEqual(percentile([3.0, 1.0, 2.0], 99), 3.0)

    def test_none(self) -> None:
        """Without values there is no percentile."""
        self.assertRaises(ValueError, percentile, [], 50)

    @given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 100))
    def test_definition(self, values: list[float], percent: float) -> None:
        """It is one of the values, and at least so many percent of them are no larger."""
        found = percentile(values, percent)
        self.assertIn(found, values)
        covered = sum(value <= found for value in values)
        self.assertGreaterEqual(covered, math.floor(len(values) * percent / 100))
