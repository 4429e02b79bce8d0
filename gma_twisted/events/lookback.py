"""What was published before a subscription, and is wanted by it."""

from collections.abc import Callable, Sequence

import attrs

from gma_twisted.errors import GMAError, ParameterError
from gma_twisted.events.history import History
from gma_twisted.events.kept import Kept
from gma_twisted.events.limits import EngineLimits
from gma_twisted.events.lookedback import LookedBack
from gma_twisted.events.past import Past, textsOf
from gma_twisted.events.topics import Wanted
from gma_twisted.interfaces.events import StoredEvent
from gma_twisted.model.event import Event
from gma_twisted.timing import NodeClock, Slices

__all__ = ["LookingBack", "checkLookBack"]

_ROWS = 500_000
"""Rows looked at for one look-back: who wants one event of millions asks for it."""
_FIRST = 100
_PAGE = 2_000
"""Rows that are asked for at once."""


def checkLookBack(seconds: float) -> None:
    """@param seconds: of the past. @raise ParameterError: they are none"""
    if not seconds >= 0.0:
        raise ParameterError(
            f"a look-back is seconds of the past, 0 or more, not {seconds!r}",
            parameter="lookBack",
        )


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

    async def find(
        self,
        template: Event,
        wanted: Wanted,
        seconds: float,
        upTo: int,
        isAsked: Callable[[], bool] = lambda: True,
    ) -> LookedBack:
        """
        What is there.

        @param seconds: of the past
        @param upTo: number of the event that was published last before the subscription
        @param isAsked: whether anybody still wants it; when not, what is given is of no use
        @raise Busy: the archive cannot be asked now
        """
        made = LookedBack()
        oldest = int(max((self.clock.wallTime() - seconds) * 1e9, -(2.0**62)))
        if self.past is None:
            await self._remember(made, wanted, oldest, upTo, isAsked)
        else:
            await self._read(self.past, made, template, wanted, oldest, upTo, isAsked)
            made.order()
        return made

    async def _remember(
        self,
        made: LookedBack,
        wanted: Wanted,
        oldest: int,
        upTo: int,
        isAsked: Callable[[], bool],
    ) -> None:
        # What was published since is in the line of the subscription already.
        for kept in self.history.select(wanted.template.name if wanted.template.isExact else None):
            if kept.number > upTo or kept.event.timestamp.nanoseconds < oldest:
                continue
            await self.slices.breathe()
            if not isAsked():
                return
            event = self._judged(made, wanted, kept)
            if event is not None:
                made.add(event, kept.number, kept.size, self.limits)

    async def _read(
        self,
        past: Past,
        made: LookedBack,
        template: Event,
        wanted: Wanted,
        oldest: int,
        upTo: int,
        isAsked: Callable[[], bool],
    ) -> None:
        """From the newest back, until there is no room for more: the rest would be left out all the same."""
        await past.settled()
        # What waits for the disk now may be on it when that is read.
        waiting = {
            one.number: one
            for one in reversed(past.waiting())
            if one.number <= upTo and one.event.timestamp.nanoseconds >= oldest
        }
        isRoom = await self._take(made, wanted, tuple(waiting.values()), isAsked)
        texts = textsOf(template)
        before: tuple[int, int] | None = None
        looked, limit = 0, _FIRST
        while isRoom and looked < _ROWS:
            if not isAsked():
                return
            page = await past.archive.recent(template.name, texts, oldest, before, upTo, limit)
            made.dropped += page.unreadable
            found = [one for one in page.found if one.number not in waiting]
            isRoom = await self._take(made, wanted, found, isAsked)
            looked += limit
            limit = min(_PAGE, 4 * limit)
            before = page.last
            if isRoom and before is None:
                return
        if isAsked():
            # Who reads numbers asks for them, and begins where these begin.
            page = await past.archive.select(template.name, texts, oldest, None, upTo, _FIRST)
            made.cut(min([one.number for one in page.found], default=None), upTo)

    async def _take(
        self,
        made: LookedBack,
        wanted: Wanted,
        found: Sequence[StoredEvent],
        isAsked: Callable[[], bool],
    ) -> bool:
        """@return: whether there was room for all of them"""
        for one in found:
            await self.slices.breathe()
            if not isAsked():
                return True
            event = self._judged(made, wanted, one)
            if event is not None and not made.addOlder(event, one.number, one.size, self.limits):
                return False
        return True

    def _judged(self, made: LookedBack, wanted: Wanted, one: Kept | StoredEvent) -> Event | None:
        try:
            return wanted.take(one.event)
        except GMAError:
            made.leaveOut(one.number)
            return None
