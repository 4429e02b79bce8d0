"""EventEngine: what subscribers are sent, in which order, and what is left out."""

import math

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    NotRepresentable,
    ParameterError,
    PeerBusy,
    PeerFault,
    PeerUnreachable,
    ServiceHasTerminated,
    TooLarge,
)
from gma_twisted.events import EngineLimits
from gma_twisted.interfaces.events import IEventEngine, IEventFeed
from gma_twisted.model import OURSELVES
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import Terms
from gma_twisted.timing import Ready
from tests.events.stand import EngineStand, Sent, comparison, made, numbersOf, terms


class SendingTests(EngineStand, SynchronousTestCase):
    """Live events."""

    def test_interfaces(self) -> None:
        """Engine and feeds have what their interfaces promise."""
        verifyObject(IEventEngine, self.engine)
        verifyObject(IEventFeed, self.subscribe())

    def test_matching(self) -> None:
        """Who subscribed is sent the events of the name, numbered from one on."""
        feed = self.subscribe(terms("load"))
        self.publish(1)
        self.publish(2, name="disk")
        self.publish(3)
        self.assertEqual(feed.first, 1)
        self.assertEqual(self.plane.told, [([1], 1, 0), ([3], 2, 0)])

    def test_globs(self) -> None:
        """A name may be a glob."""
        self.subscribe(terms("lo*"))
        self.publish(1)
        self.publish(2, name="disk")
        self.assertEqual(self.plane.told, [([1], 1, 0)])

    def test_filter(self) -> None:
        """A filter is asked beside the template; what does not pass has no number."""
        self.subscribe(terms("load", filter=comparison("number > 1")))
        self.publish(1, 2, 3)
        self.assertEqual(self.plane.told, [([2], 1, 0), ([3], 2, 0)])

    def test_units(self) -> None:
        """Events come in the units of the template, and the filter judges them in those."""
        template = Event("net")
        template.add(EventField("rate", None, "kb/s"))
        wanted = Terms(template, terms().dataUrl, comparison("rate >= 2000"))
        self.subscribe(wanted)
        for rate in (1.0, 2.0):
            event = Event("net")
            event.add(EventField("rate", rate, "Mb/s"))
            self.engine.publish(event)
        (sent,) = self.plane.sent
        self.assertEqual(sent.events[0].fields, [EventField("rate", 2000.0, "kb/s")])

    def test_copied(self) -> None:
        """Whoever publishes may change the event afterwards: what is kept and what waits stays as it was."""
        feed = self.subscribe()
        feed.pause()
        event = made("load", 1)
        self.engine.publish(event)
        event.items[0].value = 2  # type: ignore[union-attr]
        event.name = "other"
        feed.resume()
        self.assertEqual(self.plane.told, [([1], 1, 0)])
        self.assertEqual(numbersOf(self.ask("load").events), [1])

    def test_unusableValue(self) -> None:
        """A field that was given what no event can have is refused when it is published, and nothing is kept."""
        event = made("load", 1)
        event.items[0].value = object()  # type: ignore[union-attr]
        self.assertRaises(ParameterError, self.engine.publish, event)
        self.assertEqual(self.engine.counts()["history"], 0)

    def test_notBegun(self) -> None:
        """Nothing is sent before the feed begins; what came meanwhile is."""
        feed = self.engine.subscribe(terms(), 7, self.over.append)
        self.publish(1, 2)
        self.assertEqual(self.plane.attempts, [])
        feed.begin()
        self.assertEqual(self.plane.told, [([1, 2], 1, 0)])

    def test_manyInTurns(self) -> None:
        """When very many are to be told, each turn of the reactor has a slice of them, in the order they subscribed."""
        for number in range(5):
            self.subscribe(callerId=number)
        ticks = iter(range(1000))
        # Every look at the clock takes long: a turn has one or two.
        self.time.seconds = lambda: next(ticks) * 0.004  # type: ignore[method-assign]
        self.publish(1, at=0)
        self.assertLess(len(self.plane.attempts), 3)
        del self.time.seconds
        for _ in range(10):
            self.time.advance(0.1)
        self.assertEqual([one.callerId for one in self.plane.attempts], [0, 1, 2, 3, 4])

    def test_oneUnderWay(self) -> None:
        """While a notification is under way the next events wait, and then go together."""
        waiting = self.plane.hold()
        self.subscribe()
        self.publish(1, 2, 3)
        self.assertEqual(len(self.plane.attempts), 1)
        waiting[0].callback(None)
        self.assertEqual([one.told for one in self.plane.attempts], [([1], 1, 0), ([2, 3], 2, 0)])

    def test_pause(self) -> None:
        """Paused, nothing is sent, not even again; resumed, everything is."""
        self.plane.fail(PeerUnreachable("away"))
        feed = self.subscribe()
        self.publish(1)
        feed.pause()
        self.time.advance(10.0)
        self.publish(2)
        self.assertEqual(len(self.plane.attempts), 1)
        feed.resume()
        self.assertEqual(self.plane.told, [([1], 1, 0), ([2], 2, 0)])

    def test_modify(self) -> None:
        """Another filter counts for what comes from now on; one that cannot be used changes nothing."""
        feed = self.subscribe(terms(filter=comparison("number < 10")))
        self.publish(1, 20)
        self.assertRaises(ParameterError, feed.modify, comparison("number <"), None)
        self.assertRaises(ParameterError, feed.modify, comparison("number > 10"), 0.0)
        self.publish(2)
        feed.modify(comparison("number > 10"), None)
        self.publish(3, 30)
        self.assertEqual([one.told[0] for one in self.plane.sent], [[1], [2], [30]])
        self.assertEqual(self.engine.counts()["topics"], 1)

    def test_publishedWhileTold(self) -> None:
        """What is published by who is just being told comes after that, for everybody."""

        async def answer(sent: Sent) -> None:
            if sent.callerId == 1 and sent.told[0] == [1]:
                self.publish(2)

        self.plane.answer = answer
        self.subscribe(terms("load"), 1)
        self.subscribe(terms("*"), 2)
        self.publish(1)
        self.assertEqual(
            [one.told for one in self.plane.sent if one.callerId == 2], [([1], 1, 0), ([2], 2, 0)]
        )

    def test_subscribedWhileTold(self) -> None:
        """Who subscribes while an event is told has it by the look-back, and not once more."""

        async def answer(sent: Sent) -> None:
            if sent.callerId == 1 and sent.told[0] == [1]:
                self.publish(2)
                self.subscribe(terms("lo*", lookBack=60.0), 2)

        self.plane.answer = answer
        self.subscribe(terms("load"), 1)
        self.publish(1)
        later = [one for one in self.plane.sent if one.callerId == 2]
        self.assertEqual([one.told for one in later], [([1, 2], 1, 0)])

    def test_end(self) -> None:
        """After the end nothing is sent and nothing is kept for it; the way is closed."""
        feed = self.subscribe()
        feed.end()
        feed.end()
        self.publish(1)
        self.assertEqual(self.plane.attempts, [])
        self.assertTrue(self.plane.channels[0].isClosed)
        self.assertEqual((self.engine.counts()["feeds"], self.engine.counts()["topics"]), (0, 0))

    def test_endUnderWay(self) -> None:
        """What is on its way at the end is given up."""
        waiting = self.plane.hold()
        feed = self.subscribe()
        self.publish(1)
        _ = waiting[0].addErrback(lambda failure: None)
        feed.end()
        self.assertTrue(waiting[0].called)
        self.assertEqual(self.over, [])

    def test_endWhileTold(self) -> None:
        """A consumer may end the subscription while it takes an event."""

        async def answer(sent: Sent) -> None:
            feed.end()

        self.plane.answer = answer
        feed = self.subscribe()
        self.publish(1, 2)
        self.assertEqual(len(self.plane.attempts), 1)


class LookBackTests(EngineStand, SynchronousTestCase):
    """What there was before a subscription."""

    def test_past(self) -> None:
        """The events of the last seconds come first, then what is new: none twice, none left out."""
        self.publish(1)
        self.time.advance(100.0)
        self.publish(2, 3)
        self.time.advance(10.0)
        self.subscribe(terms("load", lookBack=10.0))
        self.publish(4)
        self.assertEqual(self.plane.told, [([2, 3], 1, 0), ([4], 3, 0)])

    def test_notRateLimited(self) -> None:
        """A rate limit leaves nothing out of the past."""
        self.publish(1, 2, 3)
        self.subscribe(terms(lookBack=math.inf, rateLimit=1.0))
        self.assertEqual(self.plane.told, [([1, 2, 3], 1, 0)])

    def test_inTurns(self) -> None:
        """A long past is looked through in turns; what is published meanwhile comes behind it."""
        self.publish(*range(15))
        ticks = iter(range(1000))
        # Every look at the clock takes long: a turn has one event.
        self.time.seconds = lambda: next(ticks) * 0.01  # type: ignore[method-assign]
        self.subscribe(terms(lookBack=math.inf))
        self.publish(15)
        self.assertEqual(self.plane.attempts, [])
        del self.time.seconds
        for _ in range(200):
            self.time.advance(0.01)
        told = [(list(range(10)), 1, 0), (list(range(10, 16)), 11, 0)]
        self.assertEqual(self.plane.told, told)

    def test_bound(self) -> None:
        """Of a past that is longer than the line the oldest are left out, and that is told."""
        self.publish(*range(30))
        self.subscribe(terms(lookBack=math.inf))
        self.assertEqual(
            self.plane.told, [(list(range(10, 20)), 11, 10), (list(range(20, 30)), 21, 0)]
        )

    limits = EngineLimits(queued=20, batchEvents=10)


class FailingTests(EngineStand, SynchronousTestCase):
    """Consumers that are away, refuse, or are gone."""

    limits = EngineLimits(queued=5, attempts=3)

    def test_again(self) -> None:
        """What could not be brought is sent again, the same, after growing pauses."""
        self.plane.fail(PeerUnreachable("a"), PeerUnreachable("b"))
        self.subscribe()
        self.publish(1)
        self.publish(2)
        self.time.advance(0.5)
        self.assertEqual(len(self.plane.attempts), 2)
        self.time.advance(0.9)
        self.assertEqual(len(self.plane.attempts), 2)
        self.time.advance(0.1)
        told = [one.told for one in self.plane.attempts]
        self.assertEqual(told, [([1], 1, 0)] * 3 + [([2], 2, 0)])

    def test_told(self) -> None:
        """Who says when to come again is left alone until then."""
        self.plane.fail(PeerBusy("busy", 20.0))
        self.subscribe()
        self.publish(1)
        self.time.advance(19.0)
        self.assertEqual(len(self.plane.attempts), 1)
        self.time.advance(10.0)
        self.assertEqual(self.plane.told, [([1], 1, 0)])

    def test_overflow(self) -> None:
        """When too much waits the oldest are left out, and the next notification tells how many."""
        self.plane.fail(PeerUnreachable("away"))
        self.subscribe()
        self.publish(1)
        self.publish(*range(2, 10))
        self.time.advance(1.0)
        self.assertEqual(self.plane.told, [([1], 1, 0), ([5, 6, 7, 8, 9], 5, 3)])
        self.assertEqual(self.engine.counts()["missed"], 3)

    def test_gone(self) -> None:
        """A consumer that wants no more ends the subscription at once, and that is told once."""
        self.plane.fail(ServiceHasTerminated("Bad id 7"))
        self.subscribe()
        self.publish(1, 2)
        self.assertEqual(self.over, ["Bad id 7"])
        self.assertEqual(len(self.plane.attempts), 1)
        self.assertEqual(self.engine.counts()["feeds"], 0)

    def test_refused(self) -> None:
        """Of events that will never be taken the bad one is found; it is left out, and that is told."""

        async def answer(sent: Sent) -> None:
            if 3 in sent.told[0]:
                raise NotRepresentable("3 cannot be written")

        self.plane.answer = answer
        feed = self.subscribe()
        feed.pause()
        self.publish(1, 2, 3, 4, 5)
        feed.resume()
        for _ in range(20):
            self.time.advance(1.0)
        taken = [
            (number, one.sequence + at)
            for one in self.plane.sent
            for at, number in enumerate(one.told[0])
        ]
        self.assertEqual(taken, [(1, 1), (2, 2), (4, 4), (5, 5)])
        self.assertEqual(sum(one.missed for one in self.plane.sent), 1)

    def test_refusedAfterOthers(self) -> None:
        """What was left out before events that are refused is told with them."""

        async def answer(sent: Sent) -> None:
            if len(sent.events) > 1 or 7 in sent.told[0]:
                raise NotRepresentable("not so many")

        feed = self.subscribe()
        feed.pause()
        self.publish(*range(8))
        self.plane.answer = answer
        feed.resume()
        for _ in range(60):
            self.time.advance(1.0)
        self.publish(8)
        self.assertEqual(
            self.plane.told, [([3], 4, 3), ([4], 5, 0), ([5], 6, 0), ([6], 7, 0), ([8], 9, 1)]
        )

    def test_faults(self) -> None:
        """What a consumer fails to take again and again is left out; one that is away is waited for."""
        away = [PeerUnreachable("away")] * 5
        self.plane.fail(*away, *[PeerFault("failed", "Failed")] * 3)
        self.subscribe()
        self.publish(1, 2)
        for _ in range(400):
            self.time.advance(1.0)
        self.assertEqual(self.plane.told, [([2], 2, 1)])

    def test_slowOnesAlone(self) -> None:
        """A consumer that does not answer delays nobody else."""
        waiting = self.plane.hold()
        self.subscribe(callerId=1)
        self.publish(1)
        self.plane.answer = _taken
        self.subscribe(callerId=2)
        self.publish(2)
        self.assertEqual([one.callerId for one in self.plane.sent], [2])
        waiting[0].callback(None)


async def _taken(_: Sent) -> None:
    """Taken."""


class BoundsTests(EngineStand, SynchronousTestCase):
    """Rates, sizes and numbers."""

    limits = EngineLimits(feeds=20, eventBytes=1000, batchEvents=3, allBytes=2000)

    def test_rate(self) -> None:
        """More events a second than agreed are left out; how many, the next notification tells."""
        self.subscribe(terms(rateLimit=2.0))
        self.publish(*range(5))
        self.time.advance(1.0)
        self.publish(5, 6)
        self.assertEqual(self.plane.told, [([0], 1, 0), ([1], 2, 0), ([5], 6, 3), ([6], 7, 0)])

    def test_rateAfterSilence(self) -> None:
        """Silence saves nothing up: after it there pass as many as in any second."""
        self.subscribe(terms(rateLimit=2.0))
        self.time.advance(100.0)
        self.publish(*range(5))
        self.assertEqual([one[0] for one in self.plane.told], [[0], [1]])

    def test_rateChecked(self) -> None:
        """A rate limit that admits nothing, and a look-back into the future, are refused."""
        for bad in (terms(rateLimit=0.0), terms(rateLimit=math.nan), terms(lookBack=-1.0)):
            self.assertRaises(ParameterError, self.engine.check, bad, OURSELVES)

    def test_batches(self) -> None:
        """A notification has so many events at most."""
        feed = self.subscribe()
        feed.pause()
        self.publish(1, 2, 3, 4)
        feed.resume()
        self.assertEqual(self.plane.told, [([1, 2, 3], 1, 0), ([4], 4, 0)])

    def test_eventSize(self) -> None:
        """An event that is too large is refused, and named."""
        event = Event("big")
        event.add(EventField("text", "x" * 1000))
        error = self.assertRaises(TooLarge, self.engine.publish, event)
        self.assertIn('event "big"', str(error))

    def test_feeds(self) -> None:
        """Of too many subscriptions the last is refused."""
        for _ in range(20):
            self.subscribe()
        self.assertRaises(TooLarge, self.subscribe)

    def test_stalled(self) -> None:
        """However many take nothing, who takes what comes gets all of it, and nobody else's bound is its bound."""
        waiting = self.plane.hold()
        self.subscribe(callerId=1)
        self.publish(*range(30))
        self.assertEqual(len(waiting), 1)
        self.plane.answer = lambda sent: Ready(None)
        self.subscribe(terms("disk"), callerId=2)
        for number in range(30):
            self.publish(number, name="disk")
            self.assertLessEqual(self.engine.counts()["waiting"], 2000)
        told = [one for sent in self.plane.sent for one in numbersOf(sent.events)]
        self.assertEqual(told, [*range(30)])
        waiting[0].callback(None)
        stalled = [one for one in self.plane.sent if one.callerId == 1]
        self.assertEqual(sum(len(one.events) + one.missed for one in stalled), 60)

    def test_allBytes(self) -> None:
        """When too much waits for all together, who has most waiting loses the oldest, and nobody else does."""
        first, second = self.subscribe(callerId=1), self.subscribe(terms("disk"), callerId=2)
        first.pause()
        second.pause()
        self.publish(1, name="disk")
        self.publish(*range(20))
        self.assertLessEqual(self.engine.counts()["waiting"], 2000)
        second.resume()
        self.assertEqual(self.plane.told, [([1], 1, 0)])

    def test_ofOneOwner(self) -> None:
        """Many subscriptions of one owner that hold little each lose before one of another that holds more."""
        ours = self.engine.subscribe(terms("disk"), 1, lambda why: None, "we")
        theirs = [
            self.engine.subscribe(terms("load"), number, lambda why: None, "stranger")
            for number in range(2, 12)
        ]
        for one in (ours, *theirs):
            one.begin()
            one.pause()
        self.publish(0, 1, name="disk")
        self.publish(*range(20))
        self.assertLessEqual(self.engine.counts()["waiting"], 2000)
        ours.resume()
        self.assertEqual([one for sent in self.plane.told for one in sent[0]], [0, 1])

    def test_underWay(self) -> None:
        """What is being sent waits until it was taken, and counts until then."""
        waiting = self.plane.hold()
        feed = self.subscribe()
        self.publish(1)
        one = self.engine.counts()["waiting"]
        self.assertGreater(one, 0)
        self.publish(*range(20))
        self.assertLessEqual(self.engine.counts()["waiting"], 2000)
        while waiting:
            waiting.pop(0).callback(None)
        self.assertEqual(self.engine.counts()["waiting"], 0)
        self.plane.fail(*[NotRepresentable("not so many")] * 3)
        self.publish(1, 2)
        for _ in range(100):
            self.time.advance(1.0)
        self.assertEqual(self.engine.counts()["waiting"], 0)
        gone = self.plane.hold()
        self.publish(1, 2)
        _ = gone[0].addErrback(lambda failure: None)
        feed.end()
        self.assertEqual(self.engine.counts()["waiting"], 0)

    def test_plane(self) -> None:
        """A URL that nobody sends to is refused, and what can be is named; so is what the plane refuses."""
        error = self.assertRaises(
            ParameterError, self.engine.check, terms(url="x-netlog://foo"), OURSELVES
        )
        self.assertIn("http:", str(error))
        self.assertRaises(
            ParameterError, self.engine.check, terms(url="http://forbidden/"), OURSELVES
        )

    def test_badTemplate(self) -> None:
        """Units that are probably meant otherwise are refused before a subscription is made."""
        template = Event("load")
        template.add(EventField("rate", 1.0, "KB/s"))
        self.assertRaises(
            ParameterError, self.engine.check, Terms(template, terms().dataUrl), OURSELVES
        )
