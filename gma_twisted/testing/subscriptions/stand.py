"""What every part of the contract of subscriptions stands on: one store, a virtual clock, an observer."""

from collections.abc import Sequence
from typing import TypeVar

from gma_twisted.errors import GMAError
from gma_twisted.interfaces import ISubscriptionStore
from gma_twisted.model import SubscriptionChanges, SubscriptionCommand
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.testing.subscriptions.model import Event, eventsOf
from gma_twisted.timing import NodeClock

__all__ = ["SubscriptionStand"]

E = TypeVar("E", bound=GMAError)


class SubscriptionStand(ClockStand):
    """
    A started store and what its tests say of it.

    @ivar store: made by L{makeStore} and started
    @ivar heard: everything an observer was told
    """

    def makeStore(self, clock: NodeClock) -> ISubscriptionStore:
        """A new, empty store that has not been started."""
        raise NotImplementedError

    def setUp(self) -> None:
        """Start a store at instant 0 and listen to it."""
        super().setUp()
        self.store = self.makeStore(self.clock)
        self.heard: list[SubscriptionChanges] = []
        self.store.observe(self.heard.append)
        self.result(self.store.start())

    def tearDown(self) -> None:
        """Stop the store."""
        self.result(self.store.stop())

    def commit(self, *commands: SubscriptionCommand) -> SubscriptionChanges:
        """Commit and wait."""
        return self.result(self.store.commit(commands))

    def refused(self, kind: type[E], *commands: SubscriptionCommand) -> E:
        """Commit what must fail, at once or later, and see that it changes and tells nothing."""

        async def attempt() -> E:
            try:
                await self.store.commit(commands)
            except kind as error:
                return error
            raise AssertionError(f"{commands} was done")

        before = (self.store.all(), list(self.heard))
        error = self.result(attempt())
        self.assertEqual((self.store.all(), self.heard), before)
        return error

    def attempt(self, commands: Sequence[SubscriptionCommand]) -> set[Event] | str:
        """Commit and wait. @return: what the answer tells, or the code of the error"""

        async def attempt() -> set[Event] | str:
            try:
                return set(eventsOf(await self.store.commit(commands)))
            except GMAError as error:
                return error.code

        return self.result(attempt())

    def sweep(self) -> None:
        """Give the store time to end what is over, part by part, and wait until that is told."""
        told = -1
        while told != len(self.heard):
            told = len(self.heard)
            super().sweep()
            self.commit()

    def events(self) -> list[Event]:
        """Everything heard, commits put together."""
        return [event for changes in self.heard for event in eventsOf(changes)]

    def ids(self) -> list[str]:
        """The ids of everything there is."""
        return [row.id for row in self.store.all()]
