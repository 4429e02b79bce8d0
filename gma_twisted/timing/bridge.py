"""Between coroutines, Deferreds and ready answers: the only place that chains Deferreds.

Everything else awaits. What these functions take is started by them: a coroutine given here is not to be
awaited again.
"""

import math
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from types import CoroutineType
from typing import Any, TypeVar, TypeVarTuple

from twisted.internet.defer import CancelledError, Deferred, DeferredList, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from gma_twisted.errors import TimedOut
from gma_twisted.timing.ready import Ready

__all__ = ["begin", "gather", "sleep", "toDeferred", "whenDone", "withTimeout"]

T = TypeVar("T")
P = TypeVarTuple("P")


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


def toDeferred(awaitable: Awaitable[T]) -> Deferred[T]:
    """
    Start an awaitable and give the Deferred of its result, for Twisted's edges.

    @param awaitable: a coroutine, a L{Ready}, a Deferred (given back as it is) or any other awaitable that
        waits for Deferreds
    @return: fires with the result; cancelling it cancels what the coroutine waits for
    """
    if isinstance(awaitable, Deferred):
        return awaitable
    if isinstance(awaitable, Ready):
        return succeed(awaitable.value)
    running = awaitable if isinstance(awaitable, Coroutine) else _awaited(awaitable)
    return Deferred.fromCoroutine(running)


class _Begun:
    """The rest of a coroutine that has waited once."""

    __slots__ = ("_coroutine", "_waited")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], waited: object) -> None:
        self._coroutine = coroutine
        self._waited = waited

    def __await__(self) -> Generator[Any, Any, Any]:
        waited = self._waited
        step: Callable[[Any], Any]
        while True:
            try:
                got = yield waited
            except BaseException as error:  # noqa: BLE001 (it is the coroutine's, as awaiting it would bring it)
                step, given = self._coroutine.throw, error
            else:
                step, given = self._coroutine.send, got
            try:
                waited = step(given)
            except StopIteration as end:
                return end.value


def begin(awaitable: Awaitable[T]) -> Awaitable[T]:
    """
    Start a coroutine now, and go on without a Deferred when it ends without waiting.

    @return: L{Ready} when it has ended; else what is to be awaited for the rest
    @raise Exception: what it raised at once
    """
    # Its type tells what async def gave sooner than the abstract class does.
    if type(awaitable) is not CoroutineType and not isinstance(awaitable, Coroutine):
        return awaitable
    try:
        waited = awaitable.send(None)
    except StopIteration as end:
        return Ready(end.value)
    return _Begun(awaitable, waited)


def whenDone(
    awaitable: Awaitable[T],
    done: Callable[[T, *P], None],
    failed: Callable[[BaseException, *P], None],
    *arguments: *P,
) -> None:
    """
    Start something, and have its end told by a call, perhaps before this returns.

    For what is begun ten thousand times in a turn: a coroutine that waits for each would cost more than the work.

    @param done: takes the result, and C{arguments}; what it raises is logged
    @param failed: the same with the error
    """
    if isinstance(awaitable, Ready):
        done(awaitable.value, *arguments)
        return
    # What they raise is logged by the Deferred.
    _ = toDeferred(awaitable).addCallbacks(
        done, _passOn, arguments, errbackArgs=(failed, *arguments)
    )


def _passOn(failure: Failure, failed: Callable[[BaseException, *P], None], *arguments: *P) -> None:
    assert failure.value is not None
    failed(failure.value, *arguments)


async def gather(awaitables: Iterable[Awaitable[T]]) -> list[T]:
    """
    Run awaitables side by side and wait until every one has ended, well or badly.

    @param awaitables: how many is the caller's bound
    @return: the results in the order given
    @raise Exception: the error of the first in that order that failed; cancelling cancels all
    """
    started = [toDeferred(one) for one in awaitables]
    outcomes: list[tuple[bool, Any]] = await DeferredList(started, consumeErrors=True)
    for good, outcome in outcomes:
        if not good:
            outcome.raiseException()
    return [outcome for _, outcome in outcomes]


def sleep(clock: IReactorTime, seconds: float) -> Awaitable[None]:
    """
    Wait.

    @param seconds: not negative; 0 gives the reactor one turn
    @return: ready after C{seconds}; cancelling it ends the timer
    """
    waiting: Deferred[None] = deferLater(clock, seconds)
    return waiting


async def withTimeout(awaitable: Awaitable[T], seconds: float, clock: IReactorTime, what: str) -> T:
    """
    Wait for something, but not for ever. The time begins when this is awaited.

    At its end the awaitable is cancelled and waited for, so nothing goes on behind the caller's back: what
    cleans up after a cancellation must itself end; of somebody else's code that is not known, see L{runWithin
    <gma_twisted.timing.tasks.runWithin>}. A result or an error of its own that it gives in answer to the
    cancellation is passed on.

    @param seconds: C{inf} for no end
    @param what: names the thing in the error
    @raise TimedOut: it did not end in time
    """
    if isinstance(awaitable, Ready):
        value: T = awaitable.value
        return value
    running = toDeferred(awaitable)
    if seconds == math.inf:
        return await running
    late = False

    def expire() -> None:
        nonlocal late
        late = True
        running.cancel()

    timer = clock.callLater(max(0.0, seconds), expire)
    try:
        return await running
    except CancelledError as error:
        if late:
            raise TimedOut(f"{what} did not end within {seconds:g} s") from error
        raise
    finally:
        if timer.active():
            timer.cancel()
