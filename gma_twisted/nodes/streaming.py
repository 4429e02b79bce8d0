"""Lines of events at a node: the planes of a producer, and the ports of a consumer, made of a plan."""

import random
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import attrs
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import DatagramProtocol

from gma_twisted.markup import XMLGate
from gma_twisted.markup.events import readEvent
from gma_twisted.model import Handle
from gma_twisted.netlogger.dataurl import TCP, DataUrl
from gma_twisted.netlogger.lines import LineReader
from gma_twisted.nodes.consuming import HostedConsumer
from gma_twisted.nodes.linedoor import LineDoor
from gma_twisted.nodes.lines import HostedLines, TakenLines
from gma_twisted.nodes.lostlines import LostLines
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.reach import LineReach, Reach
from gma_twisted.nodes.streamed import Streamed
from gma_twisted.stores.journal import Worker
from gma_twisted.streams.datagramlistener import DatagramListener
from gma_twisted.streams.datagrams import UDPLinePlane
from gma_twisted.streams.files import FileLinePlane
from gma_twisted.streams.intake import StreamIntake
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.lineplane import LinePlane
from gma_twisted.streams.listener import LineListener
from gma_twisted.streams.listenlimits import ListenLimits, OrderLimits
from gma_twisted.streams.plane import TCPLinePlane
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Exchange

__all__ = ["hostLines", "linePlanes"]

_FILES = "lines"


class _FilePlane(FileLinePlane):
    """See L{FileLinePlane}; it has the worker for itself."""

    def __init__(self, directory: str, worker: Worker, *around: Any) -> None:
        super().__init__(directory, worker, *around)
        self._own = worker

    async def stop(self) -> None:
        """See L{IStreamPlane <gma_twisted.interfaces.gma.IStreamPlane>}."""
        try:
            await super().stop()
        finally:
            await self._own.stop()


def linePlanes(
    plan: Plan, clock: NodeClock, reach: Reach, workerOf: Callable[[str], Worker]
) -> Sequence[LinePlane]:
    """
    The ways of lines to who asks for them; nothing is opened. To files there is one where the operator says below which
    directory they are.

    @param reach: to where they go
    @param workerOf: makes, of a name, what files are written in
    """
    lines, section = reach.lines, plan.streams
    limits = StreamLimits(linger=section.linger, **plan.limits.of("streams"))

    def openPort(protocol: DatagramProtocol, isIPv6: bool) -> IListeningPort:
        port: IListeningPort = lines.reactor.listenUDP(
            0, protocol, interface="::" if isIPv6 else ""
        )
        return port

    around = (lines.admit, clock, random.random, limits)
    planes: list[LinePlane] = [
        TCPLinePlane(lines.dial, *around, pin=reach.pins.pin),
        UDPLinePlane(openPort, lines.resolve, *around),
    ]
    if section.files is not None:
        planes.append(_FilePlane(section.files, workerOf(_FILES), *around))
    return planes


def hostLines(
    plan: Plan,
    clock: NodeClock,
    reach: LineReach,
    gate: XMLGate,
    exchange: Exchange,
    consumer: HostedConsumer,
    handle: Handle,
) -> HostedLines | None:
    """
    The ports of a consumer.

    @param gate: reads events that come as XML
    @param exchange: knows who may notify
    @param handle: of the consumer's service
    @return: C{None} where it listens for no lines
    """
    section = plan.consumer
    if not section.listen:
        return None
    door = LineDoor(exchange, handle.path, section.listenFrom, clock)
    taken = TakenLines(consumer, door)
    streamed = Streamed(taken, _placeOf(section.listen, handle))
    intake = StreamIntake(streamed, clock, OrderLimits(**plan.limits.of("order")))
    bounds = ListenLimits(**plan.limits.of("listening"))
    # What comes together is one notification, to this consumer, and to one that it forwards to.
    bounds = attrs.evolve(bounds, batchLines=min(bounds.batchLines, consumer.limits.events))
    reader = LineReader(parse=lambda line: readEvent(gate.parse(line, "a line")))
    return HostedLines(
        section.listen,
        reach.reactor,
        door,
        streamed,
        intake,
        lambda: LineListener(intake.take, clock, bounds, door.mayConnect, intake.ended, reader),
        lambda: DatagramListener(intake.takeDatagram, clock, bounds, door.maySend, reader),
        taken,
        LostLines(clock, random.random, intake.isConnected),
    )


def _placeOf(listen: Sequence[DataUrl], handle: Handle) -> DataUrl | None:
    """Where lines of subscriptions go: to the first address of TCP, by a name that others reach the node by."""
    for one in listen:
        if one.scheme == TCP:
            host = one.host
            if host in ("0.0.0.0", "::"):
                host = urlsplit(handle.url).hostname or host
            return attrs.evolve(one, host=host, port=one.ports[0])
    return None
