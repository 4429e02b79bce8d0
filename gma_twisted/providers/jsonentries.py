"""JSON that programs print, entry by entry: ten thousand jobs are read without holding the reactor for them."""

import codecs
import json
import re
from collections.abc import Callable, Collection, Iterator

import attrs

from gma_twisted.errors import ProviderFailed, TooLarge, cut

__all__ = ["LONGEST", "Decode", "Entry", "decodeStrictly", "readEntries"]

LONGEST = 16 * 1024 * 1024
"""Most characters of one entry: Slurm tells every core that a job has."""

Decode = Callable[[str, int], tuple[object, int]]
"""Reads the value that begins at a place of a text, and tells where it ends. @raise ValueError: it is none"""

_AHEAD = 64 * 1024
_STEP = 256 * 1024
_BLANKS = re.compile(r"[ \t\n\r]*")
_NEAR = 16
_SHOWN = 40
_DECODER = json.JSONDecoder(strict=False)


@attrs.frozen(slots=True)
class Entry:
    """
    A piece of a document that is one JSON object.

    @ivar key: of the document's member
    @ivar name: of the member's own member, where that is unfolded and an object; its number, where it is a list; empty
        where it is not unfolded, or has none
    @ivar value: as L{json} reads it
    """

    key: str
    name: str
    value: object


def decodeStrictly(text: str, at: int) -> tuple[object, int]:
    """Read a value as JSON has it; control characters in texts, and C{NaN}, are let pass."""
    return _DECODER.raw_decode(text, at)


def readEntries(
    data: bytes, tool: str, unfold: Collection[str], decode: Decode = decodeStrictly
) -> Iterator[Entry]:
    """
    Read a document entry by entry. What is no UTF-8 becomes U+FFFD.

    @param data: the whole document
    @param tool: names the program in errors
    @param unfold: the document's members whose own members, or items, are entries; the others are one entry each
    @param decode: reads a value
    @raise ProviderFailed: it is no JSON object; the message names tool and place
    @raise TooLarge: an entry is longer than L{LONGEST}, or nested too deep
    """
    text = _Text(data, tool, decode)
    text.expect("{")
    if text.take("}"):
        return
    while True:
        key = text.key()
        opened = text.peek() if key in unfold else ""
        if opened in ("{", "["):
            yield from _members(text, key, opened)
        else:
            yield Entry(key, "", text.value())
        if not text.take(","):
            break
    text.expect("}")


def _members(text: "_Text", key: str, opened: str) -> Iterator[Entry]:
    text.expect(opened)
    closing = "}" if opened == "{" else "]"
    if text.take(closing):
        yield Entry(key, "", {} if opened == "{" else [])
        return
    number = 0
    while True:
        name = text.key() if opened == "{" else str(number)
        yield Entry(key, name, text.value())
        number += 1
        if not text.take(","):
            break
    text.expect(closing)


@attrs.define(slots=True, eq=False)
class _Text:
    """A window on the document, which grows where an entry is longer than it."""

    data: bytes
    tool: str
    decode: Decode
    _reader: codecs.IncrementalDecoder = attrs.field(
        factory=lambda: codecs.getincrementaldecoder("utf-8")("replace"), init=False
    )
    _read: int = attrs.field(default=0, init=False)
    _shown: str = attrs.field(default="", init=False)
    _at: int = attrs.field(default=0, init=False)
    # Characters of the document before the window.
    _before: int = attrs.field(default=0, init=False)

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            self._fill(_AHEAD)
            found = _BLANKS.match(self._shown, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._shown):
                return self._shown[self._at]
            if self._read >= len(self.data):
                return ""

    def take(self, sign: str) -> bool:
        """Go over a sign, if it comes."""
        if self.peek() != sign:
            return False
        self._at += 1
        return True

    def expect(self, sign: str) -> None:
        """Go over a sign that must come."""
        if not self.take(sign):
            shown = cut(self._shown[self._at : self._at + _SHOWN])
            raise self._wrong(f'"{sign}" should be where "{shown}" is', self._at)

    def key(self) -> str:
        """Read a member's name and its colon."""
        if self.peek() != '"':
            self.expect('"')
        # A name is a value of its own: what decode makes of odd ones is its own care.
        name, self._at = self._decoded(decodeStrictly)
        self.expect(":")
        return str(name)

    def value(self) -> object:
        """Read a value."""
        self.peek()
        value, self._at = self._decoded(self.decode)
        return value

    def _decoded(self, decode: Decode) -> tuple[object, int]:
        while True:
            try:
                return decode(self._shown, self._at)
            except RecursionError:
                raise TooLarge(f"{self.tool} printed JSON that is nested too deep") from None
            except json.JSONDecodeError as error:
                isCut = error.pos > len(self._shown) - _NEAR or error.msg.startswith("Unterminated")
                if not isCut or self._read >= len(self.data):
                    raise self._wrong(error.msg, error.pos) from None
            except ValueError:
                # A number of thousands of digits.
                raise TooLarge(f"{self.tool} printed a number that is too long") from None
            self._grow()

    def _wrong(self, what: str, at: int) -> ProviderFailed:
        if not self._before and not self._shown.strip():
            return ProviderFailed(f"{self.tool} printed nothing, not JSON")
        return ProviderFailed(
            f"{self.tool} printed what is no JSON: {what} (character {self._before + at + 1})"
        )

    def _grow(self) -> None:
        ahead = len(self._shown) - self._at
        if ahead > LONGEST:
            raise TooLarge(f"{self.tool} printed an entry of more than {LONGEST} characters")
        # Twice as much, as it is read from its beginning again.
        self._fill(2 * ahead)

    def _fill(self, ahead: int) -> None:
        lacking = ahead - (len(self._shown) - self._at)
        if lacking <= 0 or self._read >= len(self.data):
            return
        end = self._read + max(_STEP, lacking)
        more = self._reader.decode(self.data[self._read : end], end >= len(self.data))
        self._shown = self._shown[self._at :] + more
        self._before += self._at
        self._at = 0
        self._read = end
