"""The archive of events in processes that are killed, and on a disk that takes nothing more."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.events import EventArchive
from gma_twisted.interfaces.events import StoredEvent
from gma_twisted.timing import toDeferred
from tests.integration.archivechild import opened

_LIVES = 5
_SECONDS = 60


def _child(what: str, path: Path) -> "subprocess.Popen[str]":
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.integration.archivechild", what, str(path.absolute())]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


class ArchiveTests(SynchronousTestCase):
    """L{EventArchive} in another process."""

    def test_killed(self) -> None:
        """Nothing that was acknowledged is missing after a kill, and positions and events agree."""
        path = Path(self.mktemp())
        random = Random(7)
        lives = set()
        for _ in range(_LIVES):
            kept = self.live(path, random.randrange(2, 60))
            archive = opened(path)
            lives.add(archive.life)
            numbers = [one.number for one in self.every(archive)]
            self.assertGreaterEqual(len(numbers), kept)
            self.assertEqual(numbers, list(range(1, archive.last + 1)))
            self.assertEqual(archive.positions(), {"place": str(archive.last)})
            self.successResultOf(toDeferred(archive.stop()))
        self.assertEqual(len(lives), 1)

    def live(self, path: Path, lines: int) -> int:
        """Have events kept, and kill who keeps them. @return: number of the last that was acknowledged"""
        child = _child("on", path)
        try:
            assert child.stdout is not None
            said = [child.stdout.readline() for _ in range(lines)]
            self.assertTrue(said[-1].strip().isdigit(), said[-1] + child.stdout.readline())
        finally:
            child.send_signal(signal.SIGKILL)
        # What it said before it was killed counts too.
        rest, _ = child.communicate(timeout=_SECONDS)
        whole = [*said, *(line for line in rest.splitlines(True) if line.endswith("\n"))]
        return int(whole[-1])

    def every(self, archive: EventArchive) -> list[StoredEvent]:
        """All there is."""
        found: list[StoredEvent] = []
        after = 0
        while True:
            page = self.successResultOf(toDeferred(archive.between(after, archive.last, 1000)))
            found += page.found
            if page.last is None:
                return found
            after = page.last[1]

    def test_full(self) -> None:
        """Where files may not grow, batches are refused whole; what was kept is there, and all goes on with room."""
        child = _child("fill", Path(self.mktemp()))
        said, _ = child.communicate(timeout=_SECONDS)
        self.assertEqual(child.returncode, 0, said)
        self.assertRegex(said.splitlines()[-1], r"^kept \d+, then \d+$")
