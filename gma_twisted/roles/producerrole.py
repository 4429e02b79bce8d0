"""IProducer of a server somebody wrote: ids, owners and leases of its subscriptions, and who sends to them (WIRE 6)."""

import math
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import Busy, NotImplementedException, ParameterError, cut
from gma_twisted.interfaces.events import IEventEngine, IEventFeed
from gma_twisted.interfaces.gma import IProducer
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import (
    EventAnswer,
    EventFilter,
    Features,
    GMARole,
    QueryMode,
    Terms,
    isGapCursor,
)
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.roles.demanded import Demanded
from gma_twisted.roles.given import answerOf, bounded, estimateOf
from gma_twisted.roles.holdings import Held, Holdings, badId
from gma_twisted.roles.lastcalls import LastCalls
from gma_twisted.roles.methods import UserMethods, unread
from gma_twisted.roles.place import SOFTWARE, RoleLimits, RolePlace
from gma_twisted.roles.producer import ProducerServer
from gma_twisted.roles.producersubscription import ProducerSubscription
from gma_twisted.roles.sending import Sending
from gma_twisted.timing import Ready

__all__ = ["ProducerRole"]

log = Logger()

_ALWAYS = ("getFeatures", "ping")
_SUBSCRIBING = ("subscribe", "renew", "modify", "pause", "resume")
_FIRST = 1


@implementer(IProducer)
class ProducerRole:
    """
    All operations of a producer. Which of them the server implements, L{operations} tells; the others are not to be
    called.
    """

    def __init__(
        self,
        server: ProducerServer,
        engine: IEventEngine,
        place: RolePlace,
        limits: RoleLimits,
        demanded: Demanded,
    ) -> None:
        """See L{producerRole <gma_twisted.roles.producerpart.producerRole>}. @param demanded: told of subscriptions"""
        self._demanded = demanded
        self._server = server
        self._engine = engine
        self._place = place
        self._limits = limits
        self._methods = UserMethods(server)
        self._subscriptions: Holdings[int, ProducerSubscription] = Holdings(
            place.clock, limits, "subscriptions", self._leaseEnded
        )
        self._sending = Sending(server, engine, self._methods.name)
        self._last = LastCalls(place.clock, self._methods.name)

    def __len__(self) -> int:
        """How many subscriptions there are."""
        return len(self._subscriptions)

    @property
    def operations(self) -> Iterable[str]:
        """Names of those that the server implements."""
        has = self._methods.has
        yield from _ALWAYS
        if has("doQuery"):
            yield "query"
        if has("doSubscribe"):
            yield from _SUBSCRIBING
        if has("doUnsubscribe"):
            yield "unsubscribe"
        if has("doEstimate"):
            yield "estimate"

    @property
    def features(self) -> Features:
        """What it can do."""
        schemes = self._server.dataSchemes
        isSubscribed = self._methods.has("doSubscribe")
        usual = self._engine.schemes if isSubscribed else ()
        return Features(
            self._place.instanceId,
            self._place.started,
            SOFTWARE,
            (GMARole.PRODUCER.value,),
            tuple(sorted(self.operations)),
            tuple(usual if schemes is None else schemes),
            tuple(self._engine.encodings) if isSubscribed else (),
            self._limits.most,
            tuple(self._server.eventTypes),
        )

    def start(self) -> None:
        """Let leases end."""
        self._subscriptions.start()

    async def stop(self) -> None:
        """End all subscriptions; the server hears of each, within a bounded time."""
        for held in self._subscriptions.stop():
            self._leaseEnded(held)
        await self._last.finish()

    def owners(self) -> Sequence[str]:
        """Who has subscriptions."""
        return self._subscriptions.owners()

    def endOf(self, owners: Collection[str]) -> int:
        """End all subscriptions of some owners; the server hears of each. @return: how many"""
        ended = self._subscriptions.ofOwners(owners)
        for held in ended:
            self._leaseEnded(held)
        return len(ended)

    def getFeatures(self) -> Awaitable[Features]:
        """See L{IProducer}."""
        return Ready(self.features)

    def ping(self) -> Awaitable[Timestamp]:
        """See L{IProducer}."""
        return Ready(Timestamp.ofSeconds(self._place.clock.wallTime()))

    async def query(
        self,
        template: Event,
        filter: EventFilter | None,
        mode: str,
        interval: float | None,
        maxEvents: int | None,
        cursor: str | None,
        caller: Caller = OURSELVES,
    ) -> EventAnswer:
        """See L{IProducer}."""
        kind = QueryMode.parse(mode)
        if interval is not None and not 0.0 <= interval < math.inf:
            raise ParameterError(
                f"an interval is seconds of the past, not {interval!r}",
                parameter="interval",
                cure="leave it out for all there is",
            )
        if maxEvents is not None and maxEvents < 1:
            raise ParameterError(
                f"maxEvents is 1 or more, not {cut(maxEvents, 40)}", parameter="maxEvents"
            )
        if isGapCursor(cursor) and self._isSentTo(caller, template, filter):
            # The numbers are the engine's: no method of a server could know which events they are.
            return await self._engine.query(
                template, filter, kind.value, interval, maxEvents, cursor
            )
        named = {
            "filter": filter,
            "mode": kind.value,
            "interval": interval,
            "maxEvents": maxEvents,
            "cursor": cursor,
            "caller": caller,
        }
        waited = self._demanded.asked(template.name)
        if waited is not None:
            await waited
        answer = await self._methods.call("doQuery", (template,), named, answerOf)
        return bounded(answer, maxEvents)

    async def subscribe(
        self,
        template: Event,
        filter: EventFilter | None,
        dataUrl: str,
        encoding: str | None,
        callerId: int,
        lease: float | None,
        lookBack: float | None,
        rateLimit: float | None,
        caller: Caller = OURSELVES,
    ) -> tuple[int, float, int]:
        """See L{IProducer}."""
        granted = self._subscriptions.grant(lease)
        terms = Terms(
            template,
            dataUrl,
            filter,
            encoding,
            0.0 if lookBack is None else lookBack,
            math.inf if rateLimit is None else rateLimit,
        )
        isSent = await self._sending.isByNode(terms, caller)
        id = self._newId()
        held = self._subscriptions.add(id, caller.owner, ProducerSubscription(terms, id))
        subscription = held.thing
        try:
            if isSent:
                # Before the server is told: what it publishes there and then is for this one too.
                subscription.feed = self._engine.subscribe(
                    terms, callerId, lambda why: self._refused(held, why), caller.owner
                )
            named = {
                "filter": filter,
                "encoding": encoding,
                "lease": granted,
                "lookBack": terms.lookBack,
                "rateLimit": terms.rateLimit,
                "producerId": id,
                "caller": caller,
            }
            token = await self._methods.call(
                "doSubscribe", (template, dataUrl, callerId), named, unread
            )
        except BaseException:
            self._drop(held)
            raise
        subscription.token = id if token is None else token
        subscription.isMade = True
        if not self._subscriptions.has(held):
            # The node was stopped meanwhile, or its owner may not have it any more.
            self._tellEnd(held)
            raise Busy(f"the subscription ended while {self._methods.name} made it")
        self._subscriptions.lease(held, granted)
        first = _FIRST
        if subscription.feed is not None:
            first = subscription.feed.first
            subscription.feed.begin()
        self._demand(subscription, terms)
        return id, granted, first

    async def unsubscribe(self, producerId: int, caller: Caller = OURSELVES) -> int:
        """See L{IProducer}. What the server raises is told; the subscription is over all the same."""
        held = self._subscriptions.of(producerId, caller)
        self._drop(held)
        await self._methods.call("doUnsubscribe", (held.thing.token,), _of(held, caller), unread)
        return producerId

    async def renew(
        self, producerId: int, lease: float | None, caller: Caller = OURSELVES
    ) -> float:
        """See L{IProducer}."""
        held = self._subscriptions.of(producerId, caller)
        return self._subscriptions.lease(held, self._subscriptions.grant(lease))

    async def modify(
        self,
        producerId: int,
        filter: EventFilter | None,
        rateLimit: float | None,
        lease: float | None,
        caller: Caller = OURSELVES,
    ) -> float:
        """See L{IProducer}."""
        subscriptions = self._subscriptions
        held = subscriptions.of(producerId, caller)
        granted = None if lease is None else subscriptions.grant(lease)
        if filter is not None or rateLimit is not None:
            feed = self._feedOf(held, "doModify")
            terms = held.thing.terms
            if filter is not None:
                terms = attrs.evolve(terms, filter=filter)
            if rateLimit is not None:
                terms = attrs.evolve(terms, rateLimit=rateLimit)
            if feed is not None and self._methods.has("doModify"):
                # The server is not asked to agree to what cannot be done.
                await self._engine.check(terms, caller)
            named = {"filter": filter, "rateLimit": rateLimit}
            await self._tell("doModify", held, caller, named)
            if not subscriptions.has(held):
                raise badId(producerId)
            if feed is not None:
                feed.modify(filter, rateLimit)
            held.thing.terms = terms
            self._demand(held.thing, terms)
        if granted is not None:
            return subscriptions.lease(held, granted)
        return subscriptions.left(held)

    async def pause(self, producerId: int, caller: Caller = OURSELVES) -> float:
        """See L{IProducer}."""
        held = self._subscriptions.of(producerId, caller)
        feed = self._feedOf(held, "doPause")
        await self._tell("doPause", held, caller, {})
        if feed is not None:
            feed.pause()
        return self._subscriptions.left(held)

    async def resume(self, producerId: int, caller: Caller = OURSELVES) -> float:
        """See L{IProducer}."""
        held = self._subscriptions.of(producerId, caller)
        feed = self._feedOf(held, "doResume")
        await self._tell("doResume", held, caller, {})
        if feed is not None:
            feed.resume()
        return self._subscriptions.left(held)

    async def estimate(
        self,
        template: Event,
        filter: EventFilter | None,
        encoding: str | None,
        rateLimit: float | None,
        caller: Caller = OURSELVES,
    ) -> Estimate:
        """See L{IProducer}."""
        if rateLimit is not None and not rateLimit > 0.0:
            raise ParameterError(
                f"a rate limit is a number of events a second, more than 0, not {rateLimit:g}",
                parameter="rateLimit",
                cure="leave it out for no limit",
            )
        named = {"filter": filter, "encoding": encoding, "rateLimit": rateLimit, "caller": caller}
        return await self._methods.call("doEstimate", (template,), named, estimateOf)

    def _isSentTo(self, caller: Caller, template: Event, filter: EventFilter | None) -> bool:
        """Whether the engine sends somebody just this: what the server may hide from others in its answers."""
        mine = self._subscriptions.ofOwners([caller.owner])
        return any(held.thing.isSent(template, filter) for held in mine)

    def _demand(self, subscription: ProducerSubscription, terms: Terms | None) -> None:
        """Let it count for these terms, or no more. The new ones first, so that nothing stops in between."""
        before, subscription.demanded = subscription.demanded, terms
        if terms is not None:
            self._demanded.begun(terms)
        if before is not None:
            self._demanded.ended(before)

    def _feedOf(self, held: Held[int, ProducerSubscription], method: str) -> IEventFeed | None:
        """@raise NotImplementedException: nobody would do what is asked: the server sends by itself, and cannot"""
        feed = held.thing.feed
        if feed is None and not self._methods.has(method):
            raise NotImplementedException(
                f"{self._methods.name} sends this subscription by itself, and has no {method}"
            )
        return feed

    async def _tell(
        self,
        method: str,
        held: Held[int, ProducerSubscription],
        caller: Caller,
        named: Mapping[str, object],
    ) -> None:
        if self._methods.has(method):
            arguments = {**_of(held, caller), **named}
            await self._methods.call(method, (held.thing.token,), arguments, unread)

    def _newId(self) -> int:
        while True:
            id = self._place.numbers()
            if not self._subscriptions.isTaken(id):
                return id

    # How subscriptions end.

    def _drop(self, held: Held[int, ProducerSubscription]) -> None:
        self._subscriptions.remove(held)
        if held.thing.feed is not None:
            held.thing.feed.end()
        self._demand(held.thing, None)

    def _leaseEnded(self, held: Held[int, ProducerSubscription]) -> None:
        self._drop(held)
        if held.thing.isMade:
            self._tellEnd(held)

    def _refused(self, held: Held[int, ProducerSubscription], reason: str) -> None:
        log.info(
            "subscription {id} ends: its consumer wants no more: {reason}",
            id=held.id,
            reason=reason,
        )
        if self._subscriptions.has(held):
            self._leaseEnded(held)

    def _tellEnd(self, held: Held[int, ProducerSubscription]) -> None:
        if self._methods.has("doUnsubscribe"):
            named = _of(held, OURSELVES)
            self._last.call(self._methods.call("doUnsubscribe", (held.thing.token,), named, unread))


def _of(held: Held[int, ProducerSubscription], caller: Caller) -> dict[str, Any]:
    return {"producerId": held.id, "caller": caller}
