"""
What an event has beside its name and its instant, as the archive keeps it: JSON in the shortest shape, loss-free.

An event is C{[id, sequence, items]}, and its instant after them where a number of 64 bits does not hold it, which is in
the years 1677 to 2262 (L{instantOf}). Items are one flat list of threes: name, value, units. A container is a name, the
list of its items, and C{null}. Bytes are C{{"b": base64}}, an instant C{{"t": nanoseconds}}; all else is what JSON, as
Python reads it, tells apart by itself: C{1}, C{1.0} and C{true}, NaN, and whole numbers of any length. It is written
within 3 us and read within 6; the XML of an event takes three times as long and as much.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from gma_twisted.events.pages import instantOf
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.timestamp import Timestamp

__all__ = ["MAX_HASHED", "MAX_HASHES", "hashOf", "hashesOf", "readBody", "writeBody"]

MAX_HASHES = 8
"""Most fields of one event that it is found by."""
MAX_HASHED = 100
"""Most characters of a text that an event is found by."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_decode = json.JSONDecoder().decode
_newField = EventField.__new__
_newContainer = EventContainer.__new__
_newEvent = Event.__new__


def writeBody(event: Event) -> bytes:
    """Write one that was checked."""
    nanoseconds = event.timestamp.nanoseconds
    items = _flat(event)
    if nanoseconds == instantOf(event):
        return _encode((event.id, event.sequence, items)).encode()
    return _encode((event.id, event.sequence, items, nanoseconds)).encode()


def _flat(holder: EventContainer) -> list[Any]:
    made: list[Any] = []
    for item in holder.items:
        if isinstance(item, EventField):
            value: Any = item.value
            kind = type(value)
            if kind is bytes:
                value = {"b": b64encode(value).decode()}
            elif kind is Timestamp:
                value = {"t": value.nanoseconds}
            made += (item.name, value, item.units)
        else:
            made += (item.name, _flat(item), None)
    return made


def readBody(name: str, instant: int, body: bytes) -> Event:
    """
    Read what L{writeBody} wrote. Names and values were checked before, and are not again.

    @raise ValueError: it is nothing of the kind
    """
    try:
        id, sequence, items, *exactly = _decode(body.decode())
        event = _newEvent(Event)
        event.name = name
        event.timestamp = Timestamp(exactly[0] if exactly else instant)
        event.id = id
        event.sequence = sequence
        event.items = []
        _fill(event, items)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"no event: {error}") from error
    return event


def _fill(holder: EventContainer, items: list[Any]) -> None:
    into = holder.items
    threes = iter(items)
    for name, value, units in zip(threes, threes, threes, strict=True):
        kind = type(value)
        if kind is list:
            inner = _newContainer(EventContainer)
            inner.name = name
            inner.items = []
            _fill(inner, value)
            into.append(inner)
            continue
        if kind is dict:
            value = Timestamp(value["t"]) if "t" in value else b64decode(value["b"])
        field = _newField(EventField)
        field.name = name
        field.value = value
        field.units = units
        into.append(field)


def hashOf(name: str, value: str) -> int:
    """What a field with a text is found by: 64 bits, the same on every machine and for ever."""
    digest = blake2b(f"{name}\0{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def hashesOf(event: Event) -> tuple[Iterable[int], bool]:
    """
    What the texts directly in an event are found by.

    @return: each once, and whether there are more of them than are kept
    """
    found: dict[int, None] = {}
    for item in event.items:
        if isinstance(item, EventField):
            value = item.value
            if type(value) is str and len(value) <= MAX_HASHED:
                number = hashOf(item.name, value)
                if len(found) == MAX_HASHES and number not in found:
                    return found, True
                found[number] = None
    return found, False
