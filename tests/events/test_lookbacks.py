"""Look-backs on an archive: what is read for them, how many at once, and what becomes of those nobody waits for."""

import math
from collections.abc import Mapping

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.events import EngineLimits
from gma_twisted.events import lookback as module
from gma_twisted.events.lookedback import LookedBack
from gma_twisted.interfaces.events import ArchivePage
from gma_twisted.model.event import Event
from gma_twisted.model.gma import gapCursor
from gma_twisted.timing import toDeferred
from tests.events.keepingstand import ArchiveStand, HeldArchive
from tests.events.stand import comparison, numbersOf, terms


class _SlowArchive(HeldArchive):
    """
    Its questions of look-backs take their time.

    @ivar asked: those that wait; C{None}: none does
    @ivar rows: how many were looked at, over all questions
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Deferred[None]] | None = None
        self.rows = self.questions = self.most = 0

    async def recent(
        self,
        name: str,
        equal: Mapping[str, str],
        since: int,
        before: tuple[int, int] | None,
        upTo: int,
        limit: int,
    ) -> ArchivePage:
        """See L{IEventArchive}."""
        self.questions += 1
        if self.asked is not None:
            done: Deferred[None] = Deferred()
            self.asked.append(done)
            self.most = max(self.most, len(self.asked))
            await done
        page = await super().recent(name, equal, since, before, upTo, limit)
        self.rows += len(page.found)
        return page

    def answer(self) -> None:
        """Answer the oldest question."""
        assert self.asked is not None
        self.asked.pop(0).callback(None)

    def answerAll(self) -> None:
        """Answer all, and what comes of them, and let nothing wait any more."""
        asked, self.asked = self.asked or [], None
        for one in asked:
            one.callback(None)


class _Stand(ArchiveStand):
    limits = EngineLimits(queued=20)

    def setUp(self) -> None:
        super().setUp()
        self.result(self.engine.stop())
        self.archive: _SlowArchive = _SlowArchive()
        self.begin()

    def look(self, owner: str = "a", callerId: int = 7):  # type: ignore[no-untyped-def]
        """One more with a look-back of everything. @return: the feed"""
        feed = self.engine.subscribe(terms(lookBack=math.inf), callerId, self.over.append, owner)
        feed.begin()
        return feed

    def turns(self) -> None:
        """Give the reactor some."""
        for _ in range(500):
            self.time.advance(0.01)


class ReadingTests(_Stand, SynchronousTestCase):
    """What is read for one."""

    def test_newestFirst(self) -> None:
        """The newest that may wait are brought in their order, and what is older is not even read."""
        self.publish(*range(1, 5001))
        self.look()
        self.turns()
        self.assertEqual(self.told(), [*range(4981, 5001)])
        self.assertLessEqual(self.archive.rows, 200)
        [sent] = self.plane.sent
        # How many there are was not counted: it is told that there are some.
        self.assertEqual((sent.missed, self.engine.counts()["missed"]), (1, 1))

    def test_all(self) -> None:
        """As many as may wait are all, and nothing is told to be missing."""
        self.publish(*range(1, 21))
        self.look()
        self.turns()
        self.assertEqual((self.told(), self.plane.sent[0].missed), ([*range(1, 21)], 0))

    def test_unreadable(self) -> None:
        """What the disk does not give is told to be missing."""
        self.publish(1, 2)
        self.archive.unreadable = 3
        self.look()
        self.turns()
        self.assertEqual((self.told(), self.plane.sent[0].missed), ([1, 2], 3))

    def test_bytes(self) -> None:
        """The bytes that may wait are a bound too."""
        self.publish(*range(1, 11))
        size = self.archive.kept[-1].size
        self.result(self.engine.stop())
        self.limits = EngineLimits(queued=20, queuedBytes=3 * size + 1)
        self.begin()
        self.look()
        self.turns()
        self.assertEqual((self.told(), self.plane.sent[0].missed), ([8, 9, 10], 1))

    def test_rows(self) -> None:
        """Who wants little of very much is told that not everything was looked at."""
        self.patch(module, "_ROWS", 1000)
        self.publish(*range(1, 5001))
        asked = terms(lookBack=math.inf, filter=comparison("number = 1 or number = 4999"))
        self.engine.subscribe(asked, 7, self.over.append).begin()
        self.turns()
        self.assertLessEqual(self.archive.rows, 3500)
        self.assertEqual((self.told(), self.plane.sent[0].missed), ([4999], 1))

    def test_late(self) -> None:
        """Those that are newest by their time, in the order they were published."""
        for number in range(1, 31):
            self.publish(number, at=1_700_000_000 - abs(number - 15.2))
        self.look()
        self.turns()
        self.assertEqual(self.told(), [*range(6, 26)])


class NumberedTests(_Stand, SynchronousTestCase):
    """What a numbered stream is told of a look-back that is longer than may wait."""

    def looked(self, seconds: float) -> LookedBack:
        """What is found."""
        asked = terms(lookBack=seconds)
        topic = self.engine._topics.of(asked.template, asked.filter)
        looking = self.engine._looking
        number = self.archive.last
        return self.result(looking.find(asked.template, topic.wanted, seconds, number))

    def test_cut(self) -> None:
        """It is asked for: from the first that was wanted up to the last, and that question has all of it."""
        for number in range(1, 101):
            self.publish(number, at=1_700_000_000 - 2 * (100 - number))
        found = self.looked(100.0)
        self.turns()
        self.assertEqual((found.first, found.lastMissed), (50, 100))
        cursor: str | None = gapCursor(self.engine.life, 49, 100)
        told: list[object] = []
        while cursor is not None:
            answer = self.ask(cursor=cursor)
            told += numbersOf(answer.events)
            cursor = answer.cursor
        self.assertEqual(told, [*range(50, 101)])

    def test_whole(self) -> None:
        """Where there is room for all nothing is asked for."""
        self.publish(*range(1, 11))
        found = self.looked(100.0)
        self.assertEqual((found.first, found.lastMissed, found.missed), (1, 0, 0))


class ManyTests(_Stand, SynchronousTestCase):
    """Many look-backs at a time."""

    def test_ended(self) -> None:
        """For a subscription that has ended nothing more is read, and what has not begun never does."""
        self.publish(*range(1, 16))
        self.archive.asked = []
        feeds = [self.look(f"owner{number}") for number in range(100)]
        self.assertEqual(len(self.archive.asked), 4)
        for one in feeds:
            one.end()
        self.assertEqual(len(self.engine._lookBacks), 0)
        self.archive.answerAll()
        self.turns()
        self.assertEqual((self.archive.questions, self.told()), (4, []))

    def test_endedWhileRead(self) -> None:
        """One that reads very much ends with its subscription, at the next page."""
        self.publish(*range(1, 5001))
        self.archive.asked = []
        asked = terms(lookBack=math.inf, filter=comparison("number < 0"))
        feed = self.engine.subscribe(asked, 7, self.over.append)
        self.archive.answer()
        self.turns()
        self.archive.answer()
        self.turns()
        self.assertEqual((self.archive.questions, len(self.archive.asked)), (3, 1))
        feed.end()
        self.archive.answerAll()
        self.turns()
        self.assertEqual(self.archive.questions, 3)

    def test_turns(self) -> None:
        """Few are read at once, of one owner fewer; whoever asks for many waits, and not the others."""
        self.publish(1)
        self.archive.asked = []
        for number in range(50):
            self.look("greedy", number)
        self.assertEqual(len(self.archive.asked), 2)
        self.look("other", 100)
        self.look("third", 101)
        self.look("fourth", 102)
        self.assertEqual(len(self.archive.asked), 4)
        for _ in range(4):
            self.archive.answer()
        # The fourth came when all the places were taken, and long after the many.
        self.archive.answer()
        self.archive.answer()
        self.turns()
        told = [sent.callerId for sent in self.plane.sent]
        self.assertIn(102, told)
        self.assertLessEqual(len([one for one in told if one < 100]), 4)
        while self.archive.asked:
            self.archive.answer()
        self.turns()
        self.assertEqual(len(self.plane.sent), 53)
        self.assertEqual(self.archive.most, 4)

    def test_questions(self) -> None:
        """What others ask is answered meanwhile."""
        self.publish(1)
        self.archive.asked = []
        for number in range(100):
            self.look(f"owner{number}", number)
        asked = toDeferred(self.engine.query(Event("*"), None, "history", None, None, None))
        self.assertEqual(numbersOf(self.successResultOf(asked).events), [1])
        self.archive.answerAll()
        self.turns()
        self.assertEqual(len(self.plane.sent), 100)

    def test_stop(self) -> None:
        """When the engine stops nothing begins any more."""
        self.publish(1)
        self.archive.asked = []
        for number in range(10):
            self.look(f"owner{number}", number)
        self.result(self.engine.stop())
        self.assertEqual((self.archive.questions, self.plane.sent), (4, []))

    def test_atOnce(self) -> None:
        """Many that end at once lie not in each other."""
        self.publish(1)
        self.archive.asked = []
        for number in range(3000):
            self.look("one", number)
        self.archive.answerAll()
        self.turns()
        self.assertEqual(len(self.plane.sent), 3000)
