"""Events that wait for one subscriber, oldest first, and between them how many were left out."""

from collections import deque
from collections.abc import Sequence

import attrs

from gma_twisted.model.event import Event

__all__ = ["Batch", "Line"]


@attrs.define(slots=True, eq=False)
class _Waiting:
    """An event, and how many were left out just before it."""

    event: Event
    size: int
    missed: int


@attrs.frozen(slots=True, eq=False)
class Batch:
    """
    What one notification has.

    @ivar missed: how many were left out before the last of them, since the batch before
    @ivar size: bytes of them all
    """

    events: Sequence[Event]
    sizes: Sequence[int]
    missed: int
    size: int


class Line:
    """
    A queue that knows what it lacks.

    @ivar size: bytes of what waits
    """

    __slots__ = ("_after", "_events", "size")

    def __init__(self) -> None:
        """Nothing waits."""
        self._events: deque[_Waiting] = deque()
        # How many were left out after the last that waits.
        self._after = 0
        self.size = 0

    def __len__(self) -> int:
        """How many wait."""
        return len(self._events)

    def append(self, event: Event, size: int) -> None:
        """One more waits, behind all others."""
        self._events.append(_Waiting(event, size, self._after))
        self._after = 0
        self.size += size

    def leaveOut(self) -> None:
        """One is left out behind all others."""
        self._after += 1

    def putBack(self, events: Sequence[Event], sizes: Sequence[int]) -> None:
        """They wait again, before all others."""
        again = [_Waiting(event, size, 0) for event, size in zip(events, sizes, strict=True)]
        self._events.extendleft(reversed(again))
        self.size += sum(sizes)

    def dropFirst(self) -> None:
        """The first of those that wait is left out."""
        first = self._events.popleft()
        self.size -= first.size
        self.missFirst(first.missed + 1)

    def missFirst(self, count: int) -> None:
        """So many were left out before the first of those that wait."""
        if self._events:
            self._events[0].missed += count
        else:
            self._after += count

    def take(self, mostEvents: int, mostBytes: int) -> Batch:
        """Take the first of them out, one at least: there must be one."""
        taken = [self._events.popleft()]
        size = taken[0].size
        while self._events and len(taken) < mostEvents and size + self._events[0].size <= mostBytes:
            taken.append(self._events.popleft())
            size += taken[-1].size
        self.size -= size
        return Batch(
            [one.event for one in taken],
            [one.size for one in taken],
            sum(one.missed for one in taken),
            size,
        )

    def clear(self) -> None:
        """Nothing waits any more."""
        self._events.clear()
        self._after = 0
        self.size = 0
