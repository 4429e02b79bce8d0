"""An engine with a plane that keeps what is sent, on a clock turned by hand."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer

from gma_twisted.errors import ParameterError
from gma_twisted.events import EngineLimits, EventEngine
from gma_twisted.interfaces.gma import IDataPlane, IEventChannel
from gma_twisted.model import OURSELVES, Caller, Handle
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import EventAnswer, EventFilter, FilterLanguage, Terms
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import Ready

__all__ = [
    "URL",
    "EngineStand",
    "Plane",
    "Sent",
    "admitted",
    "comparison",
    "made",
    "numbersOf",
    "terms",
]

URL = "http://consumer:8491/services/consumer"
WALL = 1_700_000_000


async def admitted(handle: Handle, caller: Caller) -> str:
    """Lets events go anywhere."""
    return ""


def made(name: str, number: float, at: float = WALL) -> Event:
    """An event with a number in it."""
    event = Event(name, Timestamp(int(at * 10**9)))
    event.add(EventField("number", number))
    return event


def numbersOf(events: Sequence[Event]) -> list[object]:
    """The numbers in events."""
    return [one.get("number") for one in events]


def comparison(text: str) -> EventFilter:
    """A filter."""
    return EventFilter(FilterLanguage.COMPARISON, text)


def terms(
    name: str = "*",
    lookBack: float = 0.0,
    rateLimit: float = float("inf"),
    filter: EventFilter | None = None,
    url: str = URL,
) -> Terms:
    """What a subscription asks for."""
    return Terms(Event(name), url, filter, None, lookBack, rateLimit)


@attrs.frozen(slots=True, eq=False)
class Sent:
    """One notification."""

    callerId: int
    events: Sequence[Event]
    sequence: int
    missed: int

    @property
    def told(self) -> tuple[list[object], int, int]:
        """The numbers in its events, its sequence, and how many were missed."""
        return numbersOf(self.events), self.sequence, self.missed


@implementer(IEventChannel)
@attrs.define(slots=True, eq=False)
class Channel:
    """Keeps what is sent."""

    plane: "Plane"
    callerId: int
    isClosed: bool = False

    def send(self, events: Sequence[Event], sequence: int, missed: int) -> Awaitable[None]:
        """See L{IEventChannel}."""
        sent = Sent(self.callerId, list(events), sequence, missed)
        self.plane.attempts.append(sent)
        return self._answered(sent)

    async def _answered(self, sent: Sent) -> None:
        await self.plane.answer(sent)
        self.plane.sent.append(sent)

    def close(self) -> Awaitable[None]:
        """See L{IEventChannel}."""
        self.isClosed = True
        return Ready(None)


@implementer(IDataPlane)
class Plane:
    """
    To consumers of the test.

    @ivar attempts: everything that was sent
    @ivar sent: what was taken of it
    @ivar answer: gives what a consumer does with a notification
    """

    schemes = ("http",)
    encodings = ("xml",)

    def __init__(self) -> None:
        self.attempts: list[Sent] = []
        self.sent: list[Sent] = []
        self.channels: list[Channel] = []
        self.answer: Callable[[Sent], Awaitable[None]] = lambda _: Ready(None)

    def check(self, url: str, encoding: str | None, caller: Caller) -> Awaitable[None]:
        """See L{IDataPlane}."""
        if "forbidden" in url:
            raise ParameterError(f"{url} is forbidden")
        return Ready(None)

    def open(self, terms: Terms, callerId: int) -> Channel:
        """See L{IDataPlane}."""
        channel = Channel(self, callerId)
        self.channels.append(channel)
        return channel

    def hold(self) -> list[Deferred[None]]:
        """Answer nothing from now on. @return: what is waited for, in the order it was sent"""
        waiting: list[Deferred[None]] = []

        def answer(_: Sent) -> Awaitable[None]:
            one: Deferred[None] = Deferred()
            waiting.append(one)
            return one

        self.answer = answer
        return waiting

    def fail(self, *errors: Exception) -> None:
        """Answer with errors, then as before."""
        left = list(errors)

        def answer(_: Sent) -> Awaitable[None]:
            if left:
                raise left.pop(0)
            return Ready(None)

        self.answer = answer

    @property
    def told(self) -> list[tuple[list[object], int, int]]:
        """Of each notification that was taken: numbers, sequence, missed."""
        return [one.told for one in self.sent]


class EngineStand(ClockStand):
    """
    A test with an engine.

    @ivar plane: of C{http}
    @ivar engine: it
    @ivar over: reasons that subscriptions ended by
    """

    limits = EngineLimits()

    def setUp(self) -> None:
        """Make an engine."""
        super().setUp()
        self.plane = Plane()
        self.over: list[str] = []
        # Half of every ceiling.
        self.engine = EventEngine(self.clock, [self.plane], lambda: 0.5, self.limits, "site")
        self.result(self.engine.start())
        self.addCleanup(self._end)

    def _end(self) -> None:
        self.result(self.engine.stop())
        self.assertEqual(self.time.getDelayedCalls(), [])
        self.assertEqual(self.engine.counts()["waiting"], 0)

    def publish(self, *numbers: float, name: str = "load", at: float | None = None) -> None:
        """Publish events, of this instant unless told otherwise."""
        for number in numbers:
            when = WALL + self.time.seconds() if at is None else at
            self.engine.publish(made(name, number, when))

    def subscribe(self, wanted: Terms | None = None, callerId: int = 7):  # type: ignore[no-untyped-def]
        """Subscribe, and begin. @return: the feed"""
        asked = wanted or terms()
        self.result(self.engine.check(asked, OURSELVES))
        feed = self.engine.subscribe(asked, callerId, self.over.append)
        feed.begin()
        return feed

    def ask(
        self,
        name: str = "*",
        mode: str = "history",
        interval: float | None = None,
        maxEvents: int | None = None,
        cursor: str | None = None,
        filter: EventFilter | None = None,
    ) -> EventAnswer:
        """Query."""
        return self.result(
            self.engine.query(Event(name), filter, mode, interval, maxEvents, cursor)
        )
