"""The documented benchmark, short: the Gate against a plain twisted.web Resource, by CPU per request."""

import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

_CHECKOUT = Path(__file__).parents[2]


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=_CHECKOUT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


class BenchTests(SynchronousTestCase):
    """C{python -m bench}."""

    def test_goal(self) -> None:
        """With all gates on, the Gate takes at most a seventh of the CPU of a plain twisted.web Resource."""
        plan = ["--workload", "varied", "--cycles", "9", "--seconds", "0.4", "--judge"]
        done = _run("--only", "gate-epoll,twisted.web", *plan)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("\nmet: gate-epoll ", done.stdout)

    def test_profile(self) -> None:
        """The profile names what the Gate spends its time on."""
        done = _run("--profile")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("gma_twisted/markup/parse.py", done.stdout)
