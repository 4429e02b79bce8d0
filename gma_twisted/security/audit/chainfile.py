"""The files of a chain as a node writes them: one line after the other, one file after the other."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Sequence
from functools import partial

import attrs

from gma_twisted.errors import ConfigError
from gma_twisted.security.audit.chain import Note, seal
from gma_twisted.security.audit.head import Head, writeHead
from gma_twisted.security.audit.reading import olderFiles
from gma_twisted.security.audit.settling import settle
from gma_twisted.security.audit.tail import Tail, findTail, firstOf

__all__ = ["ChainFile"]

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


@attrs.define(slots=True, eq=False)
class ChainFile:
    """
    Appends lines, each with the hash of the one before. What cannot be written waits, and goes first the next time: a
    line that was written in part is never written twice, and none is between it and its rest.

    @ivar path: of the file that is written; those that were full are C{PATH.1}, C{PATH.2} and so on
    @ivar size: bytes after which the next file is begun
    @ivar keep: how many full ones are kept
    @ivar write: as C{os.write}
    @ivar sequence: of the last line
    @ivar hash: of that line
    """

    path: str
    size: int
    keep: int
    write: Callable[[int, bytes], int] = os.write
    sequence: int = attrs.field(default=0, init=False)
    hash: str = attrs.field(default="", init=False)
    _file: int | None = attrs.field(default=None, init=False)
    _bytes: int = attrs.field(default=0, init=False)
    _limit: int = attrs.field(default=0, init=False)
    _pending: bytes = attrs.field(default=b"", init=False, repr=False)
    # Those that were full, each with the number it begins with; what the file that is written begins with.
    _older: list[tuple[int, str]] = attrs.field(factory=list, init=False, repr=False)
    _number: int = attrs.field(default=0, init=False)
    _first: int = attrs.field(default=1, init=False)
    # What is still to be brought to the disk of files that were full meanwhile.
    _full: list[int] = attrs.field(factory=list, init=False, repr=False)

    @property
    def pending(self) -> int:
        """Bytes that could not be written so far."""
        return len(self._pending)

    @property
    def begun(self) -> int:
        """The number of files that were full before this one."""
        return self._number

    @property
    def isOpen(self) -> bool:
        """Whether lines are taken."""
        return bool(self.hash)

    def open(self) -> Sequence[Note]:
        """
        Go on where the last life left off, a line that was not whole cut off.

        @return: what is to be said first
        @raise ConfigError: it cannot be used; the message says what to try
        """
        try:
            file = self._opened()
            try:
                tail = findTail(self.path)
                os.ftruncate(file, tail.size)
                self._find(tail)
                writeHead(self.path, Head(self._oldest(), tail.sequence, tail.hash))
            except OSError:
                os.close(file)
                raise
        except OSError as error:
            why = "another node writes it" if error.errno == errno.EAGAIN else error.strerror
            raise ConfigError(
                f"the audit file {self.path} cannot be used: {why}",
                cure="make room, or name another with [audit] file",
            ) from None
        self._file = file
        self._limit = self.size
        self.sequence, self.hash = tail.sequence, tail.hash
        return tail.notes

    def _opened(self) -> int:
        file = os.open(self.path, _FLAGS, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise
        return file

    def _find(self, tail: Tail) -> None:
        older = olderFiles(self.path)
        self._older = [(firstOf(path), path) for _, path in older]
        self._number = older[-1][0] if older else 0
        self._bytes = tail.size
        self._first = (firstOf(self.path) if tail.size else 0) or tail.sequence + 1
        # Lines that were taken away before the first that is there stay missed, until that one goes too.
        oldest = min(filter(None, (self._oldest(), tail.first)), default=1)
        if self._older:
            self._older[0] = (oldest, self._older[0][1])
        else:
            self._first = oldest

    def _oldest(self) -> int:
        return self._older[0][0] if self._older else self._first

    def put(self, time: str, fields: str) -> None:
        """
        Append a line.

        @raise OSError: it could not be written; it waits
        """
        if self._bytes >= self._limit and not self._pending and self._file is not None:
            self._turn(self._file)
        line, self.hash = seal(self.sequence + 1, time, fields, self.hash)
        self.sequence += 1
        if self._pending or self._file is None:
            self._pending += line
            self.flush()
            return
        self._pending = line
        written = self.write(self._file, line)
        if written == len(line):
            self._bytes += written
            self._pending = b""
        else:
            self._wrote(written)
            self.flush()

    def flush(self) -> None:
        """Write what waits. @raise OSError: something still does"""
        while self._pending:
            if self._file is None:
                self.reopen()
            assert self._file is not None
            written = self.write(self._file, self._pending)
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._wrote(written)

    def _wrote(self, count: int) -> None:
        self._bytes += count
        self._pending = self._pending[count:]

    def _turn(self, before: int) -> None:
        """Begin the next file; when that cannot be, this one grows a little longer."""
        full = f"{self.path}.{self._number + 1}"
        try:
            os.rename(self.path, full)
            try:
                file = self._opened()
            except OSError:
                os.rename(full, self.path)
                raise
        except OSError:
            self._limit = self._bytes + self.size // 8
            return
        self._full.append(before)
        self._older.append((self._first, full))
        self._number += 1
        self._file, self._bytes, self._limit = file, 0, self.size
        self._first = self.sequence + 1

    def reopen(self) -> None:
        """Begin a file where there is none any more. @raise OSError: it cannot be made"""
        gone, self._file = self._file, None
        if gone is not None:
            os.close(gone)
        self._file = self._opened()
        self._bytes = os.fstat(self._file).st_size

    def settling(self) -> Callable[[], bool]:
        """
        What brings everything that is written to the disk, and removes files beyond C{keep}; it may block, and is to
        run before the next one is asked for. It gives whether the file is still where it was and as long.
        """
        full, self._full = self._full, []
        surplus = max(0, len(self._older) - self.keep)
        removed, self._older = self._older[:surplus], self._older[surplus:]
        head = None
        if not self._pending:
            head = Head(self._oldest(), self.sequence, self.hash)
        paths = [path for _, path in removed]
        return partial(settle, self.path, self._file, self._bytes, full, head, paths)

    def close(self) -> None:
        """Write no more; what waits is lost."""
        for file in (self._file, *self._full):
            if file is not None:
                with contextlib.suppress(OSError):
                    os.close(file)
        self._file, self._full, self._pending, self.hash = None, [], b"", ""
