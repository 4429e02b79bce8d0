"""Where the journals of a node are read before its reactor runs: at once, so that who starts it hears what is wrong."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from gma_twisted.stores.journal import Inline, Worker

__all__ = ["EarlyWorker"]

T = TypeVar("T")


@attrs.frozen(slots=True, eq=False)
class EarlyWorker:
    """
    Does jobs at once as long as nobody else could be kept waiting, and then leaves them to another worker.

    A node that goes into the background can tell the terminal why it does not start only before its reactor runs.

    @ivar isRunning: whether the reactor runs
    @ivar later: does the jobs from then on
    """

    isRunning: Callable[[], bool]
    later: Worker
    _now: Inline = attrs.field(factory=Inline, init=False, repr=False)

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """See L{Worker}."""
        return self.later.run(job) if self.isRunning() else self._now.run(job)

    def stop(self) -> Awaitable[None]:
        """See L{Worker}."""
        return self.later.stop()
