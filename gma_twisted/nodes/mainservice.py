"""The main service of a node: what it does beside showing service data, as the kind of the node says."""

from collections.abc import Sequence

import attrs

from gma_twisted.execution import STATUS_NAME, ProviderManager
from gma_twisted.interfaces import IServiceFamily
from gma_twisted.model import QName, ServiceDataElement
from gma_twisted.nodes.aggregating import HostedAggregation
from gma_twisted.nodes.compounding import CompoundSink
from gma_twisted.nodes.consuming import HostedConsumer
from gma_twisted.nodes.groundwork import Groundwork
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.notifying import HostedNotification
from gma_twisted.nodes.part import Part
from gma_twisted.nodes.producing import HostedProducer
from gma_twisted.nodes.registering import HostedRegistry
from gma_twisted.transport import Exchange

__all__ = ["MainService"]


@attrs.frozen(slots=True, eq=False, kw_only=True)
class MainService:
    """
    What it is made of.

    @ivar ground: what it stands on
    @ivar registry: C{None} when it takes no registrations
    @ivar manager: of its providers; C{None} when it runs none
    @ivar aggregation: C{None} when it copies nothing
    @ivar producer: C{None} when it is none
    @ivar consumer: C{None} when it is none
    @ivar sink: of a compound node, where the events go that its consumer is told; C{None} at others
    @ivar notification: C{None} when nobody is told of changes
    """

    ground: Groundwork
    registry: HostedRegistry | None
    manager: ProviderManager | None
    aggregation: HostedAggregation | None
    producer: HostedProducer | None
    consumer: HostedConsumer | None
    sink: CompoundSink | None
    notification: HostedNotification | None

    @property
    def families(self) -> Sequence[IServiceFamily]:
        """Services below it."""
        found: list[IServiceFamily] = []
        if self.notification is not None:
            found.append(self.notification.family)
        if self.registry is not None:
            found.append(self.registry.entries)
        if self.aggregation is not None:
            found.append(self.aggregation.sinks)
        return found

    def hosted(
        self, exchange: Exchange, names: Sequence[QName], own: Sequence[ServiceDataElement]
    ) -> HostedService:
        """
        The whole service.

        @param exchange: answers for it
        @param names: known before any value, beside those of the port types
        @param own: values that hold as long as it lives
        """
        consumer = self.consumer
        return self.ground.hosted(
            exchange,
            self._roles(),
            self._parts(),
            names if self.manager is None else [*names, STATUS_NAME],
            own,
            self.families,
            None if consumer is None else consumer.limits.message,
        )

    def _roles(self) -> Sequence[object]:
        roles: list[object] = []
        for one in (self.registry, self.producer, self.consumer):
            if one is not None:
                roles += one.roles
        # A producer has no operations of theirs.
        if self.manager is not None and self.producer is None:
            roles.append(self.manager)
        for other in (self.aggregation, self.notification):
            if other is not None:
                roles += other.roles
        return roles

    def _parts(self) -> Sequence[Part]:
        """In the order in which they begin."""
        parts: Sequence[Part | None] = (
            self.registry,
            self.producer,
            self.consumer,
            self.manager,
            self.aggregation,
            self.notification,
        )
        return [one for one in parts if one is not None]
