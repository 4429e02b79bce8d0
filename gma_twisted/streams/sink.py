"""Where the events of lines go: what a node plugs into L{StreamIntake <gma_twisted.streams.intake.StreamIntake>}."""

from collections.abc import Awaitable, Sequence
from typing import Protocol

import attrs

from gma_twisted.model.event import Event
from gma_twisted.streams.order import Position

__all__ = ["Filled", "LinePeer", "StreamSink"]


class LinePeer(Protocol):
    """Who brings lines."""

    @property
    def address(self) -> str:
        """Its address, without a port."""

    def expectWhole(self) -> None:
        """What it brings is numbered from now on: a last line without an end is none, since its numbers may be cut."""

    def close(self, why: str) -> None:
        """Take nothing more of it; of who sends datagrams that cannot be prevented. @param why: for the log"""


@attrs.frozen(slots=True, eq=False)
class Filled:
    """
    What there is of what was missing.

    @ivar events: in their order
    @ivar last: number up to which they are all that there is; below what was asked for, the rest is asked for then
    @ivar missing: how many were there that nobody has any more; C{None}: it is not known whether there were any
    """

    events: Sequence[Event]
    last: int
    missing: int | None = 0


class StreamSink(Protocol):
    """
    Where the events of lines go.

    What it raises whose C{retry} is true is tried again, and meanwhile the connection is not read.
    """

    def isKnown(self, stream: int) -> bool:
        """Whether somebody here asked for it."""

    def position(self, stream: int) -> Position | None:
        """As it was delivered last, before a restart too; C{None} when nothing of it ever came."""

    def fill(self, stream: int, life: str, after: int, upTo: int) -> Awaitable[Filled]:
        """
        Ask the producer for its events C{after < number <= upTo} of a stream.

        @raise GMAError: it cannot be asked, or does not have them
        """

    def deliver(
        self, stream: int, events: Sequence[Event], life: str, last: int, missed: int | None
    ) -> Awaitable[None]:
        """
        Take all of them, perhaps none, and with them how far the stream is.

        @param life: of the numbers, and C{last} the number up to which all was delivered then
        @param missed: how many stand before these and will never come; C{None}: it is not known whether there are any
        @raise Busy: not now; none was taken
        @raise GMAError: these will never be taken; none was
        """

    def plain(self, events: Sequence[Event], address: str) -> Awaitable[None]:
        """
        Take events of no subscription.

        @param address: of who sent them
        @raise Busy: not now; none was taken
        @raise GMAError: these will never be taken; none was
        """
