"""All of them, in the order in which they are told."""

from collections.abc import Sequence

from gma_twisted.console.families.aggregation import AGGREGATION
from gma_twisted.console.families.audit import AUDIT
from gma_twisted.console.families.consuming import CONSUMING
from gma_twisted.console.families.delivery import DELIVERY
from gma_twisted.console.families.edge import EDGE
from gma_twisted.console.families.family import Family
from gma_twisted.console.families.identity import IDENTITY
from gma_twisted.console.families.listening import LISTENING
from gma_twisted.console.families.node import NODE
from gma_twisted.console.families.producing import PRODUCING
from gma_twisted.console.families.providers import PROVIDERS
from gma_twisted.console.families.queries import QUERIES
from gma_twisted.console.families.registry import REGISTRY
from gma_twisted.console.families.sending import SENDING

__all__ = ["FAMILIES"]

FAMILIES: Sequence[Family] = (
    *NODE,
    *PROVIDERS,
    *REGISTRY,
    *DELIVERY,
    *PRODUCING,
    *SENDING,
    *LISTENING,
    *CONSUMING,
    *AGGREGATION,
    *QUERIES,
    *EDGE,
    *AUDIT,
    *IDENTITY,
)
"""All but the histogram of the loop's lag and what the process itself tells."""
