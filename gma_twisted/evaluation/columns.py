"""What values have of some names, kept beside them: which of them an expression can find something in."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from time import process_time

import attrs

from gma_twisted.evaluation.needs import AllOf, Comparison, Field, Need, comparisonsOf
from gma_twisted.evaluation.replica import Copy

__all__ = ["MOST_TEXT", "MOST_TEXTS", "Columns", "Extract"]

Extract = Callable[[Field, Sequence[Copy]], Sequence[Sequence[str]]]
"""
The texts of all nodes of a name, for each of some values: the first L{MOST_TEXTS} and one more, and of each the first
L{MOST_TEXT} characters and one more, are enough.
"""

MOST_TEXTS = 64
"""Texts of one name in a value that are looked at for numbers; a value with more may have anything."""

MOST_TEXT = 512
"""Characters of a text that are looked at; a longer one may be any text that begins so."""

# Characters, about, that the texts of a value may take in a column.
_MOST_KEPT = MOST_TEXT
_TEXT = 56
# Bytes of a value above which it may have anything: to look its texts up takes longer than to ask it.
_LARGE = 16 * 1024
_ANYTHING = ("",) * (MOST_TEXTS + 1)
# Values whose texts are looked up at once: they are not all in memory.
_AT_ONCE = 1_000
_LONGEST_NUMBER = 64
# Digits of what is mostly there, and read the quick way.
_PLAIN = 15
# How far a number may be from that of a text: languages read some texts a little differently.
_SLACK = 1e-9
_LEAST = 1e-15
# A number to every language; exponents that none of them would take for infinite.
_NUMBER = re.compile(r"[ \t\r\n]*-?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,2})?[ \t\r\n]*")
# What begins with another character is no number to XPath 1.0.
_BEGINS_NUMBER = re.compile(r"[ \t\r\n]*[-+.0-9]")

_NONE = (math.inf, -math.inf)
_ANY = (-math.inf, math.inf)


@attrs.define(slots=True, eq=False)
class _Numbers:
    """
    The numbers of one name.

    @ivar low, high: the least and the largest one in a value
    @ivar odd: values with a text that may be a number or not
    """

    low: dict[Copy, float] = attrs.field(factory=dict)
    high: dict[Copy, float] = attrs.field(factory=dict)
    odd: set[Copy] = attrs.field(factory=set)

    def put(self, copies: Iterable[Copy], found: Iterable[Sequence[str]], isStrict: bool) -> None:
        """Take what values have. @param isStrict: whether every text is odd that is not clearly a number"""
        for copy, texts in zip(copies, found, strict=True):
            low, high = _rangeOf(texts, isStrict)
            self.low[copy] = low
            self.high[copy] = high
            if low == -math.inf:
                self.odd.add(copy)

    def drop(self, copies: Iterable[Copy]) -> None:
        """Forget some values."""
        for copy in copies:
            if self.high.pop(copy, None) is not None:
                del self.low[copy]
                self.odd.discard(copy)

    def sift(self, operator: str, literal: float | str, copies: Sequence[Copy]) -> Sequence[Copy]:
        """The values of which a comparison may be true. @raise KeyError: one was not put"""
        number = float(literal)
        slack = abs(number) * _SLACK + _LEAST
        if operator != "<" and operator != "<=":
            least = number - slack
            high = self.high
            copies = [copy for copy in copies if high[copy] >= least]
        if operator != ">" and operator != ">=":
            most = number + slack
            low = self.low
            copies = [copy for copy in copies if low[copy] <= most]
        return copies


@attrs.define(slots=True, eq=False)
class _Texts:
    """
    The texts of one name.

    @ivar kept: of a value: the only one, or all; C{None} for one that may have any
    """

    kept: dict[Copy, str | tuple[str, ...] | None] = attrs.field(factory=dict)

    def put(self, copies: Iterable[Copy], found: Iterable[Sequence[str]], isStrict: bool) -> None:
        """Take what values have."""
        for copy, texts in zip(copies, found, strict=True):
            if sum(map(len, texts)) + _TEXT * len(texts) > _MOST_KEPT:
                self.kept[copy] = None
            else:
                self.kept[copy] = texts[0] if len(texts) == 1 else tuple(texts)

    def drop(self, copies: Iterable[Copy]) -> None:
        """Forget some values."""
        for copy in copies:
            self.kept.pop(copy, None)

    def sift(self, operator: str, literal: float | str, copies: Sequence[Copy]) -> Sequence[Copy]:
        """The values one of whose texts may be that one. @raise KeyError: one was not put"""
        kept = self.kept
        return [
            copy
            for copy in copies
            if (has := kept[copy]) == literal
            or (has.__class__ is not str and (has is None or literal in has))
        ]


class _Unfinished(Exception):
    """It takes longer than a question may wait."""


@attrs.define(slots=True, eq=False)
class Columns:
    """
    What copies have of the names that questions compare, a name at a time. It is found out when a question needs it,
    for the copies it needs it of, and then kept.

    @ivar extract: finds it out
    @ivar isStrict: whether comparing a text that is no number with one is an error, as in XQuery: values that have one
        are candidates of every need with such a comparison
    @ivar most: names that are kept; the one not used for longest gives way
    @ivar fewest: copies below which nothing is sifted
    @ivar widest: names a need may have: to find out what values have of one takes as long as to ask them all
    @ivar seconds: of processor time that a question waits for that; what is not known then the next ones find out
    """

    extract: Extract
    isStrict: bool = False
    most: int = 8
    fewest: int = 64
    widest: int = 4
    seconds: float = 0.5
    # By name, and whether it is of numbers; the one used last is at the end.
    _columns: dict[tuple[Field, bool], _Numbers | _Texts] = attrs.field(
        factory=dict, init=False, repr=False
    )
    _until: float = attrs.field(default=math.inf, init=False)

    def candidates(self, need: Need, copies: Sequence[Copy]) -> Sequence[Copy]:
        """
        The copies that may have what is needed, and those of which it is not known.

        @return: in their order; the very same object when it does not pay to look, or takes too long
        """
        wanted = {_keyOf(one) for one in comparisonsOf(need)}
        if len(copies) < self.fewest or len(wanted) > min(self.most, self.widest):
            return copies
        for key in wanted:
            self._use(key)
        self._until = process_time() + self.seconds
        try:
            found = self._sift(need, copies)
            return self._withOdd(wanted, found, copies) if self.isStrict else found
        except _Unfinished:
            return copies

    def prepare(self, need: Need, copies: Sequence[Copy]) -> None:
        """Find out, before somebody asks, what L{candidates} would of these copies, however long it takes."""
        wanted = {_keyOf(one) for one in comparisonsOf(need)}
        if len(wanted) <= min(self.most, self.widest):
            self._until = math.inf
            for key in wanted:
                self._use(key)
                self._fill(key, copies)

    def forget(self, copies: Sequence[Copy]) -> None:
        """Some copies have another content, or are gone."""
        for column in self._columns.values():
            column.drop(copies)

    def _use(self, key: tuple[Field, bool]) -> None:
        column = self._columns.pop(key, None)
        if column is None:
            while len(self._columns) >= self.most:
                del self._columns[next(iter(self._columns))]
            column = _Numbers() if key[1] else _Texts()
        self._columns[key] = column

    def _sift(self, need: Need, copies: Sequence[Copy]) -> Sequence[Copy]:
        if isinstance(need, Comparison):
            return self._compare(need, copies)
        if isinstance(need, AllOf):
            for part in need.parts:
                copies = self._sift(part, copies)
            return copies
        chosen: set[Copy] = set()
        for part in need.parts:
            chosen.update(self._sift(part, copies))
        return [copy for copy in copies if copy in chosen]

    def _compare(self, comparison: Comparison, copies: Sequence[Copy]) -> Sequence[Copy]:
        key = _keyOf(comparison)
        column = self._columns[key]
        try:
            return column.sift(comparison.operator, comparison.literal, copies)
        except KeyError:
            self._fill(key, copies)
        return column.sift(comparison.operator, comparison.literal, copies)

    def _fill(self, key: tuple[Field, bool], copies: Sequence[Copy]) -> None:
        """Find out what is missing of some copies."""
        column = self._columns[key]
        known = column.high if isinstance(column, _Numbers) else column.kept
        missing = [copy for copy in copies if copy not in known]
        large = [copy for copy in missing if copy.element.size > _LARGE]
        if large:
            column.put(large, [_ANYTHING] * len(large), self.isStrict)
            missing = [copy for copy in missing if copy.element.size <= _LARGE]
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            column.put(some, self.extract(key[0], some), self.isStrict)
            if process_time() > self._until:
                raise _Unfinished

    def _withOdd(
        self, wanted: Iterable[tuple[Field, bool]], found: Sequence[Copy], copies: Sequence[Copy]
    ) -> Sequence[Copy]:
        """Add the copies that may make it fail."""
        odd: set[Copy] = set()
        for key in wanted:
            self._fill(key, copies)
            column = self._columns[key]
            if isinstance(column, _Numbers):
                odd |= column.odd
        if not odd:
            return found
        odd.update(found)
        return [copy for copy in copies if copy in odd]


def _keyOf(comparison: Comparison) -> tuple[Field, bool]:
    return comparison.field, not isinstance(comparison.literal, str)


def _rangeOf(texts: Sequence[str], isStrict: bool) -> tuple[float, float]:
    """The least and the largest number; infinite ones for what may be any."""
    if len(texts) == 1 and len(texts[0]) <= _PLAIN and texts[0].isascii() and texts[0].isdecimal():
        number = float(texts[0])
        return number, number
    if len(texts) > MOST_TEXTS:
        return _ANY
    low, high = _NONE
    for text in texts:
        if len(text) > MOST_TEXT:  # there is more of it
            return _ANY
        if len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text):
            number = float(text)
            low = min(low, number)
            high = max(high, number)
        elif isStrict or _BEGINS_NUMBER.match(text):
            return _ANY
    return low, high
