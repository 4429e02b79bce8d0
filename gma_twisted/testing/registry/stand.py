"""What every part of the registry contract stands on: one store, a virtual clock, an observer."""

from typing import TypeVar

from gma_twisted.errors import GMAError
from gma_twisted.interfaces import IRegistryStore
from gma_twisted.model import (
    Registration,
    RegistryChange,
    RegistryChanges,
    RegistryCommand,
)
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import NodeClock

__all__ = ["RegistryStand"]

E = TypeVar("E", bound=GMAError)


class RegistryStand(ClockStand):
    """
    A started store and what its tests say of it.

    @ivar store: made by L{makeStore} and started
    @ivar heard: everything an observer was told
    """

    def makeStore(self, clock: NodeClock) -> IRegistryStore:
        """A new, empty store that has not been started."""
        raise NotImplementedError

    def setUp(self) -> None:
        """Start a store at instant 0 and listen to it."""
        super().setUp()
        self.store = self.makeStore(self.clock)
        self.heard: list[RegistryChanges] = []
        self.store.observe(self.heard.append)
        self.result(self.store.start())

    def tearDown(self) -> None:
        """Stop the store."""
        self.result(self.store.stop())

    def commit(self, *commands: RegistryCommand) -> RegistryChanges:
        """Commit and wait."""
        return self.result(self.store.commit(commands))

    def refused(self, kind: type[E], *commands: RegistryCommand) -> E:
        """Commit what must fail, at once or later."""

        async def attempt() -> E:
            try:
                await self.store.commit(commands)
            except kind as error:
                return error
            raise AssertionError(f"{commands} was done")

        return self.result(attempt())

    def sweep(self) -> None:
        """Give the store time to end what is gone, part by part, and wait until that is told."""
        told = -1
        while told != len(self.heard):
            told = len(self.heard)
            super().sweep()
            self.result(self.store.sync())

    def changes(self) -> list[RegistryChange]:
        """Everything heard, commits put together."""
        return [change for changes in self.heard for change in changes.changes]

    def ids(self, after: str = "", limit: int = 1000) -> list[str]:
        """The ids of a page."""
        return [row.entry for row in self.store.entries(after, limit)]

    def kept(self, row: Registration) -> Registration:
        """The row as the store has it."""
        found = self.store.get(row.entry)
        assert found is not None, row.entry
        return found
