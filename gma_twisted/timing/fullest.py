"""Who holds most of what all share, known at any time without a look at all of them."""

from typing import Generic, TypeVar

__all__ = ["Fullest"]

T = TypeVar("T")

# Sizes of more binary digits than that are as good as each other.
_RANKS = 48


class Fullest(Generic[T]):
    """
    Tells who holds most, within a factor of two: what has to go when all hold too much is of those who stall, and never
    of those who get little and pass it on soon.
    """

    __slots__ = ("_ranks",)

    def __init__(self) -> None:
        """Nobody holds anything."""
        # By the number of binary digits of what they hold, which seldom changes.
        self._ranks: list[dict[T, None]] = [{} for _ in range(_RANKS)]

    def change(self, holder: T, before: int, after: int) -> None:
        """Somebody who held so much before holds so much now."""
        old, new = _rankOf(before), _rankOf(after)
        if old == new:
            return
        if old:
            del self._ranks[old][holder]
        if new:
            self._ranks[new][holder] = None

    def holder(self) -> T | None:
        """Who holds more than half of what anybody holds; C{None} when nobody holds anything."""
        for rank in reversed(self._ranks):
            if rank:
                return next(iter(rank))
        return None


def _rankOf(size: int) -> int:
    return min(size.bit_length(), _RANKS - 1)
