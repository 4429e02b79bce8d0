"""What a producer begins: subscriptions it offers, answers to what consumers want, notifications."""

from collections.abc import Awaitable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    NotImplementedException,
    ParameterError,
    PeerUnreachable,
    Refused,
    ServiceError,
    ServiceHasTerminated,
    TooLarge,
)
from gma_twisted.events.limits import EngineLimits
from gma_twisted.interfaces.gma import IConsumer
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, Features
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.roles import PublishingProducer, RolePlace, producerRole
from gma_twisted.timing import Ready, toDeferred
from gma_twisted.timing.tasks import ENDING
from tests.events.stand import EngineStand, Sent
from tests.roles.gma import URL, GMAStand, event


@implementer(IConsumer)
class Consumer:
    """The other end. @ivar errors: raised one after the other. @ivar hanging: what the end of one waits for"""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.errors: list[Exception] = []
        self.dataUrl = URL
        self.wanted: Sequence[Event] = ()
        self.hanging: Deferred[None] | None = None

    def _called(self, *call: Any) -> None:
        self.calls.append(call)
        if self.errors:
            raise self.errors.pop(0)

    def getFeatures(self) -> Awaitable[Features]:
        """See L{IConsumer}."""
        raise NotImplementedException("no")

    def ping(self) -> Awaitable[Timestamp]:
        """See L{IConsumer}."""
        raise NotImplementedException("no")

    async def notify(
        self,
        callerId: int | None,
        sequence: int | None,
        missed: int | None,
        event: Sequence[Event],
        caller: Caller = OURSELVES,
    ) -> int:
        """See L{IConsumer}."""
        self._called("notify", callerId, sequence, missed, [one.name for one in event])
        return len(event)

    async def subscribe(
        self, template: Event, callerId: int, lease: float | None, caller: Caller = OURSELVES
    ) -> tuple[int, str, str, float]:
        """See L{IConsumer}."""
        self._called("subscribe", template.name, callerId, lease)
        return callerId + 10_000, self.dataUrl, "xml", 30.0

    async def query(
        self, template: Event, callerId: int, producer: str | None, caller: Caller = OURSELVES
    ) -> Sequence[Event]:
        """See L{IConsumer}."""
        self._called("query", template.name, callerId, producer)
        return self.wanted

    async def renew(
        self, consumerId: int, lease: float | None, caller: Caller = OURSELVES
    ) -> float:
        """See L{IConsumer}."""
        self._called("renew", consumerId, lease)
        return 30.0

    async def unsubscribe(self, consumerId: int, caller: Caller = OURSELVES) -> int:
        """See L{IConsumer}."""
        self._called("unsubscribe", consumerId)
        if self.hanging is not None:
            await self.hanging
        return consumerId


class OfferTests(GMAStand, SynchronousTestCase):
    """A producer that begins."""

    def setUp(self) -> None:
        """Serve it."""
        super().setUp()
        self.consumer = Consumer()
        self.connected: list[str] = []
        self.server = PublishingProducer()
        self.part = self.ended(producerRole(self.server, self.engine, self.place, self.connect))

    def connect(self, url: str) -> Awaitable[Consumer]:
        """The way to consumers."""
        self.connected.append(url)
        return Ready(self.consumer)

    def named(self, name: str) -> list[tuple[Any, ...]]:
        """Calls of an operation."""
        return [one[1:] for one in self.consumer.calls if one[0] == name]

    def test_offer(self) -> None:
        """A consumer that agrees is sent what is published, to the URL it says, until the end is told."""
        verifyObject(IConsumer, self.consumer)
        offer = self.result(self.server.offer("http://c/", event(), rateLimit=2.0, lease=60.0))
        self.assertEqual(self.connected, ["http://c/"])
        self.assertEqual(self.named("subscribe"), [("load", 1001, 60.0)])
        (feed,) = self.engine.feeds
        self.assertEqual((feed.callerId, feed.terms.dataUrl), (1001, URL))
        self.assertEqual((feed.terms.rateLimit, feed.calls), (2.0, ["begin"]))
        self.assertEqual((offer.isThere, self.part.counts()["offers"]), (True, 1))
        self.result(offer.end())
        self.result(offer.end())
        self.assertEqual(feed.calls, ["begin", "end"])
        self.assertEqual(self.named("unsubscribe"), [(11001,)])
        self.assertEqual(self.part.counts()["offers"], 0)

    def test_renewed(self) -> None:
        """The lease is renewed for as long as it is wanted."""
        self.result(self.server.offer("http://c/", event()))
        for _ in range(100):
            self.time.advance(1.0)
        self.assertGreaterEqual(len(self.named("renew")), 6)
        self.assertEqual(len(self.engine.feeds), 1)

    def test_forgotten(self) -> None:
        """A consumer that has forgotten it is asked again, and then sent to where it says."""
        self.result(self.server.offer("http://c/", event()))
        self.consumer.errors = [PeerUnreachable("away"), PeerUnreachable("away")]
        (feed,) = self.engine.feeds
        self.assertTrue(feed.over("Bad id 1001"))
        for _ in range(20):
            self.time.advance(1.0)
        self.assertEqual([one[1] for one in self.named("subscribe")], [1001, 1002, 1003, 1004])
        self.assertEqual(len(self.engine.feeds), 1)
        self.assertEqual(feed.callerId, 1004)
        self.assertEqual(feed.calls, ["begin", "pause", f"move {URL}", "begin", "resume"])

    def test_leaseLost(self) -> None:
        """So is one that does not renew."""
        self.result(self.server.offer("http://c/", event()))
        self.consumer.errors = [PeerUnreachable("away")] * 100
        for _ in range(40):
            self.time.advance(1.0)
        (feed,) = self.engine.feeds
        self.assertEqual(feed.calls, ["begin", "pause"])
        self.consumer.errors = []
        for _ in range(70):
            self.time.advance(1.0)
        self.assertEqual(feed.calls[2:], [f"move {URL}", "begin", "resume"])

    def test_unknown(self) -> None:
        """One that says at a renewal that it knows no such subscription is asked again at once."""
        self.result(self.server.offer("http://c/", event()))
        self.consumer.errors = [ParameterError("Bad id 11001")]
        for _ in range(16):
            self.time.advance(1.0)
        self.assertEqual(
            [one[:2] for one in self.consumer.calls],
            [("subscribe", "load"), ("renew", 11001), ("subscribe", "load")],
        )

    def test_stop(self) -> None:
        """When the producer stops, consumers hear that nothing comes any more; who hangs is not waited for long."""
        self.result(self.server.offer("http://c/", event()))
        self.result(self.server.offer("http://d/", event()))
        self.result(self.part.stop())
        self.assertEqual(sorted(self.named("unsubscribe")), [(11001,), (11002,)])
        self.assertEqual([one.calls for one in self.engine.feeds], [["begin", "end"]] * 2)

    def test_stopHangs(self) -> None:
        """A consumer that hangs is not waited for long when the producer stops."""
        self.result(self.server.offer("http://c/", event()))
        self.consumer.hanging = Deferred()
        stopping = toDeferred(self.part.stop())
        self.assertNoResult(stopping)
        self.time.advance(ENDING + 1.0)
        self.successResultOf(stopping)

    def test_refused(self) -> None:
        """A consumer that does not agree says so to who offered, and nothing is left."""
        self.consumer.errors = [Refused("no thanks")]
        self.failureResultOf(toDeferred(self.server.offer("http://c/", event())), Refused)
        self.assertEqual(self.part.counts()["offers"], 0)

    def test_forbidden(self) -> None:
        """A data URL that the node may not send to is refused, and the consumer told that nothing will come."""
        self.consumer.dataUrl = "http://forbidden/"
        self.failureResultOf(toDeferred(self.server.offer("http://c/", event())), ParameterError)
        self.assertEqual(self.named("unsubscribe"), [(11001,)])

    def test_answer(self) -> None:
        """A consumer that says what it wants gets it in one notification; one that wants nothing gets none."""
        self.assertEqual(self.result(self.server.answer("http://c/", event("lo*"))), 0)
        self.assertEqual(self.named("query"), [("lo*", 1001, self.place.url)])
        self.consumer.wanted = [event("load"), event("*")]
        self.engine.answer = EventAnswer([event("load")])
        self.assertEqual(self.result(self.server.answer("http://c/", event("lo*"))), 1)
        self.assertEqual(self.named("notify"), [(1002, 1, None, ["load"])])
        self.assertEqual(
            [one[:3] for one in self.engine.queries],
            [("load", None, "latest"), ("*", None, "latest")],
        )

    def test_answerOffered(self) -> None:
        """A consumer that wants more than it was offered does not get it."""
        self.consumer.wanted = [event("*")]
        self.engine.answer = EventAnswer([event("load"), event("secret")])
        self.assertEqual(self.result(self.server.answer("http://c/", event("lo*"))), 1)
        self.assertEqual(self.named("notify"), [(1001, 1, None, ["load"])])

    def test_answerTooMany(self) -> None:
        """A consumer that wants very many kinds of events gets none, and who asked hears of it."""
        self.consumer.wanted = [event()] * 65
        work = self.server.answer("http://c/", event())
        error = self.failureResultOf(toDeferred(work), TooLarge)
        self.assertIn("http://c/ wants 65 kinds of events", str(error.value))
        self.assertEqual(self.engine.queries, [])

    def test_answerTooLong(self) -> None:
        """What does not fit into one notification is left out, and told."""
        self.consumer.wanted = [event("load")]
        self.engine.answer = EventAnswer([event()] * 510)
        self.assertEqual(self.result(self.server.answer("http://c/", event())), 500)
        ((_, sequence, missed, _),) = self.named("notify")
        self.assertEqual((sequence, missed), (11, 10))

    def test_notify(self) -> None:
        """Events may be brought unasked, so many at once."""
        self.assertEqual(self.result(self.server.notify("http://c/", [event()] * 501)), 501)
        self.assertEqual(
            [(one[:3], len(one[3])) for one in self.named("notify")],
            [((None, None, None), 500), ((None, None, None), 1)],
        )

    def test_noWay(self) -> None:
        """Where there is no way to consumers, and where it is not served, that is said."""
        server = PublishingProducer()
        self.ended(producerRole(server, self.engine, self.place))
        for begun in (server.answer, server.notify):
            self.failureResultOf(toDeferred(begun("http://c/", event())), NotImplementedException)  # type: ignore[arg-type]
        self.assertRaises(NotImplementedException, server.offer, "http://c/", event())
        self.assertRaises(ServiceError, PublishingProducer().offer, "http://c/", event())


class LostTests(EngineStand, SynchronousTestCase):
    """What was published while an offer was lost."""

    limits = EngineLimits(queued=60)

    def setUp(self) -> None:
        """Offer something, by an engine."""
        super().setUp()
        self.consumer = Consumer()
        self.server = PublishingProducer()
        place = RolePlace("http://p/", "life-1", self.clock, iter(range(1001, 9999)).__next__)
        part = producerRole(self.server, self.engine, place, lambda _: Ready(self.consumer))
        self.result(part.start())
        self.addCleanup(lambda: self.result(part.stop()))
        self.result(self.server.offer("http://c/", event()))

    def elapse(self, seconds: int) -> None:
        """Let time pass."""
        for _ in range(2 * seconds):
            self.time.advance(0.5)

    def told(self) -> list[tuple[int, tuple[list[object], int, int]]]:
        """What was taken under which number."""
        return [(one.callerId, one.told) for one in self.plane.sent]

    def test_down(self) -> None:
        """What a consumer could not be brought, and what is published while it is asked again, comes once."""
        self.publish(0)

        def away(_: Sent) -> Awaitable[None]:
            raise PeerUnreachable("down")

        self.plane.answer = away
        self.consumer.errors = [PeerUnreachable("down")] * 40
        for number in range(1, 61):
            self.publish(number)
            self.elapse(2)
        self.consumer.errors = []
        self.plane.answer = lambda _: Ready(None)
        self.elapse(70)
        (first, told), (last, under), (_, waited) = self.told()
        self.assertEqual((first, told), (1001, ([0], 1, 0)))
        self.assertGreater(last, 1001)
        self.assertEqual((under, waited), (([1], 1, 0), (list(range(2, 61)), 2, 0)))
        self.publish(61)
        self.assertEqual(self.told()[-1], (last, ([61], 61, 0)))

    def test_refused(self) -> None:
        """What was under way when a consumer said that it knows no such subscription comes under the next number."""
        self.plane.fail(ServiceHasTerminated("Bad id 1001"))
        self.publish(1)
        self.publish(2)
        self.assertEqual(self.told(), [(1002, ([1], 1, 0)), (1002, ([2], 2, 0))])
        self.assertEqual([one.isClosed for one in self.plane.channels], [True, False])

    def test_missed(self) -> None:
        """What did not fit into the line meanwhile is told with the first."""
        self.plane.fail(ServiceHasTerminated("Bad id 1001"))
        self.consumer.errors = [PeerUnreachable("down")]
        self.publish(*range(1, 65))
        self.elapse(10)
        self.assertEqual(self.told(), [(1003, ([1], 1, 0)), (1003, (list(range(5, 65)), 5, 3))])
