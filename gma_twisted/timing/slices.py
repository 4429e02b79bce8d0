"""All long work of one thing shares a slice of each turn of the reactor: what does not fit waits for the next."""

from collections import deque
from collections.abc import Awaitable, Callable

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gma_twisted.timing.ready import Ready
from gma_twisted.timing.turns import Turns

__all__ = ["Slices"]

_ON: Ready[None] = Ready(None)


@attrs.define(slots=True, eq=False)
class Slices:
    """
    Begins things: at once as long as those of this turn took no longer than a slice, and later in their order.

    However many pieces of work share it, together they take no longer than one of them would alone.

    @ivar clock: the node's
    """

    clock: IReactorTime
    _waiting: deque[Callable[[], None]] = attrs.field(factory=deque, init=False, repr=False)
    _turn: Turns | None = attrs.field(default=None, init=False, repr=False)
    _call: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _isRunning: bool = attrs.field(default=False, init=False)

    @property
    def isOver(self) -> bool:
        """Whether the slice of this turn is over."""
        turn = self._turn
        if turn is None:
            # Of this turn it is the first; the next may take as long again.
            turn = self._turn = Turns(self.clock)
            self._call = self.clock.callLater(0.0, self._next)
        return turn.isOver

    def add(self, start: Callable[[], None]) -> None:
        """Begin one. Who adds it waits for its end before adding it again: that bounds how many wait."""
        self._waiting.append(start)
        if not self._isRunning:
            self._run()

    def later(self, start: Callable[[], None]) -> None:
        """Begin one in another turn: for who sees that the slice L{isOver}."""
        self._waiting.append(start)

    def breathe(self) -> Awaitable[None]:
        """To be awaited between two steps: goes on at once, or in another turn when the slice L{isOver}."""
        if not self.isOver:
            return _ON
        turn: Deferred[None] = Deferred()
        self.later(lambda: None if turn.called else turn.callback(None))
        return turn

    def stop(self) -> None:
        """Let all that waits go on at once: what has ended sees that; only an answer may wait again."""
        waiting, self._waiting = self._waiting, deque()
        for start in waiting:
            start()
        if self._call is not None and not self._waiting:
            self._call.cancel()
            self._call = self._turn = None

    def _run(self) -> None:
        self._isRunning = True
        try:
            while self._waiting and not self.isOver:
                self._waiting.popleft()()
        finally:
            self._isRunning = False

    def _next(self) -> None:
        self._call = self._turn = None
        if self._waiting:
            self._run()
