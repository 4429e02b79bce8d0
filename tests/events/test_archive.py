"""The archive of events: the contract, what it keeps, and for how long."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.events.archive import ArchiveLimits, reading, writing
from gma_twisted.interfaces.events import IEventArchive
from gma_twisted.testing.archive import ArchiveContract, MemoryArchive, storedEvent
from gma_twisted.timing import toDeferred
from tests.events.archivestand import FileStand


class MemoryArchiveTests(ArchiveContract, SynchronousTestCase):
    """The one of tests."""

    def makeArchive(self) -> IEventArchive:
        """The same again."""
        self.memory = getattr(self, "memory", None) or MemoryArchive()
        return self.memory


class FileArchiveTests(FileStand, SynchronousTestCase):
    """L{EventArchive}: the contract."""


class FullArchiveTests(FileStand, SynchronousTestCase):
    """The same where each commit waits for the disk."""

    synchronous = "full"


class SmallPagesTests(FileStand, SynchronousTestCase):
    """The same where one question brings few bytes: pages are short, and nothing is missing."""

    limits = ArchiveLimits(pageBytes=300)


class ManyEventsTests(FileStand, SynchronousTestCase):
    """The same where there are many events of each name."""

    def setUp(self) -> None:
        """More than one are many."""
        self.patch(reading, "_FEW", 1)
        super().setUp()


class GroupTests(FileStand, SynchronousTestCase):
    """What waits is written together."""

    limits = ArchiveLimits(batchEvents=4, waitingEvents=6, waitingBytes=1400, positions=3)

    def test_together(self) -> None:
        """What comes while something is written is one transaction; each is told when it is kept."""
        self.writer.isHeld = True
        works = [toDeferred(self.archive.append([storedEvent(number)])) for number in range(1, 7)]
        self.writer.step()
        self.assertEqual([work.called for work in works], [True] + 5 * [False])
        self.writer.step()  # What is too old goes.
        self.writer.step()
        self.assertEqual([work.called for work in works], 5 * [True] + [False])
        self.writer.go()
        self.assertTrue(works[5].called)
        self.assertEqual((self.file.counts()["batches"], self.archive.last), (3, 6))

    def test_tooMuch(self) -> None:
        """More than may wait is refused, by number and by size; what waited is kept."""
        self.writer.isHeld = True
        works = [toDeferred(self.archive.append([storedEvent(number)])) for number in range(1, 7)]
        error = self.assertRaises(Busy, self.archive.append, [storedEvent(7)])
        self.assertIn("wait for the disk", error.message)
        self.writer.go()
        self.assertTrue(all(work.called for work in works))
        self.writer.isHeld = True
        _ = self.archive.append([storedEvent(number) for number in range(10, 16)])
        self.assertEqual(self.file.counts()["waitingBytes"], 1200)
        self.assertRaises(Busy, self.archive.append, [storedEvent(16), storedEvent(17)])
        self.writer.go()
        self.assertEqual(self.file.counts()["waitingBytes"], 0)

    def test_stop(self) -> None:
        """What was given before it is stopped is kept."""
        self.writer.isHeld = True
        _ = self.archive.append([storedEvent(1)])
        _ = self.archive.append([storedEvent(2)])
        ending = toDeferred(self.archive.stop())
        self.assertNoResult(ending)
        self.writer.go()
        self.successResultOf(ending)
        self.open()
        self.assertEqual(self.found(), [1, 2])

    def test_positionsBounded(self) -> None:
        """Of more than may be those go that were not used for longest: nobody's events are refused for them."""
        self.append(a="1", b="1", c="1")
        self.append(a="2")
        self.writer.isHeld = True
        works = [toDeferred(self.archive.append([storedEvent(one)])) for one in (1, 2)]
        works.append(toDeferred(self.archive.append([], {"d": "1"})))
        works.append(toDeferred(self.archive.append([storedEvent(3)], {"c": "2"})))
        self.writer.go()
        for work in works:
            self.successResultOf(work)
        kept = {"a": "2", "c": "2", "d": "1"}
        self.assertEqual((self.found(), dict(self.archive.positions())), ([1, 2, 3], kept))
        self.append(a="3", e="1", f="1", g="1")
        self.assertEqual(dict(self.archive.positions()), {"e": "1", "f": "1", "g": "1"})
        self.reopen()
        self.assertEqual(dict(self.archive.positions()), {"e": "1", "f": "1", "g": "1"})

    def test_positionsAfterRestart(self) -> None:
        """So it is after a restart: it is known which were used last, whatever they are called."""
        self.append(c="1")
        self.append(b="1")
        self.append(a="1")
        self.append(c="2")
        self.reopen()
        self.append(d="1")
        self.assertEqual(dict(self.archive.positions()), {"a": "1", "c": "2", "d": "1"})

    def test_noWaiting(self) -> None:
        """Questions do not wait for what is written."""
        self.append(storedEvent(1))
        self.writer.isHeld = True
        _ = self.archive.append([storedEvent(2)])
        self.assertEqual(self.found(), [1])
        self.writer.go()
        self.assertEqual(self.found(), [1, 2])


class RetentionTests(FileStand, SynchronousTestCase):
    """What goes, and what is said of it."""

    limits = ArchiveLimits(keepEvents=1000, keepSeconds=3600.0)

    def test_events(self) -> None:
        """Of more than may be kept the oldest go, by the order they came; their index goes with them."""
        self.append(*(storedEvent(number, at=5000 - number, host="a") for number in range(1, 1501)))
        self.assertEqual(self.file.counts()["events"], 1000)
        self.assertEqual(self.file.counts()["letGo"], 500)
        page = self.result(self.archive.between(0, 9999, 1))
        self.assertEqual((page.found[0].number, page.lostNumber, page.lost), (501, 500, 4999))
        self.assertEqual(self.sql("SELECT count(*) FROM fields"), [(1000,)])
        self.assertEqual(
            (self.latest(1), self.sql("SELECT count(*) FROM latest")), ([1500], [(1,)])
        )
        self.reopen()
        page = self.result(self.archive.between(0, 9999, 1))
        self.assertEqual((page.lostNumber, page.lost, self.archive.last), (500, 4999, 1500))

    def test_age(self) -> None:
        """What came too long ago goes, also when nothing comes; what it says of its own time does not count."""
        self.append(storedEvent(1, at=0))
        self.time.advance(3000.0)
        self.append(storedEvent(2, at=0))
        self.time.advance(500.0)
        self.assertEqual(self.found(), [1, 2])
        self.time.pump([61.0] * 4)
        self.assertEqual(self.found(), [2])
        self.time.pump([61.0] * 60)
        self.assertEqual(self.found(), [])
        self.reopen()
        self.assertEqual(self.archive.last, 2)

    def test_ahead(self) -> None:
        """One that was ahead of its time counts as lost at the instant it came."""
        self.append(storedEvent(1, at=4_000_000_000 * 10**9))
        self.time.advance(3700.0)
        lost = self.result(self.archive.between(0, 1, 1)).lost
        self.assertEqual(lost, 1_700_000_001 * 10**9)

    def test_ageAtStart(self) -> None:
        """What got too old while it was closed goes at the start."""
        self.append(storedEvent(1))
        self.result(self.archive.stop())
        self.time.advance(4000.0)
        self.open()
        self.assertEqual(self.found(), [])

    def test_names(self) -> None:
        """A name goes with its last event: names made up by somebody do not fill the disk."""
        for number in range(1, 1501):
            if number % 100 == 1:
                self.append(*(storedEvent(n, f"n{n}") for n in range(number, number + 100)))
        self.assertEqual(self.sql("SELECT count(*) FROM names"), [(1000,)])
        self.assertEqual(len(self.latest(300)), 1000)
        self.assertEqual(self.sql("SELECT count(*) FROM latest"), [(1000,)])
        self.append(storedEvent(2000, "n1"))
        self.assertEqual(self.found("n1"), [2000])


class LostTests(FileStand, SynchronousTestCase):
    """It is known of which names something was let go."""

    limits = ArchiveLimits(keepEvents=10)

    def lost(self, name: str) -> int:
        """Highest number that was let go of a name."""
        page = self.result(self.archive.between(0, 10**6, 1, name))
        return page.lostNumber

    def test_names(self) -> None:
        """Who asks for events of a name is not told that others were let go."""
        for number in range(1, 21):
            self.append(storedEvent(number, "rare" if number == 3 else "load"))
        self.append(storedEvent(21, "new"))
        expected = {"load": 11, "rare": 3, "new": 0, "none": 0, "*": 11, "r*": 11}
        for _ in range(2):
            self.assertEqual({name: self.lost(name) for name in expected}, expected)
            self.reopen()

    def test_bounded(self) -> None:
        """Of more names than are known one by one, the highest number of any of those that went."""
        self.patch(writing, "_LOST_NAMES", 2)
        for number in range(1, 16):
            self.append(storedEvent(number, f"n{number}"))
        self.assertEqual(self.sql("SELECT name, number FROM lost"), [("n4", 4), ("n5", 5)])
        found = [self.lost(name) for name in ("n1", "n4", "n5", "n9", "*")]
        self.assertEqual(found, [3, 4, 5, 3, 5])

    def test_meanwhile(self) -> None:
        """What is going just then is told with what is left: both are of one moment."""
        self.append(*(storedEvent(number) for number in range(1, 11)))
        self.file._writer.limits = ArchiveLimits(keepEvents=4)
        # The reactor has not heard of it.
        self.file._writer.trim(0, self.clock.wallTime())
        self.assertEqual([self.lost("load"), self.lost("*")], [6, 6])

    def test_ahead(self) -> None:
        """What has just gone from the disk is said to be missing in the very answer that lacks it."""
        self.append(*(storedEvent(number) for number in range(1, 9)))
        self.file._writer.limits = ArchiveLimits(keepEvents=4)
        self.file._writer.trim(0, self.clock.wallTime())
        for asked in (
            self.archive.select("load", {}, None, None, 9, 9),
            self.archive.select("none", {}, None, None, 9, 9),
            self.archive.recent("*", {}, 0, None, 9, 9),
            self.archive.between(0, 9, 9),
            self.archive.latest(None, 9),
        ):
            page = self.result(asked)
            self.assertEqual((page.lost, page.lostNumber), (4 * 10**9, 4))

    def test_unkept(self) -> None:
        """What was lost before it was kept may be of any name, also while the disk does not know of it."""
        self.append(storedEvent(1))
        self.archive.lose([storedEvent(2)])
        self.assertEqual([self.lost("load"), self.lost("disk"), self.lost("*")], [2, 2, 2])
        self.append(storedEvent(3))
        self.reopen()
        self.assertEqual([self.lost("load"), self.lost("disk"), self.lost("*")], [2, 2, 2])


class SizeTests(FileStand, SynchronousTestCase):
    """The bound of bytes."""

    limits = ArchiveLimits(keepBytes=400_000)

    def test_bytes(self) -> None:
        """The database stays within its bound, whatever comes; the newest are there."""
        for first in range(1, 4001, 100):
            self.append(
                *(storedEvent(n, host=f"h{n}", text="x" * 500) for n in range(first, first + 100))
            )
            self.assertLess(self.file.counts()["bytes"], 440_000)
        left = self.found()
        self.assertEqual(left[-1], 4000)
        self.assertGreater(len(left), 200)
        self.assertLess(self.path.stat().st_size, 2_000_000)

    def test_givenBack(self) -> None:
        """Much that went goes back to the disk."""
        self.limits = ArchiveLimits()
        self.reopen()
        self.append(*(storedEvent(n, text="x" * 20_000) for n in range(1, 1001)))
        self.limits = SizeTests.limits
        self.reopen()
        self.append(storedEvent(2000))
        before = self.sql("PRAGMA page_count")[0][0]
        for each in range(2001, 2100):
            self.append(*(storedEvent(each * 100 + n, text="x" * 2000) for n in range(10)))
        after = self.sql("PRAGMA page_count")[0][0]
        assert isinstance(before, int) and isinstance(after, int)
        self.assertLess(after, before)
