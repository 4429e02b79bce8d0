"""What somebody derives a producer from (pyGMA's ProducerServer)."""

import math
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from gma_twisted.errors import ServiceError
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventFilter, QueryMode
from gma_twisted.roles.offers import Offer

__all__ = ["ProducerMeans", "ProducerServer", "PublishingProducer"]


class ProducerMeans(Protocol):
    """What the framework does for a producer that is served."""

    def publish(self, event: Event, source: str) -> None:
        """See L{ProducerServer.publish}."""

    def fromEngine(
        self,
        event: Event,
        filter: EventFilter | None,
        mode: str,
        interval: float | None,
        maxEvents: int | None,
        cursor: str | None,
    ) -> Awaitable[EventAnswer]:
        """See L{ProducerServer.fromEngine}."""

    def estimate(
        self,
        event: Event,
        filter: EventFilter | None,
        encoding: str | None,
        rateLimit: float | None,
    ) -> Awaitable[Estimate]:
        """See L{ProducerServer.estimate}."""

    def wanted(self, name: str) -> float | None:
        """See L{ProducerServer.wanted}."""

    def offer(
        self,
        consumerUrl: str,
        template: Event,
        filter: EventFilter | None,
        rateLimit: float,
        lookBack: float,
        lease: float | None,
    ) -> Awaitable[Offer]:
        """See L{ProducerServer.offer}."""

    def answer(self, consumerUrl: str, template: Event, mode: str) -> Awaitable[int]:
        """See L{ProducerServer.answer}."""

    def notify(self, consumerUrl: str, events: Sequence[Event]) -> Awaitable[int]:
        """See L{ProducerServer.notify}."""


class ProducerServer:
    """
    A producer that implements nothing: every operation answers NotImplementedException.

    A class derived from it has methods for what it implements; each is a function, a coroutine function, or gives a
    Deferred::

        doQuery(self, event, **kw)                  events, or an EventAnswer
        doSubscribe(self, event, url, sId, **kw)    a token of its own, or None
        doUnsubscribe(self, sid)
        doEstimate(self, event, **kw)               an Estimate

    C{event} is the template, C{url} the data URL, C{sId} the caller's number of the subscription. C{sid} is the token,
    or the producer's number when there was none: C{producerId} of C{kw}. C{kw} has the other parts of the request by
    name, and C{caller}. With C{doSubscribe} there are renew, modify, pause and resume; C{doModify(self, sid, **kw)},
    C{doPause(self, sid)} and C{doResume(self, sid)} are told of them when they are there.

    C{doDemand(self, name, rate)} is told, when it is there, what is asked of the producer whenever that changes: that
    somebody is subscribed to events of a name, which may be a glob, and the most of them a second that somebody asks
    for, C{inf} for all there are; C{None} when nobody is any more. It is called for one change at a time.

    Ids, owners and leases are the framework's: C{doUnsubscribe} is called when a lease ends, too. An error of
    L{gma_twisted.errors} goes to the caller; of any other the caller hears only that there was one.

    Nothing here needs to be initialised by a derived class.

    @cvar eventTypes: templates of the events it has
    @cvar dataSchemes: of the data URLs it takes; C{None} for those the node can send to, and, since it has a
        C{doSubscribe} of its own, any other
    @cvar isSentByNode: whether a subscription is refused when the node may not send lines where it says; false where
        C{doSubscribe} sends them by itself then
    """

    eventTypes: Sequence[Event] = ()
    dataSchemes: Sequence[str] | None = None
    isSentByNode: bool = True
    _means: ProducerMeans | None = None

    def servedBy(self, means: ProducerMeans | None) -> None:
        """Called by the framework when it is served, and with C{None} when it is no more."""
        self._means = means

    def publish(self, event: Event, source: str = "") -> None:
        """
        Keep an event, and bring it to every subscription whose template and filter it passes.

        @param source: who made it, when that is not the producer itself
        @raise TooLarge: larger than an event may be
        @raise ServiceError: the producer is not served
        """
        self._served().publish(event, source)

    def fromEngine(
        self,
        event: Event,
        filter: EventFilter | None = None,
        mode: str = QueryMode.HISTORY.value,
        interval: float | None = None,
        maxEvents: int | None = None,
        cursor: str | None = None,
        **_: Any,
    ) -> Awaitable[EventAnswer]:
        """
        What was published: an answer for C{doQuery}, which passes on all it got.

        @raise ParameterError: a parameter of the query cannot be used
        """
        return self._served().fromEngine(event, filter, mode, interval, maxEvents, cursor)

    def estimate(
        self,
        event: Event,
        filter: EventFilter | None = None,
        encoding: str | None = None,
        rateLimit: float | None = None,
        **_: Any,
    ) -> Awaitable[Estimate]:
        """
        What a subscription would bring, as far as what was published lately tells: an answer for C{doEstimate}, which
        passes on all it got. Nobody is subscribed.

        @raise ParameterError: a parameter cannot be used
        """
        return self._served().estimate(event, filter, encoding, rateLimit)

    def wanted(self, name: str) -> float | None:
        """
        Whether somebody is subscribed to events of a name, as far as templates tell.

        @return: the most of them a second that somebody asks for, C{inf} for all there are; C{None} when nobody is
        """
        return self._served().wanted(name)

    def offer(
        self,
        consumerUrl: str,
        template: Event,
        filter: EventFilter | None = None,
        rateLimit: float = math.inf,
        lookBack: float = 0.0,
        lease: float | None = None,
    ) -> Awaitable[Offer]:
        """
        Subscribe a consumer to what is published, as a producer may (GFD-I.7): from now on, until L{Offer.end}.

        The lease is renewed; when the consumer has forgotten the subscription, it is asked again.

        @return: done when the consumer has agreed
        @raise GMAError: it did not; or it could not be reached
        """
        return self._served().offer(consumerUrl, template, filter, rateLimit, lookBack, lease)

    def answer(
        self, consumerUrl: str, template: Event, mode: str = QueryMode.LATEST.value
    ) -> Awaitable[int]:
        """
        Ask a consumer which of the events it wants now, and bring them in one notification.

        @param mode: a value of L{QueryMode}
        @return: how many were brought
        @raise GMAError: as L{offer}
        """
        return self._served().answer(consumerUrl, template, mode)

    def notify(self, consumerUrl: str, events: Sequence[Event]) -> Awaitable[int]:
        """
        Bring events to a consumer that did not ask.

        @return: how many it took
        @raise GMAError: as L{offer}
        """
        return self._served().notify(consumerUrl, events)

    def _served(self) -> ProducerMeans:
        if self._means is None:
            raise ServiceError(f"{type(self).__name__} is not served by a node")
        return self._means


class PublishingProducer(ProducerServer):
    """A producer of what is published: queries are answered from it, and it is sent to whoever subscribes."""

    def doQuery(self, event: Event, **kw: Any) -> Awaitable[EventAnswer]:
        """See L{ProducerServer}."""
        return self.fromEngine(event, **kw)

    def doSubscribe(self, event: Event, url: str, sId: int, **kw: Any) -> None:
        """See L{ProducerServer}: the framework sends."""

    def doEstimate(self, event: Event, **kw: Any) -> Awaitable[Estimate]:
        """See L{ProducerServer}."""
        return self.estimate(event, **kw)

    def doUnsubscribe(self, sid: int) -> None:
        """See L{ProducerServer}: nothing is kept of it here."""
