"""The node's clock: seconds that no clock step and no suspend disturbs (ARCHITECTURE rule 6).

Everything that waits or keeps deadlines takes an C{IReactorTime}; wall time is only for what is shown or sent.
"""

import time
from collections.abc import Callable, Sequence

import attrs
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer

from gma_twisted.errors import ConfigError

__all__ = ["NodeClock", "bootTime", "installBootClock"]

_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def bootTime() -> float:
    """Seconds since the machine started, time asleep included; without it where the system cannot count it."""
    return time.clock_gettime(_CLOCK)


def installBootClock(
    reactor: object, seconds: Callable[[], float] = bootTime, beat: float = 1.0
) -> None:
    """
    Make a reactor keep its timers on a clock that is never set.

    Twisted's own clock is the wall clock: one step back freezes every timer, one step forward fires them all. Each
    reactor of Twisted (epoll, poll, select, and asyncio with any event loop) reckons its next wait as C{deadline -
    self.seconds()}, so that replacing C{seconds} is enough for steps. The wait itself is a span of
    CLOCK_MONOTONIC, which stands still while the machine sleeps: hence a beat that bounds each wait, so that timers
    that came due during a suspend fire at most C{beat} seconds after it. Nothing is scheduled before the reactor
    runs. To be called once, at the entry point, never in tests.

    @param reactor: the reactor the process will run
    @param seconds: the clock
    @param beat: longest wait of the reactor in seconds
    @raise ConfigError: the reactor is not one of Twisted's, or has delayed calls, which are on the old clock
    """
    if not isinstance(reactor, ReactorBase):
        kind = type(reactor).__name__
        raise ConfigError(f"cannot set the clock of {kind}: it is not a reactor of Twisted")
    waiting = len(reactor.getDelayedCalls())
    if waiting:
        raise ConfigError(
            f"cannot set the reactor's clock: {waiting} delayed calls are already scheduled on the old one"
        )

    def keepBeating() -> None:
        reactor.callLater(beat, keepBeating)

    reactor.seconds = seconds
    reactor.callWhenRunning(keepBeating)


@implementer(IReactorTime)
@attrs.frozen(slots=True)
class NodeClock:
    """
    The time of one node, given to everything in it: its clock, and what the wall says beside it.

    Instants of the two are converted by their difference now, so an instant converted before and after somebody
    set the wall clock reads differently: convert when it is shown or sent, not before.

    @ivar reactor: keeps the node's clock and its timers
    @ivar wall: seconds since 1970
    """

    reactor: IReactorTime
    wall: Callable[[], float] = time.time

    def seconds(self) -> float:
        """Now, on the node's clock."""
        return self.reactor.seconds()

    def wallTime(self) -> float:
        """Now, in seconds since 1970."""
        return self.wall()

    def toWall(self, instant: float) -> float:
        """The wall time of an instant of the node's clock; infinity stays."""
        return self.wall() + (instant - self.reactor.seconds())

    def fromWall(self, wall: float) -> float:
        """The instant on the node's clock of a wall time; infinity stays."""
        return self.reactor.seconds() + (wall - self.wall())

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kwargs: object
    ) -> IDelayedCall:
        """Call C{callable} in C{delay} seconds, not negative. Who calls this owns its cancellation."""
        return self.reactor.callLater(delay, callable, *args, **kwargs)

    def getDelayedCalls(self) -> Sequence[IDelayedCall]:
        """The calls that are waiting."""
        return self.reactor.getDelayedCalls()
