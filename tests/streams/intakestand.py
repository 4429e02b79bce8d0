"""A sink of streams that does as it is told, and what a producer writes."""

from collections.abc import Awaitable, Sequence

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.errors import GMAError
from gma_twisted.model.event import Event
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import numbers
from gma_twisted.streams.order import Position
from gma_twisted.streams.sink import Filled

__all__ = ["LIFE", "STREAM", "Delivered", "Sink", "begin", "missed", "numbered"]

STREAM = 7
LIFE = "l1"
_WHEN = Timestamp(0)


def begin(after: int, life: str = LIFE, stream: int = STREAM, told: int | None = None) -> Event:
    """What a connection begins with. @param told: C{None}: it is the first of its stream"""
    return numbers.Beginning(stream, life, after, after if told is None else told).event(_WHEN)


def numbered(previous: int, number: int) -> Event:
    """A numbered line; its event is called by its number."""
    return numbers.numbered(Event(f"e{number}", 0), number, previous)


def missed(count: int) -> Event:
    """What stands where others were left out."""
    return numbers.missed(count, _WHEN)


@attrs.frozen
class Delivered:
    """One delivery."""

    names: tuple[str, ...]
    last: int
    missed: int | None = 0
    life: str = LIFE
    stream: int = STREAM


@attrs.define(eq=False)
class Sink:
    """
    See L{StreamSink <gma_twisted.streams.sink.StreamSink>}.

    @ivar answers: of the next deliveries: an error, or what is waited for; nothing is stored at an error
    @ivar fills: the same of what is asked for; without any, what is in C{history}
    @ivar history: numbers of the events that can be asked for
    @ivar page: most of them at once
    @ivar asked: what was asked for
    """

    known: set[int] = attrs.field(factory=lambda: {STREAM})
    positions: dict[int, Position] = attrs.field(factory=dict)
    delivered: list[Delivered] = attrs.field(factory=list)
    plains: list[tuple[list[str], str]] = attrs.field(factory=list)
    answers: list[GMAError | Deferred[None] | None] = attrs.field(factory=list)
    fills: list[GMAError | Deferred[Filled] | Filled] = attrs.field(factory=list)
    plainAnswers: list[GMAError] = attrs.field(factory=list)
    history: list[int] = attrs.field(factory=list)
    page: int = 1000
    asked: list[tuple[int, int]] = attrs.field(factory=list)

    @property
    def names(self) -> list[str]:
        """Of all that was delivered."""
        return [name for one in self.delivered for name in one.names]

    def isKnown(self, stream: int) -> bool:
        """See L{StreamSink}."""
        return stream in self.known

    def position(self, stream: int) -> Position | None:
        """See L{StreamSink}."""
        return self.positions.get(stream)

    async def fill(self, stream: int, life: str, after: int, upTo: int) -> Filled:
        """See L{StreamSink}."""
        self.asked.append((after, upTo))
        if self.fills:
            answer = self.fills.pop(0)
            if isinstance(answer, GMAError):
                raise answer
            return answer if isinstance(answer, Filled) else await answer
        found = [one for one in self.history if after < one <= upTo]
        last = upTo if len(found) <= self.page else found[self.page - 1]
        return Filled([Event(f"e{one}", 0) for one in found[: self.page]], last)

    async def deliver(
        self, stream: int, events: Sequence[Event], life: str, last: int, missed: int | None
    ) -> None:
        """See L{StreamSink}."""
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, GMAError):
            raise answer
        if answer is not None:
            await answer
        names = tuple(one.name for one in events)
        self.delivered.append(Delivered(names, last, missed, life, stream))
        self.positions[stream] = Position(life, last)

    def plain(self, events: Sequence[Event], address: str) -> Awaitable[None]:
        """See L{StreamSink}."""
        return self._plain(events, address)

    async def _plain(self, events: Sequence[Event], address: str) -> None:
        if self.plainAnswers:
            raise self.plainAnswers.pop(0)
        self.plains.append(([one.name for one in events], address))
