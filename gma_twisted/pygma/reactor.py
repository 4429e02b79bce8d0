"""The reactor that programs of pyGMA do not see: run in their place, or beside them in a thread."""

import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from gma_twisted.errors import ServiceError

__all__ = ["inReactor", "isReactorThread", "refuseToWait", "runAside", "theReactor"]

# Two threads may want it to run at the same time.
_BEGINNING = threading.Lock()


def theReactor() -> Any:
    """
    That of this process; it need not run.

    @raise ServiceError: it has ended, and cannot run again
    """
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    found: Any = reactor
    if not found.running and found._startedBefore:
        raise ServiceError(
            "the reactor of this process has ended, and cannot run again",
            cure="serve with block=False, which leaves it running, and stop the servers one by one",
        )
    return found


def isReactorThread() -> bool:
    """Whether a reactor runs, and in this thread. Nothing is imported to find that out."""
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not getattr(reactor, "running", False):
        return False
    threadable = sys.modules["twisted.python.threadable"]
    return bool(threadable.isInIOThread())


def refuseToWait(what: str, cure: str) -> None:
    """
    Keep the reactor from standing still.

    @param what: that waits
    @raise ServiceError: it would, in this thread
    """
    if isReactorThread():
        raise ServiceError(
            f"{what} waits, and this is the thread of the reactor, in which nothing may wait",
            cure=cure,
        )


def runAside() -> Any:
    """
    Have the reactor run, in a thread of its own that does not keep the process alive, unless it runs already.

    @return: it
    @raise ServiceError: as L{theReactor}
    """
    from gma_twisted.timing import bootTime, installBootClock  # noqa: PLC0415 (it loads Twisted)

    with _BEGINNING:
        reactor = theReactor()
        if not reactor.running:
            if reactor.seconds is not bootTime:
                installBootClock(reactor)
            runs = threading.Event()
            reactor.callWhenRunning(runs.set)
            threading.Thread(
                target=reactor.run,
                kwargs={"installSignalHandlers": False},
                name="gma_twisted reactor",
                daemon=True,
            ).start()
            runs.wait()
        return reactor


def inReactor(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """
    Call something where the reactor runs: from any other thread that is waited for, with what is awaited of it.

    @return: the result; in the reactor's thread, or when none runs, whatever the call itself gives
    @raise Exception: what it raises
    """
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if isReactorThread() or not getattr(reactor, "running", False):
        return work(*args, **kwargs)
    from twisted.internet.threads import blockingCallFromThread  # noqa: PLC0415

    from gma_twisted.timing import toDeferred  # noqa: PLC0415

    def call() -> Any:
        result = work(*args, **kwargs)
        return toDeferred(result) if isinstance(result, Coroutine | Awaitable) else result

    return blockingCallFromThread(reactor, call)
