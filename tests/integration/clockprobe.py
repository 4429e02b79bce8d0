"""Runs one real reactor while its wall clock is set, and prints what its timers did.

C{python -m tests.integration.clockprobe REACTOR CLOCK SCENARIO}: a program of its own, since Twisted takes the
wall clock when it is imported. The last line of output is a JSON list of [name, seconds since the start].
"""

# ruff: noqa: PLC0415 (Twisted is imported after the wall clock was replaced)

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable

# With the stock clock what is late never comes; with ours all comes, however late on a busy machine.
_ENDS_AFTER = {"stock": 1.25, "boot": 15.0}
_HOUR = 3600.0
# Seconds after the start, which clock, by how much.
_SCENARIOS = {
    "back": ((0.1, "wall", -_HOUR),),
    "forward": ((0.1, "wall", _HOUR),),
    "all": ((0.1, "wall", -_HOUR), (0.6, "wall", 2 * _HOUR), (0.9, "boot", _HOUR)),
}


class Steppable:
    """A clock that can be set."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead = 0.0

    def __call__(self) -> float:
        """The time as it is set."""
        return self._clock() + self._ahead

    def step(self, seconds: float) -> None:
        """Set it."""
        self._ahead += seconds


def makeReactor(name: str) -> object:
    """A new reactor; imported here, after the wall clock was replaced."""
    if name == "asyncio":
        from twisted.internet.asyncioreactor import AsyncioSelectorReactor

        return AsyncioSelectorReactor(asyncio.new_event_loop())
    if name == "uvloop":
        import uvloop
        from twisted.internet.asyncioreactor import AsyncioSelectorReactor

        return AsyncioSelectorReactor(uvloop.new_event_loop())
    if name == "epoll":
        from twisted.internet.epollreactor import EPollReactor

        return EPollReactor()
    from twisted.internet.selectreactor import SelectReactor

    return SelectReactor()


def main(name: str, clock: str, scenario: str) -> None:
    """
    Run until all timers have fired, or a thread, whose clock nobody sets, ends the process.

    @param name: the reactor
    @param clock: C{stock} or C{boot}
    @param scenario: C{back} and C{forward} set the wall clock by an hour; C{all} sets it back, then forward, and then
        does what a suspend of an hour looks like: the boot clock goes on and the reactor's wait does not
    """
    wall = Steppable(time.time)
    time.time = wall
    reactor = makeReactor(name)

    from twisted.internet.base import ReactorBase

    from gma_twisted.timing import bootTime, installBootClock

    assert isinstance(reactor, ReactorBase)
    boot = Steppable(bootTime)
    if clock == "boot":
        installBootClock(reactor, boot, beat=0.25)
    started = time.monotonic()
    seen: list[tuple[str, float]] = []

    def note(what: str) -> None:
        seen.append((what, time.monotonic() - started))
        if len(seen) == 3:
            end()

    def end() -> None:
        sys.stdout.write(json.dumps(seen) + "\n")
        sys.stdout.flush()
        os._exit(0)

    def schedule() -> None:
        reactor.callLater(0.5, note, "soon")
        reactor.callLater(0.75, note, "later")
        reactor.callLater(1800.0, note, "half an hour")
        for after, which, seconds in _SCENARIOS[scenario]:
            threading.Timer(after, {"wall": wall, "boot": boot}[which].step, [seconds]).start()
        threading.Timer(_ENDS_AFTER[clock], end).start()

    reactor.callWhenRunning(schedule)
    reactor.run(installSignalHandlers=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
