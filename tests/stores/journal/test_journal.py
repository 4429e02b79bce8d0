"""The journal as a recorder: what it gives back, what it refuses, what it says."""

import math
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from random import Random

from twisted.internet.defer import Deferred

from gma_twisted.errors import Busy, ConfigError, ServiceError, TooLarge
from gma_twisted.stores.journal import Inline, Journal
from gma_twisted.stores.journal.file import JournalFile
from gma_twisted.stores.recording import Record, RecordKind
from gma_twisted.timing import toDeferred
from tests.stores.journal.stand import DictStore, JournalCase, extend, put, remove


class KeepingTests(JournalCase):
    """What was recorded is there again."""

    def test_reopened(self) -> None:
        """A journal opened again gives the same rows, in the order of their first PUT, with their places."""
        store = self.open()
        self.assertEqual(self.commit(store, put("a"), put("b"), put("c")), 2)
        self.assertEqual(self.commit(store, extend("b", math.inf), remove("a"), put("d")), 3)
        self.commit(store, put("c", payload=b""))
        again = self.reopen(store)
        self.assertEqual(list(again.rows.items()), list(store.rows.items()))
        self.assertEqual(self.commit(again, put("e")), 5)

    def test_killed(self) -> None:
        """After kill -9 everything acknowledged is there."""
        store = self.open()
        random = Random(1)
        for number in range(50):
            self.commit(store, put(str(random.randrange(20))), remove(str(random.randrange(20))))
            if number % 10 == 0:
                self.crash(store)
                self.assertEqual(self.open().records(), store.records())

    def test_slices(self) -> None:
        """Many rows come in slices of 250, each in a turn of its own."""
        store = self.open()
        self.commit(store, *(put(f"{number:04}") for number in range(625)))
        self.close(store)
        again = DictStore(self.journal())
        loading = toDeferred(again.journal.load(again.take))
        self.assertEqual(again.slices, [250])
        self.assertRaises(Busy, again.journal.record, [put("early")])
        self.assertEqual(self.result(loading), None)
        self.assertEqual((again.slices, again.rows), ([250, 250, 125], store.rows))
        self.close(again)

    def test_slicesOfBigRows(self) -> None:
        """Of big rows a slice has fewer: a turn is not held up by their bytes."""
        store = self.open()
        self.commit(store, *(put(f"{number}", payload=bytes(50_000)) for number in range(7)))
        self.commit(store, put("huge", payload=bytes(3_000_000)), put("small"))
        self.close(store)
        again = self.open()
        self.assertEqual((again.slices, again.rows), ([3, 3, 2, 1], store.rows))

    def test_stoppedWhileLoading(self) -> None:
        """A journal that is stopped while it is loaded takes nothing afterwards, and can be loaded again."""
        store = self.open()
        self.commit(store, *(put(f"{number:04}") for number in range(1500)))
        self.close(store)
        loading = toDeferred(store.journal.load(store.take))
        self.close(store)
        self.result(loading)
        self.assertRaises(Busy, store.journal.record, [put("late")])
        self.result(store.journal.load(store.take))
        self.commit(store, put("late"))

    def test_nothing(self) -> None:
        """Nothing to record costs no batch."""
        store = self.open()
        place = self.commit(store, put("a"))
        total = store.journal.total
        self.assertEqual(self.commit(store), place)
        self.assertEqual(store.journal.total, total)

    def test_forTheOwner(self) -> None:
        """Its files can be read by their owner only."""
        before = os.umask(0)
        try:
            store = self.open()
            self.commit(store, put("a"))
        finally:
            os.umask(before)
        for end in ("", "-wal", ".mark"):
            self.assertEqual(stat.S_IMODE(os.stat(self.path + end).st_mode), 0o600)

    def test_oneWriter(self) -> None:
        """A second one that opens it is refused before it reads or changes anything, until the first has ended."""
        store = self.open()
        self.commit(store, put("a"))
        statements: list[str] = []
        self.faults = statements.append
        said = f"the journal {self.path} cannot be opened: another process writes it"
        self.assertEqual((self.refused(ServiceError), statements), (said, []))
        self.commit(store, put("b"))
        self.assertEqual(self.reopen(store).rows, store.rows)

    def test_readers(self) -> None:
        """Others read it while it is written, all of a moment, and hold nothing up; an end leaves nothing of them."""
        store = self.open()
        self.commit(store, put("a"))
        opened = JournalFile(self.path).toRead()
        assert opened is not None
        with closing(opened) as reader:
            reader.execute("BEGIN")
            count = "SELECT count(*) FROM batches"
            self.assertEqual(reader.execute(count).fetchall(), [(2,)])
            self.commit(store, put("b"))
            store.journal.database.settle()
            self.commit(store, put("c"))
            self.assertEqual(reader.execute(count).fetchall(), [(2,)])
            reader.execute("COMMIT")
            self.assertEqual(reader.execute(count).fetchall(), [(4,)])
            self.assertEqual(store.journal.database.troubles, [])
        self.close(store)
        path = Path(self.path)
        left = {one.name.removeprefix(path.name) for one in path.parent.glob(f"{path.name}*")}
        self.assertEqual(left, {"", ".mark"})
        self.assertEqual(self.open().rows, store.rows)

    def test_tooLarge(self) -> None:
        """A record larger than 16 MiB is refused by its key; the journal goes on."""
        store = self.open()
        big = put("big", payload=bytes(16 * 1024 * 1024))
        error = self.assertRaises(TooLarge, store.journal.record, [put("a"), big])
        self.assertIn("the record of big has", str(error))
        self.commit(store, put("b"))
        self.assertEqual(self.reopen(store).rows, store.rows)

    def test_oneAtATime(self) -> None:
        """A batch that comes while another is written is refused; a failure then is told to who waits."""
        started: list[Deferred[None]] = []

        class Slow(Inline):
            """Runs nothing by itself."""

            def run(self, job):  # type: ignore[no-untyped-def]
                started.append(Deferred())
                return started[-1]

        store = self.open()
        store.journal.worker = Slow()
        first = toDeferred(store.journal.record([put("a")]))
        error = self.assertRaises(Busy, store.journal.record, [put("b")])
        self.assertIn("is writing a batch", str(error))
        started[0].errback(Busy("planted"))
        self.failureResultOf(first, Busy)
        second = toDeferred(store.journal.record([put("b")]))
        started[1].callback(None)
        self.assertEqual(self.successResultOf(second), 2)
        store.journal.worker = Inline()
        self.close(store)

    def test_synchronous(self) -> None:
        """A batch is on the disk before it is acknowledged, and SQLite makes no checkpoint on the way."""
        journal = Journal(self.path, "test", self.clock, Inline(), lambda: "boot")
        self.result(journal.load(lambda rows: None))
        connection = journal.database._connection
        assert connection is not None
        for pragma, value in (
            ("synchronous", 2),
            ("journal_mode", "wal"),
            ("wal_autocheckpoint", 0),
        ):
            self.assertEqual(connection.execute(f"PRAGMA {pragma}").fetchall(), [(value,)])
        self.result(journal.stop())


class InstantTests(JournalCase):
    """Instants when the process or the machine was started again."""

    def until(self) -> float:
        """The instant of the only row."""
        [row] = self.open().rows.values()
        return row.record.instants[0]

    def test_sameBoot(self) -> None:
        """A restart of the process changes no instant, whatever the wall clock says."""
        store = self.open()
        self.commit(store, put("a", 1500.25))
        self.close(store)
        self.wall -= 1e6
        self.time.advance(77.0)
        self.assertEqual(self.until(), 1500.25)

    def test_reboot(self) -> None:
        """After an hour down an hour is missing; the moment that counts is that of the last batch of that boot."""
        store = self.open()
        self.commit(store, Record(RecordKind.PUT, b"a", (9000.0, math.inf, -math.inf)))
        self.time.rightNow, self.wall = 3000.0, self.wall + 2000.0
        self.commit(store, remove("x"))
        self.close(store)
        self.boot, self.time.rightNow, self.wall = "boot two", 10.0, self.wall + 3600.0
        [row] = self.open().rows.values()
        # 6000 s were left.
        self.assertEqual(row.record.instants, (10.0 + 6000.0 - 3600.0, math.inf, -math.inf))

    def test_twoReboots(self) -> None:
        """Each row is reckoned from the last batch of its own boot."""
        store = self.open()
        self.commit(store, put("a", 9000.0), put("b", 9000.0))
        self.close(store)
        self.boot, self.time.rightNow, self.wall = "boot two", 10.0, self.wall + 100.0
        store = self.open()
        self.commit(store, extend("b", 500.0))
        self.close(store)
        self.boot, self.time.rightNow, self.wall = "boot three", 20.0, self.wall + 30.0
        rows = {stored.record.key: stored.record.instants for stored in self.open().rows.values()}
        self.assertEqual(rows, {b"a": (20.0 + 8000.0 - 130.0,), b"b": (20.0 + 490.0 - 30.0,)})


class RefusalTests(JournalCase):
    """What cannot be used is refused in one sentence, and nothing on the disk is changed."""

    def setUp(self) -> None:
        """A journal of three batches with a row each."""
        super().setUp()
        store = self.open()
        self.commit(store, put("a"))
        self.commit(store, put("b"))
        self.crash(store)

    def test_lostTail(self) -> None:
        """When SQLite drops the end of its log without a word, the mark knows, again and again."""
        os.remove(self.path + "-wal")
        message = self.refused(ServiceError)
        self.assertIn(self.path, message)
        # Without the log nothing is left of this journal but its empty file.
        self.assertIn("it is empty, though 3 batches were written", message)
        self.assertEqual(message, self.refused(ServiceError))

    def test_damagedTail(self) -> None:
        """A flipped bit in the last batch of the log is refused, and the log is left as it was."""
        with open(self.path + "-wal", "r+b") as file:
            file.seek(-2000, os.SEEK_END)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        before = Path(self.path + "-wal").read_bytes()
        self.assertIn("batches 3 to 3 are missing at its end", self.refused(ServiceError))
        self.assertEqual(Path(self.path + "-wal").read_bytes(), before)

    def test_goOnWithout(self) -> None:
        """Who removes the mark goes on with what is there."""
        with open(self.path + "-wal", "r+b") as file:
            file.seek(-2000, os.SEEK_END)
            file.write(bytes(2000))
        self.refused(ServiceError)
        os.remove(self.path + ".mark")
        self.assertEqual(list(self.open().rows), [b"a"])

    def test_missingFile(self) -> None:
        """A journal of which only the mark is there is refused."""
        os.remove(self.path)
        os.remove(self.path + "-wal")
        self.assertIn("3 batches were written", self.refused(ServiceError))
        self.assertFalse(os.path.exists(self.path))

    def test_badMark(self) -> None:
        """An unreadable mark is made again: the journal itself is in order."""
        for data in (b"", b"gmaM", bytes(16), bytes(17)):
            with open(self.path + ".mark", "wb") as file:
                file.write(data)
            store = self.open()
            self.assertEqual(list(store.rows), [b"a", b"b"])
            self.assertEqual(store.journal.database._mark.read(), 3)
            self.close(store)

    def test_gap(self) -> None:
        """A batch taken out of the middle or the beginning is missed."""
        self.rows("DELETE FROM batches WHERE place = 2")
        self.assertIn("batches 2 to 2 are missing", self.refused(ServiceError))
        self.rows("DELETE FROM batches WHERE place = 1")
        self.assertIn("batches 1 to 2 are missing", self.refused(ServiceError))
        self.rows("DELETE FROM batches")
        self.assertIn("it has no batch", self.refused(ServiceError))

    def test_otherKind(self) -> None:
        """A journal of registrations is none of service data."""
        loading = self.journal("service data").load(lambda rows: None)
        error = self.failureResultOf(toDeferred(loading), ConfigError).value
        self.assertEqual(str(error), f"the journal {self.path} is not one of service data")

    def test_otherVersion(self) -> None:
        """A journal this program cannot read, of another format, is called that."""
        self.rows("PRAGMA user_version = 2")
        self.assertEqual(list(self.open().rows), [b"a", b"b"])
        self.path = self.mktemp()
        self.rows("CREATE TABLE batches (place INTEGER PRIMARY KEY, body BLOB)")
        self.rows("INSERT INTO batches VALUES (1, 'unknown')")
        self.rows("PRAGMA user_version = 2")
        self.assertIn("has format 2, this program writes 1", self.refused(ConfigError))

    def test_noJournal(self) -> None:
        """A file that is something else is refused and left alone."""
        self.path = self.mktemp()
        with open(self.path, "wb") as file:
            file.write(b"something else " * 1000)
        self.assertIn("file is not a database", self.refused(ServiceError))
        self.path = self.mktemp()
        self.rows("CREATE TABLE other (a)")
        self.assertIn("it has no table batches", self.refused(ServiceError))

    def test_noDirectory(self) -> None:
        """A place that cannot be opened is refused by name."""
        self.path = os.path.join(self.mktemp(), "nowhere.db")
        self.assertIn(self.path, self.refused(ServiceError))

    def test_firstMoment(self) -> None:
        """What is left when a new journal was killed in its first moment is a new journal."""
        for make in (self.touched, self.unfinished):
            self.path = self.mktemp()
            make()
            store = self.open()
            self.commit(store, put("a"))
            self.assertEqual(self.reopen(store).rows, store.rows)

    def touched(self) -> None:
        """The file was made, no more."""
        open(self.path, "wb").close()

    def unfinished(self) -> None:
        """SQLite wrote its head, no more."""
        self.rows("PRAGMA journal_mode = WAL")
        self.assertEqual(self.rows("SELECT * FROM sqlite_master"), [])

    def test_everywhere(self) -> None:
        """Wherever in the files a byte is changed, rows are as they were, or named as lost, or all is refused."""
        store = self.open()
        for number in range(12):
            self.commit(store, put(f"k{number}", payload=bytes(800)), extend("b", float(number)))
        random = Random(5)
        outcomes = {"whole": 0, "lost": 0, "refused": 0}
        for isCrash in (True, False):
            if not isCrash:
                self.close(store)
            original = store.journal.path
            files = [original + end for end in ("", "-wal") if os.path.exists(original + end)]
            for _ in range(150):
                name = random.choice(files)
                self.crash(store)
                with open(name.replace(original, self.path), "r+b") as file:
                    file.seek(random.randrange(os.path.getsize(name)))
                    byte = file.read(1)
                    file.seek(-1, os.SEEK_CUR)
                    file.write(bytes([byte[0] ^ random.randrange(1, 256)]))
                outcomes[self.outcome(store)] += 1
        self.assertGreater(min(outcomes.values()), 10)

    def outcome(self, store: DictStore) -> str:
        """What loading comes to; only what is allowed."""
        journal = self.journal()
        again = DictStore(journal)
        loading = toDeferred(journal.load(again.take))
        error: list[object] = []
        _ = loading.addErrback(lambda failure: error.append(failure.value))
        if error:
            self.assertIsInstance(error[0], ServiceError | ConfigError)
            self.assertIn(self.path, str(error[0]))
            return "refused"
        self.result(journal.stop())
        self.flushLoggedErrors()
        for key, stored in again.rows.items():
            self.assertEqual(stored, store.rows[key])
        if len(again.rows) == len(store.rows):
            return "whole"
        self.assertTrue([one for one in journal.quarantined if one.lost])
        return "lost"


class QuarantineTests(JournalCase):
    """A damaged record is named and kept aside."""

    def setUp(self) -> None:
        """A journal with a damaged record."""
        super().setUp()
        store = self.open()
        self.commit(store, put("a"), put("b", payload=b"damage me"), put("c"))
        self.close(store)
        [(body,)] = self.rows("SELECT body FROM batches WHERE place = 2")
        self.body = body.replace(b"damage me", b"damaged !")
        self.rows("UPDATE batches SET body = ? WHERE place = 2", self.body)

    def test_named(self) -> None:
        """The rest is served, the record is named; so it is at every start until it is cleaned up."""
        for _ in range(2):
            store = self.open()
            self.assertEqual(store.records(), [put("a"), put("c")])
            journal = store.journal
            [one] = journal.quarantined
            self.assertEqual((one.place, one.number, one.key, one.lost), (2, 1, b"b", True))
            self.assertEqual(journal.damaged, 1)
            self.close(store)

    def test_keptAside(self) -> None:
        """Its bytes are in the table quarantine, once."""
        self.close(self.open())
        self.close(self.open())
        [(place, number, why, body)] = self.rows("SELECT * FROM quarantine")
        self.assertEqual((place, number, why), (2, 1, "its content is damaged"))
        self.assertIn(b"damaged !", body)
        self.assertIn(body, self.body)

    def test_notKeptAside(self) -> None:
        """When they cannot be kept, the rest is served all the same, and can be written."""

        def fail(statement: str) -> None:
            if "quarantine" in statement:
                raise sqlite3.OperationalError("planted")

        self.faults = fail
        store = self.open()
        self.assertEqual(store.records(), [put("a"), put("c")])
        self.commit(store, put("d"))
        self.faults = lambda statement: None
        self.assertEqual(self.reopen(store).records(), [put("a"), put("c"), put("d")])

    def test_putAgain(self) -> None:
        """The row can be put again, and is served from then on."""
        store = self.open()
        self.commit(store, put("b", payload=b"new"))
        again = self.reopen(store)
        self.assertEqual(again.rows, store.rows)
        self.assertFalse(again.journal.quarantined[0].lost)
