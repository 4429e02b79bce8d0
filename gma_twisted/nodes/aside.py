"""Reading files beside the reactor, in a thread that nobody waits for longer than he likes."""

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from gma_twisted.errors import Busy
from gma_twisted.timing import withTimeout

__all__ = ["LONGEST", "Aside"]

T = TypeVar("T")

LONGEST = 20.0
"""Seconds a reading may take: thousand sections and a large list of revoked certificates take two."""


def _began(work: Callable[[], None]) -> None:
    Thread(target=work, name="gma-files", daemon=True).start()


@attrs.define(slots=True, eq=False)
class Aside(Generic[T]):
    """
    Does one work at a time in a thread of its own.

    A server of files that does not answer holds a thread for as long as it likes, and nothing can end that. So the
    thread is none the process waits for at its end, as it would for those of the reactor's pool; and there is no
    second one until the first has ended.

    @ivar callFromThread: has the reactor call a function soon, from any thread
    @ivar clock: the node's
    @ivar begin: has a function called in a thread
    """

    callFromThread: Callable[..., object]
    clock: IReactorTime
    begin: Callable[[Callable[[], None]], None] = _began
    _isUnderWay: bool = attrs.field(default=False, init=False)

    async def __call__(self, work: Callable[[], T]) -> T:
        """
        Have something done.

        @param work: touches nothing that others use
        @return: what it gives
        @raise Busy: the one before still has not ended
        @raise TimedOut: it did not end within L{LONGEST}; it goes on, and what becomes of it is nobody's
        @raise Exception: what it raised
        """
        if self._isUnderWay:
            raise Busy(
                "a file of the configuration does not let itself be read: the reading before has not ended; "
                "see whether the server of the files answers"
            )
        done: Deferred[T] = Deferred()

        def run() -> None:
            try:
                result = work()
            except BaseException:  # noqa: BLE001 (it is raised where the work is waited for)
                self.callFromThread(self._end, done.errback, Failure())
            else:
                self.callFromThread(self._end, done.callback, result)

        self.begin(run)
        self._isUnderWay = True
        what = "reading the files of the configuration"
        return await withTimeout(done, LONGEST, self.clock, what)

    def _end(self, end: Callable[[object], None], result: object) -> None:
        self._isUnderWay = False
        # Nobody hears it who does not wait any longer: a Deferred that was cancelled is deaf once.
        end(result)
