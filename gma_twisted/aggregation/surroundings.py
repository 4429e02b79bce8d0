"""What all sessions of a service share."""

from collections.abc import Callable

import attrs

from gma_twisted.aggregation.counts import InboxCounts
from gma_twisted.aggregation.intake import Intake
from gma_twisted.aggregation.limits import AggregatorLimits
from gma_twisted.aggregation.memory import Memory
from gma_twisted.aggregation.sinks import Sinks
from gma_twisted.aggregation.upstream import Connect, Lease
from gma_twisted.timing import LeaseKeeper, NodeClock

__all__ = ["Surroundings"]


@attrs.frozen(slots=True, eq=False)
class Surroundings:
    """
    What all sessions of a service share.

    @ivar intake: takes what comes
    @ivar sinks: where it comes in
    @ivar leases: renews the subscriptions at the sources
    @ivar connect: makes proxies
    @ivar check: judges the form of a URL that a peer supplied; raises L{Refused <gma_twisted.errors.Refused>}
    @ivar clock: the node's
    @ivar random: gives numbers in C{[0, 1)}; spreads attempts
    @ivar counts: of what arrives
    @ivar held: what notices take that are kept until a query is answered
    """

    intake: Intake
    sinks: Sinks
    leases: LeaseKeeper[Lease]
    connect: Connect
    check: Callable[[str], None]
    clock: NodeClock
    random: Callable[[], float]
    counts: InboxCounts = attrs.field(factory=InboxCounts)
    held: Memory = attrs.field(factory=lambda: Memory(AggregatorLimits().held))
