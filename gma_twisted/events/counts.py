"""What became of events: for the status page and for metrics."""

import attrs

__all__ = ["EngineCounts"]


@attrs.define(slots=True, eq=False)
class EngineCounts:
    """
    Counts since the start of one engine.

    @ivar published: events that came
    @ivar unjudged: times that a filter could not be evaluated
    @ivar notified: notifications that were taken
    @ivar delivered: events in those
    @ivar failed: attempts that failed; the same is sent again
    @ivar missed: events left out of subscriptions
    @ivar ended: subscriptions that ended because the other end wanted no more
    @ivar waiting: bytes of events that wait for subscribers now
    @ivar groups: of subscriptions that get the same lines, now
    @ivar members: subscriptions in those
    """

    published: int = 0
    unjudged: int = 0
    notified: int = 0
    delivered: int = 0
    failed: int = 0
    missed: int = 0
    ended: int = 0
    waiting: int = 0
    groups: int = 0
    members: int = 0
