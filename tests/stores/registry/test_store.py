"""The registry store: the contract at once and with a slow recorder, its bounds, and commits that wait."""

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
from gma_twisted.interfaces import IRegistryStore
from gma_twisted.model import (
    End,
    Ended,
    Keep,
    Kept,
    KnownMember,
    RegistryChanges,
    RegistryCommand,
    Renew,
    Renewed,
    Updated,
)
from gma_twisted.stores.recording import Record, RecordKind, Stored
from gma_twisted.stores.registry import RegistryLimits, RegistryStore
from gma_twisted.stores.registry.codec import putOf
from gma_twisted.stores.registry.view import weight
from gma_twisted.testing.registry import RegistryRestartContract, RegistryStoreContract
from gma_twisted.testing.registry.model import makeRegistration
from gma_twisted.testing.registry.stand import RegistryStand
from gma_twisted.timing import NodeClock, Ready, toDeferred
from tests.stores.registry.recorders import Keeping, Scripted

T = TypeVar("T")


class MemoryContract(RegistryStoreContract, SynchronousTestCase):
    """The store without a recorder keeps the contract."""

    def makeStore(self, clock: NodeClock) -> IRegistryStore:
        """With the bounds it comes with."""
        return RegistryStore(clock)

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=False))
    def test_anyHistory(self, random: Random) -> None:
        """There is no history in which it differs from a plain dict."""
        self.compareWithModel(random, 25)


class Slow(RegistryStand):
    """A store whose recorder works only while somebody waits."""

    def setUp(self) -> None:
        """No rows yet."""
        self.rows: dict[bytes, Stored] = {}
        super().setUp()

    def makeStore(self, clock: NodeClock) -> IRegistryStore:
        """A store over the rows kept so far."""
        self.recorder = Keeping(self.rows)
        return RegistryStore(clock, recorder=self.recorder)

    def result(self, awaitable: Awaitable[T]) -> T:
        """Let the recorder work until the value is there."""
        deferred = toDeferred(awaitable)
        while self.recorder.work():
            pass
        value: T = self.successResultOf(deferred)
        return value


class SlowContract(Slow, RegistryStoreContract, SynchronousTestCase):
    """With a recorder that takes time it keeps the same contract, and every record is of the row as it is."""


class RestartContract(Slow, RegistryRestartContract, SynchronousTestCase):
    """What a recorder keeps is all there is after a restart."""


class StoreCase(SynchronousTestCase):
    """A clock and stores on it."""

    def setUp(self) -> None:
        """Begin at instant 0."""
        self.time = Clock()
        self.clock = NodeClock(self.time, self.time.seconds)

    def made(self, limits: RegistryLimits | None = None) -> RegistryStore:
        """A started store that records nothing."""
        store = RegistryStore(self.clock, limits or RegistryLimits())
        self.successResultOf(toDeferred(store.start()))
        return store

    def done(self, store: RegistryStore, *commands: RegistryCommand) -> RegistryChanges:
        """Commit what is ready at once."""
        answer = store.commit(commands)
        assert isinstance(answer, Ready)
        changes: RegistryChanges = answer.value
        return changes


def added(entry: str, owner: str = "ann", **others: object) -> Keep:
    """Keep one entry more."""
    return Keep(makeRegistration(entry, owner=owner, **others), KnownMember.ADD)  # type: ignore[arg-type]


class BoundsTests(StoreCase):
    """Every bound has a named error, and a commit that would pass one changes nothing."""

    def refused(self, store: RegistryStore, name: str, *commands: RegistryCommand) -> None:
        """The commands pass the bound of that name."""
        before = (store.revision, len(store), store.entries())
        error = self.assertRaises(TooLarge, store.commit, commands)
        self.assertIn(name, error.message)
        self.assertEqual((store.revision, len(store), store.entries()), before)

    def test_entries(self) -> None:
        """One entry more than C{entries} allows is refused with its whole commit; renewals go on."""
        store = self.made(RegistryLimits(entries=2))
        self.done(store, added("e1"))
        self.refused(
            store,
            "more than 2 registrations, the bound registry_entries",
            added("e2"),
            added("e3", "bob"),
        )
        self.done(store, added("e2", "bob"))
        self.done(store, Keep(makeRegistration(until=9.0)), Renew("e2", 9.0))
        self.refused(store, "more than 2 registrations, the bound registry_entries", added("e3"))
        self.done(store, End("e1"), added("e3"))

    def test_perOwner(self) -> None:
        """An owner's quota counts its own entries, exactly, after every end, expiry and reset."""
        store = self.made(RegistryLimits(perOwner=2))
        self.done(store, added("e1", until=5.0), added("e2"), added("x1", "bob"))
        self.refused(store, "registry_per_owner", added("e3"))
        self.done(store, added("x2", "bob"))
        self.done(store, End("e2"))
        self.done(store, added("e3"))
        self.refused(store, "registry_per_owner", added("e4"))
        self.time.advance(5.0)
        self.time.advance(0.02)
        self.done(store, added("e4"))
        self.refused(store, "registry_per_owner", added("e5"))
        moved = [makeRegistration("e3", owner="bob"), makeRegistration("x1", owner="bob")]
        _ = self.successResultOf(toDeferred(store.reset(moved)))
        self.refused(store, "registry_per_owner", added("x3", "bob"))
        self.done(store, added("e5"), added("e6"))
        self.refused(store, "registry_per_owner", added("e7"))

    def test_perOwnerOfReset(self) -> None:
        """A reset keeps the quotas too."""
        store = self.made(RegistryLimits(perOwner=1))
        rows = [makeRegistration("e1"), makeRegistration("e2")]
        self.assertRaises(TooLarge, store.reset, rows)
        self.assertEqual(len(store), 0)

    def test_doubleInReset(self) -> None:
        """A reset in which an id comes twice is refused."""
        rows = [makeRegistration(), makeRegistration(handle="http://b/")]
        self.assertRaises(ParameterError, self.made().reset, rows)

    def test_bytes(self) -> None:
        """What all entries weigh together is bounded; what grows, shrinks or goes counts as it is now."""
        store = self.made(RegistryLimits(bytes=5000))
        self.done(store, Keep(makeRegistration(content=b"x" * 3000)))
        self.refused(
            store, "more than 5000 bytes, the bound registry_size", added("e2", content=b"x" * 2000)
        )
        self.refused(
            store,
            "more than 5000 bytes, the bound registry_size",
            Keep(makeRegistration(content=b"x" * 5000)),
        )
        self.done(store, Keep(makeRegistration(content=b"x")))
        self.done(store, added("e2", content=b"x" * 2000))
        self.done(store, End("e2"))
        self.done(store, added("e3", content=b"x" * 2000))

    def test_ofOneEntry(self) -> None:
        """Content, text, attributes and interfaces of one entry are bounded."""
        row = makeRegistration()
        for name, large in (
            ("registry_content_size", attrs.evolve(row, content=b"x" * 11)),
            ("registry_entry_size", attrs.evolve(row, name="x" * 200)),
            ("registry_entry_size", attrs.evolve(row, attributes=(("a", "x" * 200),))),
            ("registry_attributes", attrs.evolve(row, attributes=(("a", "b"), ("c", "d")))),
        ):
            store = self.made(RegistryLimits(contentSize=10, size=200, attributes=1))
            self.refused(store, name, Keep(large))
            self.done(store, Keep(row))

    def test_batch(self) -> None:
        """The commands of one commit are bounded."""
        self.refused(self.made(RegistryLimits(batch=2)), "registry_batch", *[End("e")] * 3)

    def test_lowered(self) -> None:
        """A registry above a bound that was lowered takes what does not grow it."""
        rows = [Stored(putOf(makeRegistration(f"e{number}")), 1) for number in range(4)]
        recorder = Scripted(rows)
        limits = RegistryLimits(entries=2, perOwner=2, bytes=10)
        store = RegistryStore(self.clock, limits, recorder)
        self.successResultOf(toDeferred(store.start()))
        smaller = toDeferred(store.commit([End("e0"), added("e9", content=b"")]))
        recorder.waiting[0].callback(2)
        self.assertEqual(len(self.successResultOf(smaller).changes), 2)
        self.refused(
            store,
            "more than 2 registrations, the bound registry_entries",
            added("e0"),
            End("unknown"),
        )

    def test_underWay(self) -> None:
        """What was loaded weighs too, and so does what the commits before in a batch will add."""
        rows = [makeRegistration(f"e{number}", f"http://{number}/") for number in range(4)]
        recorder = Scripted([Stored(putOf(rows[0]), 1)])
        store = RegistryStore(self.clock, RegistryLimits(bytes=3 * weight(rows[0])), recorder)
        self.successResultOf(toDeferred(store.start()))
        answers = [toDeferred(store.commit([Keep(row)])) for row in rows[1:]]
        recorder.waiting[0].callback(2)
        recorder.waiting[1].callback(3)
        self.failureResultOf(answers.pop(), TooLarge)
        self.assertEqual(
            [self.successResultOf(one).rows for one in answers], [(rows[1],), (rows[2],)]
        )

    def test_badBound(self) -> None:
        """A bound below 1 is refused by name."""
        error = self.assertRaises(ParameterError, RegistryLimits, perOwner=0)
        self.assertIn("perOwner", error.message)

    def test_remembered(self) -> None:
        """A page can begin after the last entries that ended, as many as are remembered; the id may be used again."""
        store = self.made(RegistryLimits(remembered=2))
        ids = [f"e{number}" for number in range(6)]
        self.done(store, *[added(entry) for entry in ids])
        self.done(store, *[End(entry) for entry in ids[1:4]])
        self.assertRaises(ParameterError, store.entries, "e1")
        for entry in ("e2", "e3"):
            self.assertEqual([row.entry for row in store.entries(entry)], ["e4", "e5"])
        self.done(store, added("e2"))
        self.assertEqual(list(store.entries("e2")), [])


class RecordingTests(StoreCase):
    """Commit, then apply, then tell, when recording takes time (ARCHITECTURE rule 9)."""

    def setUp(self) -> None:
        """A store whose recorder waits to be told."""
        super().setUp()
        self.recorder = Scripted()
        self.store = RegistryStore(self.clock, RegistryLimits(queued=3), self.recorder)
        self.heard: list[RegistryChanges] = []
        self.store.observe(self.heard.append)
        self.successResultOf(toDeferred(self.store.start()))

    def begin(self, *commands: RegistryCommand) -> Deferred[RegistryChanges]:
        """Commit without waiting."""
        return toDeferred(self.store.commit(commands))

    def recorded(self, batch: int) -> None:
        """The batch is durable, at a place of its number."""
        self.recorder.waiting[batch].callback(batch + 1)

    def test_nothingUncommitted(self) -> None:
        """Until it is recorded a commit is neither read nor told nor answered; then all at once."""
        row = makeRegistration()
        answer = self.begin(Keep(row))
        self.assertNoResult(answer)
        self.assertIsNone(self.store.get("e1"))
        self.assertEqual((self.store.ofMember("http://a/"), self.store.entries()), ([], []))
        self.assertEqual((self.heard, self.store.revision), ([], 0))
        self.recorded(0)
        changes = self.successResultOf(answer)
        self.assertEqual(list(changes.changes), [Kept(row)])
        self.assertEqual((self.heard, self.store.get("e1")), ([changes], row))

    def test_batch(self) -> None:
        """Commits that come while one is recorded make one record, each decided after the one before."""
        answers = [
            self.begin(Keep(makeRegistration(until=5.0))),
            self.begin(Keep(makeRegistration("e2", until=6.0))),
            self.begin(Renew("e1", 7.0)),
            self.begin(End("e1")),
        ]
        self.recorded(0)
        self.assertEqual([len(batch) for batch in self.recorder.batches], [1, 3])
        kinds = [record.kind for record in self.recorder.batches[1]]
        self.assertEqual(kinds, [RecordKind.EXTEND, RecordKind.EXTEND, RecordKind.REMOVE])
        self.assertNoResult(answers[1])
        self.recorded(1)
        self.assertEqual([self.successResultOf(a).revision for a in answers], [1, 2, 3, 4])
        told = [change for changes in self.heard[1:] for change in changes.changes]
        rows = [makeRegistration(until=until) for until in (6.0, 7.0)]
        self.assertEqual(told, [Renewed(rows[0], 5.0), Renewed(rows[1], 6.0), Ended(rows[1])])

    def test_knownWithinABatch(self) -> None:
        """A member kept by a commit of the same batch is known, and its quota counts."""
        self.store = RegistryStore(self.clock, RegistryLimits(perOwner=2), self.recorder)
        self.successResultOf(toDeferred(self.store.start()))
        _ = self.begin(added("e0"))
        first = self.begin(Keep(makeRegistration("e1", "http://b/", until=5.0)))
        again = self.begin(Keep(makeRegistration("e2", "http://b/", until=6.0)))
        taken = self.begin(added("e1"))
        more = self.begin(added("e3"))
        self.recorded(0)
        self.failureResultOf(taken, ParameterError)
        self.failureResultOf(more, TooLarge)
        self.recorded(1)
        self.successResultOf(first)
        rows = self.successResultOf(again).rows
        self.assertEqual(list(rows), [makeRegistration("e1", "http://b/", until=6.0)])

    def test_resetInABatch(self) -> None:
        """A reset sees the commits of its batch before it, and those after it see what it moved."""
        self.store = RegistryStore(self.clock, recorder=self.recorder)
        self.successResultOf(toDeferred(self.store.start()))
        _ = self.begin(added("e0"))
        _ = self.begin(added("e1"))
        moved = makeRegistration("e0", "http://b/", "bob")
        reset = toDeferred(self.store.reset([moved, makeRegistration("e2")]))
        again = self.begin(Keep(makeRegistration("new", "http://b/", "bob", until=5.0)))
        other = self.begin(Keep(makeRegistration("new", until=5.0)))
        last = toDeferred(self.store.reset([moved]))
        self.recorded(0)
        self.recorded(1)
        kinds = {c.row.entry: type(c) for c in self.successResultOf(reset).changes}
        self.assertEqual(kinds, {"e0": Updated, "e2": Kept, "e1": Ended})
        renewed = makeRegistration("e0", "http://b/", "bob", until=5.0)
        self.assertEqual(list(self.successResultOf(again).rows), [renewed])
        shorter = makeRegistration("e2", until=5.0)
        self.assertEqual(list(self.successResultOf(other).rows), [shorter])
        changes = list(self.successResultOf(last).changes)
        self.assertEqual(changes, [Renewed(moved, 5.0), Ended(shorter)])
        self.assertEqual(list(self.store.entries()), [moved])

    def test_idAgain(self) -> None:
        """An id that ended and came again in one commit is told once, and comes where it came again."""
        _ = self.begin(added("e1"), added("e2"))
        self.recorded(0)
        again = makeRegistration("e1", "http://b/")
        answer = self.begin(End("e1"), added("e3"), Keep(again))
        self.recorded(1)
        changes = list(self.successResultOf(answer).changes)
        self.assertEqual(
            changes, [Kept(makeRegistration("e3")), Updated(again, makeRegistration())]
        )
        self.assertEqual([row.entry for row in self.store.entries()], ["e2", "e3", "e1"])

    def test_failing(self) -> None:
        """A batch that cannot be recorded changes nothing, for none of its commits; the next is done."""
        _ = self.begin(Keep(makeRegistration()))
        self.recorded(0)
        answers = [self.begin(End("e1")), self.begin(added("e2")), self.begin(added("e3"))]
        self.recorder.waiting[1].errback(Busy("the disk is full"))
        self.recorder.waiting[2].errback(Busy("the disk is full"))
        for answer in answers:
            self.assertEqual(self.failureResultOf(answer, Busy).value.message, "the disk is full")
        self.assertEqual((self.store.revision, len(self.heard)), (1, 1))
        self.assertEqual([row.entry for row in self.store.entries()], ["e1"])
        answer = self.begin(added("e2"))
        self.recorded(3)
        self.assertEqual(self.successResultOf(answer).revision, 2)

    def test_acknowledgedIsTold(self) -> None:
        """When batches fail now and then, observers hear exactly the commits that were acknowledged, in order."""
        random = Random(2)
        acknowledged: list[RegistryChanges] = []
        for number in range(200):
            answer = self.begin(added(f"e{number}"))
            answer.addCallbacks(acknowledged.append, lambda failure: failure.trap(Busy))  # type: ignore[unused-awaitable]
            if number % 3 == 2:
                while not self.recorder.waiting[-1].called:
                    if random.random() < 0.4:
                        self.recorder.waiting[-1].errback(Busy("input/output error"))
                    else:
                        self.recorded(len(self.recorder.waiting) - 1)
        self.assertEqual(self.heard, acknowledged)
        self.assertEqual(
            [row.entry for row in self.store.entries()],
            [change.row.entry for changes in acknowledged for change in changes.changes],
        )
        self.assertTrue(50 < len(acknowledged) < 180, len(acknowledged))

    def test_queued(self) -> None:
        """More waiting commands than the bound are refused as Busy; what waits is done."""
        _ = self.begin(added("e1"))
        waiting = self.begin(added("e2"), added("e3"), added("e4"))
        error = self.assertRaises(Busy, self.store.commit, [added("e5")])
        self.assertIn("3", error.message)
        self.recorded(0)
        self.recorded(1)
        self.successResultOf(waiting)

    def test_records(self) -> None:
        """Each change is recorded as what it does to its row; a commit that changes nothing is not recorded."""
        row = makeRegistration(until=5.0)
        self.successResultOf(self.begin(End("e1")))
        updated = makeRegistration(content=b"<d/>", until=7.0)
        commands: list[RegistryCommand] = [Keep(row), Renew("e1", 6.0), Keep(updated), End("e1")]
        for batch, command in enumerate(commands):
            _ = self.begin(command)
            self.recorded(batch)
        self.assertEqual(
            [list(batch) for batch in self.recorder.batches],
            [
                [putOf(row)],
                [Record(RecordKind.EXTEND, b"e1", (6.0,))],
                [putOf(updated)],
                [Record(RecordKind.REMOVE, b"e1")],
            ],
        )

    def test_places(self) -> None:
        """A row is where its last PUT is, renewals aside, and where its recorder moved it."""
        self.assertIsNone(self.recorder.current(b"e1"))
        _ = self.begin(Keep(makeRegistration()))
        self.recorded(0)
        _ = self.begin(Renew("e1", 6.0))
        self.recorded(1)
        renewed = putOf(makeRegistration(until=6.0))
        self.assertEqual(self.recorder.current(b"e1"), Stored(renewed, 1))
        self.recorder.moved(b"e1", 9)
        self.recorder.moved(b"unknown", 9)
        self.assertEqual(self.recorder.current(b"e1"), Stored(renewed, 9))
        updated = makeRegistration(content=b"<d/>")
        _ = self.begin(Keep(updated))
        self.recorded(2)
        self.assertEqual(self.recorder.current(b"e1"), Stored(putOf(updated), 3))

    def test_renewedInTime(self) -> None:
        """An entry whose renewal is being recorded when its time ends is not taken away by the sweeper."""
        _ = self.begin(Keep(makeRegistration(until=1.0)))
        self.recorded(0)
        _ = self.begin(Renew("e1", 9.0))
        self.time.advance(1.5)
        self.assertIsNone(self.store.get("e1"))
        self.recorded(1)
        self.assertIsNotNone(self.store.get("e1"))
        self.time.advance(8.0)
        self.recorded(2)
        self.assertEqual(self.heard[-1].changes[0], Ended(makeRegistration(until=9.0), True))
        self.assertEqual(len(self.store), 0)

    def test_expiryNotRecorded(self) -> None:
        """An end that could not be recorded is not told, and is tried again a second later; nobody sees the entry."""
        _ = self.begin(Keep(makeRegistration(until=1.0)))
        self.recorded(0)
        self.time.advance(1.0)
        self.recorder.waiting[1].errback(Busy("the disk is full"))
        self.assertEqual((len(self.store), len(self.heard)), (1, 1))
        self.assertIsNone(self.store.get("e1"))
        self.time.advance(1.0)
        self.time.advance(0.01)
        self.recorded(2)
        self.assertEqual((len(self.store), len(self.heard)), (0, 2))

    def test_sync(self) -> None:
        """Sync waits for every commit asked for before."""
        _ = self.begin(added("e1"))
        _ = self.begin(added("e2"))
        synced = toDeferred(self.store.sync())
        self.recorded(0)
        self.assertNoResult(synced)
        self.recorded(1)
        self.assertEqual(self.successResultOf(synced), 2)

    def test_stop(self) -> None:
        """Stop waits for the commits under way, which are done, and lets go of the recorder once."""
        answer = self.begin(added("e1"))
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

    def loaded(self, *rows: Stored) -> RegistryStore:
        """A store started over rows."""
        self.recorder = Scripted(rows)
        store = RegistryStore(self.clock, recorder=self.recorder)
        self.successResultOf(toDeferred(store.start()))
        return store

    def test_load(self) -> None:
        """Rows come back in their order and at their places, and count for quotas."""
        rows = [makeRegistration("e2"), makeRegistration("e1", "http://b/", until=5.0)]
        store = self.loaded(*[Stored(putOf(row), 4) for row in rows])
        self.assertEqual((list(store.entries()), store.revision), (rows, 0))
        self.assertEqual(self.recorder.current(b"e1"), Stored(putOf(rows[1]), 4))
        self.time.advance(5.0)
        self.assertEqual(self.recorder.batches, [[Record(RecordKind.REMOVE, b"e1")]])

    def test_unreadable(self) -> None:
        """A row that cannot be read fails the start with its name, and commits are refused."""
        record = attrs.evolve(putOf(makeRegistration("e77")), payload=b"\x07")
        store = RegistryStore(self.clock, recorder=Scripted([Stored(record, 1)]))
        failure = self.failureResultOf(toDeferred(store.start()), ServiceError)
        self.assertIn("e77", failure.value.message)
        self.assertRaises(Busy, store.commit, [added("e1")])

    def test_beforeStart(self) -> None:
        """Before the start nothing is taken: it might be in what is loaded."""
        store = RegistryStore(self.clock)
        self.assertRaises(Busy, store.commit, [added("e1")])
        self.assertRaises(Busy, store.reset, [])

    def test_again(self) -> None:
        """A stopped store may be started again; starting a started one does nothing."""
        row = makeRegistration(until=5.0)
        store = self.loaded(Stored(putOf(row), 4))
        self.successResultOf(toDeferred(store.start()))
        self.successResultOf(toDeferred(store.stop()))
        self.successResultOf(toDeferred(store.start()))
        self.assertEqual((list(store.entries()), len(store)), ([row], 1))
        _ = store.commit([added("e2")])
        self.assertEqual(len(self.recorder.batches), 1)

    def test_stopMeanwhile(self) -> None:
        """A store that is stopped while it loads does not begin."""
        loading: Deferred[None] = Deferred()
        recorder = Scripted()
        recorder.load = lambda take: loading  # type: ignore[method-assign]
        store = RegistryStore(self.clock, recorder=recorder)
        started = toDeferred(store.start())
        self.successResultOf(toDeferred(store.stop()))
        loading.callback(None)
        self.successResultOf(started)
        self.assertRaises(Busy, store.commit, [added("e1")])
        self.assertEqual(self.time.getDelayedCalls(), [])
