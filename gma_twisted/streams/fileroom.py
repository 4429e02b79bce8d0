"""How much of the disk lines may take: files below one directory, and their bytes."""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from gma_twisted.errors import Busy
from gma_twisted.streams.appending import append, mayAppend
from gma_twisted.streams.limits import StreamLimits

__all__ = ["FileRoom"]

_FRESH = 10.0
"""Seconds for which what was counted counts: operators take files away, and other programs write too."""
_COUNTED = 10
"""Of how many times as many files as may be made the bytes are counted."""


class FileRoom:
    """
    Appends below a directory, within bounds. Everything here blocks, and is called by one thread at a time.

    Not who subscribes is bounded: many of them may write to one file, and whoever may have one file may ask for others.
    """

    def __init__(self, directory: str, limits: StreamLimits, now: Callable[[], float]) -> None:
        """@param now: seconds of a clock that only goes on"""
        self._directory = directory
        self._limits = limits
        self._now = now
        self._files = self._bytes = 0
        self._counted = float("-inf")

    def look(self, parts: Sequence[str]) -> None:
        """
        Whether lines can be appended to a file; nothing is made.

        @param parts: see L{append}
        @raise OSError, Refused: as L{append}
        @raise Busy: there is no room
        """
        self._admit(0, isNew=not mayAppend(self._directory, parts))

    def append(self, parts: Sequence[str], data: bytes) -> None:
        """
        See L{append}.

        @raise OSError, Refused: as there
        @raise Busy: there is no room
        """
        self._admit(len(data), isNew=not mayAppend(self._directory, parts))
        self._files += append(self._directory, parts, data)
        self._bytes += len(data)

    def _admit(self, size: int, isNew: bool) -> None:
        now, limits = self._now(), self._limits
        if now - self._counted >= _FRESH:
            self._counted = now
            self._files = self._bytes = 0
            most = _COUNTED * limits.files
            for one in islice(_sizesBelow(self._directory), most + 1):
                self._files += 1
                self._bytes += one
            if self._files > most:
                self._counted = float("-inf")
                raise Busy(
                    f"there are more than {most} files below the directory of lines, too many to be counted",
                    cure="take some away, or make stream_files under [limits] more",
                )
        if isNew and self._files >= limits.files:
            raise Busy(
                f"there are {self._files} files below the directory of lines, and no more are made",
                cure="take some away, or make stream_files under [limits] more",
            )
        if self._bytes + size > limits.filesBytes:
            raise Busy(
                f"the files below the directory of lines have {self._bytes} bytes, and get no more",
                cure="take some away, or make stream_files_size under [limits] more",
            )


def _sizesBelow(directory: str) -> Iterator[int]:
    """Of each file; of what is no file 0."""
    left = [directory]
    while left:
        folder = left.pop()
        try:
            with os.scandir(folder) as found:
                for one in found:
                    isFolder = one.is_dir(follow_symlinks=False)
                    if isFolder:
                        left.append(one.path)
                    yield 0 if isFolder else _sizeOf(one)
        except OSError:
            # What somebody took away meanwhile, or nobody lets us see, is not ours.
            if folder == directory:
                raise


def _sizeOf(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
