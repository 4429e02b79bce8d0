"""The journal stays small."""

import os
from random import Random

from gma_twisted.stores.recording import Record
from tests.stores.journal.stand import DictStore, JournalCase, extend, put, remove

_SLACK = 64 * 1024


class CleaningTests(JournalCase):
    """Total size and what is live; the slack is scaled down, so that a small load is a long one."""

    slack = _SLACK

    def bounded(self, store: DictStore) -> None:
        """It is within its bound."""
        journal = store.journal
        self.assertLessEqual(journal.total, 2 * journal.live + _SLACK)

    def live(self, store: DictStore) -> int:
        """What the rows take."""
        return sum(26 + len(r.key) + 8 + len(r.payload) for r in store.records())

    def test_extends(self) -> None:
        """Renewals without end keep it within twice what is live; all rows stay, and in their order."""
        store = self.open()
        keys = [f"{number:05}" for number in range(1000)]
        for at in range(0, 1000, 50):
            self.commit(store, *(put(key, payload=bytes(100)) for key in keys[at : at + 50]))
        random = Random(2)
        for round in range(1500):
            # Most are never renewed and stand at the front: all of them must be carried along.
            self.commit(
                store, *(extend(key, float(round)) for key in random.sample(keys[-50:], 16))
            )
            self.bounded(store)
        self.assertEqual(store.journal.live, self.live(store))
        self.assertGreater(store.moves, 2000)
        again = self.reopen(store)
        self.assertEqual(list(again.rows.items()), list(store.rows.items()))
        self.assertEqual(again.journal.live, self.live(store))
        self.assertEqual(again.journal.total, store.journal.total)

    def test_anyLoad(self) -> None:
        """Whatever is put, put again, renewed and removed, in batches of any size, it gives back the same rows."""
        for seed in range(4):
            random = Random(seed)
            self.path = self.mktemp()
            store = self.open()
            for round in range(300):
                self.commit(store, *[self.any(random) for _ in range(random.choice((1, 5, 40)))])
                if round % 100 == 50:
                    self.assertEqual(store.journal.live, self.live(store))
                    store = self.reopen(store)
            again = self.reopen(store)
            self.assertEqual(again.rows, store.rows)
            self.assertEqual(again.journal.live, self.live(store))
            self.close(again)

    def any(self, random: Random) -> Record:
        """Some change of some row."""
        key = str(random.randrange(60))
        kind = random.randrange(4)
        if kind == 0:
            return remove(key)
        if kind == 1:
            return extend(key, random.random())
        return put(key, random.random(), random.randbytes(random.choice((0, 30, 3000))))

    def test_killedWhileCleaning(self) -> None:
        """At no moment of a cleaning is anything lost."""
        store = self.open()
        for number in range(30):
            self.commit(store, put(f"stays{number}", payload=bytes(500)))
        for number in range(200):
            self.commit(store, put("changes", payload=bytes(2000)), remove(str(number)))
            if number % 5 == 0:
                self.crash(store)
                again = self.open()
                self.assertEqual(again.rows, store.rows)
                self.close(again)
        self.assertGreater(store.moves, 30)

    def test_inProportion(self) -> None:
        """A small batch carries little along, however much there is to clean up."""
        store = self.open()
        self.commit(store, *(put(f"{number:05}", payload=bytes(100)) for number in range(3000)))
        self.commit(store, *(remove(f"{number:05}") for number in range(0, 3000, 2)))
        for number in range(50):
            before, total = store.moves, store.journal.total
            self.commit(store, put("one", float(number)))
            self.assertLess(store.moves - before, 10)
            self.assertLess(store.journal.total, total + 2000)

    def test_allGone(self) -> None:
        """When every row has ended, the file becomes small again as other batches come."""
        store = self.open()
        for number in range(40):
            self.commit(store, put(str(number), payload=bytes(500_000)))
        for number in range(40):
            self.commit(store, remove(str(number)))
        self.assertEqual(store.journal.live, 0)
        before = store.journal.total
        for _ in range(12):
            self.commit(store, put("one", payload=bytes(900_000)))
        for _ in range(30):
            self.commit(store, put("one", payload=bytes(500_000)))
        self.assertLess(store.journal.total, before // 5)
        self.close(store)
        self.assertLess(os.path.getsize(self.path), before // 2)

    def test_withoutStore(self) -> None:
        """Before a store follows it, it knows nothing of rows and takes none away."""
        self.slack = 0
        journal = self.journal()
        store = DictStore(journal)
        self.result(journal.load(store.take))
        for number in range(50):
            self.commit(store, put("a", float(number)))
        self.assertEqual(self.reopen(store).rows, store.rows)

    def test_damagedMeanwhile(self) -> None:
        """What was damaged since it was loaded is not taken away: the next start names it."""
        self.slack = 1000  # looked at after the damage only
        store = self.open()
        connection = store.journal.database._connection
        assert connection is not None
        self.commit(store, put("a"))
        connection.execute("UPDATE batches SET body = ? WHERE place = 2", (bytes(90),))
        for number in range(20):
            self.commit(store, put("b", float(number)))
        self.close(store)
        self.assertEqual(self.rows("SELECT count(*) FROM batches WHERE place = 2"), [(1,)])
