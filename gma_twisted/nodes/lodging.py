"""What created services stand on: a store in memory, queries over it, and a place in the Exchange."""

from collections.abc import Awaitable, Sequence

import attrs

from gma_twisted.errors import TooLarge
from gma_twisted.model import Handle, QName
from gma_twisted.queries import NameQueries, NameQueryLimits
from gma_twisted.roles import CompositeRole, ModifiableServiceData, PermanentService
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import InitialServiceData
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Exchange, Service

__all__ = ["MemoryLodge", "MemoryLodging"]

_MIB = 1024**2
_STORE = StoreLimits(elements=10_000, bytes=_MIB, elementSize=_MIB, names=1_000)
_QUERIES = NameQueryLimits(cacheEntries=64, cacheBytes=_MIB)


@attrs.define(slots=True, eq=False)
class MemoryLodge:
    """
    Has a lodging for every created service of a node.

    A lodging takes the whole room of its store when it begins and gives it back at its end: what a service was
    promised no other can use up.

    @ivar exchange: answers for the services
    @ivar clock: the node's
    @ivar size: bytes of service data in all
    @ivar store: bounds of each one's service data
    @ivar queries: bounds of each one's queries
    @ivar taken: bytes of C{size} that lodgings have now
    """

    exchange: Exchange
    clock: NodeClock
    size: int
    store: StoreLimits = _STORE
    queries: NameQueryLimits = _QUERIES
    taken: int = attrs.field(default=0, init=False)

    def __call__(
        self,
        handle: Handle,
        portTypes: Sequence[PortType],
        serviceData: Sequence[InitialServiceData],
        owner: str,
    ) -> "MemoryLodging":
        """See L{Lodge <gma_twisted.hosting.lodging.Lodge>}."""
        store = MemoryStore(self.clock, self.store)
        return MemoryLodging(
            self,
            handle,
            portTypes,
            serviceData,
            owner,
            store,
            NameQueries(store, self.clock, self.queries),
        )


@attrs.define(slots=True, eq=False)
class MemoryLodging:
    """
    See L{Lodging <gma_twisted.hosting.lodging.Lodging>}.

    @ivar store: gone with the service
    """

    _lodge: MemoryLodge
    _handle: Handle
    _portTypes: Sequence[PortType]
    _serviceData: Sequence[InitialServiceData]
    _owner: str
    store: MemoryStore
    _queries: NameQueries
    _room: int = attrs.field(default=0, init=False)

    @property
    def queries(self) -> Sequence[QName]:
        """See L{Lodging <gma_twisted.hosting.lodging.Lodging>}."""
        return self._queries.dialects

    def start(self) -> Awaitable[None]:
        """
        See L{Lodging <gma_twisted.hosting.lodging.Lodging>}.

        @raise TooLarge: the lodge has no room for one more
        """
        lodge = self._lodge
        room = lodge.store.bytes
        if lodge.taken + room > lodge.size:
            raise TooLarge(
                f"the created services of this node have {lodge.taken} bytes for their service data;"
                f" {room} for one more pass the bound created_size, {lodge.size}"
            )
        lodge.taken += room
        self._room = room
        return self.store.start()

    def publish(self, parts: Sequence[object]) -> None:
        """See L{Lodging <gma_twisted.hosting.lodging.Lodging>}."""
        declarations = [one for portType in self._portTypes for one in portType.serviceData]
        declarations += [one.declaration for one in self._serviceData]
        modifiable = ModifiableServiceData(
            self.store, self._lodge.clock, self._handle, declarations
        )
        role = CompositeRole([*parts, PermanentService([self._queries], modifiable)])
        self._lodge.exchange.publish(
            Service(
                self._handle.path,
                self._handle,
                role,
                self._portTypes,
                self._serviceData,
                self._owner,
            )
        )

    def withdraw(self) -> None:
        """See L{Lodging <gma_twisted.hosting.lodging.Lodging>}."""
        self._lodge.exchange.withdraw(self._handle.path)

    async def stop(self) -> None:
        """See L{Lodging <gma_twisted.hosting.lodging.Lodging>}."""
        try:
            await self.store.stop()
            self._queries.close()
            self.store.close()
        finally:
            self._lodge.taken -= self._room
            self._room = 0
