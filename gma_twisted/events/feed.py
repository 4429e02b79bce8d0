"""The events of one subscription on their way: what waits, what is being sent, and what was left out."""

from collections.abc import Awaitable, Callable

from zope.interface import implementer

from gma_twisted.errors import PeerError, PeerFault, RequestError, ServiceHasTerminated
from gma_twisted.events.feedowner import FeedOwner
from gma_twisted.events.groupfeed import Receivers
from gma_twisted.events.kept import Kept
from gma_twisted.events.line import Batch, Line
from gma_twisted.events.lookedback import LookedBack
from gma_twisted.events.rate import Rate, checkedRate
from gma_twisted.interfaces.events import IEventFeed
from gma_twisted.interfaces.gma import IEventChannel
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventFilter
from gma_twisted.timing import Task, begin, sleep

__all__ = ["Feed"]

_FIRST = 1


@implementer(IEventFeed)
class Feed:
    """
    One subscription. Each event that is offered has the next number, whether it is sent or left out.

    One notification is under way; it is sent until it was taken, was refused for ever, or the subscription ends. Events
    wait in a bounded line: when it is full the oldest is left out.

    @ivar first: see L{IEventFeed}
    """

    __slots__ = (
        "_attempts",
        "_batch",
        "_carried",
        "_channel",
        "_failures",
        "_isBegun",
        "_isCalling",
        "_isGoingOn",
        "_isLookingBack",
        "_isOver",
        "_isPaused",
        "_isSending",
        "_isUnderWay",
        "_isWaiting",
        "_line",
        "_most",
        "_over",
        "_owner",
        "_ranked",
        "_rate",
        "_since",
        "_task",
        "_told",
        "_whose",
        "first",
    )

    def __init__(
        self,
        owner: "FeedOwner[Feed]",
        channel: IEventChannel,
        rateLimit: float,
        over: Callable[[str], bool | None],
        since: int,
        isLookingBack: bool,
        whose: str = "",
    ) -> None:
        """
        @param rateLimit: events a second
        @param since: number of the last event that was published before it
        @param over: told why when the other end wants no more; gives whether it waits to be moved then
        @param isLookingBack: whether nothing is sent before L{lookedBack}
        @param whose: who is subscribed, as quotas count; empty: the node itself
        @raise ParameterError: no rate limit
        """
        self.first = _FIRST
        self._owner = owner
        self._channel = channel
        self._rate = Rate(owner.clock, checkedRate(rateLimit))
        self._over = over
        self._since = since
        self._whose = whose
        self._line = Line()
        self._batch: Batch | None = None
        # Bytes in both, as they were told last.
        self._ranked = 0
        # Most events of the next batch: fewer after one that was refused, to find which of them was.
        self._most = owner.limits.batchEvents
        # Left out before the batch, beside what the batch knows of.
        self._carried = 0
        self._told = _FIRST - 1
        # In a row, which makes the pauses longer; and those with this batch that a consumer answered.
        self._failures = 0
        self._attempts = 0
        self._isBegun = self._isPaused = self._isOver = False
        self._isWaiting = self._isSending = self._isCalling = self._isUnderWay = False
        self._isGoingOn = False
        self._isLookingBack = isLookingBack
        self._task: Task | None = None

    def __len__(self) -> int:
        """How many events wait."""
        return len(self._line)

    def offer(self, event: Event | None, kept: Kept) -> None:
        """
        Send one more, behind all others; unless the rate limit leaves it out.

        @param event: as it was asked for; C{None}: it is left out, because the filter could not be evaluated
        @param kept: what it was made of
        """
        if kept.number <= self._since or self._isOver:
            return
        if event is None or not self._rate.passes():
            self._line.leaveOut()
            self._owner.counts.missed += 1
            return
        self._line.append(event, kept.size)
        self._grown(kept.size)
        self._go()

    def enter(self, receivers: Receivers) -> None:
        """Be among those who are given the events of a topic."""
        receivers[self] = self

    def leave(self, receivers: Receivers) -> None:
        """Be no more among them."""
        receivers.pop(self, None)

    def skipTo(self, number: int) -> None:
        """Events up to this one of all have been judged for it."""
        self._since = max(self._since, number)

    def lookedBack(self, found: LookedBack) -> None:
        """What there was before the subscription: it comes before all others, whatever the rate limit says."""
        self._isLookingBack = False
        if self._isOver:
            return
        self._line.putBack(found.events, found.sizes)
        self._line.missFirst(found.missed)
        self._owner.counts.missed += found.missed
        self._grown(sum(found.sizes))
        self._go()

    def _grown(self, size: int) -> None:
        """So many bytes more wait: let the oldest go where a bound is passed."""
        owner, line = self._owner, self._line
        limits, counts = owner.limits, owner.counts
        counts.waiting += size
        while len(line) and (len(line) > limits.queued or line.size > limits.queuedBytes):
            self._drop()
        self._rank()
        while counts.waiting > limits.allBytes:
            # Whoever stalls pays for it, by all it has: who takes what comes has hardly anything waiting.
            fullest = owner.fullest.holder()
            if fullest is None:
                break
            fullest._drop()

    def _drop(self) -> None:
        line, counts = self._line, self._owner.counts
        if not len(line):
            self._giveUp()
            return
        before = line.size
        line.dropFirst()
        counts.waiting -= before - line.size
        counts.missed += 1
        self._rank()

    def _giveUp(self) -> None:
        """Leave out what is being sent; whoever is called perhaps got it."""
        batch = self._batch
        assert batch is not None
        count = len(batch.events)
        self._carried += batch.missed + count
        self._owner.counts.missed += count
        self._attempts = 0
        self._letGo()
        # A pause goes on: who failed is not asked sooner because of others.
        if self._isUnderWay and self._task is not None:
            self._isGoingOn = True
            self._task.cancel()

    def _rank(self) -> None:
        size = self._line.size + (0 if self._batch is None else self._batch.size)
        self._owner.fullest.change(self._whose, self, self._ranked, size)
        self._ranked = size

    def begin(self) -> None:
        """See L{IEventFeed}."""
        self._isBegun = True
        self._go()

    def pause(self) -> None:
        """See L{IEventFeed}."""
        self._isPaused = True

    def resume(self) -> None:
        """See L{IEventFeed}."""
        self._isPaused = False
        self._go()

    def modify(self, filter: EventFilter | None, rateLimit: float | None) -> None:
        """See L{IEventFeed}."""
        if rateLimit is not None:
            checkedRate(rateLimit)
        if filter is not None:
            self._owner.refilter(self, filter)
        if rateLimit is not None and rateLimit != self._rate.limit:
            self._rate = Rate(self._owner.clock, rateLimit)

    def move(self, dataUrl: str, encoding: str | None, callerId: int) -> None:
        """See L{IEventFeed}."""
        if self._isOver:
            return
        self._channel = self._owner.move(self, dataUrl, encoding, callerId)
        if self._task is not None:
            # It may take a while to end, and goes on then.
            self._isGoingOn = True
            self._task.cancel()
        # What was under way is sent again there, and what was left out and not told yet is told there.
        self._told = _FIRST - 1
        self._failures = self._attempts = 0
        self._go()

    def end(self) -> None:
        """See L{IEventFeed}."""
        if self._isOver:
            return
        self._isOver = True
        self._owner.counts.waiting -= self._line.size
        self._line.clear()
        self._rank()
        self._letGo()
        # Whoever takes an event may end the subscription in that very call, which cannot be cancelled then.
        if self._task is not None and not self._isCalling:
            self._task.cancel()
        self._owner.gone(self)

    def close(self) -> Awaitable[None]:
        """Close the way."""
        return self._channel.close()

    def _maySend(self) -> bool:
        if self._isOver or self._isPaused or self._isLookingBack or not self._isBegun:
            return False
        return self._batch is not None or len(self._line) > 0

    def _go(self) -> None:
        if self._maySend() and not (self._isSending or self._isWaiting):
            self._isWaiting = True
            self._owner.slices.add(self._start)

    def _start(self) -> None:
        self._isWaiting = False
        if self._maySend() and not self._isSending:
            task = self._owner.tasks.spawn(self._deliver(), "the events of a subscription")
            self._task = None if task.ended else task

    async def _deliver(self) -> None:
        self._isSending = True
        over: str | None = None
        try:
            # One that was cancelled and did not heed it cannot be cancelled again: another goes on.
            while self._maySend() and over is None and not self._isGoingOn:
                batch = self._batch
                if batch is None:
                    batch = self._batch = self._next()
                try:
                    await self._send(batch)
                except ServiceHasTerminated as error:
                    over = error.message
                except PeerError as error:
                    await self._failed(batch, error)
                except RequestError:
                    await self._refused(batch)
                else:
                    self._taken(batch)
        finally:
            self._isSending = False
            self._task = None
            if self._isGoingOn:
                self._isGoingOn = False
                self._go()
        if over is not None:
            self._finish(over)

    def _next(self) -> Batch:
        limits = self._owner.limits
        # It is among what waits until it was taken: whoever never answers pays for it.
        return self._line.take(self._most, limits.batchBytes)

    def _letGo(self) -> None:
        """The batch is needed no more."""
        if self._batch is not None:
            self._owner.counts.waiting -= self._batch.size
            self._batch = None
            self._rank()

    async def _send(self, batch: Batch) -> None:
        missed = self._carried + batch.missed
        self._isCalling = True
        try:
            sending = begin(self._channel.send(batch.events, self._told + missed + 1, missed))
        finally:
            self._isCalling = False
        self._isUnderWay = True
        try:
            await sending
        finally:
            self._isUnderWay = False

    def _taken(self, batch: Batch) -> None:
        if self._batch is not batch:
            # It was given up meanwhile.
            return
        count = len(batch.events)
        self._told += self._carried + batch.missed + count
        self._carried = 0
        self._failures = self._attempts = 0
        self._letGo()
        limits, counts = self._owner.limits, self._owner.counts
        self._most = min(2 * self._most, limits.batchEvents)
        counts.notified += 1
        counts.delivered += count

    async def _failed(self, batch: Batch, error: PeerError) -> None:
        owner = self._owner
        owner.counts.failed += 1
        if isinstance(error, PeerFault):
            self._attempts += 1
            # Whoever answers a fault again and again will never take these; who is away may come back.
            if self._attempts >= owner.limits.attempts:
                self._attempts = 0
                await self._refused(batch)
                return
        await self._pause(getattr(error, "retryAfter", 0.0))

    def _pause(self, told: float = 0.0) -> Awaitable[None]:
        owner = self._owner
        self._failures += 1
        return sleep(owner.clock, owner.backoff.delay(self._failures, owner.random, told))

    async def _refused(self, batch: Batch) -> None:
        """Leave out what will never be taken: when there are several, find which."""
        if self._batch is not batch:
            return
        events, sizes = batch.events, batch.sizes
        self._carried += batch.missed
        if len(events) > 1:
            self._batch = None
            self._most = max(1, len(events) // 2)
            self._line.putBack(events, sizes)
            return
        self._letGo()
        self._carried += 1
        self._owner.counts.missed += 1
        # Who takes one not may not take the next either.
        await self._pause()

    def _finish(self, reason: str) -> None:
        if self._isOver:
            return
        # Who is told may move it at once.
        isPaused, self._isPaused = self._isPaused, True
        if self._over(reason):
            return
        self._isPaused = isPaused
        self._owner.counts.ended += 1
        self.end()
