"""What every part of the store contract stands on: one store, a virtual clock, an observer."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Change,
    Changes,
    Freshness,
    NameQuery,
    NameSelector,
    QName,
    ServiceDataElement,
)
from gma_twisted.timing import NodeClock, toDeferred

__all__ = ["ONE", "TWO", "StoreStand", "asking", "shown"]

T = TypeVar("T")
E = TypeVar("E", bound=GMAError)

# A mixin: as a TestCase it would be run by every module that imports it.
if TYPE_CHECKING:
    _Case = SynchronousTestCase
else:
    _Case = object

ONE = QName("urn:a", "one")
TWO = QName("urn:a", "two")


def asking(*names: str, limit: int | None = None, cursor: str | None = None) -> NameQuery:
    """A query for names in Clark notation."""
    selectors = []
    for name in names:
        namespace, _, local = name[1:].partition("}")
        selectors.append(NameSelector(QName(namespace, local)))
    return NameQuery(tuple(selectors), Freshness.ANY, limit, cursor)


class StoreStand(_Case):
    """
    A started store and what its tests say of it.

    @ivar time: the reactor's clock; the store's wall clock runs with it
    @ivar store: made by L{makeStore} and started
    @ivar heard: everything an observer was told
    """

    def makeStore(self, clock: NodeClock) -> IServiceDataStore:
        """A new, empty store that has not been started."""
        raise NotImplementedError

    def result(self, awaitable: Awaitable[T]) -> T:
        """The value of an awaitable; a store that needs time gives it some here."""
        value: T = self.successResultOf(toDeferred(awaitable))
        return value

    def setUp(self) -> None:
        """Start a store at instant 0 and listen to it."""
        super().setUp()
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: 1_700_000_000.0 + self.time.seconds())
        self.store = self.makeStore(self.clock)
        self.heard: list[Changes] = []
        self.store.observe(self.heard.append)
        self.result(self.store.start())

    def tearDown(self) -> None:
        """Stop the store."""
        self.result(self.store.stop())

    def commit(self, *commands: object) -> Changes:
        """Commit and wait."""
        return self.result(self.store.commit(commands))  # type: ignore[arg-type]

    def refused(self, kind: type[E], *commands: object) -> E:
        """Commit what must fail, at once or later."""

        async def attempt() -> None:
            await self.store.commit(commands)  # type: ignore[arg-type]

        deferred = toDeferred(attempt())
        self.time.advance(0)
        return self.failureResultOf(deferred, kind).value  # type: ignore[no-any-return]

    def found(self, *names: str) -> list[str]:
        """Originator, key and text of what the names select, in order."""
        return [shown(element) for element in self.store.find(asking(*names)).elements]

    def pages(self, query: NameQuery) -> list[list[ServiceDataElement]]:
        """Every page of a query, at one instant."""
        pages: list[list[ServiceDataElement]] = []
        while True:
            answer = self.store.find(query)
            pages.append(list(answer.elements))
            if answer.cursor is None:
                return pages
            query = attrs.evolve(query, cursor=answer.cursor)

    def sweep(self) -> None:
        """Give the store time to remove what is gone, without more passing than a moment."""
        for _ in range(40):
            self.time.advance(0.01)

    def changes(self) -> list[Change]:
        """Everything heard, commits put together."""
        return [change for changes in self.heard for change in changes.changes]


def shown(element: ServiceDataElement) -> str:
    """Originator, key and text of a value."""
    text = element.tail[1:].partition(b"<")[0].decode()
    return f"{element.key.originator} {element.key.key} {text}"
