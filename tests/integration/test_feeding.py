"""Programs that are given changes: real ones."""

import os
import threading
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.feeding import Program


class ProgramTests(SynchronousTestCase):
    """One at a time."""

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

    def test_endedBefore(self) -> None:
        """One that begins as the end comes is killed too."""
        program = Program(("/bin/sleep", "60"), 60.0)
        program.end()
        said: list[str] = []
        thread = threading.Thread(target=lambda: said.append(program.run(b"", {})), daemon=True)
        thread.start()
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
