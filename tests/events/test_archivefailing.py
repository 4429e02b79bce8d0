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
        # As a kill would leave it: nothing more was written.
        self.file._file.release()
        self.file._writer._connection.close()
        killed, self.archive = self.file, self.makeArchive()
        self.result(self.archive.start())
        self.assertGreaterEqual(self.archive.last, 7)
        page = self.result(self.archive.between(0, 9, 9))
        self.assertGreaterEqual(page.lostNumber, 7)
        assert killed._call is not None
        killed._call.cancel()
        killed._isOver = True

    def test_powerLoss(self) -> None:
        """After the machine went down, numbers that may have been told are not given again, unless it was closed."""
        self.append(storedEvent(1))
        self.reopen()
        self.assertEqual(self.archive.last, 1)
        self.append(storedEvent(2))
        self.file._file.release()
        self.file._writer._connection.close()
        self.sql("UPDATE meta SET value = 'another' WHERE key = 'boot'")
        killed, self.archive = self.file, self.makeArchive()
        self.result(self.archive.start())
        self.assertGreater(self.archive.last, 1_000_000)
        self.assertEqual(self.found(), [1, 2])
        assert killed._call is not None
        killed._call.cancel()
        killed._isOver = True

    def test_newLife(self) -> None:
        """Who takes the life out of the copy of an archive has a new one made."""
        life = self.archive.life
        self.result(self.archive.stop())
        self.sql("DELETE FROM meta WHERE key = 'life'")
        self.open()
        self.assertNotEqual(self.archive.life, life)
        self.assertTrue(self.archive.life[0].isalpha())

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
