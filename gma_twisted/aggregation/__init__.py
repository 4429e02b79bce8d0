"""Aggregation: other services' data copied into a service's own, and kept for as long as its sources say (WIRE 5)."""

from gma_twisted.aggregation.aggregator import Aggregator, AggregatorLimits
from gma_twisted.aggregation.counts import IntakeCounts
from gma_twisted.aggregation.inbox import InboxCounts
from gma_twisted.aggregation.intake import Inflow, Intake
from gma_twisted.aggregation.sinks import Sinks
from gma_twisted.aggregation.upstream import AggregateSource, Connect

__all__ = [
    "AggregateSource",
    "Aggregator",
    "AggregatorLimits",
    "Connect",
    "InboxCounts",
    "Inflow",
    "Intake",
    "IntakeCounts",
    "Sinks",
]
