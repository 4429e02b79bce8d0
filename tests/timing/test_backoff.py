"""Delays after failures."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.timing import Backoff


class BackoffTests(SynchronousTestCase):
    """Exponential, capped, spread."""

    def test_ceilings(self) -> None:
        """The ceiling grows by the factor up to the cap."""
        backoff = Backoff(1.0, 10.0)
        self.assertEqual(
            [backoff.ceiling(n) for n in range(7)], [0.0, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
        )

    def test_factor(self) -> None:
        """Another factor grows otherwise."""
        self.assertEqual(Backoff(2.0, 100.0, 3.0).ceiling(3), 18.0)

    def test_delay(self) -> None:
        """The delay is that part of the ceiling that chance gives."""
        self.assertEqual(Backoff(1.0, 10.0).delay(3, lambda: 0.25), 1.0)

    def test_told(self) -> None:
        """Who was told to wait waits that long at least, half as long again at most, and never for the cap's double."""
        backoff = Backoff(1.0, 10.0)
        self.assertEqual(backoff.delay(1, lambda: 0.0, 4), 4.0)
        self.assertEqual(backoff.delay(1, lambda: 0.5, 4), 5.0)
        self.assertEqual(backoff.delay(1, lambda: 0.0, 9999), 10.0)
        self.assertEqual(backoff.delay(4, lambda: 0.75, 2), 6.0)

    def test_manyFailures(self) -> None:
        """A million failures overflow nothing."""
        self.assertEqual(Backoff(1.0, 10.0).ceiling(10**6), 10.0)

    def test_refused(self) -> None:
        """A back-off that could not be one is refused in words."""
        for base, cap, factor in ((0.0, 1.0, 2.0), (2.0, 1.0, 2.0), (1.0, 2.0, 0.5)):
            self.assertRaises(ParameterError, Backoff, base, cap, factor)

    @given(
        base=st.floats(0.001, 100),
        more=st.floats(0, 1000),
        factor=st.floats(1, 10),
        failures=st.integers(1, 5000),
        chance=st.floats(0, 1, exclude_max=True),
    )
    def test_bounds(
        self, base: float, more: float, factor: float, failures: int, chance: float
    ) -> None:
        """A delay is never negative, never above the cap, and its ceiling never shrinks with failures."""
        backoff = Backoff(base, base + more, factor)
        self.assertTrue(0.0 <= backoff.delay(failures, lambda: chance) <= backoff.cap)
        self.assertTrue(backoff.ceiling(failures) <= backoff.ceiling(failures + 1))
