"""
The files of an archive: an SQLite database that one process writes and any number may read, and beside it a lock.

What keeps a second archive away is a lock on C{FILE.lock} (C{flock}). In that file stands a number that was put there
without needing room on the disk: up to it, numbers were given to events that could not be kept, so they are not given
again. Everything here blocks.
"""

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterable
from urllib.parse import quote

import attrs

from gma_twisted.errors import ConfigError

__all__ = ["APPLICATION", "SYNCHRONOUS", "VERSION", "VERSIONS", "ArchiveFile", "isDiskTrouble"]

APPLICATION = 0x676D6165
"""What SQLite's header says of the file: C{gmae}."""
VERSION = 2
"""Of the tables. The first had neither C{latest} nor C{lost}, and positions without rows."""
VERSIONS = (1, VERSION)
"""Those that can be read; of an archive that is used the tables become those of the last."""
SYNCHRONOUS = ("normal", "full")
"""How sure a commit is: of a kill, or of a power loss too."""

_ROOM = "make room on the disk"
_OWNED = "see that its directory is there and belongs to the node's user"
_CURES = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EISDIR: "it is a directory: name a file in it, FILE/events.db",
    errno.ENOENT: "make its directory first",
    errno.ENOLCK: "put it on a disk of this machine: that one has no locks",
    errno.EOPNOTSUPP: "put it on a disk of this machine: that one has no locks",
}

_MIB = 1024 * 1024
_DIGITS = 20
_WRITER_CACHE = 64 * 1024
_READER_CACHE = 32 * 1024
_MOMENT = 2000
"""Milliseconds to wait for an operator who looks at the file with SQLite's own program."""

_LATEST = """CREATE TABLE latest (
    number INTEGER PRIMARY KEY,
    name INTEGER NOT NULL,
    source INTEGER NOT NULL,
    UNIQUE (name, source))"""
"""The last event of each name and source."""
_POSITIONS = "CREATE TABLE positions (name TEXT PRIMARY KEY, text TEXT NOT NULL)"
"""Each that is written has a higher row than all before: so it is known which were not used for longest."""
_FILLED = "INSERT INTO latest SELECT max(number), name, source FROM events GROUP BY name, source"

_LOST = "CREATE TABLE lost (name TEXT PRIMARY KEY, number INTEGER NOT NULL)"
"""Of each name the highest number of what was let go, in the order in which something was let go of them last."""
_TO_2 = (
    # Where they are there a program that does not know them has written since.
    "DROP TABLE IF EXISTS latest",
    "DROP TABLE IF EXISTS lost",
    "DELETE FROM meta WHERE key = 'lostOther'",
    _LATEST,
    _FILLED,
    _LOST,
    "ALTER TABLE positions RENAME TO unordered",
    _POSITIONS,
    "INSERT INTO positions (name, text) SELECT name, text FROM unordered",
    "DROP TABLE unordered",
    f"PRAGMA user_version = {VERSION}",
)
"""Of the first version the second is made."""

_TABLES = (
    """CREATE TABLE events (
        number INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        came INTEGER NOT NULL,
        name INTEGER NOT NULL,
        source INTEGER NOT NULL,
        size INTEGER NOT NULL,
        body BLOB NOT NULL)""",
    "CREATE INDEX eventsByName ON events (name, at)",
    "CREATE INDEX eventsByTime ON events (at)",
    # Ids are never used again: who reads keeps what they stand for.
    "CREATE TABLE names (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE)",
    "CREATE TABLE sources (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE)",
    """CREATE TABLE fields (
        hash INTEGER,
        at INTEGER,
        number INTEGER,
        name INTEGER NOT NULL,
        PRIMARY KEY (hash, at, number)) WITHOUT ROWID""",
    _LATEST,
    _POSITIONS,
    _LOST,
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
)


@attrs.define(slots=True, eq=False)
class ArchiveFile:
    """
    Opens one.

    @ivar path: of the database
    @ivar synchronous: one of L{SYNCHRONOUS}
    """

    path: str
    synchronous: str = "normal"
    _lock: int | None = attrs.field(default=None, init=False, repr=False)

    def toWrite(self) -> sqlite3.Connection:
        """
        The one connection that writes; the file is made when it is not there.

        @raise ConfigError: another process holds it, it is damaged, or something else
        """
        try:
            if os.path.isdir(self.path):
                # Before a lock is put beside it.
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.path)
            self._take()
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = self._connect()
        except OSError as error:
            self.release()
            raise self.unusable(error) from error
        try:
            _set(connection, "busy_timeout", _MOMENT)
            self._check(connection)
            _toWAL(connection)
            _set(connection, "synchronous", self.synchronous)
            _set(connection, "journal_size_limit", 64 * _MIB)
            _set(connection, "cache_size", -_WRITER_CACHE)
            _set(connection, "secure_delete", "OFF")
        except (sqlite3.Error, ConfigError) as error:
            connection.close()
            self.release()
            if isinstance(error, ConfigError):
                raise
            raise self.unusable(error) from error
        return connection

    def toRead(self) -> sqlite3.Connection:
        """
        A connection that does not wait for the one that writes, which must be open.

        @raise sqlite3.Error: it cannot be opened
        """
        connection = self._connect()
        _set(connection, "busy_timeout", _MOMENT)
        _set(connection, "query_only", 1)
        _set(connection, "cache_size", -_READER_CACHE)
        return connection

    def reserved(self) -> int:
        """Up to which number none may be given again, beside those in the database."""
        assert self._lock is not None
        text = os.pread(self._lock, _DIGITS, 0).strip()
        return int(text) if text.isdigit() else 0

    def reserve(self, number: int) -> None:
        """
        Give none up to this number again, also when the process is killed and the disk is full: what is there is
        written over.

        @raise OSError: not even that can be written
        """
        assert self._lock is not None
        os.pwrite(self._lock, b"%0*d" % (_DIGITS, number), 0)

    def secure(self) -> None:
        """Have what was reserved on the disk: a power loss does not forget it. @raise OSError: the disk fails"""
        assert self._lock is not None
        os.fdatasync(self._lock)

    def release(self) -> None:
        """Let another process have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{quote(self.path)}",
            timeout=0.0,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
        )

    def _take(self) -> None:
        path = self.path + ".lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise ConfigError(
                f"the archive {self.path} is held by another process",
                cure="stop that one first, or name another file: two nodes cannot keep their events in one",
            ) from error
        except OSError:
            os.close(lock)
            raise
        self._lock = lock
        if os.fstat(lock).st_size < _DIGITS:
            self.reserve(0)

    def _check(self, connection: sqlite3.Connection) -> None:
        tables = _value(connection, "SELECT count(*) FROM sqlite_master")
        application = _value(connection, "PRAGMA application_id")
        version = _value(connection, "PRAGMA user_version")
        if not tables:
            self._make(connection)
        elif application != APPLICATION:
            raise ConfigError(
                f"{self.path} is an SQLite database, but no archive of events",
                cure="name another file for the archive",
            )
        elif version not in VERSIONS:
            raise ConfigError(
                f"the archive {self.path} is of version {version}; this program reads version {VERSION}",
                cure="use the program that wrote it, or move the file aside: a new one is made then",
            )
        elif version != VERSION:
            _inOne(connection, _TO_2)

    def _make(self, connection: sqlite3.Connection) -> None:
        # Before there is any table, or it has no effect.
        _set(connection, "auto_vacuum", "INCREMENTAL")
        _toWAL(connection)
        marks = (f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {VERSION}")
        _inOne(connection, (*_TABLES, *marks))

    def unusable(self, error: Exception) -> ConfigError:
        """What to do about an error that came when it was opened."""
        if isinstance(error, OSError) or "unable to open" in str(error):
            number = error.errno or 0 if isinstance(error, OSError) else 0
            return ConfigError(
                f"the archive {self.path} cannot be opened: {error}",
                cure=_CURES.get(number, _OWNED).replace("FILE", str(self.path)),
            )
        if "locked" in str(error):
            return ConfigError(
                f"the archive {self.path} cannot be opened: {error}",
                cure="end the program that is writing to it",
            )
        if isDiskTrouble(error):
            return ConfigError(
                f"the archive {self.path} cannot be opened: {error}",
                cure=_ROOM,
            )
        return ConfigError(
            f"the archive {self.path} is damaged: {error}",
            cure="move it aside with its -wal file, and start again: a new one is made. What can be read of the "
            "old one is told by sqlite3 OLD .recover",
        )


def isDiskTrouble(error: Exception) -> bool:
    """Whether the disk is to blame, and not the file."""
    return "full" in str(error) or "disk I/O" in str(error)


def _toWAL(connection: sqlite3.Connection) -> None:
    mode = _value(connection, "PRAGMA journal_mode = WAL")
    if mode != "wal":
        raise sqlite3.OperationalError(f"its journal mode is {mode} and stays so")


def _inOne(connection: sqlite3.Connection, statements: Iterable[str]) -> None:
    """Do all, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            connection.execute(statement).fetchall()
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise


def _set(connection: sqlite3.Connection, name: str, value: object) -> None:
    connection.execute(f"PRAGMA {name} = {value}").fetchall()


def _value(connection: sqlite3.Connection, statement: str) -> object:
    [(value,)] = connection.execute(statement).fetchall()
    return value
