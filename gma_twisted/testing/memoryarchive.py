"""An archive in memory, which does what every C{IEventArchive} must do."""

from collections.abc import Awaitable, Mapping, Sequence

from zope.interface import implementer

from gma_twisted.errors import Busy, GMAError, ParameterError
from gma_twisted.interfaces.events import ArchivePage, IEventArchive, StoredEvent
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.glob import Glob
from gma_twisted.timing import Ready

__all__ = ["MemoryArchive", "hasText"]


@implementer(IEventArchive)
class MemoryArchive:
    """
    Keeps events as long as it lives, also when it is stopped and started again: for tests of what uses an archive.

    @ivar refuse: what L{append} and L{select} raise; C{None}: nothing
    @ivar kept: what there is, in the order of the numbers
    @ivar unreadable: how many of each page it says could not be read
    @ivar reserved: number up to which events were told before they were kept
    """

    def __init__(self, life: str = "abcdef01", began: int = 0) -> None:
        """@param began: nanoseconds since 1970"""
        self.life = life
        self.began = began
        self.last = 0
        self.refuse: GMAError | None = None
        self.kept: list[StoredEvent] = []
        self.unreadable = self.reserved = 0
        self._positions: dict[str, str] = {}
        self._lost: tuple[int | None, int] = (None, 0)
        self._isOpen = False

    async def append(
        self, events: Sequence[StoredEvent], positions: Mapping[str, str] | None = None
    ) -> None:
        """See L{IEventArchive}."""
        self._check()
        last = self.last
        for one in events:
            if one.number <= last:
                raise ParameterError(f"event {one.number} comes after event {last}")
            last = one.number
        self.kept.extend(events)
        self.last = last
        for name, text in (positions or {}).items():
            if text:
                self._positions[name] = text
            else:
                self._positions.pop(name, None)

    def positions(self) -> Mapping[str, str]:
        """See L{IEventArchive}."""
        return self._positions

    def lose(self, events: Sequence[StoredEvent]) -> None:
        """See L{IEventArchive}."""
        for one in events:
            at, number = self._lost
            when = one.event.timestamp.nanoseconds
            self._lost = (when if at is None else max(at, when), max(number, one.number))
            self.last = max(self.last, one.number)

    def reserve(self, number: int) -> Awaitable[None]:
        """See L{IEventArchive}."""
        self.reserved = max(self.reserved, number)
        return Ready(None)

    def letGo(self, count: int) -> None:
        """Let the oldest go, as a bound of what is kept would."""
        gone, self.kept = self.kept[:count], self.kept[count:]
        self.lose(gone)

    async def select(
        self,
        name: str,
        equal: Mapping[str, str],
        since: int | None,
        after: tuple[int, int] | None,
        upTo: int,
        limit: int,
    ) -> ArchivePage:
        """See L{IEventArchive}."""
        glob = Glob(name)
        found = [
            one
            for one in self.kept
            if glob.matches(one.event.name)
            and one.number <= upTo
            and (since is None or one.event.timestamp.nanoseconds >= since)
            and (after is None or _placeOf(one) > after)
            and all(hasText(one.event, *each) for each in equal.items())
        ]
        return self._page(sorted(found, key=_placeOf), limit, False)

    async def recent(
        self,
        name: str,
        equal: Mapping[str, str],
        since: int,
        before: tuple[int, int] | None,
        upTo: int,
        limit: int,
    ) -> ArchivePage:
        """See L{IEventArchive}."""
        every = await self.select(name, equal, since, None, upTo, len(self.kept) + 1)
        found = [one for one in reversed(every.found) if before is None or _placeOf(one) < before]
        return self._page(found, limit, False)

    async def between(self, after: int, upTo: int, limit: int, name: str = "*") -> ArchivePage:
        """See L{IEventArchive}."""
        glob = Glob(name)
        found = [one for one in self.kept if after < one.number <= upTo]
        return self._page([one for one in found if glob.matches(one.event.name)], limit, True)

    async def latest(self, before: int | None, limit: int) -> ArchivePage:
        """See L{IEventArchive}."""
        newest = {(one.source, one.event.name): one for one in self.kept}
        found = [one for one in newest.values() if before is None or one.number < before]
        found.sort(key=_placeByNumber, reverse=True)
        return self._page(found, limit, True)

    def counts(self) -> Mapping[str, int]:
        """See L{IEventArchive}."""
        return {"stored": len(self.kept), "events": len(self.kept)}

    def start(self) -> Awaitable[None]:
        """See L{IEventArchive}."""
        self._isOpen = True
        if self.reserved > self.last:
            self.last = self.reserved
            self._lost = (self._lost[0] or 0, self.last)
        return Ready(None)

    def stop(self) -> Awaitable[None]:
        """See L{IEventArchive}."""
        self._isOpen = False
        return Ready(None)

    def _check(self) -> None:
        if not self._isOpen:
            raise Busy("the archive is not open")
        if self.refuse is not None:
            raise self.refuse

    def _page(self, found: Sequence[StoredEvent], limit: int, isByNumber: bool) -> ArchivePage:
        self._check()
        page, last = found[:limit], None
        if len(found) > limit:
            last = (0, page[-1].number) if isByNumber else _placeOf(page[-1])
        return ArchivePage(page, last, *self._lost, self.unreadable)


def _placeOf(one: StoredEvent) -> tuple[int, int]:
    return one.event.timestamp.nanoseconds, one.number


def _placeByNumber(one: StoredEvent) -> int:
    return one.number


def hasText(event: Event, name: str, text: str) -> bool:
    """Whether a field directly in an event has a text."""
    return any(
        isinstance(item, EventField) and item.name == name and item.value == text
        for item in event.items
    )
