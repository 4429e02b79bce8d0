"""Where an answer begins and goes on, and what a page of it has."""

import math
import re

import attrs

from gma_twisted.errors import ParameterError, cut
from gma_twisted.events.kept import Kept
from gma_twisted.interfaces.events import StoredEvent
from gma_twisted.model.event import Event
from gma_twisted.model.gma import gapCursor
from gma_twisted.timing import NodeClock

__all__ = ["Gap", "Page", "Place", "furtherOf", "gapOf", "instantOf", "placeOf", "sinceOf"]

_CURSOR = re.compile(
    r"([lh])([0-9a-f]{8,32})\.(-?\d{1,21})\.(\d{1,20})\.(\d{1,20})\.(-?\d{1,20}|all)"
)
_GAP = re.compile(r"g([0-9a-f]{8,32})\.(\d{1,20})\.(\d{1,20})")
_GIGA = 1_000_000_000
# Nanoseconds since 1970: nothing is older. And no number is higher.
_EVER = -(2**63)
_MOST = 2**63 - 2
_FIRST = -(2**63) + 1


@attrs.frozen(slots=True)
class Place:
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


@attrs.frozen(slots=True)
class Gap:
    """
    What is missing in a numbered stream.

    @ivar after: number of the event before it
    @ivar upTo: number of the last that may be missing
    """

    after: int
    upTo: int


@attrs.define(slots=True, eq=False)
class Page:
    """
    What is found of a page, in order.

    @ivar last: the place of the last that was looked at
    @ivar unjudged: how many the filter could not be evaluated on
    @ivar unreadable: how many could not be read from the disk
    @ivar isCut: whether there may be more
    """

    kept: list[Kept | StoredEvent] = attrs.field(factory=list)
    events: list[Event] = attrs.field(factory=list)
    last: tuple[int, int] = (0, 0)
    size: int = 0
    unjudged: int = 0
    unreadable: int = 0
    isCut: bool = False

    def order(self) -> None:
        """Have the events in the order of time."""
        both = sorted(zip(self.kept, self.events, strict=True), key=_timeOf)
        self.kept = [kept for kept, _ in both]
        self.events = [event for _, event in both]


def instantOf(event: Event) -> int:
    """
    Where an event stands in the order of time on the disk: what is earlier or later than 64 bits hold, before 1677 or
    after 2262, is at the end of them.
    """
    return min(max(event.timestamp.nanoseconds, _FIRST), _MOST)


def gapOf(cursor: str | None, life: str, isHistory: bool) -> Gap | None:
    """
    What a cursor of a gap asks for; C{None} when it is none.

    @raise ParameterError: it is of another life, or cannot be used
    """
    if cursor is None or not cursor.startswith("g"):
        return None
    found = _GAP.fullmatch(cursor)
    if found is None or not isHistory:
        raise _noCursor(cursor)
    _sameLife(cursor, found[1], life)
    return Gap(min(int(found[2]), _MOST), min(int(found[3]), _MOST))


def placeOf(
    cursor: str | None, life: str, isHistory: bool, newest: int, since: int | None
) -> Place:
    """
    Where an answer begins.

    @param newest: number of the newest event, where there is no cursor
    @param since: the same
    @raise ParameterError: the cursor is of another life, or cannot be used
    """
    if cursor is None:
        return Place(None, newest, since)
    found = _CURSOR.fullmatch(cursor)
    if found is None or (found[1] == "h") is not isHistory:
        raise _noCursor(cursor)
    _sameLife(cursor, found[2], life)
    oldest = None if found[6] == "all" else max(int(found[6]), _EVER)
    return Place((int(found[3]), min(int(found[4]), _MOST)), min(int(found[5]), _MOST), oldest)


def furtherOf(where: Place | Gap, page: Page, life: str, isHistory: bool = True) -> str | None:
    """The cursor that asks for the rest; C{None} when there is none."""
    if not page.isCut:
        return None
    at, number = page.last
    if isinstance(where, Gap):
        return gapCursor(life, number, where.upTo)
    since = "all" if where.since is None else str(where.since)
    return f"{'h' if isHistory else 'l'}{life}.{at}.{number}.{where.upTo}.{since}"


def sinceOf(interval: float | None, clock: NodeClock) -> int | None:
    """
    When an interval of the past begins; C{None} for all.

    @raise ParameterError: it is none
    """
    if interval is None:
        return None
    if not 0.0 <= interval < math.inf:
        raise ParameterError(
            f"an interval is seconds of the past, not {interval!r}",
            parameter="interval",
            cure="leave it out for all there is",
        )
    return int(max((clock.wallTime() - interval) * _GIGA, _EVER))


def _sameLife(cursor: str, found: str, life: str) -> None:
    if found != life:
        raise ParameterError(
            f'the cursor "{cut(cursor, 60)}" is of another life of this producer; ask anew',
            parameter="cursor",
        )


def _noCursor(cursor: str) -> ParameterError:
    return ParameterError(f'"{cut(cursor, 60)}" is no cursor of such a query', parameter="cursor")


def _timeOf(found: tuple[Kept | StoredEvent, Event]) -> tuple[int, int]:
    kept = found[0]
    return kept.event.timestamp.nanoseconds, kept.number
