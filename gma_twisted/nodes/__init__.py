"""Whole nodes: from a configuration to what twistd runs. C{assemble} is the one place where the engines meet."""

from gma_twisted.nodes.assemble import assemble
from gma_twisted.nodes.kind import AGGREGATOR_NODE, INDEX, MMJFS, REGISTRY, RIPS, NodeKind
from gma_twisted.nodes.plan import Plan, makePlan
from gma_twisted.nodes.service import NodeService

__all__ = [
    "AGGREGATOR_NODE",
    "INDEX",
    "MMJFS",
    "REGISTRY",
    "RIPS",
    "NodeKind",
    "NodeService",
    "Plan",
    "assemble",
    "makePlan",
]
