"""Events: semi-structured, timestamped data, and the template of what is asked for (pyGMA's API; WIRE 6)."""

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Union

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.model.timestamp import Timestamp

__all__ = [
    "MAX_DEPTH",
    "MAX_ITEMS",
    "MAX_NAME",
    "MAX_TEXT",
    "Event",
    "EventContainer",
    "EventField",
    "Value",
]

MAX_DEPTH = 16
"""How deep containers may nest; those directly in the event are of depth one."""
MAX_ITEMS = 10_000
"""Most fields and containers of one event, all depths together."""
MAX_NAME = 256
"""Most characters of a name, of units and of an id."""
MAX_TEXT = 65_536
"""Most characters of a text, and most bytes of a value of bytes."""

Value = Union[str, bool, int, float, bytes, Timestamp]  # noqa: UP007 (isinstance of older callers)
"""What a field may hold; a C{datetime} with a zone is taken for a L{Timestamp}."""

_LONGEST_INTEGER = 10**38
# What XML 1.0 cannot carry, in any spelling.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def _checkedName(what: str, name: object) -> str:
    if not isinstance(name, str) or not name:
        raise ParameterError(f"{what} needs a name, a text that is not empty; it got {cut(name)!r}")
    return _checkedWord(f"the name of {what}", name)


def _checkedWord(what: str, word: object) -> str:
    if not isinstance(word, str):
        raise ParameterError(f"{what} is a text, not {cut(word)!r}")
    if len(word) > MAX_NAME:
        raise TooLarge(f'{what} "{cut(word, 40)}" has more than {MAX_NAME} characters')
    if _CONTROL.search(word) or _UNWRITABLE.search(word):
        raise ParameterError(f'{what} "{cut(word, 40)}" has a character that cannot be written')
    return _plain(word)


def _checkedValue(name: str, value: object) -> Value | None:
    if value is None or isinstance(value, bool | Timestamp):
        return value
    for kind, check in _CHECKS:
        if isinstance(value, kind):
            return check(name, value)
    raise ParameterError(
        f'field "{cut(name)}" cannot hold {cut(type(value).__name__)}',
        cure="give text, a number, bool, bytes or a timestamp",
    )


def _checkedText(name: str, value: str) -> str:
    if len(value) > MAX_TEXT:
        raise TooLarge(f'field "{cut(name)}" has a text of more than {MAX_TEXT} characters')
    found = _UNWRITABLE.search(value)
    if found is not None:
        raise ParameterError(
            f'field "{cut(name)}" has the character {found[0]!r}, which XML cannot carry',
            cure="give the value as bytes",
        )
    return _plain(value)


def _checkedInteger(name: str, value: int) -> int:
    if not -_LONGEST_INTEGER < value < _LONGEST_INTEGER:
        raise TooLarge(f'field "{cut(name)}" has a whole number of more than 38 digits')
    return int(value)


def _checkedDouble(name: str, value: float) -> float:
    return float(value)


def _checkedBytes(name: str, value: bytes | bytearray) -> bytes:
    if len(value) > MAX_TEXT:
        raise TooLarge(f'field "{cut(name)}" has more than {MAX_TEXT} bytes')
    return bytes(value)


def _checkedDatetime(name: str, value: datetime) -> Timestamp:
    if value.tzinfo is None:
        raise ParameterError(
            f'field "{cut(name)}" has a datetime without a zone', cure="give it tzinfo=UTC"
        )
    return _ofDatetime(value)


_CHECKS: tuple[tuple[type | UnionType, Callable[[str, Any], Value]], ...] = (
    (str, _checkedText),
    (int, _checkedInteger),
    (float, _checkedDouble),
    (bytes | bytearray, _checkedBytes),
    (datetime, _checkedDatetime),
)


def _plain(text: str) -> str:
    """The same as a C{str}: codecs go by the type, and other libraries give texts of types of their own."""
    return text if type(text) is str else str.__str__(text)


def _ofDatetime(value: datetime) -> Timestamp:
    # Exactly, which .timestamp() is not.
    past = value.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    micro = (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds
    return Timestamp(micro * 1_000)


def _same(one: Value | None, other: Value | None) -> bool:
    """Whether two values are the very same: C{1}, C{1.0} and C{True} are three, NaN is NaN, -0.0 is not 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float) and isinstance(other, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return one == other and math.copysign(1.0, one) == math.copysign(1.0, other)
    return one == other


class EventField:
    """
    A named value. In a template, one without a value says that there must be such a field.

    @ivar name: what it is called; other fields may be called the same
    @ivar value: text, number, bool, bytes or L{Timestamp}; C{None} for none
    @ivar units: of the value, C{Mb/s}; C{None} for none
    """

    __slots__ = ("name", "units", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        name: str,
        value: Value | bytearray | datetime | None = None,
        units: str | None = None,
    ) -> None:
        """
        @raise ParameterError: what the field cannot hold; the message names it
        @raise TooLarge: L{MAX_NAME}, L{MAX_TEXT} or 38 digits would be passed
        """
        self.name = _checkedName("a field", name)
        self.value = _checkedValue(name, value)
        self.units = None if units is None else _checkedWord(f'the units of field "{name}"', units)

    @classmethod
    def unchecked(cls, name: str, value: Value, units: str | None = None) -> "EventField":
        """The same without looking: for readers whose grammar has nothing that a field could not hold."""
        made = cls.__new__(cls)
        made.name = name
        made.value = value
        made.units = units
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventField):
            return NotImplemented
        return (
            self.name == other.name and self.units == other.units and _same(self.value, other.value)
        )

    def __repr__(self) -> str:
        units = "" if self.units is None else f", units={self.units!r}"
        return f"EventField({self.name!r}, value={self.value!r}{units})"


class EventContainer:
    """
    Fields and containers under one name, in their order; names may repeat.

    @ivar name: what it is called
    @ivar items: what was added, in that order; to be read only, C{add} bounds it
    """

    __slots__ = ("items", "name")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        """@raise ParameterError: no usable name. @raise TooLarge: a name of more than L{MAX_NAME} characters"""
        self.name = _checkedName("a container", name)
        self.items: list[EventField | EventContainer] = []

    def add(self, item: "EventField | EventContainer") -> None:
        """
        Add a field or a container at the end.

        What is added to a container later counts too, when the event is written (L{Event.check}).

        @raise ParameterError: it is neither, or it is an event, or the container itself
        @raise TooLarge: L{MAX_ITEMS}
        """
        if not isinstance(item, EventField | EventContainer) or isinstance(item, Event):
            raise ParameterError(
                f'"{cut(self.name)}" takes an EventField or an EventContainer, not {cut(type(item).__name__)}'
            )
        if item is self:
            raise ParameterError(f'container "{cut(self.name)}" cannot be added to itself')
        if len(self.items) >= MAX_ITEMS:
            raise TooLarge(f'"{cut(self.name)}" has {MAX_ITEMS} fields and containers, the most')
        self.items.append(item)

    @property
    def fields(self) -> list[EventField]:
        """The fields directly in it."""
        return [item for item in self.items if isinstance(item, EventField)]

    @property
    def containers(self) -> list["EventContainer"]:
        """The containers directly in it."""
        return [item for item in self.items if isinstance(item, EventContainer)]

    def get(self, name: str, default: Value | None = None) -> Value | None:
        """The value of the first field of this name directly in it, C{default} when there is none."""
        for item in self.items:
            if isinstance(item, EventField) and item.name == name:
                return item.value
        return default

    def _sameItems(self, other: "EventContainer") -> bool:
        return self.name == other.name and self.items == other.items

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventContainer) or isinstance(other, Event):
            return NotImplemented
        return self._sameItems(other)

    def __repr__(self) -> str:
        return f"EventContainer({self.name!r}, {len(self.items)} items)"


class Event(EventContainer):
    """
    The atomic unit of monitoring data; and as a template, what a query or a subscription asks for.

    @ivar timestamp: when it happened
    @ivar id: what its source calls it; C{None} for nothing
    @ivar sequence: its number in the stream it came by; C{None} for none
    """

    __slots__ = ("id", "sequence", "timestamp")
    __hash__ = None

    def __init__(
        self,
        name: str,
        timestamp: Timestamp | datetime | float | str | None = None,
        id: str | None = None,
        sequence: int | None = None,
    ) -> None:
        """
        @param name: of the event; of a template a glob, C{*} any characters and C{?} one
        @param timestamp: C{None} for now; a number is seconds since 1970, a text ISO 8601, a C{datetime} has a zone
        @param sequence: not negative
        @raise ParameterError: what cannot be used; named
        @raise TooLarge: a name or id of more than L{MAX_NAME} characters
        """
        super().__init__(name)
        self.timestamp = _checkedTimestamp(name, timestamp)
        self.id = None if id is None else _checkedWord(f'the id of event "{cut(name)}"', id)
        self.sequence = _checkedSequence(name, sequence)

    def walk(self) -> Iterator[tuple[int, "EventField | EventContainer"]]:
        """
        Everything in it, outer before inner, each with its depth; those directly in it are of depth one.

        @raise TooLarge: deeper than L{MAX_DEPTH}, or more than L{MAX_ITEMS}: also of one that contains itself
        """
        waiting: list[tuple[int, EventField | EventContainer]] = [
            (1, item) for item in reversed(self.items)
        ]
        count = 0
        while waiting:
            depth, item = waiting.pop()
            count += 1
            if count > MAX_ITEMS:
                raise TooLarge(
                    f'event "{cut(self.name)}" has more than {MAX_ITEMS} fields and containers'
                )
            yield depth, item
            if isinstance(item, EventContainer) and item.items:
                if depth >= MAX_DEPTH:
                    raise TooLarge(f'event "{cut(self.name)}" is deeper than {MAX_DEPTH}')
                waiting.extend((depth + 1, one) for one in reversed(item.items))

    def check(self) -> None:
        """See whether it is within the bounds of all events. @raise TooLarge: as L{walk}"""
        for _ in self.walk():
            pass

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return (
            (self.timestamp, self.id, self.sequence) == (other.timestamp, other.id, other.sequence)
        ) and self._sameItems(other)

    def __repr__(self) -> str:
        return f"Event({self.name!r}, {str(self.timestamp)!r}, {len(self.items)} items)"


def _checkedSequence(name: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ParameterError(
            f'event "{cut(name)}" cannot have the number {cut(value, 40)}',
            cure="give a whole number from 0 to 2**63 - 1",
        )
    return int(value)


def _checkedTimestamp(name: str, value: object) -> Timestamp:
    if value is None:
        return Timestamp.now()
    if isinstance(value, Timestamp):
        return value
    if isinstance(value, str):
        return Timestamp.parse(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return _ofDatetime(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Timestamp.ofSeconds(value)
    raise ParameterError(
        f'event "{cut(name)}" cannot have the timestamp {cut(value, 60)!r}',
        cure="give seconds since 1970, a datetime with a zone, or a text such as 2026-11-21T20:00:00Z",
    )
