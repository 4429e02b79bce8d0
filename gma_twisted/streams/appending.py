"""Appending lines to a file below a directory: all of them or none, and nowhere else whatever links there are."""

import fcntl
import os
import stat
from collections.abc import Sequence

from gma_twisted.errors import Refused

__all__ = ["append", "partsBelow"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A pipe would be waited for, and a link leads elsewhere.
_FILE = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OWN = 0o600


def partsBelow(directory: str, path: str) -> Sequence[str]:
    """
    The names that lead from a directory to a file.

    @param path: absolute
    @raise Refused: it is not below the directory, or not named in the plainest way
    """
    if "\0" not in path and os.path.isabs(path) and os.path.normpath(path) == path:
        base = os.path.normpath(directory)
        if path.startswith(base.rstrip("/") + "/"):
            return os.path.relpath(path, base).split("/")
    raise Refused(
        "lines are appended to files below one directory only, and the data URL names none there",
        cure="[streams] files says which directory; write the path without . and ..",
    )


def append(directory: str, parts: Sequence[str], data: bytes) -> None:
    """
    Append lines. The file is made when there is none; its directory must be there.

    @param parts: as L{partsBelow} gives them
    @raise OSError: it cannot be done; the file is as it was before
    @raise Refused: it is no file, or a link leads elsewhere
    """
    folder = os.open(directory, _FOLDER)
    try:
        for name in parts[:-1]:
            inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        file = os.open(parts[-1], _FILE, _OWN, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        _appendTo(file, data)
    finally:
        os.close(file)


def _appendTo(file: int, data: bytes) -> None:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise Refused("lines are appended to plain files only")
    # Others of this process may append too; who keeps the lock for long is waited for by trying again.
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        # Somebody was interrupted: what they left must not spoil the next line.
        data = b"\n" + data
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(file, left) :]
    except OSError:
        os.ftruncate(file, size)
        raise
