"""Who wants an event is found out in turns: in order, within bounds, and so that nobody holds up the others."""

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.events import EngineLimits, topics
from gma_twisted.events.kept import copied
from gma_twisted.markup import eventfilter
from gma_twisted.model import OURSELVES
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import EventFilter, Terms
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import Slices
from tests.events.stand import URL, EngineStand, comparison, made, numbersOf, terms

_SIZE = copied(made("load", 1), 1e9)[1]


class JudgingStand(EngineStand):
    """
    A test whose filters do what it says.

    @ivar judged: filter and number of each event that was judged, in order
    @ivar slow: seconds that each takes
    """

    def setUp(self) -> None:
        """Take the place of filters."""
        super().setUp()
        self.judged: list[tuple[str, object]] = []
        self.slow = 0.0
        compiled = eventfilter.compileFilter

        def compileFilter(filter: EventFilter) -> Callable[[Event], bool]:
            passes = compiled(filter)

            def judge(event: Event) -> bool:
                self.judged.append((filter.expression, event.get("number")))
                self.time.rightNow += self.slow
                if filter.expression.endswith("666"):
                    raise OverflowError("of a filter")
                return passes(event)

            return judge

        self.patch(topics, "compileFilter", compileFilter)

    def wants(self, text: str, callerId: int, owner: str = "", name: str = "load"):  # type: ignore[no-untyped-def]
        """Subscribe with a filter. @return: the feed"""
        feed = self.engine.subscribe(
            terms(name, filter=comparison(text)), callerId, self.over.append, owner
        )
        feed.begin()
        return feed

    def tell(self, turns: int = 100) -> None:
        """Let turns of the reactor pass."""
        for _ in range(turns):
            self.time.advance(0.0)

    def step(self) -> None:
        """One turn of the reactor, and no more."""
        (call,) = self.time.getDelayedCalls()
        work = call.func  # type: ignore[attr-defined]
        call.cancel()
        work()

    def heard(self, callerId: int) -> list[object]:
        """Numbers of the events that one was sent."""
        return [
            number
            for one in self.plane.sent
            if one.callerId == callerId
            for number in numbersOf(one.events)
        ]


class FailingFilterTests(JudgingStand, SynchronousTestCase):
    """A filter that fails as none should."""

    def test_others(self) -> None:
        """It ends nothing for others, nor for who publishes; what is left out is told, and logged once."""
        self.wants("number > 666", 1)
        self.subscribe(terms("load"), 2)
        self.publish(1, 2, 3)
        self.assertEqual(self.heard(2), [1, 2, 3])
        self.assertEqual(self.heard(1), [])
        counts = self.engine.counts()
        self.assertEqual((counts["unjudged"], counts["missed"], counts["history"]), (3, 3, 3))
        self.assertEqual(len(self.flushLoggedErrors(OverflowError)), 1)

    def test_past(self) -> None:
        """Look-backs and queries leave out what cannot be judged, and say so."""
        self.publish(1, 2)
        answer = self.ask("load", filter=comparison("number > 666"))
        self.assertEqual((answer.events, answer.isComplete), ([], False))
        self.assertIn("2 events", answer.warnings[0])
        self.subscribe(terms("load", 60.0, filter=comparison("number > 666")))
        self.publish(3)
        self.assertEqual(self.engine.counts()["missed"], 3)
        self.flushLoggedErrors(OverflowError)


class TurnsTests(JudgingStand, SynchronousTestCase):
    """Many that ask for much."""

    def test_inTurns(self) -> None:
        """A turn of the reactor judges for a slice; each hears all events, in order."""
        for number in range(6):
            self.wants(f"number > -{number}", number)
        self.slow = 0.004
        self.publish(1, 2)
        self.assertEqual(len(self.judged), 2)
        self.tell()
        for number in range(6):
            self.assertEqual(self.heard(number), [1, 2])
        self.assertEqual(self.engine.counts()["unjudgedBytes"], 0)

    def test_owners(self) -> None:
        """Who asks for much waits for itself: another owner's turn comes after one step."""
        for number in range(10):
            self.wants(f"number > -{number}", number, "mallory")
        self.wants("number > 0", 100, "alice")
        self.slow = 0.006
        self.publish(1, 2)
        self.tell()
        self.assertEqual(self.heard(100), [1, 2])
        self.assertEqual(self.judged[1], ("number > 0", 1))
        self.assertEqual(self.judged[3], ("number > 0", 2))
        self.assertEqual(len(self.judged), 22)

    def test_shared(self) -> None:
        """Who asks for the same as one who asks for much does not wait for that one's other questions."""
        for number in range(10):
            self.wants(f"number > -{number}", number, "mallory")
        self.wants("number > -9", 100, "alice")
        self.slow = 0.006
        self.publish(1)
        self.tell()
        self.assertEqual(self.judged[1], ("number > -9", 1))
        self.assertEqual(self.heard(100), [1])

    def test_modify(self) -> None:
        """Another filter counts for what is not judged yet; nothing comes twice or out of order."""
        feed = self.wants("number > 100", 1)
        self.wants("number > 0", 2)
        self.slow = 0.006
        self.publish(1, 2, 3)
        feed.modify(comparison("number > 1"), None)
        self.publish(4)
        self.tell()
        self.assertEqual(self.heard(2), [1, 2, 3, 4])
        self.assertEqual(self.heard(1), [2, 3, 4])
        feed.modify(comparison("number > 1"), None)
        self.publish(5)
        self.tell()
        self.assertEqual(self.heard(1), [2, 3, 4, 5])

    def test_modifyAhead(self) -> None:
        """Who comes to a question that is judged already further than its own is told what it lacks."""
        feed = self.wants("number > 100", 1, "mallory")
        for number in range(5):
            self.wants(f"number > 10{number}", 10 + number, "mallory")
        self.wants("number > 0", 2, "alice")
        self.slow = 0.006
        self.publish(1, 2)
        while ("number > 0", 2) not in self.judged:
            self.step()
        self.assertNotIn(("number > 100", 2), self.judged)
        feed.modify(comparison("number > 0"), None)
        self.publish(3)
        self.tell()
        (sent,) = [one for one in self.plane.sent if one.callerId == 1]
        self.assertEqual(sent.told, ([3], 2, 1))

    def test_ended(self) -> None:
        """What nobody asks for any more is not judged."""
        feed = self.wants("number > 0", 1)
        self.slow = 0.006
        self.publish(1, 2, 3)
        feed.end()
        self.assertEqual(self.engine.counts()["unjudgedBytes"], 0)
        self.tell()
        self.assertEqual(len(self.judged), 1)

    def test_questionsTogether(self) -> None:
        """All that is looked for in the past at once takes one slice of a turn, not one each."""
        self.publish(*range(5))
        self.slow = 0.006
        for callerId in range(10):
            wanted = terms("load", 60.0, filter=comparison(f"number > -{callerId + 1}"))
            self.engine.subscribe(wanted, callerId, self.over.append).begin()
        self.assertEqual(len(self.judged), 1)
        self.tell()
        self.assertEqual(self.heard(9), [0, 1, 2, 3, 4])


class WaitingTests(JudgingStand, SynchronousTestCase):
    """More events than can be judged."""

    limits = EngineLimits(judgedBytes=3 * _SIZE)

    def test_bound(self) -> None:
        """Of more than may wait the oldest are left out, and that is told; who judges fast loses nothing."""
        self.wants("number > 0", 1, "alice")
        self.wants("number > -1", 2, "mallory")
        self.slow = 0.006
        self.publish(1, 2, 3, 4, 5, 6)
        self.assertLessEqual(self.engine.counts()["unjudgedBytes"], 3 * _SIZE)
        self.tell()
        for callerId in (1, 2):
            sent = [one for one in self.plane.sent if one.callerId == callerId]
            heard = self.heard(callerId)
            self.assertEqual(heard, sorted(heard, key=float))
            self.assertEqual(heard[-3:], [4, 5, 6])
            self.assertEqual(sum(one.missed for one in sent) + len(heard), 6)
        self.assertEqual(self.engine.counts()["unjudgedBytes"], 0)


class AskedTests(EngineStand, SynchronousTestCase):
    """How much may be asked for."""

    limits = EngineLimits(askedBytes=2000, ownerAskedBytes=3000)

    def asking(self, size: int) -> Terms:
        """Terms of about so many bytes."""
        template = Event("load")
        template.add(EventField("text", "x" * size))
        return Terms(template, URL)

    def test_one(self) -> None:
        """A template that is too large is refused before anything is made, and the bound is named."""
        error = self.assertRaises(TooLarge, self.engine.check, self.asking(2000), OURSELVES)
        self.assertIn("event_asked_size", str(error))
        self.result(self.engine.check(self.asking(1000), OURSELVES))

    def test_owner(self) -> None:
        """So is what is too much of one owner; another may ask, and so may it when others of its have ended."""
        subscribe = self.engine.subscribe
        feeds = [subscribe(self.asking(1000), 1, self.over.append, "mallory") for _ in range(2)]
        error = self.assertRaises(
            TooLarge, subscribe, self.asking(1000), 1, self.over.append, "mallory"
        )
        self.assertIn("event_owner_asked_size", str(error))
        subscribe(self.asking(1000), 1, self.over.append, "alice")
        feeds[0].end()
        feed = subscribe(self.asking(1000), 1, self.over.append, "mallory")
        long = " or ".join(["number > 1"] * 45)
        error = self.assertRaises(TooLarge, feed.modify, comparison(long), None)
        self.assertIn("event_owner_asked_size", str(error))


class SlicesTests(ClockStand, SynchronousTestCase):
    """Slices."""

    def test_stop(self) -> None:
        """At the end what waits goes on, and no timer is left."""
        slices = Slices(self.clock)
        done: list[int] = []
        slices.add(lambda: done.append(1))
        self.time.rightNow += 1.0
        slices.add(lambda: done.append(2))
        self.assertEqual(done, [1])
        slices.stop()
        self.assertEqual(done, [1, 2])
        self.assertEqual(self.time.getDelayedCalls(), [])
