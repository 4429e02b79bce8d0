"""Servers, an engine that remembers, and the other ends, for tests of the roles of the GMA."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from zope.interface import implementer

from gma_twisted.errors import ParameterError, RequestError
from gma_twisted.interfaces.events import IEventEngine, IEventFeed
from gma_twisted.model import Caller
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventFilter, EventSource, Terms
from gma_twisted.roles import ProducerServer, RolePlace
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import Ready

__all__ = ["ALICE", "BOB", "URL", "Engine", "Feed", "GMAStand", "PyGMAProducer", "event"]

P = TypeVar("P", bound="Part")
URL = "http://consumer:8491/services/consumer"
ALICE = Caller("alice", "10.0.0.1")
BOB = Caller("bob", "10.0.0.2")


def event(name: str = "load") -> Event:
    """An event, or a template."""
    return Event(name, 0)


class Part(Protocol):
    """What begins and ends."""

    def start(self) -> Awaitable[None]:
        """Begin."""

    def stop(self) -> Awaitable[None]:
        """End."""


@implementer(IEventFeed)
class Feed:
    """Remembers what is asked of it."""

    first = 1

    def __init__(self, terms: Terms, callerId: int, over: Callable[[str], bool | None]) -> None:
        self.terms = terms
        self.callerId = callerId
        self.over = over
        self.calls: list[str] = []

    def begin(self) -> None:
        """See L{IEventFeed}."""
        self.calls.append("begin")

    def pause(self) -> None:
        """See L{IEventFeed}."""
        self.calls.append("pause")

    def resume(self) -> None:
        """See L{IEventFeed}."""
        self.calls.append("resume")

    def modify(self, filter: EventFilter | None, rateLimit: float | None) -> None:
        """See L{IEventFeed}."""
        self.calls.append(f"modify {rateLimit}")

    def move(self, dataUrl: str, encoding: str | None, callerId: int) -> None:
        """See L{IEventFeed}."""
        self.callerId = callerId
        self.calls.append(f"move {dataUrl}")

    def end(self) -> None:
        """See L{IEventFeed}."""
        self.calls.append("end")


@implementer(IEventEngine)
class Engine:
    """
    Remembers what is asked of it.

    @ivar feeds: that were made
    @ivar answer: of every query
    @ivar refusal: of whatever is checked
    """

    schemes: Sequence[str] = ("http",)
    encodings: Sequence[str] = ("xml",)

    def __init__(self) -> None:
        self.feeds: list[Feed] = []
        self.published: list[tuple[str, str]] = []
        self.queries: list[tuple[Any, ...]] = []
        self.estimates: list[tuple[Any, ...]] = []
        self.answer = EventAnswer([event("kept")])
        self.refusal: RequestError | None = None

    def publish(self, event: Event, source: str = "") -> None:
        """See L{IEventEngine}."""
        self.published.append((event.name, source))

    def keep(
        self, events: Sequence[tuple[Event, str]], positions: Mapping[str, str] | None = None
    ) -> Awaitable[None]:
        """See L{IEventEngine}."""
        for one, source in events:
            self.publish(one, source)
        return Ready(None)

    def expect(self, source: str, seconds: float) -> None:
        """See L{IEventEngine}."""

    def failed(self, source: str, reason: str) -> None:
        """See L{IEventEngine}."""

    def alive(self, source: str) -> None:
        """See L{IEventEngine}."""

    def forget(self, source: str) -> None:
        """See L{IEventEngine}."""

    def sources(self) -> Sequence[EventSource]:
        """See L{IEventEngine}."""
        return ()

    def check(self, terms: Terms, caller: Caller) -> Awaitable[None]:
        """See L{IEventEngine}."""
        if self.refusal is not None:
            raise self.refusal
        if "forbidden" in terms.dataUrl:
            raise ParameterError(f"{terms.dataUrl} is forbidden")
        return Ready(None)

    def subscribe(
        self, terms: Terms, callerId: int, over: Callable[[str], bool | None], owner: str = ""
    ) -> Feed:
        """See L{IEventEngine}."""
        self.feeds.append(Feed(terms, callerId, over))
        return self.feeds[-1]

    def query(
        self,
        template: Event,
        filter: EventFilter | None,
        mode: str,
        interval: float | None,
        maxEvents: int | None,
        cursor: str | None,
    ) -> Awaitable[EventAnswer]:
        """See L{IEventEngine}."""
        self.queries.append((template.name, filter, mode, interval, maxEvents, cursor))
        return Ready(self.answer)

    def estimate(
        self,
        template: Event,
        filter: EventFilter | None,
        encoding: str | None,
        rateLimit: float | None,
        expected: Mapping[str, float | None],
    ) -> Awaitable[Estimate]:
        """See L{IEventEngine}."""
        self.estimates.append((template.name, filter, encoding, rateLimit, dict(expected)))
        return Ready(Estimate(2.0, 100.0, "a guess", 60.0, 120))

    def counts(self) -> Mapping[str, int]:
        """See L{IEventEngine}."""
        return {}

    def start(self) -> Awaitable[None]:
        """See L{IEventEngine}."""
        return Ready(None)

    def stop(self) -> Awaitable[None]:
        """See L{IEventEngine}."""
        return Ready(None)


class PyGMAProducer(ProducerServer):
    """The published sample, with what Python 3 removed."""

    def __init__(self) -> None:
        self.freeIds = [4, 1, 3]
        self.subscribed: dict[int, int] = {}
        self.named: dict[str, Any] = {}

    def doSubscribe(self, event: Event, url: str, sId: int, **kw: Any) -> int:
        """Take one of the free ids."""
        id = self.freeIds.pop()
        self.subscribed[id] = sId
        self.named = kw
        return id

    def doUnsubscribe(self, sid: int) -> int:
        """Give it back."""
        if sid not in self.subscribed:
            raise ParameterError(f"Bad id {sid}")
        del self.subscribed[sid]
        self.freeIds.append(sid)
        return sid


class GMAStand(ClockStand):
    """
    A test of a role.

    @ivar place: where it lives; ids are 1001, 1002 and so on
    @ivar engine: of producers
    """

    def setUp(self) -> None:
        """Make a place and an engine."""
        super().setUp()
        self.place = RolePlace(
            "http://site:8490/services/producer",
            "life-1",
            self.clock,
            iter(range(1001, 10_000)).__next__,
        )
        self.engine = Engine()
        # After all parts were stopped.
        self.addCleanup(lambda: self.assertEqual(self.time.getDelayedCalls(), []))

    def ended(self, part: P) -> P:
        """A part that is started, and stopped at the end of the test; no timer is left then."""
        self.result(part.start())
        self.addCleanup(lambda: self.result(part.stop()))
        return part
