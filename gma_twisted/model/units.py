"""Units of measure: which can be converted into which (WIRE 6). As written in the SI: C{Mb/s} is a megabit a second."""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Self

import attrs

from gma_twisted.errors import ParameterError, cut

__all__ = ["Unit", "closeRange", "convert", "readUnit", "unitOf"]


@attrs.frozen(slots=True, eq=False)
class Unit:
    """
    A unit of measure; there is one object of all that are worth the same.

    @ivar dimension: C{data}, C{data rate}, C{time}, C{frequency}, C{ratio}, C{temperature} or C{count}; what is of one
        dimension can be converted. A unit that is not known here is a dimension of its own
    @ivar factor: base units in one of these
    @ivar offset: base units at zero of these
    """

    dimension: str
    factor: Fraction
    offset: Fraction = Fraction(0)


@attrs.frozen(slots=True, eq=False)
class _Way:
    """
    From one unit to another, in decimals and rounded once: 4.35 kb are 4350 b, which floating point does not say.

    @ivar whole: factor and offset where both are whole numbers; whole numbers stay such
    """

    multiplied: Decimal
    divided: Decimal | None
    added: Decimal | None
    whole: tuple[int, int] | None

    @classmethod
    def of(cls, factor: Fraction, offset: Fraction) -> Self:
        zero = _DIGITS.divide(Decimal(offset.numerator), Decimal(offset.denominator))
        isWhole = factor.denominator == 1 and offset.denominator == 1
        return cls(
            Decimal(factor.numerator),
            None if factor.denominator == 1 else Decimal(factor.denominator),
            zero if offset else None,
            (factor.numerator, offset.numerator) if isWhole else None,
        )

    def follow(self, value: float) -> float:
        """The number there; C{inf} when a double cannot hold it."""
        if not math.isfinite(value):
            return value
        exact = _DIGITS.multiply(Decimal(repr(value)), self.multiplied)
        if self.divided is not None:
            exact = _DIGITS.divide(exact, self.divided)
        if self.added is not None:
            exact = _DIGITS.add(exact, self.added)
        return float(exact)


_CLOSE = 1e-12
_GREATEST = sys.float_info.max
# Whole numbers of events have 38 digits, factors at most 19; what is no finite decimal is rounded far behind a double.
_DIGITS = Context(prec=80)
_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_BITS = {"b": 1, "bit": 1, "bits": 1, "B": 8, "byte": 8, "bytes": 8}
_TIMES = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), Fraction(1)),
    "ms": Fraction(1, 10**3),
    # The micro sign and the Greek letter.
    **dict.fromkeys(("us", "\u00b5s", "\u03bcs"), Fraction(1, 10**6)),
    "ns": Fraction(1, 10**9),
    **dict.fromkeys(("min", "minute", "minutes"), Fraction(60)),
    **dict.fromkeys(("h", "hour", "hours"), Fraction(3_600)),
    **dict.fromkeys(("d", "day", "days"), Fraction(86_400)),
}
_PER = ("s", "sec", "second", "min", "minute", "h", "hour")
_KELVIN = Unit("temperature", Fraction(1))
_CELSIUS = Unit("temperature", Fraction(1), Fraction(27_315, 100))
_FAHRENHEIT = Unit("temperature", Fraction(5, 9), Fraction(45_967, 180))


def _dataUnits() -> Iterator[tuple[str, Unit]]:
    for prefix, times in (_DECIMAL | _BINARY).items():
        for name, bits in _BITS.items():
            amount = Fraction(times * bits)
            yield prefix + name, Unit("data", amount)
            for per in _PER:
                yield f"{prefix}{name}/{per}", Unit("data rate", amount / _TIMES[per])
        for name, bits in (("bps", 1), ("Bps", 8)):
            yield prefix + name, Unit("data rate", Fraction(times * bits))


def _otherUnits() -> Iterator[tuple[str, Unit]]:
    for name, seconds in _TIMES.items():
        yield name, Unit("time", seconds)
    for prefix, times in _DECIMAL.items():
        yield f"{prefix}Hz", Unit("frequency", Fraction(times))
    for counted in ("count", "counts"):
        yield counted, Unit("count", Fraction(1))
    for per in _PER:
        for counted in ("1", "count", "counts"):
            yield f"{counted}/{per}", Unit("frequency", 1 / _TIMES[per])
    yield "ratio", Unit("ratio", Fraction(1))
    for name in ("%", "percent"):
        yield name, Unit("ratio", Fraction(1, 100))
    for names, unit in (
        (("K", "Kelvin", "kelvin"), _KELVIN),
        (("C", "\u00b0C", "degC", "Celsius", "celsius"), _CELSIUS),
        (("F", "\u00b0F", "degF", "Fahrenheit", "fahrenheit"), _FAHRENHEIT),
    ):
        for name in names:
            yield name, unit


def _allUnits() -> dict[str, Unit]:
    made: dict[tuple[str, Fraction, Fraction], Unit] = {}
    return {
        name: made.setdefault((unit.dimension, unit.factor, unit.offset), unit)
        for name, unit in (*_dataUnits(), *_otherUnits())
    }


_UNITS: Mapping[str, Unit] = _allUnits()
# What is written often and means one thing here and another there.
_DOUBTFUL = {"KB": ("kB", "KiB"), "K/s": ("kB/s", "KiB/s"), "KB/s": ("kB/s", "KiB/s")}


def _folded() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in _UNITS:
        found.setdefault(name.casefold(), []).append(name)
    return found


# Without their case, under which they mean nothing: whoever writes so means one of them.
_BY_LETTERS: Mapping[str, Sequence[str]] = _folded()


def unitOf(text: str | None) -> Unit | None:
    """What a text means, case and all; C{None} for what is no unit known here, as C{None} is."""
    return None if text is None else _UNITS.get(text)


def readUnit(text: str) -> Unit:
    """
    What a text means. What is no unit known here, C{rpm}, can be converted into itself only.

    @raise ParameterError: it is empty or has blanks around it, or is a known unit but for the case of its letters, or
        means one thing here and another there; told what to write
    """
    unit = _UNITS.get(text)
    if unit is not None:
        return unit
    letters = text.strip().casefold()
    better = _DOUBTFUL.get(text)
    near = _BY_LETTERS.get(letters, ())
    if better or near or not letters or text != text.strip():
        if better:
            cure = f'write "{better[0]}" (of 1000) or "{better[1]}" (of 1024)'
        elif near:
            cure = "write " + " or ".join(f'"{one}"' for one in near)
        else:
            cure = 'write them as in "Mb/s", "KiB", "ms", "GHz", "%", "Celsius", or leave them out'
        raise ParameterError(f'the units "{cut(text, 40)}" are not known', cure=cure)
    return Unit(f'units "{text}"', Fraction(1))


def convert(value: float, one: Unit, other: Unit) -> float | None:
    """
    A number in other units of the same dimension.

    @return: C{value} itself when they are worth the same; a whole number when it is one and each unit is a whole number
        of the others, so that the type depends on the units alone; C{None} when a double cannot hold it
    """
    if one is other:
        return value
    way = _way(one, other)
    if way.whole is not None and isinstance(value, int):
        return value * way.whole[0] + way.whole[1]
    made = way.follow(value)
    return None if math.isinf(made) and not math.isinf(value) else made


@lru_cache(4_096)
def _way(one: Unit, other: Unit) -> _Way:
    return _Way.of(one.factor / other.factor, (one.offset - other.offset) / other.factor)


def closeRange(value: float, one: Unit, other: Unit) -> tuple[float, float]:
    """
    The numbers in other units of the same dimension that are worth as much, to twelve digits.

    @param value: a double, or a whole number one can hold
    @return: the least and the greatest; C{value} twice when both units are worth the same. The least is more than the
        greatest when no double is worth as much: each is less than both, or more than both
    """
    if one is other or not math.isfinite(value):
        return value, value
    way = _way(one, other)
    middle = way.follow(value)
    if math.isinf(middle):
        return (middle, _GREATEST) if middle > 0 else (-_GREATEST, middle)
    # Of temperatures twelve digits are meant from where there is nothing less.
    zero = float(other.offset / other.factor)
    near = abs(middle + zero) * _CLOSE
    return middle - near, middle + near
