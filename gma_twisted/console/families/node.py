"""The node itself: what it is, how long it serves, and how its configuration was read."""

from collections.abc import Iterable, Sequence

from gma_twisted.console.families.family import Family, Value, instant, one
from gma_twisted.console.families.reading import Reading

__all__ = ["NODE"]


def _lastReload(reading: Reading) -> Iterable[Value]:
    # A node that was never reloaded has the configuration it started with.
    return (((), reading.reloads["outcome"] in ("", "good")),)


def _lastGoodReload(reading: Reading) -> Iterable[Value]:
    last = str(reading.reloads["lastGood"])
    return [((), instant(last))] if last else ()


def _reloads(reading: Reading) -> Iterable[Value]:
    return [((outcome,), int(reading.reloads[outcome])) for outcome in ("good", "bad")]


def _identity(reading: Reading) -> Iterable[Value]:
    node = reading.node
    return (((node.name, node.kind, node.role, node.version), 1),)


def _certificateEnds(reading: Reading) -> Iterable[Value]:
    ends = reading.node.certificateEnds()
    return [] if ends is None else [((), ends)]


def _listsEnd(reading: Reading) -> Iterable[Value]:
    ends = reading.node.listsEnd()
    return [] if ends is None else [((), ends)]


NODE: Sequence[Family] = (
    Family(
        "gma_node_info",
        "gauge",
        "Always 1; what the node is.",
        _identity,
        ("name", "kind", "role", "version"),
    ),
    Family(
        "gma_ready",
        "gauge",
        "1 while the node answers for everything it has, 0 while it starts or stops.",
        one(lambda reading: not reading.node.ready()),
    ),
    Family(
        "gma_uptime_seconds",
        "gauge",
        "Seconds since the node started.",
        one(lambda reading: reading.node.uptime()),
    ),
    Family(
        "gma_config_reloads_total",
        "counter",
        "How often the configuration was read again: good when all of it was applied.",
        _reloads,
        ("outcome",),
    ),
    Family(
        "gma_config_last_reload_successful",
        "gauge",
        "1 when all of the configuration was applied the last time it was read, else 0.",
        _lastReload,
    ),
    Family(
        "gma_config_last_reload_success_timestamp_seconds",
        "gauge",
        "When the configuration was last read again and applied, seconds since 1970; none before the first time.",
        _lastGoodReload,
    ),
    Family(
        "gma_tls_not_after_seconds",
        "gauge",
        "When the certificate the node shows ends, seconds since 1970; none without one.",
        _certificateEnds,
    ),
    Family(
        "gma_tls_lists_not_after_seconds",
        "gauge",
        "When the first revocation list is out of date, seconds since 1970; none without one.",
        _listsEnd,
    ),
    Family(
        "gma_service_data_elements",
        "gauge",
        "Values of service data of all services.",
        one(lambda reading: reading.node.elementCount()),
    ),
)
