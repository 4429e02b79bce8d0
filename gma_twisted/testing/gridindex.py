"""Nodes of a L{MemoryGrid <gma_twisted.testing.grid.MemoryGrid>} that have data, tell who subscribes, and copy others'.

A chain of three, its source killed::

    grid = MemoryGrid(0.1)
    site = GridIndex(grid, "site", [HOST])
    region = GridIndex(grid, "region", [HOST]).follow(site)
    world = GridIndex(grid, "world", [HOST]).follow(region)
    for node in (site, region, world):
        node.start()
    site.say('<Host xmlns="urn:glue">busy</Host>', good=30.0, grace=15.0)
    grid.advance(5.0)
    assert world.contents() == site.contents()
    site.kill()
    grid.advance(45.0)
    assert not world.contents()
"""

from collections.abc import Awaitable, Mapping, Sequence
from random import Random
from typing import Any, Self

import attrs
from zope.interface import implementer

from gma_twisted.aggregation import AggregateSource, Aggregator, Intake
from gma_twisted.client import Proxy
from gma_twisted.errors import PeerUnreachable
from gma_twisted.hosting import RowFamily
from gma_twisted.interfaces import ICaller, IServiceDataStore, Reply
from gma_twisted.markup import XMLGate, nameOf, valueFromTree
from gma_twisted.model import (
    Caller,
    ElementKey,
    Handle,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    ServiceDataElement,
    Subscribe,
    Subscription,
    UpstreamMode,
    UpstreamStatus,
)
from gma_twisted.nodes.aggregating import HostedAggregation
from gma_twisted.nodes.groundwork import Groundwork
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.identity import NODE_NAME, NodeIdentity
from gma_twisted.nodes.notifying import HostedNotification
from gma_twisted.notify import NoticeWriter, Notifier
from gma_twisted.notify.deliverer import Deliverer
from gma_twisted.notify.rows import Subscriptions
from gma_twisted.notify.source import NotificationSource
from gma_twisted.queries import NameQueryLimits, RowQueries
from gma_twisted.security import SinkPins
from gma_twisted.soap import PortType
from gma_twisted.soap.porttypes import (
    AGGREGATOR,
    DATA_AGGREGATION,
    GRID_SERVICE,
    NOTIFICATION_SOURCE,
    NOTIFICATION_SUBSCRIPTION,
)
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.few import FewValues
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.testing.grid import GridNode, MemoryGrid
from gma_twisted.timing import Ready, Tombstones
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.limits import SINK_LIMITS

__all__ = ["Content", "GridIndex", "GridLife"]

_PATH = "/services/index"
_PORT_TYPES: Sequence[PortType] = (
    GRID_SERVICE,
    NOTIFICATION_SOURCE,
    AGGREGATOR,
    DATA_AGGREGATION,
)

Content = tuple[QName, str, str, bytes]
"""What a value says, wherever it is: name, originator, key, and the value without its lifetime."""


@implementer(ICaller)
@attrs.define(slots=True, eq=False)
class _Line:
    """The calls of one life: a dead node sends nothing."""

    caller: ICaller
    isCut: bool = False

    async def call(self, handle: Handle, envelope: bytes, soapAction: str, timeout: float) -> Reply:
        if self.isCut:
            raise PeerUnreachable(f"{handle} is called by a node that was killed")
        return await self.caller.call(handle, envelope, soapAction, timeout)

    def close(self) -> Awaitable[None]:
        return self.caller.close()


@attrs.frozen(slots=True, eq=False)
class GridLife:
    """
    What a L{GridIndex} is made of, from a start to the end of that life.

    @ivar node: exchange, Gate and caller
    @ivar store: its service data
    @ivar subscriptions: to it
    @ivar notifier: tells them
    @ivar intake: takes what comes from others
    @ivar aggregator: follows others
    """

    node: GridNode
    store: IServiceDataStore
    subscriptions: SubscriptionStore
    notifier: Notifier
    intake: Intake
    aggregator: Aggregator
    _service: HostedService
    _deliverer: Deliverer
    _lines: Sequence[_Line]

    async def start(self, kept: Sequence[Subscription]) -> None:
        """Begin. @param kept: subscriptions of the life before"""
        await self.subscriptions.start()
        await self.subscriptions.commit([Subscribe(one) for one in kept])
        await self._service.start()

    async def stop(self) -> None:
        """Say goodbye, and end."""
        await self._service.stop()
        await self._deliverer.stop()
        for line in self._lines:
            await line.close()

    def cut(self) -> None:
        """Nobody is called any more."""
        for line in self._lines:
            line.isCut = True


class GridIndex:
    """
    A node with one service, C{/services/index}: GridService, NotificationSource and Aggregator over one store.

    It is down until L{start}. L{kill} ends it as kill -9 does; it may be started again, as another instance, in a
    higher epoch, with an empty store. Its random numbers are the same in every run, so what happens is too.

    @ivar grid: it is in
    @ivar name: its host name, and its node id: what paths are made of
    @ivar handle: of the service, the originator of its own values
    @ivar epoch: number of its life, 0 before the first
    """

    def __init__(
        self, grid: MemoryGrid, name: str, names: Sequence[QName] = (), ahead: float = 0.0
    ) -> None:
        """
        @param names: service data it knows before there is any, so that it can be subscribed to from the beginning
        @param ahead: seconds its wall clock is wrong by
        """
        self.grid = grid
        self.name = name
        self.handle = Handle(f"http://{name}:8480{_PATH}")
        self.epoch = 0
        self._names = tuple(names)
        self._ahead = ahead
        self._sources: list[AggregateSource] = []
        self._gate = XMLGate()
        self._life: GridLife | None = None
        self._kept: Sequence[Subscription] = ()

    @property
    def life(self) -> GridLife:
        """What it is made of now. @raise AssertionError: it is down"""
        assert self._life is not None, f"{self.name} is down"
        return self._life

    def follow(
        self,
        source: "GridIndex",
        names: Sequence[QName] = (),
        mode: UpstreamMode = UpstreamMode.SUBSCRIBE,
        interval: float = 10.0,
        lifetime: float = 600.0,
    ) -> Self:
        """
        Copy another node's data in every life that begins from now on, as C{[aggregate.NAME]} does.

        @param names: what is copied; what this one knows by default
        @param interval: seconds, see L{AggregateSource}
        @param lifetime: seconds, likewise
        @return: itself
        """
        self._sources.append(
            AggregateSource(
                source.handle, tuple(names or self._names), source.name, mode, lifetime, interval
            )
        )
        return self

    # -- lives

    def start(self, isKeeping: bool = False) -> None:
        """
        Begin to live: listen, copy, answer.

        @param isKeeping: whether the subscriptions to it in its last life are there again
        """
        assert self._life is None, f"{self.name} is up"
        self.epoch += 1
        life = self._begun()
        now = self.grid.clock.seconds()
        kept = [one for one in self._kept if isKeeping and one.until > now]
        self._life = life
        self.grid.result(life.start(kept))

    def kill(self) -> None:
        """End at once, as by kill -9: connections are lost, nobody hears of it."""
        life = self._ended()
        life.cut()
        self.grid.network.silence(self.name)
        self.grid.result(life.stop())

    def stop(self) -> None:
        """End in good order: what it follows is told, a bounded time is taken."""
        life = self._ended()
        self.grid.result(life.stop())
        self.grid.network.silence(self.name)

    def _ended(self) -> GridLife:
        life = self.life
        self._kept = life.subscriptions.all()
        self._life = None
        return life

    # -- data

    def say(self, document: str, key: str = "", good: float = 30.0, grace: float = 15.0) -> None:
        """
        Have a value of its own. The same again only holds for longer.

        @param document: the value
        @param good: seconds it is good; C{inf} for ever
        @param grace: seconds it is readable after that
        @raise PeerError, ParameterError: it is no XML, or no value
        """
        clock, store = self.life.node.clock, self.life.store
        root = self._gate.parse(document.encode())
        identity = ElementKey(nameOf(root), self.handle.url, key)
        lifetime = Lifetime.lasting(clock.seconds(), good, grace)
        element = valueFromTree(root, identity, lifetime, clock.wallTime())
        self.grid.result(store.commit([Put(element)]))

    def unsay(self, name: QName, key: str = "") -> None:
        """Have it no more."""
        identity = ElementKey(name, self.handle.url, key)
        self.grid.result(self.life.store.commit([Remove(identity)]))

    def elements(self, *names: QName) -> Sequence[ServiceDataElement]:
        """The values it has, its own and others'. @param names: of what; of all it knows beforehand by default"""
        store = self.life.store
        found = set(names or self._names) & set(store.names())
        if not found:
            return ()
        return store.find(NameQuery(tuple(NameSelector(name) for name in sorted(found)))).elements

    def contents(self, *names: QName) -> frozenset[Content]:
        """What these values say, to be compared between nodes."""
        return frozenset(
            (one.key.name, one.key.originator, one.key.key, one.content)
            for one in self.elements(*names)
        )

    def upstream(self) -> Mapping[str, UpstreamStatus]:
        """Where it stands with each node it follows, by that node's name."""
        listed = self.grid.result(self.life.aggregator.listSubscriptions())
        return {one.subscriptionId: one for one in listed}

    # -- what it is made of

    def _begun(self) -> GridLife:
        # Another life makes other ids: whoever knows one of a life before finds nobody.
        random = Random(f"{self.name} {self.epoch}")
        node = self.grid.addNode(self.name, ahead=self._ahead)
        clock = node.clock
        line = _Line(node.caller)
        sinkLine = _Line(PooledCaller(clock, self.grid.connector(self.name), SINK_LIMITS))
        deliverer = Deliverer(sinkLine, clock, random.random)
        main = Groundwork(self.handle, _PORT_TYPES, MemoryStore(clock), clock, NameQueryLimits())
        notification = self._notification(node, main.store, deliverer, random)
        intake = Intake(main.store, clock, self.name, node.url)
        aggregator = self._aggregator(node, intake, line, random)
        aggregation = HostedAggregation(node.exchange, intake, aggregator)
        identity = NodeIdentity(self.name, f"{self.name} {self.epoch}", self.name, "index", "0")
        service = main.hosted(
            node.exchange,
            [*notification.roles, *aggregation.roles],
            [aggregation, notification],
            [NODE_NAME, *self._names],
            [identity.element(self.handle.url, clock)],
            [notification.family, aggregation.sinks],
        )
        return GridLife(
            node,
            main.store,
            notification.store,
            notification.notifier,
            intake,
            aggregator,
            service,
            deliverer,
            [line, sinkLine],
        )

    def _notification(
        self, node: GridNode, store: IServiceDataStore, deliverer: Deliverer, random: Random
    ) -> HostedNotification:
        clock = node.clock
        subscriptions = SubscriptionStore(clock)
        source = NotificationSource(
            store, subscriptions, clock, self.handle, random.randbytes, _admit
        )
        notifier = Notifier(
            store,
            subscriptions,
            deliverer,
            clock,
            source.handleOf,
            self.epoch,
            NoticeWriter(store, clock),
        )
        tombstones: Tombstones[bool] = Tombstones(clock)
        family = RowFamily(
            source.below,
            (NOTIFICATION_SUBSCRIPTION,),
            Subscriptions(source, tombstones, deliverer.heardOf),
            RowQueries(clock, FewValues(clock).select),
            clock,
        )
        return HostedNotification(
            node.exchange,
            subscriptions,
            source,
            notifier,
            family,
            SinkPins(),
            lambda: Ready(None),
        )

    def _aggregator(
        self, node: GridNode, intake: Intake, line: _Line, random: Random
    ) -> Aggregator:
        def connect(handle: Handle, portTypes: Sequence[PortType], isTrusted: bool) -> Any:
            return Proxy(portTypes, handle, line)

        aggregator = Aggregator(
            intake,
            connect,
            _allow,
            node.clock,
            self.handle,
            random.randbytes,
            random.random,
        )
        for source in self._sources:
            aggregator.add(source)
        return aggregator


async def _admit(sink: Handle, caller: Caller) -> str:
    """Notices may go anywhere in a grid."""
    return ""


def _allow(url: str) -> None:
    """So may calls."""
