"""The memory store on a journal."""

import attrs
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import Declare, Extend, Lifetime, Put, QName, Remove
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.elementrecords import putOf
from gma_twisted.stores.journal import Inline, Journal
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.testing.stores import StoreContract
from gma_twisted.testing.stores.stand import StoreStand
from gma_twisted.timing import NodeClock, toDeferred
from tests.stores.journal.stand import SLACK, quickJournal


class DurableStoreContract(StoreContract, SynchronousTestCase):
    """A memory store with a journal keeps the contract."""

    def makeStore(self, clock: NodeClock) -> IServiceDataStore:
        """A store on a new journal."""
        return MemoryStore(clock, recorder=quickJournal(self.mktemp(), "service data", clock))


class RestartTests(StoreStand, SynchronousTestCase):
    """What a store finds when it is started again."""

    path = ""
    slack = SLACK

    def makeStore(self, clock: NodeClock) -> MemoryStore:
        """A store on the journal of this case."""
        self.path = self.path or self.mktemp()
        journal = quickJournal(self.path, "service data", clock, self.slack)
        return MemoryStore(clock, recorder=journal)

    def restart(self) -> None:
        """Another store on the same journal."""
        self.result(self.store.stop())
        self.store = self.makeStore(self.clock)
        self.heard = []
        self.store.observe(self.heard.append)
        self.result(self.store.start())

    def test_sameValues(self) -> None:
        """Every value is there again, whole, in its order; declarations are not."""
        values = [
            makeElement(key=str(number), lifetime=Lifetime(0.0, 5.0, 50.0)) for number in range(9)
        ]
        self.commit(Declare([QName("urn:a", "none")]), *map(Put, values))
        self.commit(Extend(values[3].key, Lifetime(1.0, 6.0, 60.0)), Remove(values[5].key))
        self.commit(Put(makeElement(key="2", text="other")))
        found = [self.store.get(value.key) for value in values]
        order = self.found("{urn:a}one")
        self.restart()
        self.assertEqual([self.store.get(value.key) for value in values], found)
        self.assertEqual(self.found("{urn:a}one"), order)
        self.assertEqual(list(self.store.names()), [QName("urn:a", "one")])
        self.assertEqual(self.heard, [])

    def test_sameContent(self) -> None:
        """A value whose content stayed, but not when and over whom it came, is kept as it is now."""
        value = makeElement()
        newer = attrs.evolve(
            value, created=1e9, path=("a", "b"), sequence=7, lifetime=Lifetime(1.0, 2.0, 3.0)
        )
        self.commit(Put(value))
        self.commit(Put(newer))
        self.restart()
        self.assertEqual(self.store.get(value.key), newer)

    def test_quiet(self) -> None:
        """What was put quietly is as durable as anything."""
        old, new = makeElement(text="1"), makeElement(text="2")
        self.commit(Put(old))
        self.commit(Put(new, isQuiet=True))
        self.restart()
        self.assertEqual(self.store.get(old.key), new)

    def test_stale(self) -> None:
        """Stale values are served at once; what has gone meanwhile is not, and is told as gone soon."""
        stale = makeElement(key="stale", lifetime=Lifetime(0.0, 1.0, 100.0))
        gone = makeElement(key="gone", lifetime=Lifetime(0.0, 1.0, 2.0))
        self.commit(Put(stale), Put(gone))
        self.result(self.store.stop())
        self.time.rightNow = 50.0
        self.restart()
        self.assertEqual(self.found("{urn:a}one"), ["http://a/ stale 1"])
        self.sweep()
        self.assertEqual([change.key for change in self.changes()], [gone.key])
        self.restart()
        self.sweep()
        self.assertEqual(self.heard, [])

    def test_startedAgain(self) -> None:
        """The same store may be stopped and started; its values are there once."""
        self.commit(Put(makeElement()), Put(makeElement(key="2")))
        self.result(self.store.stop())
        self.result(self.store.start())
        self.assertEqual(len(self.found("{urn:a}one")), 2)
        self.commit(Put(makeElement(key="3")))
        self.restart()
        self.assertEqual(len(self.found("{urn:a}one")), 3)

    def test_notStarted(self) -> None:
        """Before it is loaded nothing can be committed."""
        self.store = self.makeStore(self.clock)
        error = self.refused(Busy, Put(makeElement()))
        self.assertIn("is not open", error.message)

    def test_slowWorker(self) -> None:
        """Commits wait for the disk; what comes meanwhile is one batch."""
        waiting: list[Deferred[None]] = []
        jobs: list[object] = []

        class Slow(Inline):
            """Runs a job when it is told to."""

            def run(self, job):  # type: ignore[no-untyped-def]
                waiting.append(Deferred())
                jobs.append(job)
                return waiting[-1].addCallback(lambda _: job())

        assert isinstance(self.store, MemoryStore)
        journal = self.store.recorder
        assert isinstance(journal, Journal)
        journal.worker = Slow()
        answers = [
            toDeferred(self.store.commit([Put(makeElement(key=str(number)))]))
            for number in range(5)
        ]
        self.assertEqual((len(jobs), len(self.store)), (1, 0))
        waiting[0].callback(None)
        self.assertEqual((len(jobs), len(self.store)), (2, 1))
        waiting[1].callback(None)
        self.assertEqual([self.successResultOf(each).revision for each in answers], [1, 2, 3, 4, 5])
        journal.worker = Inline()
        self.restart()
        self.assertEqual(len(self.found("{urn:a}one")), 5)

    def test_places(self) -> None:
        """A value is where it was last put; an extension moves it nowhere."""
        assert isinstance(self.store, MemoryStore)
        value = makeElement()
        key = putOf(value).key
        places = []
        newer = attrs.evolve(value, created=1.0)
        for change in (
            Put(value),
            Extend(value.key, Lifetime(0.0, 9.0)),
            Put(newer),
            Put(newer.withLifetime(Lifetime(0.0, 8.0))),
            Put(makeElement(text="other")),
        ):
            self.commit(change)
            stored = self.store._current(key)
            assert stored is not None
            places.append(stored.place)
        self.assertEqual(places, [2, 2, 4, 4, 6])
        stored = self.store._current(key)
        self.restart()
        assert isinstance(self.store, MemoryStore)
        self.assertEqual(self.store._current(key), stored)

    def test_cleaned(self) -> None:
        """A store whose values are renewed and replaced for long keeps its journal small, and all of them."""
        self.slack = 16 * 1024
        self.restart()
        assert isinstance(self.store, MemoryStore)
        journal = self.store.recorder
        assert isinstance(journal, Journal)
        stays = makeElement(key="stays")
        refreshed = attrs.evolve(makeElement(key="refreshed"), created=1.0)
        self.commit(Put(stays), Put(refreshed))
        self.commit(Put(attrs.evolve(refreshed, created=2.0)))
        for number in range(300):
            text = str(number % 7) * 500
            self.commit(Put(makeElement(key=str(number % 5), text=text)))
            self.commit(Extend(stays.key, Lifetime(0.0, 1e6 + number)))
        self.assertLess(journal.total, 2 * journal.live + 16 * 1024)
        order = self.found("{urn:a}one")
        self.restart()
        self.assertEqual(sorted(self.found("{urn:a}one")), sorted(order))
        self.assertEqual(self.store.get(refreshed.key), attrs.evolve(refreshed, created=2.0))
        kept = self.store.get(stays.key)
        assert kept is not None
        self.assertEqual(kept.lifetime, Lifetime(0.0, 1e6 + 299))
