"""Notifications that are not answered: whose bytes they are, and who loses them."""

from collections.abc import Awaitable

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import PeerError
from gma_twisted.events import EngineLimits
from gma_twisted.events.feed import Feed
from gma_twisted.model.event import EventField
from gma_twisted.timing import Ready
from tests.events.stand import EngineStand, Sent, made, numbersOf, terms


class UnderWayTests(EngineStand, SynchronousTestCase):
    """Many who take what is sent to them and never answer."""

    limits = EngineLimits(allBytes=40_000, batchBytes=2_000)

    def large(self, name: str, *numbers: int) -> None:
        """Publish events of a few hundred bytes."""
        for number in numbers:
            event = made(name, number)
            event.add(EventField("text", "x" * 300))
            self.engine.publish(event)

    def stalled(self, subscriptions: int, owners: int) -> list[Deferred[None]]:
        """Fill all there is with what is under way. @return: what is waited for"""
        self.large("load", *range(10))
        waiting = self.plane.hold()
        for number in range(subscriptions):
            wanted = terms("load", lookBack=600.0)
            owner = f"stranger{number % owners}"
            self.engine.subscribe(wanted, number + 10, lambda why: None, owner).begin()
        self.time.pump([0.05] * 20)
        self.plane.answer = lambda sent: Ready(None)
        return waiting

    def check(self, subscriptions: int, owners: int) -> None:
        """Who reads gets everything, while others keep all they may."""
        waiting = self.stalled(subscriptions, owners)
        self.engine.subscribe(terms("disk"), 1, lambda why: None, "we").begin()
        for number in range(50):
            self.large("disk", number)
            self.assertLessEqual(self.engine.counts()["waiting"], self.limits.allBytes)
            self.time.advance(0.05)
        got = [one for sent in self.plane.sent if sent.callerId == 1 for one in sent.events]
        self.assertEqual(numbersOf(got), [*range(50)])
        self.assertGreater(self.engine.counts()["waiting"], self.limits.allBytes - 2_000)
        # Their calls ended too: they hold no memory that nobody counts.
        self.assertGreater(sum(one.called for one in waiting), 0)

    def test_oneOwner(self) -> None:
        """All that one owner does not answer comes to no more than its share."""
        self.check(100, 1)

    def test_twoOwners(self) -> None:
        """Nor do two leave everybody else nothing."""
        self.check(100, 2)

    def alone(self) -> list[Deferred[None]]:
        """One who holds all there is under way and in its line."""
        waiting = self.plane.hold()
        feed = self.engine.subscribe(terms("load"), 1, lambda why: None, "stranger")
        feed.begin()
        # The first goes alone.
        self.large("load", 0)
        return waiting

    def test_told(self) -> None:
        """What was given up is told as missed, and what comes then goes at once, once."""
        waiting = self.alone()
        self.large("load", *range(1, 100))
        self.assertEqual(len(waiting), 1)
        for number in range(200):
            self.engine.subscribe(terms(), 50 + number, lambda why: None, "stranger").begin()
        self.large("load", *range(100, 110))
        isGivenUp = waiting[0].called
        self.assertTrue(isGivenUp)
        self.plane.answer = lambda sent: Ready(None)
        for one in waiting:
            if not one.called:
                one.callback(None)
        self.large("load", 110)
        mine = [one for one in self.plane.sent if one.callerId == 1]
        numbers = numbersOf([event for one in mine for event in one.events])
        self.assertEqual(len(set(numbers)), len(numbers))
        self.assertEqual(sum(len(one.events) + one.missed for one in mine), 111)
        self.assertEqual((numbers[-1], mine[-1].sequence), (110, 111))

    def test_deaf(self) -> None:
        """A way that goes on although it was cancelled, and gets through, is not counted twice."""
        going: list[Deferred[None]] = []

        async def answer(sent: Sent) -> None:
            if sent.callerId != 1:
                return
            own: Deferred[None] = Deferred()
            going.append(own)
            try:
                await Deferred()
            except CancelledError:
                await own

        self.plane.answer = answer
        feed = self.engine.subscribe(terms("load"), 1, lambda why: None, "stranger")
        assert isinstance(feed, Feed)
        feed.begin()
        self.large("load", 0)
        feed._giveUp()
        self.assertEqual(self.engine.counts()["waiting"], 0)
        self.large("load", 1)
        # One at a time, as ever.
        self.assertEqual(len(going), 1)
        before = self.engine.counts()["delivered"]
        going[0].callback(None)
        self.assertEqual(self.engine.counts()["delivered"], before)
        self.assertEqual(self.plane.attempts[-1].told, ([1], 2, 1))
        feed.end()
        for one in going[1:]:
            one.callback(None)

    def test_pause(self) -> None:
        """Who failed is not asked sooner because what it did not take was given up."""

        def failing(sent: Sent) -> Awaitable[None]:
            raise PeerError("no")

        self.plane.answer = failing
        feed = self.engine.subscribe(terms("load"), 1, lambda why: None, "stranger")
        assert isinstance(feed, Feed)
        feed.begin()
        self.large("load", 0)
        self.plane.answer = lambda sent: Ready(None)
        feed._giveUp()
        self.large("load", 1)
        self.assertEqual(self.plane.sent, [])
        self.time.pump([0.5] * 20)
        self.assertEqual(self.plane.told, [([1], 2, 1)])
