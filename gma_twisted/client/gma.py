"""Producers, consumers and directories elsewhere: C{proxy = await ProducerProxy.connect(url, caller)} (WIRE 6).

What is optional on the wire has a default here; templates may be names, filters comparisons as text. Errors that the
server raised are raised here as what they are: L{ParameterError <gma_twisted.errors.ParameterError>} for an id it does
not know, C{Refused}, C{Busy}, C{TooLarge}, L{NotImplementedException <gma_twisted.errors.NotImplementedException>};
any other as L{Proxy <gma_twisted.client.proxy.Proxy>} says.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gma_twisted.client.gmacomponent import (
    ComponentProxy,
    Filter,
    Template,
    asFilter,
    asTemplate,
    newId,
)
from gma_twisted.errors import ParameterError, cut
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, GMAEntry, GMARole, QueryMode, SearchAnswer
from gma_twisted.soap.porttypes.gma import CONSUMER, DIRECTORY, PRODUCER

__all__ = [
    "Added",
    "Attributes",
    "ConsumerProxy",
    "Destination",
    "Grant",
    "ProducerProxy",
    "RegistryProxy",
    "Wanted",
    "Watching",
]


class Grant(NamedTuple):
    """
    A subscription at a producer.

    @ivar callerId: what the caller calls it; it comes with every notification
    @ivar producerId: what the producer calls it
    @ivar lease: seconds granted, from the request
    @ivar firstSequence: number of the first event that will come
    """

    callerId: int
    producerId: int
    lease: float
    firstSequence: int


class Destination(NamedTuple):
    """
    A subscription at a consumer: where a producer may send what it has.

    @ivar callerId: what the producer calls it
    @ivar consumerId: what the consumer calls it
    @ivar dataUrl: where the data goes
    @ivar encoding: of the data
    @ivar lease: seconds granted, from the request
    """

    callerId: int
    consumerId: int
    dataUrl: str
    encoding: str
    lease: float


class Wanted(NamedTuple):
    """
    What a consumer wants now of what a producer offers.

    @ivar callerId: under which it expects them, in one C{notify}
    @ivar templates: of the events; none for nothing
    """

    callerId: int
    templates: Sequence[Event]


class Added(NamedTuple):
    """
    An entry in a directory.

    @ivar entryId: its id
    @ivar lease: seconds granted, from the request
    @ivar matches: entries of the other role it could talk to
    """

    entryId: str
    lease: float
    matches: Sequence[GMAEntry]


class Watching(NamedTuple):
    """
    A watch at a directory.

    @ivar callerId: under which the consumer is told
    @ivar watchId: what the directory calls it
    @ivar lease: seconds granted, from the request
    """

    callerId: int
    watchId: int
    lease: float


class ProducerProxy(ComponentProxy):
    """A producer elsewhere."""

    role = GMARole.PRODUCER
    path = "/services/producer"
    portType = PRODUCER

    async def query(
        self,
        template: Template,
        filter: Filter = None,
        mode: QueryMode | str = QueryMode.LATEST,
        interval: float | None = None,
        maxEvents: int | None = None,
        cursor: str | None = None,
    ) -> EventAnswer:
        """
        Ask for events.

        @param template: which; its units are those of the answer
        @param mode: or the value of one
        @param interval: seconds of the past; C{None} for all that is kept
        @param maxEvents: of this answer
        @param cursor: of the answer before, for the rest
        @raise ParameterError: template, filter, mode or cursor cannot be used
        """
        answer: EventAnswer = await self._call(
            "query",
            template=asTemplate(template),
            filter=asFilter(filter),
            mode=mode.value if isinstance(mode, QueryMode) else mode,
            interval=interval,
            maxEvents=maxEvents,
            cursor=cursor,
        )
        return answer

    async def subscribe(
        self,
        template: Template,
        dataUrl: str,
        filter: Filter = None,
        encoding: str | None = None,
        lease: float | None = None,
        lookBack: float | None = None,
        rateLimit: float | None = None,
        callerId: int | None = None,
    ) -> tuple[int, int]:
        """
        Have events sent to a URL, for as long as the lease is renewed.

        @return: the caller's id and the producer's; L{begin} tells more, and has the parameters and errors
        """
        grant = await self.begin(
            template, dataUrl, filter, encoding, lease, lookBack, rateLimit, callerId
        )
        return grant.callerId, grant.producerId

    async def begin(
        self,
        template: Template,
        dataUrl: str,
        filter: Filter = None,
        encoding: str | None = None,
        lease: float | None = None,
        lookBack: float | None = None,
        rateLimit: float | None = None,
        callerId: int | None = None,
    ) -> Grant:
        """
        Have events sent to a URL, and hear all that was granted.

        @param template: which; they come in its units
        @param dataUrl: of a scheme among the C{dataSchemes} of its features
        @param encoding: of the data; C{None} for the usual one of the scheme
        @param lease: seconds; C{None} for the usual ones
        @param lookBack: seconds of the past that come first
        @param rateLimit: most events a second
        @param callerId: what the caller calls it; C{None} for a new random number
        @raise ParameterError: template, filter, URL or units cannot be used
        @raise Refused: it may not send there
        @raise TooLarge: too many subscriptions
        """
        own = newId() if callerId is None else callerId
        producerId, granted, first = await self._call(
            "subscribe",
            template=asTemplate(template),
            filter=asFilter(filter),
            dataUrl=dataUrl,
            encoding=encoding,
            callerId=own,
            lease=lease,
            lookBack=lookBack,
            rateLimit=rateLimit,
        )
        return Grant(own, producerId, granted, first)

    async def unsubscribe(self, producerId: int) -> int:
        """End one. @return: its id. @raise ParameterError: there is none of this id there, or it is another's"""
        ended: int = await self._call("unsubscribe", producerId=producerId)
        return ended

    async def renew(self, producerId: int, lease: float | None = None) -> float:
        """@return: seconds granted. @raise ParameterError: as L{unsubscribe}"""
        granted: float = await self._call("renew", producerId=producerId, lease=lease)
        return granted

    async def modify(
        self,
        producerId: int,
        filter: Filter = None,
        rateLimit: float | None = None,
        lease: float | None = None,
    ) -> float:
        """
        Change what is given; the rest stays.

        @return: seconds granted
        @raise ParameterError: as L{unsubscribe}; or the filter cannot be used
        """
        granted: float = await self._call(
            "modify",
            producerId=producerId,
            filter=asFilter(filter),
            rateLimit=rateLimit,
            lease=lease,
        )
        return granted

    async def pause(self, producerId: int) -> float:
        """Have nothing sent until L{resume}. @return: seconds left. @raise ParameterError: as L{unsubscribe}"""
        left: float = await self._call("pause", producerId=producerId)
        return left

    async def resume(self, producerId: int) -> float:
        """@return: seconds left. @raise ParameterError: as L{unsubscribe}"""
        left: float = await self._call("resume", producerId=producerId)
        return left

    async def estimate(
        self,
        template: Template,
        filter: Filter = None,
        encoding: str | None = None,
        rateLimit: float | None = None,
    ) -> Estimate:
        """
        Ask what a subscription would bring; nobody is subscribed, and nothing is started.

        @param template: which events
        @param encoding: how they would be written: C{xml}, C{bp} or C{ulm}; C{None} for the usual way
        @param rateLimit: most events a second
        @raise ParameterError: template, filter, encoding or rate limit cannot be used
        @raise NotImplementedException: it has no dry run
        """
        found: Estimate = await self._call(
            "estimate",
            template=asTemplate(template),
            filter=asFilter(filter),
            encoding=encoding,
            rateLimit=rateLimit,
        )
        return found


class ConsumerProxy(ComponentProxy):
    """A consumer elsewhere."""

    role = GMARole.CONSUMER
    path = "/services/consumer"
    portType = CONSUMER

    async def notify(
        self,
        events: Event | Iterable[Event],
        callerId: int | None = None,
        sequence: int | None = None,
        missed: int | None = None,
    ) -> int:
        """
        Bring events.

        @param events: one, or several
        @param callerId: of the subscription they are of, as its caller calls it; C{None} for none
        @param sequence: number of the first of them in that subscription
        @param missed: how many before them were left out on purpose
        @return: how many were taken
        @raise ParameterError: no event; or no subscription of this id is known there, and it takes no others
        """
        accepted: int = await self._call(
            "notify",
            callerId=callerId,
            sequence=sequence,
            missed=missed,
            event=[events] if isinstance(events, Event) else list(events),
        )
        return accepted

    async def subscribe(
        self, template: Template, callerId: int | None = None, lease: float | None = None
    ) -> Destination:
        """
        Ask where a producer may send what it has.

        @param template: what it will send
        @param callerId: what the producer calls it; C{None} for a new random number
        @param lease: seconds; C{None} for the usual ones
        @raise ParameterError: the template cannot be used
        @raise TooLarge: too many subscriptions
        """
        own = newId() if callerId is None else callerId
        consumerId, dataUrl, encoding, granted = await self._call(
            "subscribe", template=asTemplate(template), callerId=own, lease=lease
        )
        return Destination(own, consumerId, dataUrl, encoding, granted)

    async def query(
        self, template: Template, callerId: int | None = None, producer: str | None = None
    ) -> Wanted:
        """
        Ask which of the events a producer offers are wanted; they are brought by one L{notify}.

        @param template: what it offers
        @param callerId: under which they will be brought; C{None} for a new random number
        @param producer: its URL, when it has one
        """
        own = newId() if callerId is None else callerId
        wanted = await self._call(
            "query", template=asTemplate(template), callerId=own, producer=producer
        )
        return Wanted(own, wanted)

    async def renew(self, consumerId: int, lease: float | None = None) -> float:
        """@return: seconds granted. @raise ParameterError: there is none of this id here, or it is another's"""
        granted: float = await self._call("renew", consumerId=consumerId, lease=lease)
        return granted

    async def unsubscribe(self, consumerId: int) -> int:
        """End a subscription. @return: its id. @raise ParameterError: as L{renew}"""
        ended: int = await self._call("unsubscribe", consumerId=consumerId)
        return ended


Attributes = Mapping[str, str] | Iterable[tuple[str, str]]
"""Pairs of name and value."""


class RegistryProxy(ComponentProxy):
    """A directory of producers and consumers elsewhere (pyGMA's Registry)."""

    role = GMARole.REGISTRY
    path = "/services/directory"
    portType = DIRECTORY

    async def add(self, entry: GMAEntry, lease: float | None = None) -> Added:
        """
        Add a producer or consumer; what its owner has added before with the same role and endpoint is renewed instead.

        @param lease: seconds; C{None} for the usual ones
        @raise TooLarge: a bound of the directory
        """
        return Added(*await self._call("add", entry=entry, lease=lease))

    async def update(self, entryId: str, entry: GMAEntry, lease: float | None = None) -> Added:
        """
        Put another entry in the place of one; role and endpoint must be the same.

        @raise ParameterError: there is none of this id, or it is another's
        """
        granted, matches = await self._call("update", entryId=entryId, entry=entry, lease=lease)
        return Added(entryId, granted, matches)

    async def remove(self, entryId: str) -> None:
        """End an entry. @raise ParameterError: as L{update}"""
        await self._call("remove", entryId=entryId)

    async def renew(self, entryId: str, lease: float | None = None) -> float:
        """@return: seconds granted. @raise ParameterError: as L{update}"""
        granted: float = await self._call("renew", entryId=entryId, lease=lease)
        return granted

    async def renewMany(
        self, entryIds: Iterable[str], lease: float | None = None
    ) -> Mapping[str, float | None]:
        """@return: by id the seconds granted; C{None} for one that is unknown or another's"""
        results = await self._call("renewMany", entryId=list(entryIds), lease=lease)
        return dict(results)

    async def search(
        self,
        role: GMARole | str | None = None,
        template: Template | None = None,
        xpath: str | None = None,
        attributes: Attributes = (),
        limit: int | None = None,
        cursor: str | None = None,
    ) -> SearchAnswer:
        """
        Who there is; all that is given must hold.

        @param template: one of the entry's event types could match what this one does
        @param xpath: selects entries among the registry's C{ogsi:entry}
        @param attributes: each must be among the entry's; a value may be a glob
        @param limit: entries of a page
        @param cursor: of the page before
        @raise ParameterError: what cannot be used
        """
        page: SearchAnswer = await self._call(
            "search",
            role=_roleText(role),
            template=None if template is None else asTemplate(template),
            xpath=xpath,
            attribute=_pairs(attributes),
            limit=limit,
            cursor=cursor,
        )
        return page

    async def watch(
        self,
        consumer: str,
        role: GMARole | str | None = None,
        template: Template | None = None,
        attributes: Attributes = (),
        callerId: int | None = None,
        lease: float | None = None,
    ) -> Watching:
        """
        Have a consumer told of every entry that is there, that comes, changes and goes. Parameters as L{search}.

        Asked again for the same consumer and C{callerId}, the watch is renewed.

        @param consumer: its URL
        @param callerId: under which it is told; C{None} for a new random number
        @raise Refused: the directory may not call there
        """
        own = newId() if callerId is None else callerId
        watchId, granted = await self._call(
            "watch",
            role=_roleText(role),
            template=None if template is None else asTemplate(template),
            attribute=_pairs(attributes),
            consumer=consumer,
            callerId=own,
            lease=lease,
        )
        return Watching(own, watchId, granted)

    async def unwatch(self, watchId: int) -> int:
        """End a watch. @return: its id. @raise ParameterError: there is none of this id, or it is another's"""
        ended: int = await self._call("unwatch", watchId=watchId)
        return ended


def _roleText(role: GMARole | str | None) -> str | None:
    return role.value if isinstance(role, GMARole) else role


def _pairs(attributes: Attributes) -> list[tuple[str, str]]:
    pairs = list(attributes.items() if isinstance(attributes, Mapping) else attributes)
    for one in pairs:
        if not (isinstance(one, tuple | list) and len(one) == 2):
            raise ParameterError(f"an attribute is a pair of name and value, not {cut(one)}")
    return pairs
