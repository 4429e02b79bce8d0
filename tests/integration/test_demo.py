"""C{gma demo}: real nodes, that end whatever ends the command."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.integration.commandcase import LONGEST, PACKAGE, PROGRAM
from tests.integration.foreign.shared import poll
from tests.integration.test_aggregate import hosts


class DemoTests(SynchronousTestCase):
    """The command as a user runs it."""

    timeout = 120

    def setUp(self) -> None:
        """Start it, its temporary directory in the test's."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        self.process = subprocess.Popen(
            (sys.executable, "-P", "-c", PROGRAM, "demo"),
            cwd=self.home,
            env={"PYTHONPATH": PACKAGE, "PATH": os.environ["PATH"], "TMPDIR": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(self.end)
        assert self.process.stdout is not None
        self.lines = [self.process.stdout.readline() for _ in range(4)]
        self.urls = dict(line.split() for line in self.lines[1:])
        self.nodes = self.processes()

    def end(self) -> None:
        """Whatever a test left."""
        self.process.kill()
        self.process.communicate(timeout=LONGEST)
        for one in self.nodes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    def processes(self) -> list[int]:
        """The process ids of the nodes."""
        found = []
        for one in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if one.name.isdigit() and str(self.home).encode() in (one / "cmdline").read_bytes():
                    found.append(int(one.name))
        return sorted(found)

    def arrived(self) -> str:
        """What is said until the data has come."""
        assert self.process.stderr is not None
        said = ""
        while "in a browser" not in said:
            line = self.process.stderr.readline()
            self.assertTrue(line, said)
            said += line
        return said

    def interrupt(self, send: Callable[[], object]) -> tuple[int, str]:
        """End the command. @return: its exit status, and what it says after that"""
        send()
        _, said = self.process.communicate(timeout=LONGEST)
        self.assertEqual(self.processes(), [])
        self.assertEqual(list(self.home.iterdir()), [])
        return self.process.returncode, said

    def test_tiers(self) -> None:
        """The URLs of three nodes, and live data that came through two of them; Ctrl-C ends all."""
        self.assertEqual(self.lines[0].split(), ["NODE", "URL"])
        self.assertEqual(list(self.urls), ["vo", "site", "leaf"])
        self.assertEqual(len(self.nodes), 3)
        said = self.arrived()
        self.assertRegex(said, r"has come to vo after [0-9.]+ s: http://\S+ -> \S+")
        self.assertEqual(len(re.findall(r"^try  ", said, re.M)), 3)
        (value,) = hosts(f"{self.urls['vo']}/services/index")
        self.assertEqual(value.originator, f"{self.urls['leaf']}/services/index")
        self.assertEqual(len(value.path), 2)
        # As a terminal does it: to everything in the foreground.
        ended = self.interrupt(lambda: os.killpg(self.process.pid, signal.SIGINT))
        self.assertEqual(ended, (0, "the nodes end\n"))

    def test_terminated(self) -> None:
        """SIGTERM ends all as well, also before anything has come."""
        self.assertEqual(self.interrupt(self.process.terminate)[0], 0)

    def test_killed(self) -> None:
        """Nodes do not outlive a command that is killed."""
        self.process.kill()
        self.process.communicate(timeout=LONGEST)
        poll(self.processes, lambda found: not found)

    def test_died(self) -> None:
        """A node that dies is named, with what it said last; the others end too."""
        self.arrived()
        (leaf,) = (one for one in self.nodes if b"leaf.toml" in _commandOf(one))
        os.kill(leaf, signal.SIGKILL)
        status, said = self.interrupt(lambda: None)
        self.assertEqual(status, 1)
        lines = said.splitlines()
        self.assertEqual(lines[-1], f"gma: the node leaf (process {leaf}) was ended by SIGKILL")
        self.assertTrue(lines[0].startswith("leaf: "), said)


def _commandOf(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()
