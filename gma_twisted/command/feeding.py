"""Programs that are given changes, one after the other."""

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs

from gma_twisted.command.watched import Watched
from gma_twisted.timing import spawn

__all__ = ["MOST_WAITING", "Feeder", "Program"]

MOST_WAITING = 1000
"""Most changes that wait for the program to end that was given the one before."""


@attrs.define(slots=True, eq=False)
class Program:
    """
    A program that is run again and again, in a process group of its own; it prints where we print.

    @ivar words: the program and its arguments
    @ivar seconds: how long it may run
    """

    words: Sequence[str]
    seconds: float
    _running: "subprocess.Popen[bytes] | None" = attrs.field(default=None, init=False, repr=False)
    _isOver: bool = attrs.field(default=False, init=False)

    def run(self, content: bytes, environment: Mapping[str, str]) -> str:
        """
        Run it to its end; this blocks.

        @param content: its standard input
        @param environment: variables beside our own
        @return: what went wrong, in words; empty when nothing did
        """
        try:
            self._running = running = subprocess.Popen(
                self.words,
                stdin=subprocess.PIPE,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        except OSError as error:
            return f"{self.words[0]} cannot be started: {error.strerror}"
        if self._isOver:
            # The end came while it began, and found nothing to kill.
            self._kill(running)
        try:
            running.communicate(content, self.seconds)
        except subprocess.TimeoutExpired:
            self._kill(running)
            running.communicate()
            return f"{self.words[0]} did not end within {self.seconds:g} s and was killed"
        finally:
            self._running = None
        if running.returncode and not self._isOver:
            return f"{self.words[0]} ended with exit status {running.returncode}"
        return ""

    def end(self) -> None:
        """Kill the one that runs; to be called from another thread."""
        self._isOver = True
        if (running := self._running) is not None:
            self._kill(running)

    def _kill(self, running: "subprocess.Popen[bytes]") -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)


@attrs.define(slots=True, eq=False)
class Feeder:
    """
    Gives changes to a program, one at a time; changes that come too fast for it are left out, which is told.

    @ivar run: as L{Program.run}, in a thread
    @ivar said: told in a sentence what went wrong
    """

    run: Callable[[bytes, Mapping[str, str]], Awaitable[str]]
    said: Callable[[str], object]
    _waiting: deque[Watched] = attrs.field(factory=deque, init=False, repr=False)
    _isRunning: bool = attrs.field(default=False, init=False)
    _leftOut: int = attrs.field(default=0, init=False)

    def feed(self, watched: Watched) -> None:
        """Give it a change, when its turn comes."""
        if len(self._waiting) >= MOST_WAITING:
            self._leftOut += 1
            return
        self._waiting.append(watched)
        if not self._isRunning:
            self._isRunning = True
            spawn(self._drain(), "the program that is given changes")

    def end(self) -> None:
        """Begin with none any more."""
        self._waiting.clear()

    async def _drain(self) -> None:
        try:
            while self._waiting:
                watched = self._waiting.popleft()
                if why := await self.run(watched.content, watched.environment()):
                    self.said(why)
                if self._leftOut:
                    self.said(f"{self._leftOut} changes came too fast for the program: left out")
                    self._leftOut = 0
        finally:
            self._isRunning = False
