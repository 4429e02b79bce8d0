"""The archive of events when the disk does not do its part."""

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ConfigError, ParameterError
from gma_twisted.events.archive import EventArchive
from gma_twisted.stores.journal.worker import Inline
from gma_twisted.testing.archive import storedEvent
from gma_twisted.timing import toDeferred
from tests.events.archivestand import FileStand

_REBOOTED = "UPDATE meta SET value = 'another' WHERE key = 'boot'"


class FailingTests(FileStand, SynchronousTestCase):
    """The disk is full, or the file is not what it should be."""

    def full(self, isFull: bool) -> None:
        """Have room for nothing more, or for all."""
        connection = self.file._writer._connection
        [(pages,)] = connection.execute("PRAGMA page_count").fetchall()
        most = pages if isFull else 10**6
        connection.execute(f"PRAGMA max_page_count = {most}").fetchall()

    def big(self, first: int) -> list[object]:
        """More than fits on what is left of a page."""
        return [storedEvent(n, text="x" * 60_000) for n in range(first, first + 10)]

    def test_full(self) -> None:
        """A full disk refuses what comes, keeps what there was, and goes on by itself when there is room."""
        self.append(storedEvent(1), place="1")
        self.full(True)
        for _ in range(2):
            work = toDeferred(self.archive.append(self.big(2), {"place": "2"}))  # type: ignore[arg-type]
            error = self.failureResultOf(work, Busy).value
            self.assertIn("full", error.message)
            self.assertIn("make room", error.message)
        self.assertEqual(self.found(), [1])
        self.assertEqual(dict(self.archive.positions()), {"place": "1"})
        self.assertEqual(self.file.counts()["refused"], 2)
        self.full(False)
        self.append(*self.big(2), place="2")  # type: ignore[arg-type]
        self.assertEqual(self.found(), list(range(1, 12)))
        self.reopen()
        self.assertEqual(self.found(), list(range(1, 12)))
        self.assertEqual(dict(self.archive.positions()), {"place": "2"})

    def test_fullNames(self) -> None:
        """A name that came first in a batch that was refused is known when it comes again."""
        self.append(storedEvent(1))
        self.full(True)
        events = [storedEvent(n, "other", text="x" * 60_000) for n in range(2, 12)]
        self.failureResultOf(toDeferred(self.archive.append(events)), Busy)
        self.full(False)
        self.append(*events)
        self.assertEqual(self.found("other"), list(range(2, 12)))

    def test_unkeptNumbers(self) -> None:
        """Numbers that were given to events the disk did not take are not given again, not even after a kill."""
        self.append(storedEvent(1))
        self.archive.lose([storedEvent(7)])
        self.killed()
        self.assertGreaterEqual(self.archive.last, 7)
        page = self.result(self.archive.between(0, 9, 9))
        self.assertGreaterEqual(page.lostNumber, 7)

    def test_toldEarly(self) -> None:
        """Nor are those of events that were told while the disk had them, and were not on it when the kill came."""
        self.append(storedEvent(1))
        self.writer.isHeld = True
        _ = self.archive.append([storedEvent(number) for number in range(2, 6)])
        self.result(self.archive.reserve(5))
        self.writer.isHeld = False
        self.killed()
        self.assertGreaterEqual(self.archive.last, 5)
        page = self.result(self.archive.between(1, 5, 9))
        self.assertEqual(list(page.found), [])
        self.assertGreaterEqual(page.lostNumber, 5)

    def test_toldEarlyPowerLoss(self) -> None:
        """Nor are they after a power loss, which takes all of what was not brought to the disk; that is said."""
        lock = Path(f"{self.path}.lock")
        sure: list[bytes] = [b"0" * 20]
        sync = os.fdatasync

        def note(file: int) -> None:
            sync(file)
            sure.append(lock.read_bytes())

        self.patch(os, "fdatasync", note)
        self.append(storedEvent(1))
        self.writer.isHeld = True
        _ = self.archive.append([storedEvent(number) for number in range(2, 6)])
        self.result(self.archive.reserve(5))
        self.assertEqual(len(sure), 2 if self.synchronous == "full" else 1)
        self.result(self.archive.reserve(4))
        self.assertEqual(len(sure), 2 if self.synchronous == "full" else 1)
        self.writer.isHeld = False
        self.killed(_REBOOTED, lock=sure[-1])
        page = self.result(self.archive.between(1, 5, 9))
        self.assertEqual((list(page.found), page.lostNumber >= 5), ([], True))

    def test_securing(self) -> None:
        """The reactor does not wait for that; who asks does, each time that it is not done yet."""
        self.reader.isHeld = True
        first, second = (toDeferred(self._reserve(number)) for number in (5, 6))
        if self.synchronous == "full":
            self.assertNoResult(first)
            self.assertNoResult(second)
        self.reader.go()
        self.successResultOf(first)
        self.successResultOf(second)
        # The database knows of all: what comes then is reserved anew.
        self.archive.lose([storedEvent(6)])
        self.append(storedEvent(7))
        self.reader.isHeld = True
        third = toDeferred(self._reserve(8))
        if self.synchronous == "full":
            self.assertNoResult(third)
        self.reader.go()
        self.successResultOf(third)

    def test_unsecured(self) -> None:
        """Where the disk does not take it nobody is kept waiting; it is said once."""

        def fail(*_: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        self.patch(os, "fdatasync", fail)
        for number in (3, 4):
            self.result(self.archive.reserve(number))
        self.assertEqual(
            len(self.flushLoggedErrors(OSError)), 1 if self.synchronous == "full" else 0
        )

    async def _reserve(self, number: int) -> None:
        await self.archive.reserve(number)

    def test_reservedAgain(self) -> None:
        """What could not be written down is tried again soon, not at each number, and said once."""
        write, tries = os.pwrite, []

        def fail(*_: object) -> int:
            tries.append(0)
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        with self.patched(os, "pwrite", fail):
            for number in range(1, 4000):
                self.result(self.archive.reserve(number))
        self.assertEqual((len(tries), len(self.flushLoggedErrors(OSError))), (4, 1))
        with self.patched(os, "pwrite", write):
            for number in range(4000, 5002):
                self.result(self.archive.reserve(number))
        self.killed()
        self.assertGreater(self.archive.last, 5000)

    def test_keptAfterAll(self) -> None:
        """Once the disk has them a kill loses nothing, and numbers go on where they were."""
        self.writer.isHeld = True
        _ = self.archive.append([storedEvent(1), storedEvent(2)])
        self.result(self.archive.reserve(2))
        self.writer.go()
        self.killed()
        self.assertEqual(self.archive.last, 2)
        page = self.result(self.archive.between(0, 2, 9))
        self.assertEqual((len(page.found), page.lostNumber), (2, 0))

    def killed(self, *statements: str, lock: bytes | None = None) -> None:
        """
        Go on with what a kill would leave: nothing more is written.

        @param statements: done to it first
        @param lock: what the file beside it has; C{None}: as it is
        """
        killed = self.file
        killed._file.release()
        killed._writer._connection.close()
        for one in statements:
            self.sql(one)
        if lock is not None:
            Path(f"{self.path}.lock").write_bytes(lock)
        self.archive = self.makeArchive()
        self.result(self.archive.start())
        if killed._call is not None:
            killed._call.cancel()
        killed._isOver = True

    def test_powerLoss(self) -> None:
        """After the machine went down, numbers that may have been told are not given again, unless it was closed."""
        self.append(storedEvent(1))
        self.reopen()
        self.assertEqual(self.archive.last, 1)
        self.append(storedEvent(2))
        self.killed(_REBOOTED)
        self.assertGreater(self.archive.last, 1_000_000)
        self.assertEqual(self.found(), [1, 2])

    def test_powerLossAtOnce(self) -> None:
        """That it was opened is on the disk before anything is told, so what came first may be lost as well."""
        self.append(storedEvent(1))
        self.reopen()
        self.killed(_REBOOTED)
        self.assertGreater(self.archive.last, 1_000_000)
        page = self.result(self.archive.between(1, self.archive.last, 9))
        self.assertEqual(page.lostNumber, self.archive.last if self.synchronous == "normal" else 0)
        self.assertFalse(self.sql("SELECT 1 FROM meta WHERE key = 'isClosed' AND value"))

    def test_newLife(self) -> None:
        """Who takes the life out of the copy of an archive has a new one made."""
        life = self.archive.life
        self.result(self.archive.stop())
        self.sql("DELETE FROM meta WHERE key = 'life'")
        self.open()
        self.assertNotEqual(self.archive.life, life)
        self.assertTrue(self.archive.life[0].isalpha())

    def test_madeFirst(self) -> None:
        """One of the first version learns the last event of each name; positions are as they were."""
        self.append(storedEvent(1), storedEvent(2, "disk"), storedEvent(3))
        self.result(self.archive.stop())
        self.sql("PRAGMA user_version = 1")
        self.sql("DROP TABLE latest")
        self.sql("DROP TABLE lost")
        self.sql("UPDATE meta SET value = 1 WHERE key = 'lostNumber'")
        self.sql("DELETE FROM meta WHERE key = 'lostOther'")
        self.sql("DROP TABLE positions")
        self.sql("CREATE TABLE positions (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID")
        self.sql("INSERT INTO positions VALUES ('a', '1')")
        self.open()
        self.append(storedEvent(4, "net"), b="2")
        self.reopen()
        self.assertEqual(self.latest(10), [4, 3, 2])
        self.assertEqual(dict(self.archive.positions()), {"a": "1", "b": "2"})
        page = self.result(self.archive.between(0, 9, 9, "disk"))
        self.assertEqual(page.lostNumber, 1)
        self.assertEqual(self.sql("PRAGMA user_version"), [(2,)])

    def test_usedByFirst(self) -> None:
        """What a program of the first version did not know of is made anew when one has written to it."""
        self.append(storedEvent(1), storedEvent(2, "disk"), a="1")
        self.result(self.archive.stop())
        self.sql("PRAGMA user_version = 1")
        # It keeps 3 in place of 1, lets 2 go, and knows of one number only.
        self.sql("UPDATE events SET number = 3 WHERE number = 1")
        self.sql("DELETE FROM events WHERE number = 2")
        self.sql("UPDATE meta SET value = 2 WHERE key = 'lostNumber'")
        self.open()
        self.assertEqual((self.latest(10), dict(self.archive.positions())), ([3], {"a": "1"}))
        page = self.result(self.archive.between(0, 9, 9, "disk"))
        self.assertEqual(page.lostNumber, 2)

    def test_two(self) -> None:
        """A second one on the same file is refused, and the first goes on."""
        other = self.makeArchive()
        error = self.failureResultOf(toDeferred(other.start()), ConfigError).value
        self.assertIn("held by another process", error.message)
        self.append(storedEvent(1))
        self.assertEqual(self.found(), [1])

    def refused(self) -> str:
        """Why it cannot be opened; and the file is as it was."""
        before = self.path.read_bytes()
        error = self.failureResultOf(toDeferred(self.makeArchive().start()), ConfigError).value
        self.assertEqual(self.path.read_bytes(), before)
        return str(error.message)

    def test_damaged(self) -> None:
        """A file that is damaged is not written over: the message says what to do."""
        self.append(*(storedEvent(n) for n in range(1, 100)))
        self.result(self.archive.stop())
        whole = self.path.read_bytes()
        self.path.write_bytes(b"x" * 4096 + whole[4096:])
        self.assertIn("move it aside", self.refused())
        self.path.write_bytes(whole[:100] + b"x" * 5000)
        self.assertIn("move it aside", self.refused())
        self.path.write_bytes(whole)
        self.open()

    def test_another(self) -> None:
        """A database of somebody else, or of a later version, is not touched."""
        self.result(self.archive.stop())
        self.sql("PRAGMA user_version = 99")
        self.assertIn("version 99", self.refused())
        self.sql("PRAGMA application_id = 5")
        self.assertIn("no archive of events", self.refused())
        self.sql("PRAGMA application_id = 1735221605")
        self.sql("PRAGMA user_version = 1")
        self.open()

    def test_locked(self) -> None:
        """Where somebody else writes to the database, what comes is refused and may come again."""
        other = sqlite3.connect(self.path, isolation_level=None)
        self.file._writer._connection.execute("PRAGMA busy_timeout = 1").fetchall()
        other.execute("BEGIN IMMEDIATE")
        error = self.failureResultOf(toDeferred(self.archive.append([storedEvent(1)])), Busy).value
        self.assertIn("another program", error.message)
        other.execute("ROLLBACK")
        other.close()
        self.append(storedEvent(1))
        self.assertEqual(self.found(), [1])

    def test_foreignState(self) -> None:
        """What the archive cannot read of itself is damage too, and the file is let go."""
        self.result(self.archive.stop())
        self.sql("UPDATE meta SET value = 'x' WHERE key = 'last'")
        self.assertIn("move it aside", self.refused())
        self.sql("UPDATE meta SET value = 0 WHERE key = 'last'")
        self.open()

    def test_noDirectory(self) -> None:
        """Where there is no directory, or it is not ours, it says so."""
        other = EventArchive(self.path / "x" / "y.db", self.clock, Inline(), Inline())
        error = self.failureResultOf(toDeferred(other.start()), ConfigError).value
        self.assertIn("cannot be opened", error.message)

    def test_cures(self) -> None:
        """What to do depends on what is wrong; nothing is left where nothing can be made."""
        folder = self.path.parent / "folder"
        folder.mkdir()
        before = sorted(self.path.parent.iterdir())

        def why(path: Path) -> str:
            other = EventArchive(path, self.clock, Inline(), Inline())
            error = self.failureResultOf(toDeferred(other.start()), ConfigError).value
            return str(error.message)

        self.assertIn(f"is a directory: name a file in it, {folder}/events.db", why(folder))
        self.assertIn("make its directory first", why(folder / "none" / "x.db"))
        self.assertEqual(sorted(self.path.parent.iterdir()), before)
        for number, cure in (
            (errno.ENOSPC, "make room on the disk"),
            (errno.EACCES, "belongs to the node's user"),
        ):

            def fail(*_: object, number: int = number) -> int:
                raise OSError(number, os.strerror(number))

            with self.patched(os, "pwrite", fail):
                self.assertIn(cure, why(folder / f"{number}.db"))
        with self.patched(fcntl, "flock", lambda *_: fail(number=errno.ENOLCK)):
            self.assertIn("has no locks", why(folder / "x.db"))

    @contextmanager
    def patched(self, where: object, name: str, value: object) -> Iterator[None]:
        """Something else for a while."""
        patch = self.patch(where, name, value)
        try:
            yield
        finally:
            patch.restore()

    def test_unreadable(self) -> None:
        """An event that was damaged is left out and counted; the others are answered."""
        self.append(*(storedEvent(n) for n in range(1, 4)))
        self.result(self.archive.stop())
        self.sql("UPDATE events SET body = x'00' WHERE number = 2")
        self.open()
        self.assertEqual(self.found(), [1, 3])
        self.assertEqual(self.file.counts()["unreadable"], 1)
        self.assertEqual(self.result(self.archive.between(0, 3, 10)).unreadable, 1)

    def test_unread(self) -> None:
        """Where the disk cannot be read, who asks is told to come again."""
        self.append(storedEvent(1))
        reader = self.file._reader
        assert reader is not None
        reader.connection.close()
        work = toDeferred(self.archive.select("*", {}, None, None, 1, 1))
        self.assertIn("cannot be read", self.failureResultOf(work, Busy).value.message)
        reader.connection = self.file._file.toRead()

    def test_synchronous(self) -> None:
        """Only the two that there are."""
        self.assertRaises(
            ParameterError, EventArchive, self.path, self.clock, Inline(), Inline(), None, "off"
        )


class FailingFullTests(FailingTests):
    """The same where each commit waits for the disk."""

    synchronous = "full"
