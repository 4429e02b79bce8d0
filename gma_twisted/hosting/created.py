"""One service a Factory made: how it begins, what it says of itself, how it ends."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import ServiceHasTerminated
from gma_twisted.hosting.container import Member
from gma_twisted.hosting.ends import EndingRole
from gma_twisted.hosting.lodging import Lodging
from gma_twisted.hosting.standard import StandardServiceData
from gma_twisted.hosting.values import StandardValues
from gma_twisted.interfaces import ICreatedService, IEndingService, ServicePlace
from gma_twisted.model import Handle, Put, ServiceDataElement
from gma_twisted.soap import PortType
from gma_twisted.timing import LeaseTable, NodeClock, Ready, runWithin

__all__ = ["LONGEST", "PATIENCE", "CreatedService"]

LONGEST = 86400.0
"""Most seconds a service lives without being asked for again (RELIABILITY, soft-state abuse)."""

PATIENCE = 10.0
"""Seconds that what a class adds to a service has to start, and to stop."""


@implementer(IEndingService)
@attrs.define(slots=True, eq=False)
class CreatedService:
    """
    A service with an end.

    @ivar id: last part of its path
    @ivar handle: its own
    @ivar kind: name of its kind
    @ivar name: what its maker calls it; empty for nothing
    @ivar factory: the service that made it
    @ivar portTypes: flattened
    @ivar service: what its kind adds to GridService
    @ivar lodging: what it stands on
    @ivar clock: the node's
    @ivar leases: keep its end once it lives
    @ivar ended: told when it is asked to end
    @ivar until: instant on the node's clock at which it ends
    @ivar member: as the container shows it
    """

    id: str
    handle: Handle
    kind: str
    name: str
    factory: Handle
    portTypes: Sequence[PortType]
    service: ICreatedService
    lodging: Lodging
    clock: NodeClock
    leases: "LeaseTable[CreatedService]"
    ended: "Callable[[CreatedService], None]"
    until: float
    member: Member = attrs.field(init=False)
    _standard: StandardServiceData | None = attrs.field(default=None, init=False, repr=False)
    _hasBegun: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        interfaces = tuple(portType.name for portType in self.portTypes)
        self.member = Member(self.handle.path, self.handle, interfaces, self.kind, self.name)

    async def begin(self) -> None:
        """
        Publish what it says of itself, start what its kind adds, answer.

        @raise TimedOut: what its kind adds has not started after 10 seconds
        @raise Exception: whatever that raises
        """
        store = self.lodging.store
        await self.lodging.start()
        self._standard = standard = StandardServiceData(
            store,
            self.clock,
            self.handle,
            [portType.name for portType in self.portTypes],
            self.lodging.queries,
            [pair for portType in self.portTypes for pair in portType.staticValues],
            [one.name for portType in self.portTypes for one in portType.serviceData],
            self.service.serviceData,
        )
        await standard.publish()
        values = self._values()
        await store.commit([Put(values.factoryLocator(self.factory)), Put(self._end(self.until))])
        self._hasBegun = True
        starting = self.service.start(ServicePlace(self.handle, self.name, store))
        await runWithin(
            starting, PATIENCE, self.clock, f"starting {self.handle}", f"[factory.{self.kind}]"
        )
        self.lodging.publish([EndingRole(self, self.clock), self.service])

    async def close(self) -> None:
        """Give everything back; nothing is asked of it afterwards."""
        try:
            if self._hasBegun:
                await runWithin(
                    self.service.stop(),
                    PATIENCE,
                    self.clock,
                    f"stopping {self.handle}",
                    f"[factory.{self.kind}]",
                )
        finally:
            if self._standard is not None:
                self._standard.stop()
            await self.lodging.stop()

    async def endAt(self, until: float) -> float:
        """See L{IEndingService}; at most L{LONGEST} from now."""
        self._checkAlive()
        granted = min(until, max(self.until, self.clock.seconds() + LONGEST))
        await self.lodging.store.commit([Put(self._end(granted))])
        self._checkAlive()
        self.until = granted
        self.leases.set(self, granted)
        return granted

    def end(self) -> Awaitable[None]:
        """See L{IEndingService}: what follows the end is not waited for."""
        self._checkAlive()
        self.ended(self)
        return Ready(None)

    def _checkAlive(self) -> None:
        if self not in self.leases:
            raise ServiceHasTerminated(f"the service {self.handle} has ended")

    def _values(self) -> StandardValues:
        return StandardValues(self.handle, self.clock.seconds(), self.clock.wallTime())

    def _end(self, until: float) -> ServiceDataElement:
        return self._values().termination(self.clock.toWall(until))
