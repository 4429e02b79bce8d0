"""What is wrong with a configuration: every mistake at once, each one line that says where."""

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import attrs

from gma_twisted.configuration.places import Path, Place, findPlaces
from gma_twisted.errors import ConfigError, cut

__all__ = ["Mistake", "Mistakes", "Source", "dotted", "nearest", "quoted", "unreadable"]

_BARE = re.compile(r"[A-Za-z0-9_-]{1,64}")


@attrs.frozen(slots=True)
class Mistake:
    """
    One thing the operator must change; it cannot be told without what to do about it.

    @ivar path: the key it is about
    @ivar message: what is wrong; the key is not repeated
    @ivar cure: what to write or do instead, which ends the line: C{write "30s"}
    @ivar atKey: whether the key itself is wrong rather than its value
    @ivar isLine: whether the message begins with file and key already, as components say theirs
    """

    path: Path
    message: str
    cure: str = attrs.field(validator=attrs.validators.min_len(1))
    atKey: bool = False
    isLine: bool = False


class Mistakes(ConfigError):
    """
    A configuration cannot be used; the message has one line a mistake, and how many there are when it is not one.

    @ivar lines: the mistakes alone
    """

    def __init__(self, lines: Iterable[str]) -> None:
        """@param lines: one for each mistake, complete with file, line, column and key"""
        self.lines: Sequence[str] = tuple(lines)
        count = [f"{len(self.lines)} errors"] if len(self.lines) > 1 else []
        super().__init__("\n".join([*self.lines, *count]))


@attrs.frozen(slots=False)
class Source:
    """
    Says of every key where the operator wrote it: the file, or the command line.

    @ivar name: of the file, as it was given; empty without a file
    @ivar text: of the file, with LF line ends
    @ivar options: keys that an option on the command line took over, with the option's name
    """

    name: str = ""
    text: str = ""
    options: Mapping[Path, str] = attrs.field(factory=dict)

    @cached_property
    def places(self) -> Mapping[Path, Place]:
        """Where each key stands; looked for when it is first asked."""
        return findPlaces(self.text)

    @cached_property
    def _lineEnds(self) -> Sequence[int]:
        # To count lines anew for each of a thousand sections takes longer than to check them.
        return [found.start() for found in re.finditer("\n", self.text)]

    def where(self, path: Path, atKey: bool = False) -> str:
        """
        The beginning of a line about a key.

        @param path: a key; one that is not in the file stands where the table around it does
        @param atKey: whether the key is meant or its value
        @return: C{vo.toml:14:9: providers.host.class}, or C{--listen}
        """
        for depth in range(len(path), 0, -1):
            if path[:depth] in self.options:
                return self.options[path[:depth]]
        if path and isinstance(path[-1], int) and path not in self.places:
            path = path[:-1]  # one value where an array may stand
        position = self._position(path, atKey)
        return ": ".join(part for part in (position, dotted(path)) if part)

    def line(self, mistake: Mistake) -> str:
        """The whole line about a mistake."""
        return f"{self.said(mistake)}; {mistake.cure}"

    def said(self, mistake: Mistake) -> str:
        """The line about a mistake without its cure."""
        if mistake.isLine:
            return mistake.message
        if mistake.atKey:
            position = self._position(mistake.path, atKey=True)
            table = dotted(mistake.path[:-1])
            return ": ".join(part for part in (position, table, mistake.message) if part)
        return f"{self.where(mistake.path)}: {mistake.message}"

    def refuse(self, mistakes: Iterable[Mistake]) -> Mistakes:
        """The error that tells all of them, in the order of the file."""
        return Mistakes(self.line(one) for one in sorted(mistakes, key=self._order))

    def _order(self, mistake: Mistake) -> tuple[int, str]:
        return self._offset(mistake.path, mistake.atKey) or 0, mistake.message

    def _position(self, path: Path, atKey: bool) -> str:
        offset = self._offset(path, atKey)
        if offset is None:
            return self.name
        before = bisect_left(self._lineEnds, offset)
        column = offset - (self._lineEnds[before - 1] if before else -1)
        return f"{self.name}:{before + 1}:{column}"

    def _offset(self, path: Path, atKey: bool) -> int | None:
        place = self.places.get(path) if self.text else None
        if place is not None:
            return place.key if atKey else place.value
        return self._offset(path[:-1], atKey=True) if path else None


def unreadable(where: str, what: str, cure: str) -> Mistakes:
    """
    The error about a text in which no key can be told from another.

    @param where: file, line and column
    """
    return Mistakes([f"{where}: {what}; {cure}"])


def dotted(path: Path) -> str:
    """A path as TOML writes it, with the places in arrays: C{providers.host.command[0]}."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE.fullmatch(part) else quoted(part))
    return text


def quoted(value: object) -> str:
    """A value as TOML would write it, cut, for a message."""
    if isinstance(value, str):
        return f'"{cut(value, 80)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array" if value else "an empty array"
    return cut(value, 80)


def nearest(word: str, words: Iterable[str]) -> str:
    """
    The cure for a word that does not exist.

    @param words: those that do, one at least
    @return: C{did you mean "interval"?}, or, when none is like it, C{known are ...}
    """
    known = sorted(words)
    close = difflib.get_close_matches(word.lower(), known, n=1)
    return f'did you mean "{close[0]}"?' if close else f"known are {', '.join(known)}"
