"""The half of an archive that reads: in a worker of its own, so that no question waits for what is written."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import merge
from itertools import islice

import attrs

from gma_twisted.events.archive.body import MAX_HASHED, hashOf, readBody
from gma_twisted.events.archive.names import Names, namesLike
from gma_twisted.events.archive.writing import MORE
from gma_twisted.interfaces.events import StoredEvent
from gma_twisted.model.glob import isGlob

__all__ = ["ArchiveReader", "Rows"]

_KNOWN = 20_000
# How far each index is looked into to see which has the fewest rows.
_SAMPLE = 500
# Events of a name that are sorted to find one of them, a few milliseconds of work.
_FEW = 5_000
_EVER = -(2**63)
_LATEST = 2**63 - 1

_BY_FIELD = "fields WHERE hash = ? AND"
_BY_NAME = "events WHERE name = ? AND"
_BY_TIME = "events WHERE"

_HAS = "SELECT 1 FROM fields WHERE hash IN (?, ?) AND at = ? AND number = ?"
"""Whether an event has a text, or more texts than it is found by."""

_Place = tuple[int, int]
_Row = tuple[int, int, int]
"""When, number and name."""


@attrs.frozen(slots=True)
class _Index:
    """
    Rows in the order of their time, then of their numbers.

    @ivar where: table and condition
    @ivar keys: of the condition
    """

    where: str
    keys: tuple[int, ...]

    def places(
        self, connection: sqlite3.Connection, since: int, after: _Place | None, limit: int
    ) -> list[_Row]:
        """The first of them: after a place, or from an instant on."""
        found: list[_Row] = []
        if after is not None:
            # In two steps, each of which the index has in one piece.
            since = after[0] + 1
            found = connection.execute(
                f"SELECT at, number, name FROM {self.where} at = ? AND number > ? ORDER BY number LIMIT ?",
                (*self.keys, *after, limit),
            ).fetchall()
        if len(found) < limit:
            found += connection.execute(
                f"SELECT at, number, name FROM {self.where} at >= ? ORDER BY at, number LIMIT ?",
                (*self.keys, since, limit - len(found)),
            ).fetchall()
        return found

    def placesBefore(
        self, connection: sqlite3.Connection, since: int, before: _Place | None, limit: int
    ) -> list[_Row]:
        """The last of them, the very last first: before a place, and from an instant on."""
        found: list[_Row] = []
        upTo = _LATEST
        if before is not None:
            upTo = before[0] - 1
            if before[0] >= since:
                found = connection.execute(
                    f"SELECT at, number, name FROM {self.where} at = ? AND number < ? "
                    "ORDER BY number DESC LIMIT ?",
                    (*self.keys, *before, limit),
                ).fetchall()
        if len(found) < limit:
            found += connection.execute(
                f"SELECT at, number, name FROM {self.where} at >= ? AND at <= ? "
                "ORDER BY at DESC, number DESC LIMIT ?",
                (*self.keys, since, upTo, limit - len(found)),
            ).fetchall()
        return found

    def reach(self, connection: sqlite3.Connection, since: int) -> tuple[bool, int]:
        """How far a few hundred of its rows go: the farther, the fewer there are."""
        found = connection.execute(
            f"SELECT at FROM {self.where} at >= ? ORDER BY at LIMIT 1 OFFSET {_SAMPLE}",
            (*self.keys, since),
        ).fetchall()
        return (False, found[0][0]) if found else (True, 0)


@attrs.frozen(slots=True, eq=False)
class Rows:
    """
    What was looked at.

    @ivar found: in the order asked for
    @ivar last: place of the last row looked at; C{None} when there are no more
    @ivar unreadable: how many could not be read
    @ivar lost: newest timestamp of what was let go
    @ivar lostNumber: highest number of what was let go
    @ivar isNamed: whether that is of one name alone
    """

    found: Sequence[StoredEvent]
    last: _Place | None
    unreadable: int = 0
    lost: int | None = None
    lostNumber: int = 0
    isNamed: bool = False


@attrs.define(slots=True, eq=False)
class ArchiveReader:
    """
    Answers.

    @ivar connection: that only reads
    @ivar most: bytes of one answer, but for one event that is larger
    """

    connection: sqlite3.Connection
    most: int
    _sources: dict[int, str] = attrs.field(factory=dict, init=False, repr=False)
    _names: dict[int, str] = attrs.field(factory=dict, init=False, repr=False)

    def select(
        self,
        name: str,
        equal: Mapping[str, str],
        since: int | None,
        after: _Place | None,
        upTo: int,
        limit: int,
    ) -> Rows:
        """
        See L{IEventArchive.select <gma_twisted.interfaces.events.IEventArchive.select>}.

        @raise sqlite3.Error: the disk
        """
        start = _EVER if since is None else since

        def places(index: _Index) -> list[_Row]:
            return index.places(self.connection, start, after, limit)

        return self._merged(name, equal, start if after is None else after[0], upTo, limit, places)

    def recent(
        self,
        name: str,
        equal: Mapping[str, str],
        since: int,
        before: _Place | None,
        upTo: int,
        limit: int,
    ) -> Rows:
        """
        See L{IEventArchive.recent <gma_twisted.interfaces.events.IEventArchive.recent>}.

        @raise sqlite3.Error: the disk
        """

        def places(index: _Index) -> list[_Row]:
            return index.placesBefore(self.connection, since, before, limit)

        return self._merged(name, equal, since, upTo, limit, places, isBackward=True)

    def _merged(
        self,
        name: str,
        equal: Mapping[str, str],
        start: int,
        upTo: int,
        limit: int,
        placesOf: Callable[[_Index], list[_Row]],
        isBackward: bool = False,
    ) -> Rows:
        """
        Of the best indexes together.

        @param start: instant from which on they are compared
        @param placesOf: gives the rows of one of them, in order
        """
        with self._moment():
            names = self._namesLike(name)
            if names.isNone:
                return self._lacking(Rows((), None))
            hashes = _hashesOf(equal)
            places = [placesOf(one) for one in self._indexes(names, hashes, start)]
            looked, isMore = _looked(merge(*places, reverse=isBackward), places, limit)
            return self._lacking(self._rows(looked, names.has, hashes, upTo, isMore))

    def _lacking(self, rows: Rows, name: str = "*") -> Rows:
        """The same with what was let go up to this moment, of a name or of all that a glob may mean."""
        execute = self.connection.execute
        said = dict(execute("SELECT key, value FROM meta WHERE key LIKE 'lost%'"))
        isNamed, number = not isGlob(name), int(said.get("lostNumber", 0))
        if isNamed:
            number = int(said.get("lostOther", number))
            found = execute("SELECT number FROM lost WHERE name = ?", (name,)).fetchone()
            number = number if found is None else max(number, int(found[0]))
        return attrs.evolve(rows, lost=said.get("lost"), lostNumber=number, isNamed=isNamed)

    @contextmanager
    def _moment(self) -> Iterator[None]:
        """All that is read within is of one moment."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")

    def between(self, after: int, upTo: int, limit: int, name: str) -> Rows:
        """
        See L{IEventArchive.between <gma_twisted.interfaces.events.IEventArchive.between>}.

        @raise sqlite3.Error: the disk
        """
        with self._moment():
            return self._lacking(self._between(after, upTo, limit, self._namesLike(name)), name)

    def _between(self, after: int, upTo: int, limit: int, names: Names) -> Rows:
        if names.isNone:
            return Rows((), None)
        few = self._fewOf(names)
        if few is not None:
            inside = [one for one in few if after < one[1] <= upTo]
            return self._rows(inside[:limit], None, (), upTo, len(inside) > limit)
        looked = self.connection.execute(
            "SELECT 0, number, name FROM events WHERE number > ? AND number <= ? ORDER BY number LIMIT ?",
            (after, upTo, limit),
        ).fetchall()
        return self._rows(looked, names.has, (), upTo, len(looked) == limit)

    def latest(self, before: int, limit: int) -> Rows:
        """
        See L{IEventArchive.latest <gma_twisted.interfaces.events.IEventArchive.latest>}.

        @raise sqlite3.Error: the disk
        """
        with self._moment():
            looked = self.connection.execute(
                "SELECT 0, number, name FROM latest WHERE number < ? ORDER BY number DESC LIMIT ?",
                (before, limit),
            ).fetchall()
            return self._lacking(self._rows(looked, None, (), before, len(looked) == limit))

    def _fewOf(self, names: Names) -> Sequence[_Row] | None:
        """All of one name in the order of their numbers, where these are few: others may be very many."""
        if names.ids is None or len(names.ids) != 1:
            return None
        found = self.connection.execute(
            "SELECT 0, number, name FROM events WHERE name = ? LIMIT ?", (*names.ids, _FEW + 1)
        ).fetchall()
        return sorted(found) if len(found) <= _FEW else None

    def close(self) -> None:
        """Read no more."""
        self.connection.close()

    def _namesLike(self, name: str) -> Names:
        return namesLike(self.connection, name, lambda id: self._textOf("names", self._names, id))

    def _indexes(self, names: Names, hashes: Sequence[int], start: int) -> Sequence[_Index]:
        """That with the fewest rows, and what it does not have."""
        choice = [_Index(_BY_FIELD, (one,)) for one in hashes]
        if names.ids is not None and len(names.ids) == 1:
            choice.append(_Index(_BY_NAME, tuple(names.ids)))
        if not choice:
            return [_Index(_BY_TIME, ())]
        best = choice[0]
        if len(choice) > 1:
            best = max(choice, key=lambda one: one.reach(self.connection, start))
        if best.where == _BY_FIELD:
            return [best, _Index(_BY_FIELD, (MORE,))]
        return [best]

    def _rows(
        self,
        looked: Sequence[_Row],
        isNamed: Callable[[int], bool] | None,
        hashes: Sequence[int],
        upTo: int,
        isMore: bool,
    ) -> Rows:
        found: list[StoredEvent] = []
        size = unreadable = 0
        last: _Place | None = None
        execute = self.connection.execute
        for at, number, name in looked:
            if number > upTo or (isNamed is not None and not isNamed(name)):
                continue
            if size > self.most:
                return Rows(found, last, unreadable)
            last = (at, number)
            # Much cheaper than to read what is not wanted.
            if not all(execute(_HAS, (one, MORE, at, number)).fetchone() for one in hashes):
                continue
            row = execute(
                "SELECT at, name, source, size, body FROM events WHERE number = ?", (number,)
            ).fetchone()
            if row is None:
                continue
            try:
                event = readBody(self._textOf("names", self._names, row[1]), row[0], row[4])
            except ValueError:
                unreadable += 1
                continue
            source = self._textOf("sources", self._sources, row[2])
            found.append(StoredEvent(event, source, number, row[3]))
            size += row[3]
        return Rows(found, looked[-1][:2] if isMore and looked else None, unreadable)

    def _textOf(self, table: str, known: dict[int, str], id: int) -> str:
        text = known.get(id)
        if text is None:
            if len(known) >= _KNOWN:
                known.clear()
            row = self.connection.execute(
                f"SELECT text FROM {table} WHERE id = ?", (id,)
            ).fetchone()
            text = known[id] = "?" if row is None else row[0]
        return text


def _hashesOf(equal: Mapping[str, str]) -> Sequence[int]:
    return [hashOf(*one) for one in equal.items() if len(one[1]) <= MAX_HASHED]


def _looked(
    merged: Iterable[_Row], places: Sequence[Sequence[_Row]], limit: int
) -> tuple[Sequence[_Row], bool]:
    """Those of one page, and whether there may be more."""
    # The same event is in one of them only once, and in both only when somebody's hash is the mark.
    isMore = sum(map(len, places)) > limit or any(len(one) == limit for one in places)
    return list(islice(_once(merged), limit)), isMore


def _once(places: Iterable[_Row]) -> Iterator[_Row]:
    before: _Row | None = None
    for place in places:
        if place != before:
            yield place
        before = place
