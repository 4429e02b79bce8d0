"""Where the last life of a node left off in its audit file, and what is wrong there."""

import os
import re
from collections.abc import Sequence

import attrs

from gma_twisted.security.audit.chain import BEGINNING, MAX_LINE, Link, Note, readLink
from gma_twisted.security.audit.head import Head, readHead
from gma_twisted.security.audit.reading import olderFiles

__all__ = ["Tail", "findTail", "firstOf"]

_READ = 1024 * 1024
_FIRST = re.compile(rb'\{"sequence":([0-9]{1,18}),')


@attrs.define(slots=True, eq=False)
class Tail:
    """
    The end of a chain.

    @ivar sequence: of its last line; 0 when there was never one
    @ivar hash: of that line
    @ivar first: number of the line that should be the first one here, as the head says; 0 when it does not
    @ivar size: bytes of the file that stay; what is behind them is no whole line
    @ivar notes: what the chain is to say before it goes on
    """

    sequence: int = 0
    hash: str = BEGINNING
    first: int = 0
    size: int = 0
    notes: list[Note] = attrs.field(factory=list)


def firstOf(path: str) -> int:
    """The number a file begins with, as it says; 0 for one that says none. @raise OSError: it cannot be read"""
    with open(path, "rb") as file:
        found = _FIRST.match(file.read(64))
    return int(found[1]) if found else 0


def findTail(path: str) -> Tail:
    """
    Find the end of the chain in C{path}, or in the file before it when that is empty or was never made, and compare it
    with the head: it must be there, and as it was. How far it is right before that is not looked at.

    @raise OSError: something cannot be read
    """
    tail = Tail()
    head = readHead(path)
    data, offset = _lastBytes(path)
    end = data.rfind(b"\n") + 1
    torn = len(data) - end
    if torn > MAX_LINE:
        # No line of ours: what it is shall be seen.
        end = len(data)
    elif torn:
        said = f"{torn} bytes of a line that was not whole were cut off the end"
        tail.notes.append(Note("cut", said, count=torn))
    tail.size = offset + end
    lines = data[:end].splitlines(keepends=True)
    if not lines:
        older = olderFiles(path)
        if older:
            lines = _lastBytes(older[-1][1])[0].splitlines(keepends=True)
    _follow(tail, lines, head)
    return tail


def _lastBytes(path: str) -> tuple[bytes, int]:
    """The end of a file, and where it begins; nothing of one that is not there."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            offset = file.seek(max(0, size - _READ))
            return file.read(), offset
    except FileNotFoundError:
        return b"", 0


def _follow(tail: Tail, lines: Sequence[bytes], head: Head | None) -> None:
    links = [link for line in lines if (link := readLink(line)) is not None]
    last: Link | None = links[-1] if links else None
    if lines and readLink(lines[-1]) is None:
        tail.notes.append(Note("damaged", "the last line is not as it was written", count=1))
    if last is not None:
        tail.sequence, tail.hash = last.sequence, last.hash
    tail.first = 0 if head is None else head.first
    if head is None:
        if last is not None:
            tail.notes.append(Note("missing", "the head of the audit was not there", count=1))
    elif head.sequence > tail.sequence:
        lost = head.sequence - tail.sequence
        said = f"lines {tail.sequence + 1} to {head.sequence} were written and are not there"
        tail.notes.append(Note("missing", said, count=lost))
        tail.sequence, tail.hash = head.sequence, head.hash
    elif any(one.sequence == head.sequence and one.hash != head.hash for one in links):
        said = f"line {head.sequence} is another than was written"
        tail.notes.append(Note("damaged", said, count=1))
