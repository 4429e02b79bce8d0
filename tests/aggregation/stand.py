"""What comes from elsewhere, made by hand; and nodes that tell each other, on one clock, with real notices."""

from collections.abc import Awaitable, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.aggregation import Inflow, Intake
from gma_twisted.errors import PeerUnreachable
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.markup import ReceivedValue, XMLGate
from gma_twisted.model import (
    Changes,
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
    Topic,
    Unsubscribe,
)
from gma_twisted.notify import NoticeWriter, Notifier
from gma_twisted.notify.deliverer import Deliverer
from gma_twisted.soap import openEnvelope
from gma_twisted.soap.notices import (
    ReceivedExtension,
    ReceivedNotice,
    readDelivery,
    readNotice,
)
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.timing import NodeClock, Ready, toDeferred

__all__ = [
    "HOST",
    "SOURCE",
    "WALL",
    "Grid",
    "IntakeCase",
    "Node",
    "changes",
    "key",
    "value",
    "whole",
]

HOST = QName("urn:t", "Host")
SOURCE = "http://source:8480/services/index"
WALL = 1_700_000_000.0


def key(text: str = "", originator: str = SOURCE, name: QName = HOST) -> ElementKey:
    """Identity of a value."""
    return ElementKey(name, originator, text)


def value(
    text: str = "",
    content: str = "1",
    *,
    good: float | None = None,
    available: float | None = None,
    began: float | None = None,
    originator: str = SOURCE,
    created: float | None = None,
    sequence: int = 0,
    path: tuple[str, ...] = (),
    name: QName = HOST,
) -> ReceivedValue:
    """A value as it comes. @param good, available, began: wall times"""
    return ReceivedValue(
        name,
        b'<t:Host xmlns:t="urn:t"',
        f">{content}</t:Host>".encode(),
        began,
        good,
        available,
        originator,
        text,
        created,
        path,
        sequence,
    )


def changes(
    *put: ReceivedValue,
    extend: Sequence[tuple[str, float | None, float | None]] = (),
    remove: Sequence[str] = (),
    isEnd: bool = False,
) -> ReceivedNotice:
    """A notice of changes. @param extend: key and ends, wall times"""
    extensions = [ReceivedExtension(key(text), *ends) for text, *ends in extend]
    return ReceivedNotice(put, extensions, [key(text) for text in remove], False, isEnd)


def whole(*put: ReceivedValue) -> ReceivedNotice:
    """A notice of all values."""
    return ReceivedNotice(put, (), (), True, False)


class IntakeCase(SynchronousTestCase):
    """One intake of node C{me} at C{http://me:8480}, on a clock that stands at 1000."""

    def setUp(self) -> None:
        """Nothing has come."""
        self.time = Clock()
        self.time.advance(1000.0)
        self.clock = NodeClock(self.time, lambda: WALL + self.time.seconds())
        self.store = MemoryStore(self.clock)
        self.successResultOf(toDeferred(self.store.start()))
        self.told: list[Changes] = []
        self.store.observe(self.told.append)
        self.intake = self.makeIntake()
        self.inflow = self.open()

    def makeIntake(self, **settings: Any) -> Intake:
        """Another intake of the same store."""
        return Intake(
            self.store,
            self.clock,
            "me",
            "http://me:8480/",
            **settings,
        )

    def open(self, source: str = SOURCE, *names: QName) -> Inflow:
        """An inflow of HOST, or of these names."""
        return self.intake.open(Handle(source), names or (HOST,))

    def apply(
        self,
        notice: ReceivedNotice,
        sent: float | None = WALL,
        isSnapshot: bool = False,
        inflow: Inflow | None = None,
    ) -> None:
        """Apply what is applied at once."""
        done = toDeferred((inflow or self.inflow).apply(notice, sent, isSnapshot))
        self.successResultOf(done)

    def present(self, text: str = "") -> ServiceDataElement:
        """The value of a key."""
        element = self.store.get(key(text))
        assert element is not None
        return element

    def elements(self) -> Sequence[ServiceDataElement]:
        """Every value of HOST there is."""
        if HOST not in self.store.names():
            return ()
        return self.store.find(NameQuery((NameSelector(HOST),))).elements

    def contents(self) -> dict[str, str]:
        """What they say, by key."""
        return {one.key.key: one.tail[1:-9].decode() for one in self.elements()}


@attrs.define(eq=False)
class _Link:
    inflow: Inflow
    source: "Node"
    target: "Node"
    latency: float
    number: int = 0
    epoch: int = 0
    isDown: bool = False

    @property
    def id(self) -> str:
        return f"{self.target.name}-{self.number}"


@implementer(ICaller)
class Grid:
    """
    Nodes and the way between them. A link is a session as simple as can be: it subscribes, applies what comes, and
    subscribes again when something was missed.

    @ivar time: of all of them
    @ivar notices: how many arrived
    @ivar octets: of all that arrived
    @ivar puts: how many values were in them
    @ivar snapshots: how often a link began to hear
    """

    def __init__(self) -> None:
        self.time = Clock()
        self.nodes: dict[str, Node] = {}
        self.links: dict[str, _Link] = {}
        self.notices = 0
        self.octets = 0
        self.puts = 0
        self.snapshots = 0

    def node(self, name: str, ahead: float = 0.0) -> "Node":
        """Another node. @param ahead: seconds its wall clock is wrong by"""
        node = self.nodes[name] = Node(self, name, ahead)
        return node

    def link(self, source: "Node", target: "Node", latency: float = 0.0) -> "_Link":
        """Let a node aggregate another one."""
        link = _Link(target.intake.open(source.handle, [HOST]), source, target, latency)
        self.links[f"http://{target.name}:1/{source.name}"] = link
        self.subscribe(link)
        return link

    def subscribe(self, link: _Link) -> None:
        """Begin to hear, from a snapshot on."""
        link.number += 1
        link.inflow.beginAnew()
        self.snapshots += 1
        _now(
            link.source.subscriptions.commit(
                [
                    Subscribe(
                        Subscription(
                            link.id,
                            Topic((NameSelector(HOST),), True),
                            Handle(f"http://{link.target.name}:1/{link.source.name}"),
                            "tester",
                            WALL,
                            float("inf"),
                            wantsSnapshot=True,
                        )
                    )
                ]
            )
        )

    def again(self, link: _Link) -> None:
        """Something was missed."""
        _now(link.source.subscriptions.commit([Unsubscribe(link.id)]))
        self.subscribe(link)

    async def call(self, handle: Handle, envelope: bytes, soapAction: str, timeout: float) -> Reply:
        """See L{ICaller}."""
        link = self.links[handle.url]
        await self._wait(link.latency)
        if link.isDown:
            raise PeerUnreachable("partition")
        status = await self._arrived(link, envelope)
        await self._wait(link.latency)
        return Reply(status, b"")

    def close(self) -> Awaitable[None]:
        """See L{ICaller}."""
        return Ready(None)

    async def _arrived(self, link: _Link, envelope: bytes) -> int:
        self.notices += 1
        self.octets += len(envelope)
        opened = openEnvelope(XMLGate().parse(envelope))
        assert opened.header is not None
        delivery = readDelivery(opened.header)
        assert delivery is not None
        if not delivery.subscription.endswith(f"/{link.id}"):
            return 410
        notice = readNotice(opened.content[0][0])
        self.puts += len(notice.put)
        await link.inflow.apply(notice, delivery.sent, delivery.isSnapshot)
        if link.inflow.isIncomplete:
            self.again(link)
        return 202

    def _wait(self, seconds: float) -> Awaitable[None]:
        waiting: Deferred[None] = Deferred()
        self.time.callLater(seconds, waiting.callback, None)
        return waiting

    def advance(self, seconds: float) -> None:
        """Let time pass, from one timer to the next."""
        end = self.time.seconds() + seconds
        while True:
            due = min((call.getTime() for call in self.time.getDelayedCalls()), default=end + 1)
            if due > end:
                break
            self.time.advance(max(0.0, due - self.time.seconds()))
        self.time.advance(end - self.time.seconds())

    def stop(self) -> None:
        """End: nothing is on its way any more."""
        for node in self.nodes.values():
            node.notifier.stop()
            _now(node.deliverer.stop())
        self.advance(2.0 * max((link.latency for link in self.links.values()), default=0.0))

    def holders(self, which: ElementKey) -> list[str]:
        """The nodes that have a value."""
        return [name for name, node in self.nodes.items() if node.store.get(which) is not None]


class Node:
    """One node of a L{Grid}: a store that is told onward, and an intake."""

    def __init__(self, grid: Grid, name: str, ahead: float) -> None:
        """@param ahead: seconds its wall clock is wrong by"""
        self.name = name
        self.handle = Handle(f"http://{name}:8480/services/index")
        self.clock = NodeClock(grid.time, lambda: WALL + ahead + grid.time.seconds())
        self.store = MemoryStore(self.clock)
        self.subscriptions = SubscriptionStore(self.clock)
        for one in (self.store, self.subscriptions):
            _now(one.start())
        self.intake = Intake(self.store, self.clock, name, f"http://{name}:8480")
        self.deliverer = Deliverer(grid, self.clock, lambda: 0.5)
        self.notifier = Notifier(
            self.store,
            self.subscriptions,
            self.deliverer,
            self.clock,
            lambda id: Handle(f"{self.handle.url}/subscriptions/{id}"),
            1,
            NoticeWriter(self.store, self.clock),
        )
        self.notifier.start()

    def key(self, text: str = "") -> ElementKey:
        """Identity of an own value."""
        return key(text, self.handle.url)

    def put(
        self, text: str = "", content: str = "1", good: float = 10.0, grace: float = 5.0
    ) -> None:
        """Say something; the same again only holds longer."""
        now = self.clock.seconds()
        _now(
            self.store.commit(
                [
                    Put(
                        ServiceDataElement(
                            self.key(text),
                            b'<t:Host xmlns:t="urn:t"',
                            f">{content}</t:Host>".encode(),
                            Lifetime.lasting(now, good, grace),
                            self.clock.wallTime(),
                        )
                    )
                ]
            )
        )

    def remove(self, text: str = "") -> None:
        """Take it back."""
        _now(self.store.commit([Remove(self.key(text))]))


def _now(awaitable: Awaitable[object]) -> None:
    outcome: list[object] = []
    done = toDeferred(awaitable).addBoth(outcome.append)
    assert done.called and not isinstance(outcome[0], Failure), outcome
