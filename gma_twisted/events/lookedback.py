"""What was found of the time before a subscription."""

from collections import deque

import attrs

from gma_twisted.events.limits import EngineLimits
from gma_twisted.model.event import Event

__all__ = ["LookedBack"]


@attrs.define(slots=True, eq=False)
class LookedBack:
    """
    What there was before a subscription, in the order it was published.

    @ivar unjudged: how many the filter could not be evaluated on
    @ivar dropped: how many the oldest are more than may be kept
    @ivar first: lowest number of all of them, of those that are left out too; C{None} where there was nothing
    @ivar lastMissed: highest number of those that are left out; 0 for none
    """

    events: deque[Event] = attrs.field(factory=deque)
    numbers: deque[int] = attrs.field(factory=deque)
    sizes: deque[int] = attrs.field(factory=deque)
    size: int = 0
    unjudged: int = 0
    dropped: int = 0
    first: int | None = None
    lastMissed: int = 0

    @property
    def missed(self) -> int:
        """How many are left out."""
        return self.unjudged + self.dropped

    def add(self, event: Event, number: int, size: int, limits: EngineLimits) -> None:
        """One more; the oldest go that would be left out all the same."""
        self._found(number)
        self.events.append(event)
        self.numbers.append(number)
        self.sizes.append(size)
        self.size += size
        while self.size > limits.queuedBytes or len(self.events) > limits.queued:
            self.events.popleft()
            self._left(self.numbers.popleft())
            self.size -= self.sizes.popleft()
            self.dropped += 1

    def addOlder(self, event: Event, number: int, size: int, limits: EngineLimits) -> bool:
        """One more, older than those that were added so. @return: whether there is room for it"""
        if self.size + size > limits.queuedBytes or len(self.events) >= limits.queued:
            return False
        self._found(number)
        self.events.append(event)
        self.numbers.append(number)
        self.sizes.append(size)
        self.size += size
        return True

    def cut(self, first: int | None, upTo: int) -> None:
        """
        What is older was not looked at, so it is not known how many are left out: one at least.

        @param first: lowest number they may have; C{None}: not known
        @param upTo: highest
        """
        self._found(1 if first is None else first)
        self._left(upTo)
        self.dropped += 1

    def leaveOut(self, number: int) -> None:
        """One more cannot be judged."""
        self._found(number)
        self._left(number)
        self.unjudged += 1

    def order(self) -> None:
        """Have them in the order they were published, as what follows them comes."""
        every = sorted(zip(self.numbers, self.events, self.sizes, strict=True), key=_numberOf)
        self.numbers = deque(number for number, _, _ in every)
        self.events = deque(event for _, event, _ in every)
        self.sizes = deque(size for _, _, size in every)

    def _found(self, number: int) -> None:
        # By an archive they are found in the order of their time.
        self.first = number if self.first is None else min(self.first, number)

    def _left(self, number: int) -> None:
        self.lastMissed = max(self.lastMissed, number)


def _numberOf(one: tuple[int, Event, int]) -> int:
    return one[0]
