"""What became of lines that came: for the status page and for metrics."""

import attrs

__all__ = ["ListenCounts", "OrderCounts"]


@attrs.define(slots=True, eq=False)
class ListenCounts:
    """
    Counts since the start of one place where lines are listened for.

    @ivar connections: that were taken
    @ivar refused: connections, or datagrams, of who may not send lines, or that were too many
    @ivar closed: connections that were closed here, for what they sent or did not send
    @ivar events: that were handed on and taken
    @ivar bad: lines that are no events
    @ivar tooLong: of them, those that are longer than a line may be
    @ivar leftOut: events that were not taken
    @ivar retried: times that events were offered again
    @ivar datagrams: that came
    @ivar dropped: of them, those there was no room for
    """

    connections: int = 0
    refused: int = 0
    closed: int = 0
    events: int = 0
    bad: int = 0
    tooLong: int = 0
    leftOut: int = 0
    retried: int = 0
    datagrams: int = 0
    dropped: int = 0


@attrs.define(slots=True, eq=False)
class OrderCounts:
    """
    Counts since the start of one L{StreamIntake <gma_twisted.streams.intake.StreamIntake>}.

    @ivar begun: numbered connections
    @ivar unknown: connections that were closed for how a stream began: nobody asked for it, or it says nothing usable
    @ivar bad: lines that are called as the beginning of a stream, and begin none; by UDP, or among plain lines
    @ivar superseded: connections that ended because the same stream came by another one
    @ivar plain: events of no subscription
    @ivar delivered: events of subscriptions
    @ivar repeated: lines that came already
    @ivar unnumbered: lines without a number, of numbered connections
    @ivar gaps: times that something was missing
    @ivar filled: events that were missing, and were asked for
    @ivar missed: events that never came, as far as their number is known
    @ivar lost: times that events may be missing and nobody knows how many
    @ivar leftOut: events that came and were not taken
    """

    begun: int = 0
    unknown: int = 0
    bad: int = 0
    superseded: int = 0
    plain: int = 0
    delivered: int = 0
    repeated: int = 0
    unnumbered: int = 0
    gaps: int = 0
    filled: int = 0
    missed: int = 0
    lost: int = 0
    leftOut: int = 0
