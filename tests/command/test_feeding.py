"""Programs that are given changes."""

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.feeding import MOST_WAITING, Feeder, Program
from gma_twisted.command.watched import Watched
from gma_twisted.model import ElementKey, Lifetime, QName, ServiceDataElement
from gma_twisted.timing import NodeClock


def _watched(content: str) -> Watched:
    key = ElementKey(QName("urn:a", "A"), "http://h:1/x")
    element = ServiceDataElement(key, b"<A", f">{content}</A>".encode(), Lifetime(0.0))
    return Watched("new", 0.0, element, None, NodeClock(Clock(), lambda: 0.0))


class FeederTests(SynchronousTestCase):
    """Whose turn it is."""

    def setUp(self) -> None:
        """A program whose ends the test says."""
        self.runs: list[tuple[bytes, Deferred[str]]] = []
        self.said: list[str] = []

        def run(content: bytes, environment: Mapping[str, str]) -> "Deferred[str]":
            self.runs.append((content, Deferred()))
            return self.runs[-1][1]

        self.feeder = Feeder(run, self.said.append)

    def contents(self) -> list[bytes]:
        """What was run."""
        return [content for content, _ in self.runs]

    def test_order(self) -> None:
        """One after the other; what goes wrong is told, and the next has its turn."""
        for one in "12":
            self.feeder.feed(_watched(one))
        self.assertEqual(self.contents(), [b"<A>1</A>"])
        self.runs[0][1].callback("it failed")
        self.assertEqual(self.contents(), [b"<A>1</A>", b"<A>2</A>"])
        self.runs[1][1].callback("")
        self.assertEqual(self.said, ["it failed"])
        self.feeder.feed(_watched("3"))
        self.assertEqual(len(self.runs), 3)
        self.runs[2][1].callback("")

    def test_bound(self) -> None:
        """Changes that come too fast are left out, which is told once."""
        for _ in range(1 + MOST_WAITING + 5):
            self.feeder.feed(_watched("x"))
        self.runs[0][1].callback("")
        self.assertEqual(self.said, ["5 changes came too fast for the program: left out"])
        self.feeder.end()
        self.runs[1][1].callback("")
        self.assertEqual((len(self.runs), len(self.said)), (2, 1))


class ProgramTests(SynchronousTestCase):
    """Real ones."""

    timeout = 60

    def test_given(self) -> None:
        """The value on its standard input, facts in its environment."""
        path = Path(self.mktemp())
        program = Program(("/bin/sh", "-c", f'cat > {path}; echo "$GMA_KEY" >> {path}'), 30.0)
        self.assertEqual(program.run(b"value ", {"GMA_KEY": "k"}), "")
        self.assertEqual(path.read_text(), "value k\n")

    def test_wrong(self) -> None:
        """What did not end well is named: a status, no such program, an input nobody reads."""
        self.assertEqual(
            Program(("/bin/sh", "-c", "exit 3"), 30.0).run(b"", {}),
            "/bin/sh ended with exit status 3",
        )
        said = Program(("/nowhere",), 30.0).run(b"", {})
        self.assertEqual(said, "/nowhere cannot be started: No such file or directory")
        self.assertEqual(Program(("/bin/true",), 30.0).run(b"x" * 10_000_000, {}), "")

    def test_late(self) -> None:
        """One that takes too long is killed with what it started."""
        path = Path(self.mktemp())
        words = ("/bin/sh", "-c", f"sleep 60 & echo $! > {path}; wait")
        said = Program(words, 0.5).run(b"", {})
        self.assertEqual(said, "/bin/sh did not end within 0.5 s and was killed")
        self.assertRaises(ProcessLookupError, _await, int(path.read_text()))

    def test_ended(self) -> None:
        """One that runs at the end is killed, which is no failure of it."""
        path = Path(self.mktemp())
        program = Program(("/bin/sh", "-c", f"echo > {path}; sleep 60"), 60.0)
        said: list[str] = []
        thread = threading.Thread(target=lambda: said.append(program.run(b"", {})))
        thread.start()
        while not path.exists():
            time.sleep(0.01)
        program.end()
        thread.join(30.0)
        self.assertEqual(said, [""])


def _await(process: int) -> None:
    """@raise ProcessLookupError: it is gone, within a while"""
    for _ in range(500):
        if _isDead(process):
            raise ProcessLookupError
        os.kill(process, 0)
        time.sleep(0.01)


def _isDead(process: int) -> bool:
    """Whether nobody has asked yet how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True
