"""
Events as JSON, loss-free, also through readers that know one kind of number (RFC 8259)::

    {"name": "App", "ts": "2026-11-21T20:00:00.000000Z", "items": [
      {"field": "Bandwidth", "type": "double", "value": 100.0, "units": "Mb/s"},
      {"container": "host", "items": [{"field": "ip", "type": "string", "value": "10.0.0.1"}]}]}

C{id} and C{seq} are there when the event has them. C{value} is a JSON number, text or truth value where one holds it,
and otherwise the text the XML of the event has: NaN, timestamps, bytes, whole numbers beyond 2**53. A field without
C{value} is a template's.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.model.event import MAX_DEPTH, MAX_ITEMS, Event, EventContainer, EventField, Value
from gma_twisted.model.eventvalue import readInteger, readText, writeText

__all__ = ["MAX_JSON", "readEventJSON", "writeEventJSON"]

MAX_JSON = 8 * 1024 * 1024
"""Most bytes of an event that is read."""

_SAFE = 2**53
_EVENT_KEYS = frozenset(("name", "ts", "id", "seq", "items"))
_FIELD_KEYS = frozenset(("field", "type", "value", "units"))
_CONTAINER_KEYS = frozenset(("container", "items"))
# What a value of each kind of JSON is, when no type is said.
_USUAL: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "double"}


def writeEventJSON(event: Event) -> str:
    """
    Write an event.

    @return: one object in one line of printable ASCII: nothing in it ends a line, steers a terminal or turns the
        direction of what is shown, whoever wrote the event
    @raise TooLarge: deeper or larger than events may be
    @raise ParameterError: a field holds what it cannot
    """
    event.check()
    made: dict[str, Any] = {"name": event.name, "ts": str(event.timestamp)}
    if event.id is not None:
        made["id"] = event.id
    if event.sequence is not None:
        made["seq"] = event.sequence if event.sequence < _SAFE else str(event.sequence)
    made["items"] = _itemsOf(event)
    return json.dumps(made, allow_nan=False)


def _itemsOf(holder: EventContainer) -> list[dict[str, Any]]:
    return [
        _fieldObject(item)
        if isinstance(item, EventField)
        else {"container": item.name, "items": _itemsOf(item)}
        for item in holder.items
    ]


def _fieldObject(field: EventField) -> dict[str, Any]:
    made: dict[str, Any] = {"field": field.name}
    if field.value is not None:
        made["type"], text = writeText(field.value)
        made["value"] = field.value if _isPlain(field.value) else text
    if field.units is not None:
        made["units"] = field.units
    return made


def _isPlain(value: Value) -> bool:
    """Whether JSON, and JavaScript, say the same."""
    if isinstance(value, float):
        # There -0 is written as 0.
        return math.isfinite(value) and bool(value or math.copysign(1.0, value) > 0)
    if isinstance(value, int):
        return -_SAFE < value < _SAFE
    return isinstance(value, str)


def readEventJSON(data: bytes | str) -> Event:
    """
    Read an event.

    @param data: one object; bytes are UTF-8. A C{type} may be left out where the value says it
    @raise ParameterError: malformed; names what
    @raise TooLarge: L{MAX_JSON} or a bound of events
    """
    found = _parsed(data)
    if not isinstance(found, dict):
        raise ParameterError("an event as JSON is an object with name, ts and items")
    _checkKeys("the event", found, _EVENT_KEYS)
    event = Event(
        _text("the event's name", found.get("name", "")),
        _textOrNone("the event's ts", found.get("ts")),
        _textOrNone("the event's id", found.get("id")),
        _sequence(found.get("seq")),
    )
    _readItems(event, found.get("items", []), 1, 0)
    return event


def _parsed(data: bytes | str) -> object:
    if len(data) > MAX_JSON:
        raise TooLarge(f"an event as JSON has more than {MAX_JSON} bytes")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuseConstant,
            parse_float=_readDouble,
            parse_int=readInteger,
        )
    except RecursionError:
        raise TooLarge(f"an event as JSON is deeper than {MAX_DEPTH} containers") from None
    except ValueError as error:
        raise ParameterError(f"the event is no JSON: {cut(error)}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ParameterError(f'an object of the event has "{cut(twice)}" twice')
    return made


def _readDouble(text: str) -> Value:
    # Which bounds its length.
    return readText("double", text)


def _refuseConstant(text: str) -> NoReturn:
    raise ParameterError(f"{text} is no JSON", cure='write "NaN", "INF" or "-INF", type "double"')


def _readItems(holder: EventContainer, items: object, depth: int, count: int) -> int:
    """@return: how many there were until now"""
    if not isinstance(items, list):
        raise ParameterError(f'the items of "{cut(holder.name)}" are a list, not {cut(items, 40)}')
    for item in items:
        count += 1
        if count > MAX_ITEMS:
            raise TooLarge(f"an event has more than {MAX_ITEMS} fields and containers")
        if isinstance(item, dict) and "field" in item:
            holder.add(_readField(item))
        elif isinstance(item, dict) and "container" in item:
            name = _text("a container's name", item["container"])
            _checkKeys(f'container "{cut(name)}"', item, _CONTAINER_KEYS)
            inner, within = EventContainer(name), item.get("items", [])
            if depth >= MAX_DEPTH and within:
                raise TooLarge(f'container "{cut(name)}" is deeper than {MAX_DEPTH}')
            count = _readItems(inner, within, depth + 1, count)
            holder.add(inner)
        else:
            raise ParameterError(
                f'an item of "{cut(holder.name)}" has neither "field" nor "container"'
            )
    return count


def _readField(item: Mapping[str, Any]) -> EventField:
    name = _text("a field's name", item["field"])
    what = f'field "{cut(name)}"'
    _checkKeys(what, item, _FIELD_KEYS)
    units = _textOrNone(f"the units of {what}", item.get("units"))
    kind = _textOrNone(f"the type of {what}", item.get("type"))
    value = item.get("value")
    if value is None:
        if kind is not None:
            raise ParameterError(f'{what} has a type, "{cut(kind)}", and no value')
        return EventField(name, None, units)
    usual = _USUAL.get(type(value))
    if usual is None:
        raise ParameterError(f"{what} cannot have {cut(value, 40)} as its value")
    try:
        return EventField(name, _typed(value, usual, (kind or usual).rpartition(":")[2]), units)
    except ParameterError as error:
        if f'"{name}"' in error.message:
            raise
        raise ParameterError(f"{what}: {error.message}") from None


def _typed(value: Any, usual: str, kind: str) -> Value:
    if usual == kind:
        return value  # type: ignore[no-any-return]
    # A number may stand for itself or in a text; a text for all that has no other way.
    text = value if isinstance(value, str) else writeText(value)[1]
    if usual == "boolean" or (usual != "string" and kind in ("string", "base64Binary")):
        raise ParameterError(f"{cut(text, 40)} is not of the type {cut(kind, 40)}")
    return readText(kind, text)


def _checkKeys(what: str, found: Mapping[str, Any], known: frozenset[str]) -> None:
    for key in found:
        if key not in known:
            raise ParameterError(f'{what} has a "{cut(key)}"; known are {", ".join(sorted(known))}')


def _text(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise ParameterError(f"{what} is a text, not {cut(value, 40)}")
    return value


def _textOrNone(what: str, value: object) -> str | None:
    return None if value is None else _text(what, value)


def _sequence(value: object) -> int | None:
    if isinstance(value, str):
        return readInteger(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ParameterError(f"the event's seq is a whole number, not {cut(value, 40)}")
