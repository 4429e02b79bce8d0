"""Slurm's way to write the names of many hosts: C{n[1-3,07],x1}."""

import re
from collections.abc import Sequence
from itertools import product

__all__ = ["MOST_HOSTS", "hostNames"]

MOST_HOSTS = 512
"""Most names that are written out."""

# A comma within brackets separates numbers, elsewhere hosts.
_HOST = re.compile(r"(?:[^,\[\]]|\[[^\[\]]*\])+")
_LIST = re.compile(rf"{_HOST.pattern}(?:,{_HOST.pattern})*")
_PART = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")
_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)


def hostNames(written: str) -> str:
    """
    The names, separated by blanks; what is no such list, or names more than L{MOST_HOSTS}, stays as it is written.
    """
    if "[" not in written:
        return written.replace(",", " ")
    if not _LIST.fullmatch(written):
        return written
    names: list[str] = []
    for host in _HOST.findall(written):
        found = _expanded(host, MOST_HOSTS - len(names))
        if not found:
            return written
        names.extend(found)
    return " ".join(names)


def _expanded(host: str, most: int) -> Sequence[str]:
    # None are found where there are more than that, or where it cannot be read.
    parts: list[Sequence[str]] = []
    count = 1
    for numbers, plain in _PART.findall(host):
        choices = [plain] if plain else _numbers(numbers, most)
        count *= len(choices)
        if not 0 < count <= most:
            return ()
        parts.append(choices)
    return ["".join(one) for one in product(*parts)] if count <= most else ()


def _numbers(written: str, most: int) -> Sequence[str]:
    found: list[str] = []
    for one in written.split(","):
        bounds = _RANGE.fullmatch(one)
        if bounds is None:
            return ()
        first, last = int(bounds[1]), int(bounds[2] or bounds[1])
        if not 0 <= last - first < most - len(found):
            return ()
        found += [f"{number:0{len(bounds[1])}}" for number in range(first, last + 1)]
    return found
