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

    def test_comparison(self) -> None:
        """
        All servers answer rightly side by side, and the goal's line is there; whether it is met is for a quiet
        machine to say.
        """
        plan = ["--workload", "varied", "--cycles", "1", "--seconds", "0.3"]
        done = _run("--only", "gate-epoll,twisted.web", *plan)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, "(?m)^(met|MISSED): gate-epoll ")

    def test_profile(self) -> None:
        """The profile names what the Gate spends its time on."""
        done = _run("--profile")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("gma_twisted/markup/parse.py", done.stdout)
