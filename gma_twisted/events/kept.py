"""An event as the engine has it: a copy of its own, with its place in the order of all."""

import attrs

from gma_twisted.errors import TooLarge, cut
from gma_twisted.model.event import Event, EventContainer, EventField, Value
from gma_twisted.model.timestamp import Timestamp

__all__ = ["Kept", "copied"]

# Of an item as XML, beside its name and value; and of a value that is no text.
_AROUND = 80
_PLAIN = 40


@attrs.frozen(slots=True, eq=False)
class Kept:
    """
    An event that was published.

    @ivar event: nobody changes it
    @ivar source: who made it
    @ivar number: its place in the order of all, from 1
    @ivar size: bytes it comes to as XML, about
    @ivar at: instant it was published, on the node's clock
    """

    event: Event
    source: str
    number: int
    size: int
    at: float

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in the order of time."""
        return self.event.timestamp.nanoseconds, self.number


def copied(event: Event, most: float) -> tuple[Event, int]:
    """
    Copy an event, so that whoever published it may change its own.

    @param most: bytes it may come to as XML
    @return: the copy, and how many it comes to, about
    @raise TooLarge: C{most}, or a bound of all events
    @raise ParameterError: it was given a value since it was made that no event can have
    """
    event.check()
    copy = Event(event.name, event.timestamp, event.id, event.sequence)
    size = 2 * _AROUND + _sizeOf(event.name) + _sizeOf(event.id or "")
    size += _copyItems(event, copy)
    if size > most:
        raise TooLarge(
            f'event "{cut(event.name)}" comes to about {size} bytes; the most is {most:g}'
        )
    return copy, size


def _copyItems(holder: EventContainer, copy: EventContainer) -> int:
    size = 0
    for item in holder.items:
        size += _AROUND + _sizeOf(item.name)
        if isinstance(item, EventContainer):
            inner = EventContainer(item.name)
            size += _copyItems(item, inner)
            copy.add(inner)
        else:
            size += _sizeOf(item.value) + _sizeOf(item.units or "")
            copy.add(EventField(item.name, item.value, item.units))
    return size


def _sizeOf(value: Value | None) -> int:
    if isinstance(value, str):
        # What XML writes in more than its own bytes: &amp; &lt; &gt; &quot;
        escaped = value.count("&") + value.count("<") + value.count(">") + value.count('"')
        return len(value.encode()) + 5 * escaped
    if isinstance(value, bytes):
        return len(value) * 4 // 3 + 4
    return _PLAIN if isinstance(value, int | float | Timestamp) else 0
