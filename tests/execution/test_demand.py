"""Providers that run on demand: who rests, who wakes them, and who waits."""

import contextlib
from collections.abc import Iterable
from itertools import count

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.execution import Demand
from gma_twisted.interfaces import IDemand
from gma_twisted.model import (
    ExecutionRequest,
    Handle,
    Language,
    NameQuery,
    NameSelector,
    QName,
    Question,
    Subscription,
    SubscriptionChanges,
    Topic,
)
from gma_twisted.timing.bridge import toDeferred
from tests.execution.stand import LOAD, Scripted, Stand

OTHER = QName("urn:t", "Other")
IDS = count()


def subscription(*names: QName, question: Question | None = None) -> Subscription:
    """To some names, or to a question."""
    topic = Topic.asking(question) if question else Topic(tuple(map(NameSelector, names)))
    id = f"s{next(IDS)}"
    return Subscription(id, topic, Handle.parse("http://127.0.0.1:1/sink"), "me", 0.0, 1e9)


class DemandTests(SynchronousTestCase):
    """One provider on demand every ten seconds, and one that runs always."""

    def setUp(self) -> None:
        """Both have run once, and more than a minute has passed."""
        self.stand = Stand()
        self.demand = self.stand.manager.demand = Demand(self.stand.node)
        self.provider = Scripted()
        self.always = Scripted(b'<Other xmlns="urn:t"/>')
        self.stand.install(self.provider, isOnDemand=True)
        self.stand.install(self.always, "always")
        self.stand.start()
        self.stand.wait(10.5)

    def begin(self, *begun: Subscription) -> None:
        """Somebody subscribes."""
        self.demand.changed(SubscriptionChanges(begun=begun))

    def end(self, *ended: Subscription) -> None:
        """Somebody has enough."""
        self.demand.changed(SubscriptionChanges(ended=ended))

    def ask(self, *names: QName) -> Deferred[object] | None:
        """Somebody asks. @return: what the answer waits for"""
        waited = self.demand.asked(tuple(map(NameSelector, names)))
        return None if waited is None else toDeferred(waited)

    def runs(self, seconds: float) -> int:
        """How often the provider on demand is asked meanwhile."""
        before = self.provider.asked
        self.stand.wait(seconds)
        return self.provider.asked - before

    def test_interface(self) -> None:
        """It is what the role asks."""
        verifyObject(IDemand, self.demand)

    def test_rests(self) -> None:
        """It runs once at start and then rests, and says so; others go on."""
        self.assertEqual(self.provider.asked, 1)
        self.assertEqual(self.stand.told()["state"], "resting")
        self.assertNotIn("nextRun", self.stand.told())
        self.assertEqual(self.runs(100.0), 0)
        self.assertEqual(self.always.asked, 12)

    def test_subscribed(self) -> None:
        """A subscription wakes it at once and keeps it awake; with the end of the last one it rests."""
        one, two = subscription(LOAD), subscription(OTHER, LOAD)
        self.begin(one)
        self.assertEqual(self.provider.asked, 2)
        self.begin(two)
        self.assertEqual(self.runs(100.0), 10)
        self.end(one)
        self.assertEqual(self.runs(100.0), 10)
        self.end(two)
        self.assertEqual(self.runs(100.0), 0)
        self.assertEqual(self.stand.told()["state"], "resting")

    def test_whatSubscriptionsCover(self) -> None:
        """Wildcards and questions count for what they cover, one about everything for all."""
        everything = Question(Language.XPATH, "/", ())
        cases: Iterable[tuple[Subscription, int]] = (
            (subscription(QName("urn:t", "*")), 3),
            (subscription(QName("urn:u", "*")), 0),
            (subscription(OTHER), 0),
            (subscription(question=everything), 3),
            (subscription(question=Question(Language.XPATH, "/", (NameSelector(LOAD),))), 3),
        )
        for one, expected in cases:
            before = self.provider.asked
            self.begin(one)
            self.stand.wait(20.0)
            self.end(one)
            self.stand.wait(20.0)
            self.assertEqual(self.provider.asked - before, expected, one.topic)

    def test_kept(self) -> None:
        """Subscriptions that were kept over a restart count."""
        self.demand.hold([subscription(LOAD)])
        self.assertEqual(self.runs(50.0), 5)

    def test_asked(self) -> None:
        """A question wakes it, waits for its run, and keeps it awake for a minute from the last one."""
        self.provider.next = Deferred()
        asked = self.ask(LOAD)
        assert asked is not None
        self.stand.wait(1.0)
        self.assertNoResult(asked)
        self.provider.next.callback(b'<Load xmlns="urn:t">2</Load>')
        self.successResultOf(asked)
        self.assertIn(b">2<", getattr(self.stand.value(), "content", b""))
        self.provider.next = b'<Load xmlns="urn:t">3</Load>'
        self.assertIsNone(self.ask(LOAD))
        self.assertEqual(self.runs(40.0), 4)
        self.assertIsNone(self.ask(LOAD))
        self.assertEqual(self.runs(120.0), 6)

    def test_askedTogether(self) -> None:
        """Who asks while it runs waits for the same run."""
        self.provider.next = Deferred()
        both = [self.ask(LOAD), self.ask()]
        self.assertEqual(self.provider.asked, 2)
        self.provider.next.callback(b'<Load xmlns="urn:t">2</Load>')
        for one in both:
            assert one is not None
            self.successResultOf(one)

    def test_askedForOthers(self) -> None:
        """A question about other names wakes nobody and waits for nothing."""
        self.assertIsNone(self.ask(OTHER))
        self.assertIsNone(self.ask(QName("urn:u", "*")))
        self.assertEqual(self.runs(30.0), 0)

    def test_failure(self) -> None:
        """A question does not wait longer than for a run that fails; what it gave before is still what it gives."""
        self.provider.next = RuntimeError("no")
        asked = self.ask(LOAD)
        assert asked is not None
        self.successResultOf(asked)
        self.stand.wait(400.0)
        self.assertEqual(self.stand.told()["state"], "resting")
        self.provider.next = b'<Load xmlns="urn:t">2</Load>'
        again = self.ask(LOAD)
        assert again is not None
        self.successResultOf(again)
        self.assertIn(b">2<", getattr(self.stand.value(), "content", b""))

    def test_hangs(self) -> None:
        """Nor longer than a run may take."""
        self.provider.next = Deferred()
        asked = self.ask(LOAD)
        assert asked is not None
        self.stand.wait(4.5)
        self.assertNoResult(asked)
        self.stand.wait(1.0)
        self.successResultOf(asked)

    def test_neverRan(self) -> None:
        """Before its first good run nobody knows what it gives: it is tried again until that is known."""
        failing = Scripted(RuntimeError("no"))
        stand = Stand(lambda: 0.0)
        stand.manager.demand = Demand(stand.node)
        stand.install(failing, isOnDemand=True)
        stand.start()
        stand.wait(30.0)
        self.assertGreater(failing.asked, 1)
        failing.next = b'<Load xmlns="urn:t">1</Load>'
        stand.wait(700.0)
        before = failing.asked
        stand.wait(100.0)
        self.assertEqual(failing.asked, before)

    def test_executed(self) -> None:
        """executeProvider runs it once, beside its schedule; it rests again, and can still be woken."""
        done = toDeferred(self.stand.manager.executeProvider(ExecutionRequest("load")))
        self.successResultOf(done)
        self.assertEqual(self.provider.asked, 2)
        self.assertEqual(self.stand.told()["state"], "resting")
        self.assertEqual(self.runs(30.0), 0)
        self.begin(subscription(LOAD))
        self.assertEqual(self.provider.asked, 3)

    def test_names(self) -> None:
        """What it gives may become something else, and what it was again: it is asked for both."""
        new = QName("urn:t", "New")
        one = subscription(LOAD)
        self.assertIsNone(self.ask(new))
        self.begin(one)
        self.provider.next = b'<New xmlns="urn:t"/>'
        self.stand.wait(10.0)
        self.end(one)
        for name in (LOAD, new):
            self.stand.wait(400.0)
            self.assertIsNotNone(self.ask(name), name)

    def test_known(self) -> None:
        """What it gave stays known when its values have gone: it can be subscribed to."""
        self.stand.wait(400.0)
        self.assertIsNone(self.stand.value())
        self.assertEqual(self.stand.store.find(NameQuery((NameSelector(LOAD),))).elements, [])

    def test_endsOfOthers(self) -> None:
        """The end of a subscription that never counted, since its lease was over at the start, counts for nothing."""
        self.end(subscription(LOAD))
        self.begin(subscription(LOAD))
        self.assertEqual(self.runs(50.0), 5)

    def test_patience(self) -> None:
        """A question waits for so long, and is answered then; who asks next does not wait for the same run."""
        slow = Scripted(b'<Slow xmlns="urn:t"/>')
        self.stand.install(slow, "slow", isOnDemand=True, timeout=100.0, interval=5.0)
        self.stand.start()
        self.stand.wait(70.0)
        slow.next = Deferred()
        name = QName("urn:t", "Slow")
        asked = self.ask(name)
        assert asked is not None
        self.stand.wait(9.5)
        self.assertNoResult(asked)
        self.stand.wait(1.0)
        self.successResultOf(asked)
        self.assertIsNone(self.ask(name))

    def test_goesOn(self) -> None:
        """Nobody waits for a run that is over its time and goes on all the same."""

        async def stubborn() -> bytes:
            with contextlib.suppress(CancelledError):
                await Deferred()
            return await Deferred()

        self.demand.patience = 1000.0
        self.provider.next = toDeferred(stubborn())
        asked = self.ask(LOAD)
        assert asked is not None
        self.stand.wait(12.0)
        self.successResultOf(asked)
        self.assertIsNone(self.ask(LOAD))

    def test_stop(self) -> None:
        """Who waits when the node ends waits no longer; a provider that was taken out is not woken."""
        self.provider.next = Deferred()
        asked = self.ask(LOAD)
        assert asked is not None
        self.successResultOf(toDeferred(self.stand.manager.remove("load")))
        self.successResultOf(asked)
        self.assertIsNone(self.ask(LOAD))
        self.begin(subscription(LOAD))
        self.assertEqual(self.runs(30.0), 0)
