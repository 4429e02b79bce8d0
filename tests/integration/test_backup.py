"""C{gma store verify}, C{gma backup} and C{gma restore} beside nodes that run, die, and begin again."""

import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SkipTest

from gma_twisted.errors import ConfigError
from gma_twisted.nodes.backup import restoreBackup
from gma_twisted.nodes.state import StateDirectory
from gma_twisted.stores.journal.verify import journalNames, verifyJournal
from tests.integration.commandcase import CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

_PAGE = "docs/backup.md"
_HERE = "127.0.0.1:8480"
_MEMBER = "http://site.example.org:8480/services/index"


class BackupTests(CommandCase):
    """As a user runs it."""

    def node(self, state: str) -> tuple[Node, str]:
        """Start one. @return: it, and its host and port"""
        listen = ("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(self.home / state))
        node = Node(self.home, self.addCleanup, *listen)
        return node, node.url().removeprefix("http://")

    def done(self, *words: str) -> str:
        """What a command prints that succeeds."""
        ended = self.gma(*words)
        self.assertEqual(ended.returncode, 0, (words, ended.stderr))
        return ended.stdout

    def entries(self, node: str) -> list[dict[str, Any]]:
        """What is registered there."""
        ended = self.gma("get", node, "ogsi:entry", "-o", "json")
        found: list[dict[str, Any]] = json.loads(ended.stdout) if ended.returncode == 0 else []
        return found

    def test_lostDirectory(self) -> None:
        """
        A copy made beside a running node brings back its registrations with what is left of their lifetimes, but for
        what has ended, and the same node in a higher epoch.
        """
        node, place = self.node("state")
        self.done("register", place, _MEMBER, "--lifetime", "10m")
        self.done("register", place, _MEMBER.replace("site", "brief"), "--lifetime", "5s")
        before = next(one for one in self.entries(place) if "//site" in json.dumps(one))
        verified = json.loads(self.done("store", "verify", "state", "-o", "json"))
        rows = {one["name"]: one["rows"] for one in verified}
        # The brief one may be over on a machine that is busy.
        self.assertIn(rows["registrations"], (1, 2))
        self.done("backup", "state", "copy.tar.gz")
        self.assertEqual((self.home / "copy.tar.gz").stat().st_mode & 0o777, 0o600)
        refused = self.gma("restore", "copy.tar.gz", "state")
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, rf"running node \(process {node.process.pid}\)")
        # A life that the backup knows nothing of.
        node.signal(signal.SIGKILL)
        node, place = self.node("state")
        later = int((self.home / "state" / "epoch").read_text())
        nodeId = (self.home / "state" / "node-id").read_text()
        node.signal(signal.SIGKILL)
        shutil.rmtree(self.home / "state")
        self.done("restore", "copy.tar.gz", "state")
        self.assertEqual((self.home / "state").stat().st_mode & 0o777, 0o700)
        restored = int((self.home / "state" / "epoch").read_text())
        self.assertGreater(restored, later)
        node, place = self.node("state")
        self.assertEqual(int((self.home / "state" / "epoch").read_text()), restored + 1)
        self.assertEqual((self.home / "state" / "node-id").read_text(), nodeId)
        self.untilGone(place, "brief")
        (after,) = self.entries(place)
        self.assertEqual(after["key"], before["key"])
        self.assertAlmostEqual(_second(after), _second(before), delta=2)
        self.assertEqual(self.gma("store", "verify", "state").returncode, 0)
        self.assertFalse([line for line in node.lines if "mark" in line or "#critical" in line])

    def untilGone(self, place: str, word: str) -> None:
        """Ask until nothing has a word."""
        poll(lambda: json.dumps(self.entries(place)), lambda told: word not in told, 20.0, 0.3)

    def test_beneath(self) -> None:
        """
        A directory that is emptied and restored beneath a running node: the node changes nothing any more and says
        why, until it is started again; then it has what was restored.
        """
        node, place = self.node("state")
        self.done("register", place, _MEMBER, "--lifetime", "10m")
        self.done("backup", "state", "copy.tar")
        for path in (self.home / "state").iterdir():
            path.unlink()
        self.done("restore", "copy.tar", "state")
        refused = self.gma("register", place, _MEMBER.replace("site", "lost"), "--lifetime", "10m")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("another file was put in its place meanwhile; restart", refused.stderr)
        node.waitFor("could not be written; reads go on: the journal")
        self.assertEqual(len(self.entries(place)), 1)
        node.signal()
        self.assertEqual(node.process.wait(30), 0)
        self.done("store", "verify", "state")
        _, place = self.node("state")
        (entry,) = self.entries(place)
        self.assertIn("//site", json.dumps(entry))
        self.done("register", place, _MEMBER.replace("site", "kept"), "--lifetime", "10m")

    def test_cron(self) -> None:
        """The line for cron works each time: over an older backup, over one that is damaged in parts, after a kill."""
        node, place = self.node("state")
        self.done("register", place, _MEMBER, "--lifetime", "10m")
        node.signal()
        node.process.wait(30)
        (line,) = re.findall(r"^15 \* \* \* \*  (.*)$", (ROOT / _PAGE).read_text(), re.M)
        line = line.replace("\\%", "%").replace("/var/lib/gma", "state")
        line = re.sub(r"\S*/bin/gma", "gma", line).replace("/var/backups/", "")
        database = self.home / "state" / "registrations.db"
        whole = database.read_bytes()
        for data, status in (
            (whole, 0),
            (whole.replace(b"http://site", b"http://sitE"), 5),
            (whole, 0),
        ):
            database.write_bytes(data)
            ended = self.shell(line)
            self.assertEqual(ended.returncode, status, ended.stderr)
            self.assertTrue(list(self.home.glob("gma-*.tar.gz")))
            self.assertEqual(list(self.home.glob("*new*")), [])

    def test_killed(self) -> None:
        """
        Wherever a restore is killed, what is left is nothing, or refused by a node and by a restore, or whole: a node
        never starts as another one in what was begun.
        """
        node, place = self.node("state")
        self.done("register", place, _MEMBER, "--lifetime", "10m")
        self.done("backup", "state", "copy.tar")
        node.signal()
        node.process.wait(30)
        backup, found = self.home / "copy.tar", dict.fromkeys(("nothing", "refused", "whole"), 0)
        for point in range(1, 1000):
            to = self.home / f"to{point}"
            isDone = killed(point, backup, to)
            found[self.left(backup, to)] += 1
            if isDone:
                break
        self.assertTrue(isDone)
        self.assertGreater(found["refused"], 10)
        self.assertGreater(found["whole"], 0)
        # And a node says so.
        first = next(path for path in self.home.glob("to*/restoring")).parent
        listen = ("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(first))
        ended = Node(self.home, self.addCleanup, *listen)
        self.assertNotEqual(ended.process.wait(30), 0)
        ended.waitFor("holds a restore that was not finished; empty it and restore again")

    def left(self, backup: Path, to: Path) -> str:
        """What a killed restore has left."""
        if not to.exists() or set(os.listdir(to)) <= {"lock"}:
            return "nothing"
        state = StateDirectory(to)
        try:
            self.assertTrue(state.keptEpoch() and state.keptNodeId())
        except ConfigError as error:
            self.assertIn("was not finished; empty it", error.message)
            again = self.assertRaises(ConfigError, restoreBackup, backup, to, time.time())
            self.assertEqual(again.message, error.message)
            return "refused"
        for name in journalNames(str(to)):
            self.assertTrue(verifyJournal(str(to), name).isGood)
        return "whole"


_CALLS = frozenset(
    ("open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "fcntl.flock", "sqlite3.connect")
)


def killed(point: int, backup: Path, to: Path) -> bool:
    """Restore in a process that ends before one of its calls. @return: it came to its end first"""
    process = os.fork()
    if process:
        _, status = os.waitpid(process, 0)
        return status == 0
    try:
        left = [point]

        def count(event: str, _: object) -> None:
            left[0] -= event in _CALLS
            if not left[0]:
                os._exit(9)

        sys.addaudithook(count)
        restoreBackup(backup, to, time.time())
        os._exit(0)
    finally:
        os._exit(1)


def _second(one: dict[str, Any]) -> float:
    """When an entry ends, in seconds of its day."""
    hours, minutes, seconds = re.findall(r"T(\d+):(\d+):([\d.]+)Z", one["availableUntil"])[0]
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


class PageTests(CommandCase):
    """docs/backup.md, word by word but for the port."""

    def test_commands(self) -> None:
        """Every command does what the page says."""
        if not (ROOT / _PAGE).exists():
            raise SkipTest("the documentation is not installed")
        starting, *blocks = (block.text for block in readBlocks(_PAGE, ""))
        words = starting.split()
        self.assertEqual(words, ["twistd", "-n", "--pidfile=", "gma-index", "--state-dir", "state"])
        place = self.index()
        printed = ""
        for text in blocks:
            ended = self.shell(text.replace(_HERE, place))
            self.assertEqual(ended.returncode, 0, (text, ended.stderr))
            printed += ended.stdout
        self.assertIn('"name": "registrations"', printed)
        self.assertEqual(sorted(os.listdir(self.home / "restored"))[-1], "registrations.db.mark")
        self.assertTrue(Path(self.home, "monday.tar.gz").exists())
