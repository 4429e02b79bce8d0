"""A disk that is full or broken: refused, nothing kept, and well again without a restart."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ServiceError
from gma_twisted.stores.journal.database import Database
from gma_twisted.stores.journal.file import JournalFile
from gma_twisted.stores.recording import Record
from gma_twisted.timing import toDeferred
from tests.stores.journal.stand import DictStore, JournalCase, put, remove


def failing(word: str, times: int = 1, code: int = sqlite3.SQLITE_IOERR) -> Callable[[str], None]:
    """Makes the next statements with a word fail."""
    left = [times]

    def fault(statement: str) -> None:
        if word in statement and left[0]:
            left[0] -= 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = code
            raise error

    return fault


class Breaking:
    """Does what it is asked, and says that it could not."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        """Done all the same."""
        self._connection.execute(statement, *arguments)
        raise sqlite3.OperationalError("disk I/O error")

    def close(self) -> None:
        """As it should."""
        self._connection.close()


class FaultTests(JournalCase):
    """Errors while a batch is written."""

    def setUp(self) -> None:
        """A journal with a row."""
        super().setUp()
        self.store = self.open()
        self.commit(self.store, put("a"))

    def busy(self, *records: Record) -> str:
        """The batch is refused. @return: the message"""

        async def attempt() -> None:
            await self.store.journal.record(records)

        message = str(self.failureResultOf(toDeferred(attempt()), Busy).value)
        self.assertIn(f"the journal {self.path} cannot be written now: ", message)
        return message

    def well(self) -> None:
        """It writes again, and what was refused is not there."""
        self.commit(self.store, put("well"), remove("a"))
        again = self.reopen(self.store)
        self.assertEqual(again.rows, self.store.rows)
        self.assertEqual(list(again.rows), [b"well"])
        self.close(again)

    def test_full(self) -> None:
        """A full disk refuses the batch; when there is room again the next one is written."""
        database = self.store.journal.database
        assert database._connection is not None
        [(pages,)] = database._connection.execute("PRAGMA page_count").fetchall()
        database._connection.execute(f"PRAGMA max_page_count = {pages}")
        for _ in range(3):
            message = self.busy(put("big", payload=bytes(100_000)), put("b"))
            self.assertIn("database or disk is full", message)
            self.assertNotIn("not known", message)
        database._connection.execute("PRAGMA max_page_count = 1000000")
        self.well()

    def test_fullOfParts(self) -> None:
        """A batch of several parts of which only the first had room leaves nothing."""
        database = self.store.journal.database
        assert database._connection is not None
        database._connection.execute("PRAGMA max_page_count = 300")
        self.busy(*(put(f"big{number}", payload=bytes(800_000)) for number in range(3)))
        database._connection.execute("PRAGMA max_page_count = 1000000")
        self.well()

    def test_inputOutput(self) -> None:
        """After an error of the disk the file is opened again; the batch was not there, so it is refused."""
        self.faults = failing("INSERT")
        self.assertNotIn("not known", self.busy(put("b")))
        self.well()

    def test_writtenAfterAll(self) -> None:
        """When the error came too late, and the batch is there and durable, it is acknowledged."""
        database = self.store.journal.database
        connection = database._connection
        assert connection is not None
        database._connection = Breaking(connection)  # type: ignore[assignment]
        self.commit(self.store, put("b"))
        self.assertEqual(self.reopen(self.store).rows, self.store.rows)

    def test_unknown(self) -> None:
        """When nobody can tell whether it is there, the refusal says so; it is taken away before the next."""
        database = self.store.journal.database
        connection = database._connection
        assert connection is not None
        self.faults = failing("checkpoint", 2)
        database._connection = Breaking(connection)  # type: ignore[assignment]
        self.assertIn("is not known", self.busy(put("b")))
        self.assertNotIn("is not known", self.busy(put("c")))
        self.well()

    def test_cleaningUndone(self) -> None:
        """Rows that a refused batch was to carry are carried by the next: none is lost with it."""
        self.slack = 0
        self.store = self.reopen(self.store)
        self.commit(self.store, put("stays", payload=bytes(1000)))
        for number in range(40):
            self.commit(self.store, put("b", payload=bytes(1000)))
            if number % 3 == 0:
                self.faults = failing("INSERT")
                self.busy(put("b", payload=bytes(900)))
        self.assertGreater(self.store.moves, 0)
        self.assertEqual(self.reopen(self.store).rows, self.store.rows)

    def test_checkpoint(self) -> None:
        """A checkpoint that fails is only told; batches go on."""
        self.faults = failing("PASSIVE", 100)
        self.store.journal._unsettled = 1 << 30
        self.commit(self.store, put("b"))
        self.commit(self.store, put("c"))
        self.assertEqual(self.reopen(self.store).rows, self.store.rows)

    def test_mark(self) -> None:
        """A mark that cannot be written is only told."""

        def broken(place: int) -> None:
            raise OSError("planted")

        class Broken:
            """A mark on a broken disk."""

            path = "the mark"
            write = staticmethod(broken)

            def close(self) -> None:
                """Nothing is open."""

        self.store.journal.database._mark = Broken()  # type: ignore[assignment]
        self.commit(self.store, put("b"))
        self.assertEqual(list(self.reopen(self.store).rows), [b"a", b"b"])

    def test_read(self) -> None:
        """After an error it is written again though somebody goes on reading; a kill then takes nothing away."""
        with closing(sqlite3.connect(self.path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM batches").fetchall()
            self.commit(self.store, put("b"))
            self.faults = failing("INSERT")
            self.busy(put("c"))
            self.commit(self.store, put("d"))
            self.commit(self.store, put("e"))
            self.crash(self.store)
        self.assertEqual(list(self.open().rows), [b"a", b"b", b"d", b"e"])


class PlaceTests(JournalCase):
    """The file is taken away under a journal that is open, and perhaps there is another one."""

    def setUp(self) -> None:
        """A journal with a row."""
        super().setUp()
        self.store = self.open()
        self.commit(self.store, put("a"))

    def refusal(self) -> str:
        """Why it writes no more."""
        error = self.assertRaises(Busy, self.store.journal.record, [put("lost")])
        return str(error)

    def remove(self) -> None:
        """As somebody who makes room for a restore."""
        for end in ("", "-wal", "-shm", ".mark"):
            os.unlink(self.path + end)

    def test_removed(self) -> None:
        """What nobody would find after a restart is not acknowledged; the log says why."""
        self.remove()
        why = (
            f"the journal {self.path} cannot be written now: it was removed meanwhile;"
            " restart the node, which then uses what is there"
        )
        self.assertEqual([self.refusal(), self.refusal()], [why, why])
        self.assertEqual(self.store.journal.database.refusal, why)
        self.assertFalse(os.path.exists(self.path))

    def test_replaced(self) -> None:
        """Another journal in its place is not written, not after an error either; the end of this one takes nothing."""
        self.remove()
        other = self.open()
        self.commit(other, put("b"))
        for _ in range(2):
            self.assertIn(
                "another file was put in its place meanwhile; restart the node", self.refusal()
            )
            self.store.journal.database._letGo()
        self.commit(other, put("c"))
        self.close(self.store)
        self.commit(other, put("d"))
        self.crash(other)
        self.assertEqual(list(self.open().rows), [b"b", b"c", b"d"])

    def test_before(self) -> None:
        """A connection that another file was put before is not used: nothing is written into that."""
        self.store.journal.database._letGo()
        os.rename(self.path, self.path + ".old")
        Path(self.path).write_bytes(b"")
        self.assertIn("another file", self.refusal())
        self.assertEqual(Path(self.path).read_bytes(), b"")

    def test_opened(self) -> None:
        """A file that came after the lock is not used."""
        self.close(self.store)
        file = JournalFile(self.path)
        file.hold()
        self.addCleanup(file.letGo)
        os.rename(self.path, self.path + ".old")
        Path(self.path).write_bytes(b"")
        self.assertRaises(FileExistsError, file.toWrite)

    def test_back(self) -> None:
        """One that is put back is written again."""
        os.rename(self.path, self.path + ".away")
        self.refusal()
        os.rename(self.path + ".away", self.path)
        self.commit(self.store, put("b"))
        self.assertEqual(list(self.reopen(self.store).rows), [b"a", b"b"])

    def test_copied(self) -> None:
        """A copy in its place is another file."""
        shutil.copyfile(self.path, self.path + ".copy")
        os.rename(self.path + ".copy", self.path)
        self.assertIn("another file", self.refusal())


class TellingTests(JournalCase):
    """The log hears of a failing disk once, not with every batch."""

    def test_once(self) -> None:
        """One line when it begins and one when it ends."""
        store = self.open()
        self.faults = failing("INSERT", 5)
        for _ in range(5):
            self.assertRaises(Busy, store.journal.record, [put("a")])
        self.assertTrue(store.journal._isFailing)
        self.commit(store, put("a"))
        self.assertFalse(store.journal._isFailing)
        self.assertIsInstance(store, DictStore)


class StartTests(SynchronousTestCase):
    """A journal that cannot be opened."""

    def test_notDamaged(self) -> None:
        """What is whole is not to be moved away: a full disk asks for room, and says that nothing is lost."""

        def full(file: JournalFile) -> sqlite3.Connection:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

        self.patch(JournalFile, "toWrite", full)
        database = Database(self.mktemp(), "rows")
        error = self.assertRaises(ServiceError, database.load, b"")
        self.assertIn("its room", error.message)
        self.assertNotIn("away", error.message)
