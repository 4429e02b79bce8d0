"""Aggregation: other services' data copied into a service's own, and kept for as long as its sources say (WIRE 5)."""

from gma_twisted.aggregation.aggregator import Aggregator
from gma_twisted.aggregation.counts import InboxCounts, IntakeCounts
from gma_twisted.aggregation.dataaggregation import DataAggregations
from gma_twisted.aggregation.intake import Inflow, Intake, Share
from gma_twisted.aggregation.limits import AggregatorLimits
from gma_twisted.aggregation.members import MemberAggregation
from gma_twisted.aggregation.sinks import Sinks
from gma_twisted.aggregation.upstream import AggregateSource, Connect

__all__ = [
    "AggregateSource",
    "Aggregator",
    "AggregatorLimits",
    "Connect",
    "DataAggregations",
    "InboxCounts",
    "Inflow",
    "Intake",
    "IntakeCounts",
    "MemberAggregation",
    "Share",
    "Sinks",
]
