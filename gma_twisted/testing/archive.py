"""C{ArchiveContract}: what every C{IEventArchive} must do; that in memory does it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy, ParameterError
from gma_twisted.interfaces.events import ArchivePage, IEventArchive, StoredEvent
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.testing.memoryarchive import MemoryArchive, hasText
from gma_twisted.timing import toDeferred

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["ArchiveContract", "MemoryArchive", "storedEvent"]


def storedEvent(
    number: int, name: str = "load", at: int | None = None, *, source: str = "site", **texts: str
) -> StoredEvent:
    """An event with a number in it and texts; of the second of its number unless told otherwise."""
    event = Event(name, Timestamp(number * 10**9 if at is None else at))
    event.add(EventField("number", number))
    for field, text in texts.items():
        event.add(EventField(field, text))
    return StoredEvent(event, source, number, 200)


class ArchiveContract(ClockStand):
    """
    To be mixed into a C{SynchronousTestCase}.

    @ivar archive: made by L{makeArchive} and started
    """

    def makeArchive(self) -> IEventArchive:
        """The archive of this test: called again, one that has what the one before kept."""
        raise NotImplementedError

    def setUp(self) -> None:
        """Start it."""
        super().setUp()
        self.open()
        self.addCleanup(lambda: self.result(self.archive.stop()))

    def open(self) -> None:
        """Make one and start it."""
        self.archive = self.makeArchive()
        self.result(self.archive.start())

    def reopen(self) -> None:
        """Stop it, and start another one on what it kept."""
        self.result(self.archive.stop())
        self.open()

    def append(self, *events: StoredEvent, **positions: str) -> None:
        """Keep some."""
        self.result(self.archive.append(events, positions))

    def found(
        self,
        name: str = "*",
        since: int | None = None,
        upTo: int | None = None,
        limit: int = 100,
        **equal: str,
    ) -> list[int]:
        """Numbers of what is selected, all pages; what has not all that is asked for is left out."""
        most = self.archive.last if upTo is None else upTo
        return self._read(
            lambda after: self.archive.select(name, equal, since, after, most, limit), limit, equal
        )

    def _read(
        self,
        ask: "Callable[[tuple[int, int] | None], Awaitable[ArchivePage]]",
        limit: int,
        equal: Mapping[str, str],
        isBack: bool = False,
    ) -> list[int]:
        numbers: list[int] = []
        last: tuple[int, int] | None = None
        while True:
            page = self.result(ask(last))
            self.assertLessEqual(len(page.found), limit)
            numbers += [
                one.number
                for one in page.found
                if all(hasText(one.event, *each) for each in equal.items())
            ]
            if page.last is None:
                return numbers
            self.assertTrue(last is None or (page.last < last if isBack else page.last > last))
            last = page.last

    def test_interface(self) -> None:
        """It has what an archive has."""
        self.assertTrue(verifyObject(IEventArchive, self.archive))

    def test_empty(self) -> None:
        """Nothing is kept, and nothing was lost."""
        self.assertEqual((self.archive.last, dict(self.archive.positions())), (0, {}))
        self.assertEqual(self.found(), [])
        page = self.result(self.archive.between(0, 10, 10))
        self.assertEqual(
            (list(page.found), page.last, page.lost, page.lostNumber), ([], None, None, 0)
        )

    def test_kept(self) -> None:
        """What was kept is there when it is opened again, as it was, in the same life."""
        one = storedEvent(1, host="a")
        self.append(one, storedEvent(4))
        life, began = self.archive.life, self.archive.began
        self.reopen()
        self.assertEqual(
            (self.archive.last, self.archive.life, self.archive.began), (4, life, began)
        )
        found = self.result(self.archive.between(0, 4, 10)).found
        self.assertEqual(found[0].event, one.event)
        self.assertEqual(
            (found[0].number, found[0].source, found[0].size), (1, one.source, one.size)
        )
        self.assertEqual([each.number for each in found], [1, 4])

    def test_positions(self) -> None:
        """Positions are kept beside events; an empty one is taken out."""
        self.append(storedEvent(1), a="1", b="2")
        self.append(a="3")
        self.append(storedEvent(2), b="")
        self.assertEqual(dict(self.archive.positions()), {"a": "3"})
        self.reopen()
        self.assertEqual(dict(self.archive.positions()), {"a": "3"})

    def test_order(self) -> None:
        """Events are in the order of their time, then of their numbers; pages of any size are the same."""
        ats = [5, 3, 5, 1, 3, 3, 9]
        self.append(*(storedEvent(number, at=at) for number, at in enumerate(ats, 1)))
        for limit in (1, 2, 3, 100):
            self.assertEqual(self.found(limit=limit), [4, 2, 5, 6, 1, 3, 7])
            self.assertEqual(self.found(limit=limit, since=4), [1, 3, 7])

    def test_recent(self) -> None:
        """From the newest back, by name and by texts, in pages of any size, no older than asked for."""
        ats = [5, 3, 5, 1, 3, 3, 9]
        self.append(
            *(
                storedEvent(number, at=at, host="ab"[number % 2])
                for number, at in enumerate(ats, 1)
            ),
            storedEvent(8, "disk", 4, **{f"f{each}": "x" for each in range(20)}),
        )
        for limit in (1, 2, 3, 100):
            self.assertEqual(self.recent(limit), [7, 3, 1, 8, 6, 5, 2, 4])
            self.assertEqual(self.recent(limit, since=4, upTo=6), [3, 1])
            self.assertEqual(self.recent(limit, "load"), [7, 3, 1, 6, 5, 2, 4])
            self.assertEqual(self.recent(limit, "d*"), [8])
            self.assertEqual(self.recent(limit, host="b"), [7, 3, 1, 5])
            self.assertEqual(self.recent(limit, "load", 4, host="a"), [])
            self.assertEqual(self.recent(limit, f19="x"), [8])
            self.assertEqual(self.recent(limit, "none*"), [])

    def recent(
        self, limit: int, name: str = "*", since: int = -(2**62), upTo: int = 99, **equal: str
    ) -> list[int]:
        """Numbers of what is found from the newest back, all pages."""
        return self._read(
            lambda last: self.archive.recent(name, equal, since, last, upTo, limit),
            limit,
            equal,
            True,
        )

    def test_names(self) -> None:
        """By a name, or by a glob of names."""
        names = ("load", "disk.free", "disk.used", "disk[1]", "load")
        self.append(*(storedEvent(number, name) for number, name in enumerate(names, 1)))
        for limit in (1, 100):
            self.assertEqual(self.found("load", limit=limit), [1, 5])
            self.assertEqual(self.found("disk.*", limit=limit), [2, 3])
            self.assertEqual(self.found("disk[1]", limit=limit), [4])
            self.assertEqual(self.found("*", limit=limit), [1, 2, 3, 4, 5])
            self.assertEqual(self.found("none", limit=limit), [])
            self.assertEqual(self.found("none*", limit=limit), [])

    def test_texts(self) -> None:
        """By the texts of fields, with and without a name."""
        self.append(
            storedEvent(1, host="a", program="x"),
            storedEvent(2, "disk", host="a"),
            storedEvent(3, host="b", program="x"),
            storedEvent(4, host="a", program="x"),
        )
        for limit in (1, 100):
            self.assertEqual(self.found(host="a", limit=limit), [1, 2, 4])
            self.assertEqual(self.found("load", host="a", limit=limit), [1, 4])
            self.assertEqual(self.found("l*", host="a", program="x", limit=limit), [1, 4])
            self.assertEqual(self.found(host="a", since=3 * 10**9, limit=limit), [4])
            self.assertEqual(self.found(host="none", limit=limit), [])

    def test_manyTexts(self) -> None:
        """An event is found by any text of it, however many it has, however long."""
        many = {f"f{each}": "x" for each in range(20)}
        self.append(
            storedEvent(1, at=None, **many),
            storedEvent(2, long="y" * 5000),
            storedEvent(3, f19="x"),
        )
        for limit in (1, 100):
            self.assertEqual(self.found(f0="x", limit=limit), [1])
            self.assertEqual(self.found(f19="x", limit=limit), [1, 3])
            self.assertEqual(self.found(long="y" * 5000, limit=limit), [2])

    def test_upTo(self) -> None:
        """What is newer than asked for does not count."""
        self.append(*(storedEvent(number) for number in range(1, 6)))
        self.assertEqual(self.found(upTo=3, limit=2), [1, 2, 3])

    def test_between(self) -> None:
        """In the order of the numbers, whatever the time; pages go on after the last number."""
        self.append(*(storedEvent(number, at=1000 - number) for number in (1, 2, 4, 5, 9)))
        page = self.result(self.archive.between(1, 8, 2))
        self.assertEqual([one.number for one in page.found], [2, 4])
        self.assertEqual(page.last, (0, 4))
        page = self.result(self.archive.between(4, 8, 2))
        self.assertEqual(([one.number for one in page.found], page.last), ([5], None))

    def test_betweenOfName(self) -> None:
        """Of a name or a glob only; pages of any size are the same."""
        names = ("load", "disk", "load", "disk.free", "load", "disk")
        self.append(*(storedEvent(number, name) for number, name in enumerate(names, 1)))
        for name, numbers in (("load", [3, 5]), ("disk*", [2, 4, 6]), ("none", []), ("n*", [])):
            for limit in (1, 2, 100):
                found: list[int] = []
                after: int | None = 1
                while after is not None:
                    page = self.result(self.archive.between(after, 6, limit, name))
                    found += [one.number for one in page.found]
                    after = None if page.last is None else page.last[1]
                self.assertEqual(found, numbers)

    def test_numbers(self) -> None:
        """A number that is not higher than all before is refused, and nothing of what came with it is kept."""
        self.append(storedEvent(5))
        for bad in ((5,), (4,), (6, 6), (7, 6)):
            work = toDeferred(self._attempt([storedEvent(number) for number in bad]))
            self.failureResultOf(work, ParameterError)
        self.assertEqual((self.found(), self.archive.last), ([5], 5))

    async def _attempt(self, events: Sequence[StoredEvent]) -> None:
        await self.archive.append(events)

    def test_lost(self) -> None:
        """What was published unkept is told by time and by number; its numbers are never given again."""
        self.append(storedEvent(1))
        self.archive.lose([storedEvent(2), storedEvent(3)])
        self.assertEqual(self.archive.last, 3)
        page = self.result(self.archive.between(0, 3, 10))
        self.assertEqual((page.lost, page.lostNumber), (3 * 10**9, 3))
        self.append(storedEvent(4))
        self.reopen()
        page = self.result(self.archive.select("*", {}, None, None, 9, 10))
        self.assertEqual(page.lost, 3 * 10**9)
        self.assertGreaterEqual(page.lostNumber, 3)
        self.assertGreaterEqual(self.archive.last, 4)

    def test_latest(self) -> None:
        """Of each name and source the last that was kept, whatever its time, the newest first, in pages of any size."""
        self.append(storedEvent(1), storedEvent(2, "disk"), storedEvent(3, at=0))
        self.append(storedEvent(4, source="other"), storedEvent(6, "disk"), storedEvent(7, "net"))
        for _ in range(2):
            for limit in (1, 2, 3, 100):
                self.assertEqual(self.latest(limit), [7, 6, 4, 3])
            self.reopen()
        self.append(storedEvent(8))
        self.assertEqual(self.latest(100), [8, 7, 6, 4])

    def latest(self, limit: int) -> list[int]:
        """Numbers of the last events, all pages."""
        return self._read(
            lambda last: self.archive.latest(None if last is None else last[1], limit),
            limit,
            {},
            True,
        )

    def test_reserved(self) -> None:
        """Numbers that were told before they were kept are not given again; once they are kept, nothing is lost."""
        self.append(storedEvent(1))
        self.result(self.archive.reserve(3))
        self.assertEqual(self.archive.last, 1)
        self.append(storedEvent(2), storedEvent(3))
        self.reopen()
        page = self.result(self.archive.between(0, 3, 10))
        self.assertEqual((self.archive.last, page.lost, page.lostNumber), (3, None, 0))
        self.result(self.archive.reserve(7))
        self.reopen()
        self.assertGreaterEqual(self.archive.last, 7)
        page = self.result(self.archive.between(0, 7, 10))
        self.assertGreaterEqual(page.lostNumber, 7)
        self.assertEqual(self.found(), [1, 2, 3])

    def test_closed(self) -> None:
        """Before it is started, and when it is stopped, it takes and answers nothing."""
        self.result(self.archive.stop())
        self.failureResultOf(toDeferred(self._attempt([storedEvent(1)])), Busy)
        self.failureResultOf(toDeferred(self._select()), Busy)
        self.open()

    async def _select(self) -> None:
        await self.archive.select("*", {}, None, None, 1, 1)
