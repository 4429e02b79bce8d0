"""Events without containers, which is all a line can hold."""

import math
import re
from collections.abc import Collection, Iterator, Mapping

from gma_twisted.errors import NotRepresentable, cut
from gma_twisted.model.event import MAX_NAME, Event, EventContainer, EventField

__all__ = ["ID", "SEQUENCE", "UNITS", "event", "flattened", "pairsOf"]

ID = "gma.id"
"""Name under which the id of an event travels."""
SEQUENCE = "gma.seq"
"""Name under which its number in a stream travels."""
UNITS = "._units"
"""What follows the name of a field in that of its units."""

_NAME = re.compile(r"[0-9A-Za-z_.\-]+\Z")


def flattened(event: Event) -> Event:
    """
    What a reader makes of the line of an event: fields alone, those of containers called C{container.field}.

    @raise NotRepresentable: no line can hold it; names the field
    """
    flat = Event(event.name, event.timestamp, event.id, event.sequence)
    for path, field in _leaves(event, ""):
        flat.add(EventField(path, field.value, field.units))
    return flat


def pairsOf(event: Event, reserved: Collection[str]) -> Iterator[tuple[str, str | int | float]]:
    """
    Names and values of a line, in the order of the event, what is said of the event itself last.

    @param reserved: names that the kind of line has for itself
    @raise NotRepresentable: a field without a value, or with one that is neither text nor a finite number; a name that
        a line cannot hold, or that comes twice; an empty container. Names the field
    """
    seen = {ID, SEQUENCE, *reserved}
    for path, field in _leaves(event, ""):
        value = field.value
        if path in seen or path.endswith(UNITS):
            raise NotRepresentable(
                f'field "{cut(path)}" of event "{cut(event.name)}" comes twice in its line'
            )
        seen.add(path)
        if type(value) is float and not math.isfinite(value):
            raise NotRepresentable(f'field "{cut(path)}" is {value!r}, which no line can hold')
        if type(value) not in (str, int, float):
            raise NotRepresentable(
                f'field "{cut(path)}" has {_kindOf(value)}, which no line can hold'
            )
        yield path, value  # type: ignore[misc]
        if field.units is not None:
            yield path + UNITS, field.units
    if event.id is not None:
        yield ID, event.id
    if event.sequence is not None:
        yield SEQUENCE, event.sequence


def event(name: str, when: object, pairs: Mapping[str, str | int | float]) -> Event:
    """
    The event of a line.

    @param when: as L{Event} takes it
    @param pairs: all but name and time, in the order of the line
    @raise ParameterError, TooLarge: as L{Event} and L{EventField}
    """
    identity, number = pairs.get(ID), pairs.get(SEQUENCE)
    hasNumber = type(number) is int and 0 <= number < 2**63
    made = Event(
        name,
        when,  # type: ignore[arg-type]
        None if identity is None else str(identity),
        number if hasNumber else None,  # type: ignore[arg-type]
    )
    for path, value in pairs.items():
        if path == ID or (path == SEQUENCE and hasNumber):
            continue
        if path.endswith(UNITS) and path.removesuffix(UNITS) in pairs:
            continue
        units = pairs.get(path + UNITS)
        made.add(EventField(path, value, None if units is None else str(units)))
    return made


def _leaves(holder: EventContainer, prefix: str) -> Iterator[tuple[str, EventField]]:
    if isinstance(holder, Event):
        # A container within itself would have no end.
        holder.check()
    for item in holder.items:
        path = prefix + item.name
        if len(path) > MAX_NAME or not _NAME.match(path):
            raise NotRepresentable(
                f'the name "{cut(path)}" cannot be in a line, which takes letters, digits, "_", "-" and "."'
            )
        if isinstance(item, EventField):
            yield path, item
        elif not item.items:
            raise NotRepresentable(f'container "{cut(path)}" is empty, which no line can hold')
        else:
            yield from _leaves(item, path + ".")


def _kindOf(value: object) -> str:
    if value is None:
        return "no value"
    return "a truth" if isinstance(value, bool) else f"a value of {type(value).__name__}"
