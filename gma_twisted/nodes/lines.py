"""C{[consumer] listen}: the ports at which lines of events come to a consumer, and what takes them there."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IPushProducer
from twisted.logger import Logger

from gma_twisted.errors import ConfigError, cut
from gma_twisted.model import Caller
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.model.event import Event
from gma_twisted.netlogger.dataurl import TCP, DataUrl
from gma_twisted.nodes.consuming import HostedConsumer
from gma_twisted.nodes.linedoor import LineDoor
from gma_twisted.nodes.lostlines import LostLines
from gma_twisted.nodes.sinks import PositionSink, isNews
from gma_twisted.nodes.streamed import Streamed
from gma_twisted.streams.datagramlistener import DatagramListener
from gma_twisted.streams.intake import StreamIntake
from gma_twisted.streams.listener import LineListener
from gma_twisted.timing import gather

__all__ = ["HostedLines", "TakenLines"]

log = Logger()

_LARGEST = 65_536


@attrs.define(slots=True, eq=False)
class TakenLines:
    """
    The consumer of a node, as lines come to it (L{LineConsumer <gma_twisted.nodes.streamed.LineConsumer>}).

    @ivar consumer: takes the events
    @ivar door: asked about those of no subscription
    @ivar news: how many events of these were left out, because only a directory tells of such
    """

    consumer: HostedConsumer
    door: LineDoor
    # What was left out of a subscription, where its server is told with the next events; None: nobody knows how many.
    _missed: dict[int, int | None] = attrs.field(factory=dict, init=False, repr=False)
    news: int = attrs.field(default=0, init=False)

    async def plain(self, events: Sequence[Event], caller: Caller) -> None:
        """
        See L{LineConsumer <gma_twisted.nodes.streamed.LineConsumer>}. What is called as the news of a directory is left
        out alone: nobody watches one over lines, and what came with it may be of others.
        """
        self.door.admit()
        taken = events
        if self.consumer.sink is not None:
            taken = [one for one in events if not isNews(one)]
        if taken:
            await self.consumer.ear.notify(None, None, None, taken, caller)
        if len(taken) < len(events):
            if not self.news:
                log.info(
                    "lines: from {who} came what is called as the news of a directory: it is left out and counted",
                    who=caller.owner,
                )
            self.news += len(events) - len(taken)

    async def stream(
        self,
        callerId: int,
        events: Sequence[Event],
        missed: int | None,
        positions: Mapping[str, str],
    ) -> None:
        """See L{LineConsumer <gma_twisted.nodes.streamed.LineConsumer>}."""
        told = _sum(self._missed.get(callerId, 0), missed)
        sink = self.consumer.sink
        # A class of the operator's is not called for nothing, nor a sink that keeps no positions.
        isIdle = sink is None or (told == 0 and not isinstance(sink, PositionSink))
        if not events and isIdle:
            if told != 0:
                self._missed[callerId] = told
            return
        await self.consumer.part.stream(callerId, events, told, positions, Caller(ANONYMOUS))
        self._missed.pop(callerId, None)

    def positions(self) -> Mapping[str, str]:
        """See L{LineConsumer <gma_twisted.nodes.streamed.LineConsumer>}."""
        sink = self.consumer.sink
        return sink.positions() if isinstance(sink, PositionSink) else {}

    def forget(self, callerId: int) -> None:
        """See L{LineConsumer <gma_twisted.nodes.streamed.LineConsumer>}."""
        self._missed.pop(callerId, None)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


class HostedLines:
    """
    The ports and what is behind them. They are bound early, so that one that is taken is told; nobody is let in before
    the consumer can take events, whoever connects meanwhile waits.

    @ivar streamed: the streams that are asked for
    @ivar intake: tells them from plain lines
    @ivar lost: those whose connection ended
    """

    def __init__(
        self,
        listen: Sequence[DataUrl],
        reactor: Any,
        door: LineDoor,
        streamed: Streamed,
        intake: StreamIntake,
        listener: Callable[[], LineListener],
        datagrams: Callable[[], DatagramListener],
        taken: TakenLines,
        lost: LostLines,
    ) -> None:
        """
        @param listen: where
        @param reactor: binds ports
        @param door: asked who may send
        @param listener: makes what is behind a port of TCP, and C{datagrams} what is behind one of UDP
        @param taken: what they come to in the end
        """
        self.streamed = streamed
        self.intake = intake
        self.lost = lost
        self._listen = listen
        self._reactor = reactor
        self._door = door
        self._listener = listener
        self._datagrams = datagrams
        self._taken = taken
        self._ports: list[IListeningPort] = []
        self._behind: list[LineListener | DatagramListener] = []
        streamed.forgotten = self._forget
        intake.lost = lost.lost

    @property
    def places(self) -> Sequence[str]:
        """Where it listens, as data URLs; none before L{open}."""
        return [_placeOf(one) for one in self._listen] if self._ports else []

    def open(self) -> None:
        """
        Bind every port.

        @raise ConfigError: one is taken or may not be bound; none is open then
        """
        try:
            for one in self._listen:
                self._ports.append(self._bound(one))
        except ConfigError:
            for port in self._ports:
                port.stopListening()
            self._ports, self._behind = [], []
            raise

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: let in who waits."""
        if self._listen and not self._ports:
            self.open()
        for port in self._ports:
            if IPushProducer.providedBy(port):
                port.resumeProducing()
        for place in self.places:
            log.info("listening for lines on {place}", place=place)

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: what was read is handed on, in a bounded time."""
        ports, self._ports = self._ports, []
        behind, self._behind = self._behind, []
        try:
            await gather([_closed(one) for one in ports])
            await gather([one.stop() for one in behind])
        finally:
            # What ends here is lost too; and its calls would come after the end.
            self.lost.stop()

    def _forget(self, stream: int) -> None:
        self.intake.forget(stream)
        self.lost.forget(stream)

    def counts(self) -> Mapping[str, int]:
        """What came, of all ports together; and what became of the streams."""
        found: dict[str, int] = dict(attrs.asdict(self.intake.counts))
        for one in self._behind:
            for name, count in attrs.asdict(one.counts).items():
                found[name] = found.get(name, 0) + count
        # They were taken for handed on.
        for name, sign in (("leftOut", 1), ("plain", -1)):
            found[name] = found.get(name, 0) + sign * self._taken.news
        return found

    def _bound(self, url: DataUrl) -> IListeningPort:
        host = "127.0.0.1" if url.host == "localhost" else url.host
        number = url.ports[0]
        behind: LineListener | DatagramListener
        try:
            if url.scheme == TCP:
                behind = self._listener()
                port = self._reactor.listenTCP(number, behind, interface=host)
            else:
                behind = self._datagrams()
                port = self._reactor.listenUDP(
                    number, behind, interface=host, maxPacketSize=_LARGEST
                )
        except CannotListenError as error:
            words = getattr(error.socketError, "strerror", None) or cut(error.socketError)
            other = attrs.evolve(url, port=number + 1 if number < 65535 else number - 1)
            raise ConfigError(
                f"consumer.listen: {_placeOf(url)} cannot be listened on: {words}",
                cure=f'stop what listens there, or choose another, listen = "{other.place}"',
            ) from None
        if IPushProducer.providedBy(port):
            port.pauseProducing()
        self._behind.append(behind)
        found: IListeningPort = port
        return found


def _placeOf(url: DataUrl) -> str:
    return attrs.evolve(url, port=url.ports[0]).place


async def _closed(port: IListeningPort) -> None:
    closing = port.stopListening()
    if closing is not None:
        await closing
