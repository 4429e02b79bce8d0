"""What comes over lines: events of no subscription, and numbered streams."""

import random
from collections.abc import Callable, Sequence

from gma_twisted.errors import GMAError
from gma_twisted.model.event import Event
from gma_twisted.netlogger.numbers import BEGIN, MISSED, beginning, numbersOf
from gma_twisted.streams.insisting import Insistence
from gma_twisted.streams.listencounts import OrderCounts
from gma_twisted.streams.listenlimits import OrderLimits
from gma_twisted.streams.numberedstream import NumberedStream, Surroundings
from gma_twisted.streams.order import Line
from gma_twisted.streams.sink import LinePeer, StreamSink
from gma_twisted.timing import LogLimit, NodeClock

__all__ = ["StreamIntake"]

# Lines of one connection that are called as a beginning and begin nothing, before it is closed.
_STRAYS = 100


class StreamIntake:
    """
    Tells numbered connections from plain ones, and hands on what they bring.

    @ivar counts: since the start
    @ivar lost: told of each stream whose connection ended
    """

    def __init__(
        self,
        sink: StreamSink,
        clock: NodeClock,
        limits: OrderLimits | None = None,
        random: Callable[[], float] = random.random,
    ) -> None:
        """
        @param sink: gets the events
        @param random: gives a number in C{[0, 1)}
        """
        self.counts = OrderCounts()
        self.lost: Callable[[int], None] = lambda stream: None
        self._sink = sink
        self._limits = limits or OrderLimits()
        self._around = Surroundings(
            sink, self._limits, self.counts, Insistence(clock, random), LogLimit(clock)
        )
        self._streams: dict[int, NumberedStream] = {}
        self._of: dict[LinePeer, NumberedStream] = {}
        # Those that brought plain lines, and how many lines among them that are called as a beginning.
        self._plainly: dict[LinePeer, int] = {}

    @property
    def streams(self) -> Sequence[int]:
        """Those that are connected."""
        return tuple(self._streams)

    def isConnected(self, stream: int) -> bool:
        """Whether it has a connection."""
        return stream in self._streams

    async def take(self, events: Sequence[Event], peer: LinePeer) -> None:
        """
        Events came over a connection.

        @raise Busy: none of them is taken now; they are to be brought again. What is numbered is never refused so
        """
        stream = self._of.get(peer)
        if stream is None:
            events = await self._untilBeginning(events, peer)
        lines: list[Line] = []
        for event in events:
            if _isBeginning(event):
                if stream is not None:
                    await stream.take(lines, peer)
                    if stream.peer is not peer:
                        return
                    lines = []
                stream = await self._begin(event, peer)
                if stream is None:
                    return
            elif event.name != MISSED or event.sequence is not None:
                # The numbers tell where something is missing, and whether it is.
                lines += self._line(event)
        if stream is not None and lines:
            await stream.take(lines, peer)

    async def takeDatagram(self, events: Sequence[Event], peer: LinePeer) -> None:
        """Events came without a connection: they are of no subscription. @raise Busy: none is taken now"""
        plain = [one for one in events if not _isBeginning(one)]
        await self._plain(plain, peer)
        self._strays(len(events) - len(plain), peer)

    def ended(self, peer: LinePeer) -> None:
        """A connection ended, and all that it brought was taken."""
        self._plainly.pop(peer, None)
        stream = self._of.pop(peer, None)
        if stream is not None and stream.peer is peer:
            stream.peer = None
            del self._streams[stream.id]
            self.lost(stream.id)

    def forget(self, stream: int) -> None:
        """A subscription ended: its connection is closed."""
        found = self._streams.pop(stream, None)
        if found is not None and found.peer is not None:
            peer, found.peer = found.peer, None
            self._of.pop(peer, None)
            peer.close("its subscription ended")

    async def _untilBeginning(self, events: Sequence[Event], peer: LinePeer) -> Sequence[Event]:
        """What a connection without a stream brought is plain. @return: the rest, from where a stream begins"""
        plain: list[Event] = []
        rest: Sequence[Event] = ()
        for at, event in enumerate(events):
            if not _isBeginning(event):
                plain.append(event)
            elif self._begins(event, bool(plain) or peer in self._plainly):
                rest = events[at:]
                break
        await self._plain(plain, peer)
        if plain:
            self._plainly.setdefault(peer, 0)
        strays = len(events) - len(rest) - len(plain)
        self._strays(strays, peer)
        if strays:
            self._plainly[peer] += strays
            if self._plainly[peer] >= _STRAYS:
                peer.close(f"it sent {self._plainly[peer]} lines that begin no stream")
                return ()
        return rest

    def _begins(self, event: Event, isPlain: bool) -> bool:
        """
        Whether a connection goes on with a stream, or is refused as one. Whoever sends plain lines may have an event
        that is called as its beginning; a numbered connection has it first.
        """
        if not isPlain:
            # Its lines would be taken for events of no subscription.
            return True
        said = beginning(event)
        return said is not None and self._sink.isKnown(said.stream)

    def _strays(self, many: int, peer: LinePeer) -> None:
        if many:
            self.counts.bad += many
            self._around.say(f"{peer.address} sent {BEGIN} where no stream begins: it is left out")

    async def _plain(self, events: Sequence[Event], peer: LinePeer) -> None:
        if not events:
            return
        try:
            await self._sink.plain(events, peer.address)
        except GMAError as error:
            if error.retry:
                raise
            # A stream may begin right after them.
            self.counts.leftOut += len(events)
            self._around.say(
                f"{len(events)} events of no subscription from {peer.address} are left out: {error.message}"
            )
        else:
            self.counts.plain += len(events)

    def _line(self, event: Event) -> Sequence[Line]:
        read = numbersOf(event)
        if read.number is None or read.previous is None:
            self.counts.unnumbered += 1
            return ()
        return (Line(read.event, read.number, read.previous),)

    async def _begin(self, event: Event, peer: LinePeer) -> NumberedStream | None:
        said = beginning(event)
        if said is None:
            return self._refuse(peer, "its beginning says nothing usable")
        if not self._sink.isKnown(said.stream):
            return self._refuse(peer, "nobody here asked for its stream")
        peer.expectWhole()
        found = self._streams.get(said.stream)
        if found is None:
            if len(self._streams) >= self._limits.streams:
                return self._refuse(peer, f"there are {self._limits.streams} streams")
            found = self._streams[said.stream] = NumberedStream(said.stream, peer, self._around)
        before, found.peer = found.peer, peer
        self._leave(peer, found)
        self._of[peer] = found
        if before is not None and before is not peer:
            self.counts.superseded += 1
            self._of.pop(before, None)
            before.close("its stream came by another connection")
        self.counts.begun += 1
        await found.begin(said, peer)
        return found if self._of.get(peer) is found else None

    def _leave(self, peer: LinePeer, found: NumberedStream | None) -> None:
        """It may have brought another stream before."""
        before = self._of.get(peer)
        if before is not None and before is not found:
            self.ended(peer)

    def _refuse(self, peer: LinePeer, why: str) -> NumberedStream | None:
        self.counts.unknown += 1
        self._leave(peer, None)
        peer.close(why)
        return None


def _isBeginning(event: Event) -> bool:
    # What has a number was published, whatever it is called.
    return event.name == BEGIN and event.sequence is None
