"""The events of a producer, and its archive of them."""

from collections.abc import Mapping, Sequence

from gma_twisted.console.families.family import Family, ifTold
from gma_twisted.console.families.reading import Reading

__all__ = ["PRODUCING"]


def _produced(reading: Reading) -> Mapping[str, int]:
    return reading.produced


PRODUCING: Sequence[Family] = (
    Family(
        "gma_producer_events_total",
        "counter",
        "Events that were published.",
        ifTold(_produced, "published"),
    ),
    Family(
        "gma_producer_unjudged_events_total",
        "counter",
        "How often a filter of a subscription could not be evaluated.",
        ifTold(_produced, "unjudged"),
    ),
    Family(
        "gma_producer_notifications_total",
        "counter",
        "Notifications that consumers took.",
        ifTold(_produced, "notified"),
    ),
    Family(
        "gma_producer_delivered_events_total",
        "counter",
        "Events in those.",
        ifTold(_produced, "delivered"),
    ),
    Family(
        "gma_producer_failed_notifications_total",
        "counter",
        "Attempts to notify that failed; they are made again.",
        ifTold(_produced, "failed"),
    ),
    Family(
        "gma_producer_missed_events_total",
        "counter",
        "Events that were left out of notifications, once for each subscription; gma_stream_missed_events_total has "
        "those of lines.",
        ifTold(_produced, "missed"),
    ),
    Family(
        "gma_producer_ended_subscriptions_total",
        "counter",
        "Subscriptions that ended because the other end wanted no more.",
        ifTold(_produced, "ended"),
    ),
    Family(
        "gma_producer_subscriptions",
        "gauge",
        "Subscriptions to events.",
        ifTold(_produced, "subscriptions"),
    ),
    Family(
        "gma_producer_offers",
        "gauge",
        "Consumers to which events are offered.",
        ifTold(_produced, "offers"),
    ),
    Family(
        "gma_producer_topics",
        "gauge",
        "Different questions among the subscriptions: an event is judged once for each.",
        ifTold(_produced, "topics"),
    ),
    Family(
        "gma_producer_groups",
        "gauge",
        "Groups of subscriptions that are sent the same lines.",
        ifTold(_produced, "groups"),
    ),
    Family(
        "gma_producer_group_members",
        "gauge",
        "Subscriptions in those.",
        ifTold(_produced, "members"),
    ),
    Family(
        "gma_producer_sources",
        "gauge",
        "Sources of events that are told apart.",
        ifTold(_produced, "sources"),
    ),
    Family(
        "gma_producer_waiting_bytes",
        "gauge",
        "Bytes of events that wait to be notified.",
        ifTold(_produced, "waiting"),
    ),
    Family(
        "gma_producer_unjudged_bytes",
        "gauge",
        "Bytes of events that wait to be judged by filters.",
        ifTold(_produced, "unjudgedBytes"),
    ),
    Family(
        "gma_producer_history_events",
        "gauge",
        "Events of the past that are in memory.",
        ifTold(_produced, "history"),
    ),
    Family(
        "gma_producer_history_bytes",
        "gauge",
        "Bytes of those.",
        ifTold(_produced, "historyBytes"),
    ),
    Family(
        "gma_producer_latest_events",
        "gauge",
        "Events that are the latest of their kind.",
        ifTold(_produced, "latest"),
    ),
    Family(
        "gma_producer_latest_bytes",
        "gauge",
        "Bytes of those.",
        ifTold(_produced, "latestBytes"),
    ),
    Family(
        "gma_archive_events",
        "gauge",
        "Events in the archive; none where there is no archive.",
        ifTold(_produced, "archiveEvents"),
    ),
    Family(
        "gma_archive_bytes",
        "gauge",
        "Bytes of the archive on the disk.",
        ifTold(_produced, "archiveBytes"),
    ),
    Family(
        "gma_archive_stored_events_total",
        "counter",
        "Events that were stored.",
        ifTold(_produced, "archiveStored"),
    ),
    Family(
        "gma_archive_transactions_total",
        "counter",
        "Transactions in which that was done.",
        ifTold(_produced, "archiveBatches"),
    ),
    Family(
        "gma_archive_refused_transactions_total",
        "counter",
        "Transactions that the disk did not take; they are tried again.",
        ifTold(_produced, "archiveRefused"),
    ),
    Family(
        "gma_archive_let_go_events_total",
        "counter",
        "Events that were let go, because they were too old or the archive too large.",
        ifTold(_produced, "archiveLetGo"),
    ),
    Family(
        "gma_archive_unkept_events_total",
        "counter",
        "Events that were told without being stored.",
        ifTold(_produced, "archiveUnkept"),
    ),
    Family(
        "gma_archive_unreadable_events_total",
        "counter",
        "Events that were left out of answers, because they could not be read.",
        ifTold(_produced, "archiveUnreadable"),
    ),
    Family(
        "gma_archive_waiting_events",
        "gauge",
        "Events that wait to be stored.",
        ifTold(_produced, "archiveWaitingEvents"),
    ),
    Family(
        "gma_archive_waiting_bytes",
        "gauge",
        "Bytes of those.",
        ifTold(_produced, "archiveWaitingBytes"),
    ),
)
