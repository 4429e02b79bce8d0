"""What contracts of things that live on a clock stand on: a virtual clock, and how to wait."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.timing import NodeClock, toDeferred

__all__ = ["ClockStand"]

T = TypeVar("T")

# A mixin: as a TestCase it would be run by every module that imports it.
if TYPE_CHECKING:
    _Case = SynchronousTestCase
else:
    _Case = object


class ClockStand(_Case):
    """
    A clock at instant 0.

    @ivar time: the reactor's clock
    @ivar clock: the node's; its wall clock runs with it
    """

    def setUp(self) -> None:
        """Begin at instant 0."""
        super().setUp()
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: 1_700_000_000.0 + self.time.seconds())

    def result(self, awaitable: Awaitable[T]) -> T:
        """The value of an awaitable; a store that needs time gives it some here."""
        value: T = self.successResultOf(toDeferred(awaitable))
        return value

    def sweep(self) -> None:
        """Give the store time to remove what is gone, without more passing than a moment."""
        for _ in range(40):
            self.time.advance(0.01)
