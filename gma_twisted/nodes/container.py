"""The container, the service every node has: its entries, its resolver, its factory (WIRE 1)."""

from collections.abc import Callable, Iterable, Sequence

import attrs

from gma_twisted.errors import UnknownId, cut
from gma_twisted.hosting import RowFamily, StandardServiceData
from gma_twisted.hosting.container import ContainerEntries, Member
from gma_twisted.hosting.factory import ServiceFactory
from gma_twisted.hosting.instances import FactoryLimits, Places
from gma_twisted.hosting.resolver import HandleResolver
from gma_twisted.interfaces import IServiceFamily, IServiceKind
from gma_twisted.model import Handle, QName, ServiceDataElement
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.kind import CONTAINER_PATH, CONTAINER_PORT_TYPES, INSTANCES_PATH
from gma_twisted.nodes.lodging import MemoryLodge
from gma_twisted.nodes.notifying import Notifying
from gma_twisted.nodes.part import Part
from gma_twisted.queries import NameQueries, NameQueryLimits, RowQueries
from gma_twisted.roles import CompositeRole, PermanentService
from gma_twisted.soap.porttypes import SERVICE_GROUP_ENTRY
from gma_twisted.soap.selection import flattened
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.few import FewValues
from gma_twisted.timing import NodeClock, spawn
from gma_twisted.transport import Exchange, Service

__all__ = ["hostContainer", "locator"]


def hostContainer(
    exchange: Exchange,
    clock: NodeClock,
    baseUrl: str,
    notifying: Notifying,
    services: Sequence[Service],
    families: Sequence[IServiceFamily] = (),
    kinds: Iterable[IServiceKind] = (),
    limits: FactoryLimits | None = None,
    queryLimits: NameQueryLimits | None = None,
    own: Sequence[ServiceDataElement] = (),
) -> HostedService:
    """
    Make the container of a node.

    @param baseUrl: what the handles of the node begin with
    @param notifying: makes it tell of its changes
    @param services: the other permanent services of the node
    @param families: of the services that are rows, of all those; the resolver finds them too
    @param kinds: what clients may have made
    @param limits: on what they had made
    @param queryLimits: of its queries
    @param own: further values of it
    """
    handle = Handle.parse(baseUrl + CONTAINER_PATH)
    store = MemoryStore(clock)
    bounds = queryLimits or NameQueryLimits()
    queries = NameQueries(store, clock, bounds)
    entries = ContainerEntries(store, handle, clock)
    rows = RowFamily(
        handle.child("entries"),
        (SERVICE_GROUP_ENTRY,),
        entries,
        RowQueries(clock, FewValues(clock).select, bounds),
        clock,
    )
    created = limits or FactoryLimits()
    places = Places(Handle.parse(baseUrl + INSTANCES_PATH), clock, created)
    lodge = MemoryLodge(exchange, clock, created.size)
    factory = ServiceFactory(handle, clock, places, lodge, {one.name: one for one in kinds})
    notification = notifying.host(handle, store)
    resolver = HandleResolver(
        (baseUrl,), locator(exchange, [places, rows, notification.family, *families])
    )
    portTypes = flattened(CONTAINER_PORT_TYPES)
    role = CompositeRole(
        [PermanentService([queries]), entries, resolver, factory, *notification.roles]
    )
    service = Service(CONTAINER_PATH, handle, role, CONTAINER_PORT_TYPES)
    standard = StandardServiceData(
        store,
        clock,
        handle,
        [portType.name for portType in portTypes],
        queries.dialects,
        [pair for portType in portTypes for pair in portType.staticValues],
        [one.name for portType in portTypes for one in portType.serviceData],
    )
    values = [
        *own,
        *entries.serviceData(),
        *resolver.serviceData(handle, clock),
        *factory.serviceData(),
    ]
    contents = _Contents(exchange, [service, *services], entries, factory, [rows, places])
    factory.changed = contents.changed
    parts: list[Part] = [contents, notification]
    return HostedService(
        exchange, service, store, clock, queries, standard, values, parts, [notification.family]
    )


def locator(
    exchange: Exchange, families: Sequence[IServiceFamily]
) -> Callable[[str], Sequence[QName]]:
    """What L{HandleResolver} asks: the port types of whatever is at a path."""

    def locate(path: str) -> Sequence[QName]:
        found = exchange.service(path)
        if isinstance(found, Service):
            return [portType.name for portType in found.selection.portTypes]
        start, _, id = path.rpartition("/")
        for family in families:
            if family.path == start and id:
                family.role(id)
                return [portType.name for portType in flattened(family.portTypes)]
        raise UnknownId(f"there is no service at {cut(path)}")

    return locate


@attrs.define(slots=True, eq=False)
class _Contents:
    """
    What is in the container, begun and ended with it.

    @ivar permanent: services that came with the node
    """

    exchange: Exchange
    permanent: Sequence[Service]
    entries: ContainerEntries
    factory: ServiceFactory
    families: Sequence[IServiceFamily]

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        await self.entries.tell([_member(service) for service in self.permanent])
        for family in self.families:
            self.exchange.publishFamily(family)
        await self.factory.start()

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        await self.factory.stop()
        for family in self.families:
            self.exchange.withdraw(family.path)

    def changed(self, came: Sequence[Member], went: Sequence[Member]) -> None:
        """Created services came or went."""
        spawn(self.entries.tell(came, went), "publishing the container's entries")


def _member(service: Service) -> Member:
    interfaces = tuple(portType.name for portType in service.selection.portTypes)
    return Member(service.path, service.handle, interfaces)
