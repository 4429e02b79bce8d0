"""Entries of a directory as events, and what is known by them."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model.entryevent import (
    EntryNews,
    entryEvent,
    newsEvent,
    readEntryEvent,
    resetEvent,
)
from gma_twisted.model.entrymirror import EntryMirror
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.model.timestamp import Timestamp

_WHEN = Timestamp(1_700_000_000_000_000_000)
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=9)


def _type(name: str = "cpu") -> Event:
    event = Event(name, Timestamp(0))
    event.add(EventField("host", "x"))
    inner = EventContainer("disk")
    inner.add(EventField("free", 1.5, "GB"))
    event.add(inner)
    return event


def _entry(id: str = "e1", role: GMARole = GMARole.PRODUCER) -> GMAEntry:
    return GMAEntry(role, "http://a/", (_type(), _type("disk.*")), (("a", "b"),), id, 12.5)


class EntryEventTests(SynchronousTestCase):
    """There and back."""

    def _same(self, one: GMAEntry, other: GMAEntry) -> None:
        for each in ("role", "endpoint", "entry", "lifetime"):
            self.assertEqual(getattr(one, each), getattr(other, each))
        self.assertEqual(list(one.attributes), list(other.attributes))
        self.assertEqual(list(one.eventTypes), list(other.eventTypes))

    def test_entry(self) -> None:
        """All of an entry is told, but the timestamps of its event types."""
        event = entryEvent(EntryNews.ADDED, _entry(), _WHEN)
        self.assertEqual((event.name, event.timestamp), ("gma.entry.added", _WHEN))
        news, entry = readEntryEvent(event)
        assert entry is not None
        self.assertIs(news, EntryNews.ADDED)
        self._same(entry, _entry())

    @settings(deadline=None)
    @given(st.lists(st.tuples(_TEXT, _TEXT), max_size=4), st.none() | st.floats(0, 1e9))
    def test_attributes(self, attributes: list[tuple[str, str]], lifetime: float | None) -> None:
        """Whatever is in attributes, names repeated or empty, is told."""
        entry = GMAEntry(GMARole.CONSUMER, "http://a/", (), tuple(attributes), "e", lifetime)
        _, told = readEntryEvent(entryEvent(EntryNews.UPDATED, entry, _WHEN))
        assert told is not None
        self._same(told, entry)

    def test_removed(self) -> None:
        """Of what is gone it is told what it was: id, role and endpoint."""
        _, entry = readEntryEvent(entryEvent(EntryNews.REMOVED, _entry(), _WHEN))
        assert entry is not None
        self._same(entry, GMAEntry(GMARole.PRODUCER, "http://a/", entry="e1"))

    def test_other(self) -> None:
        """News without an entry have none; other events are none, and what has no usable entry is refused."""
        for news in (EntryNews.COMPLETE, EntryNews.RESET):
            self.assertEqual(readEntryEvent(newsEvent(news, _WHEN)), (news, None))
        wrong = [Event("cpu"), newsEvent(EntryNews.ADDED, _WHEN)]
        for fields in ({"id": "x"}, {"id": "x", "role": "boss", "endpoint": "y"}, {"role": 1.0}):
            event = newsEvent(EntryNews.ADDED, _WHEN)
            container = EventContainer("entry")
            for name, value in fields.items():
                container.add(EventField(name, value))
            event.add(container)
            wrong.append(event)
        for event in wrong:
            self.assertRaises(ParameterError, readEntryEvent, event)


class EntryMirrorTests(SynchronousTestCase):
    """What is known."""

    def setUp(self) -> None:
        """Know nothing."""
        self.mirror = EntryMirror()

    def _tell(self, sequence: int, *news: EntryNews, missed: int = 0, id: str = "e1") -> None:
        events = [
            newsEvent(one, _WHEN)
            if one in (EntryNews.COMPLETE, EntryNews.RESET)
            else entryEvent(one, _entry(id), _WHEN)
            for one in news
        ]
        self.mirror.take(sequence, missed, events)

    def test_follows(self) -> None:
        """Entries come, change and go."""
        self._tell(1, EntryNews.PRESENT)
        self.assertFalse(self.mirror.isComplete)
        self._tell(2, EntryNews.COMPLETE)
        self.assertTrue(self.mirror.isComplete)
        self._tell(3, EntryNews.ADDED, id="e2")
        self._tell(4, EntryNews.UPDATED)
        self.assertEqual(
            set(self.mirror.entries), {("e1", GMARole.PRODUCER), ("e2", GMARole.PRODUCER)}
        )
        self._tell(5, EntryNews.REMOVED)
        self.assertEqual(set(self.mirror.entries), {("e2", GMARole.PRODUCER)})

    def test_again(self) -> None:
        """A notification that comes again, whole or in part, changes nothing."""
        self._tell(1, EntryNews.PRESENT, EntryNews.COMPLETE)
        self._tell(1, EntryNews.PRESENT, EntryNews.COMPLETE)
        self._tell(1, EntryNews.PRESENT, EntryNews.COMPLETE, EntryNews.REMOVED)
        self.assertEqual(dict(self.mirror.entries), {})

    def test_reset(self) -> None:
        """What was known counts no more when the directory begins anew; what was not told is counted."""
        self._tell(1, EntryNews.PRESENT, EntryNews.COMPLETE)
        self._tell(6, EntryNews.RESET, missed=3)
        self.assertEqual((dict(self.mirror.entries), self.mirror.isComplete), ({}, False))
        self.assertEqual((self.mirror.resets, self.mirror.missed), (1, 3))
        self._tell(7, EntryNews.PRESENT, EntryNews.COMPLETE)
        self.assertTrue(self.mirror.isComplete)

    def test_anotherWatch(self) -> None:
        """Another watch counts from 1 again, and what was known is forgotten; the same one again changes nothing."""
        complete = newsEvent(EntryNews.COMPLETE, _WHEN)
        first = [
            resetEvent(7, _WHEN),
            *[entryEvent(EntryNews.PRESENT, _entry(id), _WHEN) for id in ("e1", "e2")],
            complete,
        ]
        self.mirror.take(1, 0, first)
        self._tell(5, EntryNews.REMOVED, id="e2")
        self.mirror.take(1, 0, first)
        self.assertEqual([id for id, _ in self.mirror.entries], ["e1"])
        other = entryEvent(EntryNews.PRESENT, _entry("e3"), _WHEN)
        self.mirror.take(1, 0, [resetEvent(8, _WHEN), other, complete])
        self.assertEqual([id for id, _ in self.mirror.entries], ["e3"])
        self.assertEqual((self.mirror.resets, self.mirror.isComplete), (1, True))
        self._tell(4, EntryNews.ADDED, id="e4")
        self.assertEqual([id for id, _ in self.mirror.entries], ["e3", "e4"])

    def test_wrong(self) -> None:
        """What contradicts, or has something missing before it, is refused."""
        self._tell(1, EntryNews.PRESENT)
        for number, (news, id) in enumerate(
            (
                (EntryNews.PRESENT, "e1"),
                (EntryNews.ADDED, "e1"),
                (EntryNews.UPDATED, "e2"),
                (EntryNews.REMOVED, "e2"),
            ),
            2,
        ):
            with self.subTest(news=news):
                self.assertRaises(ParameterError, self._tell, number, news, id=id)
        self.assertRaises(ParameterError, self._tell, 20, EntryNews.COMPLETE)
