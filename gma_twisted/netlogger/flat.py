"""Events without containers, which is all a line can hold."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gma_twisted.errors import NotRepresentable, cut
from gma_twisted.model.event import MAX_NAME, Event, EventContainer, EventField
from gma_twisted.netlogger.kept import Kept
from gma_twisted.netlogger.pairs import WORDS, Dialect, notWritten, writePair

__all__ = ["ID", "SEQUENCE", "UNITS", "event", "flattened", "itemsOf", "takeNumbers", "wordsOf"]

ID = "gma.id"
"""Name under which the id of an event travels."""
SEQUENCE = "gma.seq"
"""Name under which its number in a stream travels."""
UNITS = "._units"
"""What follows the name of a field in that of its units."""

_NAME = re.compile(r"[0-9A-Za-z_.\-]+\Z")
# Nothing in it is escaped.
_SENTENCE = re.compile(r"[ !#-\[\]-~]*+").fullmatch


def flattened(event: Event) -> Event:
    """
    What a reader makes of the line of an event: fields alone, those of containers called C{container.field}.

    @raise NotRepresentable: no line can hold it; names the field
    """
    # A container within itself would have no end.
    event.check()
    flat = Event(event.name, event.timestamp, event.id, event.sequence)
    for path, field in _leaves(event, ""):
        flat.add(EventField(path, field.value, field.units))
    return flat


def wordsOf(event: Event, first: Mapping[str, str], dialect: Dialect) -> dict[str, str]:
    """
    The pairs of a line by their names, in the order of the event, what is said of the event itself last.

    @param first: what the line begins with; no field may be called so
    @raise NotRepresentable: a field without a value, or with one that is neither text nor a finite number; a text
        that the dialect cannot hold; a name that a line cannot hold, or that comes twice; an empty container. Names
        the field
    """
    words, texts, starts = dict(first), WORDS[dialect], _STARTS
    count = len(first) + len(event.items)
    for field in event.items:
        if not isinstance(field, EventField):
            return wordsOf(flattened(event), first, dialect)
        name = field.name
        value: Any = field.value
        kind = type(value)
        if kind is str:
            # Sentences are mostly new, words mostly known.
            word = f'"{value}"' if " " in value and _SENTENCE(value) else texts[value]
            if not word:
                raise notWritten(name, value)
        elif kind is int or (kind is float and math.isfinite(value)):
            word = repr(value)
        else:
            raise _notHeld(name, value)
        words[name] = starts[name] + word
        if field.units is not None:
            words[name + UNITS] = writePair(name + UNITS, field.units, dialect)
            count += 1
    if len(words) < count:
        raise _notOnce(event, first)
    if event.id is not None:
        words[ID] = writePair(ID, event.id, dialect)
    if event.sequence is not None:
        words[SEQUENCE] = f"{SEQUENCE}={event.sequence}"
    return words


def event(name: str, when: object, pairs: Mapping[str, str | int | float]) -> Event:
    """
    The event of a line.

    @param when: as L{Event} takes it
    @param pairs: all but name and time, in the order of the line
    @raise ParameterError, TooLarge: as L{Event} and L{EventField}
    """
    values = dict(pairs)
    identity, number = takeNumbers(values)
    made = Event(name, when, identity, number)  # type: ignore[arg-type]
    for field in itemsOf(values, EventField):
        made.add(field)
    return made


def takeNumbers(pairs: dict[str, str | int | float]) -> tuple[str | None, int | None]:
    """The id and the number of an event, which are taken out of the pairs of its line; each C{None} for none."""
    identity, number = pairs.pop(ID, None), pairs.get(SEQUENCE)
    if type(number) is int and 0 <= number < 2**63:
        del pairs[SEQUENCE]
    else:
        number = None
    return None if identity is None else str(identity), number


def itemsOf(
    pairs: Mapping[str, str | int | float], make: Callable[[str, Any, str | None], EventField]
) -> list[Any]:
    """
    The fields of a line, with their units.

    @param make: makes one of name, value and units
    """
    units = [path for path in pairs if path.endswith(UNITS)]
    if not units:
        return [make(path, value, None) for path, value in pairs.items()]
    said = {path.removesuffix(UNITS): str(pairs[path]) for path in units}
    return [
        make(path, value, said.get(path))
        for path, value in pairs.items()
        if not (path.endswith(UNITS) and path.removesuffix(UNITS) in pairs)
    ]


def _start(name: str) -> str:
    if name in (ID, SEQUENCE) or name.endswith(UNITS):
        raise NotRepresentable(
            f'no field can be called "{cut(name)}" in a line, which says something else by it'
        )
    _checkPath(name)
    return name + "="


# What the pair of a field begins with, by its name.
_STARTS = Kept(_start)


def _checkPath(path: str) -> None:
    if len(path) > MAX_NAME or not _NAME.match(path):
        raise NotRepresentable(
            f'the name "{cut(path)}" cannot be in a line, which takes letters, digits, "_", "-" and "."'
        )


def _leaves(holder: EventContainer, prefix: str) -> Iterator[tuple[str, EventField]]:
    for item in holder.items:
        path = prefix + item.name
        _checkPath(path)
        if isinstance(item, EventField):
            yield path, item
        elif not item.items:
            raise NotRepresentable(f'container "{cut(path)}" is empty, which no line can hold')
        else:
            yield from _leaves(item, path + ".")


def _notOnce(event: Event, first: Mapping[str, str]) -> NotRepresentable:
    seen = set(first)
    for field in event.items:
        if field.name in seen:
            break
        seen.add(field.name)
    return NotRepresentable(
        f'field "{cut(field.name)}" of event "{cut(event.name)}" comes twice in its line'
    )


def _notHeld(name: str, value: object) -> NotRepresentable:
    if value is None:
        what = "no value"
    elif isinstance(value, bool):
        what = "a truth"
    else:
        what = f"a value of {type(value).__name__}"
    if isinstance(value, float):
        return NotRepresentable(f'field "{cut(name)}" is {value!r}, which no line can hold')
    return NotRepresentable(f'field "{cut(name)}" has {what}, which no line can hold')
