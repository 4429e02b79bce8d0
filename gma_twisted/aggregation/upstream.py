"""What a session asks of its source: who it is, a subscription, and more time for it (OGSI 1.0, 9 and 11; WIRE 5)."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import attrs

from gma_twisted.errors import (
    GMAError,
    ParameterError,
    PeerError,
    PeerFault,
    RequestError,
    UnknownId,
    cut,
)
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import GMA, ogsi
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import (
    Expression,
    Handle,
    Locator,
    NameQuery,
    NameSelector,
    QName,
    TerminationTime,
    Topic,
)
from gma_twisted.model.upstream import UpstreamMode
from gma_twisted.soap import PortType
from gma_twisted.soap.selectors import writeNameQuery
from gma_twisted.soap.subscribing import (
    SubscribeExpression,
    readSubscribeExpression,
    writeSubscribeExpression,
)
from gma_twisted.soap.values import VALUES
from gma_twisted.timing import NodeClock

__all__ = [
    "AggregateSource",
    "Connect",
    "Lease",
    "SourceIdentity",
    "grantedInterval",
    "identify",
    "subscribe",
]

_NODE = QName(GMA, "node")
_INTERFACE = ogsi("interface")
_SOURCE = ogsi("NotificationSource")
_EXPRESSION = ogsi("subscriptionExpression")
_INSTANCE = f"{{{GMA}}}instanceId"
_PATH = f"{{{GMA}}}path"


class Connect(Protocol):
    """Makes proxies; aggregation knows nothing else of how other nodes are reached."""

    def __call__(self, handle: Handle, portTypes: Sequence[PortType], isTrusted: bool) -> Any:
        """
        A service elsewhere, each of whose calls ends within a bounded time.

        @param isTrusted: whether the operator named the node; where peers lead us, a guard looks at the address
        @return: provides the interfaces of the port types as
            L{IGridService <gma_twisted.interfaces.IGridService>} says it, but takes an expression as bytes and gives
            a result as an L{Expression <gma_twisted.model.Expression>}
        """


@attrs.frozen(slots=True)
class AggregateSource:
    """
    What is copied from where (C{[aggregate.NAME]}).

    @ivar source: handle of the source
    @ivar names: what is copied; local name C{*} for every name of a namespace
    @ivar name: what the configuration calls it; empty for what was asked for by request
    @ivar mode: how values come; of a source that tells nobody of changes they are always asked for
    @ivar lifetime: seconds of the subscription's lease, renewed for as long as the session lasts
    @ivar interval: seconds between polls, or after which a notice comes although nothing changed
    """

    source: Handle
    names: tuple[QName, ...]
    name: str = ""
    mode: UpstreamMode = UpstreamMode.SUBSCRIBE
    lifetime: float = 600.0
    interval: float = 10.0

    @property
    def selectors(self) -> tuple[NameSelector, ...]:
        """The names as queries and subscriptions have them."""
        return tuple(NameSelector(name) for name in self.names)


@attrs.frozen(slots=True)
class SourceIdentity:
    """
    Who a source is.

    @ivar instanceId: of our node it is on, new at every start; empty for a source of another kind
    @ivar isNotificationSource: whether it takes subscriptions
    """

    instanceId: str = ""
    isNotificationSource: bool = False

    @property
    def isOurs(self) -> bool:
        """Whether it is on one of our nodes: then it tells changes, and counts its notices."""
        return bool(self.instanceId)


async def identify(service: Any, handle: Handle) -> SourceIdentity:
    """
    Ask a source who it is.

    @param service: with C{findServiceData}
    @param handle: the source's
    @raise UnknownId: the node answers, and has no such service; where it tells what it has is said
    @raise GMAError: what it answers to C{ogsi:interface}, which every service has
    """
    try:
        return await _identified(service, (_NODE, _INTERFACE))
    except UnknownId as error:
        parts = urlsplit(handle.url)
        raise UnknownId(
            f"{error.message}; {parts.scheme}://{parts.netloc}/ lists what there is"
        ) from None
    except (RequestError, PeerFault):
        # No service of other software knows gma:node; how it says so differs.
        return await _identified(service, (_INTERFACE,))


async def _identified(service: Any, names: tuple[QName, ...]) -> SourceIdentity:
    query = NameQuery(tuple(NameSelector(name) for name in names))
    result: Expression = await service.findServiceData(writeNameQuery(query))
    return result.read(_readIdentity)


def _checkAnswer(root: Element) -> None:
    if nameOf(root) != VALUES:
        raise PeerError(f'a query by name was answered with "{cut(nameOf(root))}"')


def _readIdentity(root: Element) -> SourceIdentity:
    _checkAnswer(root)
    instanceId = ""
    interfaces = set()
    # What has a path is of other nodes: an aggregator has many gma:node.
    for value in [value for value in root if not value.get(_PATH)]:
        if value.tag == _NODE.clark:
            instanceId = (value.findtext(_INSTANCE) or "").strip()
        elif value.tag == _INTERFACE.clark:
            try:
                interfaces.add(readQName(value.text or "", value.nsmap))
            except ParameterError as error:
                raise PeerError(f"an ogsi:interface cannot be read: {error}") from None
    return SourceIdentity(instanceId, _SOURCE in interfaces)


@attrs.define(slots=True, eq=False)
class Lease:
    """
    A subscription at a source, a service with a termination time (OGSI 1.0, 11.2).

    @ivar handle: of the subscription
    @ivar service: a proxy of it
    @ivar clock: the node's
    @ivar seconds: asked for each time
    @ivar ahead: seconds the source's wall clock is ahead of ours: OGSI asks in absolute times
    @ivar lost: told once why the subscription is no more
    @ivar isOver: whether it is no more, as far as is known
    """

    handle: Handle
    service: Any
    clock: NodeClock
    seconds: float
    ahead: float
    lost: Callable[[GMAError], None]
    isOver: bool = attrs.field(default=False, init=False)

    def __str__(self) -> str:
        return f"subscription {self.handle}"

    async def renew(self) -> float:
        """
        Ask for more time.

        @return: seconds granted, from the request
        @raise UnknownId: there is no such subscription (any more), or it gets no more time
        @raise PeerError: no answer, or none that can be read
        """
        wall = self.clock.wallTime()
        try:
            time: TerminationTime = await self.service.requestTerminationAfter(
                wall + self.ahead + self.seconds
            )
            self.ahead, granted = _granted(time, wall, self.seconds)
        except (PeerFault, RequestError) as error:
            # What is not there cannot be told from what refuses: both want a new subscription.
            self.isOver = True
            raise UnknownId(f"{self} cannot be renewed: {error.message}") from error
        return granted

    def wasLost(self, error: GMAError) -> None:
        """It was not renewed in time, or is not known any more."""
        self.isOver = True
        self.lost(error)

    async def end(self) -> None:
        """End the subscription. @raise GMAError: what the source answers, or that it does not"""
        self.isOver = True
        await self.service.destroy()


def _granted(time: TerminationTime, wall: float, asked: float) -> tuple[float, float]:
    """How far the other wall clock is ahead, and the seconds granted; both by its own clock, when it tells it."""
    now = wall if time.timestamp is None else time.timestamp
    granted = time.seconds(now)
    if granted is None:
        granted = asked
    if not granted > 0.0:
        raise ParameterError(f"{granted!r} s were granted")
    return now - wall, granted


async def subscribe(
    service: Any,
    source: AggregateSource,
    sink: Handle,
    isOurs: bool,
    clock: NodeClock,
    serviceOf: Callable[[Handle], Any],
    lost: Callable[[GMAError], None],
) -> tuple[Lease, float]:
    """
    Subscribe; one of our nodes is asked for everything there is, and then for changes.

    @param service: with C{subscribe}
    @param sink: where notices go
    @param serviceOf: makes the proxy of the subscription; raises L{Refused <gma_twisted.errors.Refused>} for one that
        may not be called
    @param lost: see L{Lease}
    @return: the subscription, and the seconds granted, from the request
    @raise GMAError: what the source answers, or that it does not
    """
    expression = SubscribeExpression(
        Topic(source.selectors, isOurs), maxInterval=source.interval, wantsSnapshot=isOurs
    )
    wall = clock.wallTime()
    locator, time = await service.subscribe(
        writeSubscribeExpression(expression), Locator((sink,)), wall + source.lifetime
    )
    if not locator.handles:
        raise PeerError(f"{source.source} made a subscription without a handle")
    handle = locator.handles[0]
    try:
        ahead, granted = _granted(time, wall, source.lifetime)
    except ParameterError as error:
        raise PeerError(f"{source.source} made subscription {handle}: {error.message}") from None
    return Lease(handle, serviceOf(handle), clock, source.lifetime, ahead, lost), granted


async def grantedInterval(lease: Lease, source: AggregateSource) -> float:
    """
    After how much time one of our nodes sends a notice although nothing changed. The answer to C{subscribe} does not
    say it, and it may be longer than what was asked for.

    @param source: what was subscribed to
    @return: seconds, C{inf} for never
    @raise GMAError: what the source answers, or that it does not
    """
    query = NameQuery((NameSelector(_EXPRESSION),))
    result: Expression = await lease.service.findServiceData(writeNameQuery(query))
    most = len(source.names)
    return result.read(lambda root: _readInterval(root, most))


def _readInterval(root: Element, maxNames: int) -> float:
    _checkAnswer(root)
    expression = root.find(f"{_EXPRESSION.clark}/*")
    if expression is None:
        raise PeerError("a subscription says nothing of what was subscribed to")
    return readSubscribeExpression(expression, maxNames).maxInterval
