"""A consumer elsewhere: C{proxy = await ConsumerProxy.connect(url, caller)} (WIRE 6)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gma_twisted.client.gmacomponent import ComponentProxy, Template, asTemplate, newId
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMARole
from gma_twisted.soap.porttypes.gma import CONSUMER

__all__ = ["ConsumerProxy", "Destination", "Wanted"]


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
