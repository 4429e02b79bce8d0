"""An aggregator and the node it copies, each with all that sends and takes notices, in memory on one clock."""

from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import Any

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.aggregation import AggregateSource, Aggregator, Intake
from gma_twisted.client import Proxy
from gma_twisted.errors import PeerUnreachable
from gma_twisted.hosting import RowFamily
from gma_twisted.interfaces import ICaller, Reply, Request
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.markup.namespaces import GMA, ogsi
from gma_twisted.model import (
    Caller,
    ElementKey,
    Handle,
    Lifetime,
    Put,
    QName,
    Remove,
    ServiceDataElement,
    UpstreamState,
)
from gma_twisted.notify import NoticeWriter, Notifier
from gma_twisted.notify.deliverer import Deliverer
from gma_twisted.notify.rows import Subscriptions
from gma_twisted.notify.source import NotificationSource, SubscriptionGrants
from gma_twisted.queries import NameQueries, RowQueries
from gma_twisted.roles import CompositeRole, PermanentService
from gma_twisted.security import AllowAll, Anonymous, NoAudit
from gma_twisted.soap import PortType
from gma_twisted.soap.porttypes import (
    GRID_SERVICE,
    NOTIFICATION_SOURCE,
    NOTIFICATION_SUBSCRIPTION,
)
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.stores.few import FewValues
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.timing import NodeClock, Tombstones, spawn, toDeferred
from gma_twisted.transport import Exchange, Service

HOST = QName("urn:t", "Host")
WALL = 1_700_000_000.0
NO_LIMITS = StoreLimits()
NO_GRANTS = SubscriptionGrants()


@implementer(ICaller)
@attrs.define(eq=False)
class Wire:
    """
    From any node to any other.

    @ivar exchanges: of the nodes that are up, by host
    @ivar notices: how many were accepted
    @ivar calls: how many were made, by operation
    """

    exchanges: dict[str, Exchange] = attrs.field(factory=dict)
    notices: int = 0
    calls: Counter[str] = attrs.field(factory=Counter)

    async def call(self, handle: Handle, envelope: bytes, soapAction: str, timeout: float) -> Reply:
        """See L{ICaller}."""
        self.calls[soapAction.rpartition("#")[2]] += 1
        exchange = self.exchanges.get(handle.url.split("/")[2])
        if exchange is None:
            raise PeerUnreachable(f"no connection to {handle}")
        reply = await exchange.receive(
            Request(handle.path, soapAction, False, envelope, handle.url.split("/")[2])
        )
        self.notices += reply.status == 202
        return reply

    async def close(self) -> None:
        """See L{ICaller}."""


@implementer(ICaller)
class Node:
    """One service with its data, its subscribers and its sources, in one of its lives."""

    lives = 0

    def __init__(
        self,
        wire: Wire,
        time: Clock,
        name: str,
        ahead: float = 0.0,
        limits: StoreLimits = NO_LIMITS,
        grants: SubscriptionGrants = NO_GRANTS,
        mostValues: int = 1_000_000,
        noticeValues: int = 250,
    ) -> None:
        """
        @param ahead: seconds its wall clock is wrong by
        @param limits: of its store
        @param grants: to subscribers
        @param mostValues: that one source may offer
        @param noticeValues: most of one notice it sends, of 4 KiB each
        """
        Node.lives += 1
        self.wire, self.time, self.name, self.epoch = wire, time, name, Node.lives
        self.clock = NodeClock(time, lambda: WALL + ahead + time.seconds())
        self.handle = Handle(f"http://{name}/services/index")
        self.store = MemoryStore(self.clock, limits)
        self.grants, self.noticeValues = grants, noticeValues
        self.subscriptions = SubscriptionStore(self.clock)
        self.intake = Intake(self.store, self.clock, name, f"http://{name}/", mostValues=mostValues)
        self.aggregator = Aggregator(
            self.intake,
            self.connect,
            lambda url: None,
            self.clock,
            self.handle,
            self.randomBytes,
            lambda: 0.5,
        )
        self.ids = 0
        self.isDead = False

    def randomBytes(self, count: int) -> bytes:
        """Bytes that come once in all lives."""
        self.ids += 1
        return (self.epoch * 1000 + self.ids).to_bytes(count, "big")

    def connect(self, handle: Handle, portTypes: Sequence[PortType], isTrusted: bool) -> Any:
        """Make a proxy."""
        return Proxy(portTypes, handle, self)

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """See L{ICaller}; nobody hears of who is dead."""
        return (Wire() if self.isDead else self.wire).call(handle, envelope, soapAction, timeout)

    async def close(self) -> None:
        """See L{ICaller}."""

    async def start(self) -> None:
        """Begin all of it."""
        source = NotificationSource(
            self.store,
            self.subscriptions,
            self.clock,
            self.handle,
            self.randomBytes,
            self.admit,
            self.grants,
        )
        exchange = Exchange(
            self.clock,
            AllowAll(),
            Anonymous(),
            NoAudit(),
            DEFAULT_LIMITS,
            messageSize=DEFAULT_LIMITS.size,
        )
        self.deliverer = Deliverer(self, self.clock, lambda: 0.5)
        notifier = Notifier(
            self.store,
            self.subscriptions,
            self.deliverer,
            self.clock,
            source.handleOf,
            self.epoch,
            NoticeWriter(self.store, self.clock, self.noticeValues, self.noticeValues * 4096),
        )
        await self.store.start()
        await self.subscriptions.start()
        notifier.start()
        role = CompositeRole([PermanentService([NameQueries(self.store, self.clock)]), source])
        exchange.publish(
            Service(self.handle.path, self.handle, role, (GRID_SERVICE, NOTIFICATION_SOURCE))
        )
        tombstones: Tombstones[bool] = Tombstones(self.clock)
        exchange.publishFamily(
            RowFamily(
                self.handle.child("subscriptions"),
                (NOTIFICATION_SUBSCRIPTION,),
                Subscriptions(source, tombstones, self.deliverer.heardOf),
                RowQueries(self.clock, FewValues(self.clock).select),
                self.clock,
            )
        )
        exchange.publishFamily(self.aggregator.sinks)
        await self.say(
            QName(GMA, "node"), f"<gma:instanceId>{self.name}-{self.epoch}</gma:instanceId>"
        )
        await self.say(ogsi("interface"), "ogsi:NotificationSource")
        self.wire.exchanges[self.name] = exchange
        await self.aggregator.start()

    async def admit(self, sink: Handle, caller: Caller) -> str:
        """Notices may go anywhere."""
        return ""

    def kill(self) -> None:
        """Nothing of it answers or sends any more."""
        self.isDead = True
        del self.wire.exchanges[self.name]
        spawn(self.deliverer.stop(), "stopping")
        spawn(self.aggregator.stop(), "stopping")

    def say(
        self, name: QName, content: str, key: str = "", seconds: float | None = None
    ) -> Awaitable[Any]:
        """Put a value of its own. @param seconds: for which it holds; for ever without"""
        return self.store.commit([Put(self.value(name, content, key, seconds))])

    def value(
        self, name: QName, content: str, key: str = "", seconds: float | None = None
    ) -> ServiceDataElement:
        """A value of its own. @param seconds: as in L{say}"""
        prefix = {GMA: "gma", ogsi("x").namespace: "ogsi"}.get(name.namespace, "t")
        now = self.clock.seconds()
        lifetime = Lifetime(now) if seconds is None else Lifetime.lasting(now, seconds, seconds / 2)
        return ServiceDataElement(
            ElementKey(name, self.handle.url, key),
            f'<{prefix}:{name.localName} xmlns:{prefix}="{name.namespace}"'.encode(),
            f">{content}</{prefix}:{name.localName}>".encode(),
            lifetime,
            self.clock.wallTime(),
        )


class TogetherCase(SynchronousTestCase):
    """Node C{b} copies what C{a} says of hosts; C{a}'s clock is an hour late."""

    def setUp(self) -> None:
        """Both run, and C{a} has two hosts."""
        self.time = Clock()
        self.time.advance(1000.0)
        self.wire = Wire()
        self.a = self.begin("a:1", -3600.0)
        self.say("1", "x")
        self.say("2", "y")
        self.b = self.begin("b:1", source=self.a)
        self.advance(1.0)

    def tearDown(self) -> None:
        """Both stop."""
        for node in (self.a, self.b):
            self.successResultOf(toDeferred(node.aggregator.stop()))

    def begin(self, name: str, ahead: float = 0.0, source: Node | None = None) -> Node:
        """Start a node."""
        node = Node(self.wire, self.time, name, ahead)
        if source is not None:
            node.aggregator.add(AggregateSource(source.handle, (HOST,), "upstream"))
        self.successResultOf(toDeferred(node.start()))
        return node

    def say(self, content: str, key: str) -> None:
        """C{a} has a host, for 30 s and 15 s of grace."""
        self.successResultOf(toDeferred(self.a.say(HOST, content, key, 30.0)))

    def advance(self, seconds: float) -> None:
        """Let time pass in steps of 0.1 s."""
        for _ in range(round(seconds * 10)):
            self.time.advance(0.1)

    def state(self, node: Node) -> UpstreamState:
        """Where its session stands."""
        listed = self.successResultOf(toDeferred(node.aggregator.listSubscriptions()))
        return listed[0].state

    def hosts(self, node: Node) -> dict[str, str]:
        """What a node has of C{a}'s hosts."""
        found = {}
        for key in "xyz":
            element = node.store.get(ElementKey(HOST, self.a.handle.url, key))
            if element is not None:
                found[key] = element.tail.decode()[1:-9]
        return found


class TogetherTests(TogetherCase):
    """What happens to both of them, and between them."""

    def test_copied(self) -> None:
        """What there is and what changes is copied at once, with the lifetime that is left."""
        self.assertIs(self.state(self.b), UpstreamState.LIVE)
        self.assertEqual(self.hosts(self.b), {"x": "1", "y": "2"})
        self.say("3", "z")
        remove = Remove(ElementKey(HOST, self.a.handle.url, "x"))
        self.successResultOf(toDeferred(self.a.store.commit([remove])))
        self.advance(0.1)
        self.assertEqual(self.hosts(self.b), {"y": "2", "z": "3"})
        element = self.b.store.get(ElementKey(HOST, self.a.handle.url, "z"))
        assert element is not None
        self.assertAlmostEqual(element.lifetime.availableUntil, 1001.0 + 45.0, 1)
        self.assertEqual(element.path, ("b:1",))

    def test_constant(self) -> None:
        """What stays the same lives ten times its lifetime; the session asks for nothing anew."""
        made = self.wire.notices
        for _ in range(45):
            self.say("1", "x")
            self.say("2", "y")
            self.advance(10.0)
            self.assertEqual(self.hosts(self.b), {"x": "1", "y": "2"})
            self.assertIs(self.state(self.b), UpstreamState.LIVE)
        self.assertLess(self.wire.notices - made, 4 * 45)
        self.assertEqual(len(self.a.subscriptions.all()), 1)

    def test_heartbeat(self) -> None:
        """A source that has nothing to say is live for as long as it lives, and over many leases."""
        self.advance(1500.0)
        self.assertIs(self.state(self.b), UpstreamState.LIVE)
        self.assertEqual(len(self.a.subscriptions.all()), 1)

    def test_death(self) -> None:
        """When the source dies its values stay to the end of their lifetime, and no longer."""
        self.a.kill()
        self.advance(30.0)
        self.assertIs(self.state(self.b), UpstreamState.STALE)
        self.assertEqual(self.hosts(self.b), {"x": "1", "y": "2"})
        self.advance(15.5)
        self.assertEqual(self.hosts(self.b), {})

    def test_restart(self) -> None:
        """A source that starts again, knowing nobody, is followed again within two intervals."""
        self.a.kill()
        self.advance(100.0)
        self.a = self.begin("a:1", -3600.0)
        self.say("9", "x")
        self.advance(20.0)
        self.assertIs(self.state(self.b), UpstreamState.LIVE)
        self.assertEqual(self.hosts(self.b), {"x": "9"})

    def test_partition(self) -> None:
        """What changed while they could not reach each other is there when they can, and what ended is not."""
        cut = self.wire.exchanges.pop("a:1"), self.wire.exchanges.pop("b:1")
        self.advance(20.0)
        self.assertIs(self.state(self.b), UpstreamState.STALE)
        self.say("3", "z")
        self.assertEqual(self.hosts(self.b), {"x": "1", "y": "2"})
        self.wire.exchanges["a:1"], self.wire.exchanges["b:1"] = cut
        self.advance(20.0)
        self.assertIs(self.state(self.b), UpstreamState.LIVE)
        self.assertEqual(self.hosts(self.b), {"x": "1", "y": "2", "z": "3"})
        self.assertEqual(len(self.a.subscriptions.all()), 1)

    def test_receiverRestarts(self) -> None:
        """When the receiver starts again, the source forgets its old sink at the first notice."""
        self.b.kill()
        self.advance(1.0)
        self.b = self.begin("b:1", source=self.a)
        self.advance(1.0)
        self.assertEqual(len(self.a.subscriptions.all()), 2)
        self.say("3", "z")
        self.advance(5.0)
        self.assertEqual(len(self.a.subscriptions.all()), 1)
        self.assertEqual(self.hosts(self.b), self.hosts(self.a))

    def test_goodbye(self) -> None:
        """When the receiver stops, the source has no subscription any more."""
        self.successResultOf(toDeferred(self.b.aggregator.stop()))
        self.assertEqual(list(self.a.subscriptions.all()), [])
