"""An engine with an archive: events are told once they are on the disk, in order, and a full disk stops nobody."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, TooLarge
from gma_twisted.events import EngineLimits, EventEngine
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import gapCursor
from gma_twisted.testing.archive import MemoryArchive
from gma_twisted.timing import toDeferred
from tests.events.keepingstand import ArchiveStand
from tests.events.stand import comparison, made, numbersOf, terms

_FULL = Busy("the disk is full", cure="make room")


class KeepingTests(ArchiveStand, SynchronousTestCase):
    """L{EventEngine} with an archive."""

    def test_toldWhenKept(self) -> None:
        """Who subscribed is told once the disk has it; what comes meanwhile is kept at once, and told in order."""
        self.subscribe()
        self.archive.held = []
        self.publish(1, 2, 3)
        self.assertEqual(self.told(), [])
        self.archive.release()
        self.assertEqual(self.told(), [1])
        self.archive.release()
        self.assertEqual(self.told(), [1, 2, 3])
        self.assertEqual(self.archive.batches, [[1], [2, 3]])
        self.archive.held = None

    def test_keep(self) -> None:
        """What is kept with positions is published when it is, and the archive has both."""
        self.subscribe()
        self.archive.held = []
        work = self.keep(1, 2, positions={"place": "7"})
        self.assertNoResult(work)
        self.assertEqual(self.told(), [])
        self.archive.release()
        self.successResultOf(work)
        self.assertEqual(self.told(), [1, 2])
        self.assertEqual(self.archive.positions(), {"place": "7"})
        self.archive.held = None

    def test_keepRefused(self) -> None:
        """What the disk does not take is not published, and may come again."""
        self.subscribe()
        self.archive.refuse = _FULL
        self.failureResultOf(self.keep(1, positions={"place": "7"}), Busy)
        self.assertEqual((self.told(), self.archive.positions()), ([], {}))
        self.archive.refuse = None
        self.successResultOf(self.keep(1, positions={"place": "7"}))
        self.assertEqual((self.told(), self.archive.positions()), ([1], {"place": "7"}))

    def test_keepWhole(self) -> None:
        """One that cannot be an event, or is too large, and none is published."""
        events = [(made("load", 1), ""), (made("load", 2), "")]
        events[1][0].add(EventField("text", "x" * 60_000))
        for _ in range(9):
            events[1][0].add(EventField("text", "x" * 60_000))
        self.failureResultOf(toDeferred(self.engine.keep(events)), TooLarge)
        self.assertEqual(self.archive.kept, [])

    def test_restart(self) -> None:
        """Numbers go on in another life of the engine, of the same life of the archive, and so do cursors."""
        self.publish(1, 2, 3)
        first = self.ask(maxEvents=2)
        life = self.engine.life
        self.result(self.engine.stop())
        self.begin()
        self.assertEqual(self.engine.life, life)
        self.publish(4)
        self.assertEqual([one.number for one in self.archive.kept], [1, 2, 3, 4])
        second = self.ask(maxEvents=2, cursor=first.cursor)
        self.assertEqual(numbersOf([*first.events, *second.events]), [1, 2, 3])

    def test_notStarted(self) -> None:
        """Before the archive is open nothing is published."""
        engine = EventEngine(self.clock, [], lambda: 0.5, archive=MemoryArchive())
        self.assertRaises(Busy, engine.publish, made("load", 1))
        self.failureResultOf(toDeferred(engine.keep([(made("load", 1), "")])), Busy)

    def test_stop(self) -> None:
        """What waits when the engine stops is kept."""
        self.archive.held = []
        self.publish(1, 2)
        ending = toDeferred(self.engine.stop())
        self.assertNoResult(ending)
        self.archive.releaseAll()
        self.successResultOf(ending)
        self.assertEqual([one.number for one in self.archive.kept], [1, 2])

    def test_without(self) -> None:
        """An engine without an archive publishes at once."""
        engine = EventEngine(self.clock, [], lambda: 0.5)
        self.result(engine.start())
        self.result(engine.keep([(made("load", 1), "a")], {"place": "1"}))
        asked = toDeferred(engine.query(Event("*"), None, "history", None, None, None))
        self.assertEqual(numbersOf(self.successResultOf(asked).events), [1])
        self.assertTrue(engine.life[0].isalpha())
        self.result(engine.stop())

    def test_lookBack(self) -> None:
        """A look-back is of the disk, in the order it was published, and with what comes then nothing twice."""
        self.publish(1, at=1_700_000_000 - 50)
        self.publish(2, at=1_700_000_000 - 60)
        self.publish(3, at=1_700_000_000 - 500)
        self.result(self.engine.stop())
        self.begin()
        self.archive.held = []
        self.publish(4)
        self.subscribe(terms(lookBack=100.0))
        self.publish(5)
        self.assertEqual(self.told(), [])
        self.archive.release()
        self.archive.release()
        self.archive.held = None
        self.assertEqual(self.told(), [1, 2, 4, 5])

    def test_refilter(self) -> None:
        """A filter that changes while an event is on its way to the disk counts for that event."""
        feed = self.subscribe(terms(filter=comparison("number > 5")))
        self.archive.held = []
        self.publish(3, 7)
        feed.modify(comparison("number < 5"), None)
        self.archive.release()
        self.archive.release()
        self.archive.held = None
        self.assertEqual(self.told(), [3])


class FullTests(ArchiveStand, SynchronousTestCase):
    """The disk takes nothing for a while."""

    limits = EngineLimits(judgedBytes=1000)

    def test_waits(self) -> None:
        """What was published waits for the disk, and is tried again; then it is told, in order."""
        self.subscribe()
        self.archive.refuse = _FULL
        self.publish(1, 2)
        self.assertEqual(self.told(), [])
        self.time.advance(1.0)
        self.archive.refuse = None
        self.publish(3)
        self.time.advance(20.0)
        self.assertEqual(self.told(), [1, 2, 3])
        self.assertEqual([one.number for one in self.archive.kept], [1, 2, 3])

    def test_keepTries(self) -> None:
        """What somebody waits for is tried at once, with all that waits, and refused alone."""
        self.subscribe()
        self.archive.refuse = _FULL
        self.publish(1)
        self.failureResultOf(self.keep(2), Busy)
        self.publish(3)
        self.archive.refuse = None
        self.successResultOf(self.keep(4))
        self.assertEqual(self.told(), [1, 3, 4])

    def test_tooMuch(self) -> None:
        """Of more than may wait the oldest are told without being kept: answers lack them, and say so."""
        self.subscribe()
        self.archive.refuse = _FULL
        self.publish(*range(1, 8))
        lost = len(self.told())
        self.assertTrue(0 < lost < 7)
        self.assertEqual(self.told(), list(range(1, lost + 1)))
        self.archive.refuse = None
        self.time.advance(20.0)
        self.assertEqual(self.told(), list(range(1, 8)))
        self.assertEqual([one.number for one in self.archive.kept], list(range(lost + 1, 8)))
        answer = self.ask(cursor=gapCursor(self.engine.life, 0, 7))
        self.assertEqual(numbersOf(answer.events), list(range(lost + 1, 8)))
        self.assertFalse(answer.isComplete)

    def test_hangs(self) -> None:
        """A disk that hangs holds up nobody for ever, and nothing grows without bound; what it takes later is kept."""
        self.subscribe()
        self.archive.held = []
        self.publish(1, 2, 3, 4, 5, 6)
        self.assertEqual(self.told(), [1])
        with self.assertRaises(Busy):
            self.publish(*range(7, 50))
        self.archive.releaseAll()
        told = self.told()
        self.assertEqual(told, list(range(1, len(told) + 1)))
        self.assertEqual(len(self.archive.kept), len(told))

    def test_stopFull(self) -> None:
        """What the disk does not take at the end is told, and noted as lost."""
        self.archive.refuse = _FULL
        self.publish(1, 2)
        self.failureResultOf(self.keep(3), Busy)
        self.result(self.engine.stop())
        self.assertEqual((self.archive.kept, self.archive.last), ([], 2))

    def test_answer(self) -> None:
        """Who asks meanwhile is told that something waits."""
        self.publish(1)
        self.archive.refuse = _FULL
        self.publish(2)
        self.archive.refuse = None
        answer = self.ask()
        self.assertEqual((numbersOf(answer.events), answer.isComplete), ([1], False))
        self.assertIn("1 events wait for the disk", answer.warnings[0])
