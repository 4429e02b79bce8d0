"""The three requests that move a service's end, for services with one (OGSI 1.0, 9.2.4-9.2.6)."""

from collections.abc import Awaitable
from typing import Protocol

import attrs

from gma_twisted.model import TerminationTime
from gma_twisted.timing import NodeClock

__all__ = ["Ending", "EndingRole", "endTime"]


class Ending(Protocol):
    """A service with an end, otherwise as L{IServiceRow <gma_twisted.interfaces.IServiceRow>}."""

    @property
    def until(self) -> float:
        """Instant on the node's clock."""

    def endAt(self, until: float) -> Awaitable[float]:
        """Move the end. @return: the instant granted @raise ServiceHasTerminated: it has ended meanwhile"""

    def end(self) -> Awaitable[None]:
        """End it now. @raise ServiceHasTerminated: it has ended meanwhile"""


def endTime(until: float, clock: NodeClock) -> TerminationTime:
    """One end as both the earliest and the latest. @param until: instant on the node's clock"""
    end = clock.toWall(until)
    return TerminationTime(end, end, clock.wallTime())


@attrs.frozen(slots=True, eq=False)
class EndingRole:
    """
    The part of L{IGridService <gma_twisted.interfaces.IGridService>} that is about the end.

    Asked for a later one the service has as much as it is granted, asked for an earlier one it ends then; an
    earliest end before the present one is met already, and all the more one in the past.

    @ivar service: the one that ends
    @ivar clock: the node's
    """

    service: Ending
    clock: NodeClock

    async def requestTerminationAfter(self, terminationTime: float) -> TerminationTime:
        """See L{IGridService <gma_twisted.interfaces.IGridService>}."""
        asked = self.clock.fromWall(terminationTime)
        until = self.service.until
        return endTime(until if asked <= until else await self.service.endAt(asked), self.clock)

    async def requestTerminationBefore(self, terminationTime: float) -> TerminationTime:
        """See L{IGridService <gma_twisted.interfaces.IGridService>}; infinity means as late as is allowed."""
        asked = self.clock.fromWall(terminationTime)
        if asked > self.clock.seconds():
            return endTime(await self.service.endAt(asked), self.clock)
        await self.service.end()
        return endTime(self.clock.seconds(), self.clock)

    def destroy(self) -> Awaitable[None]:
        """See L{IGridService <gma_twisted.interfaces.IGridService>}."""
        return self.service.end()
