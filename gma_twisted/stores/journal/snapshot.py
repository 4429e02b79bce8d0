"""A copy of a journal's files as they were at one moment, though a node writes them meanwhile.

Opened with SQLite, even only to be read, a journal whose node was killed gets new files beside it, and a directory
that may not be written could not be looked at. But a journal is written in one way only, and so it can be copied as
files: what is committed is added to the write-ahead log, and the database changes by what stands in that log already.
A database that was copied first, whatever was written into it meanwhile, and the log as it was after that are together
one state, as long as the log was not begun anew in between. That changes its head. Everything here blocks.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from gma_twisted.errors import Busy, ServiceError
from gma_twisted.stores.journal.file import JournalFile

__all__ = ["FILES", "takeSnapshot"]

FILES = (".mark", "", "-journal", "-wal")
"""What the names of a journal's files end in, in the order in which they are to be read.

The mark is first: it is never ahead of what is read after it.
"""

_ATTEMPTS = 20
_HEAD = 32


def takeSnapshot(
    path: str, copy: str, copyFile: Callable[[str, str], object] = shutil.copyfile
) -> None:
    """
    Copy a journal that may be written meanwhile. Nothing of it is changed.

    @param path: of the journal; what is not there of its files is not there of the copy's
    @param copy: path of the copy, in a directory only its owner reads; what is there is written over
    @param copyFile: copies one file over another
    @raise Busy: it was written so fast that no copy was whole; the next attempt may be
    @raise ServiceError: a file cannot be read, or no copy of it written
    """
    with ExitStack() as readers:
        for attempt in range(_ATTEMPTS):
            try:
                before = _life(path)
                for end in FILES:
                    _copy(path + end, copy + end, copyFile)
                if _life(path) == before:
                    return
            except OSError as error:
                raise ServiceError(
                    f"the journal {path} cannot be copied to look at it: {error.strerror}"
                    f" ({error.filename})"
                ) from None
            if attempt == 0:
                _hinder(path, readers)
    raise Busy(f"the journal {path} is written too fast to be copied; try again")


def _hinder(path: str, readers: ExitStack) -> None:
    """
    Keep the log from being begun anew: somebody writes it, faster than it is copied, so what SQLite makes for readers
    is there already. Who reads the log, or the database without it, lets that happen once more at most.
    """
    try:
        reader = JournalFile(path).toRead()
        if reader is not None:
            readers.enter_context(closing(reader))
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.Error:
        # The next attempts are made without.
        pass


def _life(path: str) -> object:
    """What is another when the log was begun anew; without a log, when the database was written."""
    try:
        with open(path + "-wal", "rb") as log:
            if head := log.read(_HEAD):
                return head
    except FileNotFoundError:
        pass
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _copy(path: str, copy: str, copyFile: Callable[[str, str], object]) -> None:
    try:
        copyFile(path, copy)
    except FileNotFoundError as error:
        if error.filename != path:
            raise
        # Also that of an earlier attempt.
        Path(copy).unlink(missing_ok=True)
