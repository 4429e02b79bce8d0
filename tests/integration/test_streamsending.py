"""Lines over real sockets to many listeners, one of which does not read."""

import socket
from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor as installed  # noqa: TID251 (trial's, for real sockets)
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from gma_twisted.events import EventEngine
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import Terms
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.netlogger.lines import LineReader
from gma_twisted.streams.datagrams import UDPLinePlane
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.plane import TCPLinePlane
from gma_twisted.timing import Backoff, NodeClock, toDeferred, withTimeout

reactor: Any = installed

_MEMBERS = 50
_ROUNDS, _EACH = 30, 50
_SMALL = 16 * 1024
_LINES = 300


class _Listener(Protocol):
    """Keeps what comes."""

    def __init__(self) -> None:
        self.data = bytearray()

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    @property
    def numbers(self) -> list[int]:
        """The number of each event; how many were left out as a negative one."""
        found: list[int] = []
        for line in bytes(self.data).splitlines():
            event = LineReader().read(line)
            assert event is not None
            isMissed = event.name == "gma.stream.missed"
            found.append(
                -int(str(event.get("count"))) if isMissed else int(str(event.get("number")))
            )
        return found


class _Listeners(Factory):
    noisy = False

    def __init__(self) -> None:
        self.all: list[_Listener] = []

    def buildProtocol(self, addr: object) -> _Listener:
        self.all.append(_Listener())
        return self.all[-1]


class _Narrow:
    """An endpoint whose connections hold little in the kernel."""

    def __init__(self, endpoint: IStreamClientEndpoint) -> None:
        self.endpoint = endpoint

    async def connect(self, factory: Any) -> Any:
        protocol: Any = await self.endpoint.connect(factory)
        handle = protocol.transport.getHandle()
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL)
        return protocol


async def _admitted(url: DataUrl, caller: Caller) -> str:
    return ""


class SendingTests(TestCase):
    """An engine with a plane of lines."""

    timeout = 60

    def setUp(self) -> None:
        """Listen, and make the engine."""
        self.listeners = _Listeners()
        self.port = reactor.listenTCP(0, self.listeners, backlog=100, interface="127.0.0.1")
        self.port.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
        self.clock = NodeClock(reactor)
        self.plane = TCPLinePlane(
            self.dial,
            _admitted,
            self.clock,
            lambda: 0.5,
            StreamLimits(lines=_LINES, closingSeconds=0.5),
            Backoff(0.05, 0.1),
        )
        self.engine = EventEngine(self.clock, [self.plane], lambda: 0.5)
        self.addCleanup(lambda: toDeferred(self.stop()))

    async def stop(self) -> None:
        """All ends within the bound of closing, whoever does not read."""
        await withTimeout(self.engine.stop(), 5.0, self.clock, "the engine")
        self.assertEqual(self.plane.counts.connections, 0)
        await self.port.stopListening()
        for one in self.listeners.all:
            if one.transport is not None:
                one.transport.loseConnection()
        await deferLater(reactor, 0.1)

    def dial(self, host: str, port: int) -> Any:
        """A way to the listeners."""
        return _Narrow(TCP4ClientEndpoint(reactor, host, port))

    async def subscribe(self, count: int) -> None:
        """So many subscriptions, connected."""
        port = self.port.getHost().port
        terms = Terms(Event("load"), f"x-netlog://127.0.0.1:{port}")
        await self.engine.check(terms, OURSELVES)
        for number in range(count):
            self.engine.subscribe(terms, number, self.fail).begin()
        await self.until(lambda: self.plane.counts.connections == count)

    async def until(self, isSo: Any) -> None:
        """Wait for something; bounded by the time of the test."""
        while not isSo():
            await deferLater(reactor, 0.01)

    def publish(self, first: int) -> None:
        """A round of events."""
        for number in range(first, first + _EACH):
            event = Event("load")
            event.add(EventField("number", number))
            event.add(EventField("text", "x" * 1000))
            self.engine.publish(event)

    async def test_stalled(self) -> None:
        """Who does not read holds up nobody: all others get everything in order, and it hears what it missed."""
        await self.subscribe(_MEMBERS)
        stalled, *others = self.listeners.all
        stalled.transport.pauseProducing()  # type: ignore[union-attr]
        for first in range(1, _ROUNDS * _EACH + 1, _EACH):
            before = len(others[0].data)
            self.publish(first)
            size = before + _EACH * 1000
            await self.until(lambda size=size: all(len(one.data) > size for one in others))
        last = _ROUNDS * _EACH
        everything = [*range(1, last + 1)]
        await self.until(lambda: all(one.data.count(b"\n") == last for one in others))
        self.assertEqual(others[0].numbers, everything)
        self.assertEqual({bytes(one.data) for one in others}, {bytes(others[0].data)})
        self.assertEqual(self.plane.counts.lines, last)
        stalled.transport.resumeProducing()  # type: ignore[union-attr]
        await self.until(lambda: stalled.data.endswith(others[0].data[-1500:]))
        got = stalled.numbers
        (missed,) = [-one for one in got if one < 0]
        at = got.index(-missed)
        self.assertEqual(got[:at], everything[:at])
        self.assertEqual(got[at + 1 :], everything[at + missed :])

    async def test_again(self) -> None:
        """A listener that goes away and comes back gets what is published then; what perhaps was lost is told."""
        await self.subscribe(1)
        self.publish(1)
        await self.until(lambda: self.listeners.all[0].data.count(b"\n") == _EACH)
        self.listeners.all[0].transport.loseConnection()  # type: ignore[union-attr]
        await self.until(lambda: len(self.listeners.all) == 2)
        self.publish(_EACH + 1)
        await self.until(lambda: self.listeners.all[1].data.count(b"\n") >= _EACH)
        self.assertEqual(self.listeners.all[1].numbers, [*range(_EACH + 1, 2 * _EACH + 1)])
        self.assertEqual(self.plane.counts.reconnected, 1)
        self.assertEqual(self.plane.counts.missed, 0)

    async def test_datagrams(self) -> None:
        """Datagrams come too, a line each; one that nobody listens for does no harm."""
        taken: list[bytes] = []

        class _Taking(DatagramProtocol):
            def datagramReceived(self, datagram: bytes, addr: Any) -> None:
                taken.append(datagram)

        port = reactor.listenUDP(0, _Taking(), interface="127.0.0.1")
        self.addCleanup(port.stopListening)

        async def resolve(host: str) -> Sequence[str]:
            return [host]

        def openPort(protocol: DatagramProtocol, isIPv6: bool) -> Any:
            return reactor.listenUDP(0, protocol, interface="::" if isIPv6 else "0.0.0.0")

        plane = UDPLinePlane(openPort, resolve, _admitted, self.clock, lambda: 0.5)
        engine = EventEngine(self.clock, [plane], lambda: 0.5)
        self.addCleanup(lambda: toDeferred(engine.stop()))
        for place in (f"127.0.0.1:{port.getHost().port}", "127.0.0.1:9"):
            terms = Terms(Event("load"), f"x-netlog-udp://{place}")
            await engine.check(terms, OURSELVES)
            engine.subscribe(terms, 1, self.fail).begin()
        for number in (1, 2, 3):
            event = Event("load")
            event.add(EventField("number", number))
            engine.publish(event)
            await self.until(lambda number=number: len(taken) == number)
        read = [LineReader().read(one) for one in taken]
        self.assertEqual([one and one.get("number") for one in read], [1, 2, 3])
        self.assertEqual(plane.counts.failed, 0)

    async def test_stalledAtEnd(self) -> None:
        """The end of the engine is not held up by a listener that does not read."""
        await self.subscribe(2)
        for one in self.listeners.all:
            one.transport.pauseProducing()  # type: ignore[union-attr]
        for first in range(1, 1000, _EACH):
            self.publish(first)
            await deferLater(reactor, 0.01)
        await withTimeout(self.engine.stop(), 5.0, self.clock, "the engine")
        self.assertEqual(self.plane.counts.held, 0)
