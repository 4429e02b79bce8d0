"""Work in the background that somebody owns: named, counted, logged when it fails, ended with its owner."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from gma_twisted.errors import Busy, TimedOut
from gma_twisted.timing.bridge import gather, toDeferred, withTimeout

__all__ = ["ENDING", "Task", "Tasks", "runWithin", "spawn"]

T = TypeVar("T")

log = Logger()

ENDING = 5.0
"""Seconds that somebody else's code has to end after it was cancelled, before it is left behind."""

_AT_ONCE = 1024


@attrs.define(eq=False, slots=True)
class Task:
    """
    One piece of work that nobody waits for. It was started when it was made.

    @ivar what: names the work in the log
    @ivar ended: whether it is over, well, badly or cancelled
    """

    what: str
    ended: bool = attrs.field(default=False, init=False)
    _cancelled: bool = attrs.field(default=False, init=False)
    _running: Deferred[None] | None = attrs.field(default=None, init=False, repr=False)
    _waiting: list[Deferred[None]] = attrs.field(factory=list, init=False, repr=False)

    async def _run(self, awaitable: Awaitable[object], finished: Callable[["Task"], None]) -> None:
        try:
            await awaitable
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001 (nobody else would ever hear of it, of a SystemExit neither)
            if not (self._cancelled and isinstance(error, CancelledError)):
                log.failure("{what} failed", what=self.what)
        finally:
            self.ended = True
            finished(self)
            waiting, self._waiting = self._waiting, []
            for one in waiting:
                one.callback(None)

    def cancel(self) -> None:
        """
        Ask the work to end; await L{wait} to know that it did.

        No effect when it has ended, or was asked before: that would cut its cleaning up short. Work cannot cancel
        itself.
        """
        if self._running is not None and not self.ended and not self._cancelled:
            self._cancelled = True
            self._running.cancel()

    async def wait(self) -> None:
        """Wait for the end, whatever it is. Cancelling this wait leaves the work alone."""
        if not self.ended:
            over: Deferred[None] = Deferred()
            self._waiting.append(over)
            await over


def spawn(
    awaitable: Awaitable[object], what: str, finished: Callable[[Task], None] = lambda _: None
) -> Task:
    """
    Start work in the background; a failure is logged with its name.

    A service uses a L{Tasks} of its own, so that the work ends with it.

    @param awaitable: the work; its result is dropped
    @param what: names it in the log
    @param finished: called once when it is over, perhaps before this returns
    """
    task = Task(what)
    task._running = toDeferred(task._run(awaitable, finished))
    return task


async def runWithin(
    awaitable: Awaitable[T], seconds: float, clock: IReactorTime, what: str, owner: str
) -> T:
    """
    Wait for somebody else's code, but not for ever, and for its end after a cancellation no longer than L{ENDING}.

    A retry loop that takes every error takes its cancellation for one too: what goes on is left behind, and the log
    says so. What is heard of it afterwards is dropped.

    @param seconds: before it is cancelled; C{inf} for no end. It is cancelled too when this is
    @param what: names what it does in the error
    @param owner: names it in the log
    @raise TimedOut: it did not end in time
    @raise BaseException: whatever it raised
    """
    results: list[T] = []
    errors: list[BaseException] = []

    async def keep() -> None:
        try:
            results.append(await awaitable)
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001 (raised again below, for the caller)
            errors.append(error)

    task = spawn(keep(), f"{owner}: {what}")
    try:
        await withTimeout(task.wait(), seconds, clock, what)
    except (CancelledError, TimedOut):
        task.cancel()
        try:
            await withTimeout(task.wait(), ENDING, clock, what)
        except TimedOut:
            log.error(
                "{owner}: {what} goes on {seconds:g} s after it was cancelled; it is left behind",
                owner=owner,
                what=what,
                seconds=ENDING,
            )
        raise
    if errors:
        raise errors[0]
    return results[0]


@attrs.define(eq=False, slots=True)
class Tasks:
    """
    The background work of one service.

    @ivar owner: names the service in errors
    @ivar limit: most pieces of work at once
    """

    owner: str
    limit: int = _AT_ONCE
    _running: set[Task] = attrs.field(factory=set, init=False, repr=False)
    _ending: bool = attrs.field(default=False, init=False)

    def __len__(self) -> int:
        """How many are running."""
        return len(self._running)

    def spawn(self, awaitable: Awaitable[object], what: str) -> Task:
        """
        Start work in the background; a failure is logged with its name.

        @param awaitable: the work; it is closed unstarted when it is refused
        @param what: names it in the log
        @raise Busy: C{limit} are running, or C{cancelAll} is under way
        """
        if self._ending or len(self._running) >= self.limit:
            if isinstance(awaitable, Coroutine):
                awaitable.close()
            reason = "is stopping" if self._ending else f"has {self.limit} tasks running"
            raise Busy(f"{self.owner} {reason}, so it cannot begin: {what}")
        task = spawn(awaitable, what, self._running.discard)
        if not task.ended:
            self._running.add(task)
        return task

    async def cancelAll(self) -> None:
        """Cancel all and wait until the last has ended; afterwards new ones may be spawned again."""
        self._ending = True
        try:
            tasks = list(self._running)
            for task in tasks:
                task.cancel()
            await gather([task.wait() for task in tasks])
        finally:
            self._ending = False
