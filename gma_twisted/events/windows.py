"""Windows of time that events fall into, and when each of them is over."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import attrs

__all__ = ["EventTime", "Window", "Windows"]

T = TypeVar("T")


@attrs.define(slots=True)
class EventTime:
    """
    What time it is for those who make events: what the newest says, and from then on later with the node's clock.

    So windows end when events stop, and of the past, told all at once, none is late that came in order. It is never
    later than by the node's clock: one clock that is wrong would make the events of all others late.

    @ivar ahead: nanoseconds an event may be ahead of the node's clock
    """

    ahead: int
    _offset: int | None = attrs.field(default=None, init=False)

    def see(self, time: int, now: int) -> bool:
        """
        An event came.

        @param time: its timestamp, nanoseconds since 1970
        @param now: the node's clock, likewise
        @return: whether it is not too far ahead
        """
        if time - now > self.ahead:
            return False
        offset = min(0, time - now)
        if self._offset is None or offset > self._offset:
            self._offset = offset
        return True

    def at(self, now: int) -> int | None:
        """What time it is; C{None} before the first event. @param now: the node's clock"""
        return None if self._offset is None else now + self._offset


@attrs.frozen(slots=True, eq=False)
class Window(Generic[T]):
    """
    Some time of one group of events.

    @ivar start: nanoseconds since 1970
    @ivar end: likewise; it does not belong to it
    @ivar content: what was made of its events
    """

    start: int
    end: int
    content: T


@attrs.define(slots=True, eq=False)
class Windows(Generic[T]):
    """
    Tumbling windows: one after the other, all of one length, the first from 1970 on; for each group its own.

    @ivar length: nanoseconds
    @ivar late: how long after its end a window waits for events that come late
    @ivar most: windows that may be open at once
    @ivar tooLate: events whose window is over
    @ivar tooEarly: events too far ahead of the node's clock
    @ivar crowded: events for whose group there is no room
    """

    length: int
    late: int
    most: int
    tooLate: int = attrs.field(default=0, init=False)
    tooEarly: int = attrs.field(default=0, init=False)
    crowded: int = attrs.field(default=0, init=False)
    _time: EventTime = attrs.field(init=False)
    # By end: by group.
    _open: dict[int, dict[Hashable, Window[T]]] = attrs.field(factory=dict, init=False, repr=False)
    _count: int = attrs.field(default=0, init=False)
    _next: int | None = attrs.field(default=None, init=False)
    # All that end until then are over.
    _over: int | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._time = EventTime(self.length + self.late)

    def __len__(self) -> int:
        """How many are open."""
        return self._count

    def find(
        self, time: int, group: Hashable, now: int, make: Callable[[int], T]
    ) -> Window[T] | None:
        """
        The window of an event.

        @param time: its timestamp
        @param now: the node's clock
        @param make: gives the content of a new one, of its start
        @return: C{None} when it is over, or may not be opened; that is counted
        """
        if not self._time.see(time, now):
            self.tooEarly += 1
            return None
        start = time - time % self.length
        end = start + self.length
        if self._over is not None and end <= self._over:
            self.tooLate += 1
            return None
        groups = self._open.get(end)
        found = None if groups is None else groups.get(group)
        if found is None:
            if self._count >= self.most:
                self.crowded += 1
                return None
            found = self._open.setdefault(end, {})[group] = Window(start, end, make(start))
            self._count += 1
            self._next = end if self._next is None else min(self._next, end)
        return found

    def close(self, now: int) -> Sequence[Window[T]]:
        """Those that are over, in the order of their ends; they are forgotten. @param now: the node's clock"""
        time = self._time.at(now)
        if time is None:
            return ()
        over = time - self.late
        if self._over is None or over > self._over:
            self._over = over
        if self._next is None or self._next > over:
            return ()
        ends = sorted(end for end in self._open if end <= over)
        closed = [one for end in ends for one in self._open.pop(end).values()]
        self._count -= len(closed)
        self._next = min(self._open, default=None)
        return closed

    def closeAll(self) -> Sequence[Window[T]]:
        """Those that are open, in the order of their ends; what comes later is too late for them."""
        ends = sorted(self._open)
        closed = [one for end in ends for one in self._open.pop(end).values()]
        self._count, self._next = 0, None
        if ends:
            self._over = ends[-1] if self._over is None else max(self._over, ends[-1])
        return closed
