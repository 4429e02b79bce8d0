"""What all inflows of a service share."""

import attrs

from gma_twisted.aggregation.commits import Commits
from gma_twisted.aggregation.counts import IntakeCounts
from gma_twisted.aggregation.memory import Memory
from gma_twisted.aggregation.names import Originators
from gma_twisted.aggregation.offers import Routes
from gma_twisted.timing import NodeClock

__all__ = ["Grounds"]


@attrs.frozen(slots=True, eq=False)
class Grounds:
    """
    What all inflows of a service share; see L{Intake <gma_twisted.aggregation.intake.Intake>}.

    @ivar clock: the node's
    @ivar commits: the way into the store
    @ivar routes: the ways values come
    @ivar originators: whose values they are
    @ivar memory: what is remembered of offers
    @ivar counts: of what happened
    @ivar good, grace, mostValues, batch: as configured
    """

    clock: NodeClock
    commits: Commits
    routes: Routes
    originators: Originators
    memory: Memory
    counts: IntakeCounts
    good: float
    grace: float
    mostValues: int
    batch: int
