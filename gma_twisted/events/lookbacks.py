"""Look-backs wait for each other: a few at once, and whoever asks for many does not hold up those of others."""

from collections import Counter
from collections.abc import Awaitable, Callable

import attrs

from gma_twisted.errors import Busy
from gma_twisted.events.topics import AnyFeed
from gma_twisted.timing import Tasks

__all__ = ["LookBacks"]

_MOST = 4
"""At once: each asks the archive one question at a time, and what others ask it comes between."""
_OF_ONE = 2
"""Of one owner."""


@attrs.define(slots=True, eq=False)
class LookBacks:
    """
    Runs them, by turns of those who own them.

    @ivar tasks: of the engine
    """

    tasks: Tasks
    # By owner, the one whose turn comes next first; as many as there are subscriptions at most.
    _waiting: dict[str, dict[AnyFeed, Callable[[], Awaitable[None]]]] = attrs.field(
        factory=dict, init=False, repr=False
    )
    _running: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _isGoing: bool = attrs.field(default=False, init=False)

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def add(self, feed: AnyFeed, owner: str, look: Callable[[], Awaitable[None]]) -> None:
        """
        One more.

        @param look: begins it; it has to see for itself that its subscription has ended
        @raise Busy: the engine stops
        """
        self._waiting.setdefault(owner, {})[feed] = look
        self._go()

    def leave(self, feed: AnyFeed, owner: str) -> None:
        """A subscription has ended: what has not begun for it never does."""
        waiting = self._waiting.get(owner)
        if waiting is None:
            return
        waiting.pop(feed, None)
        if not waiting:
            del self._waiting[owner]

    def _go(self) -> None:
        # One that ends at once is not the one that begins the next: they would lie in each other.
        if self._isGoing:
            return
        self._isGoing = True
        try:
            while self._running.total() < _MOST:
                owner = self._next()
                if owner is None:
                    break
                self._begin(owner)
        finally:
            self._isGoing = False

    def _next(self) -> str | None:
        for owner in self._waiting:
            if self._running[owner] < _OF_ONE:
                return owner
        return None

    def _begin(self, owner: str) -> None:
        waiting = self._waiting.pop(owner)
        look = waiting.pop(next(iter(waiting)))
        if waiting:
            # Behind all others.
            self._waiting[owner] = waiting
        self._running[owner] += 1
        try:
            self.tasks.spawn(self._run(owner, look), "a look-back")
        except Busy:
            self._ended(owner)
            raise

    async def _run(self, owner: str, look: Callable[[], Awaitable[None]]) -> None:
        try:
            await look()
        finally:
            self._ended(owner)
            self._go()

    def _ended(self, owner: str) -> None:
        self._running[owner] -= 1
        if not self._running[owner]:
            del self._running[owner]
