"""
Numbers of lines, by which who reads them knows what is missing, and asks for it (docs/streams.md).

A producer numbers all it publishes. A line says which event it is, C{gma.seq}, and which one stood before it in that
stream, C{gma.prev}: between the two there is nothing that was asked for. A connection begins with an event of its own,
C{gma.stream.begin}, which says whose stream it is, in which life of the producer the numbers are, after which of them
the stream began, and up to which it was written. What is said of the stream itself has no number: an event that was
published may be called the same.
"""

from collections.abc import Sequence

import attrs

from gma_twisted.errors import NotRepresentable, ParameterError, cut
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.timestamp import Timestamp

__all__ = [
    "BEGIN",
    "MISSED",
    "OWN",
    "PREVIOUS",
    "Beginning",
    "Numbered",
    "beginning",
    "checkName",
    "checkPlain",
    "missed",
    "numbered",
    "numbersOf",
]

BEGIN = "gma.stream.begin"
"""Name of the event a numbered connection begins with."""
_OURS = "gma.stream."
"""What every name begins with by which streams say something of themselves."""
MISSED = "gma.stream.missed"
"""Name of the event that stands where others were left out: C{count} of them."""
PREVIOUS = "gma.prev"
"""Name under which the number of the event before travels; the number itself is the event's C{sequence}."""
OWN = "gma.own"
"""Name under which a C{sequence} travels that the event had itself; behind all others, and only where it had one."""

_STREAM, _LIFE, _AFTER, _TOLD, _COUNT = "stream", "life", "after", "told", "count"


def checkName(name: str) -> None:
    """Whether somebody may publish events of this name. @raise ParameterError: streams say something else by it"""
    if name.startswith(_OURS):
        raise ParameterError(
            f'no event can be published as "{cut(name)}": names that begin with "{_OURS}" are of streams themselves',
            parameter="event",
            cure=f'choose another name, "{cut(name.removeprefix("gma."), 60)}" for example',
        )


def checkPlain(event: Event) -> None:
    """
    Whether a line without a number of ours can hold an event.

    @raise NotRepresentable: who reads it would take it for the beginning of a stream
    """
    if event.name == BEGIN and event.sequence is None:
        raise NotRepresentable(
            f'no event can be called "{BEGIN}" in a line without a number, which begins a stream by it'
        )


@attrs.frozen(slots=True)
class Beginning:
    """
    What a numbered connection begins with.

    @ivar stream: what the caller called the subscription
    @ivar life: of the producer; numbers of another life mean nothing
    @ivar after: all that was published up to this number comes before the stream; the same at each of its connections
    @ivar told: up to this number all has been written, or left out, before this connection
    """

    stream: int
    life: str
    after: int
    told: int

    def event(self, when: Timestamp) -> Event:
        """As it travels."""
        made = Event(BEGIN, when)
        made.add(EventField(_STREAM, str(self.stream)))
        made.add(EventField(_LIFE, self.life))
        made.add(EventField(_AFTER, self.after))
        made.add(EventField(_TOLD, self.told))
        return made


def beginning(event: Event) -> Beginning | None:
    """What an event called L{BEGIN} says; C{None} when it says nothing usable."""
    stream, life = event.get(_STREAM), event.get(_LIFE)
    after, told = event.get(_AFTER), event.get(_TOLD)
    isUsable = (
        event.name == BEGIN
        and isinstance(stream, str | int)
        and str(stream).isdecimal()
        and len(str(stream)) <= 16
        and isinstance(life, str | int)
        and 0 < len(str(life)) <= 64
    )
    if not (isUsable and _isNumber(after) and _isNumber(told)):
        return None
    assert isinstance(after, int) and isinstance(told, int)
    return Beginning(int(str(stream)), str(life), after, max(after, told))


def _isNumber(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**63


def missed(count: int, when: Timestamp) -> Event:
    """What stands where others were left out."""
    made = Event(MISSED, when)
    made.add(EventField(_COUNT, count))
    return made


def numbered(event: Event, number: int, previous: int) -> Event:
    """The event as a numbered line has it. @param event: it is not changed, and shares its items"""
    made = Event(event.name, event.timestamp, event.id, number)
    made.items = [*event.items, EventField(PREVIOUS, previous)]
    if event.sequence is not None:
        made.items.append(EventField(OWN, event.sequence))
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
    """Take the numbers off an event that was read; the event is changed where it had some."""
    number, items = event.sequence, event.items
    last = _valueOf(items[-1:], PREVIOUS)
    own: int | None = None
    if last is None:
        own = _valueOf(items[-1:], OWN)
        last = None if own is None else _valueOf(items[-2:-1], PREVIOUS)
    if number is None or last is None or last >= number:
        return Numbered(event)
    del items[-1 if own is None else -2 :]
    event.sequence = own
    return Numbered(event, number, last)


def _valueOf(items: Sequence[EventField | EventContainer], name: str) -> int | None:
    """The number that is the only one of these, and called so; C{None} where it is not."""
    for item in items:
        if isinstance(item, EventField) and item.name == name and _isNumber(item.value):
            return item.value  # type: ignore[return-value]
    return None
