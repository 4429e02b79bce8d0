"""An answer that is already there, in the shape of an awaitable (ARCHITECTURE rule 2).

Whoever dispatches reads C{value} when C{type(answer) is Ready}; whoever awaits gets it at once. No Deferred
and no coroutine is made for it.
"""

from collections.abc import Generator
from typing import Any, Generic, TypeVar

__all__ = ["Ready"]

T_co = TypeVar("T_co", covariant=True)


class Ready(Generic[T_co]):
    """
    An C{Awaitable[T]} that never waits; it may be awaited any number of times.

    @ivar value: the answer
    """

    __slots__ = ("value",)

    def __init__(self, value: T_co) -> None:
        """@param value: the answer"""
        self.value = value

    def __await__(self) -> Generator[Any, Any, T_co]:
        """Give C{value} without a turn of the reactor."""
        return self.value
        yield  # type: ignore[unreachable]  # makes this a generator, as awaiting needs

    def __repr__(self) -> str:
        """What is ready, for logs and failing tests."""
        return f"Ready({self.value!r})"
