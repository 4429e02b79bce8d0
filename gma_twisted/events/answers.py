"""What a producer answers about the past: pages of events, and what is missing in them."""

import math
import re
from collections.abc import Sequence
from secrets import token_hex

import attrs

from gma_twisted.errors import GMAError, ParameterError, cut
from gma_twisted.events.history import History, Latest
from gma_twisted.events.kept import Kept
from gma_twisted.events.limits import EngineLimits
from gma_twisted.events.slices import Slices
from gma_twisted.events.sources import Sources
from gma_twisted.events.topics import Wanted, wantedOf
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventFilter, QueryMode
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.timing import NodeClock

__all__ = ["Answers"]

_CURSOR = re.compile(r"([lh])([0-9a-f]{8})\.(-?\d{1,20})\.(\d{1,20})\.(\d{1,20})\.(-?\d{1,20}|all)")
_GIGA = 1_000_000_000
# Of sources that are stale or failed; those beyond are counted.
_NAMED = 100
# Nanoseconds since 1970: nothing is older.
_EVER = -(2**63)


@attrs.frozen(slots=True)
class _Place:
    """
    Where an answer goes on.

    @ivar after: timestamp and number of the last event that was told; of last events 0 and the number of the first
        of that source and name
    @ivar upTo: number of the newest event that belongs to the answer; of last events, of those of which the first does
    @ivar since: nanoseconds since 1970; C{None} for all
    """

    after: tuple[int, int] | None
    upTo: int
    since: int | None


@attrs.define(slots=True, eq=False)
class _Page:
    """
    What is found of a page, in order.

    @ivar last: the place of the last of C{kept}
    """

    kept: list[Kept] = attrs.field(factory=list)
    events: list[Event] = attrs.field(factory=list)
    last: tuple[int, int] = (0, 0)
    size: int = 0
    unjudged: int = 0
    isCut: bool = False

    def order(self) -> None:
        """Have the events in the order of time."""
        both = sorted(zip(self.kept, self.events, strict=True), key=_timeOf)
        self.kept = [kept for kept, _ in both]
        self.events = [event for _, event in both]


class Answers:
    """
    Answers queries from the history and the last events of an engine.

    Events are in the order of their time: those of the history over all pages, last events within each page. These are
    paged in the order in which their sources and names were first heard of, which does not change when one is replaced
    by an event of any time: none is missed, none comes twice.
    """

    __slots__ = (
        "_began",
        "_clock",
        "_history",
        "_latest",
        "_life",
        "_limits",
        "_slices",
        "_sources",
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
        self._began = int(clock.wallTime() * _GIGA)
        # Numbers mean nothing in another life of the node.
        self._life = token_hex(4)

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
        name = wanted.template.name if wanted.template.isExact else None
        kept = (self._history if isHistory else self._latest).select(name)
        newest = max((one.number for one in kept), default=0)
        place = self._placeOf(cursor, isHistory, newest, interval)
        page = await self._page(wanted, self._inOrder(kept, place, isHistory), most)
        if not isHistory:
            page.order()
        warnings = list(self._lacks(place, page, isHistory))
        sources = {one.source: None for one in page.kept}
        troubled = self._sources.troubled()
        for said, sentence in troubled[:_NAMED]:
            warnings.append(sentence)
            sources[said.name] = None
        if len(troubled) > _NAMED:
            warnings.append(f"{len(troubled) - _NAMED} more sources are stale or failed")
        further = None
        if page.isCut:
            ns, number = page.last
            since = "all" if place.since is None else str(place.since)
            letter = "h" if isHistory else "l"
            further = f"{letter}{self._life}.{ns}.{number}.{place.upTo}.{since}"
        return EventAnswer(
            page.events,
            not (warnings or page.isCut),
            warnings,
            self._sources.of(sources),
            further,
        )

    def _mostOf(self, asked: int | None) -> int:
        if asked is None:
            return self._limits.answerEvents
        if asked < 1:
            raise ParameterError(
                f"maxEvents is 1 or more, not {cut(asked, 40)}", parameter="maxEvents"
            )
        return min(asked, self._limits.answerEvents)

    def _placeOf(
        self, cursor: str | None, isHistory: bool, newest: int, interval: float | None
    ) -> _Place:
        if cursor is None:
            return _Place(None, newest, self._since(interval))
        found = _CURSOR.fullmatch(cursor)
        if found is None or (found[1] == "h") is not isHistory:
            raise ParameterError(
                f'"{cut(cursor, 60)}" is no cursor of such a query', parameter="cursor"
            )
        if found[2] != self._life:
            raise ParameterError(
                f'the cursor "{cut(cursor, 60)}" is of another life of this producer; ask anew',
                parameter="cursor",
            )
        since = None if found[6] == "all" else int(found[6])
        return _Place((int(found[3]), int(found[4])), int(found[5]), since)

    def _since(self, interval: float | None) -> int | None:
        if interval is None:
            return None
        if not 0.0 <= interval < math.inf:
            raise ParameterError(
                f"an interval is seconds of the past, not {interval!r}",
                parameter="interval",
                cure="leave it out for all there is",
            )
        return int(max((self._clock.wallTime() - interval) * _GIGA, _EVER))

    def _inOrder(
        self, kept: Sequence[Kept], place: _Place, isHistory: bool
    ) -> list[tuple[tuple[int, int], Kept]]:
        """What may be in the page and after it, each with its place."""
        after, since = place.after, place.since
        found = []
        for one in kept:
            if since is not None and one.event.timestamp.nanoseconds < since:
                continue
            at = one.place if isHistory else (0, self._latest.firstOf(one))
            if at[1] <= place.upTo and (after is None or at > after):
                found.append((at, one))
        found.sort(key=_placeOf)
        return found

    async def _page(
        self, wanted: Wanted, kept: Sequence[tuple[tuple[int, int], Kept]], most: int
    ) -> _Page:
        page = _Page()
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

    def _lacks(self, place: _Place, page: _Page, isHistory: bool) -> Sequence[str]:
        warnings = []
        if page.unjudged:
            warnings.append(
                f"the filter could not be evaluated on {page.unjudged} events, which are left out"
            )
        if not isHistory:
            if self._latest.dropped:
                warnings.append(
                    "there are more names of events, or larger ones, than those of which the last is kept: "
                    f"{self._latest.dropped} were let go"
                )
            return warnings
        lost = self._history.lost
        if place.after is not None:
            if lost is not None and lost >= place.after[0]:
                warnings.append("some events were let go while this was read")
            return warnings
        since = place.since
        if since is not None and (since < self._began or (lost is not None and since <= lost)):
            known = Timestamp(self._began if lost is None else max(self._began, lost))
            warnings.append(f"of what was before {known} not everything is kept here")
        return warnings


def _placeOf(found: tuple[tuple[int, int], Kept]) -> tuple[int, int]:
    return found[0]


def _timeOf(found: tuple[Kept, Event]) -> tuple[int, int]:
    return found[0].place
