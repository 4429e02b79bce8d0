"""What created services stand on: a store in memory, queries over it, and a place in the Exchange."""

from collections.abc import Awaitable, Sequence

import attrs

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
_STORE = StoreLimits(elements=10_000, bytes=16 * _MIB, elementSize=_MIB, names=1_000)
_QUERIES = NameQueryLimits(cacheEntries=64, cacheBytes=_MIB)


@attrs.frozen(slots=True, eq=False)
class MemoryLodge:
    """
    Has a lodging for every created service of a node.

    @ivar exchange: answers for the services
    @ivar clock: the node's
    @ivar store: bounds of each one's service data
    @ivar queries: bounds of each one's queries
    """

    exchange: Exchange
    clock: NodeClock
    store: StoreLimits = _STORE
    queries: NameQueryLimits = _QUERIES

    def __call__(
        self,
        handle: Handle,
        portTypes: Sequence[PortType],
        serviceData: Sequence[InitialServiceData],
    ) -> "MemoryLodging":
        """See L{Lodge <gma_twisted.hosting.lodging.Lodge>}."""
        store = MemoryStore(self.clock, self.store)
        return MemoryLodging(
            self.exchange,
            self.clock,
            handle,
            portTypes,
            serviceData,
            store,
            NameQueries(store, self.clock, self.queries),
        )


@attrs.define(slots=True, eq=False)
class MemoryLodging:
    """
    See L{Lodging <gma_twisted.hosting.lodging.Lodging>}.

    @ivar store: gone with the service
    """

    _exchange: Exchange
    _clock: NodeClock
    _handle: Handle
    _portTypes: Sequence[PortType]
    _serviceData: Sequence[InitialServiceData]
    store: MemoryStore
    _queries: NameQueries

    @property
    def queries(self) -> Sequence[QName]:
        """See L{Lodging <gma_twisted.hosting.lodging.Lodging>}."""
        return self._queries.dialects

    def start(self) -> Awaitable[None]:
        """See L{Lodging <gma_twisted.hosting.lodging.Lodging>}."""
        return self.store.start()

    def publish(self, parts: Sequence[object]) -> None:
        """See L{Lodging <gma_twisted.hosting.lodging.Lodging>}."""
        declarations = [one for portType in self._portTypes for one in portType.serviceData]
        declarations += [one.declaration for one in self._serviceData]
        modifiable = ModifiableServiceData(self.store, self._clock, self._handle, declarations)
        role = CompositeRole([*parts, PermanentService([self._queries], modifiable)])
        self._exchange.publish(
            Service(self._handle.path, self._handle, role, self._portTypes, self._serviceData)
        )

    def withdraw(self) -> None:
        """See L{Lodging <gma_twisted.hosting.lodging.Lodging>}."""
        self._exchange.withdraw(self._handle.path)

    async def stop(self) -> None:
        """See L{Lodging <gma_twisted.hosting.lodging.Lodging>}."""
        await self.store.stop()
        self._queries.close()
