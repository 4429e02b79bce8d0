"""What changed in a directory lately, for watches that come to it later."""

from collections import deque
from collections.abc import Iterator
from itertools import islice

from gma_twisted.registration.directoryindex import Listed
from gma_twisted.registration.postings import EntryKey

__all__ = ["ChangeLog"]

_Noted = tuple[EntryKey, Listed | None, int]


class ChangeLog:
    """
    The last changes in their order. A watch remembers the place up to which it has read; what is left out before that
    is told by L{lost}.

    @ivar end: place behind the last change
    """

    __slots__ = ("_changes", "_most", "_mostSize", "_size", "end")

    def __init__(self, most: int, mostSize: int) -> None:
        """
        @param most: changes
        @param mostSize: bytes of the entries they replaced or ended, about
        """
        self.end = 0
        self._most = most
        self._mostSize = mostSize
        self._size = 0
        self._changes: deque[_Noted] = deque()

    def add(self, key: EntryKey, before: Listed | None) -> None:
        """An entry came, changed or went. @param before: as it was; C{None} when it came"""
        size = 0 if before is None else before.size
        self._changes.append((key, before, size))
        self._size += size
        self.end += 1
        while len(self._changes) > self._most or self._size > self._mostSize:
            self._size -= self._changes.popleft()[2]

    def forget(self) -> None:
        """Nobody will read what is here."""
        self._changes.clear()
        self._size = 0

    def lost(self, place: int) -> int:
        """How many changes behind a place are here no more."""
        return max(0, self.end - len(self._changes) - place)

    def since(self, place: int) -> Iterator[tuple[EntryKey, Listed | None]]:
        """The changes behind a place, of which none is lost; nothing may be added meanwhile."""
        first = self.end - len(self._changes)
        for key, before, _ in islice(self._changes, place - first, None):
            yield key, before
