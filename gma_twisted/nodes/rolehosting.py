"""Producers and consumers of a node, made of its plan: where servers, engines and the ways to others meet."""

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs

from gma_twisted.client.proxy import Proxy
from gma_twisted.client.subscription import Way
from gma_twisted.configuration import (
    ConsumerSection,
    DirectorySection,
    ProducerSection,
    SubscribeSection,
)
from gma_twisted.events.bridge import ServiceDataEvents
from gma_twisted.events.engine import EventEngine
from gma_twisted.events.limits import EngineLimits, EventValueLimits, PlaneLimits
from gma_twisted.events.notifyplane import NotifyPlane
from gma_twisted.events.values import EventValues
from gma_twisted.execution import ProviderManager
from gma_twisted.execution.sensing import Sensing
from gma_twisted.interfaces import ICaller, ICallerQueries
from gma_twisted.interfaces.events import IEventArchive
from gma_twisted.interfaces.gma import IConsumer, IDataPlane
from gma_twisted.markup import XMLGate, XMLLimits
from gma_twisted.model import Handle, Language
from gma_twisted.model.event import Event
from gma_twisted.model.passage import markOf
from gma_twisted.nodes.candidates import SubscribingLimits
from gma_twisted.nodes.compoundhosting import derivingOf, offeredOf, wantedOf
from gma_twisted.nodes.compounding import CompoundSink, DerivingSink, SummarisingSink
from gma_twisted.nodes.consuming import (
    ConsumingLimits,
    HostedConsumer,
    sinkingConsumer,
    sinkOf,
    typesOf,
)
from gma_twisted.nodes.directing import HostedDirectory
from gma_twisted.nodes.groundwork import Groundwork
from gma_twisted.nodes.linedoor import LineDoor
from gma_twisted.nodes.lines import HostedLines, TakenLines
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.producing import HostedProducer, ProviderSources
from gma_twisted.nodes.reach import Reach
from gma_twisted.nodes.registering import HostedRegistry
from gma_twisted.nodes.rolefits import isStreamed
from gma_twisted.nodes.sinks import SinkingConsumer, ValueSink
from gma_twisted.nodes.streamed import Streamed
from gma_twisted.nodes.streaming import hostLines, linePlanes
from gma_twisted.nodes.subscribing import Subscriptions
from gma_twisted.processes import ProviderRuntime
from gma_twisted.registration import GrantLimits
from gma_twisted.registration.directory import Directory
from gma_twisted.registration.directorylimits import DirectoryLimits
from gma_twisted.roles.consumer import ConsumerServer
from gma_twisted.roles.consumerpart import ConsumerPart, consumerRole
from gma_twisted.roles.place import SOFTWARE, RoleLimits, RolePlace
from gma_twisted.roles.producer import PublishingProducer
from gma_twisted.roles.producerpart import producerRole
from gma_twisted.roles.registrypart import registryRole
from gma_twisted.soap.porttypes.gma import CONSUMER
from gma_twisted.stores.journal import Worker
from gma_twisted.streams.lineplane import LinePlane
from gma_twisted.timing import NodeClock, Ready
from gma_twisted.transport import Exchange

__all__ = ["RoleHosting"]

_TIMEOUT = 30.0
_EVERY = "*"


@attrs.frozen(slots=True, eq=False)
class RoleHosting:
    """
    Makes them; nothing is started.

    @ivar plan: of the node
    @ivar clock: the node's
    @ivar runtime: for classes that ask for it
    @ivar reach: to other nodes
    @ivar instanceId: of this life of the node
    @ivar workerOf: makes, of a name, what blocks elsewhere than in the reactor
    @ivar exchange: knows who may do what
    @ivar lines: where lines come to the consumers that were made
    @ivar consumers: those, which may be subscribed to something
    @ivar linePlanes: the ways of lines from the producers that were made
    """

    plan: Plan
    clock: NodeClock
    runtime: ProviderRuntime
    reach: Reach
    instanceId: str
    workerOf: Callable[[str], Worker]
    exchange: Exchange
    lines: list[HostedLines] = attrs.field(factory=list, init=False)
    consumers: list[HostedConsumer] = attrs.field(factory=list, init=False)
    linePlanes: list[LinePlane] = attrs.field(factory=list, init=False)

    def producer(self, main: Groundwork, manager: ProviderManager) -> HostedProducer:
        """
        The producer at a service.

        @param main: the service
        @param manager: of the providers whose data is published
        @raise GMAError: the operator's class cannot be made
        """
        plan, clock = self.plan, self.clock
        section = plan.producer
        engine = self.engine()
        if plan.server is None:
            server: Any = PublishingProducer()
            server.eventTypes = (Event(_EVERY, 0),)
        else:
            server = plan.server.server(self.runtime)
        if section.eventTypes:
            server.eventTypes = typesOf(section.eventTypes)
        sources = ProviderSources(main.store, manager, engine)
        bridge = ServiceDataEvents(
            main.store,
            clock,
            self._gate(),
            engine.publish,
            section.names,
            sourceOf=sources.sourceOf,
            without=main.standardNames,
        )
        demand = manager.demand
        part = producerRole(
            server,
            engine,
            self._place(main),
            self._connect,
            self._limits(section),
            None if demand is None else Sensing(demand, bridge.isWanted, bridge.published),
        )
        return HostedProducer(engine, part, bridge, sources)

    def engine(self, archive: IEventArchive | None = None) -> EventEngine:
        """What has the events of a producer. @param archive: keeps them on the disk"""
        limits = EngineLimits(**self.plan.limits.of("events"))
        return EventEngine(self.clock, self.planes(), random.random, limits, archive=archive)

    def deriver(self, main: Groundwork, nodeId: str) -> tuple[HostedProducer, CompoundSink]:
        """
        The producer of a compound node, and where the events of its consumer go.

        @param main: the producer's service
        @param nodeId: of the node
        """
        plan = self.plan
        engine, sink = derivingOf(plan, self.clock, markOf(nodeId), self.engine, self.workerOf)
        server = PublishingProducer()
        server.eventTypes = offeredOf(plan)
        limits = self._limits(plan.producer)
        part = producerRole(server, engine, self._place(main), self._connect, limits)
        return HostedProducer(engine, part), sink

    def taker(self, ground: Groundwork, sink: CompoundSink) -> HostedConsumer:
        """
        The consumer of a compound node.

        @param ground: its service
        @param sink: of the same node
        """
        section = self.plan.consumer
        # That it wants some events more than others closes it to nobody.
        isOpen = not section.eventTypes if section.isOpen is None else section.isOpen
        server = SinkingConsumer(sink, wantedOf(self.plan), self.clock, isOpen)
        part = self._consumerPart(server, self._place(ground))
        return HostedConsumer(part, sink, section.isOpen is None, self._consuming)

    def consumer(self, main: Groundwork) -> HostedConsumer:
        """
        The consumer at a service.

        @param main: the service
        @raise GMAError: the operator's class cannot be made
        """
        plan = self.plan
        section = plan.consumer
        sink = None
        if plan.server is None:
            sink = sinkOf(section, self.reach, self.workerOf)
            server: Any = sinkingConsumer(section, sink, self.clock)
        else:
            server = plan.server.server(self.runtime)
            if section.eventTypes:
                server.eventTypes = typesOf(section.eventTypes)
            if section.isOpen is not None:
                server.isOpen = section.isOpen
        part = self._consumerPart(server, self._place(main))
        mayNarrow = sink is not None and section.isOpen is None
        return HostedConsumer(part, sink, mayNarrow, self._consuming)

    def keeper(self, ground: Groundwork, main: Groundwork) -> HostedConsumer:
        """
        A consumer at a service whose events are service data of another.

        @param ground: the consumer's service
        @param main: whose service data they are
        """
        section, limits = self.plan.consumer, self.plan.limits
        values = EventValues(
            main.store,
            self.clock,
            self._gate(),
            main.handle.url,
            section.good,
            section.grace,
            EventValueLimits(**limits.of("eventvalues")),
            limits.storeElementSize,
            limits.storeBatch,
        )
        sink = ValueSink(values)
        server = sinkingConsumer(section, sink, self.clock)
        part = self._consumerPart(server, self._place(ground))
        return HostedConsumer(part, sink, section.isOpen is None, self._consuming)

    def subscriptions(self, main: Groundwork, consumer: HostedConsumer) -> Subscriptions:
        """What the operator has a consumer subscribe to. @param main: the service of the consumer"""
        lines = hostLines(
            self.plan,
            self.clock,
            self.reach.lines,
            self._gate(),
            self.exchange,
            consumer,
            main.handle,
        )
        self.consumers.append(consumer)
        if lines is not None:
            self.lines.append(lines)
            streamed = lines.streamed
        else:
            # Lines may have come in another life of the node.
            door = LineDoor(self.exchange, main.handle.path, (), self.clock)
            streamed = Streamed(TakenLines(consumer, door), None)

        def expect(callerId: int, isWanted: bool) -> None:
            consumer.expect(callerId, isWanted)
            if not isWanted:
                streamed.forget(callerId)

        def renumber(old: int, new: int) -> None:
            consumer.renumber(old, new)
            streamed.renumber(old, new)

        def way(name: str, url: str, caller: ICaller, section: SubscribeSection) -> Way | None:
            if not isStreamed(self.plan.kind, section):
                return streamed.messages(name, url)
            return streamed.way(name, url, caller, section)

        made = Subscriptions(
            self.clock,
            main.handle.url,
            self.reach.trusted,
            self.reach.guarded,
            self.reach.named,
            expect,
            renumber,
            began=consumer.narrow,
            limits=SubscribingLimits(**self.plan.limits.of("subscribing")),
            own=main.handle.url.removesuffix(main.handle.path) + self.plan.kind.path,
            way=way,
        )
        if lines is not None:
            lines.lost.ask = made.doubt
        consumer.hear(made.told)
        if isinstance(consumer.sink, ValueSink | DerivingSink | SummarisingSink):
            consumer.sink.originOf = made.originOf
        for name, section in self.plan.subscribe.items():
            made.add(name, section)
        return made

    def directory(
        self, ground: Groundwork, main: Groundwork, registry: HostedRegistry
    ) -> HostedDirectory:
        """
        The directory at a service: the entries of a registry, or what a class of the operator's keeps.

        @param ground: the service
        @param main: the registry's
        @param registry: whose entries it shows
        @raise GMAError: the operator's class cannot be made
        """
        plan = self.plan
        section = plan.directory
        if plan.server is not None:
            server = plan.server.server(self.runtime)
            return HostedDirectory(registryRole(server, self._place(ground), self._limits(section)))
        grants = GrantLimits(section.minLifetime, section.defaultLifetime, section.maxLifetime)
        return HostedDirectory(
            Directory(
                registry.catalogue,
                self.plane(),
                random.random,
                self.instanceId,
                SOFTWARE,
                _asking(main),
                DirectoryLimits(**plan.limits.of("directory")),
                grants,
            )
        )

    def planes(self) -> Sequence[IDataPlane]:
        """The ways of events to who asks for them."""
        lines = linePlanes(self.plan, self.clock, self.reach, self.workerOf)
        self.linePlanes.extend(lines)
        return [self.plane(), *lines]

    def plane(self) -> NotifyPlane:
        """The way of events to consumers over HTTP."""
        limits = self.plan.limits
        return NotifyPlane(
            self.reach.sinks,
            self.reach.check,
            self.reach.admit,
            self._gate(),
            self.clock,
            random.random,
            PlaneLimits(**limits.of("eventplane")),
            pin=self.reach.pins.pin,
        )

    def _consumerPart(self, server: ConsumerServer, place: RolePlace) -> ConsumerPart:
        section = self.plan.consumer
        schemes = ("http", *dict.fromkeys(one.scheme for one in section.listen))
        return consumerRole(server, place, schemes=schemes, limits=self._limits(section))

    @property
    def _consuming(self) -> ConsumingLimits:
        return ConsumingLimits(**self.plan.limits.of("consuming"))

    def _place(self, main: Groundwork) -> RolePlace:
        return RolePlace(main.handle.url, self.instanceId, self.clock)

    def _limits(self, section: ProducerSection | ConsumerSection | DirectorySection) -> RoleLimits:
        return RoleLimits(
            least=section.minLifetime,
            usual=section.defaultLifetime,
            most=section.maxLifetime,
            **self.plan.limits.of("roles"),
        )

    def _gate(self) -> XMLGate:
        return XMLGate(XMLLimits(**self.plan.limits.of("xml")))

    def _connect(self, url: str) -> Awaitable[IConsumer]:
        """A consumer that a peer or a program named, as far as the connect guard lets it be called."""
        self.reach.check(url)
        proxy: Any = Proxy([CONSUMER], Handle.parse(url), self.reach.guarded, _TIMEOUT)
        return Ready(proxy)


def _asking(main: Groundwork) -> ICallerQueries | None:
    """What answers XPath over the service data of a service; C{None} where nothing does."""
    for one in main.questions.answering:
        if one.language is Language.XPATH:
            return one
    return None
