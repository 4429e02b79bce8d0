"""The events that come to a consumer, and what a compound node makes of them."""

from collections.abc import Mapping, Sequence

from gma_twisted.console.families.family import Family, ifTold, told
from gma_twisted.console.families.reading import Reading

__all__ = ["CONSUMING"]

# Each kind of compound node has some of them.
_REASONS = ("filtered", "circled", "unfit", "late", "early", "crowded")


def _consumed(reading: Reading) -> Mapping[str, int]:
    return reading.consumed


def _compounded(reading: Reading) -> Mapping[str, int]:
    return reading.compounded


CONSUMING: Sequence[Family] = (
    Family(
        "gma_consumer_events_total",
        "counter",
        "Events that came, by message or by line, and were taken.",
        ifTold(_consumed, "events"),
    ),
    Family(
        "gma_consumer_repeated_events_total",
        "counter",
        "Events that had come before, and were not given again.",
        ifTold(_consumed, "repeated"),
    ),
    Family(
        "gma_consumer_missed_events_total",
        "counter",
        "Events that never came, as their producers told.",
        ifTold(_consumed, "missed"),
    ),
    Family(
        "gma_consumer_lost_events_total",
        "counter",
        "Events that are missing without a word, as far as their numbers tell.",
        ifTold(_consumed, "gaps"),
    ),
    Family(
        "gma_consumer_subscriptions",
        "gauge",
        "Subscriptions whose events are taken.",
        ifTold(_consumed, "subscriptions"),
    ),
    Family(
        "gma_compound_events_total",
        "counter",
        "Events that came to a compound node; none at others.",
        ifTold(_compounded, "taken"),
    ),
    Family(
        "gma_compound_left_out_events_total",
        "counter",
        "Events of which nothing was made, and summaries that could not be told, by why; late, early and crowded count "
        "for each rule.",
        told(_compounded, {one: one for one in _REASONS}),
        ("reason",),
    ),
    Family(
        "gma_compound_summaries_total",
        "counter",
        "Summaries that were made; none where there are none.",
        ifTold(_compounded, "summaries"),
    ),
    Family(
        "gma_compound_open_windows",
        "gauge",
        "Windows that are not over: each is a summary to come.",
        ifTold(_compounded, "open"),
    ),
)
