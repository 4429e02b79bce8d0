"""What becomes of the lines that come to a consumer: how far each stream is, and who is asked for what is missing."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import attrs
from twisted.logger import Logger

from gma_twisted.client.gma import ProducerProxy
from gma_twisted.client.subscription import Way
from gma_twisted.configuration import SubscribeSection
from gma_twisted.errors import UnknownId
from gma_twisted.interfaces import ICaller
from gma_twisted.model import Caller
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventFilter, QueryMode, gapCursor
from gma_twisted.netlogger.dataurl import TCP, DataUrl
from gma_twisted.netlogger.pairs import Dialect
from gma_twisted.nodes.rolefits import filterOf, templateOf
from gma_twisted.streams.order import Position
from gma_twisted.streams.sink import Filled

__all__ = ["LineConsumer", "Streamed"]

log = Logger()

_POSITIONS = 10_000
# Pages of one answer to what is missing, where it is not seen how far each goes.
_PAGES = 20
_TIMEOUT = 10.0
_FRESH = "fresh"
_NAMED = 100


class LineConsumer(Protocol):
    """The consumer the events are for."""

    def plain(self, events: Sequence[Event], caller: Caller) -> Awaitable[object]:
        """
        Take events of no subscription, as those of a notification without a number.

        @raise GMAError: as L{IConsumer.notify <gma_twisted.interfaces.gma.IConsumer.notify>}
        """

    def stream(
        self,
        callerId: int,
        events: Sequence[Event],
        missed: int | None,
        positions: Mapping[str, str],
    ) -> Awaitable[None]:
        """
        Take events of a subscription, all that there are and each once.

        @param missed: how many stand before them and will never come; C{None}: perhaps some
        @param positions: how far it is then, to be kept with the events where that is done
        @raise GMAError: it cannot, and has none of them
        """

    def positions(self) -> Mapping[str, str]:
        """Those that were kept with the events; none where that is not done."""

    def forget(self, callerId: int) -> None:
        """Nothing more is taken of a subscription."""


@attrs.frozen(slots=True, eq=False)
class _Asked:
    """
    A subscription.

    @ivar name: under which its position is kept: of its section, and where its producer is
    @ivar ask: asks its producer for what is behind a cursor
    """

    name: str
    ask: "_Question"


@attrs.define(slots=True, eq=False)
class _Question:
    """
    Asks a producer for the past of a subscription.

    @ivar url: of the producer
    """

    url: str
    caller: ICaller
    template: Event
    filter: EventFilter | None
    _proxy: ProducerProxy | None = attrs.field(default=None, init=False, repr=False)

    async def __call__(self, cursor: str) -> EventAnswer:
        """One page. @raise GMAError: as L{ProducerProxy.query <gma_twisted.client.gmaproducer.ProducerProxy.query>}"""
        if self._proxy is None:
            self._proxy = await ProducerProxy.connect(self.url, self.caller, _TIMEOUT)
        return await self._proxy.query(self.template, self.filter, QueryMode.HISTORY, cursor=cursor)


class Streamed:
    """
    The streams a consumer has asked for; lines of no stream are handed on as they come.

    A stream goes on where it was when its subscription was lost, and where events and positions are kept together also
    where it was when the node was: positions are those of a section and a producer, whatever number a subscription has.
    It is a L{StreamSink <gma_twisted.streams.sink.StreamSink>}.
    """

    def __init__(self, consumer: LineConsumer, place: DataUrl | None) -> None:
        """@param place: where lines of subscriptions shall go; C{None} where only plain ones come"""
        self._consumer = consumer
        self._place = place
        self._asked: dict[int, _Asked] = {}
        # By name: under which number events are being taken.
        self._taking: dict[str, int] = {}
        # Those heard of longest ago come first; C{None}: there was one, which counts no more.
        self._positions: OrderedDict[str, Position | None] = OrderedDict()
        self.forgotten: Callable[[int], None] = lambda stream: None

    def way(self, name: str, url: str, caller: ICaller, section: SubscribeSection) -> Way | None:
        """
        How the events of a subscription come.

        @param name: of the section
        @param url: of the producer
        @param caller: to the producer
        @return: asked whenever the subscription is made; C{None} where no lines of subscriptions come, and never did
        """
        if self._place is None:
            return self.messages(name, url)
        place = attrs.evolve(
            self._place, format=section.format, dialect=Dialect.FULL, isNumbered=True
        )
        question = _Question(url, caller, templateOf(section), filterOf(section))
        return _LineWay(self, f"{name} {url}", str(place), question)

    def messages(self, name: str, url: str) -> Way | None:
        """
        How the events of a subscription come that has no lines.

        @param name: of the section
        @param url: of the producer
        @return: C{None} where there is nothing to forget of lines that came before
        """
        key = f"{name} {url}"
        isLeft = self._positions.get(key) is not None or key in self._consumer.positions()
        return _MessageWay(self, key) if isLeft else None

    def expect(self, stream: int, name: str, ask: _Question) -> bool:
        """Take events of a subscription. @return: whether it is known where to go on"""
        self._asked[stream] = _Asked(name, ask)
        return self._positionOf(name) is not None

    async def dismiss(self, stream: int, name: str) -> None:
        """
        Events of a subscription come otherwise: where it is in its lines means nothing any more, also after a restart.

        @raise GMAError: that cannot be kept now
        """
        self.forget(stream)
        if self._positionOf(name) is not None:
            await self._consumer.stream(stream, (), 0, {name: ""})
            self._note(name, None)

    def renumber(self, old: int, new: int) -> None:
        """A subscription is made again under another number; where it goes on is told then."""
        asked = self._asked.get(old)
        self.forget(old)
        if asked is not None:
            self._asked[new] = asked

    def forget(self, stream: int) -> None:
        """Take no more events of a subscription."""
        if self._asked.pop(stream, None) is not None:
            self._consumer.forget(stream)
            self.forgotten(stream)

    def isKnown(self, stream: int) -> bool:
        """See L{StreamSink <gma_twisted.streams.sink.StreamSink>}."""
        asked = self._asked.get(stream)
        # What is being taken under an old number may be done yet: how far it is, is known then.
        return asked is not None and self._taking.get(asked.name, stream) == stream

    def position(self, stream: int) -> Position | None:
        """See L{StreamSink <gma_twisted.streams.sink.StreamSink>}."""
        asked = self._asked.get(stream)
        return None if asked is None else self._positionOf(asked.name)

    async def fill(self, stream: int, life: str, after: int, upTo: int) -> Filled:
        """See L{StreamSink <gma_twisted.streams.sink.StreamSink>}."""
        asked = self._asked.get(stream)
        if asked is None:
            raise UnknownId("the subscription is over")
        events: list[Event] = []
        missing: int | None = 0
        cursor: str | None = gapCursor(life, after, upTo)
        for _ in range(_PAGES):
            assert cursor is not None
            answer = await asked.ask(cursor)
            events += answer.events
            if _lacks(answer):
                missing = None
            cursor = answer.cursor
            if cursor is None:
                return Filled(events, upTo, missing)
            reached = _reachedBy(cursor, life, upTo)
            if reached is not None and after < reached:
                return Filled(events, reached, missing)
        return Filled(events, upTo, None)

    async def deliver(
        self, stream: int, events: Sequence[Event], life: str, last: int, missed: int | None
    ) -> None:
        """See L{StreamSink <gma_twisted.streams.sink.StreamSink>}."""
        asked = self._asked.get(stream)
        if asked is None:
            raise UnknownId("the subscription is over")
        position = Position(life, last)
        if not events and self._positionOf(asked.name) is None:
            # It begins there, also when that cannot be kept now: what comes until it can is asked for then.
            self._note(asked.name, position)
        self._taking[asked.name] = stream
        try:
            kept = {asked.name: f"{life} {last}"}
            await self._consumer.stream(stream, events, missed, kept)
        finally:
            self._taking.pop(asked.name, None)
        self._note(asked.name, position)

    async def plain(self, events: Sequence[Event], address: str) -> None:
        """See L{StreamSink <gma_twisted.streams.sink.StreamSink>}."""
        await self._consumer.plain(events, Caller(ANONYMOUS, address))

    def _positionOf(self, name: str) -> Position | None:
        if name not in self._positions:
            text = self._consumer.positions().get(name, "")
            life, _, last = text.rpartition(" ")
            self._note(name, Position(life, int(last)) if life and last.isdecimal() else None)
        return self._positions[name]

    def _note(self, name: str, position: Position | None) -> None:
        self._positions[name] = position
        self._positions.move_to_end(name)
        if len(self._positions) > _POSITIONS:
            self._positions.popitem(last=False)


@attrs.frozen(slots=True, eq=False)
class _LineWay:
    """
    See L{Way}.

    @ivar name: as L{_Asked.name}
    @ivar dataUrl: where the lines go
    """

    streamed: Streamed
    name: str
    dataUrl: str
    question: _Question

    async def choose(self, callerId: int, schemes: Sequence[str]) -> tuple[str | None, bool]:
        """See L{Way}: lines, where the producer can send some."""
        if TCP in schemes:
            return self.dataUrl, self.streamed.expect(callerId, self.name, self.question)
        log.warn(
            "{url} sends no lines; its events come as messages, and what is missing is not asked for",
            url=self.question.url,
        )
        await self.streamed.dismiss(callerId, self.name)
        return None, False


@attrs.frozen(slots=True, eq=False)
class _MessageWay:
    """
    See L{Way}: of a subscription that had lines before.

    @ivar name: as L{_Asked.name}
    """

    streamed: Streamed
    name: str

    async def choose(self, callerId: int, schemes: Sequence[str]) -> tuple[str | None, bool]:
        """See L{Way}: messages."""
        await self.streamed.dismiss(callerId, self.name)
        return None, False


def _reachedBy(cursor: str, life: str, upTo: int) -> int | None:
    """Up to which number all was told, when a cursor asks for what is missing behind it; else C{None}."""
    start, end = f"g{life}.", f".{upTo}"
    between = cursor.removeprefix(start).removesuffix(end)
    isGap = cursor == start + between + end and between.isdecimal() and len(between) < 20
    return int(between) if isGap else None


def _lacks(answer: EventAnswer) -> bool:
    """Whether something of the page that was asked for is missing."""
    # Others are about sources that were not heard of lately; those that are too many to be named have one together.
    troubled = sum(one.state != _FRESH for one in answer.sources)
    return len(answer.warnings) > troubled + (troubled >= _NAMED)
