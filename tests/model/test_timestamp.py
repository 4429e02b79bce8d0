"""Instants to the nanosecond, read and written without loss."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model import Timestamp

_FIRST, _LAST = -62_135_596_800 * 10**9, 253_402_300_800 * 10**9 - 1


class TimestampTests(SynchronousTestCase):
    """Timestamps are read strictly, and say what they were."""

    def test_written(self) -> None:
        """Six digits of fraction, nine where six would lose something."""
        self.assertEqual(str(Timestamp(0)), "1970-01-01T00:00:00.000000Z")
        self.assertEqual(str(Timestamp(1_500_000)), "1970-01-01T00:00:00.001500Z")
        self.assertEqual(str(Timestamp(1)), "1970-01-01T00:00:00.000000001Z")
        self.assertEqual(str(Timestamp(-1)), "1969-12-31T23:59:59.999999999Z")
        self.assertEqual(str(Timestamp(_FIRST)), "0001-01-01T00:00:00.000000Z")
        self.assertEqual(str(Timestamp(_LAST)), "9999-12-31T23:59:59.999999999Z")

    @given(st.integers(_FIRST, _LAST))
    def test_roundTrip(self, nanoseconds: int) -> None:
        """Every instant is read back from its text."""
        self.assertEqual(Timestamp.parse(str(Timestamp(nanoseconds))), Timestamp(nanoseconds))

    def test_read(self) -> None:
        """A fraction has any number of digits to nine; zones are taken off; none is UTC."""
        for text, nanoseconds in (
            (" 1970-01-01T00:00:01Z\n", 10**9),
            ("1970-01-01T00:00:01.5", 1_500_000_000),
            ("1970-01-01T02:00:01.123456789+02:00", 1_123_456_789),
            ("1969-12-31T19:30:01-0430", 10**9),
        ):
            self.assertEqual(Timestamp.parse(text).nanoseconds, nanoseconds)

    def test_malformed(self) -> None:
        """What is no instant is refused, whatever it is."""
        for text in (
            "",
            "1970-01-01",
            "1970-02-30T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.1234567890Z",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00+00:60",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "\u0661970-01-01T00:00:00Z",
            "1" * 1000,
        ):
            self.assertRaises(ParameterError, Timestamp.parse, text)

    def test_range(self) -> None:
        """Only the years 1 to 9999 are."""
        for nanoseconds in (_FIRST - 1, _LAST + 1):
            self.assertRaises(ParameterError, Timestamp, nanoseconds)
        for seconds in (math.nan, math.inf, -math.inf, 1e300):
            self.assertRaises(ParameterError, Timestamp.ofSeconds, seconds)

    def test_seconds(self) -> None:
        """Seconds as floats are taken to the microsecond."""
        self.assertEqual(Timestamp.ofSeconds(1_800_000_000.000001).nanoseconds % 10**9, 1_000)
        self.assertEqual(Timestamp(1_500_000_000).seconds, 1.5)

    def test_order(self) -> None:
        """They sort by time, and compare with nothing else."""
        self.assertTrue(Timestamp(1) < Timestamp(2) <= Timestamp(2))
        self.assertRaises(TypeError, lambda: Timestamp(1) < 2)
