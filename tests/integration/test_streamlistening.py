"""Lines over real sockets: NetLogger's clients as they are, and others as they should not be."""

import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from twisted.internet import reactor as installed  # noqa: TID251 (trial's, for real sockets)
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from gma_twisted.model.event import Event
from gma_twisted.streams.datagramlistener import DatagramListener
from gma_twisted.streams.framing import PREAMBLE
from gma_twisted.streams.intake import StreamIntake
from gma_twisted.streams.listener import LineListener
from gma_twisted.streams.listenlimits import ListenLimits
from gma_twisted.streams.sink import LinePeer
from gma_twisted.timing import NodeClock, toDeferred
from tests.readme import readBlocks
from tests.streams.intakestand import LIFE, STREAM, Sink
from tests.streams.listenstand import line

reactor: Any = installed

_LONGEST = 20.0
_PIECE = b"".join(line(f"e{one}") for one in range(1000))


class _Case(TestCase):
    """A listener on 127.0.0.1."""

    timeout = 60

    def setUp(self) -> None:
        """Nobody takes anything for as long as C{gate} is there."""
        self.names: list[str] = []
        self.gate: Deferred[None] | None = None
        self.largest = 0

    async def take(self, events: Sequence[Event], peer: LinePeer) -> None:
        """As listeners ask it."""
        self.largest = max(self.largest, len(events))
        if self.gate is not None:
            await self.gate
        self.names += [one.name for one in events]

    def listen(self, limits: ListenLimits | None = None, **more: Any) -> LineListener:
        """Begin."""
        take = more.pop("take", self.take)
        listener = LineListener(take, NodeClock(reactor), limits, **more)
        self.port = reactor.listenTCP(0, listener, backlog=200, interface="127.0.0.1")

        async def stop() -> None:
            await self.port.stopListening()
            await listener.stop()

        self.addCleanup(lambda: toDeferred(stop()))
        return listener

    def connect(self) -> socket.socket:
        """A client."""
        client = socket.create_connection(("127.0.0.1", self.port.getHost().port), 5)
        self.addCleanup(client.close)
        return client

    async def until(self, isSo: Callable[[], bool]) -> None:
        """Let the reactor run until something is so."""
        ends = reactor.seconds() + _LONGEST
        while not isSo():
            self.assertLess(reactor.seconds(), ends, "it never came")
            await deferLater(reactor, 0.005)

    async def ended(self, client: socket.socket) -> None:
        """Wait until the listener has ended a connection."""
        client.setblocking(False)

        def isEnded() -> bool:
            try:
                return client.recv(1) == b""
            except BlockingIOError:
                return False
            except ConnectionError:
                return True

        await self.until(isEnded)


class TCPTests(_Case):
    """Over TCP."""

    async def test_clients(self) -> None:
        """What C clients and what Python clients write is read, and files that are thrown at it."""
        self.listen()
        c, python, thrown = self.connect(), self.connect(), self.connect()
        c.sendall(PREAMBLE[:3])
        await deferLater(reactor, 0.02)
        c.sendall(PREAMBLE[3:])
        c.sendall(b"DATE=20020329210355.443568 HOST=10.1.1.10 PROG=nliperf NL.EVNT=ulm ID=2746\n")
        python.sendall(line("bp"))
        thrown.sendall(
            b"<" * 70_000 + b"\n" + bytes(range(256)) * 8 + b"\n" + line("last").rstrip()
        )
        thrown.close()
        await self.until(lambda: len(self.names) == 3)
        self.assertEqual(sorted(self.names), ["bp", "last", "ulm"])

    async def test_page(self) -> None:
        """The program of the page does what it says."""
        (block,) = [
            one for one in readBlocks("docs/streams.md", "python") if "listenAt" in one.text
        ]
        named: dict[str, Any] = {}
        exec(block.text, named)
        queue: list[tuple[str, str]] = []
        listener, self.port = named["listenAt"](reactor, 0, queue)
        self.addCleanup(lambda: toDeferred(listener.stop()))
        self.addCleanup(self.port.stopListening)
        self.connect().sendall(line("a"))
        await self.until(lambda: queue == [("127.0.0.1", "a")])

    async def test_hundred(self) -> None:
        """A hundred connections at once lose nothing."""
        listener = self.listen()
        clients = [self.connect() for _ in range(100)]
        for at, one in enumerate(clients):
            one.sendall(b"".join(line(f"e{at}.{number}") for number in range(20)))
            one.close()
        await self.until(lambda: len(self.names) == 2000)
        for at in range(100):
            own = [one for one in self.names if one.startswith(f"e{at}.")]
            self.assertEqual(own, [f"e{at}.{number}" for number in range(20)])
        await self.until(lambda: len(listener) == 0)

    async def test_backPressure(self) -> None:
        """While nothing is taken, who sends without end is not read: it waits, and no memory does."""
        self.gate = Deferred()
        listener = self.listen()
        client = self.connect()
        client.setblocking(False)
        sent = 0
        quiet = 0
        while quiet < 50:
            try:
                sent += client.send(_PIECE)
                quiet = 0
            except BlockingIOError:
                quiet += 1
                await deferLater(reactor, 0.005)
            self.assertLess(sent, 64 * 1024**2, "it is read without end")
        (connection,) = listener._connections
        unread = sum(len(one) for one in connection._lines if isinstance(one, bytes))
        # What one read of the reactor gives.
        self.assertLessEqual(unread, 128 * 1024)
        self.assertLessEqual(self.largest, 500)
        gate, self.gate = self.gate, None
        gate.callback(None)
        wanted = sent // (len(_PIECE) // 1000) - 1000
        await self.until(lambda: len(self.names) > min(wanted, 10_000))

    async def test_idle(self) -> None:
        """Who drips bytes and never ends a line is closed; who sends lines is not."""
        listener = self.listen(ListenLimits(idleSeconds=0.3))
        slow, good = self.connect(), self.connect()
        await self.until(lambda: len(listener) == 2)
        slow.setblocking(False)
        while len(listener) == 2:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                slow.send(b"x")
            good.sendall(line("a"))
            await deferLater(reactor, 0.01)
        await self.ended(slow)
        good.sendall(line("still"))
        await self.until(lambda: "still" in self.names)

    async def test_tooMany(self) -> None:
        """Who comes when there is no room, or may not come, is closed."""
        self.listen(ListenLimits(connections=1))
        first = self.connect()
        first.sendall(line("a"))
        await self.until(lambda: self.names == ["a"])
        await self.ended(self.connect())

    async def test_forbidden(self) -> None:
        """Who may not connect is closed, and not read."""
        listener = self.listen(mayConnect=lambda address: address != "127.0.0.1")
        client = self.connect()
        with contextlib.suppress(ConnectionError):
            client.sendall(line("a"))
        await self.ended(client)
        self.assertEqual((self.names, listener.counts.refused), ([], 1))

    async def test_junk(self) -> None:
        """Who sends nothing but junk is disconnected."""
        self.listen()
        client = self.connect()
        with contextlib.suppress(ConnectionError):
            client.sendall(b"GET / HTTP/1.1\r\n\r\n" * 200)
        await self.ended(client)
        self.assertEqual(self.names, [])

    async def test_numbered(self) -> None:
        """A numbered stream goes on over another connection, and what was lost between them is asked for."""
        sink = Sink(history=[1, 2, 3])
        intake = StreamIntake(sink, NodeClock(reactor))
        self.listen(take=intake.take, ended=intake.ended)

        def begin(told: int) -> bytes:
            return line("gma.stream.begin", stream=f'"{STREAM}"', life=LIFE, after=0, told=told)

        def numbered(number: int) -> bytes:
            numbers = {"gma.seq": number, "gma.prev": number - 1}
            return line(f"e{number}", **numbers)

        first, second = self.connect(), self.connect()
        first.sendall(begin(0) + numbered(1) + numbered(2).rstrip())
        await self.until(lambda: sink.names == ["e1"])
        second.sendall(begin(3) + numbered(4))
        await self.ended(first)
        await self.until(lambda: len(sink.names) == 4)
        self.assertEqual(sink.names, ["e1", "e2", "e3", "e4"])


@attrs.frozen
class _Client:
    """Sends datagrams."""

    socket: socket.socket
    port: int

    def send(self, data: bytes) -> None:
        """One."""
        self.socket.sendto(data, ("127.0.0.1", self.port))


class UDPTests(_Case):
    """Over UDP."""

    async def test_datagrams(self) -> None:
        """Datagrams of a line, of many and of junk are read."""
        listener = DatagramListener(self.take, NodeClock(reactor))
        port = reactor.listenUDP(0, listener, interface="127.0.0.1", maxPacketSize=65_536)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                one = _Client(client, port.getHost().port)
                one.send(line("a"))
                one.send(b"\0\xff junk")
                one.send(b"".join(line(f"e{number}") for number in range(900)))
                await self.until(lambda: len(self.names) == 901)
            self.assertEqual((listener.counts.datagrams, listener.counts.bad), (3, 1))
        finally:
            await port.stopListening()
            await listener.stop()
