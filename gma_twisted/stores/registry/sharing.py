"""Equal values kept once: a million entries have few different owners and lists of interfaces."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from gma_twisted.model import Locator, Registration
from gma_twisted.stores.registry.view import textOfNames, textOfPairs

__all__ = ["Pool"]

T = TypeVar("T", bound=Hashable)

_VALUES = 4096
_LARGEST = 4096
_BYTES = 4 * 1024**2


class Pool:
    """
    The values met last, by value.

    It forgets all when it has 4,096 values or 4 MiB: what is met again is shared anew, and what nobody keeps any
    more goes.
    """

    __slots__ = ("_size", "_values")

    def __init__(self) -> None:
        """Make an empty pool."""
        self._values: dict[Hashable, Hashable] = {}
        self._size = 0

    def share(self, value: T, sizeOf: Callable[[T], int]) -> T:
        """
        The value that stands for all equal ones.

        @param value: of a class whose equals are interchangeable
        @param sizeOf: gives its bytes; one of more than 4,096 is given back as it is
        """
        held = self._values.get(value)
        if held is not None:
            return held  # type: ignore[return-value]
        size = sizeOf(value)
        if size > _LARGEST:
            return value
        if len(self._values) == _VALUES or self._size + size > _BYTES:
            self._values.clear()
            self._size = 0
        self._values[value] = value
        self._size += size
        return value

    def registration(self, row: Registration) -> Registration:
        """
        An equal row that shares what others have too, and has tuples however it came: kept and read back from a
        recorder it is the same.
        """
        member, share = row.member, self.share
        return Registration(
            row.entry,
            Locator(
                tuple(member.handles),
                share(tuple(member.interfaces), textOfNames),
                tuple(member.references),
            ),
            share(row.name, len),
            share(tuple(row.attributes), textOfPairs),
            row.content,
            share(row.owner, len),
            row.since,
            row.until,
        )
