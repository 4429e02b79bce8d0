"""What happened to the notices and values that came from elsewhere: for the status page and for metrics."""

import attrs

__all__ = ["InboxCounts", "IntakeCounts"]


@attrs.define(slots=True, eq=False)
class IntakeCounts:
    """
    Counts since the start, of all sources of one service. A value that comes again counts again.

    @ivar notices: that were applied
    @ivar put: values that were new here, or other ones than before, those of C{unfit} among them
    @ivar extended: values that only held for another time
    @ivar removed: values that a source took back
    @ivar beside: values of which another route's copy is here and stays
    @ivar older: those of C{beside} that the copy here is newer than
    @ivar late: values whose C{availableUntil} had passed when they came
    @ivar ownPath: values dropped because they had come through this node
    @ivar ownOriginator: values dropped because they were this node's own
    @ivar tooFar: values dropped because they had come through too many nodes
    @ivar unfit: values left out because there was no room for them
    @ivar unasked: values dropped because nobody asked for their name
    @ivar foreign: values without C{gma:originator}, taken as their source's own
    """

    notices: int = 0
    put: int = 0
    extended: int = 0
    removed: int = 0
    beside: int = 0
    older: int = 0
    late: int = 0
    ownPath: int = 0
    ownOriginator: int = 0
    tooFar: int = 0
    unfit: int = 0
    unasked: int = 0
    foreign: int = 0


@attrs.define(slots=True, eq=False)
class InboxCounts:
    """
    What arrived and was not applied, since the start, of all sources of one service.

    @ivar repeated: notices that had been applied; acknowledged again
    @ivar outdated: notices of an epoch that is over; refused
    @ivar forged: notices of another subscription, or without the header their source writes; refused
    @ivar missed: notices that showed that something was missed, or that the source did not send one before;
        everything was asked for anew
    @ivar busy: notices sent back because too many waited
    @ivar failed: notices, and other messages, that could not be read, or not be applied
    @ivar unknown: calls of sinks that are not open; refused
    """

    repeated: int = 0
    outdated: int = 0
    forged: int = 0
    missed: int = 0
    busy: int = 0
    failed: int = 0
    unknown: int = 0
