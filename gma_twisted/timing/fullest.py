"""Who holds most of what all share, known at any time without a look at all of them."""

from typing import Generic, TypeVar

import attrs

__all__ = ["Fullest", "FullestOwner"]

T = TypeVar("T")

# Sizes of more binary digits than that are as good as each other.
_RANKS = 48
# Owners who hold nothing any more and are remembered all the same.
_KEPT = 1_000


class Fullest(Generic[T]):
    """
    Tells who holds most, within a factor of two: what has to go when all hold too much is of those who stall, and never
    of those who get little and pass it on soon.
    """

    __slots__ = ("_ranks",)

    def __init__(self) -> None:
        """Nobody holds anything."""
        # By the number of binary digits of what they hold, which seldom changes; only those there are.
        self._ranks: dict[int, dict[T, None]] = {}

    def change(self, holder: T, before: int, after: int) -> None:
        """Somebody who held so much before holds so much now."""
        old, new = _rankOf(before), _rankOf(after)
        if old == new:
            return
        if old:
            rank = self._ranks[old]
            del rank[holder]
            if not rank:
                del self._ranks[old]
        if new:
            self._ranks.setdefault(new, {})[holder] = None

    def holder(self) -> T | None:
        """Who holds more than half of what anybody holds; C{None} when nobody holds anything."""
        return next(iter(self._ranks[max(self._ranks)])) if self._ranks else None


@attrs.define(slots=True, eq=False)
class _Share(Generic[T]):
    """What one owner's hold, all together."""

    size: int = 0
    holders: Fullest[T] = attrs.field(factory=Fullest)


class FullestOwner(Generic[T]):
    """
    Tells who holds most of those whose owner has most by all of them together: nobody drives out others by being many
    that hold little each.
    """

    __slots__ = ("_owners", "_shares")

    def __init__(self) -> None:
        """Nobody holds anything."""
        # Of those without an owner, themselves.
        self._owners: Fullest[_Share[T] | T] = Fullest()
        # Of those who hold something, and of some who did: they come again.
        self._shares: dict[str, _Share[T]] = {}

    def change(self, owner: str, holder: T, before: int, after: int) -> None:
        """
        Somebody who held so much before holds so much now.

        @param owner: whose it is; empty: nobody's, and it is judged by itself
        """
        if before == after:
            return
        # Calls are only made where a rank changes, which is seldom.
        isAnother = before.bit_length() != after.bit_length()
        if not owner:
            if isAnother:
                self._owners.change(holder, before, after)
            return
        share = self._shares.get(owner)
        if share is None:
            share = self._shares[owner] = _Share()
        total = share.size
        share.size = now = total + after - before
        if isAnother:
            share.holders.change(holder, before, after)
        if total.bit_length() != now.bit_length():
            self._owners.change(share, total, now)
            if not now and len(self._shares) > _KEPT:
                del self._shares[owner]

    def holder(self) -> T | None:
        """
        One who holds more than half of what any other of its owner does, of an owner that has more than half of what
        any other has; C{None} when nobody holds anything.
        """
        found = self._owners.holder()
        return found.holders.holder() if isinstance(found, _Share) else found


def _rankOf(size: int) -> int:
    return min(size.bit_length(), _RANKS - 1)
