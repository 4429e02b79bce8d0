"""What was published before a subscription, and is wanted by it."""

from collections import deque
from collections.abc import AsyncIterator

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.events.history import History
from gma_twisted.events.kept import Kept
from gma_twisted.events.limits import EngineLimits
from gma_twisted.events.past import Past
from gma_twisted.events.slices import Slices
from gma_twisted.events.topics import Wanted
from gma_twisted.interfaces.events import StoredEvent
from gma_twisted.model.event import Event
from gma_twisted.timing import NodeClock

__all__ = ["LookedBack", "LookingBack"]


@attrs.define(slots=True, eq=False)
class LookedBack:
    """
    What there was before a subscription, in the order it was published.

    @ivar unjudged: how many the filter could not be evaluated on
    @ivar dropped: how many the oldest are more than may be kept
    """

    events: deque[Event] = attrs.field(factory=deque)
    numbers: deque[int] = attrs.field(factory=deque)
    sizes: deque[int] = attrs.field(factory=deque)
    size: int = 0
    unjudged: int = 0
    dropped: int = 0

    def add(self, event: Event, number: int, size: int, limits: EngineLimits) -> None:
        """One more; the oldest go that would be left out all the same."""
        self.events.append(event)
        self.numbers.append(number)
        self.sizes.append(size)
        self.size += size
        while self.size > limits.queuedBytes or len(self.events) > limits.queued:
            self.events.popleft()
            self.numbers.popleft()
            self.size -= self.sizes.popleft()
            self.dropped += 1

    def order(self) -> None:
        """Have them in the order they were published, as what follows them comes."""
        every = sorted(zip(self.numbers, self.events, self.sizes, strict=True), key=_numberOf)
        self.numbers = deque(number for number, _, _ in every)
        self.events = deque(event for _, event, _ in every)
        self.sizes = deque(size for _, _, size in every)


@attrs.define(slots=True, eq=False)
class LookingBack:
    """
    Looks for it: on the disk, or in memory where there is no archive.

    @ivar clock: the node's
    @ivar history: of the engine
    @ivar limits: of the engine: nothing is kept that would be left out all the same
    @ivar slices: of the engine
    @ivar past: the history on the disk
    """

    clock: NodeClock
    history: History
    limits: EngineLimits
    slices: Slices
    past: Past | None = None

    async def find(self, template: Event, wanted: Wanted, seconds: float, upTo: int) -> LookedBack:
        """
        What is there.

        @param seconds: of the past
        @param upTo: number of the event that was published last before the subscription
        @raise Busy: the archive cannot be asked now
        """
        made = LookedBack()
        async for one in self._since(template, wanted, seconds, upTo):
            await self.slices.breathe()
            try:
                event = wanted.take(one.event)
            except GMAError:
                made.unjudged += 1
                continue
            if event is not None:
                made.add(event, one.number, one.size, self.limits)
        if self.past is not None:
            made.order()
        return made

    async def _since(
        self, template: Event, wanted: Wanted, seconds: float, upTo: int
    ) -> AsyncIterator[Kept | StoredEvent]:
        oldest = max((self.clock.wallTime() - seconds) * 1e9, -(2.0**62))
        if self.past is not None:
            async for stored in self.past.since(template, int(oldest), upTo):
                yield stored
            return
        # What was published since is in the line of the subscription already.
        for kept in self.history.select(wanted.template.name if wanted.template.isExact else None):
            if kept.number <= upTo and kept.event.timestamp.nanoseconds >= oldest:
                yield kept


def _numberOf(one: tuple[int, Event, int]) -> int:
    return one[0]
