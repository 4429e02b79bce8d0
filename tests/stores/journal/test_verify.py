"""What a restart would find, told without one, and without a change; and copies of what is being written."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Awaitable, Mapping
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.python.failure import Failure

from gma_twisted.errors import Busy, ConfigError, GMAError, ServiceError
from gma_twisted.stores.journal.file import JournalFile
from gma_twisted.stores.journal.snapshot import takeSnapshot
from gma_twisted.stores.journal.verify import (
    Restart,
    Verdict,
    journalNames,
    strangeFiles,
    verifyJournal,
)
from gma_twisted.timing import toDeferred
from tests.stores.journal.stand import DictStore, JournalCase, extend, put, remove

_NAME = "registrations"


class VerifyCase(JournalCase):
    """A state directory with one journal."""

    def setUp(self) -> None:
        """Empty."""
        super().setUp()
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        self.path = str(self.directory / f"{_NAME}.db")

    def filled(self) -> DictStore:
        """Three rows in four batches; the journal is open."""
        store = self.open()
        self.commit(store, put("a"), put("b"), put("c"), put("gone"))
        self.commit(store, remove("gone"))
        self.commit(store, extend("b", 300.0))
        return store

    def killed(self) -> Mapping[str, bytes]:
        """What a kill leaves of that, in this directory."""
        self.filled()
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        for end in (".mark", "", "-wal"):
            shutil.copyfile(self.path + end, self.directory / f"{_NAME}.db{end}")
        self.path = str(self.directory / f"{_NAME}.db")
        return self.files()

    def files(self) -> Mapping[str, bytes]:
        """Everything in the directory."""
        return {path.name: path.read_bytes() for path in self.directory.iterdir()}

    def verified(self) -> Verdict:
        """What is found; that changes nothing."""
        before = self.files()
        verdict = verifyJournal(str(self.directory), _NAME)
        self.assertEqual(self.files(), before)
        return verdict

    def loaded(self, loading: Awaitable[None]) -> None:
        """Wait for the end of a load. @raise GMAError: it is refused"""
        failures: list[Failure] = []
        self.result(toDeferred(loading).addErrback(failures.append))
        if failures:
            failures[0].raiseException()

    def flip(self, name: str, at: int, bit: int = 0) -> None:
        """Change one bit of a file."""
        path = self.directory / name
        data = bytearray(path.read_bytes())
        data[at] ^= 1 << bit
        path.write_bytes(data)


class VerifyTests(VerifyCase):
    """One journal."""

    def test_good(self) -> None:
        """Rows, batches and their bytes, of one that is open as of one that was killed or stopped."""
        store = self.filled()
        verdict = self.verified()
        self.assertEqual((verdict.rows, verdict.batches, verdict.place), (3, 4, 4))
        self.assertEqual(verdict.bytes, store.journal.total)
        self.assertEqual((verdict.isGood, verdict.restart), (True, Restart.SERVE))
        self.close(store)
        self.assertEqual(self.verified(), verdict)

    def test_written(self) -> None:
        """A journal that is looked at is written on."""
        store = self.filled()
        self.verified()
        self.commit(store, put("d"))
        self.assertEqual(self.verified().rows, 4)

    def test_record(self) -> None:
        """A damaged record is named by batch, number and key; the rest would be served."""
        self.close(self.filled())
        at = (self.directory / f"{_NAME}.db").read_bytes().index(b"payload")
        self.flip(f"{_NAME}.db", at)
        verdict = self.verified()
        self.assertEqual((verdict.restart, verdict.rows), (Restart.QUARANTINE, 2))
        (one,) = verdict.damaged
        self.assertEqual((one.place, one.number, one.key, one.lost), (2, 0, b"a", True))
        self.assertEqual(str(one), "batch 2, record 0, key a: its content is damaged")

    def test_truncated(self) -> None:
        """An end that is missing is refused, by the name of the journal and not of the copy."""
        self.killed()
        log = self.directory / f"{_NAME}.db-wal"
        log.write_bytes(log.read_bytes()[:-1])
        verdict = self.verified()
        self.assertEqual(verdict.restart, Restart.REFUSE)
        self.assertEqual(
            verdict.refusal,
            f"the journal {self.path} cannot be used: batches 4 to 4 are missing at its end (to go on"
            f" without them, remove {self.path}.mark); restore it from a copy, or move it, its -wal and"
            " its .mark away to begin with nothing",
        )

    def test_removed(self) -> None:
        """A journal whose mark alone is there is found, and refused."""
        self.close(self.filled())
        os.unlink(self.path)
        self.assertEqual(journalNames(str(self.directory)), [_NAME])
        self.assertIn("4 batches were written", self.verified().refusal)

    def test_mark(self) -> None:
        """A mark that is not there or cannot be read is trouble, and no obstacle."""
        self.close(self.filled())
        mark = Path(self.path + ".mark")
        mark.write_bytes(b"x")
        verdict = self.verified()
        self.assertIn(f"{mark} cannot be read", verdict.troubles[0])
        self.assertEqual((verdict.restart, verdict.isGood, verdict.rows), (Restart.SERVE, False, 3))
        mark.unlink()
        self.assertEqual(self.verified().troubles, [f"{mark} was not there, it is made again"])

    def test_names(self) -> None:
        """What is no journal is none; a directory that is not there is named."""
        self.close(self.filled())
        for name in ("epoch", "x.db.old", "y.dbx"):
            (self.directory / name).write_text("")
        self.assertEqual(journalNames(str(self.directory)), [_NAME])
        error = self.assertRaises(ConfigError, journalNames, f"{self.directory}/no")
        self.assertEqual(
            error.message, f"{self.directory}/no cannot be read: No such file or directory"
        )

    def test_strange(self) -> None:
        """Files of others that are called as journals are told apart, and nothing is made beside them."""
        self.close(self.filled())
        with closing(sqlite3.connect(self.directory / "mine.db")) as mine:
            mine.executescript("PRAGMA user_version = 1; CREATE TABLE history (at REAL)")
        log = sqlite3.connect(self.directory / "log.db", isolation_level=None)
        self.addCleanup(log.close)
        log.execute("PRAGMA journal_mode = WAL").fetchall()
        log.execute("CREATE TABLE history (at REAL)")
        shutil.copyfile(self.path, self.directory / "registrations (copy).db")
        (self.directory / "notes.db").write_text("milk")
        files = self.files()
        self.assertEqual(
            strangeFiles(str(self.directory)),
            ["log.db", "mine.db", "notes.db", "registrations (copy).db"],
        )
        self.assertEqual(journalNames(str(self.directory)), [_NAME])
        self.assertEqual(self.files(), files)

    def test_unmarked(self) -> None:
        """A journal without its mark is one, in the database as in the log alone, and in its first moment."""
        self.killed()
        os.unlink(self.path + ".mark")
        self.assertEqual(journalNames(str(self.directory)), [_NAME])
        self.close(self.open())
        os.unlink(self.path + ".mark")
        self.assertEqual(journalNames(str(self.directory)), [_NAME])
        for name in ("empty", "begun"):
            file = JournalFile(str(self.directory / f"{name}.db"))
            if name == "begun":
                file.toWrite().close()
            else:
                Path(file.path).touch()
            file.letGo()
        self.assertEqual(journalNames(str(self.directory)), ["begun", "empty", _NAME])

    def test_noRoom(self) -> None:
        """Where a copy cannot be made, that place is named, and what is wrong there."""
        self.close(self.filled())
        self.patch(tempfile, "tempdir", "/nowhere")
        error = self.assertRaises(ServiceError, verifyJournal, str(self.directory), _NAME)
        self.assertEqual(
            error.message,
            f"{self.path} is looked at in /nowhere (TMPDIR says where), which cannot be written:"
            " No such file or directory",
        )

    def test_asRestart(self) -> None:
        """Whatever bit is flipped, a restart does what was told."""
        files = self.killed()
        places = st.sampled_from([(name, at) for name in files for at in range(len(files[name]))])

        @settings(max_examples=60)
        @given(places, st.integers(0, 7))
        def check(place: tuple[str, int], bit: int) -> None:
            for path in self.directory.iterdir():
                path.unlink()
            for name, data in files.items():
                (self.directory / name).write_bytes(data)
            self.flip(*place, bit)
            verdict = self.verified()
            journal = self.journal()
            store = DictStore(journal)
            refusal = ""
            try:
                self.loaded(journal.load(store.take))
            except GMAError as error:
                refusal = error.message
            self.assertEqual(refusal, verdict.refusal)
            if not refusal:
                self.assertEqual(
                    (len(store.rows), journal.damaged), (verdict.rows, verdict.damages)
                )
            self.result(journal.stop())

        check()


class SnapshotTests(VerifyCase):
    """Copies while a journal is written."""

    def test_begunAnew(self) -> None:
        """A log that is begun anew while it is copied is copied again, and then it is whole."""
        store = self.filled()
        copy = str(self.directory / "copy")
        times: list[str] = []

        def copyFile(path: str, to: str) -> None:
            shutil.copyfile(path, to)
            if path.endswith(".db") and len(times) < 2:
                times.append(path)
                # The database is copied, and now the log is brought into it and begun anew.
                store.journal.database.settle()
                self.commit(store, put(f"new {len(times)}"))

        takeSnapshot(self.path, copy, copyFile)
        self.assertEqual(len(times), 2)
        with sqlite3.connect(copy) as opened:
            [(count,)] = opened.execute("SELECT count(*) FROM batches").fetchall()
        opened.close()
        self.assertGreaterEqual(count, 5)

    def test_tooFast(self) -> None:
        """One that is another each time is named, after a bounded number of attempts."""
        self.close(self.filled())
        times: list[str] = []

        def copyFile(path: str, to: str) -> None:
            times.append(path)
            Path(self.path + "-wal").write_bytes(b"%d" % len(times))
            shutil.copyfile(path, to)

        error = self.assertRaises(Busy, takeSnapshot, self.path, self.mktemp(), copyFile)
        self.assertEqual(
            error.message, f"the journal {self.path} is written too fast to be copied; try again"
        )
        self.assertEqual(times.count(self.path), 20)
