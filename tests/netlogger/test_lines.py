"""Lines in whatever way a data URL says, there and back."""

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import NotRepresentable, ParameterError
from gma_twisted.markup.events import readEvent
from gma_twisted.markup.parse import XMLGate
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import Dialect, ulm
from gma_twisted.netlogger.dataurl import LineFormat
from gma_twisted.netlogger.lines import LineReader, LineWriter
from gma_twisted.netlogger.numbers import BEGIN, MISSED, beginning, numbersOf
from tests.netlogger.lives import LIVES
from tests.netlogger.representable import TEXTS, events

_GATE = XMLGate()
_NUMBERS = st.integers(1, 2**63 - 1)


def reader(dialect: Dialect = Dialect.FULL, isStrict: bool = True) -> LineReader:
    """One of all formats."""
    return LineReader(isStrict, dialect, lambda line: readEvent(_GATE.parse(line, "a line")))


def fieldsOf(event: Event) -> list[EventField]:
    """All but those that ULM puts before others."""
    return [one for one in event.fields if one.name not in ("HOST", "PROG")]


class RoundTripTests(SynchronousTestCase):
    """L{LineWriter} and L{LineReader}."""

    def check(self, writer: LineWriter, event: Event, number: int, previous: int) -> None:
        """Write and read."""
        try:
            line = writer.write(event, number, previous)
        except NotRepresentable:
            isClassic = writer.dialect is Dialect.CLASSIC
            self.assertTrue(isClassic or writer.format is LineFormat.ULM)
            return
        self.assertEqual(line.count(b"\n"), 1)
        self.assertTrue(line.endswith(b"\n"))
        for isStrict in (True, False):
            read = reader(writer.dialect, isStrict).read(line)
            assert read is not None
            taken = numbersOf(read)
            found = (taken.number, taken.previous)
            self.assertEqual(found, (number, previous) if writer.isNumbered else (None, None))
            expected = [*event.fields, *(EventField(*one) for one in writer.constants)]
            self.assertEqual(fieldsOf(taken.event), expected)
            self.assertEqual(
                (taken.event.name, taken.event.timestamp, taken.event.id),
                (event.name, event.timestamp, event.id),
            )
            self.assertEqual(taken.event.sequence, event.sequence)

    def test_microseconds(self) -> None:
        """ULM has no more: what the time has beyond is cut off, and the event stays as it is."""
        event = Event("e", Timestamp(1_999))
        line = LineWriter(LineFormat.ULM).write(event)
        read = reader(Dialect.CLASSIC, isStrict=True).read(line)
        assert read is not None
        self.assertEqual((read.timestamp.nanoseconds, event.timestamp.nanoseconds), (1000, 1_999))

    @settings(max_examples=400, deadline=None)
    @given(
        events(step=1000),
        st.sampled_from(LineFormat),
        st.sampled_from(Dialect),
        st.none() | _NUMBERS,
        st.dictionaries(st.sampled_from(("const.a", "const.b")), TEXTS),
        st.data(),
    )
    def test_all(
        self,
        event: Event,
        format: LineFormat,
        dialect: Dialect,
        number: int | None,
        constants: dict[str, str],
        data: st.DataObject,
    ) -> None:
        """An event comes back with its numbers and constants, strictly and leniently, in one line, in all formats."""
        writer = LineWriter(
            format, dialect, None, tuple(constants.items()), isNumbered=number is not None
        )
        previous = data.draw(st.integers(0, (number or 1) - 1))
        self.check(writer, event, number or 0, previous)

    def test_breaks(self) -> None:
        """XML carries line breaks in its one line."""
        event = Event("e", 0.0)
        event.add(EventField("k", "a\nb\r\n\n"))
        self.check(LineWriter(LineFormat.XML), event, 0, 0)

    def test_level(self) -> None:
        """What is less important is not written."""
        event = Event("e", 0.0)
        event.add(EventField("level", "Debug"))
        self.assertFalse(LineWriter(level=4).isWritten(event))
        self.assertTrue(LineWriter(level=5).isWritten(event))
        self.assertTrue(LineWriter().isWritten(event))


class ReaderTests(SynchronousTestCase):
    """What L{LineReader} tells apart."""

    def test_live(self) -> None:
        """Lines of real servers, leniently."""
        for line in LIVES:
            read = LineReader().read(line + b"\r\n")
            assert read is not None
            self.assertEqual(read.get("HOST"), line.split(b"HOST=")[1].split()[0].decode())
        last = ulm.read(LIVES[-1], isStrict=False)
        self.assertEqual(last.get("FILE"), "/data/ftp/b with space.txt")

    def test_nothing(self) -> None:
        """A line without anything is nothing."""
        for line in (b"", b"\n", b" \t\r\n"):
            self.assertIsNone(LineReader().read(line))

    def test_xml(self) -> None:
        """XML is refused where nobody reads it, and where it is none."""
        self.assertRaises(ParameterError, LineReader().read, b"<a/>")
        self.assertRaises(ParameterError, reader().read, b"<a/>")
        self.assertRaises(ParameterError, reader().read, b"<a>")


class NumbersTests(SynchronousTestCase):
    """L{numbersOf} and L{beginning}, of what others made."""

    def test_begin(self) -> None:
        """No plain line is called as what a stream begins with, unless it has a number that its event had itself."""
        for style in (LineWriter(), LineWriter(LineFormat.ULM), LineWriter(LineFormat.XML)):
            error = self.assertRaises(NotRepresentable, style.write, Event(BEGIN, 0))
            self.assertIn(BEGIN, error.message)
            numbered = attrs.evolve(style, isNumbered=True)
            for line, name, sequence in (
                (style.write(Event(MISSED, 0)), MISSED, None),
                (style.write(Event(BEGIN, 0, None, 4)), BEGIN, 4),
                (numbered.write(Event(BEGIN, 0), 5, 4), BEGIN, 5),
                # What is said of the stream itself.
                (style.plain(Event(BEGIN, 0)), BEGIN, None),
            ):
                read = reader(isStrict=False).read(line)
                assert read is not None
                self.assertEqual((read.name, read.sequence), (name, sequence))

    def test_reserved(self) -> None:
        """Fields of an event that are called as its numbers on the way come back, and its own number too."""
        for sequence in (None, 0, 7):
            for names in (("gma.own",), ("gma.prev",), ("gma.prev", "gma.own"), ("gma.own", "a")):
                event = Event("e", 0.0, None, sequence)
                for name in names:
                    event.add(EventField(name, 3))
                line = LineWriter(LineFormat.XML, isNumbered=True).write(event, 9, 5)
                read = reader().read(line)
                assert read is not None
                taken = numbersOf(read)
                self.assertEqual((taken.number, taken.previous), (9, 5))
                self.assertEqual(taken.event, event)

    @given(events(), st.none() | st.integers(-5, 2**64) | st.floats() | TEXTS)
    def test_any(self, event: Event, previous: int | float | str | None) -> None:
        """Of an event that has no usable numbers nothing is taken; none is a beginning that is not called so."""
        event.add(EventField("gma.prev", previous))
        before, number = [*event.items], event.sequence
        taken = numbersOf(event)
        isUsable = number is not None and type(previous) is int and 0 <= previous < number
        expected = (number, previous) if isUsable else (None, None)
        self.assertEqual((taken.number, taken.previous), expected)
        self.assertEqual(event.items, before[:-1] if isUsable else before)
        self.assertIsNone(beginning(event))
