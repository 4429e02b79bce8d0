"""What is copied from elsewhere, and what became of it."""

from collections.abc import Sequence

from gma_twisted.console.families.family import Family, byState, counted, one
from gma_twisted.model import UpstreamState

__all__ = ["AGGREGATION"]

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

AGGREGATION: Sequence[Family] = (
    Family(
        "gma_sources",
        "gauge",
        "Services elsewhere whose data is copied, by how they stand.",
        byState(lambda reading: reading.sources, [state.value for state in UpstreamState]),
        ("state",),
    ),
    Family(
        "gma_aggregation_values_total",
        "counter",
        "Values that came from sources, by what became of them.",
        counted(lambda reading: reading.aggregation, _WHAT),
        ("outcome",),
    ),
    Family(
        "gma_aggregation_unfit_values_total",
        "counter",
        "Values from sources that were left out, because there was no room for them; put counts them, too.",
        one(lambda reading: reading.aggregation.get("unfit", 0)),
    ),
    Family(
        "gma_aggregation_older_values_total",
        "counter",
        "Values from sources that were older than the copy that came another way; beside counts them, too.",
        one(lambda reading: reading.aggregation.get("older", 0)),
    ),
    Family(
        "gma_aggregation_foreign_values_total",
        "counter",
        "Values from sources that named no originator, and were taken as the source's own.",
        one(lambda reading: reading.aggregation.get("foreign", 0)),
    ),
    Family(
        "gma_aggregation_notices_total",
        "counter",
        "Notices that came from sources, by what became of them.",
        counted(lambda reading: reading.aggregation, _ARRIVED),
        ("outcome",),
    ),
    Family(
        "gma_aggregation_gaps_total",
        "counter",
        "How often something a source told was missed, and everything was asked for anew.",
        one(lambda reading: reading.aggregation.get("missed", 0)),
    ),
)
