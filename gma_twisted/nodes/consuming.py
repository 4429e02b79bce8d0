"""The consumer of a node: its server, the subscriptions of the operator, and what becomes of the events."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import attrs

from gma_twisted.client.gma import ConsumerProxy
from gma_twisted.configuration import ConsumerSection, Output
from gma_twisted.errors import NotImplementedException, TooLarge
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMARole
from gma_twisted.nodes.linefiles import LineFile, LineOutput, LineTarget, LineWriter
from gma_twisted.nodes.reach import Reach
from gma_twisted.nodes.sinks import (
    EventSink,
    ForwardSink,
    LineSink,
    SinkingConsumer,
    refuseNews,
)
from gma_twisted.roles.consumerpart import ConsumerPart
from gma_twisted.stores.journal import Worker
from gma_twisted.timing import NodeClock, Ready

__all__ = ["ConsumingLimits", "HostedConsumer", "sinkOf", "sinkingConsumer", "typesOf"]

_SINK = "events"
_STANDARD_OUTPUT = 1


@attrs.frozen(slots=True)
class ConsumingLimits:
    """
    What one notification may have; a producer of ours sends fewer events at once, in 256 KiB.

    @ivar message: bytes of it
    @ivar events: of it
    """

    message: int = 1024**2
    events: int = 1_000


def typesOf(names: Sequence[str]) -> Sequence[Event]:
    """Templates of events by their names, or patterns of names."""
    return tuple(Event(one, 0) for one in names)


def sinkOf(
    section: ConsumerSection,
    reach: Reach,
    workerOf: Callable[[str], Worker],
) -> EventSink:
    """
    Where the events of a consumer without a class go.

    @param section: checked
    @param reach: to the consumer they are forwarded to
    @param workerOf: makes, of a name, what lines are written in
    """
    if section.output is Output.FORWARD:
        assert section.to is not None
        reach.named.add(section.to.url)
        return ForwardSink(section.to.url, lambda url: ConsumerProxy.connect(url, reach.trusted))
    target: LineTarget = LineOutput(_STANDARD_OUTPUT)
    if section.output is Output.STORE:
        assert section.file is not None
        target = LineFile(Path(section.file), section.fileSize, section.files)
    return LineSink(LineWriter(target, workerOf(_SINK)))


def sinkingConsumer(section: ConsumerSection, sink: EventSink, clock: NodeClock) -> SinkingConsumer:
    """The server of a consumer without a class."""
    return SinkingConsumer(sink, typesOf(section.eventTypes), clock, section.isOpen)


@attrs.frozen(slots=True, eq=False)
class _Ear:
    """
    Hears what directories tell; events are its server's.

    @ivar part: answers otherwise
    @ivar watches: see L{HostedConsumer.hear}
    @ivar most: events of one notification
    @ivar isSinking: whether no class of the operator's decides what is an event
    """

    part: ConsumerPart
    watches: Sequence[Callable[[int], bool]]
    most: int
    isSinking: bool

    def notify(
        self,
        callerId: int | None,
        sequence: int | None,
        missed: int | None,
        event: Sequence[Event],
        caller: Caller = OURSELVES,
    ) -> Awaitable[int]:
        """
        See L{IConsumer.notify <gma_twisted.interfaces.gma.IConsumer.notify>}.

        @raise TooLarge: more events than one notification may have
        """
        if len(event) > self.most:
            raise TooLarge(
                f"a notification has at most {self.most} events here, and not {len(event)}"
            )
        if callerId is not None and any(told(callerId) for told in self.watches):
            return Ready(len(event))
        if self.isSinking and (callerId is None or not self.part.intake.isKnown(callerId)):
            refuseNews(callerId, event)
        if "notify" not in self.part.role.operations:
            raise NotImplementedException("notify is not implemented here")
        answer: Awaitable[int] = self.part.role.notify(
            callerId, sequence, missed, event, caller=caller
        )
        return answer


@attrs.frozen(slots=True, eq=False)
class HostedConsumer:
    """
    A part of its service: the sink is ready before the first event, and ends after the last.

    @ivar part: answers
    @ivar sink: where events go; C{None} where a class of the operator's decides
    @ivar mayNarrow: whether nobody said that it takes what it did not ask for, nor that it does not
    @ivar limits: of one notification
    """

    part: ConsumerPart
    sink: EventSink | None
    mayNarrow: bool = False
    limits: ConsumingLimits = attrs.field(factory=ConsumingLimits)
    _watches: list[Callable[[int], bool]] = attrs.field(factory=list, init=False, repr=False)

    @property
    def role(self) -> GMARole:
        """What directories know it as."""
        return GMARole.CONSUMER

    @property
    def roles(self) -> Sequence[object]:
        """What it adds to the service."""
        return (self.ear, self.part.role)

    @property
    def ear(self) -> "_Ear":
        """What notifications come to first."""
        return _Ear(self.part, self._watches, self.limits.events, self.sink is not None)

    def hear(self, told: Callable[[int], bool]) -> None:
        """
        Tell of every notification before it is one of events.

        @param told: takes its C{callerId}; gives whether it was no notification of events
        """
        self._watches.append(told)

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        if self.sink is not None:
            await self.sink.start()
        await self.part.start()

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        try:
            await self.part.stop()
        finally:
            if self.sink is not None:
                await self.sink.stop()

    def narrow(self) -> None:
        """
        There is something to subscribe to: what nothing here asked for, and no producer has offered, is not taken any
        more, unless that was said.
        """
        if self.mayNarrow:
            self.part.intake.isOpen = False

    def expect(self, callerId: int, isWanted: bool) -> None:
        """Events of a subscription come, or are not wanted any more."""
        if isWanted:
            self.part.expect(callerId, math.inf)
        else:
            self.part.forget(callerId)

    def renumber(self, old: int, new: int) -> None:
        """A subscription was lost, and is made again under another number."""
        self.part.renumber(old, new)

    def counts(self) -> Mapping[str, int]:
        """What the role counts."""
        return self.part.counts()
