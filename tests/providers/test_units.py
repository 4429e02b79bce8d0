"""What batch systems write, in plain units."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup.xsd import readDateTime
from gma_twisted.providers.units import (
    calendarSeconds,
    kibibytes,
    plainText,
    shownValue,
    spanSeconds,
    toDateTime,
    toText,
    wholeNumber,
)

_ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())
)


class UnitTests(SynchronousTestCase):
    """The units."""

    def test_spans(self) -> None:
        """Spans of time are seconds."""
        for written, seconds in (
            ("01:00:00", "3600"),
            ("00:11:00", "660"),
            ("100:00:01", "360001"),
            ("1+02:03:04", "93784"),
            ("1-02:03:04", "93784"),
            ("1:02:03:04", "93784"),
            ("10:30", "630"),
            ("3600", "3600"),
            (3600, "3600"),
            ("00:00:01.75", "1"),
            ("-00:00:01", ""),
            ("never", ""),
            ("1:2:3:4:5", ""),
            ("9999999:00:00:00", "863999913600"),
            ("\u0661:00:00", ""),
            (None, ""),
        ):
            self.assertEqual(spanSeconds(written), seconds, written)

    def test_sizes(self) -> None:
        """Sizes are KiB, rounded up; without a unit they are bytes, a word has eight of them."""
        for written, size in (
            ("1024kb", "1024"),
            ("2gb", "2097152"),
            ("1mb", "1024"),
            ("1tb", "1073741824"),
            ("512", "1"),
            ("0b", "0"),
            (2049, "3"),
            ("1MB", "1024"),
            ("1mw", "8192"),
            ("128w", "1"),
            ("3k", "3"),
            ("-1kb", ""),
            ("1.5gb", ""),
            ("gb", ""),
            ("9999999999999999pb", ""),
        ):
            self.assertEqual(kibibytes(written), size, written)

    def test_numbers(self) -> None:
        """Whole numbers from 0 to 2**53, whatever type they have; anything else is none."""
        for value, number in (
            (5, 5),
            ("5", 5),
            (" 5 ", 5),
            (5.0, 5),
            (2**53, 2**53),
            (2**53 + 1, None),
            (-1, None),
            ("-1", None),
            (0.5, None),
            (float("nan"), None),
            (float("inf"), None),
            (True, None),
            ("five", None),
            ("9" * 5000, None),
            ("\u0665", None),
        ):
            self.assertEqual(wholeNumber(value), number, str(value)[:20])

    def test_calendar(self) -> None:
        """A time as ctime shows it, in UTC."""
        self.assertEqual(calendarSeconds("Mon Nov 24 16:05:00 2025"), 1764000300)
        self.assertEqual(calendarSeconds("Thu Jan  1 00:00:00 1970"), 0)
        for text in ("", "Mon Nev 24 16:05:00 2025", "24 Nov 2025", "Mon Nov 24 16:05:00 0001", 5):
            self.assertIsNone(calendarSeconds(text))

    def test_times(self) -> None:
        """Seconds since 1970 are dateTimes; 0 and what no calendar holds are none."""
        self.assertEqual(toDateTime("1764000300"), "2025-11-24T16:05:00Z")
        self.assertEqual(toDateTime(253402300799), "9999-12-31T23:59:59Z")
        for value in (0, 253402300800, -5, "soon", None, 2**70):
            self.assertEqual(toDateTime(value), "", value)

    def test_texts(self) -> None:
        """Texts are one line, and cut."""
        self.assertEqual(plainText("  a\nb\x00\ud800 "), "a\ufffdb\ufffd\ufffd")
        self.assertEqual(plainText("x" * 5000), "x" * 1024)
        values: list[object] = [5, 1.5, True, None, []]
        self.assertEqual([plainText(one) for one in values], ["5", "1.5", "", "", ""])
        self.assertEqual(shownValue("a\nb"), '"a\\ufffdb"')
        self.assertEqual(shownValue([[]]), "a list")

    @given(_ANYTHING)
    def test_anything(self, value: object) -> None:
        """Nothing raises, and what comes out is of its kind."""
        for reader in (spanSeconds, kibibytes, toText):
            self.assertRegex(reader(value), r"\A[0-9]*\Z")
        plainText(value), shownValue(value), calendarSeconds(value)
        written = toDateTime(value)
        if written:
            self.assertEqual(readDateTime(written), wholeNumber(value))
