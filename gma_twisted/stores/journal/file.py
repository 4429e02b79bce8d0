"""The SQLite file of a journal: how it is made, opened to be read as it is, and opened to be written by nobody else.

Other processes may read it while it is written, and see all of one moment: an operator with SQLite's own programs, and
who copies a journal that is written too fast to be copied as files (L{gma_twisted.stores.journal.snapshot}). SQLite
needs an index of the write-ahead log for that which all of them share, in C{-shm}. Nothing in it counts: who opens the
file first makes it anew, so what a kill leaves of it does no harm. SQLite's exclusive locking mode would do without,
and so save 7 of 18 microseconds of processor time a batch, and shut out every reader. What keeps a second journal away
is a lock on the file (C{flock}), which SQLite and its programs know nothing of: what an operator takes out of the
quarantine with them makes the journal wait for a moment.

A lock is of a file, not of its name: when somebody takes the file away, or puts another one in its place, the lock says
nothing about what is there, and what is written would be in nobody's way and gone after a restart. So who writes looks
before each batch whether the file is still where it was, which costs 3 microseconds.

Everything here blocks.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable
from urllib.parse import quote

import attrs

from gma_twisted.stores.journal.batch import VERSION

__all__ = ["JournalFile", "connect", "isDamage", "isFull"]

_MIB = 1024 * 1024
_WAL = 4 * _MIB
_RESTART = "restart the node, which then uses what is there"
_MOMENT = 1000
"""Milliseconds a writer waits for another process that has the lock to write, as readers also have for an instant."""


def connect(uri: str) -> sqlite3.Connection:
    """Open an SQLite file; no statement waits for another process until it is told to."""
    return sqlite3.connect(
        uri, timeout=0.0, isolation_level=None, check_same_thread=False, uri=True
    )


@attrs.define(eq=False, slots=True)
class JournalFile:
    """
    Opens one file.

    @ivar path: of it
    @ivar connect: opens a connection, of an URI
    """

    path: str
    connect: Callable[[str], sqlite3.Connection] = connect
    # Of the file, as long as nobody else may write it.
    _lock: int | None = attrs.field(default=None, init=False, repr=False)
    # Device and number of the file that is locked.
    _locked: tuple[int, int] = attrs.field(default=(0, 0), init=False, repr=False)

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
        @raise OSError: it cannot be made, another process holds it, or it is no longer in its place
        """
        if self._lock is None:
            # Made here, because SQLite would have the umask decide who may read it.
            self._take(os.O_CREAT)
        connection = self.connect(self._uri())
        try:
            # After it was opened: of the file that is locked, and no other.
            self.check()
            connection.execute(f"PRAGMA busy_timeout = {_MOMENT}").fetchall()
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
        except (sqlite3.Error, OSError):
            connection.close()
            raise
        return connection

    def check(self) -> None:
        """
        See that the file that is locked is still in its place: after L{toWrite}, before what is written counts.

        @raise OSError: it was taken away, or there is another one
        """
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            raise FileNotFoundError(f"it was removed meanwhile; {_RESTART}") from None
        if (found.st_dev, found.st_ino) != self._locked:
            raise FileExistsError(f"another file was put in its place meanwhile; {_RESTART}")

    def anew(self) -> sqlite3.Connection:
        """
        As L{toWrite}, after an error.

        When a synchronisation fails, the kernel may forget that there was something to write: what stands in the
        log then can be read and is not durable, and neither is what is written behind it. So the log is written
        once more before anything of it goes into the database: a power cut must not leave the one with something of
        which the other has only the beginning. Whoever reads it then may keep the log from being emptied; it is durable
        all the same, and goes on at its end.

        @raise sqlite3.Error: it cannot be opened, or its log not be brought into it
        @raise OSError: its log cannot be written, or it is no longer in its place
        """
        # The log of another file is not to be touched.
        self.check()
        _writeAgain(self.path + "-wal")
        connection = self.toWrite()
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
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

    def hold(self) -> None:
        """
        Keep all others from writing, until L{letGo}; without the file nothing is done before L{toWrite} makes it.

        @raise OSError: another process holds it, or it cannot be opened
        """
        if self._lock is None and os.path.exists(self.path):
            self._take(0)

    def letGo(self) -> None:
        """
        Let others write; to be called when all connections are closed.

        @raise OSError: it cannot be closed
        """
        # Not before: whoever closes a descriptor of a file loses all the locks SQLite has on it in this process.
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _take(self, flags: int) -> None:
        lock = os.open(self.path, flags | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            if isinstance(error, BlockingIOError):
                raise BlockingIOError("another process writes it") from None
            raise
        found = os.fstat(lock)
        self._lock, self._locked = lock, (found.st_dev, found.st_ino)

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
