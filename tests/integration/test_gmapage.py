"""docs/gma.md, word by word but for the ports: three nodes, and its programs, which find each other."""

import signal
import subprocess
import sys
from pathlib import Path

from gma_twisted.model.eventjson import readEventJSON
from tests.integration.commandcase import LONGEST, CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

PAGE = "docs/gma.md"
_FREE = ("--listen", "tcp:0:interface=127.0.0.1")
_FIRST = "http://127.0.0.1:8481"


class GMAPageTests(CommandCase):
    """Its matrix, in real processes."""

    def setUp(self) -> None:
        """Read the page, write its module and its programs."""
        if not (ROOT / PAGE).exists():
            self.skipTest("the documentation is not installed")
        super().setUp()
        self.commands = [one.text.strip() for one in readBlocks(PAGE, "")]
        module, *programs = (one.text for one in readBlocks(PAGE, "python"))
        (self.home / "room.py").write_text(module)
        names = [one.split()[1] for one in self.commands if one.startswith("python ")]
        for name, text in zip(names, programs, strict=True):
            (self.home / name).write_text(text)
        self.directory = _FIRST

    def command(self, words: str) -> list[str]:
        """The command with these words, for the directory that runs."""
        (found,) = (one for one in self.commands if words in one)
        return found.replace(_FIRST, self.directory).split()

    def node(self, kind: str) -> Node:
        """Start a node by its command, at a free port."""
        before, options = self.command(f" {kind}"), (*_FREE, "--state-dir", str(self.home / kind))
        self.assertEqual(before[:4], ["twistd", "-n", "--pidfile=", kind])
        return Node(self.home, self.addCleanup, *before[4:], *options, kind=kind)

    def begin(self, name: str) -> "subprocess.Popen[bytes]":
        """Start a program by its command; it ends with the test."""
        python, *words = self.command(f"python {name} ")
        self.assertEqual(python, "python")
        with (self.home / f"{name}.out").open("w") as output:
            process = subprocess.Popen(
                (sys.executable, *words),
                cwd=self.home,
                env=self.environment(no_proxy="*", HOME=str(self.home)),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def lines(self, name: str, count: int) -> list[str]:
        """What a program or a node wrote, when it is so many lines."""
        path = Path(self.home / name)
        written = poll(
            lambda: path.read_text().splitlines() if path.exists() else [],
            lambda found: len(found) >= count,
            LONGEST,
        )
        self.assertGreaterEqual(len(written), count, written)
        return written

    def test_matrix(self) -> None:
        """Either side finds the other and begins; who watches is told of who comes, and of who goes."""
        self.directory = self.node("gma-registry").url()
        consumer = self.node("gma-consumer").url() + "/services/consumer"
        self.begin("follow.py")
        begun = [line.strip() for line in self.lines("follow.py.out", 2)]
        self.assertEqual(begun, ["gma.watch.reset", "gma.watch.complete"])
        thermometer = self.node("gma-producer")
        producer = thermometer.url() + "/services/producer"
        added, event = self.lines("follow.py.out", 4)[2:4]
        self.assertEqual(added, f"gma.entry.added {producer}")
        self.assertRegex(event, r"^told: 20\.\d+$")

        self.assertEqual(self.begin("ask.py").wait(LONGEST), 0)
        asked = self.lines("ask.py.out", 5)
        self.assertEqual(asked[0], f"found: {producer}")
        self.assertRegex(asked[1], r"^has: \d+ of Thermometer$")
        for line in asked[2:]:
            self.assertRegex(line, r"^told: Temperature 20\.\d+$")
        self.assertFalse((self.home / "room.events").read_text())

        hall = self.begin("bring.py")
        events = [readEventJSON(line) for line in self.lines("room.events", 3)]
        self.assertEqual(
            [(one.name, one.get("celsius")) for one in events],
            [("Temperature", celsius) for celsius in (17.0, 18.0, 19.0)],
        )
        told = self.lines("bring.py.out", 4)
        self.assertEqual(told, [f"found: {consumer}", "notified: 1", "answered: 1", "offered"])
        hall.send_signal(signal.SIGINT)
        self.assertEqual(hall.wait(LONGEST), 0)
        self.assertEqual(self.lines("bring.py.out", 4), told)

        self.assertEqual(thermometer.signal(), 0)
        gone = f"gma.entry.removed {producer}"
        followed = self.home / "follow.py.out"
        self.assertIn(gone, poll(followed.read_text, lambda one: gone in one, LONGEST))
