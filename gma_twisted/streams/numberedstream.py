"""One numbered stream: what came of it is delivered in order and once, and what is missing is asked for."""

from collections.abc import Awaitable, Sequence
from functools import partial

import attrs
from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from gma_twisted.errors import GMAError, PeerFault
from gma_twisted.model.event import Event
from gma_twisted.netlogger.numbers import Beginning
from gma_twisted.streams.insisting import Insistence
from gma_twisted.streams.listencounts import OrderCounts
from gma_twisted.streams.listenlimits import OrderLimits
from gma_twisted.streams.order import Gap, Line, Position, begun, inOrder
from gma_twisted.streams.sink import Filled, LinePeer, StreamSink
from gma_twisted.timing import LogLimit, withTimeout

__all__ = ["NumberedStream", "Surroundings"]

log = Logger()


@attrs.frozen(slots=True, eq=False)
class Surroundings:
    """
    What all numbered streams of one place share.

    @ivar sink: gets the events
    @ivar limits: of each
    @ivar counts: of all
    @ivar insistence: tries again
    @ivar logged: bounds what is logged
    """

    sink: StreamSink
    limits: OrderLimits
    counts: OrderCounts
    insistence: Insistence
    logged: LogLimit

    def say(self, what: str) -> None:
        """Log something, as often as there is room for it. Not the number of a stream: who knows it could feed it."""
        unsaid = self.logged.admit()
        if unsaid is not None:
            more = f" ({unsaid} more not logged)" if unsaid else ""
            log.warn("a stream of lines: {what}{more}", what=what, more=more)


@attrs.define(slots=True, eq=False)
class NumberedStream:
    """
    A stream, over one connection after the other.

    @ivar id: what its subscriber called it
    @ivar peer: brings it now; who did before is not heard any more, but for what is being delivered; C{None} when the
        subscription has ended
    """

    id: int
    peer: LinePeer | None
    _around: Surroundings
    _position: Position | None = attrs.field(init=False)
    _turn: DeferredLock = attrs.field(factory=DeferredLock, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._position = self._around.sink.position(self.id)

    async def begin(self, beginning: Beginning, peer: LinePeer) -> None:
        """A connection began."""
        await self._turn.acquire()
        try:
            if self.peer is not peer:
                return
            now = begun(self._position, beginning)
            missed = None if now.isLost else 0
            if now.isNew and not await self._deliver((), now.position, missed, peer):
                return
            if now.gap is not None:
                await self._fill(now.gap, now.position.life, peer)
        finally:
            self._turn.release()

    async def take(self, lines: Sequence[Line], peer: LinePeer) -> None:
        """Lines came, all after the beginning of their connection."""
        await self._turn.acquire()
        try:
            if self._position is not None:
                await self._takeAfter(self._position, lines, peer)
        finally:
            self._turn.release()

    async def _takeAfter(self, position: Position, lines: Sequence[Line], peer: LinePeer) -> None:
        for run in inOrder(position.last, lines):
            self._around.counts.repeated += run.repeated
            if run.gap is not None and not await self._fill(run.gap, position.life, peer):
                return
            reached = Position(position.life, run.last)
            if run.events and not await self._deliver(run.events, reached, 0, peer):
                return

    async def _fill(self, gap: Gap, life: str, peer: LinePeer) -> bool:
        """Deliver what there is of what is missing. @return: whether the stream goes on with this peer"""
        counts, limits = self._around.counts, self._around.limits
        clock = self._around.insistence.clock
        counts.gaps += 1
        after = gap.after
        while after < gap.upTo:
            # Of each page anew: neither a long gap nor a sink that is busy counts, only that nothing is answered.
            until = clock.seconds() + limits.fillSeconds

            def isWanted(failures: int, until: float = until) -> bool:
                return self.peer is peer and clock.seconds() < until

            ask = partial(self._ask, life, after, gap.upTo, until)
            try:
                filled = await self._around.insistence.until(ask, isWanted)
            except GMAError as error:
                if self.peer is not peer:
                    return False
                self._around.say(f"what is missing cannot be had: {error.message}")
                filled = Filled((), gap.upTo, None)
            counts.filled += len(filled.events)
            after = min(filled.last, gap.upTo)
            reached = Position(life, after)
            if not await self._deliver(filled.events, reached, filled.missing, peer):
                return False
        return True

    async def _ask(self, life: str, after: int, upTo: int, until: float) -> Filled:
        around = self._around
        clock = around.insistence.clock
        asked = around.sink.fill(self.id, life, after, upTo)
        left = max(0.0, until - clock.seconds())
        filled = await withTimeout(asked, left, clock, "asking for what is missing in a stream")
        if filled.last <= after:
            raise PeerFault(f"asked for what comes after {after}, nothing was answered of it")
        return filled

    async def _deliver(
        self, events: Sequence[Event], position: Position, missed: int | None, peer: LinePeer
    ) -> bool:
        """@return: whether the stream goes on with this peer"""
        around, counts = self._around, self._around.counts
        try:
            await self._insist(events, position, missed, peer)
        except GMAError as error:
            if error.retry:
                return False
            around.say(f"{len(events)} events are left out: {error.message}")
            counts.leftOut += len(events)
            missed = None if missed is None else missed + len(events)
            if events and not await self._deliver((), position, missed, peer):
                return False
        else:
            counts.delivered += len(events)
            counts.missed += missed or 0
            counts.lost += missed is None
        self._position = position
        return self.peer is peer

    def _insist(
        self, events: Sequence[Event], position: Position, missed: int | None, peer: LinePeer
    ) -> Awaitable[None]:
        deliver = partial(
            self._around.sink.deliver, self.id, events, position.life, position.last, missed
        )
        return self._around.insistence.until(deliver, lambda _: self.peer is peer)
