"""What can be asked of a node, path by path, and what it counts as for a policy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from gma_twisted.console import PAGES
from gma_twisted.model import Access
from gma_twisted.nodes.kind import (
    CONSUMER_PATH,
    CONSUMER_PORT_TYPES,
    CONTAINER_PATH,
    CONTAINER_PORT_TYPES,
    DIRECTORY_PATH,
    DIRECTORY_PORT_TYPES,
    INSTANCES_PATH,
    NodeKind,
)
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import accessOf, operationsOf
from gma_twisted.soap.porttypes import (
    GRID_SERVICE,
    NOTIFICATION_SINK,
    NOTIFICATION_SOURCE,
    NOTIFICATION_SUBSCRIPTION,
    SERVICE_GROUP,
    SERVICE_GROUP_ENTRY,
)
from gma_twisted.soap.selection import flattened

__all__ = ["Offer", "offersOf"]


@attrs.frozen(slots=True)
class Offer:
    """
    One service, all that are below one path, or a page.

    @ivar path: of the service or page; of services below one path what stands before their ids
    @ivar areBelow: whether it is those below the path
    @ivar operations: what each operation counts as there, by local name; of a page by the method, C{GET}
    @ivar also: by local name, the operation that who calls it must be let call too
    """

    path: str
    areBelow: bool
    operations: Mapping[str, Access]
    also: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def place(self) -> str:
        """The path as a rule writes it."""
        return f"{self.path}/*" if self.areBelow else self.path

    def isAt(self, path: str) -> bool:
        """Whether a path is this one's."""
        if not self.areBelow:
            return path == self.path
        start, _, id = path.rpartition("/")
        return start == self.path and bool(id)


def offersOf(
    kind: NodeKind,
    services: Mapping[str, Sequence[PortType]],
    created: Iterable[PortType],
    hasConsumer: bool = False,
) -> Sequence[Offer]:
    """
    Everything a node has.

    @param services: port types of services beside the node's own, by path
    @param created: what services that clients have made offer beside GridService, all kinds of them together
    @param hasConsumer: whether it has a consumer beside the main service; a compound node has one always
    """
    permanent = {kind.path: kind.portTypes, CONTAINER_PATH: CONTAINER_PORT_TYPES}
    if kind.keepsDirectory:
        permanent[DIRECTORY_PATH] = DIRECTORY_PORT_TYPES
    if hasConsumer or kind.isCompound:
        permanent[CONSUMER_PATH] = CONSUMER_PORT_TYPES
    permanent |= {
        path: (GRID_SERVICE, NOTIFICATION_SOURCE, *those) for path, those in services.items()
    }
    offers = [one for path, those in permanent.items() for one in _service(path, those)]
    if kind.aggregates:
        offers.append(_offer(f"{kind.path}/sinks", (NOTIFICATION_SINK,), areBelow=True))
    offers.append(_instances(created))
    offers += [
        Offer(path, False, {method: access})
        for path, (method, access) in PAGES.items()
        if access is not None
    ]
    return offers


def _service(path: str, portTypes: Iterable[PortType]) -> Iterator[Offer]:
    every = flattened(portTypes)
    yield _offer(path, every)
    if SERVICE_GROUP in every:
        yield _offer(f"{path}/entries", (SERVICE_GROUP_ENTRY,), areBelow=True)
    if NOTIFICATION_SOURCE in every:
        yield _offer(f"{path}/subscriptions", (NOTIFICATION_SUBSCRIPTION,), areBelow=True)


def _instances(created: Iterable[PortType]) -> Offer:
    # Two kinds may have operations of one name: each kind is looked at alone.
    operations: dict[str, Access] = {}
    also: dict[str, str] = {}
    for one in (GRID_SERVICE, *created):
        offer = _offer(INSTANCES_PATH, (one,))
        operations |= offer.operations
        also |= offer.also
    return Offer(INSTANCES_PATH, True, operations, also)


def _offer(path: str, portTypes: Iterable[PortType], areBelow: bool = False) -> Offer:
    every = flattened(portTypes)
    # The description of a service is read of the same path.
    declared = operationsOf(every)
    operations = {one.name: accessOf(one, every) for one in declared}
    also = {one.name: one.alsoNeeds.name for one in declared if one.alsoNeeds is not None}
    return Offer(path, areBelow, {"GET": Access.READ, **operations}, also)
