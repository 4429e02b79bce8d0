"""The metrics of a node, declared once: name, type, what it says, labels, and where its values come from."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs

from gma_twisted.errors import ParameterError
from gma_twisted.interfaces import INodeControl
from gma_twisted.markup.xsd import readDateTime
from gma_twisted.model import UpstreamState

__all__ = ["FAMILIES", "MEMBERSHIP_STATES", "PROVIDER_STATES", "Family", "Reading"]

PROVIDER_STATES = ("idle", "running", "failed", "backoff", "hung", "stopped")
"""What a provider can be doing."""

MEMBERSHIP_STATES = ("waiting", "trying", "registered", "stopped")
"""How a service can stand with a registry elsewhere."""

# Values of a family: those of its labels, and the number.
_Value = tuple[Sequence[str], float]

_WHAT = {
    "put": "put",
    "extended": "extended",
    "removed": "removed",
    "beside": "beside",
    "late": "late",
    "own_path": "ownPath",
    "own_originator": "ownOriginator",
    "too_far": "tooFar",
    "unasked": "unasked",
}
_ARRIVED = {
    "applied": "notices",
    "repeated": "repeated",
    "outdated": "outdated",
    "forged": "forged",
    "busy": "busy",
    "failed": "failed",
    "unknown": "unknown",
}
_SENT = ("delivered", "refused", "unanswered", "dropped")


@attrs.frozen(slots=True, eq=False)
class Reading:
    """
    What a node tells at one moment; each thing is asked once.

    @ivar node: asked for what costs nothing
    @ivar providers: see L{INodeControl.providers}
    @ivar registry: see L{INodeControl.registry}
    @ivar memberships: how many, by state
    @ivar sources: how many, by state
    @ivar aggregation: see L{INodeControl.aggregation}
    @ivar notices: see L{INodeControl.notices}
    @ivar requests: see L{INodeControl.requests}
    @ivar reloads: see L{INodeControl.reloads}
    """

    node: INodeControl
    providers: Sequence[Mapping[str, str]]
    registry: Mapping[str, int]
    memberships: Mapping[str, int]
    sources: Mapping[str, int]
    aggregation: Mapping[str, int]
    notices: Mapping[str, int]
    requests: Mapping[str, int]
    reloads: Mapping[str, int | str]

    @classmethod
    def of(cls, node: INodeControl) -> "Reading":
        """Ask a node."""
        return cls(
            node,
            node.providers(),
            node.registry(),
            Counter(row.get("state", "") for row in node.memberships()),
            Counter(row.get("state", "") for row in node.sources()),
            node.aggregation(),
            node.notices(),
            node.requests(),
            node.reloads(),
        )


@attrs.frozen(slots=True, eq=False)
class Family:
    """
    One metric with all its labels.

    @ivar name: as it is exposed, C{_total} of a counter included
    @ivar kind: C{gauge} or C{counter}
    @ivar text: what it says, a sentence
    @ivar values: takes them out of a reading
    @ivar labels: names of its labels; their values are the operator's words or of a fixed set, never a peer's text
    """

    name: str
    kind: str
    text: str
    values: Callable[[Reading], Iterable[_Value]]
    labels: Sequence[str] = ()


def _one(read: Callable[[Reading], float]) -> Callable[[Reading], Iterable[_Value]]:
    return lambda reading: (((), read(reading)),)


def _states(
    read: Callable[[Reading], Mapping[str, int]], states: Iterable[str]
) -> Callable[[Reading], Iterable[_Value]]:
    """Those too that nothing is in: what charts them should not have to guess."""
    every = tuple(states)
    return lambda reading: [((state,), read(reading).get(state, 0)) for state in every]


def _counted(
    read: Callable[[Reading], Mapping[str, int]], names: Mapping[str, str]
) -> Callable[[Reading], Iterable[_Value]]:
    return lambda reading: [((shown,), read(reading).get(name, 0)) for shown, name in names.items()]


def _providers(
    key: str, number: Callable[[str], float] = float
) -> Callable[[Reading], Iterable[_Value]]:
    """Of each provider that has it: one that never ran has no duration."""

    def values(reading: Reading) -> Iterator[_Value]:
        for row in reading.providers:
            text = row.get(key, "")
            if text:
                yield (row["name"],), number(text)

    return values


def _providerStates(reading: Reading) -> Iterator[_Value]:
    for row in reading.providers:
        for state in PROVIDER_STATES:
            yield (row["name"], state), row["state"] == state


def _registry(key: str) -> Callable[[Reading], Iterable[_Value]]:
    """Only where there is a registry."""
    return lambda reading: [((), reading.registry[key])] if key in reading.registry else ()


def _instant(text: str) -> float:
    try:
        return readDateTime(text)
    except ParameterError:
        return 0.0


def _lastReload(reading: Reading) -> Iterable[_Value]:
    # A node that was never reloaded has the configuration it started with.
    return (((), reading.reloads["outcome"] in ("", "good")),)


def _lastGoodReload(reading: Reading) -> Iterable[_Value]:
    last = str(reading.reloads["lastGood"])
    return [((), _instant(last))] if last else ()


def _reloads(reading: Reading) -> Iterable[_Value]:
    return [((outcome,), int(reading.reloads[outcome])) for outcome in ("good", "bad")]


def _identity(reading: Reading) -> Iterable[_Value]:
    node = reading.node
    return (((node.name, node.kind, node.role, node.version), 1),)


def _refusals(reading: Reading) -> Iterable[_Value]:
    return [((str(status),), count) for status, count in sorted(reading.node.refusals().items())]


FAMILIES: Sequence[Family] = (
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
        _one(lambda reading: not reading.node.ready()),
    ),
    Family(
        "gma_uptime_seconds",
        "gauge",
        "Seconds since the node started.",
        _one(lambda reading: reading.node.uptime()),
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
        "gma_service_data_elements",
        "gauge",
        "Values of service data of all services.",
        _one(lambda reading: reading.node.elementCount()),
    ),
    Family(
        "gma_provider_state",
        "gauge",
        "1 for the state a provider is in, 0 for the others.",
        _providerStates,
        ("provider", "state"),
    ),
    Family(
        "gma_provider_runs_total",
        "counter",
        "Runs of a provider that began.",
        _providers("runs"),
        ("provider",),
    ),
    Family(
        "gma_provider_failures_total",
        "counter",
        "Runs of a provider that failed.",
        _providers("failures"),
        ("provider",),
    ),
    Family(
        "gma_provider_skips_total",
        "counter",
        "Runs of a provider that were left out, because the one before went on or the machine slept.",
        _providers("skips"),
        ("provider",),
    ),
    Family(
        "gma_provider_last_duration_seconds",
        "gauge",
        "How long the last run of a provider took; none before the first.",
        _providers("lastDuration"),
        ("provider",),
    ),
    Family(
        "gma_provider_last_success_timestamp_seconds",
        "gauge",
        "When the last good run of a provider began, seconds since 1970; none before the first.",
        _providers("lastSuccess", _instant),
        ("provider",),
    ),
    Family(
        "gma_registry_entries",
        "gauge",
        "Entries of the node's registry; none where there is no registry.",
        _registry("entries"),
    ),
    Family(
        "gma_registry_tombstones",
        "gauge",
        "Entries that are over and whose end is still told.",
        _registry("tombstones"),
    ),
    Family(
        "gma_store_quarantined_records",
        "gauge",
        "Damaged records that were found when what is kept was loaded.",
        _registry("quarantined"),
    ),
    Family(
        "gma_memberships",
        "gauge",
        "Services of the node in registries elsewhere, by how they stand there.",
        _states(lambda reading: reading.memberships, MEMBERSHIP_STATES),
        ("state",),
    ),
    Family(
        "gma_subscriptions",
        "gauge",
        "Subscriptions at all services of the node.",
        _one(lambda reading: reading.node.subscriptions()),
    ),
    Family(
        "gma_notice_attempts_total",
        "counter",
        "Attempts to deliver a notice, by how they ended; what was refused or unanswered is sent again.",
        _states(lambda reading: reading.notices, _SENT),
        ("outcome",),
    ),
    Family(
        "gma_notice_peers",
        "gauge",
        "Peers to which a notice is to be sent, or could not be a short while ago.",
        _one(lambda reading: reading.notices.get("peers", 0)),
    ),
    Family(
        "gma_sources",
        "gauge",
        "Services elsewhere whose data is copied, by how they stand.",
        _states(lambda reading: reading.sources, [state.value for state in UpstreamState]),
        ("state",),
    ),
    Family(
        "gma_aggregation_values_total",
        "counter",
        "Values that came from sources, by what became of them.",
        _counted(lambda reading: reading.aggregation, _WHAT),
        ("outcome",),
    ),
    Family(
        "gma_aggregation_unfit_values_total",
        "counter",
        "Values from sources that were left out, because there was no room for them; put counts them, too.",
        _one(lambda reading: reading.aggregation.get("unfit", 0)),
    ),
    Family(
        "gma_aggregation_older_values_total",
        "counter",
        "Values from sources that were older than the copy that came another way; beside counts them, too.",
        _one(lambda reading: reading.aggregation.get("older", 0)),
    ),
    Family(
        "gma_aggregation_foreign_values_total",
        "counter",
        "Values from sources that named no originator, and were taken as the source's own.",
        _one(lambda reading: reading.aggregation.get("foreign", 0)),
    ),
    Family(
        "gma_aggregation_notices_total",
        "counter",
        "Notices that came from sources, by what became of them.",
        _counted(lambda reading: reading.aggregation, _ARRIVED),
        ("outcome",),
    ),
    Family(
        "gma_aggregation_gaps_total",
        "counter",
        "How often something a source told was missed, and everything was asked for anew.",
        _one(lambda reading: reading.aggregation.get("missed", 0)),
    ),
    Family(
        "gma_requests_total",
        "counter",
        "Requests that were let in, by whom they were for: soap for the services, web for the pages.",
        _states(lambda reading: reading.requests, ("soap", "web")),
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
        "gma_open_connections",
        "gauge",
        "Connections that are open.",
        _one(lambda reading: reading.node.connections()),
    ),
    Family(
        "gma_connections_total",
        "counter",
        "Connections that were accepted.",
        _one(lambda reading: reading.requests.get("connections", 0)),
    ),
    Family(
        "gma_connections_timed_out_total",
        "counter",
        "Connections that were ended because the peer was too slow, or idle for too long.",
        _one(lambda reading: reading.requests.get("deadlines", 0)),
    ),
    Family(
        "gma_connections_dropped_total",
        "counter",
        "Connections that were ended without a word, because there were far too many.",
        _one(lambda reading: reading.requests.get("dropped", 0)),
    ),
    Family(
        "gma_loop_lag_last_seconds",
        "gauge",
        "How late the reactor came the last time to what was due.",
        _one(lambda reading: reading.node.lag().last),
    ),
    Family(
        "gma_loop_lag_max_seconds",
        "gauge",
        "The latest the reactor came in the last minute or two to what was due.",
        _one(lambda reading: reading.node.lag().most),
    ),
)
"""All but the histogram of the loop's lag and what the process itself tells."""
