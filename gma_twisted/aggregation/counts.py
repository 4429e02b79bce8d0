"""What happened to the values that came from elsewhere: for the status page and for metrics."""

import attrs

__all__ = ["IntakeCounts"]


@attrs.define(slots=True, eq=False)
class IntakeCounts:
    """
    Counts since the start, of all sources of one service. A value that comes again counts again.

    @ivar notices: that were applied
    @ivar put: values that were new here, or other ones than before
    @ivar extended: values that only held for another time
    @ivar removed: values that a source took back
    @ivar beside: values of which another route's copy is here and stays
    @ivar older: those of C{beside} that the copy here is newer than
    @ivar late: values whose C{availableUntil} had passed when they came
    @ivar ownPath: values dropped because they had come through this node
    @ivar ownOriginator: values dropped because they were this node's own
    @ivar tooFar: values dropped because they had come through too many nodes
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
    unasked: int = 0
    foreign: int = 0
