"""What the console sees of a running node."""

from collections.abc import Mapping, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.interfaces import IExchange, INodeControl
from gma_twisted.nodes.hostednode import HostedNode
from gma_twisted.timing import NodeClock

__all__ = ["NodeControl"]


@implementer(INodeControl)
@attrs.define(slots=True, eq=False)
class NodeControl:
    """
    A node, for its pages.

    @ivar exchange: knows the services
    @ivar clock: for the uptime
    @ivar counters: of the Gate
    @ivar baseUrl: empty until the ports are bound
    @ivar hosted: what it serves, once that is known
    @ivar role: configured place in the hierarchy
    """

    name: str
    kind: str
    version: str
    exchange: IExchange
    clock: NodeClock
    counters: Mapping[str, int] = attrs.field(factory=dict)
    baseUrl: str = ""
    hosted: HostedNode | None = None
    role: str = ""
    _startedAt: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._startedAt = self.clock.seconds()

    def services(self) -> Sequence[str]:
        """See L{INodeControl.services}."""
        return self.exchange.paths()

    def uptime(self) -> float:
        """See L{INodeControl.uptime}."""
        return self.clock.seconds() - self._startedAt

    def wallTime(self) -> float:
        """See L{INodeControl.wallTime}."""
        return self.clock.wallTime()

    def elementCount(self) -> int:
        """See L{INodeControl.elementCount}; a value that ended a moment ago may still be counted."""
        return 0 if self.hosted is None else self.hosted.elementCount()

    def providers(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.providers}."""
        return () if self.hosted is None else self.hosted.providers()

    def registry(self) -> Mapping[str, int]:
        """See L{INodeControl.registry}."""
        return {} if self.hosted is None else self.hosted.registrations()

    def memberships(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.memberships}."""
        return () if self.hosted is None else self.hosted.keeper.status()

    def subscriptions(self) -> int:
        """See L{INodeControl.subscriptions}."""
        return 0 if self.hosted is None else self.hosted.subscriptions()

    def sources(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.sources}."""
        return () if self.hosted is None else self.hosted.sources()

    def aggregation(self) -> Mapping[str, int]:
        """See L{INodeControl.aggregation}."""
        return {} if self.hosted is None else self.hosted.aggregated()

    def requests(self) -> Mapping[str, int]:
        """See L{INodeControl.requests}."""
        return dict(self.counters)
