"""The store of subscriptions: the contract at once and with a slow recorder, its bounds, and commits that wait."""

import math
from collections.abc import Awaitable
from random import Random
from typing import TypeVar

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ParameterError, ServiceError, TooLarge
from gma_twisted.interfaces import ISubscriptionStore
from gma_twisted.model import (
    MoveSubscription,
    Subscribe,
    SubscriptionChanges,
    SubscriptionCommand,
    Unsubscribe,
)
from gma_twisted.stores.recording import Record, RecordKind, Stored
from gma_twisted.stores.subscriptions import SubscriptionLimits, SubscriptionStore
from gma_twisted.stores.subscriptions.codec import putOf
from gma_twisted.stores.subscriptions.view import rowWeight, textOf, topicWeight
from gma_twisted.testing.subscriptions import (
    SubscriptionRestartContract,
    SubscriptionStoreContract,
)
from gma_twisted.testing.subscriptions.model import eventsOf, makeAsking, makeSubscription
from gma_twisted.testing.subscriptions.stand import SubscriptionStand
from gma_twisted.timing import NodeClock, Ready, toDeferred
from tests.stores.registry.recorders import Keeping, Scripted

T = TypeVar("T")


class MemoryContract(SubscriptionStoreContract, SynchronousTestCase):
    """The store without a recorder keeps the contract."""

    def makeStore(self, clock: NodeClock) -> ISubscriptionStore:
        """With the bounds it comes with."""
        return SubscriptionStore(clock)

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=False))
    def test_anyHistory(self, random: Random) -> None:
        """There is no history in which it differs from a plain dict."""
        self.compareWithModel(random, 25)


class Slow(SubscriptionStand):
    """A store whose recorder works only while somebody waits."""

    def setUp(self) -> None:
        """No rows yet."""
        self.rows: dict[bytes, Stored] = {}
        super().setUp()

    def makeStore(self, clock: NodeClock) -> ISubscriptionStore:
        """A store over the rows kept so far."""
        self.recorder = Keeping(self.rows)
        return SubscriptionStore(clock, recorder=self.recorder)

    def result(self, awaitable: Awaitable[T]) -> T:
        """Let the recorder work until the value is there."""
        deferred = toDeferred(awaitable)
        while self.recorder.work():
            pass
        value: T = self.successResultOf(deferred)
        return value


class SlowContract(Slow, SubscriptionStoreContract, SynchronousTestCase):
    """With a recorder that takes time it keeps the same contract, and every record is of the row as it is."""


class RestartContract(Slow, SubscriptionRestartContract, SynchronousTestCase):
    """What a recorder keeps is all there is after a restart."""


class StoreCase(SynchronousTestCase):
    """A clock and stores on it."""

    def setUp(self) -> None:
        """Begin at instant 0."""
        self.time = Clock()
        self.clock = NodeClock(self.time, self.time.seconds)

    def made(self, limits: SubscriptionLimits | None = None) -> SubscriptionStore:
        """A started store that records nothing."""
        store = SubscriptionStore(self.clock, limits or SubscriptionLimits())
        self.successResultOf(toDeferred(store.start()))
        return store

    def done(self, store: SubscriptionStore, *commands: SubscriptionCommand) -> SubscriptionChanges:
        """Commit what is ready at once."""
        answer = store.commit(commands)
        assert isinstance(answer, Ready)
        changes: SubscriptionChanges = answer.value
        return changes


def added(id: str, owner: str = "ann", **others: object) -> Subscribe:
    """Subscribe once more."""
    return Subscribe(makeSubscription(id, owner, **others))  # type: ignore[arg-type]


class BoundsTests(StoreCase):
    """Every bound has a named error, and a commit that would pass one changes nothing."""

    def refused(self, store: SubscriptionStore, name: str, *commands: SubscriptionCommand) -> None:
        """The commands pass the bound of that name."""
        before = (len(store), store.all())
        error = self.assertRaises(TooLarge, store.commit, commands)
        self.assertIn(name, error.message)
        self.assertEqual((len(store), store.all()), before)

    def test_subscriptions(self) -> None:
        """One more than the bound allows is refused with its whole commit; moves go on."""
        store = self.made(SubscriptionLimits(subscriptions=2))
        self.done(store, added("s1"))
        self.refused(store, "2 subscriptions", added("s2"), added("s3", "bob"))
        self.done(store, added("s2", "bob"))
        self.done(store, MoveSubscription("s1", 9.0))
        self.refused(store, "2 subscriptions", added("s3"))
        self.done(store, Unsubscribe("s1"), added("s3"))

    def test_perOwner(self) -> None:
        """An owner's quota counts its own subscriptions, exactly, after every end and expiry."""
        store = self.made(SubscriptionLimits(perOwner=2))
        self.done(store, added("s1", until=5.0), added("s2"), added("x1", "bob"))
        self.refused(store, "subscriptions_per_owner", added("s3"))
        self.done(store, added("x2", "bob"))
        self.done(store, Unsubscribe("s2"))
        self.done(store, added("s3"))
        self.refused(store, "subscriptions_per_owner", added("s4"))
        self.time.advance(5.0)
        self.time.advance(0.02)
        self.done(store, added("s4"))
        self.refused(store, "subscriptions_per_owner", added("s5"))
        self.refused(store, "subscriptions_per_owner", Unsubscribe("s4"), added("s5"), added("s6"))

    def test_ofOne(self) -> None:
        """Names and text of one subscription are bounded; what is at the bound is kept."""
        store = self.made(SubscriptionLimits(names=2, size=200))
        self.refused(store, "subscription_names", added("s1", names=("a", "b", "c")))
        self.done(store, added("s1", names=("a", "b")))
        self.refused(store, "subscription_size", added("s2", names=("x" * 150,)))
        self.refused(store, "subscription_size", added("s2" * 50))
        self.refused(store, "subscription_size", added("s2", "ann" * 50))
        # Beside the sink and the name: "s2", "ann", "urn:a", "http://origin/" and 16.
        self.done(store, added("s2", names=("x" * (200 - 14 - 2 - 3 - 5 - 14 - 16),)))
        self.refused(
            store, "subscription_size", added("s3", names=("x" * (201 - 14 - 2 - 3 - 5 - 14 - 16),))
        )

    def test_question(self) -> None:
        """The expression and its prefixes count for the size of a subscription, and for what all weigh together."""
        row = makeAsking("s1", "1" * 100)
        size = textOf(row)
        self.assertEqual(size - textOf(makeSubscription("s1")), 100 + 2 * 16 + 6 + 8)
        self.done(self.made(SubscriptionLimits(size=size)), Subscribe(row))
        self.refused(
            self.made(SubscriptionLimits(size=size - 1)), "subscription_size", Subscribe(row)
        )
        longer = makeAsking("s1", "1" * 1100)
        self.assertEqual(topicWeight(longer.topic) - topicWeight(row.topic), 1001)

    def test_bytes(self) -> None:
        """What all weigh together is bounded, a topic once for all who hear of it, as long as there is one."""
        row, other = makeSubscription(), makeSubscription("s2", names=("other",))
        one, topic = rowWeight(row), topicWeight(row.topic)
        bound = 2 * one + topic
        store = self.made(SubscriptionLimits(bytes=bound))
        self.done(store, Subscribe(row))
        self.refused(store, f"{bound} bytes", Subscribe(other))
        self.done(store, added("s2"))
        self.refused(store, f"{bound} bytes", added("s3"))
        self.done(store, Unsubscribe("s1"))
        self.done(store, added("s3"))
        self.done(store, Unsubscribe("s2"), Unsubscribe("s3"))
        self.done(store, added("s1", names=("more",)))
        self.refused(store, f"{bound} bytes", Subscribe(other))
        tight = self.made(SubscriptionLimits(bytes=one + topic))
        self.done(tight, added("s1"), Unsubscribe("s1"), added("s2"))

    def test_batch(self) -> None:
        """The commands of one commit are bounded."""
        self.refused(
            self.made(SubscriptionLimits(batch=2)), "subscriptions_batch", *[Unsubscribe("s")] * 3
        )

    def test_lowered(self) -> None:
        """A store above a bound that was lowered takes what does not grow it."""
        rows = [Stored(putOf(makeSubscription(f"s{number}")), 1) for number in range(4)]
        recorder = Scripted(rows)
        limits = SubscriptionLimits(subscriptions=2, perOwner=2, bytes=10)
        store = SubscriptionStore(self.clock, limits, recorder)
        self.successResultOf(toDeferred(store.start()))
        same = toDeferred(store.commit([Unsubscribe("s0"), added("s9")]))
        recorder.waiting[0].callback(2)
        self.assertEqual(len(self.successResultOf(same).begun), 1)
        self.refused(store, "2 subscriptions", added("s0"), Unsubscribe("unknown"))

    def test_bounds(self) -> None:
        """A bound below 1 is refused by name; a million subscriptions may be allowed."""
        error = self.assertRaises(ParameterError, SubscriptionLimits, perOwner=0)
        self.assertIn("perOwner", error.message)
        self.assertEqual(SubscriptionLimits(subscriptions=1_000_000).perOwner, 10_000)
        self.assertEqual(SubscriptionLimits().subscriptions, 100_000)


class RecordingTests(StoreCase):
    """Commit, then apply, then tell, when recording takes time (ARCHITECTURE rule 9)."""

    def setUp(self) -> None:
        """A store whose recorder waits to be told."""
        super().setUp()
        self.recorder = Scripted()
        self.store = SubscriptionStore(self.clock, SubscriptionLimits(queued=3), self.recorder)
        self.heard: list[SubscriptionChanges] = []
        self.store.observe(self.heard.append)
        self.successResultOf(toDeferred(self.store.start()))

    def begin(self, *commands: SubscriptionCommand) -> Deferred[SubscriptionChanges]:
        """Commit without waiting."""
        return toDeferred(self.store.commit(commands))

    def recorded(self, batch: int) -> None:
        """The batch is durable, at a place of its number."""
        self.recorder.waiting[batch].callback(batch + 1)

    def test_nothingUncommitted(self) -> None:
        """Until it is recorded a commit is neither read nor told nor answered; then all at once."""
        row = makeSubscription()
        answer = self.begin(Subscribe(row))
        self.assertNoResult(answer)
        self.assertEqual((self.store.get("s1"), self.store.all(), self.heard), (None, [], []))
        self.recorded(0)
        changes = self.successResultOf(answer)
        self.assertEqual(list(changes.begun), [row])
        self.assertEqual((self.heard, self.store.get("s1")), ([changes], row))

    def test_batch(self) -> None:
        """Commits that come while one is recorded make one record, each decided after the one before."""
        answers = [
            self.begin(added("s1", until=5.0)),
            self.begin(MoveSubscription("s1", 7.0)),
            self.begin(Unsubscribe("s1")),
            self.begin(added("s1", "bob")),
        ]
        self.recorded(0)
        kinds = [record.kind for record in self.recorder.batches[1]]
        self.assertEqual(kinds, [RecordKind.EXTEND, RecordKind.REMOVE, RecordKind.PUT])
        self.assertNoResult(answers[1])
        self.recorded(1)
        self.assertEqual([self.successResultOf(answer) for answer in answers], self.heard)
        moved, again = makeSubscription(until=7.0), makeSubscription(owner="bob")
        self.assertEqual(
            [event for changes in self.heard[1:] for event in eventsOf(changes)],
            [("moved", moved), ("ended", moved), ("begun", again)],
        )

    def test_withinABatch(self) -> None:
        """What a commit of the same batch began is known, and its owner's quota and the topic's bytes count."""
        row = makeSubscription()
        limits = SubscriptionLimits(perOwner=2, bytes=3 * rowWeight(row) + topicWeight(row.topic))
        self.store = SubscriptionStore(self.clock, limits, self.recorder)
        self.successResultOf(toDeferred(self.store.start()))
        _ = self.begin(added("s0"))
        second = self.begin(added("s1"))
        known = self.begin(added("s1"))
        more = self.begin(added("s2"))
        other = self.begin(added("x1", "bob", names=("other",)))
        same = self.begin(added("x1", "bob"))
        self.recorded(0)
        self.failureResultOf(known, ParameterError)
        self.assertIn("per_owner", self.failureResultOf(more, TooLarge).getErrorMessage())
        self.assertIn("bytes", self.failureResultOf(other, TooLarge).getErrorMessage())
        self.recorded(1)
        self.successResultOf(second)
        self.successResultOf(same)
        self.assertEqual([row.id for row in self.store.all()], ["s0", "s1", "x1"])

    def test_overInABatch(self) -> None:
        """What is over when a batch is decided is told as expired once, by the first commit that meets it."""
        _ = self.begin(added("s1", until=1.0))
        self.recorded(0)
        _ = self.begin(added("s2"))
        self.time.rightNow = 1.0
        answers = [self.begin(Unsubscribe("s1")), self.begin(added("s1", "bob"))]
        self.recorded(1)
        self.recorded(2)
        self.assertEqual(
            [event for changes in self.heard[2:] for event in eventsOf(changes)],
            [("expired", makeSubscription(until=1.0)), ("begun", makeSubscription(owner="bob"))],
        )
        self.assertEqual(self.successResultOf(answers[0]), SubscriptionChanges([], [], []))

    def test_failing(self) -> None:
        """A batch that cannot be recorded changes nothing, for none of its commits; the next is done."""
        _ = self.begin(added("s1"))
        self.recorded(0)
        answers = [self.begin(Unsubscribe("s1")), self.begin(added("s2")), self.begin(added("s3"))]
        self.recorder.waiting[1].errback(Busy("the disk is full"))
        self.recorder.waiting[2].errback(Busy("the disk is full"))
        for answer in answers:
            self.assertEqual(self.failureResultOf(answer, Busy).value.message, "the disk is full")
        self.assertEqual(len(self.heard), 1)
        self.assertEqual([row.id for row in self.store.all()], ["s1"])
        answer = self.begin(added("s2"))
        self.recorded(3)
        self.assertEqual(len(self.successResultOf(answer).begun), 1)

    def test_queued(self) -> None:
        """More waiting commands than the bound are refused as Busy; what waits is done."""
        _ = self.begin(added("s1"))
        waiting = self.begin(added("s2"), added("s3"), added("s4"))
        error = self.assertRaises(Busy, self.store.commit, [added("s5")])
        self.assertIn("3 changes", error.message)
        self.assertIn("subscriptions_queued", error.message)
        self.recorded(0)
        self.recorded(1)
        self.successResultOf(waiting)

    def test_expiryIsNotRefused(self) -> None:
        """What is over is ended although as much as is allowed waits; it comes after what waits, and no later."""
        _ = self.begin(added("s1", until=1.0))
        self.recorded(0)
        _ = self.begin(added("s2"))
        _ = self.begin(added("s3"), added("s4"), added("s5"))
        self.time.advance(1.0)
        self.recorded(1)
        self.recorded(2)
        self.assertEqual(eventsOf(self.heard[-1]), [("expired", makeSubscription(until=1.0))])

    def test_nothingBadIsRecorded(self) -> None:
        """What cannot be kept is refused before it is recorded."""
        for bad in (added("s1", until=math.nan), MoveSubscription("s1", math.nan)):
            self.assertRaises(ParameterError, self.store.commit, [bad])
        self.assertEqual(self.recorder.batches, [])

    def test_records(self) -> None:
        """Each change is recorded as what it does to its row; a commit that changes nothing is not recorded."""
        row = makeSubscription(until=5.0)
        self.successResultOf(self.begin(Unsubscribe("s1")))
        commands: list[SubscriptionCommand] = [
            Subscribe(row),
            MoveSubscription("s1", 6.0),
            Unsubscribe("s1"),
        ]
        for batch, command in enumerate(commands):
            _ = self.begin(command)
            self.recorded(batch)
        self.assertEqual(
            [list(batch) for batch in self.recorder.batches],
            [
                [putOf(row)],
                [Record(RecordKind.EXTEND, b"s1", (6.0,))],
                [Record(RecordKind.REMOVE, b"s1")],
            ],
        )

    def test_places(self) -> None:
        """A row is where its PUT is, moves aside, and where its recorder moved it; one that ended is nowhere."""
        self.assertIsNone(self.recorder.current(b"s1"))
        _ = self.begin(added("s1"))
        self.recorded(0)
        _ = self.begin(MoveSubscription("s1", 6.0))
        self.recorded(1)
        moved = putOf(makeSubscription(until=6.0))
        self.assertEqual(self.recorder.current(b"s1"), Stored(moved, 1))
        self.recorder.moved(b"s1", 9)
        self.recorder.moved(b"unknown", 9)
        self.assertEqual(self.recorder.current(b"s1"), Stored(moved, 9))
        _ = self.begin(Unsubscribe("s1"))
        self.recorded(2)
        self.assertIsNone(self.recorder.current(b"s1"))
        _ = self.begin(added("s1"), added("unknown"))
        self.recorded(3)
        for id in ("s1", "unknown"):
            again = Stored(putOf(makeSubscription(id)), 4)
            self.assertEqual(self.recorder.current(id.encode()), again)

    def test_movedInTime(self) -> None:
        """A subscription whose move is being recorded when its time ends is not taken away by the sweeper."""
        _ = self.begin(added("s1", until=1.0))
        self.recorded(0)
        _ = self.begin(MoveSubscription("s1", 9.0))
        self.time.advance(1.5)
        self.assertIsNone(self.store.get("s1"))
        self.recorded(1)
        self.assertIsNotNone(self.store.get("s1"))
        self.time.advance(7.5)
        self.recorded(2)
        self.assertEqual(eventsOf(self.heard[-1]), [("expired", makeSubscription(until=9.0))])
        self.assertEqual((len(self.heard), len(self.store)), (3, 0))

    def test_noLeaseLeft(self) -> None:
        """A subscription that is ended leaves nothing behind that waits for its time."""
        _ = self.begin(added("s1", until=5.0))
        self.recorded(0)
        _ = self.begin(Unsubscribe("s1"))
        self.recorded(1)
        self.assertEqual(len(self.store._expiry._leases), 0)

    def test_expiryNotRecorded(self) -> None:
        """An end that could not be recorded is not told, and is tried again a second later; nobody sees the row."""
        _ = self.begin(added("s1", until=1.0))
        self.recorded(0)
        self.time.advance(1.0)
        self.recorder.waiting[1].errback(Busy("the disk is full"))
        self.assertEqual((len(self.store), len(self.heard)), (1, 1))
        self.assertIsNone(self.store.get("s1"))
        self.time.advance(1.0)
        self.time.advance(0.01)
        self.recorded(2)
        self.assertEqual((len(self.store), len(self.heard)), (0, 2))

    def test_stop(self) -> None:
        """Stop waits for the commits under way, which are done, and lets go of the recorder once."""
        answer = self.begin(added("s1"))
        stopped = toDeferred(self.store.stop())
        self.assertNoResult(stopped)
        self.assertEqual(self.recorder.stops, 0)
        self.recorded(0)
        self.successResultOf(answer)
        self.successResultOf(stopped)
        self.successResultOf(toDeferred(self.store.stop()))
        self.assertEqual(self.recorder.stops, 1)


class StartTests(StoreCase):
    """What is kept is there after the start."""

    def loaded(self, *rows: Stored) -> SubscriptionStore:
        """A store started over rows."""
        self.recorder = Scripted(rows)
        store = SubscriptionStore(self.clock, recorder=self.recorder)
        self.successResultOf(toDeferred(store.start()))
        return store

    def test_load(self) -> None:
        """Rows come back in their order and at their places, and end in time."""
        rows = [makeSubscription("s2"), makeSubscription("s1", until=5.0)]
        store = self.loaded(*[Stored(putOf(row), 4) for row in rows])
        self.assertEqual(list(store.all()), rows)
        self.assertEqual(self.recorder.current(b"s1"), Stored(putOf(rows[1]), 4))
        self.time.advance(5.0)
        self.assertEqual(self.recorder.batches, [[Record(RecordKind.REMOVE, b"s1")]])

    def test_unreadable(self) -> None:
        """A row that cannot be read fails the start with its name, and commits are refused."""
        record = attrs.evolve(putOf(makeSubscription("s77")), payload=b"\x07")
        store = SubscriptionStore(self.clock, recorder=Scripted([Stored(record, 1)]))
        failure = self.failureResultOf(toDeferred(store.start()), ServiceError)
        self.assertIn("s77", failure.value.message)
        self.assertRaises(Busy, store.commit, [added("s1")])

    def test_beforeStart(self) -> None:
        """Before the start nothing is taken: it might be in what is loaded."""
        self.assertRaises(Busy, SubscriptionStore(self.clock).commit, [added("s1")])

    def test_again(self) -> None:
        """A stopped store may be started again; starting a started one does nothing."""
        row = makeSubscription(until=5.0)
        store = self.loaded(Stored(putOf(row), 4))
        self.successResultOf(toDeferred(store.start()))
        self.successResultOf(toDeferred(store.stop()))
        later = Stored(putOf(attrs.evolve(row, until=6.0)), 5)
        self.recorder.rows = [later]
        self.successResultOf(toDeferred(store.start()))
        self.assertEqual((list(store.all()), len(store)), ([attrs.evolve(row, until=6.0)], 1))
        self.assertEqual(self.recorder.current(b"s1"), later)
        self.time.advance(5.5)
        self.assertEqual(self.recorder.batches, [])
        self.time.advance(0.5)
        self.assertEqual(len(self.recorder.batches), 1)

    def test_stopMeanwhile(self) -> None:
        """A store that is stopped while it loads does not begin."""
        loading: Deferred[None] = Deferred()
        recorder = Scripted()
        recorder.load = lambda take: loading  # type: ignore[method-assign]
        store = SubscriptionStore(self.clock, recorder=recorder)
        started = toDeferred(store.start())
        self.successResultOf(toDeferred(store.stop()))
        loading.callback(None)
        self.successResultOf(started)
        self.assertRaises(Busy, store.commit, [added("s1")])
        self.assertEqual(self.time.getDelayedCalls(), [])
