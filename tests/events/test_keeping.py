"""An engine with an archive: events are told once they are on the disk, in order, and a full disk stops nobody."""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ParameterError, TooLarge
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

    def test_latestAfterRestart(self) -> None:
        """What was last of each name and source before a restart is there after it, in pages too."""
        self.engine.publish(made("load", 1), "a")
        self.engine.publish(made("load", 2), "b")
        self.engine.publish(made("load", 3), "a")
        self.engine.publish(made("disk", 4), "a")
        old = self.ask(mode="latest", maxEvents=1).cursor
        self.result(self.engine.stop())
        self.begin()
        answer = self.ask(mode="latest")
        self.assertEqual((numbersOf(answer.events), answer.isComplete), ([2, 3, 4], True))
        self.assertEqual([one.name for one in answer.sources], ["b", "a"])
        self.publish(5)
        first = self.ask(mode="latest", maxEvents=2)
        second = self.ask(mode="latest", cursor=first.cursor)
        self.assertEqual((numbersOf(first.events), numbersOf(second.events)), ([2, 3], [4, 5]))
        asked = self.engine.query(made("*", 0), None, "latest", None, None, old)
        self.failureResultOf(toDeferred(asked), ParameterError)

    def test_latestBounded(self) -> None:
        """Of more than may be kept in memory those are there that were published last, and answers say so."""
        for number in range(5):
            self.publish(number, name=f"n{number}")
        self.result(self.engine.stop())
        self.limits = EngineLimits(latest=3)
        self.begin()
        answer = self.ask(mode="latest")
        self.assertEqual((numbersOf(answer.events), answer.isComplete), ([2, 3, 4], False))

    def test_latestUnread(self) -> None:
        """Where they cannot be read the node starts, and says so; what comes is the last of its kind."""
        self.publish(1)
        self.result(self.engine.stop())
        self.archive.refuse = Busy("the disk fails")
        self.begin()
        self.archive.refuse = None
        self.publish(2, name="disk")
        self.lacks([2])
        self.result(self.engine.stop())
        self.archive.unreadable = 1
        self.begin()
        self.lacks([1, 2])

    def lacks(self, numbers: list[float]) -> None:
        """These are told as the last, and that later ones may be missing."""
        answer = self.ask(mode="latest")
        self.assertEqual((numbersOf(answer.events), answer.isComplete), (numbers, False))
        self.assertIn("before the restart", answer.warnings[0])

    def test_latestLost(self) -> None:
        """Where a later one may have been told without being kept, the one before is not told as the last for sure."""
        self.publish(1)
        self.archive.refuse = _FULL
        self.publish(2)
        self.result(self.engine.stop())
        self.archive.refuse = None
        self.begin()
        self.lacks([1])
        # Once all are newer than what was lost, it is complete; it stays so.
        self.publish(3)
        for _ in range(2):
            answer = self.ask(mode="latest")
            self.assertEqual((numbersOf(answer.events), answer.isComplete), ([3], True))
            self.result(self.engine.stop())
            self.begin()

    def test_latestOfName(self) -> None:
        """Each name is complete once all its sources were heard anew, whatever others do; all are when all were."""
        for source in "ab":
            self.engine.publish(made("load", 1), source)
        self.publish(2, name="disk")
        self.archive.refuse = _FULL
        self.publish(3, name="load")
        self.result(self.engine.stop())
        self.archive.refuse = None
        self.begin()

        def complete() -> str:
            names = ("load", "disk", "none", "*")
            return " ".join(one for one in names if self.ask(one, "latest").isComplete)

        self.assertEqual(complete(), "")
        self.engine.publish(made("load", 4), "a")
        self.assertEqual(complete(), "")
        self.engine.publish(made("load", 5), "b")
        self.assertEqual(complete(), "load")
        self.publish(6, name="disk")
        self.assertEqual(complete(), "load disk none *")

    def test_latestNone(self) -> None:
        """Where nothing is there of what was told, it is not said that this is all; where nothing was told, it is."""
        self.assertTrue(self.ask(mode="latest").isComplete)
        self.archive.refuse = _FULL
        self.publish(1)
        self.result(self.engine.stop())
        self.archive.refuse = None
        self.begin()
        self.lacks([])

    def test_latestOld(self) -> None:
        """What went because it was old does not make the rest doubtful."""
        self.publish(1)
        self.publish(2, name="disk")
        self.result(self.engine.stop())
        self.archive.letGo(1)
        self.begin()
        answer = self.ask(mode="latest")
        self.assertEqual((numbersOf(answer.events), answer.isComplete), ([2], True))

    def test_sourcesAfterRestart(self) -> None:
        """A source of which nothing was heard since is as fresh as its last event, not as the node."""
        now = self.clock.wallTime()
        self.engine.publish(made("load", 1, at=int(now)), "a")
        self.engine.publish(made("load", 2, at=int(now) - 86400), "b")
        self.engine.publish(made("load", 3, at=int(now) - 86400), "c")
        self.result(self.engine.stop())
        self.time.advance(10.0)
        self.begin()
        for source in "ab":
            self.engine.expect(source, 60.0)
        states = {one.name: one.state for one in self.engine.sources()}
        self.assertEqual(states, {"a": "fresh", "b": "stale", "c": "fresh"})
        self.assertIn("86410 s", self.ask(mode="latest").warnings[0])
        self.time.advance(60.0)
        self.assertEqual({one.name: one.state for one in self.engine.sources()}["a"], "stale")
        self.engine.publish(made("load", 4), "b")
        self.assertEqual({one.name: one.state for one in self.engine.sources()}["b"], "fresh")

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

    def test_killedEarly(self) -> None:
        """An event that was told before the disk had it leaves its number to no other when the node is killed then."""
        self.subscribe()
        self.archive.held = []
        self.publish(1, 2, 3, 4, 5, 6)
        self.assertEqual(self.told(), [1])
        # What the disk never answers stays under way.
        self.killed, life, self.archive.held = self.archive.held, self.engine.life, None
        self.engine._slices.stop()
        self.begin()
        self.assertEqual(self.engine.life, life)
        self.publish(7)
        self.assertGreater(self.archive.kept[-1].number, 1)
        answer = self.ask(cursor=gapCursor(life, 0, self.archive.last))
        self.assertEqual((numbersOf(answer.events), answer.isComplete), ([7], False))

    def test_reserved(self) -> None:
        """What is told early is told once its numbers are given to nobody else, and waits for no disk otherwise."""
        self.subscribe()
        self.archive.held = []
        reserving: list[Deferred[None]] = []
        self.archive.reserving = reserving
        self.publish(1, 2, 3, 4, 5, 6)
        self.assertEqual((self.told(), len(reserving)), ([], 1))
        reserving.pop().callback(None)
        self.assertEqual((self.told(), reserving), ([1], []))
        self.archive.reserving = None
        self.archive.releaseAll()
        self.assertEqual(self.told(), [1, 2, 3, 4, 5, 6])

    def test_keptMeanwhile(self) -> None:
        """What the disk takes before that is told once, in order."""
        self.subscribe()
        self.archive.held = []
        reserving: list[Deferred[None]] = []
        self.archive.reserving = reserving
        self.publish(1, 2, 3, 4, 5, 6)
        self.archive.releaseAll()
        self.assertEqual(self.told(), [1, 2, 3, 4, 5, 6])
        reserving.pop().callback(None)
        self.assertEqual((self.told(), reserving), ([1, 2, 3, 4, 5, 6], []))
        self.assertEqual([one.number for one in self.archive.kept], [1, 2, 3, 4, 5, 6])
        self.archive.reserving = None

    def test_refusedMeanwhile(self) -> None:
        """What it refuses before that is told without being kept, as far as it is too much."""
        self.subscribe()
        self.archive.refuse = _FULL
        reserving: list[Deferred[None]] = []
        self.archive.reserving = reserving
        self.publish(*range(1, 7))
        self.assertEqual((self.told(), len(reserving)), ([], 1))
        self.archive.reserving = None
        reserving.pop().callback(None)
        lost = len(self.told())
        self.assertTrue(0 < lost < 6)
        self.assertEqual(self.archive.last, lost)
        self.archive.refuse = None
        self.time.advance(20.0)
        self.assertEqual(self.told(), [*range(1, 7)])
        self.assertEqual([one.number for one in self.archive.kept], [*range(lost + 1, 7)])

    def test_stopReserved(self) -> None:
        """At the end too numbers are given to nobody else before their events are told."""
        self.subscribe()
        self.archive.refuse = _FULL
        self.publish(1, 2)
        reserving: list[Deferred[None]] = []
        self.archive.reserving = reserving
        ending = toDeferred(self.engine.stop())
        self.assertEqual((self.told(), self.archive.last, len(reserving)), ([], 0, 1))
        reserving.pop().callback(None)
        self.successResultOf(ending)
        self.assertEqual(self.archive.last, 2)
        self.archive.reserving = None

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
