"""Subscriptions, and the notices on their way."""

from collections.abc import Sequence

from gma_twisted.console.families.family import Family, byState, one

__all__ = ["DELIVERY"]

_SENT = ("delivered", "refused", "unanswered", "dropped")

DELIVERY: Sequence[Family] = (
    Family(
        "gma_subscriptions",
        "gauge",
        "Subscriptions at all services of the node.",
        one(lambda reading: reading.node.subscriptions()),
    ),
    Family(
        "gma_notice_attempts_total",
        "counter",
        "Attempts to deliver a notice, by how they ended; what was refused or unanswered is sent again.",
        byState(lambda reading: reading.notices, _SENT),
        ("outcome",),
    ),
    Family(
        "gma_notice_peers",
        "gauge",
        "Peers to which a notice is to be sent, or could not be a short while ago.",
        one(lambda reading: reading.notices.get("peers", 0)),
    ),
)
