"""Where in a TOML text a key and its value stand: tomllib gives values without positions.

Read again only when there is a mistake to show, so this is small rather than fast. The text must already have
passed tomllib: what is not TOML is not refused here, it is only placed somewhere.
"""

import re
import tomllib
from collections.abc import Mapping

import attrs

__all__ = ["Path", "Place", "deepest", "findPlaces", "lineAndColumn"]

Path = tuple[str | int, ...]
"""Keys from the outermost table to a value; members of arrays are counted from 0."""

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_BRACKET = re.compile(rf"{_STRING.pattern}|#[^\n]*|[\[{{\]}}]", re.DOTALL)


@attrs.frozen(slots=True)
class Place:
    """
    Offsets into the text, every CRLF counted as one character.

    @ivar key: where the last part of the key begins; for a member of an array, where the member begins
    @ivar value: where the value begins; for a table with a header, where its name begins
    """

    key: int
    value: int


def lineAndColumn(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, in characters, both counted from 1; the text has no CRLF."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def deepest(text: str) -> int:
    """Where the innermost array or table of a text begins, whether or not it is TOML."""
    depth = most = offset = 0
    for found in _BRACKET.finditer(text):
        depth += (found[0] in ("[", "{")) - (found[0] in ("]", "}"))
        if depth > most:
            most, offset = depth, found.start()
    return offset


def findPlaces(text: str) -> Mapping[Path, Place]:
    """
    Place every key, and every member of an array, of a TOML text.

    @param text: accepted by tomllib, with LF line ends
    @return: by path; a table that is built in several pieces stands where its name is first met
    """
    reader = _Reader(text)
    reader.document()
    return reader.places


@attrs.define(slots=True)
class _Reader:
    text: str
    places: dict[Path, Place] = attrs.field(factory=dict)
    _at: int = 0
    _members: dict[Path, int] = attrs.field(factory=dict)

    def document(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        brackets = 2 if self.text.startswith("[[", self._at) else 1
        self._at += brackets
        parts = self._key()
        self._at += brackets
        path: Path = ()
        for part, offset in parts[:-1]:
            path = (*path, part)
            self.places.setdefault(path, Place(offset, offset))
            if path in self._members:
                path = (*path, self._members[path] - 1)
        last, offset = parts[-1]
        path = (*path, last)
        self.places.setdefault(path, Place(offset, offset))
        if brackets == 2:
            index = self._members.get(path, 0)
            self._members[path] = index + 1
            path = (*path, index)
            self.places[path] = Place(offset, offset)
        return path

    def _pair(self, table: Path) -> None:
        parts = self._key()
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        path = table
        for part, offset in parts:
            path = (*path, part)
            self.places.setdefault(path, Place(offset, self._at))
        self._value(path)

    def _key(self) -> list[tuple[str, int]]:
        parts: list[tuple[str, int]] = []
        while True:
            self._skip(_SPACE)
            begin = self._at
            if self.text[begin] in "\"'":
                self._skip(_STRING)
                literal = self.text[begin : self._at]
                parts.append((tomllib.loads(f"key = {literal}")["key"], begin))
            else:
                self._skip(_BARE)
                parts.append((self.text[begin : self._at], begin))
            self._skip(_SPACE)
            if not self.text.startswith(".", self._at):
                return parts
            self._at += 1

    def _value(self, path: Path) -> None:
        first = self.text[self._at]
        if first in "\"'":
            self._skip(_STRING)
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inlineTable(path)
        else:
            self._skip(_SCALAR)

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self.text[self._skip(_BLANK)] != "]":
            member = (*path, index)
            self.places[member] = Place(self._at, self._at)
            self._value(member)
            index += 1
            self._comma()
        self._at += 1

    def _inlineTable(self, path: Path) -> None:
        self._at += 1
        while self.text[self._skip(_BLANK)] != "}":
            self._pair(path)
            self._comma()
        self._at += 1

    def _comma(self) -> None:
        if self.text[self._skip(_BLANK)] == ",":
            self._at += 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self._at)
        if found is None or (found.end() == self._at and pattern in (_BARE, _STRING)):
            raise ValueError(f"offset {self._at} holds no TOML")
        self._at = found.end()
        return self._at
