"""A server under test as a process of its own: started, asked for its loop lag, ended by its id."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import psutil

__all__ = ["ServerFailed", "ServerProcess", "cpuSecondsOf"]

# A server made with gSOAP is compiled before it starts.
_START = 60.0
_STOP = 10.0
_LAST = 12


class ServerFailed(Exception):
    """A server did not start, or does not speak."""


@attrs.define(eq=False)
class ServerProcess:
    """
    C{python -m bench.servers NAME DIRECTORY}: a line of JSON on its standard output for each of ours on its standard
    input.

    @ivar name: of the server
    @ivar directory: where its standard error goes, a file named after it, and what it keeps on the disk
    @ivar core: where it runs; C{None} for anywhere
    @ivar profile: where it writes a cProfile; C{None} for none
    @ivar port: on 127.0.0.1, once started
    """

    name: str
    directory: Path
    core: int | None
    profile: Path | None = None
    port: int = attrs.field(default=0, init=False)
    versions: dict[str, str] = attrs.field(factory=dict, init=False)
    _process: "subprocess.Popen[bytes]" = attrs.field(init=False)
    _usage: psutil.Process = attrs.field(init=False)
    _unread: bytes = attrs.field(default=b"", init=False)

    @property
    def _errors(self) -> Path:
        return self.directory / f"{self.name}.err"

    def start(self) -> None:
        """Start it and wait until it listens. @raise ServerFailed: with the last lines it wrote"""
        command = [sys.executable, "-m", "bench.servers", self.name, str(self.directory)]
        if self.profile is not None:
            command += ["--profile", str(self.profile)]
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )
        if self.core is not None:
            os.sched_setaffinity(self._process.pid, {self.core})
        self._usage = psutil.Process(self._process.pid)
        told = self._read(_START)
        self.port = told["port"]
        self.versions = told["versions"]

    def begin(self) -> None:
        """Begin to watch the loop."""
        self._tell(b"begin\n")

    def end(self) -> Sequence[float]:
        """Watch it no longer. @return: how late its timers were since L{begin}, seconds"""
        self._tell(b"end\n")
        lags: list[float] = self._read(_STOP)["lags"]
        return lags

    def order(self, line: str) -> None:
        """Order something that is answered later, see L{answer}."""
        self._tell(line.encode() + b"\n")

    def answer(self, seconds: float = _START) -> dict[str, Any]:
        """The answer to an order. @raise ServerFailed: it does not come within C{seconds}"""
        return self._read(seconds)

    @property
    def hasAnswered(self) -> bool:
        """Whether L{answer} need not wait, or will fail at once."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout.fileno()], [], [], 0.0)
        return b"\n" in self._unread or bool(ready)

    def cpuSeconds(self) -> float:
        """User and system time so far, of all its threads and processes. @raise ServerFailed: it has ended"""
        try:
            everyone = [self._usage, *self._usage.children(recursive=True)]
            return sum(cpuSecondsOf(process) for process in everyone)
        except psutil.Error:
            raise self._failure("has ended") from None

    @property
    def usage(self) -> psutil.Process:
        """What the operating system knows of it."""
        return self._usage

    def stop(self) -> None:
        """End it, by force if it does not want to."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._process.wait(_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _tell(self, line: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure("has ended") from None

    def _read(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        deadline = time.monotonic() + seconds
        while b"\n" not in self._unread:
            ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise self._failure(f"said nothing for {seconds:g} s")
            data = os.read(handle, 1 << 20)
            if not data:
                raise self._failure("has ended")
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        told: dict[str, Any] = json.loads(line)
        return told

    @property
    def lastWords(self) -> str:
        """The last lines of its standard error, which is where an explanation is found."""
        return "\n".join(self._errors.read_text(errors="replace").splitlines()[-_LAST:])

    def _failure(self, what: str) -> ServerFailed:
        return ServerFailed(f"server {self.name} {what}\n{self.lastWords}".rstrip())


def cpuSecondsOf(process: psutil.Process) -> float:
    """User and system time of one process so far. @raise psutil.Error: it has ended"""
    # The scheduler's own count, in nanoseconds; psutil's ticks of 10 ms would be coarse for short slices.
    try:
        tasks = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9
    except (OSError, IndexError):
        times = process.cpu_times()
        return times.user + times.system
