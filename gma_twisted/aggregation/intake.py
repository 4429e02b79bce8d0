"""What becomes of values that come from other services (WIRE 5): whose they are, how long they hold, which one counts.

Several sources may offer one value, each by its own way. The one in the store came by one of them, and its path says
which: only that way extends it or takes it back. Another way is taken when it has something newer, or when the present
one lets the value age. So what is kept alive is kept alive by the nodes on its path, and as nobody takes what has come
through itself, no ring keeps a value alive that its originator does not.
"""

from collections.abc import Sequence

import attrs

from gma_twisted.aggregation.commits import Commits
from gma_twisted.aggregation.counts import IntakeCounts
from gma_twisted.aggregation.grounds import Grounds
from gma_twisted.aggregation.inflow import Inflow
from gma_twisted.aggregation.memory import Memory
from gma_twisted.aggregation.names import AskedNames, Originators
from gma_twisted.aggregation.offers import Routes
from gma_twisted.aggregation.room import Room, Share
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import Handle, QName
from gma_twisted.timing import NodeClock

__all__ = ["Inflow", "Intake", "Share"]


@attrs.define(slots=True, eq=False)
class Intake:
    """
    Puts what other services say into the store of a service.

    @ivar store: of the service
    @ivar clock: the node's
    @ivar nodeId: this node's: added to the path of what is taken; what came through this node already is dropped
    @ivar baseUrl: this node's public URL: what services below it said is dropped when it comes back
    @ivar good: seconds a value is good that says nothing of its lifetime (foreign sources)
    @ivar grace: seconds a value is readable after that, when it does not say so itself (foreign sources)
    @ivar mostValues: values one inflow may offer
    @ivar batch: most values of one commit, fewer than the store takes; a notice with more is not applied at once
    @ivar mostBytes: what is remembered of the values that all sources offer
    @ivar share: what all values taken may take of the store
    @ivar counts: see L{IntakeCounts}
    """

    store: IServiceDataStore
    clock: NodeClock
    nodeId: str
    baseUrl: str
    good: float = 60.0
    grace: float = 60.0
    mostValues: int = 1_000_000
    batch: int = 2_500
    mostBytes: int = 1024 * 1024**2
    share: Share = attrs.field(factory=Share)
    counts: IntakeCounts = attrs.field(factory=IntakeCounts, init=False)
    _grounds: Grounds = attrs.field(init=False, repr=False)
    _open: set[Inflow] = attrs.field(factory=set, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._grounds = Grounds(
            self.clock,
            Commits(self.store, Room(self.store, self.share)),
            Routes(self.nodeId),
            Originators(self.baseUrl),
            Memory(self.mostBytes),
            self.counts,
            self.good,
            self.grace,
            self.mostValues,
            self.batch,
        )

    def open(self, source: Handle, names: Sequence[QName]) -> Inflow:
        """
        Begin to take from a source.

        An inflow is kept over reconnects and resynchronisations with the same source, so that a snapshot tells what
        went meanwhile; for a source that is another instance than before, close it and open a new one: then what
        the other instance had stays until its lifetime ends, and what is offered again is taken over.

        @param names: what was asked for; local name C{*} for every name of a namespace; other values are dropped
        """
        return Inflow(self._grounds, self._open, source, AskedNames(names))
