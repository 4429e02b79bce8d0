"""What a journal does to its SQLite file. Everything here blocks, and is called from one thread at a time.

A batch is one row, inserted by one statement that is a transaction of its own, so it costs one synchronisation of the
write-ahead log. Checkpoints are not left to SQLite, which would make one commit in a thousand wait for them.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing

import attrs

from gma_twisted.errors import Busy, ConfigError, ServiceError
from gma_twisted.stores.journal.batch import VERSION
from gma_twisted.stores.journal.damage import Damage
from gma_twisted.stores.journal.file import JournalFile, connect, isDamage, isFull
from gma_twisted.stores.journal.mark import Mark
from gma_twisted.stores.journal.replay import REMEDY, Replay

__all__ = ["Database"]

_MIB = 1024 * 1024
_SPARE_PAGES = 1024
_AT_ONCE = 1024
_QUARANTINED = 1000
_QUARANTINED_BYTES = 16 * _MIB
_TROUBLES = 100


@attrs.define(eq=False, slots=True)
class Database:
    """
    One journal's file.

    @ivar path: of the file; C{-wal}, C{-shm} and C{.mark} stand beside it
    @ivar kind: what it is for
    @ivar connect: opens a connection, of an URI
    @ivar name: what errors call the file: the one that this is a copy of, or C{path}
    @ivar troubles: what went wrong without harm, one sentence each, for the log; who reads them takes them away
    @ivar refusal: why the last batch was refused; empty when it was not
    """

    path: str
    kind: str
    connect: Callable[[str], sqlite3.Connection] = connect
    name: str = attrs.field(default=attrs.Factory(lambda self: self.path, takes_self=True))
    troubles: list[str] = attrs.field(factory=list, init=False)
    refusal: str = attrs.field(default="", init=False)
    _mark: Mark = attrs.field(init=False, repr=False)
    _file: JournalFile = attrs.field(init=False, repr=False)
    _connection: sqlite3.Connection | None = attrs.field(default=None, init=False, repr=False)
    # The first place of a batch that was refused, and is perhaps there all the same.
    _doubt: int | None = attrs.field(default=None, init=False)
    _damages: list[tuple[int, Damage]] = attrs.field(factory=list, init=False, repr=False)
    _damagedBytes: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._mark = Mark(self.path + ".mark")
        self._file = JournalFile(self.path, self.connect)

    # -- loading

    def load(self, blank: bytes) -> Replay:
        """
        Read everything and make ready to write; a journal that is not there is made.

        Nothing on the disk is changed before all of it was read and found in order.

        @param blank: the first batch of a new journal, in place 1
        @raise ServiceError: it cannot be used; the message says what to try
        @raise ConfigError: it is of another format or for something else
        """
        replay = Replay(self.name, self.kind, self._keep)
        self._damages, self._damagedBytes = [], 0
        self._doubt = None
        try:
            # Before anything is read: what another writes meanwhile would be missing.
            self._file.hold()
            mark = self._marked()
            isNew = not self._read(replay, mark)
            if isNew and mark is not None:
                self._refuse(f"it is empty, though {mark} batches were written")
            self._connection = self._file.toWrite()
            if isNew:
                self._file.make(self._connection, blank)
                replay.add(1, blank)
            self._quarantine(self._connection)
        except sqlite3.Error as error:
            self.close()
            if isDamage(error):
                raise ServiceError(self._refusal(str(error))) from error
            raise ServiceError(
                f"the journal {self.name} cannot be used now: {error}; look to the disk, its room and the"
                " permissions, then start again; what is in it is kept"
            ) from error
        except OSError as error:
            self.close()
            raise ServiceError(f"the journal {self.name} cannot be opened: {error}") from error
        except (ServiceError, ConfigError):
            self.close()
            raise
        self._durable(replay.place)
        return replay

    def _refusal(self, what: str) -> str:
        return f"the journal {self.name} cannot be used: {what}; {REMEDY}"

    def _refuse(self, what: str) -> None:
        raise ServiceError(self._refusal(what))

    def _marked(self) -> int | None:
        try:
            return self._mark.read()
        except ValueError as error:
            self._trouble(
                f"{self.name}.mark cannot be read, so a loss at the end of the journal would go unnoticed: {error}"
            )
            return None

    def _read(self, replay: Replay, mark: int | None) -> bool:
        opened = self._file.toRead()
        if opened is None:
            return False
        with closing(opened) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
            if not tables:
                # What is left when a new journal's first moment was its last.
                return False
            if "batches" not in tables:
                self._refuse("it has no table batches")
            [(version,)] = connection.execute("PRAGMA user_version").fetchall()
            try:
                for place, body in connection.execute(
                    "SELECT place, body FROM batches ORDER BY place"
                ):
                    replay.add(place, body)
                replay.check(mark)
            except ServiceError:
                if version != VERSION:
                    raise ConfigError(
                        f"the journal {self.name} has format {version}, this program writes {VERSION}"
                    ) from None
                raise
            if mark is None:
                self._trouble(f"{self.name}.mark was not there, it is made again")
        return True

    def _keep(self, place: int, damage: Damage) -> None:
        self._damagedBytes += len(damage.data)
        if len(self._damages) < _QUARANTINED and self._damagedBytes <= _QUARANTINED_BYTES:
            self._damages.append((place, damage))

    def _quarantine(self, connection: sqlite3.Connection) -> None:
        if not self._damages:
            return
        rows = [(place, each.number, each.why, each.data) for place, each in self._damages]
        self._damages = []
        try:
            [(count,)] = connection.execute("SELECT count(*) FROM quarantine").fetchall()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?)",
                rows[: max(0, _QUARANTINED - count)],
            )
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._trouble(f"damaged records of {self.name} could not be kept aside: {error}")
            self._letGo()

    # -- writing

    def write(self, place: int, parts: Sequence[bytes], below: int) -> None:
        """
        Add a batch and take away the oldest, all or nothing.

        @param place: of the first part
        @param below: parts with a lower place go
        @raise Busy: it cannot be written now; nothing of it is kept, or the message says that this is not known
        """
        self.refusal = ""
        try:
            connection = self._usable()
        except (sqlite3.Error, OSError) as error:
            self._letGo()
            raise self._busy(error) from error
        try:
            self._insert(connection, place, parts, below)
        except sqlite3.Error as error:
            if not self._isThere(error, place, parts):
                raise self._busy(error) from error
        self._doubt = None
        self._durable(place + len(parts) - 1)

    def _busy(self, error: Exception, more: str = "") -> Busy:
        self.refusal = f"the journal {self.name} cannot be written now: {error}{more}"
        return Busy(self.refusal)

    def _insert(
        self, connection: sqlite3.Connection, place: int, parts: Sequence[bytes], below: int
    ) -> None:
        if len(parts) == 1 and not below and self._doubt is None:
            connection.execute("INSERT INTO batches VALUES (?, ?)", (place, parts[0]))
            return
        connection.execute("BEGIN IMMEDIATE")
        if self._doubt is not None:
            # Together with what stands in its stead: it may have taken old batches away, which only a head can tell.
            connection.execute("DELETE FROM batches WHERE place >= ?", (self._doubt,))
        connection.execute("DELETE FROM batches WHERE place < ?", (below,))
        for at, part in enumerate(parts):
            connection.execute("INSERT INTO batches VALUES (?, ?)", (place + at, part))
        connection.execute("COMMIT")

    def _usable(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._file.anew()
        else:
            self._file.check()
        return self._connection

    def _isThere(self, error: sqlite3.Error, place: int, parts: Sequence[bytes]) -> bool:
        if isFull(error) and self._rolledBack():
            return False
        self._letGo()
        try:
            self._connection = self._file.anew()
            found = self._connection.execute(
                "SELECT body FROM batches WHERE place = ?", (place + len(parts) - 1,)
            ).fetchall()
        except (sqlite3.Error, OSError):
            self._letGo()
            self._doubt = place
            more = ", and whether this change was kept is not known until it can be"
            raise self._busy(error, more) from error
        return found == [(parts[-1],)]

    def _rolledBack(self) -> bool:
        connection = self._connection
        try:
            if connection is not None and connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            return False
        return True

    def _durable(self, place: int) -> None:
        try:
            self._mark.write(place)
        except OSError as error:
            self._trouble(f"{self.name}.mark cannot be written: {error}")

    # -- keeping it small

    def read(self, place: int, size: int) -> list[tuple[int, bytes]]:
        """
        The parts from a place on, about C{size} bytes of them; none when they cannot be read now.

        @return: places and bodies
        """
        found: list[tuple[int, bytes]] = []
        if self._connection is None:
            return found
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(
                    "SELECT place, body FROM batches WHERE place >= ? ORDER BY place", (place,)
                )
                for at, body in cursor:
                    found.append((at, body))
                    size -= len(body)
                    if size <= 0:
                        break
        except sqlite3.Error as error:
            self._trouble(f"{self.name} cannot be cleaned up: {error}")
        return found

    def settle(self) -> None:
        """Bring what stands in the log into the database, and give back pages it no longer needs."""
        connection = self._connection
        if connection is None:
            return
        try:
            [(spare,)] = connection.execute("PRAGMA freelist_count").fetchall()
            if spare > _SPARE_PAGES:
                count = min(spare - _SPARE_PAGES, _AT_ONCE)
                # executescript runs it to its end, execute stops after the first page.
                connection.executescript(f"PRAGMA incremental_vacuum({count})")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            self._trouble(f"the log of {self.name} cannot be brought into it: {error}")
            if not isFull(error):
                self._letGo()

    # -- the end

    def close(self) -> None:
        """Let go of the files."""
        self._letGo()
        try:
            self._mark.close()
        except OSError as error:
            self._trouble(f"{self.name}.mark cannot be closed: {error}")
        try:
            self._file.letGo()
        except OSError as error:
            self._trouble(f"{self.name} cannot be closed: {error}")

    def _letGo(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error as error:
                self._trouble(f"{self.name} cannot be closed: {error}")

    def _trouble(self, what: str) -> None:
        if len(self.troubles) < _TROUBLES:
            self.troubles.append(what)
