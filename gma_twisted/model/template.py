"""Templates: events that say which others are wanted, in which units (pyGMA; WIRE 6)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard, TypeVar

import attrs

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.model.event import Event, EventContainer, EventField, Value
from gma_twisted.model.glob import Glob
from gma_twisted.model.units import Unit, closeRange, convert, readUnit, unitOf

__all__ = ["MAX_ASKED", "MAX_SAME", "MAX_TEMPLATE", "Template", "overlaps"]

MAX_ASKED = 256
"""Most fields and containers of a template, all depths together."""
MAX_SAME = 4
"""Most of them under one name in one place: each thing in an event is looked at so often at most."""

MAX_TEMPLATE = 65_536
"""Most characters of a template: of all names, units and texts in it, and bytes of bytes; it is kept for long."""

_T = TypeVar("_T")


class Template:
    """
    An event as a question: its name is a glob, and each of its fields and containers must be in an event.

    A field without value must be there; one with a value must be there with an equal one. Numbers are equal by their
    worth, C{100} and C{100.0}; truth values, texts, bytes and timestamps only to their own kind. With units, the field
    must have units that can be converted into these, and what is equal is what it is worth, to twelve digits where the
    units differ; units that are not known here are only those of the same spelling. A container must be there with all
    that the template's has. Of things of one name any one will do.

    What the event is changed to later changes no template made of it.

    @ivar name: glob of the names
    @ivar isExact: whether the name is a glob of one name only
    """

    __slots__ = ("_glob", "_units", "_whole", "isExact", "name")

    def __init__(self, event: Event) -> None:
        """
        @raise ParameterError: units that are probably meant otherwise, or at a value that is no number
        @raise TooLarge: L{MAX_ASKED}, L{MAX_SAME}, L{MAX_TEMPLATE}, or another bound of events
        """
        if len(event.name) + sum(_textOf(item) for _, item in event.walk()) > MAX_TEMPLATE:
            raise TooLarge(
                f'template "{cut(event.name)}" has more than {MAX_TEMPLATE} characters of text together'
            )
        self.name = event.name
        self._glob = Glob(event.name)
        self.isExact = self._glob.isExact
        self._whole = _holderOf(event, (), Counter())
        self._units = _unitsOf([self._whole])

    def matches(self, event: Event) -> bool:
        """Whether an event is one of those it asks for; takes time for each thing in the event L{MAX_SAME} times."""
        return self._glob.matches(event.name) and self._whole.isIn(event)

    def convert(self, event: Event) -> Event:
        """
        An event in the units the template asks for.

        Where the field of a name is asked for in units, all fields of that name in that place are converted. One that
        has none, or of another dimension, or whose number a double could not hold, stays as it is.

        @return: C{event} itself when there is nothing to convert; else one that shares with it what is the same
        """
        if self._units is None:
            return event
        items = self._units.converted(event)
        if items is None:
            return event
        made = Event(event.name, event.timestamp, event.id, event.sequence)
        made.items = items
        return made

    def overlaps(self, other: "Template") -> bool:
        """
        Whether an event could be both, as a directory must guess: some name is as both say, and no field is asked for
        by both with values or units of which no two go together. Either may ask for what the other does not speak of.
        """
        return self._glob.meets(other._glob) and self._whole.agrees(other._whole)


def overlaps(one: Event, other: Event) -> bool:
    """
    L{Template.overlaps} of two events as templates.

    @raise ParameterError: as L{Template}
    @raise TooLarge: as L{Template}
    """
    return Template(one).overlaps(Template(other))


@attrs.frozen(slots=True, eq=False)
class _Asked:
    """
    A field that is asked for.

    @ivar value: C{None} for any
    @ivar units: C{None} for any, and for none
    """

    value: Value | None
    units: str | None
    unit: Unit | None
    # By the units of a field, the least and the greatest number that are worth as much as this one.
    _ranges: dict[str, tuple[float, float]] = attrs.field(factory=dict, init=False)

    def isAmong(self, items: Iterable[EventField | EventContainer]) -> bool:
        """Whether one of these is such a field."""
        fields = (one for one in items if isinstance(one, EventField))
        if self.unit is not None:
            return self._isWorthAny(fields, self.unit)
        wanted = self.value
        if wanted is None:
            return any(True for _ in fields)
        if _isNumber(wanted) and wanted == wanted:
            # Texts and bytes are equal to no number, but truth values are.
            return any(one.value == wanted and type(one.value) is not bool for one in fields)
        if isinstance(wanted, str | bytes):
            # These are equal to their own kind only.
            return any(one.value == wanted for one in fields)
        return any(_equal(wanted, one.value) for one in fields)

    def _isWorthAny(self, fields: "Iterable[EventField | _Asked]", unit: Unit) -> bool:
        wanted, ranges = self.value, self._ranges
        for field in fields:
            worth = ranges.get(field.units or "") or self._rangeIn(field.units, unit)
            if worth is None:
                continue
            value = field.value
            if wanted is None:
                return True
            # Of any event all the fields come here: no call for each.
            if (type(value) is float or type(value) is int) and (
                worth[0] <= value <= worth[1] or (value != value and wanted != wanted)
            ):
                return True
        return False

    def _rangeIn(self, units: str | None, unit: Unit) -> tuple[float, float] | None:
        # What is no unit known here is equal to itself alone.
        other = unit if units == self.units else unitOf(units)
        if units is None or other is None or other.dimension != unit.dimension:
            return None
        # Kept of units that are known and of its own: of those there are some hundred.
        wanted = self.value if _isNumber(self.value) else 0
        made = self._ranges[units] = closeRange(wanted, unit, other)
        return made

    def agrees(self, other: "_Asked") -> bool:
        """Whether one field could be as both say."""
        isAny = self.value is None or other.value is None
        if self.unit is not None and other.unit is not None:
            if isAny:
                return self.unit.dimension == other.unit.dimension
            return self._isWorthAny((other,), self.unit)
        if self.unit is None and other.unit is None:
            return isAny or _equal(self.value, other.value)
        # In units that are worth less or more a number can be as one says, and worth what the other says.
        return isAny or (_isNumber(self.value) and _isNumber(other.value))


@attrs.frozen(slots=True, eq=False)
class _Holder:
    """
    What is asked for in one place.

    @ivar fields: of each name, what must be there
    @ivar containers: of each name, what must be there
    """

    fields: Mapping[str, list[_Asked]]
    containers: "Mapping[str, list[_Holder]]"

    def isAmong(self, items: "Iterable[EventField | EventContainer]") -> bool:
        """Whether one of these is a container with all of it."""
        return any(isinstance(one, EventContainer) and self.isIn(one) for one in items)

    def isIn(self, holder: EventContainer) -> bool:
        """Whether a container or event has all of it."""
        fields, containers = self.fields, self.containers
        found: dict[str, list[EventField | EventContainer]] = {}
        for item in holder.items:
            name = item.name
            if name in fields or name in containers:
                found.setdefault(name, []).append(item)
        # What is missing ends it: a small container does not cost what a large template has.
        return _areIn(fields, found, _Asked.isAmong) and _areIn(containers, found, _Holder.isAmong)

    def agrees(self, other: "_Holder") -> bool:
        """Whether one place could hold both."""
        return _agree(self.fields, other.fields, _Asked.agrees) and _agree(
            self.containers, other.containers, _Holder.agrees
        )


@attrs.frozen(slots=True, eq=False)
class _Units:
    """
    What is asked for in units in one place.

    @ivar fields: by name, the first that asks
    @ivar containers: by name
    """

    fields: Mapping[str, _Asked]
    containers: "Mapping[str, _Units]"

    def converted(self, holder: EventContainer) -> list[EventField | EventContainer] | None:
        """What is in a container or event then; C{None} when all stays as it is."""
        items: list[EventField | EventContainer] | None = None
        for index, item in enumerate(holder.items):
            made = self._ofField(item) if isinstance(item, EventField) else self._ofContainer(item)
            if made is not item:
                if items is None:
                    items = list(holder.items)
                items[index] = made
        return items

    def _ofField(self, item: EventField) -> EventField:
        asked = self.fields.get(item.name)
        if asked is None or asked.unit is None or asked.units == item.units:
            return item
        other, value = unitOf(item.units), item.value
        if other is None or other.dimension != asked.unit.dimension or not _isNumber(value):
            return item
        made = convert(value, other, asked.unit)
        if made is None:
            return item
        try:
            return EventField(item.name, made, asked.units)
        except TooLarge:
            return item

    def _ofContainer(self, item: EventContainer) -> EventContainer:
        wanted = self.containers.get(item.name)
        items = None if wanted is None else wanted.converted(item)
        if items is None:
            return item
        made = EventContainer(item.name)
        made.items = items
        return made


def _textOf(item: EventField | EventContainer) -> int:
    size = len(item.name)
    if isinstance(item, EventField):
        size += len(item.units or "")
        if isinstance(item.value, str | bytes):
            size += len(item.value)
    return size


def _holderOf(holder: EventContainer, path: tuple[str, ...], counts: Counter[Any]) -> _Holder:
    fields: dict[str, list[_Asked]] = {}
    containers: dict[str, list[_Holder]] = {}
    for item in holder.items:
        place = (*path, item.name)
        counts[place] += 1
        if counts[place] > MAX_SAME:
            raise TooLarge(
                f'the template asks for "{cut("/".join(place))}" more than {MAX_SAME} times'
            )
        if counts.total() > MAX_ASKED:
            raise TooLarge(f"a template has more than {MAX_ASKED} fields and containers")
        if isinstance(item, EventField):
            fields.setdefault(item.name, []).append(_askedOf(item))
        else:
            containers.setdefault(item.name, []).append(_holderOf(item, place, counts))
    return _Holder(fields, containers)


def _askedOf(item: EventField) -> _Asked:
    value, units = item.value, item.units
    if units is None:
        return _Asked(value, None, None)
    if value is not None and not _isNumber(value):
        raise ParameterError(
            f'field "{cut(item.name)}" of the template has units, "{cut(units, 40)}", and no number',
            cure="leave the units or the value out",
        )
    try:
        return _Asked(value, units, readUnit(units))
    except ParameterError as error:
        raise ParameterError(
            f'field "{cut(item.name)}" of the template: {error.what}', cure=error.cure
        ) from None


def _unitsOf(holders: Sequence[_Holder]) -> _Units | None:
    """Of all that are asked for under one name in one place; C{None} when none asks for units."""
    fields: dict[str, _Asked] = {}
    containers: dict[str, list[_Holder]] = {}
    for holder in holders:
        for name, asked in holder.fields.items():
            first = next((one for one in asked if one.unit is not None), None)
            if first is not None:
                fields.setdefault(name, first)
        for name, inner in holder.containers.items():
            containers.setdefault(name, []).extend(inner)
    found = {name: _unitsOf(inner) for name, inner in containers.items()}
    wanted = {name: one for name, one in found.items() if one is not None}
    return _Units(fields, wanted) if fields or wanted else None


def _areIn(
    asked: Mapping[str, list[_T]],
    found: Mapping[str, list[EventField | EventContainer]],
    isAmong: Callable[[_T, Iterable[EventField | EventContainer]], bool],
) -> bool:
    for name, several in asked.items():
        items = found.get(name, ())
        for one in several:
            if not isAmong(one, items):
                return False
    return True


def _agree(
    asked: Mapping[str, list[_T]],
    other: Mapping[str, list[_T]],
    agrees: Callable[[_T, _T], bool],
) -> bool:
    return all(
        any(agrees(one, another) for one in several for another in other[name])
        for name, several in asked.items()
        if name in other
    )


def _isNumber(value: Value | None) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _areNaN(one: Value, other: Value) -> bool:
    return one != one and other != other


def _equal(one: Value | None, other: Value | None) -> bool:
    if _isNumber(one) and _isNumber(other):
        return one == other or _areNaN(one, other)
    return type(one) is type(other) and one == other
