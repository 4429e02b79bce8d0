"""Who holds how much of the bytes that all of a plane may: above the bound, whoever has most loses something."""

from typing import Protocol

from gma_twisted.streams.counts import StreamCounts
from gma_twisted.timing import FullestOwner

__all__ = ["Held", "Holder"]


class Holder(Protocol):
    """
    Holds bytes.

    @ivar owner: who has caused that, as quotas count; empty: nobody
    """

    owner: str

    def dropOldest(self) -> None:
        """Let go of something, and say so (L{Held.change}). It holds something when it is asked."""


class Held:
    """
    The bytes that wait in a plane. What goes is of those who stall, however many lines come for the others: what has
    only just come for somebody who gets it soon is on nobody's account. Owners are judged by all they have on theirs,
    so that nobody drives out others by many subscriptions that hold little each.

    @ivar free: bytes that are on nobody's account
    """

    __slots__ = ("_counts", "_fullest", "free")

    def __init__(self, counts: StreamCounts) -> None:
        """@param counts: of the plane"""
        self._counts = counts
        self.free = 0
        self._fullest: FullestOwner[Holder] = FullestOwner()

    def change(self, holder: Holder, before: int, after: int) -> None:
        """Somebody who held so many bytes before holds so many now; nobody is asked for anything."""
        self._counts.held += after - before
        self._fullest.change(holder.owner, holder, before, after)

    def grow(self, size: int) -> None:
        """So many bytes more are held, on nobody's account yet; less when it is below 0."""
        self._counts.held += size
        self.free += size

    def charge(self, holder: Holder, before: int, after: int) -> None:
        """So many of the bytes that are held are on the account of somebody who had so many on it before."""
        self.free -= after - before
        self._fullest.change(holder.owner, holder, before, after)

    def move(self, holder: Holder, owner: str, size: int) -> None:
        """What somebody has on its account is on another's from now on. @param size: how much that is"""
        if owner != holder.owner:
            self._fullest.change(holder.owner, holder, size, 0)
            holder.owner = owner
            self._fullest.change(owner, holder, 0, size)

    def bound(self, most: float, last: Holder) -> None:
        """
        Have who holds most, of whose owner has most, let go of its oldest, until all hold no more than that.

        @param last: what it got made it too much; it loses its own where nobody has anything on its account
        """
        while self._counts.held > most:
            (self._fullest.holder() or last).dropOldest()
