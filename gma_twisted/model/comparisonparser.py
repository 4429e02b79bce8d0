"""Reads expressions of the filter language of comparisons, by descent."""

import math
from collections.abc import Callable

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.model.comparators import (
    Comparator,
    GlobComparator,
    NumberComparator,
    ValueComparator,
)
from gma_twisted.model.comparisontokens import WORDS, Tokens, unquoted
from gma_twisted.model.event import MAX_DEPTH, EventField, Value
from gma_twisted.model.eventview import EventView
from gma_twisted.model.fieldpaths import OWN_NAMES, FieldPath
from gma_twisted.model.glob import Glob
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.model.units import readUnit

__all__ = ["MAX_TESTS", "Parser", "Test"]

MAX_TESTS = 64
"""Most comparisons in an expression."""

_MAX_NESTED = 32
# Whole numbers have at most 38 digits, as those of events.
_LONGEST = 10**38
_ORDERED = ("<", "<=", ">", ">=")

Test = Callable[[EventView], bool]
"""Whether an expression, or a part of it, is true of an event."""


class Parser:
    """
    Reads one expression.

    @ivar paths: those it asks for, numbered
    """

    def __init__(self, expression: str) -> None:
        """@raise ParameterError: it is wrong from its first token on"""
        self.paths: dict[FieldPath, int] = {}
        self._tokens = Tokens(expression)
        self._tests = 0
        self._depth = 0

    def whole(self) -> Test:
        """
        All of it.

        @raise ParameterError: it is wrong; tells the column
        @raise TooLarge: L{MAX_TESTS}, or nested too deep
        """
        test = self._either()
        if self._tokens.kind:
            self._tokens.refuse(f'"{cut(self._tokens.token, 40)}" is not expected here')
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._tokens.takes("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda view: any(one(view) for one in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._tokens.takes("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda view: all(one(view) for one in tests)

    def _one(self) -> Test:
        tokens = self._tokens
        self._depth += 1
        if self._depth > _MAX_NESTED:
            raise TooLarge(f"a filter is nested deeper than {_MAX_NESTED}")
        if tokens.takes("not"):
            test = _negated(self._one())
        elif tokens.takes("("):
            test = self._either()
            if not tokens.takes(")"):
                tokens.refuse('")" is missing')
        else:
            test = self._compared()
        self._depth -= 1
        return test

    def _compared(self) -> Test:
        tokens = self._tokens
        self._tests += 1
        if self._tests > MAX_TESTS:
            raise TooLarge(f"a filter has more than {MAX_TESTS} comparisons")
        path = self._path()
        number = self.paths.setdefault(path, len(self.paths))
        sign = tokens.token
        if not tokens.takes("=", "==", "!=", "<", "<=", ">", ">=", "~"):
            return lambda view: bool(view.items[number])
        return _tested(number, self._comparator(sign))

    def _path(self) -> FieldPath:
        tokens = self._tokens
        if tokens.kind == "own":
            name = tokens.token
            if name not in OWN_NAMES:
                tokens.refuse(f'there is no "{cut(name, 40)}"', f"write {', '.join(OWN_NAMES)}")
            tokens.next()
            return (name,)
        names = [self._name()]
        while tokens.takes("/"):
            names.append(self._name())
            if len(names) > MAX_DEPTH + 1:
                raise TooLarge(f"a path of a filter is deeper than {MAX_DEPTH} containers")
        return tuple(names)

    def _name(self) -> str:
        tokens = self._tokens
        name = tokens.token
        if tokens.kind == "quoted":
            name = name[1:-1]
        elif tokens.kind != "word" or name in WORDS:
            tokens.refuse(
                f'a name is expected here, not "{cut(name, 40)}"' if name else "a name is missing",
                "write it in backquotes when it has other signs than letters, digits, . - and _",
            )
        tokens.next()
        return name

    def _comparator(self, sign: str) -> Comparator:
        tokens = self._tokens
        kind, token = tokens.kind, tokens.token
        if sign == "~":
            if kind != "text":
                tokens.refuse('"~" needs a glob, a text in quotes')
            glob = Glob.bounded("a glob of a filter", unquoted(token))
            tokens.next()
            return GlobComparator(glob)
        if kind == "number":
            return self._number(sign)
        if kind == "text":
            wanted: Value = unquoted(token)
        elif kind == "timestamp":
            try:
                wanted = Timestamp.parse(token)
            except ParameterError as error:
                tokens.refuse(error.message)
        elif kind == "word" and token in ("true", "false"):
            wanted = token == "true"
            if sign in _ORDERED:
                tokens.refuse(f'"{token}" is neither less nor greater than anything')
        else:
            tokens.refuse(
                f'a value is expected here, not "{cut(token, 40)}"'
                if token
                else "a value is missing",
                "write a number, a text in quotes, true, false or a timestamp",
            )
        tokens.next()
        return ValueComparator(sign, wanted)

    def _number(self, sign: str) -> Comparator:
        tokens = self._tokens
        wanted = self._readNumber()
        unit = None
        units = tokens.units()
        if units is not None:
            try:
                unit = readUnit(units)
            except ParameterError as error:
                tokens.refuse(error.what, error.cure)
        tokens.next()
        return NumberComparator(sign, wanted, units, unit)

    def _readNumber(self) -> float:
        token = self._tokens.token
        if token.lstrip("+-").isdigit():
            whole = int(token)
            if abs(whole) >= _LONGEST:
                self._tokens.refuse(f"{cut(token, 40)} has more than 38 digits")
            return whole
        number = float(token)
        if math.isinf(number):
            self._tokens.refuse(f"{cut(token, 40)} is more than a double can hold")
        return number


def _negated(test: Test) -> Test:
    return lambda view: not test(view)


def _tested(number: int, comparator: Comparator) -> Test:
    def test(view: EventView) -> bool:
        items = view.items[number]
        view.spend(comparator.work(items))
        return comparator.passesAny(item for item in items if isinstance(item, EventField))

    return test
