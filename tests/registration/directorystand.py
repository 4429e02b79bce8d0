"""A directory over a registry on a virtual clock, and consumers that are as good or bad as a test wants them."""

from collections.abc import Awaitable, Callable, Sequence
from random import Random

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from gma_twisted.errors import ParameterError, Refused
from gma_twisted.interfaces import ICallerQueries
from gma_twisted.interfaces.gma import IDataPlane, IEventChannel
from gma_twisted.model import Caller
from gma_twisted.model.entrymirror import EntryMirror
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import GMAEntry, GMARole, SearchAnswer, Terms
from gma_twisted.registration import GrantLimits
from gma_twisted.registration.directory import Directory
from gma_twisted.registration.directorylimits import DirectoryLimits
from gma_twisted.timing import NodeClock, Ready
from tests.registration.stand import ANNE, CatalogueCase

__all__ = ["Channel", "DirectoryCase", "Plane", "Ticking", "consumer", "eventType", "producer"]


class Ticking(NodeClock):
    """A clock on which a millisecond passes with every look."""

    def seconds(self) -> float:
        """See L{NodeClock}."""
        assert isinstance(self.reactor, Clock)
        self.reactor.rightNow += 0.001
        return self.reactor.seconds()


def eventType(name: str = "cpu", **fields: str | float | None) -> Event:
    """A template."""
    event = Event(name)
    for key, value in fields.items():
        event.add(EventField(key, value))
    return event


def producer(name: str, *types: Event, attributes: Sequence[tuple[str, str]] = ()) -> GMAEntry:
    """A producer of some events."""
    return GMAEntry(GMARole.PRODUCER, f"http://{name}.example/services/p", types, attributes)


def consumer(name: str, *types: Event, attributes: Sequence[tuple[str, str]] = ()) -> GMAEntry:
    """A consumer of some events."""
    return GMAEntry(GMARole.CONSUMER, f"http://{name}.example/services/c", types, attributes)


@implementer(IEventChannel)
class Channel:
    """
    A consumer: what it took is in C{mirror}, unless C{fails} gives an error, or C{isSlow} and nobody lets it go on.

    @ivar told: names of the events it took
    @ivar sent: how often something was sent to it
    @ivar taking: called before it takes something
    """

    def __init__(self, terms: Terms, callerId: int) -> None:
        self.terms = terms
        self.callerId = callerId
        self.mirror = EntryMirror()
        self.told: list[str] = []
        self.batches: list[Sequence[Event]] = []
        self.sent = 0
        self.isSlow = False
        self.isClosed = False
        self.fails: Callable[[Sequence[Event]], Exception | None] = lambda _: None
        self.taking: Callable[[], object] = lambda: None
        self.waiting: list[Deferred[None]] = []

    def send(self, events: Sequence[Event], sequence: int, missed: int) -> Awaitable[None]:
        """See L{IEventChannel}."""
        self.sent += 1
        return self._take(list(events), sequence, missed)

    async def _take(self, events: Sequence[Event], sequence: int, missed: int) -> None:
        if self.isSlow:
            waiting: Deferred[None] = Deferred()
            self.waiting.append(waiting)
            await waiting
        self.taking()
        error = self.fails(events)
        if error is not None:
            raise error
        self.mirror.take(sequence, missed, events)
        self.told += [event.name.rpartition(".")[2] for event in events]
        self.batches.append(events)

    def goOn(self) -> None:
        """Let what waits be taken."""
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            if not one.called:
                one.callback(None)

    def close(self) -> Awaitable[None]:
        """See L{IEventChannel}."""
        self.isClosed = True
        return Ready(None)


@implementer(IDataPlane)
class Plane:
    """
    The way to consumers.

    @ivar channels: all that were opened
    """

    schemes = ("http",)
    encodings = ("xml",)

    def __init__(self) -> None:
        self.channels: list[Channel] = []

    def check(self, url: str, encoding: str | None, caller: Caller) -> Awaitable[None]:
        """See L{IDataPlane}."""
        if not url.startswith("http:"):
            raise ParameterError(f"{url} is no URL")
        if "secret" in url:
            raise Refused(f"nobody may send to {url}")
        return Ready(None)

    def open(self, terms: Terms, callerId: int) -> Channel:
        """See L{IDataPlane}."""
        self.channels.append(Channel(terms, callerId))
        return self.channels[-1]


class DirectoryCase(CatalogueCase):
    """A started directory in the registry of L{CatalogueCase}."""

    directoryLimits = DirectoryLimits()
    watchGrants = GrantLimits()
    engine: ICallerQueries | None = None

    def setUp(self) -> None:
        """Start it."""
        super().setUp()
        self.plane = Plane()
        self.directory = self.makeDirectory()
        self.done(self.directory.start())

    def makeDirectory(self) -> Directory:
        """A directory over the catalogue, not started."""
        return Directory(
            self.catalogue,
            self.plane,
            Random(1).random,
            "instance",
            "test 1",
            self.engine,
            self.directoryLimits,
            self.watchGrants,
        )

    def add(
        self, entry: GMAEntry, lease: float | None = None, caller: Caller = ANNE
    ) -> tuple[str, list[str]]:
        """Add an entry. @return: its id, and the endpoints of its matches"""
        id, _, matches = self.done(self.directory.add(entry, lease, caller))
        return id, [match.endpoint for match in matches]

    def search(
        self,
        role: str | None = None,
        template: Event | None = None,
        attribute: Sequence[tuple[str, str]] = (),
        xpath: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> SearchAnswer:
        """A page."""
        searching = self.directory.search(role, template, xpath, attribute, limit, cursor, ANNE)
        return self.done(searching)

    def found(
        self, role: str | None = None, template: Event | None = None, **more: str
    ) -> list[str]:
        """The hosts of the endpoints that are found; attributes by keyword."""
        answer = self.search(role, template, tuple(more.items()))
        return [entry.endpoint.split("/")[2].partition(".")[0] for entry in answer.entries]

    def watch(
        self,
        role: str | None = None,
        template: Event | None = None,
        attribute: Sequence[tuple[str, str]] = (),
        callerId: int = 1,
        lease: float | None = None,
        caller: Caller = ANNE,
        consumer: str = "http://watcher.example/services/consumer",
    ) -> tuple[int, float]:
        """Watch."""
        watching = self.directory.watch(
            role, template, attribute, consumer, callerId, lease, caller
        )
        return self.done(watching)
