"""The memory store: the contract, its bounds, and commits that take time to record."""

from collections.abc import Awaitable, Sequence
from random import Random

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ParameterError, TooLarge
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Added,
    Changes,
    Command,
    Declare,
    Extend,
    Freshness,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    Removed,
    ReplaceAll,
    Replaced,
)
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.stores.elementrecords import elementOf
from gma_twisted.stores.recording import Forgetful, Record
from gma_twisted.stores.view import weight
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.testing.stores import StoreContract
from gma_twisted.timing import NodeClock, Ready, toDeferred

ONE = QName("urn:a", "one")


class MemoryStoreContract(StoreContract, SynchronousTestCase):
    """The memory store keeps the contract."""

    def makeStore(self, clock: NodeClock) -> IServiceDataStore:
        """A memory store with the bounds it comes with."""
        return MemoryStore(clock)

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=False))
    def test_anyHistory(self, random: Random) -> None:
        """There is no history in which it differs from plain dicts."""
        self.compareWithModel(random, 25)


class CopiedTests(SynchronousTestCase):
    """What came from other nodes is counted."""

    def test_copied(self) -> None:
        """Values with a path, and what they weigh: put, replaced, extended, gone, or a node's own from now on."""
        time = Clock()
        store = MemoryStore(NodeClock(time))
        self.successResultOf(toDeferred(store.start()))

        def commit(*commands: Command) -> tuple[int, int]:
            self.successResultOf(toDeferred(store.commit(commands)))
            return store.copied()

        own = makeElement()
        copy = attrs.evolve(makeElement(key="k"), path=("a",), lifetime=Lifetime(0.0, 5.0, 9.0))
        more = attrs.evolve(copy, tail=copy.tail + b"<!-- 17 bytes -->")
        self.assertEqual(commit(Put(own)), (0, 0))
        self.assertEqual(commit(Put(copy)), (1, weight(copy)))
        self.assertEqual(commit(Put(more)), (1, weight(copy) + 17))
        self.assertEqual(commit(Extend(copy.key, Lifetime(0.0, 6.0, 9.0))), (1, weight(more)))
        self.assertEqual(commit(Put(attrs.evolve(more, path=()))), (0, 0))
        self.assertEqual(commit(Put(more), Remove(own.key)), (1, weight(more)))
        time.advance(10.0)
        self.assertEqual(commit(), (0, 0))
        self.assertEqual(
            commit(Put(attrs.evolve(copy, lifetime=Lifetime(0.0, 99.0, 99.0)))), (1, weight(copy))
        )
        self.assertEqual(commit(Remove(copy.key)), (0, 0))


class Journal(Forgetful):
    """Records when it is told to."""

    def __init__(self) -> None:
        self.records: list[Sequence[Record]] = []
        self.waiting: list[Deferred[int]] = []

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """Keep what is to be recorded."""
        self.records.append(records)
        self.waiting.append(Deferred())
        return self.waiting[-1]


class StoreCase(SynchronousTestCase):
    """A clock and stores on it."""

    def setUp(self) -> None:
        """Begin at instant 0."""
        self.time = Clock()
        self.clock = NodeClock(self.time, self.time.seconds)

    def done(self, store: MemoryStore, *commands: Command) -> Changes:
        """Commit what is ready at once."""
        answer = store.commit(commands)
        assert isinstance(answer, Ready)
        changes: Changes = answer.value
        return changes


class BoundsTests(StoreCase):
    """Every bound has a named error, and a commit that would pass one changes nothing."""

    def refused(self, limits: StoreLimits, *commands: Command) -> None:
        """The last of the commands passes a bound, the others do not."""
        store = MemoryStore(self.clock, limits)
        with self.assertRaises(TooLarge) as caught:
            self.done(store, *commands)
        self.assertEqual((len(store), store.revision, store.names()), (0, 0, []))
        self.done(store, *commands[:-1])
        self.assertIn(str(2), caught.exception.message)

    def test_elements(self) -> None:
        """One value more than elements allows is refused with its whole commit."""
        puts = [Put(makeElement(key=key)) for key in "123"]
        with self.assertRaises(TooLarge) as caught:
            self.done(MemoryStore(self.clock, StoreLimits(elements=2)), *puts)
        self.assertEqual(
            caught.exception.message,
            "the service data would have more than 2 values, the bound store_elements",
        )
        self.refused(StoreLimits(elements=2), *puts)

    def test_elementsReplaced(self) -> None:
        """A full store takes a whole other set in place of its own."""
        store = MemoryStore(self.clock, StoreLimits(elements=2))
        self.done(store, Put(makeElement(key="1")), Put(makeElement(key="2")))
        others = [makeElement(key=key) for key in "34"]
        self.done(store, ReplaceAll(ONE, "http://a/", others))
        self.assertEqual(len(store), 2)

    def test_names(self) -> None:
        """Declared names and names of values count alike, each once."""
        puts: list[Command] = [
            Put(makeElement("{urn:a}x")),
            Declare([QName("urn:a", "x"), QName("urn:a", "y")]),
        ]
        self.refused(StoreLimits(names=2), *puts, Put(makeElement("{urn:a}z")))

    def test_bytes(self) -> None:
        """The weight of all values together is bounded."""
        puts = [Put(makeElement(key=key, text="x" * 800)) for key in "123"]
        self.refused(StoreLimits(bytes=2000), *puts)

    def test_bytesOfReplaced(self) -> None:
        """A value that grows or shrinks counts with what it weighs now."""
        store = MemoryStore(self.clock, StoreLimits(bytes=2000))
        self.done(store, Put(makeElement(text="x" * 1500)))
        self.assertRaises(TooLarge, store.commit, [Put(makeElement(text="x" * 2000))])
        self.done(store, Put(makeElement(text="x")))
        self.done(store, Put(makeElement(key="2", text="x" * 1500)))
        self.assertRaises(TooLarge, store.commit, [Put(makeElement(text="x" * 500))])

    def test_elementSize(self) -> None:
        """One value is bounded, the text of its identity included."""
        self.refused(
            StoreLimits(elementSize=200), Put(makeElement()), Put(makeElement(text="x" * 200))
        )
        self.refused(StoreLimits(elementSize=200), Put(makeElement(key="k" * 200)))

    def test_batch(self) -> None:
        """What one commit touches is bounded: every value of a ReplaceAll counts."""
        values = [makeElement(key=key) for key in "123"]
        self.refused(StoreLimits(batch=2), ReplaceAll(ONE, "http://a/", values))
        self.refused(StoreLimits(batch=2), Declare([ONE] * 3))

    def test_shrinking(self) -> None:
        """Removing and replacing go on in a full store."""
        store = MemoryStore(self.clock, StoreLimits(elements=1, names=1))
        self.done(store, Put(makeElement()))
        self.done(store, Put(makeElement(text="2")))
        self.done(store, Remove(makeElement().key))
        self.done(store, Put(makeElement("{urn:b}x")))
        self.assertEqual(store.names(), [QName("urn:b", "x")])

    def test_badBound(self) -> None:
        """A bound below 1 is refused by name."""
        error = self.assertRaises(ParameterError, StoreLimits, queued=0)
        self.assertIn("queued", error.message)


class RecordingTests(StoreCase):
    """Commit, then apply, then tell, when recording takes time (ARCHITECTURE rule 9)."""

    def setUp(self) -> None:
        """A store whose journal waits to be told."""
        super().setUp()
        self.journal = Journal()
        self.store = MemoryStore(self.clock, StoreLimits(queued=3), self.journal)
        self.heard: list[Changes] = []
        self.store.observe(self.heard.append)

    def begin(self, *commands: Command) -> Deferred[Changes]:
        """Commit without waiting."""
        return toDeferred(self.store.commit(commands))

    def test_nothingUncommitted(self) -> None:
        """Until it is recorded a commit is neither read nor told nor answered; then all at once."""
        element = makeElement()
        answer = self.begin(Put(element), Declare([QName("urn:a", "two")]))
        self.assertNoResult(answer)
        self.assertIsNone(self.store.get(element.key))
        self.assertEqual((self.store.names(), self.heard, self.store.revision), ([], [], 0))
        self.journal.waiting[0].callback(1)
        changes = self.successResultOf(answer)
        self.assertEqual(list(changes.changes), [Added(element)])
        self.assertEqual(self.heard, [changes])
        self.assertEqual(self.store.get(element.key), element)

    def test_batch(self) -> None:
        """Commits that come while one is recorded make one record, each decided after the one before."""
        answers = [self.begin(Put(makeElement(text=text))) for text in "123"]
        self.assertEqual(len(self.journal.records), 1)
        self.journal.waiting[0].callback(1)
        self.assertEqual([len(record) for record in self.journal.records], [1, 2])
        self.assertEqual(elementOf(self.journal.records[1][1]), makeElement(text="3"))
        self.assertNoResult(answers[1])
        self.journal.waiting[1].callback(1)
        last = Replaced(makeElement(text="3"), makeElement(text="2"))
        self.assertEqual(list(self.heard[-1].changes), [last])
        self.assertEqual([self.successResultOf(a).revision for a in answers], [1, 2, 3])

    def test_boundedBatch(self) -> None:
        """One batch holds what one turn of the reactor has time for, 250 values; the rest comes after."""
        self.store = MemoryStore(self.clock, StoreLimits(), self.journal)
        _ = self.begin(Put(makeElement()))
        for commit in range(5):
            _ = self.begin(*[Put(makeElement(key=f"{commit}-{n}")) for n in range(100)])
        for waiting in range(4):
            self.journal.waiting[waiting].callback(1)
        self.assertEqual([len(record) for record in self.journal.records], [1, 200, 200, 100])
        self.assertEqual(len(self.store), 501)

    def test_failingRecord(self) -> None:
        """What cannot be recorded is not done, the caller hears why, and the next commit is."""
        answer = self.begin(Put(makeElement()))
        self.journal.waiting[0].errback(Busy("the disk is full"))
        error = self.failureResultOf(answer, Busy).value
        self.assertEqual(error.message, "the disk is full")
        self.assertEqual((len(self.store), self.heard, self.store.revision), (0, [], 0))
        answer = self.begin(Put(makeElement()))
        self.journal.waiting[1].callback(1)
        self.assertEqual(self.successResultOf(answer).revision, 1)

    def test_oneOfABatch(self) -> None:
        """A commit in error does not hurt those it shares a record with."""
        _ = self.begin(Put(makeElement(key="1")))
        bad = self.begin(ReplaceAll(ONE, "http://b/", [makeElement()]))
        good = self.begin(Put(makeElement(key="2")))
        self.journal.waiting[0].callback(1)
        self.failureResultOf(bad, ParameterError)
        self.journal.waiting[1].callback(1)
        self.successResultOf(good)

    def test_queueBound(self) -> None:
        """More waiting changes than the bound are refused as Busy; what waits is done."""
        _ = self.begin(Put(makeElement()))
        waiting = self.begin(*[Put(makeElement(key=key)) for key in "123"])
        error = self.assertRaises(Busy, self.store.commit, [Put(makeElement(key="4"))])
        self.assertIn("3", error.message)
        self.journal.waiting[0].callback(1)
        self.journal.waiting[1].callback(1)
        self.successResultOf(waiting)
        _ = self.begin(Put(makeElement(key="5")))
        for key in "678":
            _ = self.begin(Put(makeElement(key=key)))

    def test_sync(self) -> None:
        """Sync waits for every commit asked for before."""
        _ = self.begin(Put(makeElement(key="1")))
        _ = self.begin(Put(makeElement(key="2")))
        synced = toDeferred(self.store.sync())
        self.journal.waiting[0].callback(1)
        self.assertNoResult(synced)
        self.journal.waiting[1].callback(1)
        self.assertEqual(self.successResultOf(synced), 2)

    def test_stop(self) -> None:
        """Stop waits for the commits under way, which are done."""
        answer = self.begin(Put(makeElement()))
        stopped = toDeferred(self.store.stop())
        self.assertNoResult(stopped)
        self.journal.waiting[0].callback(1)
        self.successResultOf(answer)
        self.successResultOf(stopped)

    def test_closed(self) -> None:
        """Closed after its stop it can still be read, and stopped again; commits stay refused, also after a start."""
        element = makeElement()
        answer = self.begin(Put(element))
        self.journal.waiting[0].callback(1)
        self.successResultOf(answer)
        self.successResultOf(toDeferred(self.store.stop()))
        self.store.close()
        self.assertEqual(self.store.get(element.key), element)
        self.assertEqual(self.successResultOf(toDeferred(self.store.sync())), 1)
        self.successResultOf(toDeferred(self.store.stop()))
        self.assertRaises(Busy, self.store.commit, [Put(element)])
        self.successResultOf(toDeferred(self.store.start()))
        self.assertRaises(Busy, self.store.commit, [Put(element)])
        self.successResultOf(toDeferred(self.store.stop()))

    def test_extendedInTime(self) -> None:
        """A value whose extension is being recorded when its lifetime ends is not taken away by the sweeper."""
        self.successResultOf(toDeferred(self.store.start()))
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 1.0))
        _ = self.begin(Put(old))
        self.journal.waiting[0].callback(1)
        _ = self.begin(Extend(old.key, Lifetime(0.0, 9.0, 9.0)))
        self.time.advance(1.5)
        self.assertIsNone(self.store.get(old.key))
        self.journal.waiting[1].callback(1)
        # The sweeper's turn came, and there was nothing to record.
        self.assertEqual(len(self.journal.waiting), 2)
        self.assertIsNotNone(self.store.get(old.key))
        self.time.advance(8.0)
        self.journal.waiting[2].callback(1)
        last = self.heard[-1].changes[0]
        self.assertIsInstance(last, Removed)
        self.assertEqual(len(self.store), 0)

    def test_expiryNotRecorded(self) -> None:
        """An expiry that could not be recorded is tried again a second later."""
        self.successResultOf(toDeferred(self.store.start()))
        _ = self.begin(Put(makeElement(lifetime=Lifetime(0.0, 1.0, 1.0))))
        self.journal.waiting[0].callback(1)
        self.time.advance(1.0)
        self.journal.waiting[1].errback(Busy("the disk is full"))
        self.assertEqual(len(self.store), 1)
        self.time.advance(1.0)
        self.time.advance(0.01)
        self.journal.waiting[2].callback(1)
        self.assertEqual(len(self.store), 0)
        self.assertEqual(self.heard[-1].changes[0].key, makeElement().key)

    def test_brokenJournal(self) -> None:
        """A journal with a defect fails the commit with that defect, and the line goes on."""

        class Broken(Forgetful):
            """Fails once."""

            calls = 0

            def record(self, records: Sequence[Record]) -> Awaitable[int]:
                self.calls += 1
                if self.calls == 1:
                    raise ZeroDivisionError
                return Ready(1)

        store = MemoryStore(self.clock, recorder=Broken())
        self.assertRaises(ZeroDivisionError, store.commit, [Put(makeElement())])
        self.assertEqual(self.done(store, Put(makeElement())).revision, 1)


class ScaleTests(StoreCase):
    """What must not grow with the number of values."""

    def test_pagesOfMany(self) -> None:
        """Paging through many values gives each once, whatever was removed between them."""
        store = MemoryStore(self.clock)
        keys = [f"{number:05}" for number in range(5000)]
        self.done(store, *[Put(makeElement(key=key)) for key in keys])
        removed = set(Random(1).sample(keys, 4500))
        self.done(store, *[Remove(makeElement(key=key).key) for key in removed])
        query = NameQuery((NameSelector(ONE),), limit=100)
        found: list[str] = []
        while True:
            answer = store.find(query)
            found += [element.key.key for element in answer.elements]
            if answer.cursor is None:
                break
            query = NameQuery(query.selectors, limit=100, cursor=answer.cursor)
        self.assertEqual(found, [key for key in keys if key not in removed])

    def test_boundedPage(self) -> None:
        """A page that passes over very many values ends early, and its cursor goes on behind them."""
        store = MemoryStore(self.clock)
        self.done(
            store,
            *[
                Put(makeElement(key=str(number), lifetime=Lifetime(0.0, 1.0, 9.0)))
                for number in range(15_000)
            ],
        )
        self.done(store, Put(makeElement(key="fresh")))
        self.time.advance(5.0)
        fresh = NameQuery((NameSelector(ONE),), Freshness.FRESH, 1)
        first = store.find(fresh)
        self.assertEqual(list(first.elements), [])
        assert first.cursor is not None
        second = store.find(NameQuery(fresh.selectors, fresh.freshness, 1, first.cursor))
        self.assertEqual([element.key.key for element in second.elements], ["fresh"])

    def test_boundedNames(self) -> None:
        """A page that passes over very many names without values ends early too."""
        store = MemoryStore(self.clock)
        names = [QName("urn:a", f"n{number:05}") for number in range(15_000)]
        self.done(store, Declare(names), Put(makeElement("{urn:a}z")))
        selectors = (NameSelector(QName("urn:a", "*")),)
        first = store.find(NameQuery(selectors, limit=1))
        self.assertEqual(list(first.elements), [])
        assert first.cursor is not None
        second = store.find(NameQuery(selectors, limit=1, cursor=first.cursor))
        self.assertEqual([element.key.name.localName for element in second.elements], ["z"])
