"""C{gma store}, C{gma backup} and C{gma restore}."""

import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

from lxml import etree
from twisted.internet.task import Clock

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command import backing
from gma_twisted.command.ending import toldToEnd
from gma_twisted.events.archive import EventArchive
from gma_twisted.markup.namespaces import GMA
from gma_twisted.nodes import backup
from gma_twisted.nodes.state import StateDirectory
from gma_twisted.stores.journal.worker import Inline
from gma_twisted.testing.archive import storedEvent
from gma_twisted.timing import NodeClock, toDeferred
from tests.command.stand import CommandCase, run
from tests.stores.journal.stand import put, quickJournal

_HEADS = ["JOURNAL", "ROWS", "BATCHES", "BYTES", "DAMAGED", "A", "RESTART"]


class StoringCase(CommandCase):
    """The state directory of a node that has stopped."""

    def setUp(self) -> None:
        """Make it."""
        self.caller = BlockingCaller()
        self.home = Path(self.mktemp()).absolute()
        self.state = self.home / "state"
        state = StateDirectory(self.state)
        state.open()
        self.nodeId = state.nodeId()
        state.nextEpoch(1.7e9)
        state.close()
        self.clock = clock = NodeClock(Clock(), lambda: 1.7e9)
        self.path = self.state / "registrations.db"
        journal = quickJournal(str(self.path), "registrations", clock)
        self.successResultOf(toDeferred(journal.load(lambda rows: None)))
        self.successResultOf(toDeferred(journal.record([put("a"), put("b")])))
        self.successResultOf(toDeferred(journal.stop()))

    def damage(self) -> None:
        """Change one record."""
        self.path.write_bytes(self.path.read_bytes().replace(b"payload", b"paYload", 1))

    def cut(self) -> None:
        """Take the end away."""
        self.path.write_bytes(self.path.read_bytes()[:4096])


class VerifyTests(StoringCase):
    """C{gma store verify}."""

    def test_good(self) -> None:
        """A line a journal, in every format."""
        head, line = self.gma("store", "verify", str(self.state)).splitlines()
        self.assertEqual(head.split(), _HEADS)
        self.assertEqual(
            line.split()[:4] + line.split()[5:], ["ok", "registrations", "2", "2", "0", "starts"]
        )
        (one,) = json.loads(self.gma("store", "verify", str(self.state), "-o", "json"))
        self.assertEqual(
            (one["name"], one["rows"], one["restart"], one["isGood"]),
            ("registrations", 2, "serve", True),
        )
        root = etree.fromstring(self.gma("store", "verify", str(self.state), "-o", "xml"))
        self.assertEqual(root.findtext(f"{{{GMA}}}journal/{{{GMA}}}rows"), "2")

    def test_damaged(self) -> None:
        """A damaged record is named, with what a restart does and what to try: exit status 1."""
        self.damage()
        ended = run(self.caller, "store", "verify", str(self.state))
        self.assertEqual((ended.exit_code, ended.stderr), (1, ""))
        self.assertIn("quarantine\n", ended.stdout)
        self.assertRegex(
            ended.stdout,
            "registrations +batch 2, record 0, key a: its content is damaged"
            " +serves all but this row +look to the disk; restore a backup, or go on",
        )
        ended = run(self.caller, "store", "verify", str(self.state), "-o", "json")
        ((one,),) = [each["damaged"] for each in json.loads(ended.stdout)]
        self.assertEqual((one["batch"], one["number"], one["isLost"]), (2, 0, True))

    def test_refused(self) -> None:
        """One that a restart would refuse."""
        self.cut()
        ended = run(self.caller, "store", "verify", str(self.state))
        self.assertEqual((ended.exit_code, ended.stderr), (1, ""))
        self.assertIn(f"the journal {self.path} cannot be used", ended.stdout)
        self.assertIn("refuses to start", ended.stdout)

    def test_strange(self) -> None:
        """A file of somebody else is named, and nothing is wrong."""
        (self.state / "mine.db").write_text("milk")
        said = "mine.db is no journal; it is left alone\n"
        self.assertEqual(self.says("store", "verify", str(self.state)), said)

    def test_none(self) -> None:
        """A directory that is none, or has no journals; none at all."""
        said = self.fails(1, "store", "verify", str(self.home))
        self.assertIn("has no journals; is it the state directory of a node?", said)
        self.assertIn("cannot be read", self.fails(1, "store", "verify", "/nowhere"))
        self.assertIn("Missing argument 'DIR'", self.fails(2, "store", "verify"))


class BackupTests(StoringCase):
    """C{gma backup} and C{gma restore}."""

    def test_andBack(self) -> None:
        """What is in it is printed; the directory made of it is as good as the first."""
        target, to = self.home / "it.tar", self.home / "to"
        ended = run(self.caller, "backup", str(self.state), str(target), "-o", "json")
        self.assertEqual((ended.exit_code, ended.stderr), (0, f"{target} is written\n"))
        said = json.loads(ended.stdout)
        self.assertEqual((said["nodeId"], said["directory"]), (self.nodeId, str(self.state)))
        self.assertEqual(
            [(one["name"], one["rows"]) for one in said["journals"]], [("registrations", 2)]
        )
        ended = run(self.caller, "restore", str(target), str(to))
        self.assertEqual(ended.exit_code, 0, ended.stderr)
        self.assertEqual(ended.stdout.split()[4], self.nodeId)
        self.assertIn(f"start the node with --state-dir {to}", ended.stderr)
        self.gma("store", "verify", str(to))

    def test_refused(self) -> None:
        """What is there is left alone; a journal a restart would refuse is no backup."""
        target = self.home / "it.tgz"
        self.says("backup", str(self.state), str(target))
        for words in (
            ("backup", str(self.state), str(target)),
            ("restore", str(target), str(self.state)),
        ):
            self.assertRegex(self.fails(1, *words), "is there already|is not empty")
        self.cut()
        said = self.fails(1, "backup", str(self.state), str(self.home / "other.tgz"))
        self.assertIn(f"the journal {self.path} cannot be used", said)
        self.assertEqual(sorted(os.listdir(self.home)), ["it.tgz", "state"])

    def test_told(self) -> None:
        """Told to end, it leaves nothing of what it began."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            self.patch(backup, "takeSnapshot", lambda *_, told=number: signal.raise_signal(told))
            ended = run(self.caller, "backup", str(self.state), str(self.home / "it.tar"))
            self.assertEqual((ended.exit_code, ended.stdout), (128 + number, ""))
            self.assertEqual(os.listdir(self.home), ["state"])

    def test_ignored(self) -> None:
        """What the process is to ignore stays ignored."""
        self.addCleanup(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_IGN))
        with toldToEnd():
            signal.raise_signal(signal.SIGHUP)

    def test_replaced(self) -> None:
        """A backup goes in the place of another when that is asked for; what is no journal is named."""
        target = self.home / "it.tar"
        target.write_text("old")
        (self.state / "mine.db").write_text("milk")
        said = self.says("backup", "--replace", str(self.state), str(target))
        self.assertEqual(
            said, f"mine.db is no journal; it is not in the backup\n{target} is written\n"
        )
        self.says("restore", str(target), str(self.home / "to"))

    def test_archive(self) -> None:
        """The archive of events is in it when that is asked for, and named when it is left out."""
        with closing(sqlite3.connect(self.state / "events.db")) as connection:
            connection.execute("CREATE TABLE mine (text TEXT)")
        target = self.home / "it.tar"
        self.assertEqual(
            self.says("backup", str(self.state), str(target)),
            "events.db is an archive of events; it is not in the backup without --archive\n"
            f"{target} is written\n",
        )
        asked = ("backup", str(self.state), str(self.home / "other.tar"), "--archive")
        self.assertIn("is no archive of events", self.fails(1, *asked))
        (self.state / "events.db").unlink()
        archive = EventArchive(self.state / "events.db", self.clock, Inline(), Inline())
        self.successResultOf(toDeferred(archive.start()))
        self.successResultOf(toDeferred(archive.append([storedEvent(1)])))
        self.successResultOf(toDeferred(archive.stop()))
        ended = run(self.caller, *asked)
        self.assertEqual(ended.exit_code, 0, ended.stderr)
        self.assertRegex(ended.stdout, r"ARCHIVE +EVENTS +BYTES\nevents +1 +\d+\n")
        self.assertNotIn("not in the backup", ended.stderr)
        for form, said in (("json", '"archive": {\n'), ("xml", "<gma:archive><gma:events>1<")):
            to = str(self.home / form)
            ended = run(self.caller, "restore", str(self.home / "other.tar"), to, "-o", form)
            self.assertEqual(ended.exit_code, 0, ended.stderr)
            self.assertIn(said, ended.stdout)
            self.assertNotIn("clock", ended.stderr)
        self.patch(backing, "time", SimpleNamespace(time=lambda: 1000.0))
        said = self.says("restore", str(self.home / "other.tar"), str(self.home / "behind"))
        self.assertIn("the clock is behind the backup", said)

    def test_partial(self) -> None:
        """A record that cannot be read is named: exit status 5, and the rest is in the backup."""
        self.damage()
        target = self.home / "it.tar"
        ended = run(self.caller, "backup", str(self.state), str(target))
        self.assertEqual(ended.exit_code, 5)
        self.assertIn(
            "registrations: batch 2, record 0, key a: its content is damaged", ended.stderr
        )
        self.assertIn(f"gma store verify {self.state}", ended.stderr)
        self.says("restore", str(target), str(self.home / "to"))
