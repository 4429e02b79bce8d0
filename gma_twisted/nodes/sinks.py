"""What becomes of events at a consumer without a class of its own: lines of JSON, another consumer, service data."""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import attrs
from twisted.logger import Logger

from gma_twisted.client.gma import ConsumerProxy
from gma_twisted.client.gmacomponent import newId
from gma_twisted.errors import (
    Busy,
    GMAError,
    NotRepresentable,
    ParameterError,
    PeerFault,
    Refused,
    TooLarge,
    cut,
)
from gma_twisted.events.values import EventValues
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.eventjson import writeEventJSON
from gma_twisted.model.template import overlaps
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.nodes.linefiles import LineWriter
from gma_twisted.nodes.subscribing import Origin
from gma_twisted.roles.consumer import ConsumerServer
from gma_twisted.timing import NodeClock, Ready

__all__ = [
    "MISSED",
    "EventSink",
    "ForwardSink",
    "LineSink",
    "PositionSink",
    "SinkingConsumer",
    "ValueSink",
    "isNews",
    "refuseNews",
]

log = Logger()

MISSED = "gma.consumer.missed"
"""Name of the event that tells of others of a subscription which never came: as many as its field C{count} says; where
there is none it is not known whether there are any."""

_EVERY = "*"
_ONWARD = 10_000
# HTTP status of what is more than is read, as the code of a fault.
_LARGE = "413"
# What begins so tells of a directory.
_NEWS = ("gma.entry.", "gma.watch.")


class EventSink(Protocol):
    """Where the events go."""

    def start(self) -> Awaitable[None]:
        """Be ready. @raise GMAError: it cannot"""

    def stop(self) -> Awaitable[None]:
        """End."""

    def take(
        self, events: Sequence[Event], callerId: int | None, caller: Caller
    ) -> Awaitable[None]:
        """
        Take all of them.

        @param callerId: number of their subscription; C{None} for events of none
        @param caller: who brought them
        @raise Busy: not now
        @raise GMAError: it cannot, and has none of them
        """


@runtime_checkable
class PositionSink(EventSink, Protocol):
    """One that keeps, with the events of streams, how far these are: both or none."""

    def positions(self) -> Mapping[str, str]:
        """Texts by name, as they were kept last."""

    def keep(
        self,
        events: Sequence[Event],
        callerId: int | None,
        caller: Caller,
        positions: Mapping[str, str],
    ) -> Awaitable[None]:
        """
        Take all of them, perhaps none, as L{EventSink.take}, and keep positions beside those there are.

        @raise GMAError: as L{EventSink.take}
        """


@attrs.frozen(slots=True, eq=False)
class LineSink:
    """A line of JSON each. @ivar writer: writes them"""

    writer: LineWriter

    def start(self) -> Awaitable[None]:
        """See L{EventSink.start}."""
        return self.writer.start()

    def stop(self) -> Awaitable[None]:
        """See L{EventSink.stop}."""
        return self.writer.stop()

    def take(
        self, events: Sequence[Event], callerId: int | None, caller: Caller
    ) -> Awaitable[None]:
        """See L{EventSink.take}."""
        return self.writer.write(events)


@attrs.define(slots=True, eq=False)
class _Onward:
    """
    One subscription as the other consumer knows it.

    @ivar callerId: its number there
    @ivar next: number of the event that goes there next
    @ivar unsure: what was sent and perhaps not taken, as L{_markOf} tells it; C{None} when all was taken
    """

    callerId: int = attrs.field(factory=newId)
    next: int = 1
    unsure: bytes | None = None


@attrs.define(slots=True, eq=False)
class ForwardSink:
    """
    Another consumer; it is connected to when the first events come.

    Events of a subscription go there under a number of this sink's own, and are counted: what is brought here a second
    time, because the other consumer took it and its answer was lost, it knows. It must take events it did not ask for,
    C{open = true}. As long as it takes none, for whatever reason, who sends them keeps them.

    @ivar to: its URL
    @ivar connect: gives a proxy
    """

    to: str
    connect: Callable[[str], Awaitable[ConsumerProxy]]
    _proxy: ConsumerProxy | None = attrs.field(default=None, init=False, repr=False)
    # By number of the subscription; of too many those go of which nothing came for longest.
    _onward: OrderedDict[int, _Onward] = attrs.field(factory=OrderedDict, init=False, repr=False)
    _isTaken: bool = attrs.field(default=True, init=False)

    def start(self) -> Awaitable[None]:
        """See L{EventSink.start}."""
        return Ready(None)

    def stop(self) -> Awaitable[None]:
        """See L{EventSink.stop}."""
        return Ready(None)

    async def take(self, events: Sequence[Event], callerId: int | None, caller: Caller) -> None:
        """See L{EventSink.take}."""
        onward = None if callerId is None else self._onwardOf(callerId)
        try:
            await self._bring(events, onward)
        except (TooLarge, NotRepresentable):
            # These will never be taken: who sent them leaves them out.
            raise
        except GMAError as error:
            if self._isTaken:
                log.warn("{to} takes no events: {why}", to=self.to, why=error.message)
            self._isTaken = False
            raise Busy(f"{self.to} does not take events now: {error.message}") from error
        self._isTaken = True

    async def _bring(self, events: Sequence[Event], onward: _Onward | None) -> None:
        if self._proxy is None:
            self._proxy = await self.connect(self.to)
        try:
            if onward is None:
                await self._proxy.notify(events)
                return
            if onward.unsure is not None and onward.unsure != _markOf(events):
                # Whether the ones before were taken is not known: these are not to be taken for them.
                onward.callerId, onward.next = newId(), 1
            onward.unsure = None
            try:
                await self._proxy.notify(events, onward.callerId, onward.next)
            except BaseException:
                onward.unsure = _markOf(events)
                raise
        except PeerFault as error:
            if error.fault == _LARGE:
                raise TooLarge(error.message) from error
            raise
        onward.next += len(events)

    def _onwardOf(self, callerId: int) -> _Onward:
        found = self._onward.setdefault(callerId, _Onward())
        self._onward.move_to_end(callerId)
        if len(self._onward) > _ONWARD:
            self._onward.popitem(last=False)
        return found


@attrs.define(slots=True, eq=False)
class ValueSink:
    """
    The service data of an index. An event of a subscription is said to be of its producer, by URL, and any other of who
    brought it.

    @ivar values: keeps them
    @ivar originOf: tells where events come from that were asked for
    """

    values: EventValues
    originOf: Callable[[int], Origin | None] | None = attrs.field(default=None, init=False)

    def start(self) -> Awaitable[None]:
        """See L{EventSink.start}."""
        return self.values.start()

    def stop(self) -> Awaitable[None]:
        """See L{EventSink.stop}."""
        return self.values.stop()

    async def take(self, events: Sequence[Event], callerId: int | None, caller: Caller) -> None:
        """See L{EventSink.take}."""
        origin = None
        if callerId is not None and self.originOf is not None:
            origin = self.originOf(callerId)
        if origin is None:
            await self.values.take(events, caller.owner)
        else:
            section = origin.section
            await self.values.take(events, origin.producer, section.good, section.grace)


class SinkingConsumer(ConsumerServer):
    """Takes what is wanted of whoever has it, and hands it to a sink."""

    def __init__(
        self,
        sink: EventSink,
        wanted: Sequence[Event],
        clock: NodeClock,
        isOpen: bool | None = None,
    ) -> None:
        """
        @param sink: where events go
        @param wanted: templates of those that producers may offer; none for all
        @param clock: the node's
        @param isOpen: whether events are taken that nothing here asked for and no producer has offered; C{None}:
            where it is not said which are wanted
        """
        self.isOpen = not wanted if isOpen is None else isOpen
        self.sink = sink
        # A directory finds nobody for a template who does not say what is wanted.
        self.eventTypes = tuple(wanted) or (Event(_EVERY, 0),)
        self._wanted = tuple(wanted)
        self._clock = clock

    async def doNotify(self, events: Sequence[Event], **kw: Any) -> None:
        """Take events; of those that were left out before them an event of its own tells."""
        told = list(events)
        callerId = kw.get("callerId")
        for count, isAnnounced in ((kw.get("missed"), True), (kw.get("gap"), False)):
            if count:
                told.insert(0, self._missed(int(count), isAnnounced))
        if kw.get("isResumed"):
            told.insert(0, self._missed(None, False))
        caller, positions = kw.get("caller", OURSELVES), kw.get("positions")
        if positions is not None and isinstance(self.sink, PositionSink):
            await self.sink.keep(told, callerId, caller, positions)
        elif told:
            await self.sink.take(told, callerId, caller)

    def doSubscribe(self, event: Event, sId: int, **kw: Any) -> None:
        """A producer will send events. @raise Refused: such events are not wanted"""
        self._wantedOf(event)

    def doUnsubscribe(self, sid: int) -> None:
        """Nothing is kept of it."""

    def doQuery(self, event: Event, **kw: Any) -> Sequence[Event]:
        """A producer asks what is wanted of what it offers."""
        try:
            return self._wantedOf(event)
        except Refused:
            return ()

    def _wantedOf(self, event: Event) -> Sequence[Event]:
        if not self._wanted:
            return (event,)
        found = [one for one in self._wanted if overlaps(one, event)]
        if not found:
            raise Refused(f'events "{cut(event.name, 60)}" are not wanted here')
        return found

    def _missed(self, count: int | None, isAnnounced: bool) -> Event:
        event = Event(MISSED, Timestamp.ofSeconds(self._clock.wallTime()))
        if count is None:
            log.warn("a subscription was lost and made again: events of it may be missing")
        else:
            event.add(EventField("count", count))
            log.warn("{count} events of a subscription were left out before they came", count=count)
        # Not which subscription: who reads its number could bring events of it.
        # A number: lines hold no truth values.
        event.add(EventField("announced", int(isAnnounced)))
        return event


def isNews(event: Event) -> bool:
    """Whether it is what a directory tells who watches it, by its name."""
    return event.name.startswith(_NEWS)


def refuseNews(callerId: int | None, events: Sequence[Event]) -> None:
    """
    Whether what came under a number that nobody here knows may be events.

    @raise ParameterError: a directory tells something to who watched it in another life of the node; it ends the watch
    """
    if any(map(isNews, events)):
        raise ParameterError(f"Bad id {callerId}", id=str(callerId))


def _markOf(events: Sequence[Event]) -> bytes:
    """
    What tells whether events are the same as others.

    What is told of missed ones is made anew for each attempt, of another time.
    """
    marked = hashlib.sha256()
    for one in events:
        text = one.name if one.name == MISSED else writeEventJSON(one)
        marked.update(text.encode() + b"\n")
    return marked.digest()
