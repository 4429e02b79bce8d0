"""One service of a node with everything behind it, started and stopped as one."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import Busy
from gma_twisted.hosting import StandardServiceData
from gma_twisted.interfaces import IServiceDataStore, IServiceFamily
from gma_twisted.model import Declare, Handle, Put, ServiceDataElement
from gma_twisted.nodes.leftovers import dropLeftovers
from gma_twisted.nodes.part import Part, Parts, naming
from gma_twisted.queries import NameQueries
from gma_twisted.soap import PortType
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Exchange, Service

__all__ = ["HostedService"]

log = Logger()


class _Starting:
    """Answers for a service that is not there yet: who comes again later finds it."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Every operation."""

        def answer(**_: object) -> Any:
            raise Busy(f"{self._path} is starting")

        return answer


@implementer(IServiceFamily)
@attrs.frozen(slots=True, eq=False)
class _StartingFamily:
    """The same for services below it: who renews one of them now must not think that it is gone."""

    path: str
    handle: Handle
    portTypes: Sequence[PortType]

    def role(self, id: str) -> object:
        raise Busy(f"{self.path} is starting")

    def owner(self, id: str) -> str | None:
        raise Busy(f"{self.path} is starting")


class HostedService:
    """
    One service; requests reach it when everything it answers from is there.

    Until then they are told that it is starting: what is kept may take a while to load, and the ports are open.
    """

    def __init__(
        self,
        exchange: Exchange,
        service: Service,
        store: IServiceDataStore,
        clock: NodeClock,
        queries: NameQueries,
        standard: StandardServiceData,
        own: Sequence[ServiceDataElement],
        parts: Sequence[Part],
        families: Sequence[IServiceFamily] = (),
        keeping: Part | None = None,
        what: str = "",
    ) -> None:
        """
        @param exchange: answers for it between L{start} and L{stop}
        @param service: path, role and port types
        @param store: its service data
        @param clock: the node's
        @param queries: read the store
        @param standard: what every service says of itself
        @param own: further values that hold as long as it lives
        @param parts: what else fills the store or answers, providers for example; the last one begins last
        @param families: services below it that parts begin to answer for
        @param keeping: begins and ends the store; the store itself does when it is left out
        @param what: section and class of a store of the operator's, for messages; empty for the node's own
        """
        self.service = service
        self._exchange = exchange
        self._store = store
        self._keeping: Part = store if keeping is None else keeping
        self._clock = clock
        self._queries = queries
        self._standard = standard
        self._own = own
        self._parts = Parts(parts)
        self._families = families
        self._what = what
        self._isServed = False
        self._isCounted = True

    @property
    def isServed(self) -> bool:
        """Whether requests reach it."""
        return self._isServed

    def __len__(self) -> int:
        """How many values of service data it has; 0 for a store that cannot say, so that pages show the rest."""
        try:
            count = len(self._store)
        except Exception:  # noqa: BLE001 (a store of the operator's may raise anything)
            if self._isCounted:
                self._isCounted = False
                log.failure("{what} cannot be counted", what=self._what or self.service.path)
            return 0
        self._isCounted = True
        return count

    def announce(self) -> None:
        """Say from now on that it is starting."""
        service = self.service
        role = _Starting(service.path)
        self._exchange.publish(Service(service.path, service.handle, role, service.portTypes))
        for one in self._families:
            self._exchange.publishFamily(_StartingFamily(one.path, one.handle, one.portTypes))

    async def start(self) -> None:
        """Load the store, publish what the service says of itself, begin the parts, answer."""
        await self._keeping.start()
        with naming(self._what):
            if len(self._store):
                await dropLeftovers(self._store, self.service.handle.url, self._clock)
            await self._standard.publish()
            await self._store.commit(
                [Declare([one.key.name for one in self._own]), *(Put(one) for one in self._own)]
            )
        await self._parts.start()
        self._exchange.publish(self.service)
        self._isServed = True

    async def stop(self) -> None:
        """Answer no more, end the parts and what they run, finish commits."""
        self._isServed = False
        self._exchange.withdraw(self.service.path)
        try:
            await self._parts.stop()
        finally:
            self._standard.stop()
            await self._keeping.stop()
            self._queries.close()
