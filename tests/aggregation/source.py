"""A source elsewhere, behind real messages: asked by proxies, and sending notices to the sinks it was given."""

import math
from collections.abc import Awaitable, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.aggregation import Intake
from gma_twisted.aggregation.sinks import Sinks
from gma_twisted.client import Proxy
from gma_twisted.errors import GMAError, PeerUnreachable, TargetInvalid, UnknownId
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.markup import XMLGate, writeValue
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Changes,
    Command,
    Delivery,
    ElementKey,
    Expression,
    Handle,
    Lifetime,
    Locator,
    QName,
    ServiceDataElement,
    TerminationTime,
)
from gma_twisted.queries.expression import readNameQuery
from gma_twisted.soap import PortType, Selection, openEnvelope
from gma_twisted.soap.notices import (
    noticeEnvelope,
    readDelivery,
    writeChanges,
    writeExtension,
    writeWholeValues,
)
from gma_twisted.soap.porttypes import GRID_SERVICE, NOTIFICATION_SINK, NOTIFICATION_SOURCE
from gma_twisted.soap.subscribing import (
    SubscribeExpression,
    readSubscribeExpression,
    writeSubscribeExpression,
)
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, Ready, toDeferred
from tests.client.peer import PeerCaller

__all__ = ["HERE", "HOST", "SOURCE", "WALL", "Net", "SlowStore", "Source", "SourceCase", "value"]

HERE = Handle("http://me:8480/services/index")
SOURCE = Handle("http://source:8480/services/index")
HOST = QName("urn:t", "Host")
WALL = 1_700_000_000.0

_SINK = Selection([NOTIFICATION_SINK])


def value(content: str, key: str = "", until: float = math.inf) -> ServiceDataElement:
    """A value of the source. @param until: instant on the clock at which it ends"""
    return ServiceDataElement(
        ElementKey(HOST, SOURCE.url, key),
        b'<t:Host xmlns:t="urn:t"',
        f">{content}</t:Host>".encode(),
        Lifetime(0.0, until, until),
        WALL,
    )


@attrs.define(slots=True, eq=False)
class Subscribed:
    """What the source knows of a subscription."""

    handle: Handle
    sink: Handle
    asked: SubscribeExpression
    granted: SubscribeExpression
    sequence: int = 0
    epoch: int = 1


@attrs.define(slots=False, eq=False)
class Source:
    """
    A service elsewhere.

    @ivar clock: of the test
    @ivar instance: of its node; empty for other software, which knows no C{gma:}
    @ivar isNotificationSource: whether it takes subscriptions
    @ivar values: what it has
    @ivar granted: seconds each lease gets
    @ivar errors: raised by an operation instead
    @ivar events: what was asked, and when
    @ivar subscriptions: by handle
    @ivar ahead: of its wall clock
    @ivar home: where its subscriptions are
    @ivar pages: limit and cursor of each query
    @ivar made: how many subscriptions it made
    @ivar asked: the end asked for last, wall time
    @ivar leastRepeat: C{maxInterval} it grants at least
    """

    clock: Clock
    instance: str = "life-1"
    isNotificationSource: bool = True
    values: dict[str, ServiceDataElement] = attrs.field(factory=dict)
    granted: float = 600.0
    errors: dict[str, GMAError] = attrs.field(factory=dict)
    events: list[tuple[float, str]] = attrs.field(factory=list)
    subscriptions: dict[str, Subscribed] = attrs.field(factory=dict)
    ahead: float = 0.0
    home: Handle = SOURCE
    pages: list[tuple[int | None, str | None]] = attrs.field(factory=list)
    made: int = 0
    asked: float = 0.0
    leastRepeat: float = 0.0

    def note(self, what: str) -> None:
        """Keep what happened, and fail when it shall."""
        self.events.append((self.clock.seconds(), what))
        if what in self.errors:
            raise self.errors[what]

    def count(self, what: str) -> int:
        """How often something was asked."""
        return sum(event == what for _, event in self.events)

    def wall(self) -> float:
        """Its wall time."""
        return WALL + self.clock.seconds() + self.ahead

    @property
    def last(self) -> Subscribed:
        """The newest subscription."""
        return list(self.subscriptions.values())[-1]

    # -- its operations

    def findServiceData(self, queryExpression: Expression, caller: Caller = OURSELVES) -> bytes:
        """Answer by name."""
        query = queryExpression.read(lambda tree: readNameQuery(tree, 100))
        names = [one.name for one in query.selectors]
        if HOST in names:
            self.note("find")
            self.pages.append((query.limit, query.cursor))
            return self.page(query.limit, query.cursor)
        self.note("identify")
        node = QName(GMA, "node")
        if node in names and not self.instance:
            raise TargetInvalid("gma:node is not known")
        said = b""
        if self.instance:
            said += (
                b"<gma:node><gma:instanceId>%b</gma:instanceId></gma:node>"
                b'<gma:node gma:path="other"><gma:instanceId>life-%d</gma:instanceId></gma:node>'
                % (self.instance.encode(), self.count("identify"))
            )
        interfaces = ["GridService", *["NotificationSource"] * self.isNotificationSource]
        for one in interfaces:
            said += b"<ogsi:interface>ogsi:%b</ogsi:interface>" % one.encode()
        return writeWholeValues([said], self.wall())

    def page(self, limit: int | None, cursor: str | None) -> bytes:
        """A page of the values; the cursor is the number of the first."""
        first = int(cursor or 0)
        every = list(self.values.values())
        last = len(every) if limit is None else first + limit
        message = writeWholeValues(self.written(every[first:last]), self.wall())
        if last < len(every):
            message = message.replace(b" gma:sent", b' gma:cursor="%d" gma:sent' % last, 1)
        if not self.instance:
            message = message.replace(b"gma:sent", b"sent", 1)
        return message

    def written(self, values: Sequence[ServiceDataElement]) -> list[bytes]:
        """Values as they travel."""
        offset = WALL + self.ahead
        return [writeValue(one, self.clock.seconds(), offset) for one in values]

    def subscribe(
        self, subscriptionExpression: Expression, sink: Locator, expirationTime: float
    ) -> tuple[Locator, TerminationTime]:
        """Make a subscription."""
        self.note("subscribe")
        self.made += 1
        handle = self.home.child("subscriptions", str(self.made))
        asked = subscriptionExpression.read(lambda tree: readSubscribeExpression(tree, 100))
        granted = attrs.evolve(asked, maxInterval=max(asked.maxInterval, self.leastRepeat))
        self.subscriptions[handle.url] = Subscribed(handle, sink.handles[0], asked, granted)
        self.asked = expirationTime
        return Locator((handle,)), self.time()

    def time(self) -> TerminationTime:
        """What is granted."""
        end = self.wall() + self.granted
        return TerminationTime(end, end, self.wall())


@attrs.define(eq=False)
class _Subscription:
    """A subscription as a service."""

    source: Source
    handle: Handle

    def known(self) -> None:
        """Whether it is there."""
        if self.handle.url not in self.source.subscriptions:
            raise UnknownId(f"there is no {self.handle}")

    def findServiceData(self, queryExpression: Expression, caller: Caller = OURSELVES) -> bytes:
        """Say what was granted."""
        self.source.note("granted")
        self.known()
        granted = writeSubscribeExpression(self.source.subscriptions[self.handle.url].granted)
        value = (
            b"<ogsi:subscriptionExpression>",
            granted,
            b"</ogsi:subscriptionExpression>",
        )
        return writeWholeValues([b"".join(value)], self.source.wall())

    def requestTerminationAfter(self, terminationTime: float) -> TerminationTime:
        """Renew."""
        self.source.note("renew")
        self.known()
        self.source.asked = terminationTime
        return self.source.time()

    def destroy(self) -> None:
        """End."""
        self.source.note("destroy")
        self.known()
        del self.source.subscriptions[self.handle.url]


@implementer(ICaller)
@attrs.define(eq=False)
class Net:
    """
    The way to the source.

    @ivar way: open, cut, or one that swallows everything
    @ivar calls: how many were made
    """

    source: Source
    way: str = "open"
    calls: int = 0

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """See L{ICaller}."""
        self.calls += 1
        if self.way == "cut":
            raise PeerUnreachable(f"no connection to {handle}")
        if self.way == "swallows":
            return Deferred()
        if "/subscriptions/" in handle.url:
            peer = PeerCaller([GRID_SERVICE], _Subscription(self.source, handle))
        else:
            peer = PeerCaller([NOTIFICATION_SOURCE], self.source)
        return peer.call(handle, envelope, soapAction, timeout)

    def close(self) -> Awaitable[None]:
        """See L{ICaller}."""
        return Ready(None)


class SlowStore:
    """
    A store whose commits wait.

    @ivar commits: each of them waits for one of these
    @ivar isSlow: whether they wait
    """

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.commits: list[Deferred[None]] = []
        self.isSlow = True

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def commit(self, commands: Sequence[Command]) -> Changes:
        """See L{MemoryStore}."""
        if self.isSlow:
            waiting: Deferred[None] = Deferred()
            self.commits.append(waiting)
            await waiting
        return await self._store.commit(commands)


class SourceCase(SynchronousTestCase):
    """One service with a store, and one source, on a clock that stands at 1000."""

    def setUp(self) -> None:
        """Nothing has been asked."""
        self.time = Clock()
        self.time.advance(1000.0)
        self.clock = NodeClock(self.time, lambda: WALL + self.time.seconds())
        self.store = MemoryStore(self.clock)
        self.successResultOf(toDeferred(self.store.start()))
        self.intake = Intake(self.store, self.clock, "me", "http://me:8480/")
        self.source = Source(self.time)
        self.net = Net(self.source)
        self.connected: list[tuple[str, bool]] = []
        self.ids = 0
        self.sinks = Sinks(HERE.child("sinks"), self.randomBytes)
        self.sent: list[Deferred[None]] = []

    def tearDown(self) -> None:
        """
        Every notice was answered: one that waited for ever would go on when the collector comes, in another test.
        """
        self.assertEqual([one for one in self.sent if not one.called], [])

    def randomBytes(self, count: int) -> bytes:
        """Bytes that never come twice."""
        self.ids += 1
        return self.ids.to_bytes(count, "big")

    def connect(self, handle: Handle, portTypes: Sequence[PortType], isTrusted: bool) -> Any:
        """Make a proxy."""
        self.connected.append((handle.url, isTrusted))
        return Proxy(portTypes, handle, self.net)

    def advance(self, seconds: float) -> None:
        """Let time pass, in small steps."""
        end = self.time.seconds() + seconds
        while self.time.seconds() < end:
            self.time.advance(min(0.05, end - self.time.seconds()))

    def contents(self) -> dict[str, str]:
        """What is in the store of the source's values, by key."""
        found = {}
        for key in ("", "a", "b", "c"):
            element = self.store.get(ElementKey(HOST, SOURCE.url, key))
            if element is not None:
                found[key] = element.tail.decode()[1 : -len("</t:Host>")]
        return found

    def deliver(self, sink: Handle, message: bytes, delivery: Delivery | None) -> "Deferred[None]":
        """A notice arrives: by way of its envelope."""
        opened = openEnvelope(XMLGate().parse(noticeEnvelope(message, delivery)))
        header = None if opened.header is None else readDelivery(opened.header)
        call = _SINK.select(opened, None)
        role: Any = self.sinks.role(sink.url.rpartition("/")[2])
        sent: Deferred[None] = toDeferred(
            role.deliverNotification(**call.arguments, caller=Caller(delivery=header))
        )
        self.sent.append(sent)
        return sent

    def send(
        self,
        *put: ServiceDataElement,
        extend: Sequence[ServiceDataElement] = (),
        isEnd: bool = False,
        isSnapshot: bool = False,
        dropped: int = 0,
        sequence: int | None = None,
        subscription: Subscribed | None = None,
        of: str | None = None,
    ) -> "Deferred[None]":
        """The source tells the newest subscriber of changes; the sequence goes on unless one is given."""
        one = subscription or self.source.last
        if sequence is None:
            one.sequence += 1
            sequence = one.sequence
        offset = WALL + self.source.ahead
        message = writeChanges(
            self.source.written(put),
            [writeExtension(each.key, each.lifetime, offset) for each in extend],
            (),
            isEnd,
        )
        delivery = Delivery(
            of or one.handle.url, one.epoch, sequence, self.source.wall(), isSnapshot, dropped
        )
        return self.deliver(one.sink, message, delivery)

    def sendAll(self) -> None:
        """The source sends everything it has, as a snapshot."""
        sent = self.send(*self.source.values.values(), isEnd=True, isSnapshot=True)
        self.successResultOf(sent)

    def sendWhole(
        self, *put: ServiceDataElement, sink: Handle | None = None, number: int | None = None
    ) -> "Deferred[None]":
        """A source of other software sends all values. @param number: of the notice, when it says one"""
        message = writeWholeValues(self.source.written(put), 0.0).replace(b"gma:sent", b"sent", 1)
        one = self.source.last
        delivery = (
            None
            if number is None
            else Delivery(one.handle.url, one.epoch, number, self.source.wall())
        )
        return self.deliver(sink or one.sink, message, delivery)
