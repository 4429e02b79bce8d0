"""A backup with the archive of events, made while that is written, and brought back."""

import json
import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

from gma_twisted.errors import ConfigError
from gma_twisted.events.archive import EventArchive, copying
from gma_twisted.events.archive.copying import copyArchive
from gma_twisted.interfaces.events import StoredEvent
from gma_twisted.nodes.backup import makeBackup, restoreBackup
from gma_twisted.stores.journal.worker import Inline
from gma_twisted.testing.archive import storedEvent
from gma_twisted.timing import toDeferred
from tests.nodes.test_backup import _NOW, BackupCase


class EventsCase(BackupCase):
    """
    The state directory of an archiver, which runs.

    @ivar archive: in it
    """

    def setUp(self) -> None:
        """Keep some events."""
        super().setUp()
        self.path = self.state / "events.db"
        self.archive = self.events(self.state)
        self.append(storedEvent(1), storedEvent(2), place="7")

    def events(self, state: Path) -> EventArchive:
        """The archive in a directory, open until the test is over."""
        made = EventArchive(state / "events.db", self.clock, Inline(), Inline())
        self.successResultOf(toDeferred(made.start()))
        self.addCleanup(lambda: self.successResultOf(toDeferred(made.stop())))
        return made

    def append(self, *events: StoredEvent, **positions: str) -> None:
        """Keep some more."""
        self.successResultOf(toDeferred(self.archive.append(events, positions)))

    def numbers(self, archive: EventArchive) -> list[int]:
        """Of the events it has."""
        asked = toDeferred(archive.between(0, archive.last, 1000))
        return [one.number for one in self.successResultOf(asked).found]


class AndBackTests(EventsCase):
    """There and back."""

    def test_andBack(self) -> None:
        """What was kept before is there, what came later is not, and that is said; the archive goes on meanwhile."""
        contents, _ = makeBackup(self.state, self.backup, _NOW, hasEvents=True)
        assert contents.events is not None
        self.assertEqual(contents.events.events, 2)
        self.append(storedEvent(3), place="8")
        self.assertEqual(self.numbers(self.archive), [1, 2, 3])
        self.assertEqual(restoreBackup(self.backup, self.home / "to", _NOW + 60), contents)
        self.assertEqual((self.home / "to" / "events.db").stat().st_mode & 0o777, 0o600)
        found = self.events(self.home / "to")
        self.assertEqual(self.numbers(found), [1, 2])
        self.assertEqual(dict(found.positions()), {"place": "7"})
        page = self.successResultOf(toDeferred(found.between(2, found.last, 10)))
        self.assertEqual((page.lost, page.lostNumber), (int((_NOW + 60) * 1e9), found.last))

    def test_numbers(self) -> None:
        """It goes on in the same life, with numbers that nobody was told, also when it is brought back twice."""
        makeBackup(self.state, self.backup, _NOW, hasEvents=True)
        self.append(*(storedEvent(number) for number in range(3, 2000)))
        first = self.home / "first"
        restoreBackup(self.backup, first, _NOW + 60)
        found = self.events(first)
        self.assertEqual(found.life, self.archive.life)
        self.assertGreater(found.last, self.archive.last)
        last = found.last + 50_000
        self.successResultOf(toDeferred(found.append([storedEvent(last, at=0)])))
        restoreBackup(self.backup, self.home / "second", _NOW + 120)
        self.assertGreater(self.events(self.home / "second").last, last)

    def test_clockBehind(self) -> None:
        """Where the clock is behind nobody knows which numbers were told: it begins another life, and that is said."""
        life, said = self.archive.life, list[str]()
        makeBackup(self.state, self.backup, _NOW, hasEvents=True)
        restoreBackup(self.backup, self.home / "same", _NOW, said.append)
        same = self.events(self.home / "same")
        self.assertEqual((same.life, said), (life, []))
        restoreBackup(self.backup, self.home / "behind", _NOW - 1, said.append)
        behind = self.events(self.home / "behind")
        self.assertNotEqual(behind.life, life)
        self.assertEqual(self.numbers(behind), [1, 2])
        self.assertEqual((len(said), "begins a new life" in said[0]), (1, True))
        # Or behind what an archive has told that was brought back once, though a backup says another time.
        backup = self.home / "second.tar"
        makeBackup(self.home / "same", backup, _NOW - 10, hasEvents=True)
        restoreBackup(backup, self.home / "again", _NOW - 5, said.append)
        again = self.events(self.home / "again")
        self.assertNotEqual(again.life, life)
        self.assertGreater(again.last, same.last)
        self.assertEqual(len(said), 2)

    def test_killed(self) -> None:
        """Of an archive whose node was killed there is what it kept."""
        dead = self.home / "dead"
        dead.mkdir()
        for one in os.listdir(self.state):
            (dead / one).write_bytes((self.state / one).read_bytes())
        makeBackup(dead, self.backup, _NOW, hasEvents=True)
        restoreBackup(self.backup, self.home / "to", _NOW)
        self.assertEqual(self.numbers(self.events(self.home / "to")), [1, 2])

    def test_without(self) -> None:
        """Nobody asked for it: it is not there, and the backup is one that older programs read."""
        makeBackup(self.state, self.backup, _NOW)
        with tarfile.open(self.backup) as backup:
            self.assertEqual(backup.getnames(), ["backup.json", "registrations.db"])
            source = backup.extractfile("backup.json")
            assert source is not None
            said = json.load(source)
        self.assertEqual((said["format"], "events" in said), (1, False))

    def test_lies(self) -> None:
        """What it says of the archive is compared."""
        contents, _ = makeBackup(self.state, self.backup, _NOW, hasEvents=True)
        kept = contents.events
        assert kept is not None
        said = {"events": 2, "bytes": kept.bytes, "sha256": kept.sha256}
        for more, reason in (
            ({**said, "sha256": "0" * 64}, "the archive of events has another checksum"),
            ({**said, "bytes": kept.bytes - 1}, "the archive of events is not in it"),
            ({**said, "events": -1}, "is no backup"),
            (None, "is no backup"),
        ):
            self.assertIn(reason, self.refused(self.home / "to", self.changed(events=more)))
            self.assertFalse((self.home / "to").exists())


class CopyTests(EventsCase):
    """The copy itself."""

    def test_meanwhile(self) -> None:
        """It is of one moment, and comes to its end, however much is written while it is made."""
        self.patch(copying, "_PAGES", 1)
        self.patch(copying, "_PAUSE", 0.0)
        steps: list[int] = []

        def write(*_: int) -> None:
            steps.append(0)
            if len(steps) > 500:
                raise AssertionError("it begins anew each time")
            self.append(storedEvent(10 + len(steps), f"n{len(steps)}", text="x" * 5000))

        copy = str(self.home / "copy.db")
        self.assertEqual(copyArchive(str(self.path), copy, write), 2)
        self.assertGreater(len(steps), 5)
        with closing(sqlite3.connect(copy)) as connection:
            self.assertEqual(
                connection.execute("SELECT max(number) FROM events").fetchall(), [(2,)]
            )

    def test_full(self) -> None:
        """A disk without room is not the fault of the archive, and it says where room is to be made."""

        def full(*_: int) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        copy = str(self.home / "copy.db")
        error = self.assertRaises(ConfigError, copyArchive, str(self.path), copy, full)
        self.assertIn(f"make room beside the backup, at {copy}", error.message)
        self.assertNotIn("integrity", error.message)

    def test_first(self) -> None:
        """One of the first version is copied and brought back too."""
        made = self.home / "made.db"
        copyArchive(str(self.path), str(made))
        with closing(sqlite3.connect(made)) as connection:
            for one in ("DROP TABLE latest", "DROP TABLE lost", "PRAGMA user_version = 1"):
                connection.execute(one)
            connection.commit()
        copy = self.home / "events.db"
        self.assertEqual(copyArchive(str(made), str(copy)), 2)
        self.assertTrue(copying.renewArchive(str(copy), _NOW, _NOW))
        self.assertEqual(self.numbers(self.events(self.home)), [1, 2])

    def test_refused(self) -> None:
        """What is no archive, is not there or is damaged: there is no backup of it, and nothing is left."""
        other = self.home / "other"
        other.mkdir()
        for one in ("node-id", "epoch"):
            (other / one).write_bytes((self.state / one).read_bytes())
        path = other / "events.db"
        self.says(other, "has no archive of events, events.db")
        path.write_text("milk" * 2000)
        self.says(other, f"the archive {path} cannot be copied or used: file is not a database")
        path.unlink()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE mine (text TEXT)")
            connection.commit()
        self.says(other, f"{path} is no archive of events that this program reads")
        path.unlink()
        self.append(*(storedEvent(number, text="x" * 500) for number in range(3, 500)))
        copyArchive(str(self.path), str(path))
        data = path.read_bytes()
        middle = len(data) // 2 // 4096 * 4096
        path.write_bytes(data[:middle] + b"\xff" * 4096 + data[middle + 4096 :])
        self.says(other, f"the archive {path} cannot be copied or used")

    def says(self, directory: Path, said: str) -> None:
        """Why there is none."""
        error = self.assertRaises(
            ConfigError, makeBackup, directory, self.backup, _NOW, hasEvents=True
        )
        self.assertIn(said, error.message)
        self.assertFalse(self.backup.exists())
        self.assertEqual(sorted(os.listdir(self.home)), ["other", "state"])
