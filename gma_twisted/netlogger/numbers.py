"""
Numbers of lines, by which who reads them knows what is missing, and asks for it (docs/streams.md).

A producer numbers all it publishes. A line says which event it is, C{gma.seq}, and which one stood before it in that
stream, C{gma.prev}: between the two there is nothing that was asked for. A connection begins with an event of its own,
C{gma.stream.begin}, which says whose stream it is, in which life of the producer the numbers are, and after which of
them it begins.
"""

import attrs

from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp

__all__ = [
    "BEGIN",
    "MISSED",
    "PREVIOUS",
    "Beginning",
    "Numbered",
    "beginning",
    "missed",
    "numbered",
    "numbersOf",
]

BEGIN = "gma.stream.begin"
"""Name of the event a numbered connection begins with."""
MISSED = "gma.stream.missed"
"""Name of the event that stands where others were left out: C{count} of them."""
PREVIOUS = "gma.prev"
"""Name under which the number of the event before travels; the number itself is the event's C{sequence}."""

_STREAM, _LIFE, _AFTER, _COUNT = "stream", "life", "after", "count"


@attrs.frozen(slots=True)
class Beginning:
    """
    What a numbered connection begins with.

    @ivar stream: what the caller called the subscription
    @ivar life: of the producer; numbers of another life mean nothing
    @ivar after: all that was published up to this number comes before the stream
    """

    stream: int
    life: str
    after: int

    def event(self, when: Timestamp) -> Event:
        """As it travels."""
        made = Event(BEGIN, when)
        made.add(EventField(_STREAM, str(self.stream)))
        made.add(EventField(_LIFE, self.life))
        made.add(EventField(_AFTER, self.after))
        return made


def beginning(event: Event) -> Beginning | None:
    """What an event called L{BEGIN} says; C{None} when it says nothing usable."""
    stream, life, after = event.get(_STREAM), event.get(_LIFE), event.get(_AFTER)
    isUsable = (
        event.name == BEGIN
        and isinstance(stream, str | int)
        and str(stream).isdecimal()
        and len(str(stream)) <= 16
        and isinstance(life, str | int)
        and 0 < len(str(life)) <= 64
        and type(after) is int
        and 0 <= after < 2**63
    )
    if not isUsable:
        return None
    return Beginning(int(str(stream)), str(life), after)  # type: ignore[arg-type]


def missed(count: int, when: Timestamp) -> Event:
    """What stands where others were left out."""
    made = Event(MISSED, when)
    made.add(EventField(_COUNT, count))
    return made


def numbered(event: Event, number: int, previous: int) -> Event:
    """The event as a numbered line has it. @param event: it is not changed, and shares its items"""
    made = Event(event.name, event.timestamp, event.id, number)
    made.items = [*event.items, EventField(PREVIOUS, previous)]
    return made


@attrs.frozen(slots=True, eq=False)
class Numbered:
    """
    An event of a numbered line.

    @ivar event: without its numbers
    @ivar number: of it; C{None} when the line had none
    @ivar previous: of the one before it
    """

    event: Event
    number: int | None = None
    previous: int | None = None


def numbersOf(event: Event) -> Numbered:
    """Take the numbers off an event that was read; the event is changed."""
    last = event.items[-1] if event.items else None
    number = event.sequence
    if number is None or not isinstance(last, EventField) or last.name != PREVIOUS:
        return Numbered(event)
    previous = last.value
    if type(previous) is not int or not 0 <= previous < number:
        return Numbered(event)
    event.items.pop()
    event.sequence = None
    return Numbered(event, number, previous)
