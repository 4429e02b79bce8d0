"""What the console sees of a running node."""

from collections.abc import Callable, Mapping, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.interfaces import IExchange, INodeControl
from gma_twisted.model import LoopLag, Registration
from gma_twisted.nodes.hostednode import HostedNode
from gma_twisted.nodes.reloading import Reloader
from gma_twisted.security import TLS
from gma_twisted.timing import LagProbe, NodeClock
from gma_twisted.transport.listener import Listener

__all__ = ["NodeControl"]


@implementer(INodeControl)
@attrs.define(slots=True, eq=False)
class NodeControl:
    """
    A node, for its pages.

    @ivar exchange: knows the services
    @ivar clock: for the uptime
    @ivar reloader: reads the configuration again
    @ivar listener: counts what comes to the Gate; C{None} until there is one
    @ivar baseUrl: empty until the ports are bound
    @ivar hosted: what it serves, once that is known
    @ivar role: configured place in the hierarchy
    @ivar tls: what it shows; C{None} until that is known
    @ivar audited: see L{INodeControl.audit}
    @ivar attempted: see L{INodeControl.attempts}
    @ivar phase: what the node does instead of serving, C{starting}; empty while it serves
    @ivar probe: sees how late the reactor is; begins and ends with the node
    """

    name: str
    kind: str
    version: str
    exchange: IExchange
    clock: NodeClock
    reloader: Reloader
    listener: Listener | None = None
    baseUrl: str = ""
    hosted: HostedNode | None = None
    role: str = ""
    audited: Callable[[], Mapping[str, int]] = dict
    attempted: Callable[[], Mapping[str, int]] = dict
    phase: str = "starting"
    tls: TLS | None = None
    probe: LagProbe = attrs.field(init=False)
    _startedAt: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._startedAt = self.clock.seconds()
        self.probe = LagProbe(self.clock)

    def services(self) -> Sequence[str]:
        """See L{INodeControl.services}."""
        return self.exchange.paths()

    def uptime(self) -> float:
        """See L{INodeControl.uptime}."""
        return self.clock.seconds() - self._startedAt

    def wallTime(self) -> float:
        """See L{INodeControl.wallTime}."""
        return self.clock.wallTime()

    def ready(self) -> str:
        """See L{INodeControl.ready}."""
        if not self.phase or self.hosted is None:
            return self.phase
        missing = self.hosted.missing()
        return f"{self.phase}: {', '.join(missing)}" if missing else self.phase

    def elementCount(self) -> int:
        """See L{INodeControl.elementCount}; a value that ended a moment ago may still be counted."""
        return 0 if self.hosted is None else self.hosted.elementCount()

    def providers(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.providers}."""
        return () if self.hosted is None else self.hosted.providers()

    def registry(self) -> Mapping[str, int]:
        """See L{INodeControl.registry}."""
        return {} if self.hosted is None else self.hosted.registrations()

    def members(self, after: str, limit: int) -> Sequence[Registration]:
        """See L{INodeControl.members}."""
        return () if self.hosted is None else self.hosted.members(after, limit)

    def memberships(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.memberships}."""
        return () if self.hosted is None else self.hosted.keeper.status()

    def subscriptions(self) -> int:
        """See L{INodeControl.subscriptions}."""
        return 0 if self.hosted is None else self.hosted.subscriptions()

    def listening(self) -> Sequence[str]:
        """See L{INodeControl.listening}."""
        return () if self.hosted is None else self.hosted.listening()

    def lines(self) -> Mapping[str, int]:
        """See L{INodeControl.lines}."""
        return {} if self.hosted is None else self.hosted.lineCounts()

    def sentLines(self) -> Mapping[str, Mapping[str, int]]:
        """See L{INodeControl.sentLines}."""
        return {} if self.hosted is None else self.hosted.sentLines()

    def produced(self) -> Mapping[str, int]:
        """See L{INodeControl.produced}."""
        return {} if self.hosted is None else self.hosted.produced()

    def consumed(self) -> Mapping[str, int]:
        """See L{INodeControl.consumed}."""
        return {} if self.hosted is None else self.hosted.consumed()

    def compounded(self) -> Mapping[str, int]:
        """See L{INodeControl.compounded}."""
        return {} if self.hosted is None else self.hosted.compounded()

    def notices(self) -> Mapping[str, int]:
        """See L{INodeControl.notices}."""
        return {} if self.hosted is None else self.hosted.wayOut.counts()

    def sources(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.sources}."""
        return () if self.hosted is None else self.hosted.sources()

    def aggregation(self) -> Mapping[str, int]:
        """See L{INodeControl.aggregation}."""
        return {} if self.hosted is None else self.hosted.aggregated()

    def queries(self) -> Mapping[str, Mapping[str, float]]:
        """See L{INodeControl.queries}."""
        return {} if self.hosted is None else self.hosted.asked()

    def audit(self) -> Mapping[str, int]:
        """See L{INodeControl.audit}."""
        return self.audited()

    def requests(self) -> Mapping[str, int]:
        """See L{INodeControl.requests}."""
        return {} if self.listener is None else dict(self.listener.counters)

    def refusals(self) -> Mapping[int, int]:
        """See L{INodeControl.refusals}."""
        return {} if self.listener is None else dict(self.listener.refusals)

    def turnedAway(self) -> Mapping[tuple[str, str], int]:
        """See L{INodeControl.turnedAway}."""
        if self.listener is None:
            return {}
        turned = self.listener.keeper.turned
        return {
            (urgency.name.lower(), reason): count for (urgency, reason), count in turned.items()
        }

    def isOverloaded(self) -> bool:
        """See L{INodeControl.isOverloaded}."""
        return self.listener is not None and self.listener.keeper.isOver

    def connections(self) -> int:
        """See L{INodeControl.connections}."""
        return 0 if self.listener is None else len(self.listener.gates)

    async def reload(self) -> Mapping[str, Sequence[str]]:
        """See L{INodeControl.reload}."""
        return attrs.asdict(await self.reloader.reload())

    def reloads(self) -> Mapping[str, int | str]:
        """See L{INodeControl.reloads}."""
        return self.reloader.counts()

    def attempts(self) -> Mapping[str, int]:
        """See L{INodeControl.attempts}."""
        return self.attempted()

    def certificateEnds(self) -> float | None:
        """See L{INodeControl.certificateEnds}."""
        return None if self.tls is None else self.tls.credentials.notAfter

    def listsEnd(self) -> float | None:
        """See L{INodeControl.listsEnd}."""
        return None if self.tls is None else self.tls.credentials.listsNotAfter

    def lag(self) -> LoopLag:
        """See L{INodeControl.lag}."""
        return self.probe.lag
