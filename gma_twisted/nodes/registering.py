"""The registry of a service: its two faces, its entries as services, and how its service data tells of them."""

from collections.abc import Awaitable, Mapping, Sequence

import attrs

from gma_twisted.hosting import RowFamily
from gma_twisted.registration import Catalogue, EntryPublisher, GroupRegistration, ServiceRegistrar
from gma_twisted.stores.registry import RegistryStore
from gma_twisted.timing import Ready
from gma_twisted.transport import Exchange

__all__ = ["HostedRegistry"]


@attrs.frozen(slots=True, eq=False)
class HostedRegistry:
    """
    A part of its service; the store is shared and has a life of its own.

    @ivar exchange: answers for the entries
    @ivar store: keeps them
    @ivar catalogue: works on them
    @ivar publisher: tells them in the service data
    @ivar entries: as services
    """

    exchange: Exchange
    store: RegistryStore
    catalogue: Catalogue
    publisher: EntryPublisher
    entries: RowFamily

    @property
    def roles(self) -> Sequence[object]:
        """What it adds to the service."""
        return (ServiceRegistrar(self.catalogue), GroupRegistration(self.catalogue))

    async def start(self) -> None:
        """Tell what there is, follow what comes, answer for the entries."""
        await self.publisher.start()
        self.exchange.publishFamily(self.entries)

    def stop(self) -> Awaitable[None]:
        """Answer and follow no more."""
        self.exchange.withdraw(self.entries.path)
        self.publisher.stop()
        return Ready(None)

    def counts(self) -> Mapping[str, int]:
        """See L{INodeControl.registry <gma_twisted.interfaces.INodeControl>}."""
        return {"entries": len(self.store), "tombstones": len(self.catalogue.tombstones)}
