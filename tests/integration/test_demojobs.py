"""C{gma demo --jobs}: a job of this machine from start to end, through two tiers, in the time that is promised."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.command.demojobs import INTERVAL
from tests.integration.commandcase import LONGEST, PACKAGE, PROGRAM
from tests.integration.foreign.shared import poll

_NODES = ("vo", "site", "rips-a", "rips-b", "mmjfs")
# Beyond one polling interval, what a state change may take to the subscriber at the top.
_BEYOND = 1.0


class JobDemoTests(SynchronousTestCase):
    """The command as a user runs it."""

    timeout = 180

    def setUp(self) -> None:
        """Start it, its temporary directory in the test's."""
        if not Path("/proc/self/stat").exists():
            raise SkipTest("there is no procfs to tell of processes")
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        self.process = subprocess.Popen(
            (sys.executable, "-P", "-c", PROGRAM, "demo", "--jobs"),
            cwd=self.home,
            env={"PYTHONPATH": PACKAGE, "PATH": os.environ["PATH"], "TMPDIR": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(self.end)
        self.children: dict[int, bytes] = {}

    def end(self) -> None:
        """Whatever a test left."""
        self.process.kill()
        self.process.communicate(timeout=LONGEST)
        for one, command in self.children.items():
            # Another process may have the id by now.
            if _commandOf(one) == command:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)

    def said(self, last: str) -> list[str]:
        """The lines it says, to the first with these words."""
        assert self.process.stderr is not None
        lines: list[str] = []
        while not (lines and last in lines[-1]):
            line = self.process.stderr.readline()
            self.assertTrue(line, "".join(lines))
            lines.append(line)
        self.children = _childrenOf(self.process.pid)
        return lines

    def areOver(self) -> bool:
        """Whether none of its processes is left."""
        return not any(_commandOf(one) == command for one, command in self.children.items())

    def test_jobs(self) -> None:
        """
        Two jobs come to the VO through two tiers, and to the MMJFS; the end of one reaches a subscriber at the VO
        within a polling interval and a second; Ctrl-C ends nodes, jobs and subscriber.
        """
        lines = self.said("in a browser")
        said = "".join(lines)
        jobs = re.findall(r"^job (pid-\d+) starts at (rips-[ab]): ", said, re.M)
        self.assertEqual([where for _, where in jobs], ["rips-a", "rips-b"])
        ids = [id for id, _ in jobs]
        for node, tiers in (("vo", 2), ("mmjfs", 1)):
            at = next(at for at, line in enumerate(lines) if f"have come to {node} " in line)
            for id, line in zip(ids, lines[at + 1 : at + 3], strict=True):
                self.assertRegex(line, rf"^  {id}: http://\S+/services/rips( -> \S+){{{tiers}}}$")
        self.assertIn(f"hears: {ids[0]} is Active, {ids[1]} is Active\n", said)
        found = re.search(rf"vo hears after ([0-9.]+) s: {ids[0]} is Done;", said)
        assert found is not None, said
        self.assertLess(float(found[1]), INTERVAL + _BEYOND)
        self.assertEqual(len(re.findall(r"^try  ", said, re.M)), 4)
        # Five nodes, the job that is left, and the subscriber.
        self.assertGreaterEqual(len(self.children), 7)
        os.killpg(self.process.pid, signal.SIGINT)
        out, rest = self.process.communicate(timeout=LONGEST)
        self.assertEqual((self.process.returncode, rest), (0, "the nodes end\n"))
        heads = [line.split()[0] for line in out.splitlines()]
        self.assertEqual(heads, ["NODE", *_NODES])
        poll(self.areOver, bool)
        self.assertEqual(list(self.home.iterdir()), [])


def _childrenOf(parent: int) -> dict[int, bytes]:
    """The processes below one, with what they run."""
    found: dict[int, bytes] = {}
    for one in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            # Of the name in parentheses anything may be a part.
            words = (one / "stat").read_text().rpartition(")")[2].split()
            if int(words[1]) == parent:
                found[int(one.name)] = _commandOf(int(one.name))
    return found


def _commandOf(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
