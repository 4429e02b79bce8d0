"""The half of an archive that writes: in its worker, one transaction at a time."""

import sqlite3
from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.events.archive.body import hashesOf, readBody, writeBody
from gma_twisted.events.archive.file import ArchiveFile
from gma_twisted.events.archive.limits import ArchiveLimits
from gma_twisted.events.archive.state import ArchiveState, machineBoot
from gma_twisted.events.pages import instantOf
from gma_twisted.interfaces.events import StoredEvent

__all__ = ["MORE", "ArchiveWriter", "Opened"]

MORE = 0
"""In place of a hash: the event has more texts than it is found by."""

_GIGA = 1_000_000_000
# Ids that are known without asking.
_KNOWN = 20_000
# Of which it is known what was let go.
_LOST_NAMES = 10_000
_SLICE = 200
_SLICES = 5
# Free pages from which on some go back to the disk, and how many at once.
_FREE = 2048
_GIVEN_BACK = 512


@attrs.frozen(slots=True, eq=False)
class Opened:
    """What is there when an archive was opened."""

    state: ArchiveState
    positions: Mapping[str, str]
    bytes: int


@attrs.define(slots=True, eq=False)
class ArchiveWriter:
    """
    Writes.

    @ivar file: where
    @ivar limits: what is kept
    @ivar state: of the archive
    """

    file: ArchiveFile
    limits: ArchiveLimits
    state: ArchiveState = attrs.field(init=False)
    _connection: sqlite3.Connection = attrs.field(init=False, repr=False)
    _names: dict[str, int] = attrs.field(factory=dict, init=False, repr=False)
    _sources: dict[str, int] = attrs.field(factory=dict, init=False, repr=False)

    def open(self, now: float) -> Opened:
        """
        Open it.

        @param now: seconds since 1970
        @raise ConfigError: as L{ArchiveFile.toWrite}
        @raise sqlite3.Error: it cannot be read
        """
        self._connection = connection = self.file.toWrite()
        try:
            self.state = state = ArchiveState.read(connection, int(now * _GIGA))
            [(newest,)] = connection.execute("SELECT max(number) FROM events").fetchall()
            if newest is not None:
                state.last = max(state.last, newest)
            isSafe, boot = self.file.synchronous == "full", machineBoot()
            if not connection.execute("SELECT 1 FROM meta WHERE key = 'life'").fetchall():
                # Of a new life no number was told.
                state.isClosed, state.boot = True, boot
            isSaid = not state.isClosed and state.boot == boot
            state.opened(boot, self.file.reserved(), isSafe, int(now * _GIGA))
            if not isSaid:
                self._say(state)
            positions = dict(connection.execute("SELECT name, text FROM positions ORDER BY rowid"))
            return Opened(attrs.evolve(state), positions, self.used())
        except BaseException:
            connection.close()
            self.file.release()
            raise

    def write(
        self,
        events: Sequence[StoredEvent],
        positions: Mapping[str, str],
        lost: Sequence[tuple[int, int]],
        now: float,
    ) -> ArchiveState:
        """
        Keep all of it, or nothing.

        @param lost: number and timestamp of what was let go before it was kept
        @param now: seconds since 1970
        @raise sqlite3.Error: nothing is kept
        """
        connection = self._connection
        state = attrs.evolve(self.state)
        state.came = max(state.came, int(now))
        for number, at in lost:
            state.letGo(number, at)
            state.last = max(state.last, number)
        connection.execute("BEGIN IMMEDIATE")
        try:
            if events:
                self._insert(events, state.came)
                state.last = max(state.last, events[-1].number)
                state.events += len(events)
            connection.executemany(
                "INSERT OR REPLACE INTO positions (name, text) VALUES (?, ?)",
                [(name, text) for name, text in positions.items() if text],
            )
            connection.executemany(
                "DELETE FROM positions WHERE name = ?",
                [(name,) for name, text in positions.items() if not text],
            )
            state.write(connection)
            connection.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        self.state = state
        return attrs.evolve(state)

    def _insert(self, events: Sequence[StoredEvent], came: int) -> None:
        rows: list[tuple[object, ...]] = []
        fields: list[tuple[int, int, int, int]] = []
        latest: dict[tuple[int, int], int] = {}
        for one in events:
            event, number = one.event, one.number
            at = instantOf(event)
            name, source = self._names.get(event.name), self._sources.get(one.source)
            if name is None:
                name = self._idOf("names", self._names, event.name)
            if source is None:
                source = self._idOf("sources", self._sources, one.source)
            latest[name, source] = number
            rows.append((number, at, came, name, source, one.size, writeBody(event)))
            hashes, isMore = hashesOf(event)
            fields.extend((each, at, number, name) for each in hashes)
            if isMore:
                fields.append((MORE, at, number, name))
        # What stands side by side is written at once.
        fields.sort()
        self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._connection.executemany("INSERT INTO fields VALUES (?, ?, ?, ?)", fields)
        self._connection.executemany(
            "INSERT OR REPLACE INTO latest (number, name, source) VALUES (?, ?, ?)",
            [(number, *which) for which, number in latest.items()],
        )

    def _idOf(self, table: str, known: dict[str, int], text: str) -> int:
        if len(known) >= _KNOWN:
            known.clear()
        connection = self._connection
        found = connection.execute(f"SELECT id FROM {table} WHERE text = ?", (text,)).fetchall()
        if found:
            id: int = found[0][0]
        else:
            made = connection.execute(f"INSERT INTO {table} (text) VALUES (?)", (text,)).lastrowid
            assert made is not None
            id = made
        known[text] = id
        return id

    def used(self) -> int:
        """Bytes of the database that are in use."""
        connection = self._connection
        size, pages, free = (
            connection.execute(f"PRAGMA {name}").fetchall()[0][0]
            for name in ("page_size", "page_count", "freelist_count")
        )
        return int(size * (pages - free))

    def trim(self, least: int, now: float) -> tuple[ArchiveState, int, bool]:
        """
        Let some of the oldest go where a bound is passed, in transactions of few.

        @param least: how many may go at once at least: more than came, or it would never end
        @param now: seconds since 1970
        @return: the state, bytes in use, and whether more have to go
        @raise sqlite3.Error: what did not go is there
        """
        gone, most = 0, max(least, _SLICE * _SLICES)
        while True:
            count = self._trimSlice(now)
            gone += count
            if not count or gone >= most:
                break
        if gone:
            self._giveBack()
        return attrs.evolve(self.state), self.used(), count > 0

    def _trimSlice(self, now: float) -> int:
        connection, limits = self._connection, self.limits
        oldest = connection.execute(
            "SELECT number, at, came, name, body FROM events ORDER BY number LIMIT ?", (_SLICE,)
        ).fetchall()
        count = self._surplus(len(oldest))
        since = now - limits.keepSeconds
        while count < len(oldest) and oldest[count][2] < since:
            count += 1
        if not count:
            return 0
        state = attrs.evolve(self.state)
        gone = oldest[:count]
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(
                "DELETE FROM fields WHERE hash = ? AND at = ? AND number = ?",
                sorted(
                    (each, at, number)
                    for number, at, _, _, body in gone
                    for each in _keysOf(at, body)
                ),
            )
            for table in ("events", "latest"):
                connection.execute(f"DELETE FROM {table} WHERE number <= ?", (gone[-1][0],))
            newest = {name: number for number, _, _, name, _ in gone}
            self._note(newest, state)
            self._forget(set(newest))
            for number, at, came, _, _ in gone:
                # One that was ahead of its time counts as the instant it came.
                state.letGo(number, min(at, (came + 1) * _GIGA), isNamed=True)
            state.events -= count
            state.write(connection)
            connection.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        self.state = state
        return count

    def _surplus(self, most: int) -> int:
        state, limits = self.state, self.limits
        surplus = max(0, state.events - limits.keepEvents)
        used = self.used()
        if used > limits.keepBytes and state.events:
            each = used / state.events
            surplus = max(surplus, int((used - limits.keepBytes) / each) + 1)
        return min(surplus, most)

    def _note(self, newest: Mapping[int, int], state: ArchiveState) -> None:
        """Events were let go. @param newest: by name the highest of their numbers"""
        connection = self._connection
        connection.executemany(
            "INSERT OR REPLACE INTO lost (name, number) SELECT text, ? FROM names WHERE id = ?",
            [(number, name) for name, number in newest.items()],
        )
        [(many,)] = connection.execute("SELECT count(*) FROM lost").fetchall()
        if many > _LOST_NAMES:
            oldest = f"FROM lost ORDER BY rowid LIMIT {many - _LOST_NAMES}"
            found = connection.execute(f"SELECT number {oldest}").fetchall()
            state.lostOther = max(state.lostOther, *(number for (number,) in found))
            connection.execute(f"DELETE FROM lost WHERE rowid IN (SELECT rowid {oldest})")

    def _forget(self, names: set[int]) -> None:
        """Names of which there is no event any more: who makes up ever new ones must not fill the disk with them."""
        for name in names:
            if not self._connection.execute(
                "SELECT 1 FROM events WHERE name = ? LIMIT 1", (name,)
            ).fetchall():
                self._connection.execute("DELETE FROM names WHERE id = ?", (name,))
                self._names.clear()

    def _giveBack(self) -> None:
        connection = self._connection
        [(free,)] = connection.execute("PRAGMA freelist_count").fetchall()
        [(pages,)] = connection.execute("PRAGMA page_count").fetchall()
        # What comes next uses the free ones: only where there are many.
        if free > max(_FREE, pages // 8):
            connection.execute(f"PRAGMA incremental_vacuum({_GIVEN_BACK})").fetchall()

    def _undo(self) -> None:
        self._names.clear()
        self._sources.clear()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _say(self, state: ArchiveState) -> None:
        """Have a state on the disk for good: after a power loss it is seen whether this was closed."""
        connection = self._connection
        connection.execute("PRAGMA synchronous = FULL").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        try:
            state.write(connection)
            connection.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        connection.execute(f"PRAGMA synchronous = {self.file.synchronous}").fetchall()

    def close(self) -> None:
        """Have all on the disk, say so, and close."""
        connection = self._connection
        try:
            connection.execute("PRAGMA synchronous = FULL").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._say(attrs.evolve(self.state, isClosed=True))
        except sqlite3.Error:
            # Then the next start takes it for one that was killed.
            pass
        finally:
            connection.close()
            self.file.release()


def _keysOf(at: int, body: bytes) -> Sequence[int]:
    try:
        hashes, isMore = hashesOf(readBody("?", at, body))
    except ValueError:
        return ()
    return (*hashes, MORE) if isMore else tuple(hashes)
