"""Appending lines to a file below a directory: all of them or none, and nowhere else whatever links there are."""

import errno
import fcntl
import os
import stat
from collections.abc import Sequence

from gma_twisted.errors import Refused

__all__ = ["append", "mayAppend", "partsBelow"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A pipe would be waited for, and a link leads elsewhere.
_FILE = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_CREAT | os.O_EXCL
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


def mayAppend(directory: str, parts: Sequence[str]) -> bool:
    """
    Whether lines can be appended, as far as it is seen without writing.

    @param parts: as L{partsBelow} gives them
    @return: whether there is such a file already
    @raise OSError: they cannot
    @raise Refused: it is no file of ours, or a link leads elsewhere
    """
    folder = _folder(directory, parts)
    try:
        try:
            file = os.open(parts[-1], _FILE, dir_fd=folder)
        except FileNotFoundError:
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None
            return False
    finally:
        os.close(folder)
    try:
        _check(file)
    finally:
        os.close(file)
    return True


def append(directory: str, parts: Sequence[str], data: bytes) -> bool:
    """
    Append lines. The file is made when there is none; its directory must be there.

    @param parts: as L{partsBelow} gives them
    @return: whether it was made
    @raise OSError: it cannot be done; the file is as it was before
    @raise Refused: it is no file of ours, or a link leads elsewhere
    """
    folder = _folder(directory, parts)
    try:
        file, isNew = _opened(parts[-1], folder)
    finally:
        os.close(folder)
    try:
        _appendTo(file, data)
    finally:
        os.close(file)
    return isNew


def _opened(name: str, folder: int) -> tuple[int, bool]:
    try:
        return os.open(name, _FILE, dir_fd=folder), False
    except FileNotFoundError:
        return os.open(name, _FILE | _NEW, _OWN, dir_fd=folder), True


def _folder(directory: str, parts: Sequence[str]) -> int:
    folder = os.open(directory, _FOLDER)
    try:
        for name in parts[:-1]:
            inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
    except OSError:
        os.close(folder)
        raise
    return folder


def _check(file: int) -> None:
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode):
        raise Refused("lines are appended to plain files only")
    if found.st_uid != os.geteuid() or found.st_nlink != 1:
        # By another name it may be anything, by another owner anybody's.
        raise Refused(
            "lines are appended only to files that belong to the node's user and have one name",
            cure="name another file: it is made",
        )


def _appendTo(file: int, data: bytes) -> None:
    _check(file)
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
