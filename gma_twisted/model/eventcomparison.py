"""
The filter language of comparisons (WIRE 6)::

    Bandwidth > 100 Mb/s and Program = "GridFTP" and not (host/load >= 0.9 or @name ~ "gma.*")

A field is called by its name; one in containers by their names before it, with slashes between; names with other signs
stand in backquotes. C{@name}, C{@ts}, C{@id} and C{@seq} are the event's own. Alone, it asks whether there is one. What
it is compared with is a number, which may have units, a text in quotes, C{true}, C{false} or a timestamp. C{~} compares
with a glob. Of several fields of one name, any one will do; what is of another kind, or of units that cannot be
converted, is neither equal nor less nor greater.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

import attrs

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.model.event import MAX_DEPTH, Event, EventContainer, EventField, Value
from gma_twisted.model.glob import Glob
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.model.units import Unit, closeRange, readUnit, unitOf

__all__ = ["MAX_EXPRESSION", "MAX_TESTS", "MAX_WORK", "compileComparison", "fieldsOf"]

MAX_EXPRESSION = 4_096
"""Most characters of an expression."""
MAX_TESTS = 64
"""Most comparisons in an expression."""
MAX_WORK = 20_000
"""Most fields an expression looks at in one event, each comparison counted for itself, and long globs many times."""

_MAX_NESTED = 32
# Whole numbers have at most 38 digits, as those of events.
_LONGEST = 10**38
# So many characters of a text, times those of the glob, take as long as one comparison.
_GLOB_WORK = 64
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<timestamp>\d{4}-\d\d-\d\dT[\d:.]{1,18}(?:Z|[+-]\d\d:?\d\d)?)
    | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<text>"(?:[^"\\]|\\["\\])*"|'(?:[^'\\]|\\['\\])*')
    | (?P<own>@\w+)
    | (?P<word>[^\W\d][\w.\-]*)
    | (?P<quoted>`[^`]+`)
    | (?P<sign><=|>=|!=|==|[<>=~()/])
    )""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[^\W\d][\w.\-]*")
_UNITS = re.compile(r"\s*((?:[^\W\d]|[%\u00b0])\w*(?:/[^\W\d]\w*)?|1/[a-z]+)")
_WORDS = ("and", "or", "not")
_OWN = ("@name", "@ts", "@id", "@seq")
_ORDERED = ("<", "<=", ">", ">=")
_Items = Sequence[EventField | EventContainer]


def compileComparison(expression: str) -> Callable[[Event], bool]:
    """
    Read an expression.

    @return: whether it is true of an event; raises TooLarge for one of which it would have to look at more than
        L{MAX_WORK} fields
    @raise ParameterError: it is wrong; tells the column
    @raise TooLarge: L{MAX_EXPRESSION}, L{MAX_TESTS}, or nested too deep
    """
    if len(expression) > MAX_EXPRESSION:
        raise TooLarge(f"a filter has more than {MAX_EXPRESSION} characters")
    parser = _Parser(expression)
    return _Comparison(parser.whole(), parser.places).isTrue


def fieldsOf(expression: str) -> Sequence[str]:
    """
    The fields an expression names, not C{@name} and its like: each as an expression that asks whether there is one.

    @raise ParameterError: it is wrong; tells the column
    @raise TooLarge: L{MAX_TESTS}, or nested too deep
    """
    parser = _Parser(expression)
    parser.whole()
    return ["/".join(map(_spelt, one)) for one in parser.places if one[0] not in _OWN]


def _spelt(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name not in _WORDS else f"`{name}`"


class _Look:
    """What the tests of one expression see of one event, and how much more they may."""

    __slots__ = ("_left", "event", "items")

    def __init__(self, event: Event, items: Sequence[_Items]) -> None:
        self.event = event
        self.items = items
        self._left = MAX_WORK

    def spend(self, work: int) -> None:
        """@raise TooLarge: it was more than is left"""
        self._left -= work
        if self._left < 0:
            raise TooLarge(
                f'event "{cut(self.event.name)}" has too many fields for the filter, which may look at {MAX_WORK}'
            )


_Test = Callable[[_Look], bool]


@attrs.frozen(slots=True, eq=False)
class _Place:
    """
    What an expression asks of one place of an event.

    @ivar number: of what is here among all that is asked for; C{None} for nothing
    @ivar inner: places in the containers of this name
    """

    number: int | None
    inner: "Mapping[str, _Place]"


class _Comparison:
    """An expression that was read."""

    __slots__ = ("_count", "_own", "_places", "_test")

    def __init__(self, test: _Test, paths: Mapping[tuple[str, ...], int]) -> None:
        self._test = test
        self._count = len(paths)
        self._own = [(path[0], number) for path, number in paths.items() if path[0] in _OWN]
        self._places = _placesOf(
            {path: number for path, number in paths.items() if path[0] not in _OWN}
        )

    def isTrue(self, event: Event) -> bool:
        """Whether it is true of an event. @raise TooLarge: L{MAX_WORK}"""
        items: list[list[EventField | EventContainer]] = [[] for _ in range(self._count)]
        for name, number in self._own:
            items[number].extend(_ownField(event, name))
        if self._places:
            _collect(event, self._places, items)
        return self._test(_Look(event, items))


def _placesOf(paths: Mapping[tuple[str, ...], int]) -> dict[str, _Place]:
    heads = dict.fromkeys(path[0] for path in paths)
    return {
        head: _Place(
            paths.get((head,)),
            _placesOf({p[1:]: n for p, n in paths.items() if p[0] == head and len(p) > 1}),
        )
        for head in heads
    }


def _collect(
    holder: EventContainer,
    places: Mapping[str, _Place],
    items: list[list[EventField | EventContainer]],
) -> None:
    # As deep as the expression's paths, whatever the event is.
    for item in holder.items:
        place = places.get(item.name)
        if place is not None:
            if place.number is not None:
                items[place.number].append(item)
            if place.inner and isinstance(item, EventContainer):
                _collect(item, place.inner, items)


def _ownField(event: Event, name: str) -> list[EventField]:
    values: dict[str, Value | None] = {
        "@name": event.name,
        "@ts": event.timestamp,
        "@id": event.id,
        "@seq": event.sequence,
    }
    value = values[name]
    return [] if value is None else [EventField(name, value)]


class _Parser:
    """
    Reads by descent.

    @ivar places: paths that are asked for, numbered
    """

    def __init__(self, text: str) -> None:
        self.places: dict[tuple[str, ...], int] = {}
        self._text = text
        self._end = len(text.rstrip())
        self._tests = 0
        self._depth = 0
        self._kind = ""
        self._token = ""
        self._start = self._position = 0
        self._next()

    def whole(self) -> _Test:
        """All of it. @raise ParameterError: it is wrong"""
        test = self._either()
        if self._kind:
            self._refuse(f'"{cut(self._token, 40)}" is not expected here')
        return test

    def _refuse(self, why: str, cure: str = "") -> NoReturn:
        raise ParameterError(f"filter, column {self._start + 1}: {why}", cure=cure)

    def _next(self) -> None:
        self._start = self._position
        if self._position >= self._end:
            self._kind = self._token = ""
            return
        found = _TOKEN.match(self._text, self._position)
        if found is None:
            self._start += len(self._text[self._start :]) - len(self._text[self._start :].lstrip())
            self._refuse(
                f'"{cut(self._text[self._start : self._start + 20], 20)}" cannot be read',
                'write as in: Bandwidth > 100 Mb/s and Program = "GridFTP"',
            )
        self._kind = str(found.lastgroup)
        self._token = found[self._kind]
        self._start = found.start(self._kind)
        self._position = found.end()

    def _takes(self, *tokens: str) -> bool:
        if self._kind in ("word", "sign") and self._token in tokens:
            self._next()
            return True
        return False

    def _either(self) -> _Test:
        tests = [self._both()]
        while self._takes("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda look: any(one(look) for one in tests)

    def _both(self) -> _Test:
        tests = [self._one()]
        while self._takes("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda look: all(one(look) for one in tests)

    def _one(self) -> _Test:
        self._depth += 1
        if self._depth > _MAX_NESTED:
            raise TooLarge(f"a filter is nested deeper than {_MAX_NESTED}")
        if self._takes("not"):
            test = _negated(self._one())
        elif self._takes("("):
            test = self._either()
            if not self._takes(")"):
                self._refuse('")" is missing')
        else:
            test = self._compared()
        self._depth -= 1
        return test

    def _compared(self) -> _Test:
        self._tests += 1
        if self._tests > MAX_TESTS:
            raise TooLarge(f"a filter has more than {MAX_TESTS} comparisons")
        path = self._path()
        number = self.places.setdefault(path, len(self.places))
        sign = self._token
        if not self._takes("=", "==", "!=", "<", "<=", ">", ">=", "~"):
            return lambda look: bool(look.items[number])
        return _tested(number, self._test(sign))

    def _path(self) -> tuple[str, ...]:
        if self._kind == "own":
            name = self._token
            if name not in _OWN:
                self._refuse(f'there is no "{cut(name, 40)}"', f"write {', '.join(_OWN)}")
            self._next()
            return (name,)
        names = [self._name()]
        while self._takes("/"):
            names.append(self._name())
            if len(names) > MAX_DEPTH + 1:
                raise TooLarge(f"a path of a filter is deeper than {MAX_DEPTH} containers")
        return tuple(names)

    def _name(self) -> str:
        name = self._token
        if self._kind == "quoted":
            name = name[1:-1]
        elif self._kind != "word" or name in _WORDS:
            self._refuse(
                f'a name is expected here, not "{cut(name, 40)}"' if name else "a name is missing",
                "write it in backquotes when it has other signs than letters, digits, . - and _",
            )
        self._next()
        return name

    def _test(self, sign: str) -> "_Judge":
        kind, token = self._kind, self._token
        if sign == "~":
            if kind != "text":
                self._refuse('"~" needs a glob, a text in quotes')
            glob = Glob.bounded("a glob of a filter", _unquoted(token))
            self._next()
            return _GlobJudge(glob)
        if kind == "number":
            return self._number(sign)
        if kind == "text":
            wanted: Value = _unquoted(token)
        elif kind == "timestamp":
            try:
                wanted = Timestamp.parse(token)
            except ParameterError as error:
                self._refuse(error.message)
        elif kind == "word" and token in ("true", "false"):
            wanted = token == "true"
            if sign in _ORDERED:
                self._refuse(f'"{token}" is neither less nor greater than anything')
        else:
            self._refuse(
                f'a value is expected here, not "{cut(token, 40)}"'
                if token
                else "a value is missing",
                "write a number, a text in quotes, true, false or a timestamp",
            )
        self._next()
        return _KindJudge(sign, wanted)

    def _number(self, sign: str) -> "_Judge":
        wanted = self._readNumber()
        unit = units = None
        found = _UNITS.match(self._text, self._position)
        if found is not None and found[1] not in _WORDS:
            units = found[1]
            self._start, self._position = found.start(1), found.end()
            try:
                unit = readUnit(units)
            except ParameterError as error:
                self._refuse(error.what, error.cure)
        self._next()
        return _NumberJudge(sign, wanted, units, unit)

    def _readNumber(self) -> float:
        token = self._token
        if token.lstrip("+-").isdigit():
            whole = int(token)
            if abs(whole) >= _LONGEST:
                self._refuse(f"{cut(token, 40)} has more than 38 digits")
            return whole
        number = float(token)
        if math.isinf(number):
            self._refuse(f"{cut(token, 40)} is more than a double can hold")
        return number


def _negated(test: _Test) -> _Test:
    return lambda look: not test(look)


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def _tested(number: int, judge: "_Judge") -> _Test:
    def test(look: _Look) -> bool:
        items = look.items[number]
        look.spend(judge.work(items))
        return judge.passesAny(item for item in items if isinstance(item, EventField))

    return test


class _Judge(Protocol):
    """One comparison."""

    def work(self, items: _Items) -> int:
        """How long it takes to judge them, in comparisons."""

    def passesAny(self, fields: Iterable[EventField]) -> bool:
        """Whether it is true of one of these."""


@attrs.frozen(slots=True, eq=False)
class _GlobJudge:
    """Texts that are as a glob says."""

    glob: Glob

    def work(self, items: _Items) -> int:
        """Of each as long as it is."""
        length = len(self.glob.pattern)
        return sum(
            1 + len(item.value) * length // _GLOB_WORK
            for item in items
            if isinstance(item, EventField) and isinstance(item.value, str)
        )

    def passesAny(self, fields: Iterable[EventField]) -> bool:
        """Whether one is such a text."""
        matches = self.glob.matches
        return any(isinstance(one.value, str) and matches(one.value) for one in fields)


_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, wanted: value == wanted,
    "==": lambda value, wanted: value == wanted,
    "<": lambda value, wanted: value < wanted,
    "<=": lambda value, wanted: value <= wanted,
    ">": lambda value, wanted: value > wanted,
    ">=": lambda value, wanted: value >= wanted,
}


class _KindJudge:
    """Values of one kind, by their order or worth."""

    __slots__ = ("_isUnequal", "_kind", "_test", "_wanted")

    def __init__(self, sign: str, wanted: Value) -> None:
        self._isUnequal = sign == "!="
        self._test = _SIGNS["=" if self._isUnequal else sign]
        self._kind = type(wanted)
        self._wanted = wanted

    def work(self, items: _Items) -> int:
        """One each."""
        return len(items)

    def passesAny(self, fields: Iterable[EventField]) -> bool:
        """Whether it is true of one; a field without value is equal to nothing and unequal to nothing."""
        kind, wanted, test, isUnequal = self._kind, self._wanted, self._test, self._isUnequal
        for field in fields:
            value = field.value
            if value is None:
                continue
            if (type(value) is kind and test(value, wanted)) is not isUnequal:
                return True
        return False


# Of the least and the greatest number that are worth as much as what is wanted.
_RANGES: Mapping[str, Callable[[float, float, float], bool]] = {
    "=": lambda value, low, high: low <= value <= high,
    "==": lambda value, low, high: low <= value <= high,
    "<": lambda value, low, high: value < low,
    "<=": lambda value, low, high: value <= high,
    ">": lambda value, low, high: value > high,
    ">=": lambda value, low, high: value >= low,
}


class _NumberJudge:
    """Numbers, by what they are worth; as templates do, to twelve digits where the units differ."""

    __slots__ = ("_isUnequal", "_ranges", "_test", "_unit", "_wanted")

    def __init__(self, sign: str, wanted: float, units: str | None, unit: Unit | None) -> None:
        self._isUnequal = sign == "!="
        self._test = _RANGES["=" if self._isUnequal else sign]
        self._wanted = wanted
        self._unit = unit
        self._ranges: dict[str | None, tuple[float, float]] = {}
        if units is not None:
            self._ranges[units] = (wanted, wanted)

    def work(self, items: _Items) -> int:
        """One each."""
        return len(items)

    def passesAny(self, fields: Iterable[EventField]) -> bool:
        """Whether it is true of one; a field without value is equal to nothing and unequal to nothing."""
        test, isUnequal, unit, ranges = self._test, self._isUnequal, self._unit, self._ranges
        worth: tuple[float, float] | None = (self._wanted, self._wanted)
        for field in fields:
            value = field.value
            if value is None:
                continue
            if unit is not None:
                worth = ranges.get(field.units) or self._rangeIn(field.units, unit)
            isTrue = (
                worth is not None
                and (type(value) is float or type(value) is int)
                and test(value, worth[0], worth[1])
            )
            if isTrue is not isUnequal:
                return True
        return False

    def _rangeIn(self, units: str | None, unit: Unit) -> tuple[float, float] | None:
        other = unitOf(units)
        if other is None or other.dimension != unit.dimension:
            return None
        # Kept of units that are known only: of those there are some hundred.
        made = self._ranges[units] = closeRange(self._wanted, unit, other)
        return made
