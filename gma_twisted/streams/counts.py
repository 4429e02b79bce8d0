"""What became of lines that were sent: for the status page and for metrics."""

import attrs

__all__ = ["StreamCounts"]


@attrs.define(slots=True, eq=False)
class StreamCounts:
    """
    Counts since the start of one plane.

    @ivar lines: events that were written as a line, once for a whole group
    @ivar sent: lines that were handed to connections, datagrams and files
    @ivar bytes: of those
    @ivar missed: events left out, for each that did not get them
    @ivar unwritable: events that no such line can hold
    @ivar connected: connections that were made
    @ivar reconnected: of these, after one was lost
    @ivar failed: attempts to connect, or to write, that failed; they are made again
    @ivar members: subscriptions now
    @ivar connections: open now
    @ivar held: bytes that wait now
    """

    lines: int = 0
    sent: int = 0
    bytes: int = 0
    missed: int = 0
    unwritable: int = 0
    connected: int = 0
    reconnected: int = 0
    failed: int = 0
    members: int = 0
    connections: int = 0
    held: int = 0
