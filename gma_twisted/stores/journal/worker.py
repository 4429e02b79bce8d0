"""Where the blocking half of a journal runs: in one thread of its own, or at once.

Handing a job over costs two changes of the interpreter's lock, and a thread that wants it back waits for the switch
interval while the reactor computes: with Python's 5 ms a batch took 27 to 57 ms beside a busy reactor, with 0.5 ms
half a millisecond (L{shortenTurns}).
"""

import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.errors import Busy
from gma_twisted.timing import Ready

__all__ = ["Inline", "Worker", "WriterThread", "shortenTurns"]

T = TypeVar("T")

_SWITCH_INTERVAL = 0.0005
_WAITING = 64
_DONE: Ready[None] = Ready(None)


def shortenTurns() -> None:
    """
    Have threads take turns every half millisecond: for the entry point of a process with a L{WriterThread}, once.

    Python's switch interval is of the whole process, so no part of a node sets it on its own.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL)


class Worker(Protocol):
    """Runs jobs one after the other, in the order given."""

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """
        @param job: may block
        @return: what it returns; what it raises is raised, at once or when awaited
        @raise Busy: too many jobs are waiting
        """

    def stop(self) -> Awaitable[None]:
        """Finish what was asked for; a job given later starts it again."""


class Inline:
    """Runs every job before L{run} returns: for tools and tests, where nobody else waits."""

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """See L{Worker}."""
        return Ready(job())

    def stop(self) -> Awaitable[None]:
        """See L{Worker}."""
        return _DONE


@attrs.define(eq=False, slots=True)
class WriterThread:
    """
    A L{Worker} with a thread of its own, which runs from the first job to L{stop}.

    @ivar callFromThread: has the reactor call a function soon, from any thread
    @ivar name: of the thread
    @ivar limit: jobs that may wait or run at most
    """

    callFromThread: Callable[..., object]
    name: str
    limit: int = _WAITING
    _pool: ThreadPoolExecutor | None = attrs.field(default=None, init=False, repr=False)
    _waiting: int = attrs.field(default=0, init=False)

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """See L{Worker}."""
        if self._waiting >= self.limit:
            raise Busy(f"{self.limit} jobs are waiting for the thread {self.name}")
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, self.name)
        self._waiting += 1
        done: Deferred[Any] = Deferred()

        def hand(future: "Future[T]") -> None:
            self.callFromThread(self._finish, future, done)

        self._pool.submit(job).add_done_callback(hand)
        return done

    def _finish(self, future: "Future[Any]", done: Deferred[Any]) -> None:
        self._waiting -= 1
        error = future.exception()
        if error is None:
            done.callback(future.result())
        else:
            done.errback(error)

    async def stop(self) -> None:
        """See L{Worker}."""
        if self._pool is not None:
            await self.run(_nothing)
            pool, self._pool = self._pool, None
            if pool is not None:
                pool.shutdown(wait=False)


def _nothing() -> None:
    """The last job: when it is done, all are."""
