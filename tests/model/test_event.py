"""Events: pyGMA's way to build them, what they hold and what they refuse."""

import enum
import math
from datetime import UTC, datetime, timedelta, timezone

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.model import Event, EventContainer, EventField, Timestamp
from gma_twisted.model.event import MAX_DEPTH, MAX_ITEMS, MAX_NAME, MAX_TEXT, Value


class _Word(str):
    def __str__(self) -> str:
        return "another"


class _Number(enum.IntEnum):
    SEVEN = 7


def _value(given: object) -> Value | None:
    return EventField("x", given).value  # type: ignore[arg-type]


class FieldTests(SynchronousTestCase):
    """Values keep their type, or are refused with the name of the field."""

    def test_types(self) -> None:
        """Text, truth values, numbers, bytes and timestamps are kept as they are."""
        for value in ("a", "", True, 1, 1.0, b"\0\xff", Timestamp(1), None):
            self.assertIs(_value(value), value)

    def test_ownTypes(self) -> None:
        """What only behaves as a text or number becomes one: codecs go by the type."""
        for given, kept in ((_Word("word"), "word"), (_Number.SEVEN, 7), (bytearray(b"a"), b"a")):
            self.assertIs(type(_value(given)), type(kept))
            self.assertEqual(_value(given), kept)
        self.assertIs(type(EventField(_Word("n")).name), str)

    def test_datetime(self) -> None:
        """A datetime with a zone is a timestamp, to the microsecond; without one it is refused."""
        zone = timezone(timedelta(hours=2))
        given = datetime(2026, 11, 21, 22, 0, 0, 123456, tzinfo=zone)
        self.assertEqual(_value(given), Timestamp.parse("2026-11-21T20:00:00.123456Z"))
        error = self.assertRaises(ParameterError, EventField, "when", datetime(2026, 1, 1))
        self.assertIn('"when"', error.message)
        self.assertIn("tzinfo=UTC", error.message)

    def test_refused(self) -> None:
        """What no format can carry is refused, with the field and a cure."""
        for given in ([], {}, object(), 1j, "\ud800", "a\0", "\x0b", "\ufffe"):
            error = self.assertRaises(ParameterError, EventField, "odd", given)
            self.assertIn('"odd"', error.message)
        for name in ("", None, 5, "a\nb", "\x7f", "\ud800"):
            self.assertRaises(ParameterError, EventField, name)
        self.assertRaises(ParameterError, EventField, "x", 1, 5)

    def test_bounds(self) -> None:
        """Names, texts, bytes and whole numbers are bounded, the last of each length passing."""
        for good, bad in (
            ("a" * MAX_TEXT, "a" * (MAX_TEXT + 1)),
            (b"a" * MAX_TEXT, b"a" * (MAX_TEXT + 1)),
            (10**38 - 1, 10**38),
            (1 - 10**38, -(10**38)),
        ):
            EventField("x", good)
            self.assertRaises(TooLarge, EventField, "x", bad)
        EventField("n" * MAX_NAME, units="u" * MAX_NAME)
        self.assertRaises(TooLarge, EventField, "n" * (MAX_NAME + 1))
        self.assertRaises(TooLarge, EventField, "n", 1, "u" * (MAX_NAME + 1))

    def test_equal(self) -> None:
        """Fields are equal when they say the very same."""
        self.assertEqual(EventField("a", math.nan, "s"), EventField("a", math.nan, "s"))
        for one, other in ((1, 1.0), (1, True), (0.0, -0.0), ("", None), ("1", 1), ("a", b"a")):
            self.assertNotEqual(EventField("a", one), EventField("a", other))
        self.assertNotEqual(EventField("a", 1, "s"), EventField("a", 1))
        self.assertNotEqual(EventField("a"), EventField("b"))


class EventTests(SynchronousTestCase):
    """Events hold fields and containers in their order."""

    def test_pyGMA(self) -> None:
        """The published sample builds an event."""
        e = Event("App")
        e.add(EventField("Program", value="GridFTP"))
        e.add(EventField("Bandwidth", value=100.0, units="Mb/s"))
        self.assertEqual([one.name for one in e.fields], ["Program", "Bandwidth"])
        self.assertEqual(e.get("Bandwidth"), 100.0)
        self.assertEqual(e.get("none", 3), 3)

    def test_order(self) -> None:
        """Names may repeat, and fields and containers keep the order they were added in."""
        e = Event("e")
        for item in (EventField("a", 1), EventContainer("a"), EventField("a", 2)):
            e.add(item)
        self.assertEqual([type(one) for one in e.items], [EventField, EventContainer, EventField])
        self.assertEqual([one.value for one in e.fields], [1, 2])
        self.assertEqual([one.name for one in e.containers], ["a"])
        self.assertEqual(e.get("a"), 1)

    def test_now(self) -> None:
        """Without a timestamp it happened now."""
        before = Timestamp.now()
        self.assertTrue(before <= Event("e").timestamp <= Timestamp.now())

    def test_timestamps(self) -> None:
        """Seconds, ISO 8601 and datetimes are taken."""
        then = Timestamp(1_500_000_000)
        for given in (1.5, "1970-01-01T00:00:01.5Z", datetime.fromtimestamp(1.5, UTC), then):
            self.assertEqual(Event("e", given).timestamp, then)
        wrong: list[object] = [True, "today", datetime(2026, 1, 1), math.nan, math.inf, 1e30, b""]
        for one in wrong:
            self.assertRaises(ParameterError, Event, "e", one)

    def test_sequence(self) -> None:
        """A number in a stream is a whole one that is not negative."""
        self.assertEqual(Event("e", sequence=2**63 - 1).sequence, 2**63 - 1)
        for given in (-1, 2**63, 1.5, "1", True):
            self.assertRaises(ParameterError, Event, "e", None, None, given)

    def test_add(self) -> None:
        """Only fields and containers can be added, no events, and no container to itself."""
        e, c = Event("e"), EventContainer("c")
        for item in ("a", None, e, Event("other")):
            self.assertRaises(ParameterError, e.add, item)
        self.assertRaises(ParameterError, c.add, c)

    def test_manyItems(self) -> None:
        """The items of all depths together are bounded, and so are those of one container."""
        e = Event("e")
        for _ in range(2):
            c = EventContainer("c")
            for _ in range(MAX_ITEMS // 2 - 1):
                c.add(EventField("f"))
            e.add(c)
        e.check()
        e.add(EventField("f"))
        error = self.assertRaises(TooLarge, e.check)
        self.assertIn(str(MAX_ITEMS), error.message)
        full = EventContainer("full")
        for _ in range(MAX_ITEMS):
            full.add(EventField("f"))
        self.assertRaises(TooLarge, full.add, EventField("f"))

    def test_deep(self) -> None:
        """Containers nest to the bound; one that contains itself is found out."""
        e = Event("e")
        last: EventContainer = e
        for _ in range(MAX_DEPTH):
            inner = EventContainer("c")
            last.add(inner)
            last = inner
        e.check()
        self.assertEqual(max(depth for depth, _ in e.walk()), MAX_DEPTH)
        last.add(EventField("f"))
        self.assertRaises(TooLarge, e.check)
        one, two = EventContainer("one"), EventContainer("two")
        one.add(two)
        two.add(one)
        ring = Event("ring")
        ring.add(one)
        self.assertRaises(TooLarge, ring.check)

    def test_equal(self) -> None:
        """Events are equal when everything is; an event is no container."""
        one, other = Event("e", 1.0, "i", 3), Event("e", 1.0, "i", 3)
        one.add(EventField("a", 1))
        self.assertNotEqual(one, other)
        other.add(EventField("a", 1))
        self.assertEqual(one, other)
        self.assertNotEqual(Event("e", 1.0), Event("e", 2.0))
        self.assertNotEqual(Event("e", 1.0), Event("e", 1.0, "i"))
        self.assertNotEqual(Event("e"), EventContainer("e"))
        self.assertNotEqual(EventContainer("e"), Event("e"))
        self.assertRaises(TypeError, hash, one)
