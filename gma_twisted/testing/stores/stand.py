"""What every part of the store contract stands on: one store, a virtual clock, an observer."""

from typing import TypeVar

import attrs

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
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import NodeClock, toDeferred

__all__ = ["ONE", "TWO", "StoreStand", "asking", "shown"]

E = TypeVar("E", bound=GMAError)

ONE = QName("urn:a", "one")
TWO = QName("urn:a", "two")


def asking(*names: str, limit: int | None = None, cursor: str | None = None) -> NameQuery:
    """A query for names in Clark notation."""
    selectors = []
    for name in names:
        namespace, _, local = name[1:].partition("}")
        selectors.append(NameSelector(QName(namespace, local)))
    return NameQuery(tuple(selectors), Freshness.ANY, limit, cursor)


class StoreStand(ClockStand):
    """
    A started store and what its tests say of it.

    @ivar store: made by L{makeStore} and started
    @ivar heard: everything an observer was told
    """

    def makeStore(self, clock: NodeClock) -> IServiceDataStore:
        """A new, empty store that has not been started."""
        raise NotImplementedError

    def setUp(self) -> None:
        """Start a store at instant 0 and listen to it."""
        super().setUp()
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

    def changes(self) -> list[Change]:
        """Everything heard, commits put together."""
        return [change for changes in self.heard for change in changes.changes]


def shown(element: ServiceDataElement) -> str:
    """Originator, key and text of a value."""
    text = element.tail[1:].partition(b"<")[0].decode()
    return f"{element.key.originator} {element.key.key} {text}"
