"""What is granted of what is asked."""

import math

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.registration import GrantLimits


class GrantLimitsTests(SynchronousTestCase):
    """Of the bounds of a registry."""

    def test_usual(self) -> None:
        """Who does not ask gets what is usual."""
        self.assertEqual(GrantLimits().grant(None), 300.0)

    def test_clamped(self) -> None:
        """What is asked is granted between the least and the most; for ever is the most."""
        limits = GrantLimits(5.0, 300.0, 86400.0)
        asked = (-math.inf, 0.0, 4.9, 5.0, 77.5, 86400.0, 86401.0, math.inf)
        granted = [limits.grant(seconds) for seconds in asked]
        self.assertEqual(granted, [5.0, 5.0, 5.0, 5.0, 77.5, 86400.0, 86400.0, 86400.0])

    @given(some.floats(allow_nan=False))
    def test_bounded(self, asked: float) -> None:
        """Nothing else is ever granted."""
        self.assertTrue(2.0 <= GrantLimits(2.0, 3.0, 4.0).grant(asked) <= 4.0)

    def test_refused(self) -> None:
        """Bounds that contradict each other are refused."""
        for bounds in (
            (0.0, 1.0, 2.0),
            (3.0, 2.0, 4.0),
            (1.0, 5.0, 4.0),
            (1.0, math.inf, math.inf),
        ):
            self.assertRaises(ParameterError, GrantLimits, *bounds)
