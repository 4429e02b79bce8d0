"""Aggregation at the main service of a node: what it copies from where, and what its members offer."""

import os
import random
from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.aggregation import (
    AggregateSource,
    Aggregator,
    AggregatorLimits,
    DataAggregations,
    Intake,
    MemberAggregation,
)
from gma_twisted.client import Proxy
from gma_twisted.configuration import AggregateSection
from gma_twisted.interfaces import IServiceFamily
from gma_twisted.markup import XMLGate, XMLLimits
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Handle, UpstreamStatus
from gma_twisted.nodes.groundwork import Groundwork
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.reach import Reach
from gma_twisted.nodes.registering import HostedRegistry
from gma_twisted.nodes.storeroom import copiesOf
from gma_twisted.soap import PortType
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Exchange

__all__ = ["HostedAggregation", "Proxies", "hostAggregation", "sourcesOf"]

_CALL_SECONDS = 30.0
_SHOWN_NAMES = 3


@attrs.frozen(slots=True, eq=False)
class Proxies:
    """
    Makes proxies of sources, see L{Connect <gma_twisted.aggregation.Connect>}: by the way that fits who named them.

    @ivar reach: the ways
    @ivar gate: bounds what they answer
    """

    reach: Reach
    gate: XMLGate

    def __call__(self, handle: Handle, portTypes: Sequence[PortType], isTrusted: bool) -> Proxy:
        """See L{Connect <gma_twisted.aggregation.Connect>}."""
        caller = self.reach.trusted if isTrusted else self.reach.guarded
        return Proxy(portTypes, handle, caller, _CALL_SECONDS, self.gate)


def sourcesOf(sections: Mapping[str, AggregateSection]) -> Sequence[AggregateSource]:
    """What C{[aggregate.NAME]} says, one for each URL; several of one section are C{NAME/1}, C{NAME/2} and so on."""
    return [
        AggregateSource(
            source,
            tuple(section.names),
            name if len(section.sources) == 1 else f"{name}/{number}",
            section.mode,
            section.lifetime,
            section.interval,
        )
        for name, section in sections.items()
        for number, source in enumerate(section.sources, 1)
    ]


@attrs.frozen(slots=True, eq=False)
class HostedAggregation:
    """
    A part of its service. It ends before what it needs: the store it fills, and the ways to the sources.

    @ivar exchange: answers for the sinks
    @ivar intake: fills the store
    @ivar aggregator: asks the sources
    @ivar members: makes sources of who registers; C{None} where nobody does, or it is switched off
    """

    exchange: Exchange
    intake: Intake
    aggregator: Aggregator
    members: MemberAggregation | None = None

    @property
    def roles(self) -> Sequence[object]:
        """What it adds to the service."""
        return (self.aggregator, DataAggregations(self.aggregator, self.aggregator.handle))

    @property
    def sinks(self) -> IServiceFamily:
        """Where notices come in, as services."""
        return self.aggregator.sinks

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: answer for the sinks first, then let sources know of them."""
        self.exchange.publishFamily(self.sinks)
        if self.members is not None:
            await self.members.start()
        await self.aggregator.start()

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        try:
            if self.members is not None:
                await self.members.stop()
            await self.aggregator.stop()
        finally:
            self.exchange.withdraw(self.sinks.path)

    def counts(self) -> Mapping[str, int]:
        """See L{INodeControl.aggregation <gma_twisted.interfaces.INodeControl>}."""
        return {**attrs.asdict(self.intake.counts), **attrs.asdict(self.aggregator.counts)}

    def status(self) -> Sequence[Mapping[str, str]]:
        """See L{INodeControl.sources <gma_twisted.interfaces.INodeControl>}."""
        return [_shown(one) for one in self.aggregator.subscriptions()]


def hostAggregation(
    plan: Plan,
    clock: NodeClock,
    exchange: Exchange,
    reach: Reach,
    nodeId: str,
    baseUrl: str,
    main: Groundwork,
    registry: HostedRegistry | None,
) -> HostedAggregation:
    """
    Make the aggregation of a node, with the sources its plan names.

    @param plan: of the node
    @param clock: the node's
    @param exchange: answers for the sinks
    @param reach: to the sources
    @param nodeId: of the node
    @param baseUrl: what its handles begin with
    @param main: of its service
    @param registry: whose members may be sources; C{None} where there is none
    """
    limits = plan.limits
    share = copiesOf(plan.kind, limits, plan.keepsEvents)
    intake = Intake(main.store, clock, nodeId, baseUrl, **limits.of("intake"), share=share)
    aggregator = Aggregator(
        intake,
        Proxies(reach, XMLGate(XMLLimits(**limits.of("xml")))),
        reach.check,
        clock,
        main.handle,
        os.urandom,
        random.random,
        AggregatorLimits(**limits.of("aggregator")),
    )
    for source in sourcesOf(plan.aggregate):
        aggregator.add(source)
        reach.named.add(source.source.url)
    members = None
    if registry is not None and plan.registry.aggregate:
        members = MemberAggregation(registry.store, aggregator, clock)
    return HostedAggregation(exchange, intake, aggregator, members)


def _shown(status: UpstreamStatus) -> Mapping[str, str]:
    names = [name.clark for name in status.names[:_SHOWN_NAMES]]
    more = len(status.names) - len(names)
    return {
        "id": status.subscriptionId,
        "source": status.source.url,
        "names": " ".join(names) + (f" and {more} more" if more else ""),
        "state": status.state.value,
        "reason": status.reason,
        "lastNotice": "" if status.lastNotice is None else writeDateTime(status.lastNotice),
        "values": str(status.values),
        "refused": status.refused,
    }
