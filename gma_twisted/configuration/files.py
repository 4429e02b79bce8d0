"""Files that configure something, read in one way: bounded, never waiting for whoever is at another end."""

import os
import stat
from pathlib import Path

import attrs

from gma_twisted.errors import ConfigError

__all__ = ["Content", "readContent"]

_OTHERS = 0o077


@attrs.frozen(slots=True)
class Content:
    """
    What is in a file.

    @ivar data: may be a secret; never shown
    @ivar isOpen: whether others than its owner may read or change the file
    """

    data: bytes = attrs.field(repr=False)
    isOpen: bool = False


def readContent(path: Path, most: int) -> Content:
    """
    Read a regular file. Of others nobody knows when there will be something to read.

    @param most: bytes it may have; of one that has more one byte more is given, and the caller says what it should be
    @raise ConfigError: there is no such file, or somebody writes it just now; the message has neither its name, which
        belongs before it, nor a cure
    """
    try:
        with open(path, "rb", opener=_opened) as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise ConfigError("is no file")
            data = file.read(most + 1)
            after = os.fstat(file.fileno())
    except IsADirectoryError:
        raise ConfigError("is no file") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is not one of a file"
        raise ConfigError(f"cannot be read: {why}") from None
    if _version(before) != _version(after):
        raise ConfigError("was written while it was read: try again")
    return Content(data, bool(before.st_mode & _OTHERS))


def _opened(path: str, flags: int) -> int:
    # Whoever opens a pipe otherwise waits for its other end; a terminal would take over the process.
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _version(status: os.stat_result) -> tuple[int, int]:
    # Which file it is cannot change: it is open.
    return status.st_size, status.st_mtime_ns
