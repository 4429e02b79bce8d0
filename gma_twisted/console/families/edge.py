"""What comes to the ports, and how late the reactor is."""

from collections.abc import Iterable, Sequence

from gma_twisted.console.families.family import Family, Value, byState, one
from gma_twisted.console.families.reading import Reading

__all__ = ["EDGE"]


def _refusals(reading: Reading) -> Iterable[Value]:
    return [((str(status),), count) for status, count in sorted(reading.node.refusals().items())]


def _turnedAway(reading: Reading) -> Iterable[Value]:
    return sorted(reading.node.turnedAway().items())


EDGE: Sequence[Family] = (
    Family(
        "gma_requests_total",
        "counter",
        "Requests that were let in, by whom they were for: soap for the services, web for the pages.",
        byState(lambda reading: reading.requests, ("soap", "web")),
        ("face",),
    ),
    Family(
        "gma_requests_refused_total",
        "counter",
        "Requests that were not let in, by HTTP status.",
        _refusals,
        ("status",),
    ),
    Family(
        "gma_requests_turned_away_total",
        "counter",
        "Requests refused by their head, by what they were (keeping, writing, reading, page) and why: load and size, "
        "the node had too much to do; rate, too many came from their caller; unread, it does not read its answers.",
        _turnedAway,
        ("urgency", "reason"),
    ),
    Family(
        "gma_overloaded",
        "gauge",
        "1 while the node has too much to do and refuses.",
        one(lambda reading: int(reading.node.isOverloaded())),
    ),
    Family(
        "gma_open_connections",
        "gauge",
        "Connections that are open.",
        one(lambda reading: reading.node.connections()),
    ),
    Family(
        "gma_connections_total",
        "counter",
        "Connections that were accepted.",
        one(lambda reading: reading.requests.get("connections", 0)),
    ),
    Family(
        "gma_connections_timed_out_total",
        "counter",
        "Connections that were ended because the peer was too slow, or idle for too long.",
        one(lambda reading: reading.requests.get("deadlines", 0)),
    ),
    Family(
        "gma_connections_dropped_total",
        "counter",
        "Connections that were ended without a word, because there were far too many.",
        one(lambda reading: reading.requests.get("dropped", 0)),
    ),
    Family(
        "gma_tls_failures_total",
        "counter",
        "Connections that ended in TLS: a certificate that is not believed or missing, no suite in common.",
        one(lambda reading: reading.requests.get("failedTLS", 0)),
    ),
    Family(
        "gma_loop_lag_last_seconds",
        "gauge",
        "How late the reactor came the last time to what was due.",
        one(lambda reading: reading.node.lag().last),
    ),
    Family(
        "gma_loop_lag_max_seconds",
        "gauge",
        "The latest the reactor came in the last minute or two to what was due.",
        one(lambda reading: reading.node.lag().most),
    ),
)
