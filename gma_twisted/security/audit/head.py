"""Where the chain ended when it was last brought to the disk: who cuts lines off its end is seen by it."""

import contextlib
import errno
import json
import os

import attrs

__all__ = ["Head", "headPath", "readHead", "writeHead"]

_MOST = 1024


@attrs.frozen(slots=True)
class Head:
    """
    The end of a chain, and its beginning.

    @ivar first: number of the oldest line that is kept
    @ivar sequence: of the last line that is on the disk; one less than C{first} when there is none
    @ivar hash: of that line
    """

    first: int
    sequence: int
    hash: str


def headPath(path: str) -> str:
    """The file beside the audit file C{path}."""
    return f"{path}.head"


def readHead(path: str) -> Head | None:
    """
    The head of the audit file C{path}; C{None} when there is none, or none that can be read.

    @raise OSError: there is one and it may not be read
    """
    try:
        with open(headPath(path), "rb") as file:
            told = json.loads(file.read(_MOST))
        first, sequence, own = told["first"], told["sequence"], told["hash"]
    except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
        return None
    isRight = type(first) is int and type(sequence) is int and isinstance(own, str)
    return Head(first, sequence, own) if isRight else None


def writeHead(path: str, head: Head) -> None:
    """
    Put it beside the audit file C{path}: all of it or nothing, and on the disk. It blocks.

    @raise OSError: it cannot be written; the one before is still there
    """
    draft = f"{headPath(path)}.new"
    text = json.dumps(attrs.asdict(head)).encode() + b"\n"
    made = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        if os.write(made, text) < len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(made)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    finally:
        os.close(made)
    os.replace(draft, headPath(path))
