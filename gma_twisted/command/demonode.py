"""A node as a process of C{gma}, which does not outlive it."""

import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from gma_twisted.command.childend import endChild
from gma_twisted.command.failures import Exit, Failure

__all__ = ["DemoNode"]

_ENDS = 10.0
_STARTS = 60.0
_LINES = 50
_LINE = 1000
_URL = re.compile(r"status page +(http://\S+)/$")
# The standard input is a pipe that only gma can write to: its end is the end of gma, however that came, and the node
# ends by itself then. One that does not is killed.
_PROGRAM = f"""
import os, signal, threading, time
def watch():
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep({_ENDS})
    os.kill(os.getpid(), signal.SIGKILL)
threading.Thread(target=watch, daemon=True).start()
from twisted.scripts.twistd import run
run()
"""


class DemoNode:
    """
    A node on a free port of 127.0.0.1 that runs as long as it is entered.

    @ivar name: what it is called
    @ivar url: base URL; empty until it is known
    """

    def __init__(
        self, name: str, configuration: Path, state: Path, kind: str = "gma-index"
    ) -> None:
        """
        @param configuration: its file
        @param state: its state directory
        @param kind: sub-command of twistd
        @raise Failure: it cannot be started
        """
        self.name = name
        self.url = ""
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._isKnown = threading.Event()
        words = ("-n", "--pidfile=", kind, "-c", str(configuration))
        where = ("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(state))
        try:
            # Its own session: Ctrl-C at a terminal is for gma, which ends it.
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-c", _PROGRAM, *words, *where),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise Failure(f"the node {name} cannot be started: {error}", Exit.NO) from None
        self._reader = threading.Thread(target=self._read, daemon=True)

    @property
    def process(self) -> int:
        """Its process id."""
        return self._process.pid

    def __enter__(self) -> "DemoNode":
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it: kindly, and after 10 seconds, or at another Ctrl-C, at once."""
        endChild(self._process, _ENDS)
        # A program of the node may hold its end for longer: nobody waits for that.
        self._reader.join(1.0)
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def waitForURL(self) -> bool:
        """Wait until its URL is known. @return: whether it is; otherwise the node has ended, or takes too long"""
        self._isKnown.wait(_STARTS)
        return bool(self.url)

    def isAlive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def end(self) -> str:
        """How it ended, in words."""
        try:
            status = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return f"does not serve within {_STARTS:g} s"
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with exit status {status}"

    def lastLines(self) -> Sequence[str]:
        """The last of what it said, as far as it has ended."""
        self._reader.join(1.0)
        return list(self._lines)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            while line := output.readline(_LINE):
                line = line.rstrip("\n")
                self._lines.append(line)
                if not self.url and (found := _URL.search(line)):
                    self.url = found[1]
                    self._isKnown.set()
        self._isKnown.set()
