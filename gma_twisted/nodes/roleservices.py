"""Services of a node at which producers, consumers and directories are, beside the main one, and what all hold."""

from collections.abc import Callable, Sequence

import attrs

from gma_twisted.nodes.compounding import CompoundSink
from gma_twisted.nodes.consuming import HostedConsumer
from gma_twisted.nodes.entitlement import EventHolders
from gma_twisted.nodes.grounding import Grounding
from gma_twisted.nodes.groundwork import Groundwork
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.kind import (
    CONSUMER_PATH,
    CONSUMER_PORT_TYPES,
    DIRECTORY_PATH,
    DIRECTORY_PORT_TYPES,
)
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.producing import HostedProducer
from gma_twisted.nodes.registering import HostedRegistry
from gma_twisted.nodes.registrations import Played
from gma_twisted.nodes.rolehosting import RoleHosting
from gma_twisted.nodes.subscribing import Subscriptions
from gma_twisted.registration.directory import Directory
from gma_twisted.transport import Exchange

__all__ = ["RoleServices"]


@attrs.frozen(slots=True, eq=False)
class RoleServices:
    """
    Makes them, and remembers which roles are at which service; nothing is started.

    @ivar plan: of the node
    @ivar exchange: answers for them
    @ivar grounding: gives them stores
    @ivar roles: makes what is at them
    @ivar holders: where callers hold subscriptions and watches
    @ivar played: what directories know of them
    """

    plan: Plan
    exchange: Exchange
    grounding: Grounding
    roles: RoleHosting
    holders: EventHolders = attrs.field(factory=EventHolders, init=False)
    played: list[Played] = attrs.field(factory=list, init=False)

    def hold(
        self, ground: Groundwork, producer: HostedProducer | None, consumer: HostedConsumer | None
    ) -> None:
        """Remember who is at a service: other rules are for those, too, that have subscriptions at these."""
        path, url = ground.handle.path, ground.handle.url
        if producer is not None:
            self.holders.producers.append((path, producer.part))
        if consumer is not None:
            self.holders.consumers.append((path, consumer.part))
        if path in self.plan.kind.played:
            for one in (producer, consumer):
                if one is not None:
                    types = one.part.features.eventTypes
                    self.played.append(Played(path, url, one.role, types))

    def directory(self, main: Groundwork, registry: HostedRegistry) -> HostedService:
        """
        The directory.

        @param main: of the service of the registry
        @param registry: whose entries it shows
        @raise GMAError: the operator's class cannot be made
        """
        ground = self.grounding.lay(DIRECTORY_PATH, DIRECTORY_PORT_TYPES, (), "directory")
        directory = self.roles.directory(ground, main, registry)
        if isinstance(directory.directory, Directory):
            self.holders.directories.append((ground.handle.path, directory.directory.watches))
        return ground.hosted(self.exchange, directory.roles, [directory])

    def subscribed(
        self, main: Groundwork, consumer: HostedConsumer | None, sink: CompoundSink | None
    ) -> tuple[Sequence[HostedService], Subscriptions | None]:
        """
        The consumer beside the main service, where there is one, and what the node is subscribed to.

        @param main: of the main service
        @param consumer: the main service
        @param sink: of a compound node
        """
        roles = self.roles
        if consumer is not None:
            return (), roles.subscriptions(main, consumer)
        if sink is not None:
            service, made = self._consumer(lambda ground: roles.taker(ground, sink))
        elif self.plan.keepsEvents:
            service, made = self._consumer(lambda ground: roles.keeper(ground, main))
        else:
            return (), None
        return (service,), made

    def _consumer(
        self, make: Callable[[Groundwork], HostedConsumer]
    ) -> tuple[HostedService, Subscriptions]:
        """With what it is subscribed to. @param make: makes it at its service"""
        ground = self.grounding.lay(CONSUMER_PATH, CONSUMER_PORT_TYPES, (), "consumer")
        consumer = make(ground)
        self.hold(ground, None, consumer)
        hosted = ground.hosted(
            self.exchange, consumer.roles, [consumer], mostBytes=consumer.limits.message
        )
        return hosted, self.roles.subscriptions(ground, consumer)
