"""Bounds of events: at a producer, on their way, in an index, and of what server classes are asked."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION, SIZE

__all__ = ["EventBounds"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=False)
class EventBounds:
    """
    Of the engines C{events}, C{eventplane}, C{eventvalues}, C{consuming}, C{subscribing} and
    C{roles}.
    """

    eventFeeds: int = key(
        COUNT,
        "subscriptions a producer sends to",
        10_000,
        name="event_subscriptions",
        bound="events.feeds",
    )
    eventsQueued: int = key(
        COUNT,
        "events that wait for one subscriber; of more the oldest are left out, and that is told",
        10_000,
        name="events_queued",
        bound="events.queued",
    )
    eventsQueuedBytes: int = key(
        SIZE,
        "the same in bytes",
        8 * _MIB,
        name="events_queued_size",
        bound="events.queuedBytes",
    )
    eventsWaiting: int = key(
        SIZE,
        "events that wait for all subscribers together; above it, the owner who has most waiting loses the oldest",
        256 * _MIB,
        name="events_waiting_size",
        bound="events.allBytes",
    )
    eventHistory: int = key(
        COUNT,
        "events kept for questions and look-backs",
        10_000,
        name="event_history",
        bound="events.history",
    )
    eventHistoryBytes: int = key(
        SIZE,
        "all events kept",
        32 * _MIB,
        name="event_history_size",
        bound="events.historyBytes",
    )
    eventHistorySeconds: float = key(
        DURATION,
        "how long each is kept",
        3600.0,
        name="event_history_time",
        bound="events.historySeconds",
    )
    eventsLatest: int = key(
        COUNT,
        "names of events of all sources of which the last is kept",
        10_000,
        name="events_latest",
        bound="events.latest",
    )
    eventsLatestBytes: int = key(
        SIZE,
        "these last events together",
        32 * _MIB,
        name="events_latest_size",
        bound="events.latestBytes",
    )
    eventsJudged: int = key(
        SIZE,
        "events that wait to be judged by templates and filters; of more the oldest are left out, and that is told",
        32 * _MIB,
        name="events_judged_size",
        bound="events.judgedBytes",
    )
    eventAsked: int = key(
        SIZE,
        "template and filter of one subscription to events",
        64 * _KIB,
        name="event_asked_size",
        bound="events.askedBytes",
    )
    eventOwnerAsked: int = key(
        SIZE,
        "those of all subscriptions of one owner",
        4 * _MIB,
        name="event_owner_asked_size",
        bound="events.ownerAskedBytes",
    )
    eventSources: int = key(
        COUNT,
        "sources of which it is known how fresh they are",
        10_000,
        name="event_sources",
        bound="events.sources",
    )
    eventSize: int = key(
        SIZE,
        "one event",
        512 * _KIB,
        name="event_size",
        bound="events.eventBytes",
    )
    eventBatch: int = key(
        COUNT,
        "events of one notification",
        500,
        name="event_batch",
        bound="events.batchEvents",
    )
    eventBatchBytes: int = key(
        SIZE,
        "one notification, but for one event that is larger",
        256 * _KIB,
        name="event_batch_size",
        bound="events.batchBytes",
    )
    eventAnswer: int = key(
        COUNT,
        "events of one page of an answer",
        1_000,
        name="event_answer",
        bound="events.answerEvents",
    )
    eventAnswerBytes: int = key(
        SIZE,
        "one page of an answer, but for one event that is larger",
        512 * _KIB,
        name="event_answer_size",
        bound="events.answerBytes",
    )
    eventAttempts: int = key(
        COUNT,
        "how often a notification is sent that a consumer fails to take, before its events are left out",
        10,
        name="event_attempts",
        bound="events.attempts",
    )
    eventPerPeer: int = key(
        COUNT,
        "notifications of events on their way to one port of one host",
        2,
        name="event_per_peer",
        bound="eventplane.perPeer",
    )
    eventPeerWaiting: int = key(
        COUNT,
        "notifications of events that wait for one port of one host",
        10_000,
        name="event_peer_waiting",
        bound="eventplane.waiting",
    )
    eventTimeout: float = key(
        DURATION,
        "one attempt to notify, connecting included",
        10.0,
        name="event_timeout",
        bound="eventplane.seconds",
    )
    eventValues: int = key(
        COUNT,
        "events an index keeps as service data, of all producers together; of more the oldest are left out",
        100_000,
        name="event_values",
        bound="eventvalues.values",
    )
    eventValuesBytes: int = key(
        SIZE,
        "the same in bytes",
        256 * _MIB,
        name="event_values_size",
        bound="eventvalues.bytes",
    )
    eventValuesPerSource: int = key(
        COUNT,
        "those of them of one producer",
        1_000,
        name="event_values_per_source",
        bound="eventvalues.perSource",
    )
    notified: int = key(
        SIZE,
        "one message to a consumer; what is larger is refused unread",
        _MIB,
        name="notified_size",
        bound="consuming.message",
    )
    notifiedEvents: int = key(
        COUNT,
        "events of one notification to a consumer",
        1_000,
        name="notified_events",
        bound="consuming.events",
    )
    subscribed: int = key(
        COUNT,
        "producers a consumer subscribes to because one directory names them; all together 1000",
        500,
        name="subscribed_producers",
        bound="subscribing.producers",
    )
    subscribedPerHost: int = key(
        COUNT,
        "those of them at one host",
        64,
        name="subscribed_per_host",
        bound="subscribing.perHost",
    )
    subscribedNamed: int = key(
        COUNT,
        "entries of a directory a consumer reads to find them",
        10_000,
        name="subscribed_named",
        bound="subscribing.named",
    )
    roleHeld: int = key(
        COUNT,
        "subscriptions at a producer or consumer, or entries of a directory of one's own",
        10_000,
        name="role_held",
        bound="roles.held",
    )
    rolePerOwner: int = key(
        COUNT,
        "those of them of one owner",
        1_000,
        name="role_per_owner",
        bound="roles.perOwner",
    )
    roleTracked: int = key(
        COUNT,
        "numbers of subscriptions a consumer keeps count of though it was not told of them",
        10_000,
        name="role_tracked",
        bound="roles.tracked",
    )
    roleEventTypes: int = key(
        COUNT,
        "event types of one entry of a directory of one's own",
        64,
        name="role_event_types",
        bound="roles.eventTypes",
    )
    roleEntrySize: int = key(
        SIZE,
        "one entry of a directory of one's own: endpoint, attributes and event types",
        256 * _KIB,
        name="role_entry_size",
        bound="roles.entryBytes",
    )
    roleAnswer: float = key(
        DURATION,
        "how long a consumer waits for the events it said it wants",
        60.0,
        name="role_answer",
        bound="roles.answerSeconds",
    )
