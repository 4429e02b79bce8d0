"""Calls of a server's methods that nobody waits for: what it is told when a lease has ended."""

from collections.abc import Awaitable

from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from gma_twisted.errors import GMAError, TimedOut
from gma_twisted.timing import NodeClock, Task, gather, spawn, withTimeout
from gma_twisted.timing.tasks import ENDING

__all__ = ["LastCalls"]

log = Logger()

_SECONDS = 30.0


class LastCalls:
    """Makes them; an error is logged, and a call that takes longer than 30 s is given up."""

    __slots__ = ("_calls", "_clock", "_name")

    def __init__(self, clock: NodeClock, name: str) -> None:
        """@param name: of the class, for the log"""
        self._clock = clock
        self._name = name
        self._calls: set[Task] = set()

    def call(self, work: Awaitable[object]) -> None:
        """Begin a call."""
        task = spawn(
            self._made(work), f"the end of a subscription at {self._name}", self._calls.discard
        )
        if not task.ended:
            self._calls.add(task)

    async def finish(self) -> None:
        """Wait for those under way, C{ENDING} seconds at most."""
        calls = tuple(self._calls)
        try:
            await withTimeout(
                gather([one.wait() for one in calls]), ENDING, self._clock, "the last calls"
            )
        except TimedOut:
            for one in calls:
                one.cancel()

    async def _made(self, work: Awaitable[object]) -> None:
        try:
            await withTimeout(work, _SECONDS, self._clock, f"a method of {self._name}")
        except CancelledError:
            raise
        except GMAError as error:
            log.info("{name} was told of an end: {reason}", name=self._name, reason=error.message)
