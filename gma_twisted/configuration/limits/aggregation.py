"""Bounds of what is aggregated, and what becomes of its values."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION, SIZE

__all__ = ["AggregationBounds"]

_MIB = 1024**2


@attrs.frozen(slots=False)
class AggregationBounds:
    """Of the engines C{aggregator} and C{intake}."""

    aggregated: int = key(
        COUNT,
        "sources a service aggregates, the configured ones among them; a source counts once for each who asks",
        1000,
        bound="aggregator.subscriptions",
    )
    aggregatedPerOwner: int = key(
        COUNT,
        "sources aggregated for one owner, who asked for them or registered them",
        100,
        name="aggregated_per_owner",
        bound="aggregator.perOwner",
    )
    aggregatedNames: int = key(
        COUNT, "names of one source", 1000, name="aggregated_names", bound="aggregator.names"
    )
    aggregatedHeld: int = key(
        SIZE,
        "notices kept while a source of other software is asked for everything, of all such sources",
        64 * _MIB,
        name="aggregated_held",
        bound="aggregator.held",
    )
    aggregatedMinLifetime: float = key(
        DURATION,
        "shortest lease of an aggregation; who asks for less gets this",
        5.0,
        name="aggregated_min_lifetime",
        bound="aggregator.leastLease",
    )
    aggregatedLifetime: float = key(
        DURATION,
        "lease of an aggregation for who does not ask for one",
        600.0,
        name="aggregated_lifetime",
        bound="aggregator.usualLease",
    )
    aggregatedMaxLifetime: float = key(
        DURATION,
        "longest lease of an aggregation; who asks for more gets this",
        86400.0,
        name="aggregated_max_lifetime",
        bound="aggregator.mostLease",
    )
    aggregatedMinInterval: float = key(
        DURATION,
        "shortest interval of an aggregation; who asks for less gets this",
        1.0,
        name="aggregated_min_interval",
        bound="aggregator.leastInterval",
    )
    aggregatedInterval: float = key(
        DURATION,
        "interval of an aggregation for who does not ask for one, and of registered services",
        10.0,
        name="aggregated_interval",
        bound="aggregator.usualInterval",
    )
    aggregatedMaxInterval: float = key(
        DURATION,
        "longest interval of an aggregation; who asks for more gets this",
        3600.0,
        name="aggregated_max_interval",
        bound="aggregator.mostInterval",
    )
    aggregatedValues: int = key(
        COUNT,
        "values one source offers; of more, the others are left out",
        1_000_000,
        name="aggregated_values",
        bound="intake.mostValues",
    )
    aggregatedSize: int = key(
        SIZE,
        "what is remembered of the values all sources offer, which is whose they are; of more, the others are left out",
        1024 * _MIB,
        name="aggregated_size",
        bound="intake.mostBytes",
    )
    aggregatedBatch: int = key(
        COUNT,
        "values of a source one commit touches; fewer than `store_batch`",
        2500,
        name="aggregated_batch",
        bound="intake.batch",
    )
    foreignGood: float = key(
        DURATION,
        "how long a value is good that comes without any lifetime",
        60.0,
        name="foreign_good",
        bound="intake.good",
    )
    foreignGrace: float = key(
        DURATION,
        "how long such a value stays readable after that",
        60.0,
        name="foreign_grace",
        bound="intake.grace",
    )
