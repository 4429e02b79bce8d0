"""What a node serves, made once its URL is known; with L{assemble} the one place where the engines meet."""

import random
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import attrs

import gma_twisted
from gma_twisted.events.values import EVENT_NAME
from gma_twisted.execution import Quarantine
from gma_twisted.hosting.instances import FactoryLimits
from gma_twisted.interfaces import IDeliverer
from gma_twisted.model import Access, Caller
from gma_twisted.nodes.aggregating import hostAggregation
from gma_twisted.nodes.container import hostContainer
from gma_twisted.nodes.entitlement import Entitlement, EventHolders
from gma_twisted.nodes.executing import hostProviders
from gma_twisted.nodes.grounding import Grounding
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.hostednode import HostedNode
from gma_twisted.nodes.identity import NODE_NAME, NodeIdentity
from gma_twisted.nodes.mainservice import MainService
from gma_twisted.nodes.notifying import Notifying, WayOut
from gma_twisted.nodes.ownservice import hostOwnService
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.questions import Questions
from gma_twisted.nodes.reach import Reach
from gma_twisted.nodes.registering import hostRegistry
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
from gma_twisted.nodes.roleservices import RoleServices
from gma_twisted.nodes.storage import Storage
from gma_twisted.nodes.subscribing import Subscriptions
from gma_twisted.notify.deliverer import Deliverer, DeliveryLimits
from gma_twisted.processes import ProviderRuntime
from gma_twisted.security import Identities
from gma_twisted.stores.journal import Worker
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Exchange, Service

__all__ = ["NodeBuilder"]


@attrs.frozen(slots=True, eq=False)
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

    def build(self) -> HostedNode:
        """Everything there is: the main service, those beside it, the container, and what all of them share."""
        plan = self.plan
        bounds = DeliveryLimits(**plan.limits.of("delivery"))
        deliverer = Deliverer(self.reach.sinks, self.clock, random.random, bounds)
        notifying = self._notifying(deliverer)
        grounding = Grounding(
            plan, self.baseUrl, self.clock, self.runtime, self.storage, self.questions
        )
        roles = RoleHosting(
            plan,
            self.clock,
            self.runtime,
            self.reach,
            self.instanceId,
            self.workerOf,
            self.exchange,
        )
        main = self._main(grounding, roles, notifying)
        hosted = self._hosted(main)
        roleServices = RoleServices(plan, self.exchange, grounding, roles)
        roleServices.hold(main.ground, main.producer, main.consumer)
        own = []
        if main.registry is not None and plan.kind.keepsDirectory:
            own.append(roleServices.directory(main.ground, main.registry))
        beside, subscriptions = roleServices.subscribed(main.ground, main.consumer, main.sink)
        own += beside
        own += [
            hostOwnService(name, one, grounding, notifying, self.exchange)
            for name, one in plan.services.items()
        ]
        container = self._container(main, [hosted, *own], notifying)
        services = [hosted, *own, container]
        registrations = self._registrations([one.service for one in services], roleServices.played)
        entitlement = self._entitlement(main, notifying, roleServices.holders)
        self.reloader.take(self._reloadable(main, registrations, subscriptions, entitlement))
        return HostedNode(
            services,
            self.reach,
            registrations,
            self.storage,
            WayOut(deliverer, self.reach.sinks),
            self.reloader,
            notifying.hosted,
            main.registry,
            main.manager,
            main.aggregation,
            self.questions,
            main.producer,
            main.consumer,
            subscriptions,
            roles.lines,
            roles.consumers,
            main.sink,
            roles.linePlanes,
        )

    def _main(self, grounding: Grounding, roles: RoleHosting, notifying: Notifying) -> MainService:
        """What the kind of the node says."""
        plan, kind = self.plan, self.plan.kind
        ground = grounding.lay(
            kind.path,
            kind.portTypes,
            plan.serviceData,
            kind.path.rpartition("/")[2],
            plan.ownStore,
            plan.rips.sweeperDelay if kind.isRIPS else 0.0,
        )
        registry = manager = aggregation = producer = consumer = sink = notification = None
        if kind.takesRegistrations:
            registry = hostRegistry(plan, self.clock, self.exchange, self.storage, ground)
        if kind.runsProviders:
            manager = hostProviders(plan, self.clock, self.runtime, self.quarantine, ground)
            manager.rescan = self._rescan
        if kind.aggregates:
            aggregation = hostAggregation(
                plan,
                self.clock,
                self.exchange,
                self.reach,
                self.nodeId,
                self.baseUrl,
                ground,
                registry,
            )
        if kind.isCompound:
            producer, sink = roles.deriver(ground, self.nodeId)
        elif kind.produces and manager is not None:
            producer = roles.producer(ground, manager)
        if kind.consumes:
            consumer = roles.consumer(ground)
        if kind.notifies:
            complete = {} if manager is None else {"complete": manager.ran}
            notification = notifying.host(
                ground.handle,
                ground.store,
                standing=ground.standing,
                knowsJobs=kind.knowsJobs,
                demand=None if manager is None else manager.demand,
                **complete,
            )
        return MainService(
            ground=ground,
            registry=registry,
            manager=manager,
            aggregation=aggregation,
            producer=producer,
            consumer=consumer,
            sink=sink,
            notification=notification,
        )

    def _hosted(self, main: MainService) -> HostedService:
        """The main service, with what it says of the node."""
        plan = self.plan
        names = [NODE_NAME, *plan.kind.names]
        if plan.keepsEvents:
            names.append(EVENT_NAME)
        identity = NodeIdentity(
            self.nodeId, self.instanceId, plan.name, plan.role, gma_twisted.__version__
        )
        own = [identity.element(main.ground.handle.url, self.clock)]
        return main.hosted(self.exchange, names, own)

    def _container(
        self, main: MainService, services: Sequence[HostedService], notifying: Notifying
    ) -> HostedService:
        # That of the main service is one of its families already.
        others = [one.family for one in notifying.hosted if one is not main.notification]
        return hostContainer(
            self.exchange,
            self.clock,
            self.baseUrl,
            notifying,
            [one.service for one in services],
            [*main.families, *others],
            self.plan.kinds,
            FactoryLimits(**self.plan.limits.of("factory")),
            main.ground.queryLimits,
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

    def _registrations(
        self, services: Sequence[Service], played: Sequence[Played]
    ) -> Registrations:
        plan = self.plan
        registrations = Registrations(
            self.clock, self.reach.trusted, self.reach.named, services, plan.name, played
        )
        for one in registrations.wanted(plan.register).values():
            registrations.add(one)
        return registrations

    def _entitlement(
        self, main: MainService, notifying: Notifying, holders: EventHolders
    ) -> Entitlement:
        aggregator = None if main.aggregation is None else main.aggregation.aggregator
        return Entitlement(self.clock, notifying.hosted, aggregator, holders)

    def _reloadable(
        self,
        main: MainService,
        registrations: Registrations,
        subscriptions: Subscriptions | None,
        entitlement: Entitlement,
    ) -> Sequence[Reloadable[Any]]:
        """In the order in which they are changed: tokens before those who show them."""
        found: list[Reloadable[Any]] = [ReloadableIdentities(self.identities, self.reach.tokens)]
        if main.manager is not None:
            found.append(ReloadableProviders(main.manager))
        if main.aggregation is not None:
            found.append(ReloadableSources(main.aggregation.aggregator, self.reach.named))
        found.append(ReloadableMemberships(registrations))
        if subscriptions is not None:
            found.append(ReloadableSubscriptions(subscriptions))
        found.append(ReloadableTLS(self.reach.tls))
        found.append(ReloadableAccess(self.exchange, entitlement))
        return found
