"""Who holds how much of the bytes that all of a plane may: above the bound who holds most loses something."""

from typing import Protocol

from gma_twisted.streams.counts import StreamCounts
from gma_twisted.timing import Fullest

__all__ = ["Held", "Holder"]


class Holder(Protocol):
    """Holds bytes."""

    def dropOldest(self) -> None:
        """Let go of something, and say so (L{Held.change}). It holds something when it is asked."""


class Held:
    """
    The bytes that wait in a plane. Whoever gets little and writes it on soon never holds most: what goes is of those
    who stall, however many lines come for the others.
    """

    __slots__ = ("_counts", "_fullest")

    def __init__(self, counts: StreamCounts) -> None:
        """@param counts: of the plane"""
        self._counts = counts
        self._fullest: Fullest[Holder] = Fullest()

    def change(self, holder: Holder, before: int, after: int) -> None:
        """Somebody who held so many bytes before holds so many now; nobody is asked for anything."""
        self._counts.held += after - before
        self._fullest.change(holder, before, after)

    def bound(self, most: float) -> None:
        """Have those who hold most let go of their oldest, until all hold no more than that."""
        while self._counts.held > most:
            holder = self._fullest.holder()
            if holder is None:
                return
            holder.dropOldest()
