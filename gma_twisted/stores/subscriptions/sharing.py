"""Equal values kept once: a million subscriptions have few topics and owners."""

from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Shared"]

T = TypeVar("T", bound=Hashable)


class Shared(Generic[T]):
    """
    The values that rows have in common, for as long as a row has one: equal ones are one object.

    A row that comes joins, one that goes leaves.
    """

    __slots__ = ("_values",)

    def __init__(self) -> None:
        """Nobody has anything."""
        self._values: dict[T, tuple[T, int]] = {}

    def __len__(self) -> int:
        """How many different values there are."""
        return len(self._values)

    def join(self, value: T) -> T:
        """One row more has the value. @return: the one that stands for all equal ones"""
        held, count = self._values.get(value, (value, 0))
        self._values[held] = (held, count + 1)
        return held

    def leave(self, value: T) -> None:
        """One row less has the value, which one had."""
        held, count = self._values[value]
        if count > 1:
            self._values[held] = (held, count - 1)
        else:
            del self._values[held]

    def count(self, value: T) -> int:
        """How many rows have the value."""
        found = self._values.get(value)
        return 0 if found is None else found[1]
