"""Where the events that a compound node is told go: something is made of them, and its producer has that."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import Busy, GMAError
from gma_twisted.events.kept import copied
from gma_twisted.events.summary import Group, Summariser
from gma_twisted.events.windows import Window
from gma_twisted.interfaces.events import IEventArchive, IEventEngine
from gma_twisted.model import Caller
from gma_twisted.model.event import Event
from gma_twisted.model.passage import isCircling, passed
from gma_twisted.nodes.deriving import Derivation
from gma_twisted.nodes.missing import missingIn
from gma_twisted.nodes.subscribing import Origin
from gma_twisted.timing import NodeClock, Ready, Tasks, Turns, sleep

__all__ = ["ArchivingSink", "CompoundSink", "DerivingSink", "SummarisingSink"]

log = Logger()

_DONE: Ready[None] = Ready(None)
# Between two looks whether windows are over: a tenth of the shortest, within these.
_SOONEST, _LATEST = 0.05, 1.0
_TENTH = 0.1
_NANO = 1_000_000_000
# At the end: as long as subscribers have to take the last summaries, and how often that is looked at.
_SENDING, _PAUSE = 2.0, 0.02
# What the engine says of what is on its way: to be judged, to be sent, or in lines.
_ON_ITS_WAY = ("unjudgedBytes", "waiting", "held")


class CompoundSink(Protocol):
    """A sink whose events a producer has. @ivar originOf: see L{ValueSink <gma_twisted.nodes.sinks.ValueSink>}"""

    originOf: Callable[[int], Origin | None] | None

    def start(self) -> Awaitable[None]:
        """See L{EventSink <gma_twisted.nodes.sinks.EventSink>}."""

    def stop(self) -> Awaitable[None]:
        """See L{EventSink <gma_twisted.nodes.sinks.EventSink>}."""

    def take(
        self, events: Sequence[Event], callerId: int | None, caller: Caller
    ) -> Awaitable[None]:
        """See L{EventSink <gma_twisted.nodes.sinks.EventSink>}."""

    def counts(self) -> Mapping[str, int]:
        """Counters since the start, by name."""


@attrs.define(slots=True, eq=False)
class DerivingSink:
    """
    Makes at most one event of each. An event keeps its source: the producer that was subscribed to, by URL, or who
    brought it.

    @ivar engine: of the producer
    @ivar derivation: what is made of them
    @ivar mark: of this node, see L{passed}
    @ivar most: bytes an event of the producer may have
    @ivar originOf: tells where events come from that were asked for
    """

    engine: IEventEngine
    derivation: Derivation
    mark: str
    most: int
    originOf: Callable[[int], Origin | None] | None = attrs.field(default=None, init=False)
    _counts: dict[str, int] = attrs.field(
        factory=lambda: dict.fromkeys(("taken", "circled", "unfit"), 0), init=False
    )

    def start(self) -> Awaitable[None]:
        """See L{EventSink <gma_twisted.nodes.sinks.EventSink>}."""
        return _DONE

    def stop(self) -> Awaitable[None]:
        """See L{EventSink <gma_twisted.nodes.sinks.EventSink>}."""
        return _DONE

    async def take(self, events: Sequence[Event], callerId: int | None, caller: Caller) -> None:
        """See L{EventSink <gma_twisted.nodes.sinks.EventSink>}."""
        await self._take(events, callerId, caller, None)

    def counts(self) -> Mapping[str, int]:
        """See L{CompoundSink}: C{taken}, C{circled}, C{unfit}, and those of the derivation."""
        return {**self._counts, **self.derivation.counts()}

    async def _take(
        self,
        events: Sequence[Event],
        callerId: int | None,
        caller: Caller,
        positions: Mapping[str, str] | None,
    ) -> None:
        source = _sourceOf(self.originOf, callerId, caller)
        # What is refused now comes again, and is counted then.
        counts = dict.fromkeys(self._counts, 0)
        counts["taken"] = len(events)
        made: list[tuple[Event, str]] = []
        for event in events:
            derived = self._derived(event, counts)
            if derived is not None:
                made.append((derived, source))
        if made or positions is not None:
            try:
                await self.engine.keep(made, positions)
            except Busy:
                raise
            except GMAError:
                fit = [one for one in made if self._fits(one[0])]
                if len(fit) == len(made):
                    raise
                counts["unfit"] += len(made) - len(fit)
                await self.engine.keep(fit, positions)
        for name, count in counts.items():
            self._counts[name] += count

    def _derived(self, event: Event, counts: dict[str, int]) -> Event | None:
        marked = None
        try:
            marked = passed(event, self.mark)
            if marked is None:
                if not self._counts["circled"] + counts["circled"]:
                    log.warn(
                        'an event "{name}" came back to where it has been: subscriptions make a circle',
                        name=event.name,
                    )
                counts["circled"] += 1
                return None
            return self.derivation.derive(marked)
        except GMAError as error:
            if not self._counts["unfit"] + counts["unfit"]:
                log.warn("an event is left out: {why}", why=error.message)
            counts["unfit"] += 1
            return None

    def _fits(self, event: Event) -> bool:
        try:
            copied(event, self.most)
        except GMAError as error:
            log.warn("an event is left out: {why}", why=error.message)
            return False
        return True


@attrs.define(slots=True, eq=False)
class ArchivingSink(DerivingSink):
    """Keeps with the events of streams how far these are. @ivar archive: of the engine"""

    archive: IEventArchive = attrs.field(kw_only=True)

    def positions(self) -> Mapping[str, str]:
        """See L{PositionSink <gma_twisted.nodes.sinks.PositionSink>}."""
        found: Mapping[str, str] = self.archive.positions()
        return found

    async def keep(
        self,
        events: Sequence[Event],
        callerId: int | None,
        caller: Caller,
        positions: Mapping[str, str],
    ) -> None:
        """See L{PositionSink <gma_twisted.nodes.sinks.PositionSink>}."""
        await self._take(events, callerId, caller, positions)


@attrs.define(slots=True, eq=False)
class SummarisingSink:
    """
    Makes events of many. What is in a window that is open when the node stops is told as a part; a kill loses it.

    @ivar engine: of the producer, without an archive: it is never busy; ends after this
    @ivar summarisers: by rule
    @ivar clock: the node's
    @ivar mark: of this node, see L{passed}
    @ivar originOf: see L{CompoundSink}
    """

    engine: IEventEngine
    summarisers: Sequence[Summariser]
    clock: NodeClock
    mark: str
    originOf: Callable[[int], Origin | None] | None = attrs.field(default=None, init=False)
    _counts: dict[str, int] = attrs.field(
        factory=lambda: dict.fromkeys(("taken", "circled", "summaries", "unfit"), 0), init=False
    )
    _over: deque[tuple[Summariser, Window[Group]]] = attrs.field(
        factory=deque, init=False, repr=False
    )
    _published: int = attrs.field(default=0, init=False)
    _look: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _tasks: Tasks = attrs.field(
        factory=lambda: Tasks("summaries of events", 2), init=False, repr=False
    )

    async def start(self) -> None:
        """See L{EventSink <gma_twisted.nodes.sinks.EventSink>}."""
        self._lookSoon()

    async def stop(self) -> None:
        """See L{EventSink <gma_twisted.nodes.sinks.EventSink>}."""
        look, self._look = self._look, None
        if look is not None and look.active():
            look.cancel()
        await self._tasks.cancelAll()
        await self._tellAll()

    async def take(self, events: Sequence[Event], callerId: int | None, caller: Caller) -> None:
        """See L{EventSink <gma_twisted.nodes.sinks.EventSink>}; all are taken, whatever becomes of them."""
        turns = Turns(self.clock)
        for event in events:
            self._take(event)
            await turns.breathe()
        await self._tell(turns)

    def counts(self) -> Mapping[str, int]:
        """See L{CompoundSink}: C{taken}, C{circled}, C{summaries}, C{open} windows, and what was left out and why."""
        left: dict[str, int] = dict.fromkeys(("late", "early", "crowded"), 0)
        for one in self.summarisers:
            for name, count in one.left.items():
                left[name] = left.get(name, 0) + count
        left["unfit"] += self._counts["unfit"]
        return {**self._counts, **left, "open": sum(map(len, self.summarisers))}

    def _take(self, event: Event) -> None:
        self._counts["taken"] += 1
        missing = missingIn(event)
        if isCircling(event, self.mark):
            self._counts["circled"] += 1
        elif missing is not None:
            self._publish(passed(missing, self.mark) or missing)
        else:
            now = self._now()
            for one in self.summarisers:
                self._over.extend((one, window) for window in one.take(event, now))

    async def _tellAll(self) -> None:
        """Tell what nobody would be told after the end; who is subscribed has a moment to take it."""
        now, published = self._now(), self._published
        for one in self.summarisers:
            self._over.extend((one, window) for window in one.end(now))
            left = one.leftOut(now, isLast=True)
            if left is not None:
                self._publish(passed(left, self.mark) or left)
        await self._tell(Turns(self.clock))
        if self._published > published:
            await self._sent()

    async def _sent(self) -> None:
        end = self.clock.seconds() + _SENDING
        while self._isSending() and self.clock.seconds() < end:
            await sleep(self.clock, _PAUSE)

    def _isSending(self) -> bool:
        counts = self.engine.counts()
        return any(counts.get(name) for name in _ON_ITS_WAY)

    async def _tell(self, turns: Turns) -> None:
        while self._over:
            summariser, window = self._over.popleft()
            try:
                summary = passed(summariser.summary(window), self.mark)
            except GMAError as error:
                self._leaveOut(error)
            else:
                if summary is None:
                    self._counts["circled"] += 1
                else:
                    self._counts["summaries"] += 1
                    self._publish(summary)
            await turns.breathe()

    def _publish(self, event: Event) -> None:
        try:
            self.engine.publish(event)
            self._published += 1
        except GMAError as error:
            self._leaveOut(error)

    def _leaveOut(self, error: GMAError) -> None:
        if not self._counts["unfit"]:
            log.warn("a summary is left out: {why}", why=error.message)
        self._counts["unfit"] += 1

    def _lookSoon(self) -> None:
        shortest = min((one.rule.window for one in self.summarisers), default=_LATEST)
        pause = min(_LATEST, max(_SOONEST, _TENTH * shortest))
        self._look = self.clock.callLater(pause, self._lookNow)

    def _lookNow(self) -> None:
        now = self._now()
        for one in self.summarisers:
            self._over.extend((one, window) for window in one.close(now))
            left = one.leftOut(now)
            if left is not None:
                self._publish(passed(left, self.mark) or left)
        if self._over and not len(self._tasks):
            self._tasks.spawn(self._tell(Turns(self.clock)), "telling what is over")
        self._lookSoon()

    def _now(self) -> int:
        return round(self.clock.wallTime() * _NANO)


def _sourceOf(
    originOf: Callable[[int], Origin | None] | None, callerId: int | None, caller: Caller
) -> str:
    origin = None
    if callerId is not None and originOf is not None:
        origin = originOf(callerId)
    return caller.owner if origin is None else origin.producer
