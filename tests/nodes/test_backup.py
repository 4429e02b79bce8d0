"""A state directory into one file, and back."""

import gzip
import io
import json
import os
import shutil
import tarfile
import tempfile
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.errors import ConfigError
from gma_twisted.nodes.backup import EPOCHS_AHEAD, makeBackup, restoreBackup
from gma_twisted.nodes.state import StateDirectory
from gma_twisted.stores.journal.mark import Mark
from gma_twisted.timing import NodeClock, toDeferred
from tests.stores.journal.stand import DictStore, put, quickJournal

_NOW = 1.7e9
_DAY = 86400.0
_USER = 65534
_GROUPS = os.getgroups()


class BackupCase(SynchronousTestCase):
    """The state directory of a node that has stopped, and a backup of it."""

    def setUp(self) -> None:
        """Make both."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        self.state = self.home / "state"
        self.clock = NodeClock(Clock(), lambda: _NOW)
        directory = StateDirectory(self.state)
        directory.open()
        self.nodeId, self.epoch = directory.nodeId(), directory.nextEpoch(_NOW)
        directory.close()
        store = self.opened(self.state)
        self.successResultOf(toDeferred(store.journal.record([put("a"), put("b")])))
        self.close(store)
        self.backup = self.home / "it.tar.gz"

    def opened(self, state: Path) -> DictStore:
        """The journal in a directory, loaded."""
        journal = quickJournal(str(state / "registrations.db"), "registrations", self.clock)
        store = DictStore(journal)
        self.successResultOf(toDeferred(journal.load(store.take)))
        return store

    def close(self, store: DictStore) -> None:
        """End it."""
        self.successResultOf(toDeferred(store.journal.stop()))

    def refused(self, directory: Path, backup: Path | None = None) -> str:
        """What is said of a restore that is refused."""
        error = self.assertRaises(
            ConfigError, restoreBackup, backup or self.backup, directory, _NOW
        )
        message: str = error.message
        return message

    def changed(self, **more: object) -> Path:
        """The backup, with something else in what it says of itself."""
        made = self.home / "changed.tar"
        with tarfile.open(self.backup) as old, tarfile.open(made, "w") as new:
            for member in old:
                source = old.extractfile(member)
                assert source is not None
                data = source.read()
                if member.name == "backup.json":
                    data = json.dumps({**json.loads(data), **more}).encode()
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))
        return made


class MakeTests(BackupCase):
    """Making one."""

    def test_contents(self) -> None:
        """It says whose it is, and its files are for its owner only; nothing else is left."""
        contents, (verdict,) = makeBackup(self.state, self.backup, _NOW)
        self.assertEqual((contents.nodeId, contents.epoch), (self.nodeId, self.epoch))
        (journal,) = contents.journals
        self.assertEqual((journal.name, journal.rows, journal.place), ("registrations", 2, 2))
        self.assertTrue(verdict.isGood)
        self.assertEqual(self.backup.stat().st_mode & 0o777, 0o600)
        self.assertEqual(sorted(os.listdir(self.home)), ["it.tar.gz", "state"])

    def test_refused(self) -> None:
        """A file that is there, a name that is none, a directory that is none: nothing is written."""
        self.backup.write_text("mine")
        for directory, target, said in (
            (self.state, self.backup, "is there already; it is left as it is"),
            (self.state, self.home / "it.zip", "it ends in .tar, .tar.gz or .tgz"),
            (self.state, self.home / "no" / "it.tar", "there is no directory"),
            (self.home, self.home / "it.tar", "is no state directory of a node"),
            (self.home / "no", self.home / "it.tar", "cannot be read"),
        ):
            error = self.assertRaises(ConfigError, makeBackup, directory, target, _NOW)
            self.assertIn(said, error.message)
        self.assertEqual(self.backup.read_text(), "mine")
        self.assertEqual(sorted(os.listdir(self.home)), ["it.tar.gz", "state"])

    def test_strange(self) -> None:
        """What is no journal is not in it, whatever it is called."""
        (self.state / "registrations (copy).db").write_bytes(
            (self.state / "registrations.db").read_bytes()
        )
        (self.state / "notes.db").write_text("milk")
        contents, _ = makeBackup(self.state, self.backup, _NOW)
        self.assertEqual([one.name for one in contents.journals], ["registrations"])

    def test_replaced(self) -> None:
        """One that is there stays until the new one is whole."""
        makeBackup(self.state, self.backup, _NOW)
        before = self.backup.read_bytes()
        contents, _ = makeBackup(self.state, self.backup, _NOW + 60, isReplacing=True)
        self.assertEqual(contents.made, _NOW + 60)
        after = self.backup.read_bytes()
        self.assertNotEqual(after, before)
        (self.state / "registrations.db").write_bytes(b"x" * 5000)
        self.assertRaises(ConfigError, makeBackup, self.state, self.backup, _NOW, True)
        self.assertEqual(self.backup.read_bytes(), after)
        self.assertEqual(sorted(os.listdir(self.home)), ["it.tar.gz", "state"])

    def test_damaged(self) -> None:
        """What a restart would refuse is no backup; what it would set aside is told."""
        path = self.state / "registrations.db"
        data = path.read_bytes()
        path.write_bytes(data.replace(b"payload", b"paYload", 1))
        _, (verdict,) = makeBackup(self.state, self.backup, _NOW)
        self.assertEqual(verdict.damages, 1)
        path.write_bytes(data[:4096])
        target = self.home / "other.tar"
        error = self.assertRaises(ConfigError, makeBackup, self.state, target, _NOW)
        self.assertIn(f"the journal {path} cannot be used", error.message)
        self.assertEqual(sorted(os.listdir(self.home)), ["it.tar.gz", "state"])


class RestoreTests(BackupCase):
    """Bringing one back."""

    def setUp(self) -> None:
        """Make it."""
        super().setUp()
        makeBackup(self.state, self.backup, _NOW)
        self.to = self.home / "to"

    def test_restored(self) -> None:
        """The same node with the same rows and a mark that matches."""
        restoreBackup(self.backup, self.to, _NOW + 5)
        state = StateDirectory(self.to)
        self.assertEqual(state.nodeId(), self.nodeId)
        self.assertEqual(Mark(str(self.to / "registrations.db.mark")).read(), 2)
        self.assertEqual(self.to.stat().st_mode & 0o777, 0o700)
        store = self.opened(self.to)
        self.addCleanup(self.close, store)
        self.assertEqual(list(store.rows), [b"a", b"b"])
        self.assertEqual(store.journal.damaged, 0)

    def test_epoch(self) -> None:
        """The next life is ahead of any after the backup, though clocks were wrong by ten years then and now."""
        years = 10 * 366 * _DAY
        later = StateDirectory(self.state)
        epochs = [later.nextEpoch(_NOW + years), later.nextEpoch(_NOW + 1)]
        restoreBackup(self.backup, self.to, _NOW - years)
        self.assertGreater(StateDirectory(self.to).nextEpoch(_NOW - years), max(epochs))

    def test_epochs(self) -> None:
        """A backup that is restored again, later, begins higher again."""
        restoreBackup(self.backup, self.to, _NOW + 5)
        first = StateDirectory(self.to).nextEpoch(_NOW + 6)
        restoreBackup(self.backup, self.home / "again", _NOW + 60)
        self.assertGreater(StateDirectory(self.home / "again").nextEpoch(_NOW + 61), first)
        self.assertEqual(
            StateDirectory(self.to).keptEpoch(), int((_NOW + 5) * 1000) + EPOCHS_AHEAD + 1
        )

    def test_occupied(self) -> None:
        """A directory that is not empty, or a running node's, is left as it is; which of the two is said."""
        before = {path.name: path.read_bytes() for path in self.state.iterdir()}
        self.assertIn("is not empty: it has epoch", self.refused(self.state))
        self.assertEqual({path.name: path.read_bytes() for path in self.state.iterdir()}, before)
        node = StateDirectory(self.to)
        node.open()
        self.assertIn(f"belongs to a running node (process {os.getpid()})", self.refused(self.to))
        node.close()
        # The lock of a node that has ended, or was never more than one, is nothing.
        restoreBackup(self.backup, self.to, _NOW)

    def test_unfinished(self) -> None:
        """What a restore left that was not finished is refused by a node and by a restore."""
        state = StateDirectory(self.to)
        state.open()
        state.beginRestore()
        state.close()
        self.assertEqual(sorted(os.listdir(self.to)), ["lock", "restoring"])
        message = f"state directory {self.to} holds a restore that was not finished; empty it and restore again"
        error = self.assertRaises(ConfigError, state.nextEpoch, _NOW)
        self.assertEqual(error.message, message)
        error = self.assertRaises(ConfigError, state.nodeId)
        self.assertEqual(error.message, message)
        self.assertEqual(self.refused(self.to), message)

    def test_lies(self) -> None:
        """What a backup says of itself is compared; nothing is left of what does not fit."""
        with tarfile.open(self.backup) as archive:
            source = archive.extractfile("backup.json")
            assert source is not None
            (journal,) = json.load(source)["journals"]
        cases: Mapping[str, Mapping[str, object]] = {
            "has 2 rows up to batch 2; the backup says 3 and 2": {
                "journals": [{**journal, "rows": 3}]
            },
            "has another checksum": {"journals": [{**journal, "sha256": "0" * 64}]},
            "journal other is not in it": {"journals": [{**journal, "name": "other"}]},
            "has format 3, this program reads 2": {"format": 3},
            " is no backup": {"journals": [{**journal, "name": "../x"}]},
            "is no backup": {"epoch": -1},
        }
        for said, more in cases.items():
            self.assertIn(said, self.refused(self.to, self.changed(**more)))
            self.assertFalse(self.to.exists())

    def test_none(self) -> None:
        """What is no archive, or not there."""
        file = self.home / "x.tar"
        for data in (b"", b"x" * 5000):
            file.write_bytes(data)
            self.assertIn(f"{file} is", self.refused(self.to, file))
        self.assertIn("cannot be read: No such file", self.refused(self.to, self.home / "no.tar"))

    def test_flipped(self) -> None:
        """With any byte changed a backup is restored as it was, or not at all."""
        data = self.backup.read_bytes()
        file = self.home / "flipped.tar.gz"

        @settings(max_examples=60)
        @given(st.integers(0, len(data) - 1), st.integers(1, 255))
        def check(at: int, change: int) -> None:
            file.write_bytes(data[:at] + bytes([data[at] ^ change]) + data[at + 1 :])
            to = Path(self.mktemp())
            try:
                restoreBackup(file, to, _NOW)
            except ConfigError:
                self.assertFalse(to.exists())
                return
            store = self.opened(to)
            self.assertEqual(list(store.rows), [b"a", b"b"])
            self.close(store)

        check()

    def test_bomb(self) -> None:
        """What a header says of itself is not believed: of an extension no byte is read."""
        file = self.home / "bomb.tar.gz"
        size = 64 * 1024 * 1024
        for kind in (b"x", b"g", b"L", b"K", b"S", b"1", b"2", b"5", b"7"):
            header = tarfile.TarInfo("backup.json")
            header.type, header.size = kind, size
            with gzip.open(file, "wb", 1) as bomb:
                bomb.write(header.tobuf(tarfile.USTAR_FORMAT))
                if kind == b"x":
                    bomb.write(bytes(size))
            tracemalloc.start()
            self.assertIn("member backup.json is no plain file", self.refused(self.to, file))
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            self.assertLess(most, size // 16)

    def test_pipe(self) -> None:
        """What can be read only once is no backup, and is not waited for."""
        pipe = self.home / "pipe.tar"
        os.mkfifo(pipe)
        self.assertEqual(
            self.refused(self.to, pipe),
            f"{pipe} is no file; a backup is read twice, so it must be one",
        )

    def test_nowhere(self) -> None:
        """What cannot be made is told in words that fit."""
        link = self.home / "link"
        link.symlink_to(self.home / "nowhere")
        self.assertEqual(
            self.refused(link),
            f"state directory {link} cannot be used: File exists; restore to another place",
        )

    def test_owner(self) -> None:
        """Root becomes the user of the directory: links of his lead to nothing, all is his, and root is root again."""
        if os.geteuid():
            raise SkipTest("only root may become another user")
        home = Path(tempfile.mkdtemp(prefix="gma-backup-"))
        self.addCleanup(shutil.rmtree, home)
        home.chmod(0o755)
        victim, to = home / "victim", home / "to"
        victim.write_text("mine")
        victim.chmod(0o600)
        to.mkdir(mode=0o700)
        os.chown(to, _USER, _USER)
        links = ["registrations.db.mark", "registrations.db-wal", "node-id.new", "epoch.new"]
        begin = StateDirectory.beginRestore
        users = []

        def planted(state: StateDirectory) -> None:
            begin(state)
            users.append((os.geteuid(), os.getegid(), os.getgroups()))
            for name in links:
                (to / name).symlink_to(victim)

        self.patch(StateDirectory, "beginRestore", planted)
        self.refused(to)
        self.assertEqual(os.listdir(to), [])
        self.patch(StateDirectory, "beginRestore", begin)
        restoreBackup(self.backup, to, _NOW)
        self.assertEqual(users, [(_USER, _USER, [])])
        self.assertEqual(
            {(one.stat().st_uid, one.stat().st_gid) for one in to.iterdir()}, {(_USER,) * 2}
        )
        self.assertEqual(victim.read_text(), "mine")
        self.assertEqual((os.geteuid(), os.getgroups()), (0, _GROUPS))

    def test_truncated(self) -> None:
        """Cut anywhere it is refused."""
        data = self.backup.read_bytes()
        file = self.home / "cut.tar.gz"
        for size in (*range(0, len(data), 37), *range(len(data) - 40, len(data))):
            file.write_bytes(data[:size])
            self.refused(self.to, file)
            self.assertFalse(self.to.exists())
