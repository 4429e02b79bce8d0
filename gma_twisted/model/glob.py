"""Globs: C{*} stands for any characters, C{?} for one, everything else for itself; no pattern takes long."""

import re
from collections.abc import Sequence
from typing import Self

import attrs

from gma_twisted.errors import TooLarge, cut

__all__ = ["MAX_GLOB", "Glob", "isGlob"]

MAX_GLOB = 256
"""Most characters of a glob that is compared with texts longer than names."""


def isGlob(pattern: str) -> bool:
    """Whether it has a C{*} or a C{?}; what has none is only equal to itself."""
    return "*" in pattern or "?" in pattern


@attrs.frozen(slots=True, eq=False)
class _Piece:
    """
    What stands between two stars.

    @ivar expression: finds it; C{None} when it is only equal to itself
    """

    text: str
    expression: re.Pattern[str] | None

    @classmethod
    def of(cls, text: str, isOfPatterns: bool) -> Self:
        """@param isOfPatterns: a C{?} in what it is compared with stands for any character"""
        if not isOfPatterns and "?" not in text:
            return cls(text, None)
        # One character each, nothing repeated: at no place does it take longer than it is itself.
        signs = (
            "." if one == "?" else f"(?:{re.escape(one)}|\\?)" if isOfPatterns else re.escape(one)
            for one in text
        )
        return cls(text, re.compile("".join(signs), re.DOTALL))

    def isAt(self, text: str, place: int) -> bool:
        """Whether it stands there."""
        if self.expression is None:
            return text.startswith(self.text, place)
        return self.expression.match(text, place) is not None

    def find(self, text: str, start: int, end: int) -> int:
        """Where it stands first, whole between these places; -1 for nowhere."""
        if self.expression is None:
            return text.find(self.text, start, end)
        found = self.expression.search(text, start, end)
        return -1 if found is None else found.start()


@attrs.frozen(slots=True, eq=False)
class _Pieces:
    """
    All pieces of a glob.

    @ivar head: what texts begin with
    @ivar between: what follows somewhere, in this order
    @ivar tail: what texts end with; C{None} when there is no star
    """

    head: _Piece
    between: Sequence[_Piece]
    tail: _Piece | None

    @classmethod
    def of(cls, pattern: str, isOfPatterns: bool) -> Self:
        head, *rest = [_Piece.of(one, isOfPatterns) for one in pattern.split("*")]
        return cls(head, [one for one in rest[:-1] if one.text], rest[-1] if rest else None)

    def match(self, text: str) -> bool:
        """Whether a whole text is made of them."""
        place, end = len(self.head.text), len(text)
        if self.tail is None:
            return place == end and self.head.isAt(text, 0)
        end -= len(self.tail.text)
        if end < place or not self.head.isAt(text, 0) or not self.tail.isAt(text, end):
            return False
        # Where a piece is found first is as good a place as any: none is looked for twice.
        for piece in self.between:
            found = piece.find(text, place, end)
            if found < 0:
                return False
            place = found + len(piece.text)
        return True


class Glob:
    """
    A pattern that was read once.

    @ivar pattern: as it was written
    @ivar isExact: whether it is only equal to itself
    """

    __slots__ = ("_isOpen", "_loose", "_pieces", "isExact", "pattern")

    def __init__(self, pattern: str) -> None:
        """Read it."""
        self.pattern = pattern
        self.isExact = not isGlob(pattern)
        self._isOpen = "*" in pattern
        self._pieces = _Pieces.of(pattern, False)
        # The same, to be compared with patterns; few ever are.
        self._loose: _Pieces | None = None

    @classmethod
    def bounded(cls, what: str, pattern: str) -> Self:
        """
        One that texts of any length are compared with.

        @param what: names it
        @raise TooLarge: L{MAX_GLOB}
        """
        if len(pattern) > MAX_GLOB:
            raise TooLarge(f'{what}, "{cut(pattern, 40)}", has more than {MAX_GLOB} characters')
        return cls(pattern)

    def matches(self, text: str) -> bool:
        """Whether the whole text is as the pattern says; case counts."""
        return text == self.pattern if self.isExact else self._pieces.match(text)

    def meets(self, other: "Glob") -> bool:
        """Whether some text is as both say, were it longer than names may be."""
        if other.isExact:
            return self.matches(other.pattern)
        if self.isExact:
            return other.matches(self.pattern)
        if not self._isOpen:
            if other._isOpen:
                return other.meets(self)
            one, another = self.pattern, other.pattern
            return len(one) == len(another) and _agree(one, another)
        if not other._isOpen:
            if self._loose is None:
                self._loose = _Pieces.of(self.pattern, True)
            return self._loose.match(other.pattern)
        # Between its first and its last star each can have all that the other asks for: only the ends may quarrel.
        mine, others = self._pieces, other._pieces
        assert mine.tail is not None and others.tail is not None
        return _agree(mine.head.text, others.head.text) and _agree(
            mine.tail.text[::-1], others.tail.text[::-1]
        )


def _agree(one: str, other: str) -> bool:
    """Of two patterns without stars, as far as the shorter one goes."""
    if "?" in one or "?" in other:
        return all(a == b or "?" in (a, b) for a, b in zip(one, other, strict=False))
    return one.startswith(other) or other.startswith(one)
