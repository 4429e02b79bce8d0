"""What a node serves, made once its URL is known; with L{assemble} the one place where the engines meet."""

import math
import os
import random
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import attrs

import gma_twisted
from gma_twisted.aggregation import Aggregator, AggregatorLimits, Intake, MemberAggregation
from gma_twisted.configuration import RegistrySection
from gma_twisted.events.values import EVENT_NAME
from gma_twisted.execution import STATUS_NAME, Demand, ProviderManager, Quarantine
from gma_twisted.hosting import RowFamily
from gma_twisted.hosting.instances import FactoryLimits
from gma_twisted.interfaces import (
    IDeliverer,
    IQueryEngine,
    IServiceDataStore,
    IServiceFamily,
    ServicePlace,
)
from gma_twisted.markup import XMLGate, XMLLimits
from gma_twisted.model import Access, Caller, Handle
from gma_twisted.nodes.aggregating import HostedAggregation, Proxies, sourcesOf
from gma_twisted.nodes.compounding import CompoundSink
from gma_twisted.nodes.consuming import ConsumingLimits, HostedConsumer
from gma_twisted.nodes.container import hostContainer
from gma_twisted.nodes.entitlement import Entitlement, EventHolders
from gma_twisted.nodes.groundwork import Groundwork
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.hostednode import HostedNode
from gma_twisted.nodes.identity import NODE_NAME, NodeIdentity
from gma_twisted.nodes.kind import (
    CONSUMER_PATH,
    CONSUMER_PORT_TYPES,
    DIRECTORY_PATH,
    DIRECTORY_PORT_TYPES,
    pathOf,
)
from gma_twisted.nodes.notifying import HostedNotification, Notifying, WayOut
from gma_twisted.nodes.ownclasses import OwnClass
from gma_twisted.nodes.ownparts import OwnPart, PlacedService, ownLanguage
from gma_twisted.nodes.part import Part
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.producing import HostedProducer
from gma_twisted.nodes.questions import Questions
from gma_twisted.nodes.reach import Reach
from gma_twisted.nodes.registering import HostedRegistry
from gma_twisted.nodes.registrations import Played, Registrations
from gma_twisted.nodes.reloadable import (
    Reloadable,
    ReloadableAccess,
    ReloadableIdentities,
    ReloadableMemberships,
    ReloadableProviders,
    ReloadableSources,
    ReloadableSubscriptions,
    ReloadableTLS,
)
from gma_twisted.nodes.reloading import Reloader
from gma_twisted.nodes.rolehosting import RoleHosting
from gma_twisted.nodes.storage import Storage
from gma_twisted.nodes.storeroom import copiesOf
from gma_twisted.nodes.subscribing import Subscriptions
from gma_twisted.notify.deliverer import Deliverer, DeliveryLimits
from gma_twisted.processes import ProviderRuntime
from gma_twisted.queries import NameQueryLimits, RowQueries
from gma_twisted.registration import (
    ADMIT_ALL,
    Catalogue,
    Entries,
    EntryPublisher,
    GrantLimits,
    MembershipRule,
)
from gma_twisted.registration.directory import Directory
from gma_twisted.security import Identities
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import InitialServiceData
from gma_twisted.soap.porttypes import GRID_SERVICE, NOTIFICATION_SOURCE, SERVICE_GROUP_ENTRY
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.stores.few import FewValues
from gma_twisted.stores.journal import Worker
from gma_twisted.stores.recording import Forgetful, Recorder
from gma_twisted.stores.registry import RegistryLimits, RegistryStore
from gma_twisted.timing import NodeClock, Tombstones
from gma_twisted.transport import Exchange, Service

__all__ = ["NodeBuilder"]

_REGISTRATIONS = "registrations"
# Of the time an answer may take, what it waits for providers on demand.
_WAITS = 1 / 3


@attrs.define(slots=True, eq=False)
class NodeBuilder:
    """
    Makes the services of a node and introduces them to each other; nothing is started.

    @ivar plan: what they shall be
    @ivar baseUrl: what their handles begin with
    @ivar nodeId: of the node
    @ivar epoch: of this life of the node
    @ivar exchange: answers for them
    @ivar clock: the node's
    @ivar runtime: for providers that ask for it
    @ivar reach: to other nodes
    @ivar storage: of what survives a restart
    @ivar reloader: told what can be changed while they run
    @ivar identities: knows callers
    @ivar questions: makes services answer expressions
    @ivar quarantine: keeps documents of providers that cannot be used; C{None} to keep none
    @ivar workerOf: makes, of a name, what blocks elsewhere than in the reactor
    @ivar instanceId: of this life of the node
    """

    plan: Plan
    baseUrl: str
    nodeId: str
    epoch: int
    exchange: Exchange
    clock: NodeClock
    runtime: ProviderRuntime
    reach: Reach
    storage: Storage
    reloader: Reloader
    identities: Identities
    questions: Questions
    quarantine: Quarantine | None
    workerOf: Callable[[str], Worker]
    instanceId: str = attrs.field(factory=lambda: str(uuid.uuid4()), init=False)
    _holders: EventHolders = attrs.field(factory=EventHolders, init=False, repr=False)
    # What directories know of the services.
    _played: list[Played] = attrs.field(factory=list, init=False, repr=False)

    def build(self) -> HostedNode:
        """Everything there is."""
        plan, limits = self.plan, self.plan.limits
        kind = plan.kind
        bounds = DeliveryLimits(**limits.of("delivery"))
        deliverer = Deliverer(self.reach.sinks, self.clock, random.random, bounds)
        notifying = self._notifying(deliverer)
        main = self._groundwork(
            kind.path,
            kind.portTypes,
            plan.serviceData,
            kind.path.rpartition("/")[2],
            plan.ownStore,
            plan.rips.sweeperDelay if kind.isRIPS else 0.0,
        )
        registry = self._registry(main) if kind.takesRegistrations else None
        manager = self._manager(main) if kind.runsProviders else None
        aggregation = self._aggregation(main, registry) if kind.aggregates else None
        complete = {} if manager is None else {"complete": manager.ran}
        roles = RoleHosting(
            plan,
            self.clock,
            self.runtime,
            self.reach,
            self.instanceId,
            self.workerOf,
            self.exchange,
        )
        producer = roles.producer(main, manager) if manager is not None and kind.produces else None
        consumer = roles.consumer(main) if kind.consumes else None
        derived = roles.deriver(main, self.nodeId) if kind.isCompound else None
        producer, sink = derived or (producer, None)
        self._hold(main, producer, consumer)
        notification = None
        if kind.notifies:
            notification = notifying.host(
                main.handle,
                main.store,
                standing=main.standing,
                knowsJobs=kind.knowsJobs,
                demand=None if manager is None else manager.demand,
                **complete,
            )
        families: list[IServiceFamily] = [one.family for one in notifying.hosted]
        if registry is not None:
            families.append(registry.entries)
        if aggregation is not None:
            families.append(aggregation.sinks)
        hosted = self._main(
            main, registry, manager, aggregation, notification, producer, consumer, families
        )
        own = []
        if registry is not None and kind.keepsDirectory:
            own.append(self._directory(main, registry, roles))
        beside, subscriptions = self._subscribed(main, roles, consumer, sink)
        own += beside
        own += [self._own(name, one, notifying) for name, one in plan.services.items()]
        # That of the main service is one of its families already.
        ownFamilies = [one.family for one in notifying.hosted if one is not notification]
        container = hostContainer(
            self.exchange,
            self.clock,
            self.baseUrl,
            notifying,
            [hosted.service, *(one.service for one in own)],
            [*families, *ownFamilies],
            plan.kinds,
            FactoryLimits(**limits.of("factory")),
            main.queryLimits,
        )
        services = [hosted, *own, container]
        published = [one.service for one in services]
        named = self.reach.named
        registrations = self._registrations(published)
        reloadable: list[Reloadable[Any]] = [ReloadableMemberships(registrations)]
        if subscriptions is not None:
            reloadable.append(ReloadableSubscriptions(subscriptions))
        if aggregation is not None:
            reloadable.insert(0, ReloadableSources(aggregation.aggregator, named))
        if manager is not None:
            reloadable.insert(0, ReloadableProviders(manager))
            manager.rescan = self._rescan
        reloadable.append(ReloadableTLS(self.reach.tls))
        # Before those who show the tokens.
        reloadable.insert(0, ReloadableIdentities(self.identities, self.reach.tokens))
        aggregator = None if aggregation is None else aggregation.aggregator
        entitlement = Entitlement(self.clock, notifying.hosted, aggregator, self._holders)
        reloadable.append(ReloadableAccess(self.exchange, entitlement))
        self.reloader.take(reloadable)
        return HostedNode(
            services,
            self.reach,
            registrations,
            self.storage,
            WayOut(deliverer, self.reach.sinks),
            self.reloader,
            notifying.hosted,
            registry,
            manager,
            aggregation,
            self.questions,
            producer,
            consumer,
            subscriptions,
            roles.lines,
            roles.consumers,
            sink,
            roles.linePlanes,
        )

    async def _rescan(self, caller: Caller) -> None:
        """
        See L{Reloader.rescan}: to ask which providers there are is no more than to read.

        @raise Refused: a policy does not let the caller do what only operators do
        """
        if self.exchange.isGuarded:
            self.exchange.check(caller.identity, "reload", self.plan.kind.path, Access.ADMIN)
        await self.reloader.rescan(caller)

    def _notifying(self, deliverer: IDeliverer) -> Notifying:
        plan = self.plan
        return Notifying(
            self.exchange,
            self.clock,
            deliverer,
            self.epoch,
            self.reach.admit,
            self.reach.pins,
            self.storage,
            plan.notify,
            plan.limits,
        )

    def _groundwork(
        self,
        path: str,
        portTypes: Sequence[PortType],
        serviceData: Sequence[InitialServiceData],
        kept: str,
        ownStore: OwnClass | None = None,
        pause: float = 0.0,
    ) -> Groundwork:
        """
        @param kept: what its service data is kept in, when it is; unique in the node
        @param pause: see L{MemoryStore}
        """
        limits = self.plan.limits
        keeping = None
        if ownStore is None:
            bounds = StoreLimits(**limits.of("store"))
            store: IServiceDataStore = MemoryStore(self.clock, bounds, self._recorder(kept), pause)
        else:
            store = ownStore.store(self.runtime)
            # As long as it takes: what was committed is to be there, and to stay.
            keeping = OwnPart(store, ownStore.what, self.clock, math.inf)
        languages = [(one.what, one.language(self.runtime, store)) for one in self.plan.languages]
        return Groundwork(
            Handle.parse(self.baseUrl + path),
            portTypes,
            store,
            self.clock,
            NameQueryLimits(**limits.of("query")),
            self.questions.host(store),
            serviceData,
            keeping,
            [ownLanguage(one, what, limits.maxAnswer) for what, one in languages],
            [
                OwnPart(one, what, self.clock)
                for what, one in languages
                if IQueryEngine.providedBy(one)
            ],
            "" if ownStore is None else ownStore.what,
        )

    def _recorder(self, name: str) -> Recorder:
        return self.storage.recorder(name) if self.plan.store.keepServiceData else Forgetful()

    def _own(self, name: str, ownClass: OwnClass, notifying: Notifying) -> HostedService:
        """The service of C{[services.NAME]}."""
        service = ownClass.service(self.runtime)
        ground = self._groundwork(
            pathOf(name),
            (GRID_SERVICE, NOTIFICATION_SOURCE, *service.portTypes),
            service.serviceData,
            # No name of a section begins so, and no other store of a node is called after one.
            f"_service-{name}",
        )
        notification = notifying.host(ground.handle, ground.store, standing=ground.standing)
        place = ServicePlace(ground.handle, name, ground.store)
        part = OwnPart(PlacedService(service, place), ownClass.what, self.clock)
        return ground.hosted(
            self.exchange,
            [*notification.roles, service],
            [part, notification],
            families=[notification.family],
        )

    def _main(
        self,
        main: Groundwork,
        registry: HostedRegistry | None,
        manager: ProviderManager | None,
        aggregation: HostedAggregation | None,
        notification: HostedNotification | None,
        producer: HostedProducer | None,
        consumer: HostedConsumer | None,
        families: Sequence[IServiceFamily],
    ) -> HostedService:
        roles: list[object] = []
        parts: list[Part] = []
        further = [NODE_NAME, *self.plan.kind.names]
        if self.plan.keepsEvents:
            further.append(EVENT_NAME)
        if registry is not None:
            roles += registry.roles
            parts.append(registry)
        for playing in (producer, consumer):
            if playing is not None:
                roles += playing.roles
                parts.append(playing)
        if manager is not None:
            if producer is None:
                roles.append(manager)
            parts.append(manager)
            further.append(STATUS_NAME)
        if aggregation is not None:
            roles += aggregation.roles
            parts.append(aggregation)
        if notification is not None:
            roles += notification.roles
            parts.append(notification)
        identity = NodeIdentity(
            self.nodeId,
            self.instanceId,
            self.plan.name,
            self.plan.role,
            gma_twisted.__version__,
        )
        own = [identity.element(main.handle.url, self.clock)]
        mostBytes = None if consumer is None else self._consuming.message
        return main.hosted(self.exchange, roles, parts, further, own, families, mostBytes)

    def _directory(
        self, main: Groundwork, registry: HostedRegistry, roles: RoleHosting
    ) -> HostedService:
        ground = self._groundwork(DIRECTORY_PATH, DIRECTORY_PORT_TYPES, (), "directory")
        directory = roles.directory(ground, main, registry)
        if isinstance(directory.directory, Directory):
            self._holders.directories.append((ground.handle.path, directory.directory.watches))
        return ground.hosted(self.exchange, directory.roles, [directory])

    def _subscribed(
        self,
        main: Groundwork,
        roles: RoleHosting,
        consumer: HostedConsumer | None,
        sink: CompoundSink | None,
    ) -> tuple[Sequence[HostedService], Subscriptions | None]:
        """
        What the node is subscribed to, and the consumer beside the main service, where there is one.

        @param consumer: of the main service
        @param sink: of a compound node
        """
        if consumer is not None:
            return (), roles.subscriptions(main, consumer)
        if sink is not None:
            service, made = self._beside(roles, lambda ground: roles.taker(ground, sink))
        elif self.plan.keepsEvents:
            service, made = self._beside(roles, lambda ground: roles.keeper(ground, main))
        else:
            return (), None
        return (service,), made

    def _beside(
        self, roles: RoleHosting, make: Callable[[Groundwork], HostedConsumer]
    ) -> tuple[HostedService, Subscriptions]:
        """A consumer beside the main service, and what it is subscribed to. @param make: makes it at its service"""
        ground = self._groundwork(CONSUMER_PATH, CONSUMER_PORT_TYPES, (), "consumer")
        consumer = make(ground)
        self._hold(ground, None, consumer)
        hosted = ground.hosted(
            self.exchange, consumer.roles, [consumer], mostBytes=self._consuming.message
        )
        return hosted, roles.subscriptions(ground, consumer)

    def _hold(
        self, ground: Groundwork, producer: HostedProducer | None, consumer: HostedConsumer | None
    ) -> None:
        """Other rules are for those, too, that have subscriptions at these."""
        path, url = ground.handle.path, ground.handle.url
        if producer is not None:
            self._holders.producers.append((path, producer.part))
        if consumer is not None:
            self._holders.consumers.append((path, consumer.part))
        if path in self.plan.kind.played:
            for one in (producer, consumer):
                if one is not None:
                    types = one.part.features.eventTypes
                    self._played.append(Played(path, url, one.role, types))

    @property
    def _consuming(self) -> ConsumingLimits:
        return ConsumingLimits(**self.plan.limits.of("consuming"))

    def _registrations(self, services: Sequence[Service]) -> Registrations:
        plan = self.plan
        registrations = Registrations(
            self.clock,
            self.reach.trusted,
            self.reach.named,
            services,
            plan.name,
            self._played,
        )
        for one in registrations.wanted(plan.register).values():
            registrations.add(one)
        return registrations

    def _registry(self, main: Groundwork) -> HostedRegistry:
        section, limits = self.plan.registry, self.plan.limits
        clock = self.clock
        store = RegistryStore(
            clock,
            RegistryLimits(**limits.of("registry")),
            self.storage.recorder(_REGISTRATIONS),
        )
        catalogue = Catalogue(
            store,
            clock,
            main.handle,
            os.urandom,
            Tombstones(clock, section.tombstones, **limits.of("tombstones")),
            GrantLimits(section.minLifetime, section.defaultLifetime, section.maxLifetime),
            section.knownMember,
            _rules(section) or (ADMIT_ALL,),
            interfaces=limits.registryInterfaces,
            attributes=limits.registryAttributes,
        )
        entries = RowFamily(
            catalogue.entries,
            (SERVICE_GROUP_ENTRY,),
            Entries(catalogue),
            RowQueries(clock, FewValues(clock).select, main.queryLimits),
            clock,
        )
        publisher = EntryPublisher(catalogue, main.store)
        return HostedRegistry(self.exchange, store, catalogue, publisher, entries)

    def _aggregation(self, main: Groundwork, registry: HostedRegistry | None) -> HostedAggregation:
        plan, limits, clock = self.plan, self.plan.limits, self.clock
        share = copiesOf(plan.kind, limits, plan.keepsEvents)
        intake = Intake(
            main.store, clock, self.nodeId, self.baseUrl, **limits.of("intake"), share=share
        )
        aggregator = Aggregator(
            intake,
            Proxies(self.reach, XMLGate(XMLLimits(**limits.of("xml")))),
            self.reach.check,
            clock,
            main.handle,
            os.urandom,
            random.random,
            AggregatorLimits(**limits.of("aggregator")),
        )
        for source in sourcesOf(plan.aggregate):
            aggregator.add(source)
            self.reach.named.add(source.source.url)
        members = None
        if registry is not None and plan.registry.aggregate:
            members = MemberAggregation(registry.store, aggregator, clock)
        return HostedAggregation(self.exchange, intake, aggregator, members)

    def _manager(self, main: Groundwork) -> ProviderManager:
        gate = XMLGate(XMLLimits(**self.plan.limits.of("xml")))
        manager = ProviderManager(
            self.clock, main.store, main.handle.url, gate, random.random, self.runtime
        )
        manager.quarantine = self.quarantine
        manager.demand = main.demand = Demand(self.clock, _WAITS * self.plan.limits.answerTimeout)
        for setup in self.plan.setups:
            manager.install(setup)
        return manager


def _rules(section: RegistrySection) -> Sequence[MembershipRule]:
    rules = []
    for one in section.membershipRules:
        assert one.memberInterface is not None  # the configuration was checked
        rules.append(MembershipRule(one.memberInterface, one.content))
    return rules
