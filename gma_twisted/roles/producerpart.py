"""The producer of a node: a server somebody wrote, its operations, and what it may begin itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from twisted.logger import Logger

from gma_twisted.errors import GMAError, NotImplementedException, TooLarge, cut
from gma_twisted.interfaces.eventdemand import IEventDemand
from gma_twisted.interfaces.events import IEventEngine
from gma_twisted.interfaces.gma import IConsumer, IProducer
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventFilter, Features
from gma_twisted.model.template import Template
from gma_twisted.netlogger.numbers import checkName
from gma_twisted.roles.demanded import Demanded
from gma_twisted.roles.implemented import Implemented
from gma_twisted.roles.methods import UserMethods
from gma_twisted.roles.offers import Offer, Offers
from gma_twisted.roles.place import RoleLimits, RolePlace
from gma_twisted.roles.producer import ProducerServer
from gma_twisted.roles.producerrole import ProducerRole
from gma_twisted.timing import Ready, Turns

__all__ = ["ProducerPart", "producerRole"]

log = Logger()

_FIRST = 1
# Events of one notification.
_TOGETHER = 500
# Templates of what a consumer wants of one offer.
_WANTED = 64


def producerRole(
    server: ProducerServer,
    engine: IEventEngine,
    place: RolePlace,
    connect: Callable[[str], Awaitable[IConsumer]] | None = None,
    limits: RoleLimits | None = None,
    demand: IEventDemand | None = None,
) -> "ProducerPart":
    """
    Make a producer of a server.

    @param server: from now on, until the part is stopped, it publishes to the engine
    @param connect: gives a proxy of the consumer at a URL, for what a producer begins; C{None}: it may begin nothing
    @param demand: told of what is asked; C{None} where nothing runs on demand
    """
    return ProducerPart(server, engine, place, connect, limits or RoleLimits(), demand)


class ProducerPart:
    """
    A served producer; what its server asks of the framework comes here, see L{ProducerServer}.

    @ivar role: the operations it implements, as a service takes them
    """

    def __init__(
        self,
        server: ProducerServer,
        engine: IEventEngine,
        place: RolePlace,
        connect: Callable[[str], Awaitable[IConsumer]] | None,
        limits: RoleLimits,
        demand: IEventDemand | None,
    ) -> None:
        """See L{producerRole}."""
        self._demanded = Demanded(place.clock, UserMethods(server), demand)
        self._server = server
        self._engine = engine
        self._place = place
        self._connect = connect
        self._all = ProducerRole(server, engine, place, limits, self._demanded)
        self._offers = (
            None
            if connect is None
            else Offers(place.clock, engine, connect, place.numbers, limits.held, self._demanded)
        )
        self.role = Implemented(self._all, IProducer, self._all.operations)
        server.servedBy(self)

    @property
    def features(self) -> Features:
        """What it can do, computed from its methods."""
        return self._all.features

    def start(self) -> Awaitable[None]:
        """Let leases end."""
        self._all.start()
        return Ready(None)

    async def stop(self) -> None:
        """End subscriptions and offers; the server hears of each subscription, within a bounded time."""
        if self._offers is not None:
            await self._offers.stop()
        await self._all.stop()
        await self._demanded.stop()
        self._server.servedBy(None)

    def owners(self) -> Sequence[str]:
        """Who has subscriptions."""
        return self._all.owners()

    def endOf(self, owners: Collection[str]) -> int:
        """End all subscriptions of some owners; the server hears of each. @return: how many"""
        return self._all.endOf(owners)

    def counts(self) -> Mapping[str, int]:
        """How many C{subscriptions} and C{offers} there are."""
        offers = 0 if self._offers is None else len(self._offers)
        return {"subscriptions": len(self._all), "offers": offers}

    def publish(self, event: Event, source: str) -> None:
        """See L{ProducerServer.publish}."""
        checkName(event.name)
        self._engine.publish(event, source)

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
        return self._engine.query(event, filter, mode, interval, maxEvents, cursor)

    def estimate(
        self,
        event: Event,
        filter: EventFilter | None,
        encoding: str | None,
        rateLimit: float | None,
    ) -> Awaitable[Estimate]:
        """See L{ProducerServer.estimate}."""
        expected = self._demanded.expected(event.name, rateLimit)
        return self._engine.estimate(event, filter, encoding, rateLimit, expected)

    def wanted(self, name: str) -> float | None:
        """See L{ProducerServer.wanted}."""
        return self._demanded.wanted(name)

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
        if self._offers is None:
            raise self._cannotBegin()
        return self._offers.begin(consumerUrl, template, filter, rateLimit, lookBack, lease)

    async def answer(self, consumerUrl: str, template: Event, mode: str) -> int:
        """See L{ProducerServer.answer}."""
        offered = Template(template)
        consumer = await self._consumer(consumerUrl)
        callerId = self._place.numbers()
        wanted = await consumer.query(template, callerId, self._place.url)
        if len(wanted) > _WANTED:
            raise TooLarge(
                f"{cut(consumerUrl)} wants {len(wanted)} kinds of events at once, more than {_WANTED}"
            )
        turns = Turns(self._place.clock)
        events: list[Event] = []
        before: list[Template] = []
        more = 0
        for one in wanted:
            # Nothing that is not offered, and nothing twice.
            found = [
                event
                for event in await self._ownAnswer(one, mode)
                if offered.matches(event) and not any(each.matches(event) for each in before)
            ]
            before.append(Template(one))
            await turns.breathe()
            room = _TOGETHER - len(events)
            events += found[:room]
            more += max(0, len(found) - room)
        if not events:
            return 0
        if more:
            log.warn(
                "{more} events are left out of an answer, which has {most} at most",
                more=more,
                most=_TOGETHER,
            )
        # By name: of a proxy the parts that must be there come first.
        taken: int = await consumer.notify(
            callerId=callerId, sequence=_FIRST + more, missed=more or None, event=events
        )
        return taken

    async def _ownAnswer(self, template: Event, mode: str) -> Sequence[Event]:
        """What it has of what somebody wants: as its own doQuery answers, or what was published."""
        arguments = (template, None, mode, None, None, None)
        if "query" in self.role.operations:
            return (await self._all.query(*arguments)).events
        return (await self._engine.query(*arguments)).events

    async def notify(self, consumerUrl: str, events: Sequence[Event]) -> int:
        """See L{ProducerServer.notify}."""
        consumer = await self._consumer(consumerUrl)
        taken = 0
        for start in range(0, len(events), _TOGETHER):
            together = events[start : start + _TOGETHER]
            taken += await consumer.notify(
                callerId=None, sequence=None, missed=None, event=together
            )
        return taken

    async def _consumer(self, url: str) -> IConsumer:
        if self._connect is None:
            raise self._cannotBegin()
        return await self._connect(url)

    def _cannotBegin(self) -> GMAError:
        return NotImplementedException(
            f"{type(self._server).__name__} is served without a way to consumers it begins with"
        )
