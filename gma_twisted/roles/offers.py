"""Subscriptions that a producer begins at consumers, for as long as it wants them (GFD-I.7)."""

import random
from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.errors import GMAError, ParameterError, TimedOut, TooLarge, UnknownId, cut
from gma_twisted.interfaces.events import IEventEngine, IEventFeed
from gma_twisted.interfaces.gma import IConsumer
from gma_twisted.model import OURSELVES
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventFilter, Terms
from gma_twisted.roles.demanded import Demanded
from gma_twisted.timing import (
    Backoff,
    LeaseKeeper,
    NodeClock,
    Tasks,
    gather,
    sleep,
    withTimeout,
)
from gma_twisted.timing.tasks import ENDING

__all__ = ["Offer", "Offers"]

log = Logger()

_BACKOFF = Backoff(1.0, 60.0)
# How many consumers are told at once.
_TOGETHER = 50


@attrs.define(slots=True, eq=False)
class Offer:
    """
    One of them.

    @ivar consumerUrl: whom it was offered to
    @ivar template: of the events
    @ivar terms: of its feed
    @ivar isThere: whether the consumer has agreed, as far as is known
    """

    consumerUrl: str
    template: Event
    filter: EventFilter | None
    rateLimit: float
    lookBack: float
    lease: float | None
    _end: "Callable[[Offer], Awaitable[None]]"
    consumer: IConsumer | None = attrs.field(default=None, init=False)
    consumerId: int = attrs.field(default=0, init=False)
    feed: IEventFeed | None = attrs.field(default=None, init=False)
    terms: Terms | None = attrs.field(default=None, init=False)
    isThere: bool = attrs.field(default=False, init=False)
    isWanted: bool = attrs.field(default=True, init=False)

    def end(self) -> Awaitable[None]:
        """Want it no longer; the consumer is told, when it can be reached. Called again, nothing happens."""
        return self._end(self)

    def __str__(self) -> str:
        return f'the offer of "{cut(self.template.name, 60)}" to {cut(self.consumerUrl)}'


class Offers:
    """The offers of one producer."""

    def __init__(
        self,
        clock: NodeClock,
        engine: IEventEngine,
        connect: Callable[[str], Awaitable[IConsumer]],
        numbers: Callable[[], int],
        limit: int,
        demanded: Demanded,
    ) -> None:
        """
        @param connect: gives a proxy of the consumer at a URL; raises what it cannot do
        @param numbers: gives ids
        @param limit: most offers
        @param demanded: told of what consumers have agreed to
        """
        self._demanded = demanded
        self._clock = clock
        self._engine = engine
        self._connect = connect
        self._numbers = numbers
        self._limit = limit
        self._offers: set[Offer] = set()
        self._keeper: LeaseKeeper[Offer] = LeaseKeeper(clock, self._renew, self._lost, limit=limit)
        # What begins one anew, and what tells a consumer that it is over.
        self._tasks = Tasks("the offers of a producer", 2 * limit)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._offers)

    async def begin(
        self,
        consumerUrl: str,
        template: Event,
        filter: EventFilter | None,
        rateLimit: float,
        lookBack: float,
        lease: float | None,
    ) -> Offer:
        """See L{ProducerServer.offer <gma_twisted.roles.producer.ProducerServer.offer>}."""
        if len(self._offers) >= self._limit:
            raise TooLarge(f"there are {self._limit} offers of this producer, the most")
        offer = Offer(consumerUrl, template, filter, rateLimit, lookBack, lease, self._end)
        self._offers.add(offer)
        try:
            await self._ask(offer)
        except BaseException:
            self._offers.discard(offer)
            raise
        return offer

    async def stop(self) -> None:
        """End all of them; consumers are told, as many as can be within C{ENDING} seconds."""
        ending = [one for one in self._offers if one.isThere]
        for offer in tuple(self._offers):
            offer.isWanted = offer.isThere = False
            self._dropFeed(offer)
        self._offers.clear()
        await self._keeper.stop()
        await self._tasks.cancelAll()
        try:
            await withTimeout(_unsubscribeAll(ending), ENDING, self._clock, "the end of offers")
        except TimedOut as error:
            log.info("not all consumers were told of an end: {reason}", reason=error.message)

    async def _ask(self, offer: Offer) -> None:
        consumer = await self._connect(offer.consumerUrl)
        callerId = self._numbers()
        consumerId, dataUrl, encoding, granted = await consumer.subscribe(
            offer.template, callerId, offer.lease
        )
        terms = Terms(
            offer.template, dataUrl, offer.filter, encoding or None, offer.lookBack, offer.rateLimit
        )
        try:
            # The consumer said where to: it is judged as any peer's URL.
            await self._engine.check(terms, OURSELVES)
            if not offer.isWanted:
                raise TooLarge(f"{offer} has ended")
            feed = offer.feed
            isMoved = feed is not None
            if feed is None:
                feed = self._engine.subscribe(
                    terms, callerId, lambda why: self._refused(offer, why)
                )
                offer.terms = terms
                self._demanded.begun(terms)
            else:
                feed.move(dataUrl, terms.encoding, callerId)
        except BaseException:
            self._tasks.spawn(_unsubscribe(consumer, consumerId), f"the end of {offer}")
            raise
        offer.consumer, offer.consumerId, offer.feed = consumer, consumerId, feed
        offer.isThere = True
        self._keeper.keep(offer, granted)
        feed.begin()
        if isMoved:
            feed.resume()

    async def _renew(self, offer: Offer) -> float:
        assert offer.consumer is not None
        try:
            granted: float = await offer.consumer.renew(offer.consumerId, offer.lease)
        except ParameterError as error:
            # What an id that is not known is called where pyGMA's rules hold.
            raise UnknownId(error.message) from error
        return granted

    def _lost(self, offer: Offer, reason: GMAError) -> None:
        self._again(offer, reason.message)

    def _refused(self, offer: Offer, reason: str) -> bool:
        """The consumer knows no such subscription. @return: whether its feed waits for the next"""
        self._keeper.forget(offer)
        self._again(offer, reason)
        return offer.isWanted

    def _again(self, offer: Offer, reason: str) -> None:
        if offer.feed is not None:
            # What was not taken, and what is published meanwhile, waits in it.
            offer.feed.pause()
        # While it is being begun anew already, something of the old one may have been under way.
        if offer.isWanted and offer.isThere:
            offer.isThere = False
            log.info("{offer} is begun anew: {reason}", offer=str(offer), reason=reason)
            self._tasks.spawn(self._askAgain(offer), str(offer))

    async def _askAgain(self, offer: Offer) -> None:
        failures = 0
        while offer.isWanted:
            try:
                await self._ask(offer)
                return
            except GMAError as error:
                failures += 1
                log.info("{offer} waits: {reason}", offer=str(offer), reason=error.message)
            delay = _BACKOFF.delay(failures, random.random)
            await sleep(self._clock, delay)

    async def _end(self, offer: Offer) -> None:
        if not offer.isWanted:
            return
        offer.isWanted = False
        self._offers.discard(offer)
        self._keeper.forget(offer)
        self._dropFeed(offer)
        if offer.isThere:
            offer.isThere = False
            await _unsubscribeAll([offer])

    def _dropFeed(self, offer: Offer) -> None:
        feed, offer.feed = offer.feed, None
        if feed is not None:
            feed.end()
        terms, offer.terms = offer.terms, None
        if terms is not None:
            self._demanded.ended(terms)


async def _unsubscribeAll(offers: Sequence[Offer]) -> None:
    for start in range(0, len(offers), _TOGETHER):
        together = offers[start : start + _TOGETHER]
        await gather(
            [_unsubscribe(one.consumer, one.consumerId) for one in together if one.consumer]
        )


async def _unsubscribe(consumer: IConsumer, consumerId: int) -> None:
    try:
        await consumer.unsubscribe(consumerId)
    except GMAError as error:
        # Its lease ends there by itself.
        log.info("a consumer was not told of an end: {reason}", reason=error.message)
