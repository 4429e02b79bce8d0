"""Rows in the order their identities came, found again by serial number: what makes paging stable and cheap."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import attrgetter
from typing import Generic, Protocol, TypeVar

from gma_twisted.model import ServiceDataElement

__all__ = ["Numbered", "OrderedRows", "Row"]

_serialOf = attrgetter("serial")
_LEAF = 512
_SPARSE = 128


class Row:
    """
    The place of one identity: the element in it changes, the place stays. Compared by identity.

    @ivar element: the value now
    @ivar serial: grows with every identity that is added to a store
    @ivar place: where the value is recorded; see L{Stored <gma_twisted.stores.recording.Stored>}
    """

    __slots__ = ("element", "place", "serial")

    def __init__(self, element: ServiceDataElement, serial: int) -> None:
        """@param serial: higher than that of every row before"""
        self.element = element
        self.serial = serial
        self.place = 0


class Numbered(Protocol):
    """
    What can be kept in order.

    @ivar serial: stays as it is
    """

    serial: int


R = TypeVar("R", bound=Numbered)


class OrderedRows(Generic[R]):
    """
    Rows by serial, in leaves of at most 512: adding, removing and finding a place take O(log n).

    A plain list would move half of a million pointers for one removal, a dict cannot be entered in the middle.
    """

    __slots__ = ("_ends", "_leaves", "_size")

    def __init__(self) -> None:
        """Make an empty sequence."""
        self._leaves: list[list[R]] = []
        # No serial in leaf i is above _ends[i]; the row that had it may be gone.
        self._ends: list[int] = []
        self._size = 0

    def __len__(self) -> int:
        """How many rows."""
        return self._size

    def __iter__(self) -> Iterator[R]:
        """Every row in order; the rows must not change meanwhile."""
        for leaf in self._leaves:
            yield from leaf

    def append(self, row: R) -> None:
        """Add a row whose serial is above all others."""
        if self._leaves and len(self._leaves[-1]) < _LEAF:
            self._leaves[-1].append(row)
            self._ends[-1] = row.serial
        else:
            self._leaves.append([row])
            self._ends.append(row.serial)
        self._size += 1

    def remove(self, row: R) -> None:
        """Take out a row that is in here."""
        at = bisect_left(self._ends, row.serial)
        leaf = self._leaves[at]
        del leaf[bisect_left(leaf, row.serial, key=_serialOf)]
        self._size -= 1
        if not leaf:
            del self._leaves[at], self._ends[at]
        elif len(leaf) < _SPARSE:
            self._merge(at)
            self._merge(at - 1)

    def _merge(self, at: int) -> None:
        if 0 <= at < len(self._leaves) - 1:
            leaf, following = self._leaves[at], self._leaves[at + 1]
            if len(leaf) + len(following) <= _LEAF - _SPARSE:
                leaf.extend(following)
                self._ends[at] = self._ends[at + 1]
                del self._leaves[at + 1], self._ends[at + 1]

    def after(self, serial: int) -> Iterator[R]:
        """The rows with a higher serial, in order; the rows must not change meanwhile."""
        at = bisect_right(self._ends, serial)
        if at < len(self._leaves):
            leaf = self._leaves[at]
            yield from leaf[bisect_right(leaf, serial, key=_serialOf) :]
            for leaf in self._leaves[at + 1 :]:
                yield from leaf
