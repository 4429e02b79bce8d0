"""The main service of a node with everything behind it, started and stopped as one."""

from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.execution import ProviderManager
from gma_twisted.hosting import StandardServiceData
from gma_twisted.model import Declare, Put, ServiceDataElement
from gma_twisted.queries import NameQueries
from gma_twisted.stores import MemoryStore
from gma_twisted.transport import Exchange, Service

__all__ = ["HostedService"]


@attrs.define(slots=True, eq=False)
class HostedService:
    """
    One service; requests reach it when everything it answers from is there.

    @ivar exchange: answers for it between L{start} and L{stop}
    @ivar service: path, role and port types
    @ivar store: its service data
    @ivar queries: read the store
    @ivar manager: fills the store
    @ivar standard: what every service says of itself
    @ivar own: further values that hold as long as it lives
    """

    exchange: Exchange
    service: Service
    store: MemoryStore
    queries: NameQueries
    manager: ProviderManager
    standard: StandardServiceData
    own: Sequence[ServiceDataElement]

    async def start(self) -> None:
        """Load the store, publish what the service says of itself, begin the providers, answer."""
        await self.store.start()
        await self.standard.publish()
        await self.store.commit(
            [Declare([one.key.name for one in self.own]), *(Put(one) for one in self.own)]
        )
        await self.manager.start()
        self.exchange.publish(self.service)

    async def stop(self) -> None:
        """Answer no more, end the providers and what they run, finish commits."""
        self.exchange.withdraw(self.service.path)
        await self.manager.stop()
        await self.store.stop()
        self.queries.close()

    def providers(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.providers <gma_twisted.interfaces.INodeControl>}."""
        return self.manager.status()
