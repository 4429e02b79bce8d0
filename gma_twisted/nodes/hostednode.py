"""Everything a node serves, once its URL is known."""

from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.execution import ProviderManager
from gma_twisted.model import Registration
from gma_twisted.nodes.aggregating import HostedAggregation
from gma_twisted.nodes.compounding import CompoundSink
from gma_twisted.nodes.consuming import HostedConsumer
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.lines import HostedLines
from gma_twisted.nodes.notifying import HostedNotification, WayOut
from gma_twisted.nodes.part import Part, Parts
from gma_twisted.nodes.producing import HostedProducer
from gma_twisted.nodes.questions import Questions
from gma_twisted.nodes.reach import Reach
from gma_twisted.nodes.registering import HostedRegistry
from gma_twisted.nodes.registrations import Registrations
from gma_twisted.nodes.reloading import Reloader
from gma_twisted.nodes.storage import Storage
from gma_twisted.nodes.subscribing import Subscriptions
from gma_twisted.streams.lineplane import LinePlane

__all__ = ["HostedNode"]


@attrs.define(slots=True, eq=False)
class HostedNode:
    """
    The services of a node and what they share.

    @ivar services: the main one first
    @ivar reach: to other nodes, this node's alone
    @ivar keeper: registers them elsewhere once they answer
    @ivar storage: of what survives
    @ivar wayOut: of notices
    @ivar reloader: changes what runs, while everything does
    @ivar notifications: the subscriptions at each service
    @ivar registry: of the main service; C{None} when it takes no registrations
    @ivar manager: of the main service's providers; C{None} when it runs none
    @ivar aggregation: at the main service; C{None} when it copies nothing
    @ivar questions: expressions at the services; C{None} where none is answered
    @ivar producer: the main service; C{None} when it is none
    @ivar consumer: the main service; C{None} when it is none
    @ivar subscribed: what the consumer has sent to it; C{None} where there is no consumer
    @ivar lines: where lines of events come to it
    @ivar consumers: that of the main service, or of one beside it
    @ivar compound: where the events of that one go at a compound node; C{None} at others
    @ivar planes: the ways of lines to who is subscribed to the producer
    """

    services: Sequence[HostedService]
    reach: Reach
    keeper: Registrations
    storage: Storage
    wayOut: WayOut
    reloader: Reloader
    notifications: Sequence[HostedNotification] = ()
    registry: HostedRegistry | None = None
    manager: ProviderManager | None = None
    aggregation: HostedAggregation | None = None
    questions: Questions | None = None
    producer: HostedProducer | None = None
    consumer: HostedConsumer | None = None
    subscribed: Subscriptions | None = None
    lines: Sequence[HostedLines] = ()
    consumers: Sequence[HostedConsumer] = ()
    compound: CompoundSink | None = None
    planes: Sequence[LinePlane] = ()
    _parts: Parts = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        # Registrations are loaded before anything is told of them, and closed after the last who may end one.
        kept: list[Part] = [] if self.registry is None else [self.registry.store]
        wanted: list[Part] = [] if self.subscribed is None else [self.subscribed]
        self._parts = Parts(
            [self.wayOut, *kept, *self.services, self.keeper, *self.lines, *wanted, self.reloader]
        )

    def open(self) -> None:
        """Bind the ports for lines. @raise ConfigError: one of them cannot be; none is then"""
        for one in self.lines:
            one.open()

    async def start(self) -> None:
        """See L{Part.start}."""
        for service in self.services:
            service.announce()
        await self._parts.start()

    async def stop(self) -> None:
        """See L{Part.stop}."""
        try:
            await self._parts.stop()
        finally:
            await self.reach.close()

    def missing(self) -> Sequence[str]:
        """Paths of the services that requests do not reach: what they have is not loaded yet, or they have ended."""
        return [one.service.path for one in self.services if not one.isServed]

    def elementCount(self) -> int:
        """See L{INodeControl.elementCount <gma_twisted.interfaces.INodeControl>}."""
        return sum(map(len, self.services))

    def providers(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.providers <gma_twisted.interfaces.INodeControl>}."""
        return () if self.manager is None else self.manager.status()

    def registrations(self) -> Mapping[str, int]:
        """See L{INodeControl.registry <gma_twisted.interfaces.INodeControl>}."""
        if self.registry is None:
            return {}
        return {**self.registry.counts(), "quarantined": self.storage.quarantined()}

    def members(self, after: str, limit: int) -> Sequence[Registration]:
        """See L{INodeControl.members <gma_twisted.interfaces.INodeControl>}."""
        return () if self.registry is None else self.registry.store.entries(after, limit)

    def listening(self) -> Sequence[str]:
        """See L{INodeControl.listening <gma_twisted.interfaces.INodeControl>}."""
        return [place for one in self.lines for place in one.places]

    def lineCounts(self) -> Mapping[str, int]:
        """See L{INodeControl.lines <gma_twisted.interfaces.INodeControl>}."""
        # A node has one consumer.
        return self.lines[0].counts() if self.lines else {}

    def sentLines(self) -> Mapping[str, Mapping[str, int]]:
        """See L{INodeControl.sentLines <gma_twisted.interfaces.INodeControl>}."""
        return {scheme: attrs.asdict(one.counts) for one in self.planes for scheme in one.schemes}

    def produced(self) -> Mapping[str, int]:
        """See L{INodeControl.produced <gma_twisted.interfaces.INodeControl>}."""
        return {} if self.producer is None else self.producer.counts()

    def consumed(self) -> Mapping[str, int]:
        """See L{INodeControl.consumed <gma_twisted.interfaces.INodeControl>}."""
        # A node has one consumer.
        return self.consumers[0].counts() if self.consumers else {}

    def compounded(self) -> Mapping[str, int]:
        """See L{INodeControl.compounded <gma_twisted.interfaces.INodeControl>}."""
        return {} if self.compound is None else self.compound.counts()

    def subscriptions(self) -> int:
        """See L{INodeControl.subscriptions <gma_twisted.interfaces.INodeControl>}."""
        sent = 0 if self.producer is None else self.producer.part.counts()["subscriptions"]
        return sent + sum(len(one.store) for one in self.notifications)

    def sources(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.sources <gma_twisted.interfaces.INodeControl>}."""
        return () if self.aggregation is None else self.aggregation.status()

    def aggregated(self) -> Mapping[str, int]:
        """See L{INodeControl.aggregation <gma_twisted.interfaces.INodeControl>}."""
        return {} if self.aggregation is None else self.aggregation.counts()

    def asked(self) -> Mapping[str, Mapping[str, float]]:
        """See L{INodeControl.queries <gma_twisted.interfaces.INodeControl>}."""
        return {} if self.questions is None else self.questions.figures()
