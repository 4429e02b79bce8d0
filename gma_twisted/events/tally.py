"""Numbers told of as one: their mean, the least, the greatest, their sum and quantiles."""

import math
import random
from array import array
from typing import Self

import attrs

from gma_twisted.model.event import EventField
from gma_twisted.model.units import convert, unitOf

__all__ = ["Tally"]

# What an event can hold.
_LONGEST_INTEGER = 10**38


@attrs.define(slots=True, eq=False)
class Tally:
    """
    The numbers of one field, in the units of the first of them.

    Quantiles are exact as long as all numbers are kept; of more than C{most} a sample is, each number as likely as any
    other.

    @ivar most: numbers that are kept
    @ivar seed: of the sample
    @ivar units: of the first number; C{None} for none
    @ivar count: numbers
    @ivar unfit: fields left out: they held no finite number, or had units that cannot be converted into the first ones
    @ivar least: of all; C{None} without any
    @ivar greatest: of all; C{None} without any
    """

    most: int
    seed: str
    units: str | None = None
    count: int = 0
    unfit: int = 0
    least: float | None = None
    greatest: float | None = None
    _whole: int = 0
    # What is left of each addition, as math.fsum keeps it: their sum is exact.
    _parts: list[float] = attrs.field(factory=list, init=False, repr=False)
    _areWhole: bool = attrs.field(default=True, init=False)
    _kept: "array[float]" = attrs.field(factory=lambda: array("d"), init=False, repr=False)
    _random: random.Random | None = attrs.field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, numbers: "list[float]", most: int = 1000, seed: str = "") -> Self:
        """One of plain numbers."""
        made = cls(most, seed)
        for one in numbers:
            made.add(EventField("number", one))
        return made

    @property
    def isExact(self) -> bool:
        """Whether quantiles are of all numbers."""
        return self.count <= self.most

    @property
    def sum(self) -> float | None:
        """Exact, rounded once; a whole number of whole ones. C{None} when no event can hold it, and of none."""
        if not self.count:
            return None
        if self._areWhole and abs(self._whole) < _LONGEST_INTEGER:
            return self._whole
        try:
            total = math.fsum([*self._parts, float(self._whole)])
        except OverflowError:
            return None
        return total if math.isfinite(total) else None

    @property
    def mean(self) -> float | None:
        """As L{sum}, but for the type: it is never whole."""
        total = self.sum
        return None if total is None else total / self.count

    def add(self, field: EventField) -> None:
        """Take the number of a field, if it has one that fits."""
        value = field.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.unfit += 1
            return
        number = self._converted(value, field.units)
        if number is None or not math.isfinite(number):
            self.unfit += 1
            return
        if isinstance(number, int) and abs(number) >= _LONGEST_INTEGER:
            number = float(number)
        if not self.count:
            self.units = field.units
        self.count += 1
        self.least = number if self.least is None else min(self.least, number)
        self.greatest = number if self.greatest is None else max(self.greatest, number)
        if isinstance(number, int):
            self._whole += number
        else:
            self._areWhole = False
            self._sum(number)
        self._keep(float(number))

    def quantile(self, share: float) -> float | None:
        """
        The number below which a share of all is, between two of them on the straight line.

        @param share: from 0 to 1
        """
        if not self._kept:
            return None
        numbers = sorted(self._kept)
        place = share * (len(numbers) - 1)
        below = math.floor(place)
        above = min(below + 1, len(numbers) - 1)
        one, other, part = numbers[below], numbers[above], place - below
        if one == other:
            return one
        # Either end exactly, and nothing in between is too large.
        return one * (1.0 - part) + other * part

    def _converted(self, value: float, units: str | None) -> float | None:
        if not self.count or units == self.units:
            return value
        ours, theirs = unitOf(self.units), unitOf(units)
        if ours is None or theirs is None or ours.dimension != theirs.dimension:
            return None
        return convert(value, theirs, ours)

    def _sum(self, number: float) -> None:
        """Shewchuk's: parts that do not overlap, as many as numbers differ in size, never more than some forty."""
        kept = 0
        for one in self._parts:
            larger, smaller = (one, number) if abs(one) > abs(number) else (number, one)
            high = larger + smaller
            low = smaller - (high - larger)
            if low:
                self._parts[kept] = low
                kept += 1
            number = high
        if math.isinf(number):
            # Beyond all doubles: it stays so.
            self._parts[:] = [number]
            return
        self._parts[kept:] = [number]

    def _keep(self, number: float) -> None:
        if self.count <= self.most:
            self._kept.append(number)
            return
        if self._random is None:
            # Not a secret; the same events shall give the same summary.
            self._random = random.Random(self.seed)
        place = self._random.randrange(self.count)
        if place < self.most:
            self._kept[place] = number
