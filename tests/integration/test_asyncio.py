"""
The raw-request corpus again, on the asyncio reactor: a process runs one reactor, so another process runs it.

All of it is C{python -m twisted.trial --reactor=asyncio tests.integration.test_corpus}.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

_CHECKOUT = Path(__file__).parents[2]
_ON_TCP = ("test_chunks", "test_bodies", "test_expectations", "test_persistence")


class AsyncioTests(SynchronousTestCase):
    """C{trial --reactor=asyncio}."""

    timeout = 240

    def test_corpus(self) -> None:
        """What a reactor could do differently is answered as on epoll: every case on TLS, and pieces on TCP."""
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "twisted.trial", "--reactor=asyncio"),
                    *("--temp-directory", str(Path(home) / "trial")),
                    "tests.integration.test_corpus.CorpusTLSTests",
                    *(f"tests.integration.test_corpus.CorpusTests.{name}" for name in _ON_TCP),
                ],
                cwd=_CHECKOUT,
                capture_output=True,
                text=True,
                timeout=200,
                check=False,
            )
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-2000:])
        self.assertRegex(done.stdout, r"(?m)^PASSED \(successes=\d+\)$")
