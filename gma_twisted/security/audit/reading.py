"""The files of one chain, and their lines, read one after the other: what is large is never in memory."""

import os
import re
from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.security.audit.chain import MAX_LINE

__all__ = ["NAME", "Line", "chainFiles", "linesOf", "olderFiles"]

NAME = "audit.jsonl"
"""Of the audit file in a state directory."""

_NUMBER = re.compile(r"[1-9][0-9]{0,14}")


@attrs.frozen(slots=True)
class Line:
    """
    One line of a file.

    @ivar file: its path
    @ivar number: from 1 on
    @ivar data: with the newline at its end, when there is one; cut when it is longer than any line of the audit
    """

    file: str
    number: int
    data: bytes


def olderFiles(path: str) -> Sequence[tuple[int, str]]:
    """
    The files that were full before the audit file C{path}, the oldest first, each with its number.

    @raise OSError: the directory cannot be read
    """
    directory, name = os.path.split(path)
    found = []
    for one in os.listdir(directory or "."):
        start, _, number = one.rpartition(".")
        if start == name and _NUMBER.fullmatch(number):
            found.append((int(number), os.path.join(directory, one)))
    return sorted(found)


def chainFiles(path: str) -> Sequence[str]:
    """
    All files of a chain, the oldest first; C{path} itself is the last, when it is there.

    @raise OSError: the directory cannot be read
    """
    here = [path] if os.path.exists(path) else []
    return [*(file for _, file in olderFiles(path)), *here]


def linesOf(files: Sequence[str]) -> Iterator[Line]:
    """
    The lines of these files, in order.

    @raise OSError: one cannot be read
    """
    for file in files:
        with open(file, "rb") as opened:
            number = 0
            while data := opened.readline(MAX_LINE):
                number += 1
                yield Line(file, number, data)
                # The rest of what is longer than any line says nothing more.
                while not data.endswith(b"\n") and (data := opened.readline(MAX_LINE)):
                    pass
