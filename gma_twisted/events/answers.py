"""What a producer answers about the past: pages of events, and what is missing in them."""

from collections.abc import Sequence

from gma_twisted.errors import GMAError, ParameterError, cut
from gma_twisted.events.history import History, Latest
from gma_twisted.events.kept import Kept
from gma_twisted.events.life import newLife
from gma_twisted.events.limits import EngineLimits
from gma_twisted.events.pages import Gap, Page, Place, furtherOf, gapOf, placeOf, sinceOf
from gma_twisted.events.past import Past, lacksOf
from gma_twisted.events.sources import Sources
from gma_twisted.events.topics import Wanted, wantedOf
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventFilter, QueryMode
from gma_twisted.timing import NodeClock, Slices

__all__ = ["Answers"]

# Of sources that are stale or failed; those beyond are counted.
_NAMED = 100


class Answers:
    """
    Answers queries from the history and the last events of an engine.

    Events are in the order of their time: those of the history over all pages, last events within each page. These are
    paged in the order in which their sources and names were first heard of, which does not change when one is replaced
    by an event of any time: none is missed, none comes twice. What is missing in a numbered stream comes in the order
    of the numbers.

    @ivar life: of the numbers; those of another one mean nothing
    @ivar past: the history on the disk; C{None}: only what is in memory
    """

    __slots__ = (
        "_began",
        "_clock",
        "_history",
        "_latest",
        "_latestLife",
        "_limits",
        "_slices",
        "_sources",
        "life",
        "past",
    )

    def __init__(
        self,
        clock: NodeClock,
        history: History,
        latest: Latest,
        sources: Sources,
        limits: EngineLimits,
        slices: Slices,
    ) -> None:
        """
        @param limits: C{answerEvents} and C{answerBytes} of it
        @param slices: of the engine: all that are asked at once share them
        """
        self._slices = slices
        self._clock = clock
        self._history = history
        self._latest = latest
        self._sources = sources
        self._limits = limits
        self._began = int(clock.wallTime() * 1e9)
        self.life = newLife()
        # A restart with an archive puts last events into another order.
        self._latestLife = newLife()
        self.past: Past | None = None

    async def find(
        self,
        template: Event,
        filter: EventFilter | None,
        mode: str,
        interval: float | None,
        maxEvents: int | None,
        cursor: str | None,
    ) -> EventAnswer:
        """See L{IProducer.query <gma_twisted.interfaces.gma.IProducer.query>}."""
        wanted = wantedOf(template, filter)
        isHistory = QueryMode.parse(mode) is QueryMode.HISTORY
        most = self._mostOf(maxEvents)
        gap = gapOf(cursor, self.life, isHistory)
        life = self.life if isHistory else self._latestLife
        since = sinceOf(interval, self._clock)
        where: Place | Gap
        if self.past is not None:
            # What was published before is in the answer.
            await self.past.settled()
        if isHistory and self.past is not None:
            newest = self.past.archive.last
            where = gap or placeOf(cursor, life, True, newest, since)
            page, missing = await self.past.page(template, wanted, where, most)
            warnings = list(missing)
        else:
            name = wanted.template.name if wanted.template.isExact else None
            kept = (self._history if isHistory else self._latest).select(name)
            newest = max((one.number for one in kept), default=0)
            where = gap or placeOf(cursor, life, isHistory, newest, since)
            page = await self._page(wanted, self._inOrder(kept, where, isHistory), most)
            if not isHistory:
                page.order()
            warnings = list(self._lacks(where, page, isHistory, name))
        sources = {one.source: None for one in page.kept}
        troubled = self._sources.troubled()
        for said, sentence in troubled[:_NAMED]:
            warnings.append(sentence)
            sources[said.name] = None
        if len(troubled) > _NAMED:
            warnings.append(f"{len(troubled) - _NAMED} more sources are stale or failed")
        return EventAnswer(
            page.events,
            not (warnings or page.isCut),
            warnings,
            self._sources.of(sources),
            furtherOf(where, page, life, isHistory),
        )

    def _mostOf(self, asked: int | None) -> int:
        if asked is None:
            return self._limits.answerEvents
        if asked < 1:
            raise ParameterError(
                f"maxEvents is 1 or more, not {cut(asked, 40)}", parameter="maxEvents"
            )
        return min(asked, self._limits.answerEvents)

    def _inOrder(
        self, kept: Sequence[Kept], where: Place | Gap, isHistory: bool
    ) -> list[tuple[tuple[int, int], Kept]]:
        """What may be in the page and after it, each with its place."""
        if isinstance(where, Gap):
            inGap = (one for one in kept if where.after < one.number <= where.upTo)
            return [((0, one.number), one) for one in inGap]
        after, since = where.after, where.since
        found = []
        for one in kept:
            if since is not None and one.event.timestamp.nanoseconds < since:
                continue
            at = one.place if isHistory else (0, self._latest.firstOf(one))
            if at[1] <= where.upTo and (after is None or at > after):
                found.append((at, one))
        found.sort(key=_placeOf)
        return found

    async def _page(
        self, wanted: Wanted, kept: Sequence[tuple[tuple[int, int], Kept]], most: int
    ) -> Page:
        page = Page()
        for at, one in kept:
            await self._slices.breathe()
            try:
                made = wanted.take(one.event)
            except GMAError:
                page.unjudged += 1
                continue
            if made is None:
                continue
            if len(page.events) >= most or (
                page.events and page.size + one.size > self._limits.answerBytes
            ):
                page.isCut = True
                break
            page.kept.append(one)
            page.events.append(made)
            page.last = at
            page.size += one.size
        return page

    def _lacks(
        self, where: Place | Gap, page: Page, isHistory: bool, name: str | None
    ) -> Sequence[str]:
        history = self._history
        if isHistory:
            return lacksOf(where, page, history.lost, history.lostOf(name), self._began)
        # Of last events nothing is too old.
        warnings = list(lacksOf(Gap(0, 0), page, None, 0, 0))
        if self._latest.dropped:
            warnings.append(
                "there are more names of events, or larger ones, than those of which the last is kept: "
                f"{self._latest.dropped} were let go"
            )
        if not self._latest.isLast(name):
            warnings.append(
                "some of what was told last before the restart is not kept, or could not be read: "
                "later events than these may have been told"
            )
        return warnings


def _placeOf(found: tuple[tuple[int, int], Kept]) -> tuple[int, int]:
    return found[0]
