"""A worker process, as those see it who give it work."""

import signal
from collections.abc import Awaitable
from typing import Protocol

import attrs

__all__ = ["Ending", "WorkerListener", "WorkerProcess"]


@attrs.frozen(slots=True)
class Ending:
    """
    How a worker ended.

    @ivar status: exit status; C{None} after a signal
    @ivar signal: what killed it, C{None} otherwise
    @ivar said: its last line on standard error; empty when it had none
    @ivar isGreedy: it was killed because it took more memory than it may have
    """

    status: int | None
    signal: int | None
    said: str = ""
    isGreedy: bool = False

    def __str__(self) -> str:
        """In words, as the end of a sentence that names the worker."""
        if self.signal is None:
            how = f"ended with exit status {self.status}"
        else:
            try:
                how = f"was killed by {signal.Signals(self.signal).name}"
            except ValueError:
                how = f"was killed by signal {self.signal}"
        return f"{how}: {self.said}" if self.said else how


class WorkerListener(Protocol):
    """Who hears a worker."""

    def received(self, data: bytes) -> None:
        """Bytes came."""

    def ended(self, ending: Ending) -> None:
        """It is over and reaped, and all it wrote was received; nothing comes after this."""


class WorkerProcess(Protocol):
    """A worker, as those see it who give it work."""

    @property
    def pid(self) -> int:
        """The number of its process."""
        ...

    @property
    def isFull(self) -> bool:
        """Whether it has not read much of what was written."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes; nothing happens when it has ended."""

    def drained(self) -> Awaitable[None]:
        """Ready when it C{isFull} no more, or has ended; cancelling this wait leaves others alone."""
        ...

    def limitProcessor(self, seconds: float) -> None:
        """
        Let it use the processor for so long from now, or be killed by C{SIGXCPU}. As long as that holds it is looked at
        whether it takes more memory than it was launched with.

        @param seconds: rounded up with what it has used to whole ones; C{inf} for no end
        """

    def processorTime(self) -> float:
        """Seconds of processor time it has used; of one that has ended 0."""
        ...

    def watched(self) -> int:
        """The number in its page, also when it has ended."""
        ...

    def kill(self) -> None:
        """End it; L{WorkerListener.ended} follows. No effect when it has ended."""
