"""What the events of a producer may take, and those an index keeps."""

import attrs

__all__ = ["EngineLimits", "EventValueLimits", "PlaneLimits"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=True)
class EngineLimits:
    """
    Bounds of one L{EventEngine <gma_twisted.events.engine.EventEngine>}. Bytes are those of events as XML, about.

    @ivar feeds: subscriptions that are sent to
    @ivar queued: events that wait for one subscriber; of more the oldest are left out, and that is told
    @ivar queuedBytes: the same in bytes
    @ivar allBytes: of events that wait for all subscribers together; above it, the owner who has most waiting loses the
        oldest
    @ivar history: events kept
    @ivar historyBytes: of the events kept
    @ivar historySeconds: how long each is kept
    @ivar latest: names of events of all sources of which the last is kept
    @ivar latestBytes: of these last events
    @ivar judgedBytes: of events that wait to be judged for those who asked for them; of more the oldest are left out
    @ivar askedBytes: of the template and filter of one subscription
    @ivar ownerAskedBytes: of those of all subscriptions of one owner
    @ivar sources: of which it is known how fresh they are
    @ivar eventBytes: of one event
    @ivar batchEvents: of one notification
    @ivar batchBytes: of one notification, but for one event that is larger
    @ivar answerEvents: of one page of an answer
    @ivar answerBytes: of one page of an answer, but for one event that is larger
    @ivar attempts: how often a notification is sent that a consumer answers with a failure of its own, before its
        events are left out; one that cannot be reached is tried for as long as the subscription lasts
    """

    feeds: int = 10_000
    queued: int = 10_000
    queuedBytes: int = 8 * _MIB
    allBytes: int = 256 * _MIB
    history: int = 10_000
    historyBytes: int = 32 * _MIB
    historySeconds: float = 3600.0
    latest: int = 10_000
    latestBytes: int = 32 * _MIB
    judgedBytes: int = 32 * _MIB
    askedBytes: int = 64 * _KIB
    ownerAskedBytes: int = 4 * _MIB
    sources: int = 10_000
    eventBytes: int = 512 * _KIB
    batchEvents: int = 500
    batchBytes: int = 256 * _KIB
    answerEvents: int = 1_000
    answerBytes: int = 512 * _KIB
    attempts: int = 10


@attrs.frozen(slots=True)
class PlaneLimits:
    """
    Bounds of the way to consumers over HTTP.

    @ivar perPeer: notifications on their way to one port of one host
    @ivar waiting: notifications that wait for one port of one host
    @ivar seconds: for one attempt, connecting included
    """

    perPeer: int = 2
    waiting: int = 10_000
    seconds: float = 10.0


@attrs.frozen(slots=True)
class EventValueLimits:
    """
    Bounds of the events that an index keeps as service data; of more the oldest go.

    @ivar values: of all sources together
    @ivar bytes: of all of them, their keys included
    @ivar perSource: values of one source
    """

    values: int = 100_000
    bytes: int = 256 * _MIB
    perSource: int = 1_000
