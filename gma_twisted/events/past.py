"""What is asked of the events on the disk: page by page, each of bounded work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.events.limits import EngineLimits
from gma_twisted.events.pages import Gap, Page, Place, instantOf
from gma_twisted.events.topics import Wanted
from gma_twisted.interfaces.events import ArchivePage, IEventArchive, StoredEvent
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.timing import Slices

__all__ = ["Past", "lacksOf", "textsOf"]

_LOOKED = 10_000
"""Rows looked at for one page; then it is short, and says where it goes on."""
_FIRST = 100
_MOST = 2_000
"""Rows that are asked for at once."""


@attrs.frozen(slots=True, eq=False)
class Past:
    """
    Asks an archive.

    @ivar archive: it
    @ivar limits: of the engine
    @ivar slices: of the engine
    @ivar settled: waits until what was published before is kept, or the disk did not take it
    @ivar waiting: what the disk did not take yet, oldest first
    """

    archive: IEventArchive
    limits: EngineLimits
    slices: Slices
    settled: Callable[[], Awaitable[None]]
    waiting: Callable[[], Sequence[StoredEvent]]

    async def page(
        self, template: Event, wanted: Wanted, where: Place | Gap, most: int
    ) -> tuple[Page, Sequence[str]]:
        """
        One page of an answer.

        @param most: events
        @return: it, and what is missing in it
        @raise Busy: the archive cannot be asked now
        """
        page = Page()
        texts = textsOf(template)
        after: tuple[int, int] | None = None
        if isinstance(where, Gap):
            after = (0, where.after)
        else:
            after = None if where.after is None else _within(where.after)
        looked, limit = 0, min(_FIRST, most + 1)
        while not page.isCut:
            found = await self._ask(wanted, texts, where, after, limit)
            await self._take(found.found, wanted, page, most, isinstance(where, Gap))
            page.unreadable += found.unreadable
            looked += limit
            if page.isCut or found.last is None:
                break
            page.last = after = found.last
            page.isCut = looked >= _LOOKED
            limit = min(_MOST, 4 * limit)
        return page, self._lacks(where, page, found)

    def _ask(
        self,
        wanted: Wanted,
        texts: Mapping[str, str],
        where: Place | Gap,
        after: tuple[int, int] | None,
        limit: int,
    ) -> Awaitable[ArchivePage]:
        if isinstance(where, Gap):
            assert after is not None
            return self.archive.between(after[1], where.upTo, limit, wanted.template.name)
        return self.archive.select(
            wanted.template.name, texts, where.since, after, where.upTo, limit
        )

    async def _take(
        self, found: Sequence[StoredEvent], wanted: Wanted, page: Page, most: int, isGap: bool
    ) -> None:
        for one in found:
            await self.slices.breathe()
            try:
                made = wanted.take(one.event)
            except GMAError:
                page.unjudged += 1
                made = None
            if made is not None:
                if len(page.events) >= most or (
                    page.events and page.size + one.size > self.limits.answerBytes
                ):
                    page.isCut = True
                    return
                page.kept.append(one)
                page.events.append(made)
                page.size += one.size
            page.last = (0 if isGap else instantOf(one.event), one.number)

    def _lacks(self, where: Place | Gap, page: Page, found: ArchivePage) -> Sequence[str]:
        warnings = list(lacksOf(where, page, found.lost, found.lostNumber, self.archive.began))
        waiting = len(self.waiting())
        if waiting and not page.isCut:
            warnings.append(
                f"{waiting} events wait for the disk, which does not take them now, and are not here yet"
            )
        return warnings


def _within(place: tuple[int, int]) -> tuple[int, int]:
    """Of a cursor that somebody made up, what 64 bits hold."""
    at, number = place
    return min(max(at, -(2**63) + 1), 2**63 - 2), number


def textsOf(template: Event) -> Mapping[str, str]:
    """What fields directly in a template ask for that is text."""
    return {
        item.name: item.value
        for item in template.items
        if isinstance(item, EventField) and isinstance(item.value, str)
    }


def lacksOf(
    where: Place | Gap, page: Page, lost: int | None, lostNumber: int, began: int
) -> Sequence[str]:
    """
    What is missing in a page, a sentence each.

    @param lost: newest timestamp of what was let go
    @param lostNumber: highest number of what was
    @param began: nanoseconds since 1970 before which nothing is known
    """
    warnings = []
    if page.unjudged:
        warnings.append(
            f"the filter could not be evaluated on {page.unjudged} events, which are left out"
        )
    if page.unreadable:
        warnings.append(
            f"{page.unreadable} events could not be read from the disk, and are left out"
        )
    if isinstance(where, Gap):
        if where.after < min(lostNumber, where.upTo):
            warnings.append(f"of what came after number {where.after} not everything is kept here")
        return warnings
    if where.after is not None:
        if lost is not None and lost >= where.after[0]:
            warnings.append("some events were let go while this was read")
        return warnings
    since = where.since
    if since is not None and (since < began or (lost is not None and since <= lost)):
        known = Timestamp(began if lost is None else max(began, lost))
        warnings.append(f"of what was before {known} not everything is kept here")
    return warnings
