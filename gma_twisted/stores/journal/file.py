"""The SQLite file of a journal: how it is made, opened to be read as it is, and opened to be written by nobody else.

Everything here blocks.
"""

import os
import sqlite3
from collections.abc import Callable
from urllib.parse import quote

import attrs

from gma_twisted.stores.journal.batch import VERSION

__all__ = ["JournalFile", "connect", "isDamage", "isFull"]

_MIB = 1024 * 1024
_WAL = 4 * _MIB


def connect(uri: str) -> sqlite3.Connection:
    """Open an SQLite file; no statement waits for another process."""
    return sqlite3.connect(
        uri, timeout=0.0, isolation_level=None, check_same_thread=False, uri=True
    )


@attrs.frozen(eq=False, slots=True)
class JournalFile:
    """
    Opens one file.

    @ivar path: of it
    @ivar connect: opens a connection, of an URI
    """

    path: str
    connect: Callable[[str], sqlite3.Connection] = connect

    def toRead(self) -> sqlite3.Connection | None:
        """
        A connection that leaves what is on the disk as it is; C{None} when there is no file, or an empty one.

        @raise sqlite3.Error: it cannot be opened
        """
        # Another would drop a write-ahead log that is damaged: it may be wanted.
        if not os.path.exists(self.path) or not os.path.getsize(self.path):
            return None
        # Only a new journal's first moment has a rollback journal; what it left half done is undone by a writer.
        mode = "" if os.path.exists(self.path + "-journal") else "?mode=ro"
        return self.connect(self._uri(mode))

    def toWrite(self) -> sqlite3.Connection:
        """
        The one connection that may write; the file is made when it is not there.

        @raise sqlite3.Error: it cannot be opened so
        @raise OSError: it cannot be made
        """
        # Made here, because SQLite would have the umask decide who may read it.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        connection = self.connect(self._uri())
        try:
            # Nobody else may write, and there is no shared memory that a crash could leave behind.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL").fetchall()
            [(mode,)] = connection.execute("PRAGMA journal_mode = WAL").fetchall()
            if mode != "wal":
                raise sqlite3.OperationalError(f"its journal mode is {mode} and stays so")
            connection.execute("PRAGMA synchronous = FULL").fetchall()
            connection.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
            connection.execute(f"PRAGMA journal_size_limit = {_WAL}").fetchall()
            # Overwriting what is deleted with zeros would double the writing.
            connection.execute("PRAGMA secure_delete = OFF").fetchall()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def anew(self) -> sqlite3.Connection:
        """
        As L{toWrite}, after an error.

        When a synchronisation fails, the kernel may forget that there was something to write: what stands in the
        log then can be read and is not durable, and neither is what is written behind it. So the log is written
        once more before anything of it goes into the database: a power cut must not leave the one with something of
        which the other has only the beginning.

        @raise sqlite3.Error: it cannot be opened, or its log not be brought into it
        @raise OSError: its log cannot be written
        """
        _writeAgain(self.path + "-wal")
        connection = self.toWrite()
        try:
            [(busy, _, _)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if busy:
                raise sqlite3.OperationalError("its log cannot be emptied")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def make(self, connection: sqlite3.Connection, blank: bytes) -> None:
        """
        Make the tables.

        @param connection: of L{toWrite}
        @param blank: the first batch
        @raise sqlite3.Error: they cannot be made
        @raise OSError: the directory cannot be made durable
        """
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("CREATE TABLE batches (place INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        connection.execute(
            "CREATE TABLE quarantine (place INTEGER, number INTEGER, why TEXT, body BLOB,"
            " PRIMARY KEY (place, number))"
        )
        connection.execute("INSERT INTO batches VALUES (1, ?)", (blank,))
        connection.execute("COMMIT")
        _synchronise(os.path.dirname(os.path.abspath(self.path)))

    def _uri(self, mode: str = "") -> str:
        return f"file:{quote(self.path)}{mode}"


def _synchronise(path: str) -> None:
    """Make a file, or the names in a directory, durable. @raise OSError: it cannot be"""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _writeAgain(path: str) -> None:
    """Write what a file says where it says it, and make it durable. @raise OSError: it cannot be"""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        at = 0
        while data := os.pread(descriptor, _MIB, at):
            at += os.pwrite(descriptor, data, at)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def isDamage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is damaged; one that says nothing may."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def isFull(error: sqlite3.Error) -> bool:
    """Whether an error says that there is no room."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
