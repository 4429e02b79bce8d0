"""Work in the background that somebody owns: named, counted, logged when it fails, ended with its owner."""

from collections.abc import Awaitable, Callable, Coroutine

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from gma_twisted.errors import Busy
from gma_twisted.timing.bridge import gather, toDeferred

__all__ = ["Task", "Tasks", "spawn"]

log = Logger()

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
        except Exception as error:  # noqa: BLE001 (nobody else would ever hear of it)
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
