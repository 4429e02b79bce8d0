"""Single comparisons of a filter: whether one of the fields at a path is as a glob, a value or a number says."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import attrs

from gma_twisted.model.event import EventField, Value
from gma_twisted.model.eventview import Items
from gma_twisted.model.glob import Glob
from gma_twisted.model.units import Unit, closeRange, unitOf

__all__ = ["Comparator", "GlobComparator", "NumberComparator", "ValueComparator"]

# So many characters of a text, times those of the glob, take as long as one comparison.
_GLOB_WORK = 64


class Comparator(Protocol):
    """One comparison."""

    def work(self, items: Items) -> int:
        """How long it takes to judge them, in comparisons."""

    def passesAny(self, fields: Iterable[EventField]) -> bool:
        """Whether it is true of one of these."""


@attrs.frozen(slots=True, eq=False)
class GlobComparator:
    """Texts that are as a glob says. @ivar glob: it"""

    glob: Glob

    def work(self, items: Items) -> int:
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


class ValueComparator:
    """Values of one kind, by their order or worth."""

    __slots__ = ("_isUnequal", "_kind", "_test", "_wanted")

    def __init__(self, sign: str, wanted: Value) -> None:
        """
        @param sign: of the comparison; one of order only where values of this kind have one
        @param wanted: what stands behind it
        """
        self._isUnequal = sign == "!="
        self._test = _SIGNS["=" if self._isUnequal else sign]
        self._kind = type(wanted)
        self._wanted = wanted

    def work(self, items: Items) -> int:
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


class NumberComparator:
    """Numbers, by what they are worth; as templates do, to twelve digits where the units differ."""

    __slots__ = ("_isUnequal", "_ranges", "_test", "_unit", "_wanted")

    def __init__(self, sign: str, wanted: float, units: str | None, unit: Unit | None) -> None:
        """
        @param sign: of the comparison
        @param wanted: what stands behind it
        @param units: its units as they are written; C{None} for a number without
        @param unit: what they are
        """
        self._isUnequal = sign == "!="
        self._test = _RANGES["=" if self._isUnequal else sign]
        self._wanted = wanted
        self._unit = unit
        self._ranges: dict[str | None, tuple[float, float]] = {}
        if units is not None:
            self._ranges[units] = (wanted, wanted)

    def work(self, items: Items) -> int:
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
