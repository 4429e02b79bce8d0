"""A manager on a hand-turned clock, and providers that do what a test says."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from gma_twisted.execution import ProviderManager, ProviderSetup
from gma_twisted.execution.status import STATUS_NAME
from gma_twisted.interfaces import IAsyncDataProvider, IResultHandler, ISimpleDataProvider
from gma_twisted.markup import XMLGate, nameOf, valueFromTree
from gma_twisted.markup.parse import Element
from gma_twisted.model import (
    Change,
    Changes,
    ElementKey,
    Lifetime,
    ProviderRun,
    ProviderState,
    QName,
    ServiceDataElement,
)
from gma_twisted.stores import MemoryStore
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.clock import NodeClock
from gma_twisted.timing.ready import Ready

ORIGINATOR = "http://127.0.0.1:8480/services/index"
LOAD = QName("urn:t", "Load")
START = 1000.0
WALL = 1_800_000_000.0


@implementer(ISimpleDataProvider)
@attrs.define(eq=False)
class Scripted:
    """
    Gives what C{next} holds: bytes, an error to raise, or a Deferred to wait for.

    @ivar asked: how often it was asked
    """

    next: Any = b'<Load xmlns="urn:t">1</Load>'
    asked: int = 0
    name: str = "scripted"
    description: str = "what the test says"

    def provide(self) -> Awaitable[bytes]:
        """Give it."""
        self.asked += 1
        if isinstance(self.next, BaseException):
            raise self.next
        if isinstance(self.next, Deferred):
            return self.next
        return Ready(self.next)


@implementer(IAsyncDataProvider)
@attrs.define(eq=False)
class Watcher(Scripted):
    """An asynchronous provider; a test calls C{deliver}."""

    deliver: Callable[[bytes], None] | None = None
    state: ProviderState = ProviderState.IDLE
    stops: int = 0

    def start(self, deliver: Callable[[bytes], None]) -> None:
        """Keep the way to the manager."""
        if isinstance(self.next, Exception):
            raise self.next
        self.deliver = deliver
        self.state = ProviderState.RUNNING

    def stop(self) -> Awaitable[None]:
        """Count it."""
        self.stops += 1
        self.state = ProviderState.TERMINATED
        return Ready(None)


@implementer(IResultHandler)
@attrs.define(eq=False)
class Splitter:
    """
    One value per child, keyed by its C{id}.

    @ivar runs: the facts of each call
    """

    runs: list[ProviderRun] = attrs.field(factory=list)
    originator: str = ORIGINATOR

    def handle(self, document: Element, run: ProviderRun) -> Iterable[ServiceDataElement]:
        """Split it."""
        self.runs.append(run)
        lifetime = Lifetime.lasting(run.now, run.period, run.grace)
        for one in document:
            key = ElementKey(nameOf(one), self.originator, one.get("id", ""))
            yield valueFromTree(one, key, lifetime, run.wallTime)


class Stand:
    """A manager with everything around it."""

    def __init__(self, random: Callable[[], float] = lambda: 0.999) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.node = NodeClock(self.clock, lambda: WALL + self.clock.seconds())
        self.store = MemoryStore(self.node)
        self.changes: list[Change] = []
        self.store.observe(self._note)
        self.manager = ProviderManager(self.node, self.store, ORIGINATOR, XMLGate(), random)

    def _note(self, changes: Changes) -> None:
        self.changes += [one for one in changes.changes if one.key.name != STATUS_NAME]

    def install(self, provider: ISimpleDataProvider, name: str = "load", **options: Any) -> None:
        """Install a ready provider, every ten seconds unless told otherwise."""
        settings: dict[str, Any] = {"interval": 10.0, "timeout": 5.0, "grace": 60.0, **options}
        self.manager.install(ProviderSetup(name=name, factory=lambda: provider, **settings))

    def start(self) -> None:
        """Start the manager."""
        started = toDeferred(self.manager.start())
        assert started.called

    def wait(self, seconds: float, step: float = 0.5) -> None:
        """Let time pass in small steps."""
        for _ in range(round(seconds / step)):
            self.clock.advance(step)

    def row(self, name: str = "load") -> dict[str, str]:
        """The status of a provider, as rows show it."""
        return next(dict(row) for row in self.manager.status() if row["name"] == name)

    def value(self, name: QName = LOAD, key: str = "") -> ServiceDataElement | None:
        """A value in the store."""
        return self.store.get(ElementKey(name, ORIGINATOR, key))

    def told(self, name: str = "load") -> dict[str, str]:
        """The status of a provider, as clients read it."""
        element = self.store.get(ElementKey(STATUS_NAME, ORIGINATOR, name))
        assert element is not None
        root = XMLGate().parse(element.content)
        return {nameOf(one).localName: one.text or "" for one in root}
