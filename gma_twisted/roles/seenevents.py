"""Events of a subscription that came already, to know them when it is made again and looks back."""

from array import array
from collections.abc import Sequence

from gma_twisted.model.event import Event

__all__ = ["SeenEvents"]

_KEPT = 500


class SeenEvents:
    """The last 500 to 1,000 of one subscription, 8 bytes each; nothing of them is kept but what tells them apart."""

    __slots__ = ("_before", "_last", "isFollowing")

    def __init__(self) -> None:
        """None came."""
        self._last = array("q")
        self._before: frozenset[int] = frozenset()
        self.isFollowing = False

    def note(self, events: Sequence[Event]) -> None:
        """They came."""
        last = self._last
        last.extend([_markOf(one) for one in events[-_KEPT:]])
        if len(last) >= 2 * _KEPT:
            del last[:-_KEPT]

    def follow(self, before: "SeenEvents") -> None:
        """What another one has seen is known here."""
        self.isFollowing = True
        self._before = frozenset(before._last)
        # It may be lost before anything comes.
        self._last = before._last[-_KEPT:]

    def isKnown(self, event: Event) -> bool:
        """Whether it came by one that is followed."""
        return _markOf(event) in self._before


def _markOf(event: Event) -> int:
    items = tuple(
        (depth, item.name, getattr(item, "value", None), getattr(item, "units", None))
        for depth, item in event.walk()
    )
    return hash((event.name, event.timestamp.nanoseconds, event.id, items))
