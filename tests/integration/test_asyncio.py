"""The raw-request corpus again, on the asyncio reactor: a process runs one reactor, so another process runs it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

_CHECKOUT = Path(__file__).parents[2]


class AsyncioTests(SynchronousTestCase):
    """C{trial --reactor=asyncio}."""

    timeout = 240

    def test_corpus(self) -> None:
        """Every case of the corpus, on TCP and TLS, is answered as on epoll."""
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "twisted.trial", "--reactor=asyncio"),
                    *("--temp-directory", str(Path(home) / "trial")),
                    "tests.integration.test_corpus",
                ],
                cwd=_CHECKOUT,
                capture_output=True,
                text=True,
                timeout=200,
                check=False,
            )
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-2000:])
        self.assertRegex(done.stdout, r"(?m)^PASSED \(successes=\d+\)$")
