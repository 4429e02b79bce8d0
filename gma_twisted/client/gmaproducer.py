"""A producer elsewhere: C{proxy = await ProducerProxy.connect(url, caller)} (WIRE 6)."""

from typing import NamedTuple

from gma_twisted.client.gmacomponent import (
    ComponentProxy,
    Filter,
    Template,
    asFilter,
    asTemplate,
    newId,
)
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.gma import EventAnswer, GMARole, QueryMode
from gma_twisted.soap.porttypes.gma import PRODUCER

__all__ = ["Grant", "ProducerProxy"]


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
