"""A job of C{gma demo --jobs}: a process of this machine that does nothing."""

import subprocess
from collections.abc import Sequence
from types import TracebackType

from gma_twisted.command.childend import endChild
from gma_twisted.command.failures import Exit, Failure

__all__ = ["DemoJob"]

_ENDS = 5.0


class DemoJob:
    """
    A process that runs as long as it is entered, or until its end is asked for.

    @ivar words: program and arguments
    """

    def __init__(self, words: Sequence[str]) -> None:
        """@raise Failure: it cannot be started"""
        self.words = words
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise Failure(f"{words[0]} cannot be started: {error.strerror}", Exit.NO) from None

    @property
    def process(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def id(self) -> str:
        """What a provider of processes calls it."""
        return f"pid-{self.process}"

    def __enter__(self) -> "DemoJob":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """L{end} it."""
        self.end()

    def end(self) -> None:
        """End it: it has no reason to stay. No effect when it has ended."""
        endChild(self._process, _ENDS)
