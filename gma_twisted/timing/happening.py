"""Something that happens once and for which any number may wait, each wait cancellable alone."""

from collections.abc import Awaitable

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.timing.ready import Ready

__all__ = ["Happening"]


@attrs.define(eq=False, slots=True)
class Happening:
    """
    An event in the life of something: a process exited, a sink takes nothing more.

    @ivar happened: whether it did
    """

    happened: bool = attrs.field(default=False, init=False)
    _waiting: list[Deferred[None]] = attrs.field(factory=list, init=False, repr=False)

    def happen(self) -> None:
        """It is so; called again, nothing happens."""
        self.happened = True
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(None)

    def wait(self) -> Awaitable[None]:
        """Ready when it has happened; cancelling this wait leaves the others alone."""
        if self.happened:
            return Ready(None)
        # Without a canceller a cancelled Deferred swallows the later callback, as is wanted here.
        one: Deferred[None] = Deferred()
        self._waiting.append(one)
        return one
