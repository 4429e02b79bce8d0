"""The lines of a group: each is written once, and kept once until every member has it or it must go."""

from collections.abc import Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.errors import GMAError, NotRepresentable, cut
from gma_twisted.model.event import Event
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger.lines import LineWriter
from gma_twisted.netlogger.numbers import Beginning, missed
from gma_twisted.streams.way import Shared

__all__ = ["Chunk", "Line", "LineLog"]

log = Logger()

# Places of which the bytes are kept while a group is served: members that are behind are at few.
_PLACES = 16
# Of the bytes of all logs, that which may be on nobody's account.
_FREE = 0.25


@attrs.frozen(slots=True, eq=False)
class Line:
    """
    A line.

    @ivar data: with its line feed
    @ivar number: of its event; where it tells that events were left out, of the last of those
    @ivar isEvent: whether it is an event, and does not tell of others
    @ivar total: how many events there were in the log up to it, those that were left out too
    """

    data: bytes
    number: int
    isEvent: bool
    total: int


@attrs.frozen(slots=True, eq=False)
class Chunk:
    """
    Lines that follow each other.

    @ivar data: of them all
    @ivar place: of the line after them
    @ivar events: how many events they are
    @ivar number: of the last
    @ivar total: how many events there were in the log up to it, those that were left out too
    """

    data: bytes
    place: int
    events: int
    number: int
    total: int


class LineLog:
    """
    Lines in the order of their numbers, bounded by count and bytes. A place is counted from the first there ever was.

    @ivar style: how they are written
    @ivar life: of the numbers
    @ivar last: number of the last event that was asked for, written or not; C{None} before the first
    @ivar first: place of the oldest that is kept
    @ivar size: bytes of what is kept
    @ivar due: place up to which lines have been gathered long enough
    @ivar owner: of the member that is furthest behind, as it was found last: for it the lines are kept. On its account
        is what was left when all had had their turn, and of what came since what is more than may be handed over at
        once: what is about to be written says nothing of who stalls. Of all logs so a quarter of the bytes at most
    """

    __slots__ = (
        "_cache",
        "_charged",
        "_dropped",
        "_head",
        "_isLogged",
        "_left",
        "_leftNumber",
        "_lines",
        "_most",
        "_shared",
        "_total",
        "_waited",
        "due",
        "first",
        "last",
        "life",
        "owner",
        "size",
        "style",
    )

    def __init__(self, shared: Shared, style: LineWriter, life: str, most: float) -> None:
        """@param most: bytes of one line"""
        self.style = style
        self.life = life
        self.owner = ""
        self.first = self.size = self.due = 0
        # Bytes left when all had had their turn, and those on the account of the owner.
        self._waited = self._charged = 0
        self._shared = shared
        self._most = most
        # Those before the head have gone; a list, since places are looked up in its middle.
        self._lines: list[Line] = []
        self._head = 0
        # Events up to the last line, and up to the last that was dropped.
        self._total = self._dropped = 0
        self.last: int | None = None
        # Left out since the last line.
        self._left = self._leftNumber = 0
        self._cache: dict[tuple[int, int], Chunk] = {}
        self._isLogged = False

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._lines) - self._head

    @property
    def end(self) -> int:
        """Place of the line that comes next."""
        return self.first + len(self)

    def since(self, number: int) -> None:
        """Nothing up to this number is for anybody: the first line stands behind it."""
        if self.last is None:
            self.last = number

    def offer(self, event: Event | None, number: int, isTooMany: bool = False) -> bool:
        """
        Write one more.

        @param event: C{None}: one is left out
        @param isTooMany: whether it is because more were not asked for
        @return: whether there is a line more
        """
        data = None if event is None else self._written(event, number)
        if data is None:
            self._left += 1
            self._leftNumber = number
            if not isTooMany:
                # Who reads numbers can ask for it: its gap is seen.
                self.last = number
            return False
        self.tellLeft()
        self.last = number
        self._total += 1
        self._append(Line(data, number, True, self._total))
        self._shared.counts.lines += 1
        self._bound()
        return True

    def tellLeft(self) -> bool:
        """Write how many were left out since the last line. @return: whether there is a line more"""
        if not self._left:
            return False
        said = self.missedLine(self._left)
        self._total += self._left
        self._append(Line(said, self._leftNumber, False, self._total))
        self._left = 0
        self._bound()
        return True

    def chunk(self, place: int, since: int) -> Chunk | None:
        """
        Lines from a place on: as many as may be handed over at once.

        @param since: number up to which they are left out
        @return: C{None} when there are none
        """
        at, end = place - self.first + self._head, len(self._lines)
        while at < end and self._lines[at].number <= since:
            at += 1
        if at == end:
            return None
        found = self._cache.get((at, end))
        if found is None:
            if len(self._cache) >= _PLACES:
                self._cache.clear()
            found = self._cache[at, end] = self._joined(at, end)
        return found

    @property
    def total(self) -> int:
        """How many events there ever were, those that were left out too."""
        return self._total + self._left

    @property
    def gone(self) -> int:
        """How many of these came before the oldest line that is kept."""
        return self._dropped

    def trim(self, place: int) -> None:
        """Lines before a place have been got by all."""
        while self.first < place and len(self):
            self.dropOldest()
        self.served()

    def keptFor(self, owner: str) -> None:
        """All have had their turn: say who is behind, and has the lines kept."""
        self._shared.held.move(self, owner, self._charged)
        self._waited = self.size
        self._charge()

    def served(self) -> None:
        """Nobody is about to ask for the same again."""
        self._cache.clear()

    def clear(self) -> None:
        """Nobody asks any more."""
        self.trim(self.end)

    def linesFrom(self, place: int, since: int) -> Sequence[Line]:
        """All lines from a place on that somebody has not got yet."""
        at = max(place - self.first, 0) + self._head
        return [one for one in self._lines[at:] if one.number > since]

    def missedLine(self, count: int) -> bytes:
        """What tells that so many were left out."""
        return self.style.plain(missed(count, self._now()))

    def beginLine(self, stream: int, after: int, told: int) -> bytes:
        """What a numbered connection begins with."""
        return self.style.plain(Beginning(stream, self.life, after, told).event(self._now()))

    def written(self, event: Event, number: int, previous: int) -> bytes | None:
        """The line of an event for one member; C{None} when no line can hold it, which is logged once."""
        try:
            data = self.style.write(event, number, previous)
        except GMAError as error:
            self._unwritable(event, error)
            return None
        if len(data) > self._most:
            reason = f"its line has {len(data)} bytes, and {self._most:g} are the most"
            self._unwritable(event, NotRepresentable(reason))
            return None
        return data

    def _written(self, event: Event, number: int) -> bytes | None:
        return self.written(event, number, min(self.last or 0, number - 1))

    def _unwritable(self, event: Event, error: GMAError) -> None:
        self._shared.counts.unwritable += 1
        # Once: events come as fast as their producer likes.
        if not self._isLogged:
            self._isLogged = True
            log.warn(
                'events are left out of lines in "{kind}": "{name}": {reason}',
                kind=self.style.format.value,
                name=cut(event.name, 60),
                reason=error.message,
            )

    def _now(self) -> Timestamp:
        # To the microsecond: ULM has no more.
        return Timestamp.ofSeconds(self._shared.clock.wallTime())

    def _append(self, line: Line) -> None:
        self._lines.append(line)
        size = len(line.data)
        self.size += size
        self._shared.held.grow(size)
        self._charge()

    def _charge(self) -> None:
        before, held, limits = self._charged, self._shared.held, self._shared.limits
        if held.free > _FREE * limits.allBytes:
            # It is judged as if all had had their turn: many at once do not hide behind who has some on its account.
            self._waited = self.size
        charged = max(self._waited, self.size - limits.handedBytes)
        if charged != before:
            self._charged = charged
            held.charge(self, before, charged)

    def _bound(self) -> None:
        limits = self._shared.limits
        while len(self) and (len(self) > limits.lines or self.size > limits.bytes):
            self.dropOldest()
        self._shared.held.bound(limits.allBytes, self)

    def dropOldest(self) -> None:
        """See L{Holder <gma_twisted.streams.held.Holder>}."""
        line = self._lines[self._head]
        self._head += 1
        self.first += 1
        self._dropped = line.total
        size = len(line.data)
        self.size -= size
        self._shared.held.grow(-size)
        if self._charged:
            self._waited = max(0, self._waited - size)
            self._charge()
        if self._head * 2 >= len(self._lines):
            # Seldom enough that each line is moved about once.
            del self._lines[: self._head]
            self._head = 0
            self._cache.clear()

    def _joined(self, at: int, end: int) -> Chunk:
        most = self._shared.limits.handedBytes
        stop, size, events = at, 0, 0
        while stop < end:
            line = self._lines[stop]
            if size and size + len(line.data) > most:
                break
            size += len(line.data)
            events += line.isEvent
            stop += 1
        taken = self._lines[at:stop]
        data = taken[0].data if len(taken) == 1 else b"".join([one.data for one in taken])
        last = taken[-1]
        return Chunk(data, stop - self._head + self.first, events, last.number, last.total)
