"""What a member of a group writes to: a connection, datagrams or a file."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import attrs

from gma_twisted.streams.counts import StreamCounts
from gma_twisted.streams.held import Held
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.timing import Backoff, NodeClock, Slices, Task, gather, spawn

__all__ = ["Closing", "Shared", "Way", "WayUser"]


@attrs.frozen(slots=True, eq=False)
class Shared:
    """
    What all of one plane share.

    @ivar clock: the node's
    @ivar random: gives a number in C{[0, 1)}
    @ivar limits: of the plane
    @ivar backoff: pauses between attempts
    @ivar counts: of the plane
    @ivar slices: when lines are written
    @ivar closing: ways that are being closed
    @ivar held: the bytes that wait, and whose they are
    """

    clock: NodeClock
    random: Callable[[], float]
    limits: StreamLimits
    backoff: Backoff
    counts: StreamCounts
    slices: Slices
    closing: "Closing"
    held: Held


@attrs.define(slots=True, eq=False)
class Closing:
    """Ways that are being closed, each in a bounded time."""

    _tasks: set[Task] = attrs.field(factory=set, init=False, repr=False)

    def add(self, closing: Awaitable[None]) -> None:
        """One more."""
        task = spawn(closing, "the end of a way of lines", self._tasks.discard)
        if not task.ended:
            self._tasks.add(task)

    async def wait(self) -> None:
        """Done when all are closed."""
        await gather([one.wait() for one in tuple(self._tasks)])


class WayUser(Protocol):
    """Who writes to a way."""

    def opened(self) -> None:
        """It can be written to."""

    def drained(self) -> None:
        """What was written has been taken: more can be written."""

    def lost(self, doubtful: int) -> None:
        """
        It cannot be written to until L{opened} is called again.

        @param doubtful: of what was written so many events perhaps did not arrive
        """

    def leaveOut(self, count: int) -> None:
        """So many events of what was written were left out."""


class Way(Protocol):
    """Where lines go. One write is under way at a time."""

    def start(self) -> None:
        """Open it; again and again until it is closed."""

    def write(self, data: bytes, events: int) -> None:
        """
        Write lines; L{WayUser.drained} is called when they were taken, never before this returns.

        @param events: how many events these are, or tell of as left out
        """

    def close(self) -> Awaitable[None]:
        """Close it in a bounded time; nothing is called any more."""
