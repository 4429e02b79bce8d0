"""XML Schema's simple values: read as others write them, written as everybody reads them."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.markup.xsd import (
    readBoolean,
    readDateTime,
    readDuration,
    readExtendedDateTime,
    readQName,
    readSeconds,
    writeBoolean,
    writeDateTime,
    writeDuration,
    writeExtendedDateTime,
    writeSeconds,
)
from gma_twisted.model import QName

_READERS = (readBoolean, readDateTime, readDuration, readExtendedDateTime, readSeconds)


class DateTimeTests(SynchronousTestCase):
    """Instants are seconds since 1970."""

    def test_reading(self) -> None:
        """Zones, fractions, blanks and no zone at all are read."""
        for text, seconds in (
            ("1970-01-01T00:00:00Z", 0.0),
            (" 1970-01-01T00:00:01.25Z\n", 1.25),
            ("1970-01-01T02:00:00+02:00", 0.0),
            ("1969-12-31T19:00:00-05:00", 0.0),
            ("1970-01-01T02:00:00+0200", 0.0),
            ("1970-01-01T00:00:05", 5.0),
            ("1970-01-01T24:00:00Z", 86400.0),
            ("2000-02-29T00:00:00Z", 951782400.0),
            ("1970-01-01T00:00:00.123456789012345Z", 0.123456789012345),
        ):
            self.assertEqual(readDateTime(text), seconds)

    def test_farAway(self) -> None:
        """Years no calendar here holds are before or after everything (OGSI: out-of-range times are accepted)."""
        self.assertEqual(readDateTime("10000-01-01T00:00:00Z"), math.inf)
        self.assertEqual(readDateTime("0000-01-01T00:00:00Z"), -math.inf)
        self.assertEqual(readDateTime("-0044-03-15T00:00:00Z"), -math.inf)

    def test_nonsense(self) -> None:
        """What is no dateTime is refused."""
        for text in (
            "",
            "now",
            "2026-11-21",
            "2026-11-21 20:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-01-01T25:00:00Z",
            "2026-01-01T24:00:01Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00.Z",
            "٢٠٢٦-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z" + "0" * 80,
        ):
            self.assertRaises(ParameterError, readDateTime, text)

    def test_refusedInFull(self) -> None:
        """What is refused is in the message as it came, with its fraction and zone."""
        for text in (
            "2026-13-01T00:00:00.123Z",
            "2026-01-01T25:00:00Z",
            "2026-1-001T00:00:00.500Z",
        ):
            self.assertIn(f'"{text}"', str(self.assertRaises(ParameterError, readDateTime, text)))

    def test_fractionDigits(self) -> None:
        """Digits of other alphabets, and a fraction without a second before it, are no time."""
        for text in (
            "2026-01-01T00:00:00.٣٣٣Z",
            "2026-01-01T00:00:0.123Z",
            "2026-01-01T00:00:00.12²Z",
            ".123Z",
            "Z",
        ):
            self.assertRaises(ParameterError, readDateTime, text)

    @given(st.integers(-62135596800000, 253402300799999))
    def test_anyZone(self, milliseconds: int) -> None:
        """The form we write is read to the same instant as any other of it."""
        text = writeDateTime(milliseconds / 1000)
        for other in (
            text[:-1],
            text[:-1] + "+00:00",
            f" {text}",
            text[:-1] + ("0Z" if "." in text else ".0Z"),
        ):
            self.assertEqual(readDateTime(other), readDateTime(text))

    def test_midnight(self) -> None:
        """The end of a day is the beginning of the next, however often it is read."""
        for text, seconds in (
            ("1970-01-01T24:00:00.250Z", 86400.25),
            ("0000-01-01T00:00:00.250Z", -math.inf),
        ):
            for _ in range(2):
                self.assertEqual(readDateTime(text), seconds)

    def test_writing(self) -> None:
        """UTC with Z; milliseconds only when there are some."""
        self.assertEqual(writeDateTime(0.0), "1970-01-01T00:00:00Z")
        self.assertEqual(writeDateTime(1.25), "1970-01-01T00:00:01.250Z")
        self.assertEqual(writeDateTime(0.9996), "1970-01-01T00:00:01Z")
        self.assertEqual(writeDateTime(-1.0), "1969-12-31T23:59:59Z")

    def test_writingFarAway(self) -> None:
        """What a calendar cannot hold is its end or its beginning."""
        self.assertEqual(writeDateTime(math.inf), "9999-12-31T23:59:59.999Z")
        self.assertEqual(writeDateTime(-math.inf), "0001-01-01T00:00:00Z")

    @given(st.floats(-62135596800, 253402300799))
    def test_roundTrip(self, seconds: float) -> None:
        """An instant comes back to the millisecond."""
        self.assertLessEqual(abs(readDateTime(writeDateTime(seconds)) - seconds), 0.000532)

    @given(st.floats(-62135596800, 253402300799), st.floats(0, 1e9))
    def test_order(self, seconds: float, more: float) -> None:
        """Writing keeps the order of instants."""
        self.assertLessEqual(
            readDateTime(writeDateTime(seconds)), readDateTime(writeDateTime(seconds + more))
        )

    def test_infinity(self) -> None:
        """ogsi:ExtendedDateTimeType has an end of time."""
        self.assertEqual(readExtendedDateTime(" infinity "), math.inf)
        self.assertEqual(writeExtendedDateTime(math.inf), "infinity")
        self.assertEqual(readExtendedDateTime(writeExtendedDateTime(5.0)), 5.0)


class DurationTests(SynchronousTestCase):
    """Durations are seconds."""

    def test_reading(self) -> None:
        """Every part of xsd:duration that has a length counts; no years and no months may be written too."""
        for text, seconds in (
            ("PT30S", 30.0),
            ("PT1.5S", 1.5),
            ("P1D", 86400.0),
            ("P3DT4H5M6S", 3 * 86400.0 + 4 * 3600 + 5 * 60 + 6),
            ("P0Y0M0DT0H0M5.000S", 5.0),
            ("PT0S", 0.0),
            (" infinity ", math.inf),
        ):
            self.assertEqual(readDuration(text), seconds)

    def test_nonsense(self) -> None:
        """Half durations and negative ones are refused."""
        for text in ("", "P", "PT", "P1DT", "-PT1S", "30", "1S", "PT1", "P1S", "PT1.S", "PT١S"):
            self.assertRaises(ParameterError, readDuration, text)

    def test_noFixedLength(self) -> None:
        """Years and months are refused, and the message says what to count."""
        for text in ("P1Y", "P2M", "P1Y2M3DT4H5M6S", "P01M", "P1YT1S"):
            error = self.assertRaises(ParameterError, readDuration, text)
            self.assertEqual(error.message, f'duration "{text}" counts years or months; count days')

    @given(st.floats(0, 1e12))
    def test_roundTrip(self, seconds: float) -> None:
        """A duration comes back to the microsecond, or as exactly as a float is."""
        self.assertLessEqual(
            abs(readDuration(writeDuration(seconds)) - seconds), 1e-6 + seconds * 1e-15
        )
        self.assertEqual(writeDuration(math.inf), "infinity")


class NumberTests(SynchronousTestCase):
    """Decimal seconds of our own messages, and booleans."""

    def test_reading(self) -> None:
        """Decimals are read as people write them."""
        for text, seconds in (("1", 1.0), ("+1.5", 1.5), (".5", 0.5), ("2.", 2.0), (" 0 ", 0.0)):
            self.assertEqual(readSeconds(text), seconds)

    def test_nonsense(self) -> None:
        """Exponents, infinities, other digits and negative seconds are refused."""
        for text in ("", ".", "1e3", "inf", "nan", "-1", "1,5", "٣", "0x1", "1_0", "9" * 65):
            self.assertRaises(ParameterError, readSeconds, text)

    def test_writing(self) -> None:
        """No exponent and no needless digits."""
        for seconds, text in (
            (0.0, "0"),
            (1.0, "1"),
            (1.5, "1.5"),
            (1e-7, "0"),
            (1e15, "1" + "0" * 15),
            (1e22, "1" + "0" * 22),
            (5, "5"),
            (100.0, "100"),
            (0.9999999, "1"),
        ):
            self.assertEqual(writeSeconds(seconds), text)

    @given(st.floats(0, 1e12))
    def test_roundTrip(self, seconds: float) -> None:
        """Seconds come back to the microsecond."""
        self.assertLessEqual(
            abs(readSeconds(writeSeconds(seconds)) - seconds), 1e-6 + seconds * 1e-15
        )

    def test_booleans(self) -> None:
        """Four spellings are read, two are written."""
        self.assertEqual(
            [readBoolean(text) for text in ("true", "1", " false ", "0")],
            [True, True, False, False],
        )
        self.assertEqual([writeBoolean(True), writeBoolean(False)], ["true", "false"])
        for text in ("", "True", "yes", "2"):
            self.assertRaises(ParameterError, readBoolean, text)

    @given(st.text(max_size=80))
    def test_anyText(self, text: str) -> None:
        """Whatever text comes, the outcome is a value or an error of ours."""
        for reader in _READERS:
            try:
                reader(text)
            except ParameterError:
                pass


class QNameTests(SynchronousTestCase):
    """QNames in text."""

    def test_prefixed(self) -> None:
        """A prefix is resolved where the text stands."""
        self.assertEqual(readQName(" p:a\n", {"p": "urn:p"}), QName("urn:p", "a"))

    def test_clark(self) -> None:
        """Clark notation is read as text, whatever is in scope (WIRE 1)."""
        self.assertEqual(readQName("{urn:x}a", {None: "urn:d"}), QName("urn:x", "a"))

    def test_namespaces(self) -> None:
        """A namespace in Clark notation is a URI: with another one whatever names it would be malformed."""
        for good in ("http://h:1/a?b=1&c=2#d", "urn:a:b", "0", "http://h/%20"):
            self.assertEqual(readQName(f"{{{good}}}a", {}), QName(good, "a"))
        for bad in ("a b", "%", "ð", "[", "a#b#c", '"', "<"):
            self.assertRaises(ParameterError, readQName, f"{{{bad}}}a", {})

    def test_unprefixed(self) -> None:
        """An unprefixed name is in the default namespace, if there is one."""
        self.assertEqual(readQName("a", {None: "urn:d"}), QName("urn:d", "a"))
        self.assertEqual(readQName("a", {}), QName("", "a"))

    def test_nonsense(self) -> None:
        """Undeclared prefixes and malformed names are refused, the prefix by name."""
        error = self.assertRaises(ParameterError, readQName, "q:a", {"p": "urn:p"})
        self.assertIn('"q"', str(error))
        for text in ("", ":a", "p:", "p:a:b", "p:1a", "{urn:x", "{urn:x}", "a b"):
            self.assertRaises(ParameterError, readQName, text, {"p": "urn:p"})
