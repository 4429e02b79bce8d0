"""What is answered from an archive, and what of the gap of a numbered stream."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ParameterError
from gma_twisted.events import EngineLimits, EventEngine, history
from gma_twisted.model.event import Event
from gma_twisted.model.gma import gapCursor
from gma_twisted.testing.archive import MemoryArchive
from gma_twisted.timing import toDeferred
from tests.events.keepingstand import ArchiveStand
from tests.events.stand import EngineStand, comparison, numbersOf

_FULL = Busy("the disk is full", cure="make room")


class AnswersTests(ArchiveStand, SynchronousTestCase):
    """Questions of what is on the disk."""

    limits = EngineLimits(answerEvents=4)

    def test_readYourWrites(self) -> None:
        """What was published before is in the answer, though it was on its way to the disk."""
        self.archive.held = []
        self.publish(1, 2)
        asked = toDeferred(self.engine.query(Event("*"), None, "history", None, None, None))
        self.assertNoResult(asked)
        self.archive.release()
        self.assertNoResult(asked)
        self.publish(3)
        self.archive.release()
        self.assertEqual(numbersOf(self.successResultOf(asked).events), [1, 2])
        self.archive.release()
        self.archive.held = None

    def test_pages(self) -> None:
        """Pages together are everything that matches, each once, in the order of time."""
        for number in range(1, 12):
            self.publish(number, at=1_700_000_000 + 7 * number % 5)
        found: list[Event] = []
        cursor, pages = None, 0
        while True:
            answer = self.ask(cursor=cursor, filter=comparison("number != 4"))
            self.assertLessEqual(len(answer.events), 4)
            found += answer.events
            cursor, pages = answer.cursor, pages + 1
            if cursor is None:
                break
            self.assertFalse(answer.isComplete)
        self.assertEqual(pages, 3)
        times = [(one.timestamp, one.get("number")) for one in found]
        self.assertEqual(times, sorted(times))
        self.assertEqual(sorted(numbersOf(found)), [1, 2, 3, 5, 6, 7, 8, 9, 10, 11])

    def test_boundedWork(self) -> None:
        """A page that looked at very much is short, even empty, and goes on where it ended."""
        self.publish(*range(1, 15_001))
        first = self.ask(filter=comparison("number = 14999"))
        self.assertEqual((list(first.events), first.isComplete), ([], False))
        second = self.ask(filter=comparison("number = 14999"), cursor=first.cursor)
        self.assertEqual(numbersOf(second.events), [14999])
        self.assertIsNone(second.cursor)

    def test_lacks(self) -> None:
        """What is older than the archive, or was let go, is told."""
        self.archive.began = 1_700_000_000 * 10**9
        self.time.advance(100.0)
        self.publish(1, 2)
        self.assertTrue(self.ask(interval=50.0).isComplete)
        self.assertIn("not everything is kept", self.ask(interval=150.0).warnings[0])
        self.archive.letGo(1)
        self.assertIn("not everything is kept", self.ask(interval=50.0).warnings[0])

    def test_busy(self) -> None:
        """Where the archive cannot be asked, who asks comes again."""
        self.archive.refuse = _FULL
        asked = toDeferred(self.engine.query(Event("*"), None, "history", None, None, None))
        self.failureResultOf(asked, Busy)
        self.archive.refuse = None

    def test_madeUp(self) -> None:
        """Cursors that somebody made up do no harm."""
        self.publish(1)
        life = self.engine.life
        for cursor in (
            f"h{life}.{'9' * 20}.{'9' * 20}.{'9' * 20}.all",
            f"h{life}.-{'9' * 20}.0.9.-{'9' * 20}",
            gapCursor(life, 10**19, 10**19),
        ):
            self.ask(cursor=cursor)


class GapStand(EngineStand):
    """Asks for what is missing in a numbered stream."""

    limits = EngineLimits(history=10, answerEvents=3)

    def gap(self, after: int, upTo: int, **asked: object) -> list[object]:
        """All pages. @return: the numbers in the events, and whether they are all"""
        found: list[object] = []
        cursor: str | None = gapCursor(self.engine.life, after, upTo)
        warnings: list[str] = []
        while cursor is not None:
            answer = self.ask(cursor=cursor, **asked)  # type: ignore[arg-type]
            found += numbersOf(answer.events)
            warnings += answer.warnings
            cursor = answer.cursor
            self.assertTrue(cursor is None or cursor.startswith("g"))
        return [*found, not warnings]


class GapTests(GapStand, SynchronousTestCase):
    """What is missing in a numbered stream, from memory."""

    def test_gap(self) -> None:
        """Exactly those between two numbers, in their order whatever their time, page by page."""
        for number in range(1, 9):
            self.publish(number, at=1_700_000_000 - number)
        self.assertEqual(self.gap(1, 7), [2, 3, 4, 5, 6, 7, True])
        self.assertEqual(self.gap(7, 7), [True])
        self.assertEqual(self.gap(6, 100), [7, 8, True])

    def test_wanted(self) -> None:
        """Of those what template and filter ask for."""
        self.publish(1, 2)
        self.publish(3, name="disk")
        self.publish(4, 5)
        self.assertEqual(self.gap(0, 5, name="load"), [1, 2, 4, 5, True])
        self.assertEqual(self.gap(0, 5, filter=comparison("number > 1")), [2, 3, 4, 5, True])

    def test_letGo(self) -> None:
        """What is not kept any more is told; who does not need it is told nothing."""
        self.publish(*range(1, 13))
        letGo = 12 - len(numbersOf(self.allKept()))
        self.assertEqual(self.gap(letGo, 12)[-1], True)
        self.assertEqual(self.gap(letGo - 1, 12)[-1], False)

    def allKept(self) -> list[Event]:
        """Every event that is there."""
        found: list[Event] = []
        answer = self.ask()
        while True:
            found += answer.events
            if answer.cursor is None:
                return found
            answer = self.ask(cursor=answer.cursor)

    def test_bad(self) -> None:
        """A cursor of another life, of another mode, or malformed is refused."""
        life = self.engine.life
        for cursor, mode in (
            (gapCursor("abcdef99", 0, 1), "history"),
            (gapCursor(life, 0, 1), "latest"),
            (gapCursor(life, -1, 1), "history"),
            (f"g{life}.1", "history"),
        ):
            asked = self.engine.query(Event("*"), None, mode, None, None, cursor)
            self.failureResultOf(toDeferred(asked), ParameterError)


class LostTests(GapStand, SynchronousTestCase):
    """What is told as missing in the stream of one name, from memory."""

    def test_quiet(self) -> None:
        """That others let events go is nothing to a stream that has all of its own."""
        self.publish(1, name="alarm")
        self.publish(*range(2, 33))
        self.assertEqual(self.gap(1, 32, name="alarm"), [True])
        self.assertEqual(self.gap(0, 32, name="alarm"), [False])
        self.assertEqual(self.gap(1, 32, name="alar*"), [False])

    def test_manyNames(self) -> None:
        """Of names of which that is not known any more, it is told that something may be missing."""
        self.patch(history, "_NAMES", 3)
        for number in range(1, 16):
            self.publish(number, name=f"n{number}")
        self.assertEqual(self.gap(2, 15, name="n2"), [True])
        self.assertEqual(self.gap(1, 15, name="n2"), [False])
        self.assertEqual(self.gap(5, 15, name="n5"), [True])
        self.assertEqual(self.gap(4, 15, name="n5"), [False])


class ArchiveGapTests(GapTests):
    """The same from an archive."""

    def setUp(self) -> None:
        """Make another engine in place of the one without."""
        super().setUp()
        self.result(self.engine.stop())
        self.archive = MemoryArchive()
        self.engine = EventEngine(
            self.clock, [self.plane], lambda: 0.5, self.limits, "site", archive=self.archive
        )
        self.result(self.engine.start())

    def test_quiet(self) -> None:
        """Of a name of which there is little, little is looked at."""
        self.publish(1, name="alarm")
        self.publish(*range(2, 15_000))
        self.publish(15_000, name="alarm")
        answer = self.ask(name="alarm", cursor=gapCursor(self.engine.life, 0, 15_000))
        self.assertEqual((numbersOf(answer.events), answer.cursor), ([1, 15_000], None))

    def test_unreadable(self) -> None:
        """What cannot be read from the disk is missing."""
        self.publish(*range(1, 4))
        self.archive.unreadable = 1
        self.assertEqual(self.gap(0, 3), [1, 2, 3, False])
        self.assertIn("could not be read", self.ask().warnings[0])

    def test_letGo(self) -> None:
        """What the archive let go is told too."""
        self.publish(*range(1, 13))
        self.archive.letGo(4)
        self.assertEqual(self.gap(4, 12), [5, 6, 7, 8, 9, 10, 11, 12, True])
        self.assertEqual(self.gap(3, 12)[-1], False)
        self.assertEqual(self.gap(0, 3), [False])
