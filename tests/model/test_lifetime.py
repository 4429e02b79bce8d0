"""Lifetimes: the order of their instants, and what a clock makes of them."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model import FOREVER, Lifetime

_SECONDS = st.floats(0, 1e9)


class LifetimeTests(SynchronousTestCase):
    """goodFrom <= goodUntil <= availableUntil, always."""

    @given(st.floats(), st.floats(), st.floats())
    def test_order(self, goodFrom: float, goodUntil: float, availableUntil: float) -> None:
        """A lifetime exists exactly when its instants are in order; NaN is in none."""
        try:
            Lifetime(goodFrom, goodUntil, availableUntil)
            made = True
        except ParameterError:
            made = False
        self.assertEqual(made, goodFrom <= goodUntil <= availableUntil)

    @given(_SECONDS, _SECONDS, _SECONDS, st.floats(0, 4e9))
    def test_phases(self, start: float, good: float, grace: float, now: float) -> None:
        """A value is fresh, then stale, then gone; what is gone is stale as well."""
        lifetime = Lifetime.lasting(start, good, grace)
        self.assertEqual(lifetime.isStale(now), now >= lifetime.goodUntil)
        self.assertEqual(lifetime.isGone(now), now >= lifetime.availableUntil)
        self.assertTrue(lifetime.isStale(now) or not lifetime.isGone(now))

    def test_lasting(self) -> None:
        """A value made now is good for so long, and readable a little longer."""
        self.assertEqual(Lifetime.lasting(10.0, 5.0, 2.0), Lifetime(10.0, 15.0, 17.0))

    def test_boundaries(self) -> None:
        """At the very instant it is over."""
        lifetime = Lifetime(0.0, 5.0, 7.0)
        self.assertEqual((lifetime.isStale(4.999), lifetime.isStale(5.0)), (False, True))
        self.assertEqual((lifetime.isGone(6.999), lifetime.isGone(7.0)), (False, True))

    def test_forever(self) -> None:
        """A lifetime may have no end."""
        self.assertFalse(FOREVER.isStale(1e300))
        self.assertEqual(Lifetime.lasting(1.0, math.inf, 5.0), Lifetime(1.0, math.inf, math.inf))

    def test_negative(self) -> None:
        """A value cannot be good for less than nothing."""
        self.assertRaises(ParameterError, Lifetime.lasting, 0.0, -1.0, 0.0)
        self.assertRaises(ParameterError, Lifetime.lasting, 0.0, 1.0, -1.0)

    def test_shifted(self) -> None:
        """On a clock that is ahead, all three instants are."""
        self.assertEqual(Lifetime(1.0, 2.0, 3.0).shifted(10.0), Lifetime(11.0, 12.0, 13.0))
        self.assertEqual(FOREVER.shifted(-1.0).availableUntil, math.inf)
