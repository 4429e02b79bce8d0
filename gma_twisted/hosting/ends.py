"""The three requests that move a service's end, for services with one (OGSI 1.0, 9.2.4-9.2.6)."""

from collections.abc import Awaitable

import attrs

from gma_twisted.interfaces import IEndingService
from gma_twisted.model import TerminationTime
from gma_twisted.timing import NodeClock

__all__ = ["EndingRole", "endTime"]


def endTime(until: float, clock: NodeClock) -> TerminationTime:
    """One end as both the earliest and the latest. @param until: instant on the node's clock"""
    end = clock.toWall(until)
    return TerminationTime(end, end, clock.wallTime())


@attrs.frozen(slots=True, eq=False)
class EndingRole:
    """
    The part of L{IGridService <gma_twisted.interfaces.IGridService>} that is about the end.

    Its one end is both the earliest and the latest. What is asked is a bound: an earliest end moves it later at
    most, as far as is granted, a latest one earlier at most, and then exactly. A bound that the present end keeps
    already leaves it as it is, all the more an earliest end in the past and a latest one of infinity, which mean
    that the caller does not care.

    @ivar service: the one that ends
    @ivar clock: the node's
    """

    service: IEndingService
    clock: NodeClock

    async def requestTerminationAfter(self, terminationTime: float) -> TerminationTime:
        """See L{IGridService <gma_twisted.interfaces.IGridService>}."""
        asked, until = self.clock.fromWall(terminationTime), self.service.until
        return endTime(until if asked <= until else await self.service.endAt(asked), self.clock)

    async def requestTerminationBefore(self, terminationTime: float) -> TerminationTime:
        """See L{IGridService <gma_twisted.interfaces.IGridService>}."""
        asked, until = self.clock.fromWall(terminationTime), self.service.until
        if asked > self.clock.seconds():
            return endTime(until if asked >= until else await self.service.endAt(asked), self.clock)
        await self.service.end()
        return endTime(self.clock.seconds(), self.clock)

    def destroy(self) -> Awaitable[None]:
        """See L{IGridService <gma_twisted.interfaces.IGridService>}."""
        return self.service.end()
