"""Workers: started, listened to, killed at any moment, and always ended by their process id."""

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from gma_twisted.timing import bootTime
from tests.integration.durability.history import History
from tests.integration.durability.report import Journalist
from tests.integration.durability.trace import tracing

__all__ = ["LONGEST", "ROOT", "Worker", "contents", "memory", "scratch"]

ROOT = Path(__file__).resolve().parents[3]
LONGEST = 60.0
"""Seconds after which a worker that was waited for has failed."""

_MEMORY = "/dev/shm"
_PIECE = 1 << 16


def contents(directory: Path) -> Mapping[str, bytes]:
    """The files of a directory, by absolute path."""
    return {str(path): path.read_bytes() for path in directory.iterdir() if path.is_file()}


def memory() -> str | None:
    """Where a scratch directory costs no input and output; C{None} for where all others are."""
    return _MEMORY if os.path.isdir(_MEMORY) else None


@contextmanager
def scratch(parent: str | None = None) -> Iterator[Path]:
    """A directory that is gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="gma-durability-", dir=parent))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@attrs.define(slots=True, eq=False)
class Worker:
    """
    One life of a worker process.

    @ivar journalist: what it has said so far
    @ivar started: instant of its start
    @ivar report: number of the file it reports to
    @ivar said: all that it reported
    """

    journalist: Journalist
    started: float
    report: int
    _process: subprocess.Popen[bytes]
    _reading: int
    _errors: Path
    said: bytearray = attrs.field(factory=bytearray, init=False)
    _tracer: subprocess.Popen[bytes] | None = attrs.field(default=None, init=False)
    _isRead: bool = attrs.field(default=False, init=False)

    @classmethod
    def start(
        cls, directory: Path, history: History, *options: str, strace: Sequence[str] = ()
    ) -> "Worker":
        """
        Start a worker on a directory.

        @param options: see L{tests.integration.durability.worker}
        @param strace: words of strace, which follows the worker from before it opens the directory
        @raise AssertionError: it cannot be followed
        """
        reading, report = os.pipe()
        command = [sys.executable, "-m", "tests.integration.durability.worker", str(directory)]
        handle, errors = tempfile.mkstemp(prefix="gma-durability-")
        started = bootTime()
        with open(handle, "wb") as file:
            process = subprocess.Popen(
                [*command, "--report", str(report), *options, *(["--wait"] if strace else [])],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
                pass_fds=[report],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=file,
            )
        os.close(report)
        worker = cls(Journalist(history), started, report, process, reading, Path(errors))
        if strace:
            worker._follow(strace)
        return worker

    def _follow(self, strace: Sequence[str]) -> None:
        self.waitFor("waiting")
        number = self._process.pid
        self._tracer = subprocess.Popen(
            tracing([*strace, "-p", f"{number}"]), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        status = Path(f"/proc/{number}/status")
        deadline = time.monotonic() + LONGEST
        while "TracerPid:\t0\n" in status.read_text():
            if self._tracer.poll() is not None or time.monotonic() > deadline:
                assert self._tracer.stderr is not None
                said = self._tracer.stderr.read().decode("utf-8", "replace")
                self.close()
                raise AssertionError(f"strace cannot follow the worker: {said}")
            time.sleep(0.002)
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End it when it runs, and let go of everything."""
        self.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._tracer is not None and self._tracer.stderr is not None:
            self._tracer.stderr.close()
        os.close(self._reading)
        self._errors.unlink()

    @property
    def process(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def errors(self) -> str:
        """What it wrote to its standard error."""
        return self._errors.read_text("utf-8", "replace")

    def listen(self, until: Callable[[], bool], seconds: float = LONGEST) -> bool:
        """Read what it says until something is true, its end, or the time is over. @return: whether it is"""
        deadline = time.monotonic() + seconds
        while not until():
            left = deadline - time.monotonic()
            if self._isRead or left <= 0:
                return False
            if select.select([self._reading], [], [], left)[0]:
                self._read()
        return True

    def waitFor(self, note: str) -> None:
        """Wait for a note. @raise AssertionError: it ended, or was too slow"""
        if not self.listen(lambda: note in self.journalist.notes):
            raise AssertionError(f"the worker never said {note}: {self.errors[-3000:]}")

    def kill(self) -> None:
        """End it with SIGKILL when it runs; then read what it had said."""
        if self._process.poll() is None:
            self._process.kill()
        self._ended()

    def wait(self, seconds: float = LONGEST) -> int:
        """
        Wait for its own end.

        @return: exit status, negative for a signal
        @raise AssertionError: it does not end
        """
        self.listen(lambda: False, seconds)
        if not self._isRead:
            raise AssertionError(f"the worker goes on and on: {self.errors[-3000:]}")
        self._ended()
        return self._process.returncode

    def _read(self) -> None:
        data = os.read(self._reading, _PIECE)
        if data:
            self.said += data
            self.journalist.take(data)
        else:
            self._isRead = True

    def _ended(self) -> None:
        while not self._isRead:
            self._read()
        self._process.wait(LONGEST)
        if self._tracer is not None:
            # What it follows is gone, so that it ends by itself, its record complete.
            self._tracer.wait(LONGEST)
        self.journalist.died(bootTime())
