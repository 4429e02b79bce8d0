"""Bringing the audit to the disk: all of it blocks, and none of it is the reactor's."""

import contextlib
import os
from collections.abc import Sequence

from gma_twisted.security.audit.head import Head, writeHead

__all__ = ["settle"]


def settle(
    path: str,
    file: int | None,
    size: int,
    full: Sequence[int],
    head: Head | None,
    surplus: Sequence[str],
) -> bool:
    """
    Bring what was written to the disk, say in the head that it is, and only then remove what is beyond that.

    @param file: descriptor of the file C{path}
    @param size: bytes it has at least
    @param full: descriptors of files before it; they are closed, whatever happens
    @param head: the end of what was written; C{None} when that is no whole line
    @param surplus: files that go
    @return: whether C{file} is still where it was, and as long
    @raise OSError: it is not known to be on the disk
    """
    try:
        for one in (*full, file):
            if one is not None:
                os.fdatasync(one)
    finally:
        for one in full:
            os.close(one)
    if full:
        _syncDirectory(path)
    if head is not None:
        writeHead(path, head)
    for gone in surplus:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(gone)
    return file is None or _isThere(path, file, size)


def _syncDirectory(path: str) -> None:
    directory = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _isThere(path: str, file: int, size: int) -> bool:
    try:
        named = os.stat(path)
    except FileNotFoundError:
        return False
    opened = os.fstat(file)
    return os.path.samestat(named, opened) and opened.st_size >= size
