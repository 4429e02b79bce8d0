"""The fetcher against servers that answer in every way, over the network in memory."""

import tracemalloc
from collections.abc import Awaitable, Callable

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ConnectionDone, DNSLookupError
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import (
    GMAError,
    PeerBusy,
    PeerError,
    PeerFault,
    PeerUnreachable,
    TooLarge,
)
from gma_twisted.processes import IFetcher
from gma_twisted.testing import FetcherContract
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport.fetching import Fetcher
from gma_twisted.transport.memory import MemoryEndpoint, MemoryNetwork

_URL = "http://peer/page"


class _Server(Protocol):
    """Does what a test says, when it is connected or spoken to."""

    transport: ITransport

    def __init__(self, stand: "_Stand") -> None:
        self._stand = stand
        self.received = b""

    def connectionMade(self) -> None:
        """Count it."""
        self._stand.servers.append(self)
        self._stand.open += 1
        self._stand.connected(self)

    def dataReceived(self, data: bytes) -> None:
        """A request."""
        self.received += data
        self._stand.asked(self)

    def connectionLost(self, reason: object = None) -> None:
        """Count it."""
        self._stand.open -= 1

    def say(self, data: bytes) -> None:
        """Say something, and no more."""
        self.transport.write(data)
        self.transport.loseConnection()


class _Stand:
    """A fetcher, a network and a server at two ports."""

    def __init__(self) -> None:
        self.time = Clock()
        clock = NodeClock(self.time)
        self.network = MemoryNetwork(clock)
        self.servers: list[_Server] = []
        self.open = 0
        self.connected: Callable[[_Server], object] = lambda server: None
        self.asked: Callable[[_Server], object] = lambda server: None
        for port in (80, 81):
            self.network.listen("peer", port, Factory.forProtocol(lambda: _Server(self)))
        self.fetcher = Fetcher(clock, self._connect)

    def _connect(self, host: str, port: int, isTLS: bool) -> MemoryEndpoint:
        return MemoryEndpoint(self.network, "here", host, port)

    def wait(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        for _ in range(round(seconds / 0.05)):
            self.time.advance(0.05)


def _answer(status: bytes, body: bytes = b"", fields: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, fields, len(body), body)


class ContractTests(FetcherContract, SynchronousTestCase):
    """It keeps the contract."""

    def makeFetcher(self, page: bytes, answer: bytes) -> IFetcher:
        """One beside a server that has both."""
        self.stand = _Stand()

        def port(server: _Server) -> int:
            return server.transport.getHost().port  # type: ignore[attr-defined, no-any-return]

        self.stand.asked = lambda server: server.transport.write(_answer(b"200 OK", page))
        self.stand.connected = lambda server: server.say(answer) if port(server) == 81 else None
        return self.stand.fetcher

    def settle(self) -> None:
        """Turn the clock."""
        self.stand.wait()


class _Case(SynchronousTestCase):
    """On a clock turned by hand."""

    def setUp(self) -> None:
        """A fetcher."""
        self.stand = _Stand()

    def running(self, awaitable: Awaitable[bytes], seconds: float = 1.0) -> "Deferred[bytes]":
        """Start it, and let time pass."""
        found = toDeferred(awaitable)
        self.stand.wait(seconds)
        return found

    def fails(self, kind: type[GMAError], found: "Deferred[bytes]") -> GMAError:
        """The error, when it is of this very kind; no connection is left."""
        error = self.failureResultOf(found, kind).value
        self.assertIs(type(error), kind)
        self.stand.wait(0.1)
        self.assertEqual(self.stand.open, 0)
        assert isinstance(error, GMAError)
        return error


class FetchTests(_Case):
    """fetch."""

    def answers(self, data: bytes) -> None:
        """The server answers so."""
        self.stand.asked = lambda server: server.transport.write(data)

    def fetch(self, seconds: float = 1.0, most: int = 1000) -> "Deferred[bytes]":
        """Ask, within five seconds."""
        return self.running(self.stand.fetcher.fetch(_URL, most, 5.0), seconds)

    def test_request(self) -> None:
        """A GET that says nothing of who asks."""
        self.answers(_answer(b"200 OK", b"x"))
        self.assertEqual(self.successResultOf(self.fetch()), b"x")
        self.assertEqual(
            self.stand.servers[0].received,
            b"GET /page HTTP/1.1\r\nHost: peer\r\nAccept-Encoding: identity\r\n\r\n",
        )

    def test_connections(self) -> None:
        """Each page has a connection of its own, which ends with it, although the server would keep it."""
        self.answers(_answer(b"200 OK", b"x"))
        for count in (1, 2):
            self.successResultOf(self.fetch())
            self.assertEqual((len(self.stand.servers), self.stand.open), (count, 0))
        self.assertEqual(self.stand.time.getDelayedCalls(), [])

    def test_statuses(self) -> None:
        """What is no page is told with its status, and the first line of what was said."""
        said = b"\n  one metric came twice  \nmore"
        for status, kind, why in (
            (b"500 Oops", PeerError, "status 500: one metric came twice"),
            (b"404 Not Found", PeerFault, "status 404: one metric came twice"),
            (b"503 Busy", PeerBusy, "status 503: one metric came twice"),
            (b"429 Slow", PeerBusy, "status 429: one metric came twice"),
            (b"204 No", PeerFault, "status 204"),
        ):
            self.answers(
                _answer(status, b"" if status[:1] == b"2" else said, b"Retry-After: 7\r\n")
            )
            error = self.fails(kind, self.fetch())
            self.assertEqual(str(error), f"{_URL} answered with HTTP {why}")
            self.assertEqual(getattr(error, "retryAfter", 7), 7)

    def test_elsewhere(self) -> None:
        """Where an answer leads is not followed."""
        self.answers(_answer(b"302 Found", b"", b"Location: http://169.254.169.254/\r\n"))
        error = self.fails(PeerFault, self.fetch())
        self.assertEqual(
            str(error),
            f"{_URL} answered with HTTP status 302; name the address it leads to, which is not followed",
        )
        self.assertEqual(len(self.stand.servers), 1)

    def test_late(self) -> None:
        """A server that does not answer, and one that drips, are given up when the time is over."""

        def drip(server: _Server) -> None:
            if server.transport.getHost() and self.stand.open:
                server.transport.write(b"x")
                self.stand.time.callLater(0.5, drip, server)

        late = f"{_URL}: no whole answer within 5 s"
        self.assertEqual(str(self.fails(PeerUnreachable, self.fetch(5.1))), late)

        def begin(server: _Server) -> None:
            server.transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
            drip(server)

        self.stand.asked = begin
        error = self.fails(PeerUnreachable, self.fetch(5.1))
        self.assertEqual(str(error), late)

    def test_cutOff(self) -> None:
        """A connection that ends before the answer does is no page."""
        self.stand.asked = lambda server: server.say(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"
        )
        error = self.fails(PeerUnreachable, self.fetch())
        self.assertEqual(
            str(error), f"{_URL}: the connection was lost before the whole answer: closed"
        )

    def test_endless(self) -> None:
        """An answer that does not end is given up at the bound."""
        self.answers(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001)
        error = self.fails(TooLarge, self.fetch())
        self.assertEqual(str(error), "the answer of peer:80 is larger than 1000 bytes")

    def test_packed(self) -> None:
        """What is packed although nobody asked for that is not unpacked."""
        self.answers(_answer(b"200 OK", b"x", b"Content-Encoding: gzip\r\n"))
        error = self.fails(PeerUnreachable, self.fetch())
        self.assertEqual(str(error), f"{_URL}: peer:80 answered in the coding gzip")

    def test_noURL(self) -> None:
        """What is no URL is called nowhere."""
        for url in ("ftp://peer/page", "http://peer/a b", "peer"):
            found = self.running(self.stand.fetcher.fetch(url, 5, 5.0))
            self.assertIn("not an http or https URL", str(self.fails(PeerUnreachable, found)))

    def test_cancelled(self) -> None:
        """Who stops waiting ends the connection."""
        found = self.fetch()
        found.cancel()
        self.failureResultOf(found, CancelledError)
        self.stand.wait(0.1)
        self.assertEqual((len(self.stand.servers), self.stand.open), (1, 0))


class _Lookup:
    """Looks a name up for ever; what gives up hears that there is none, as of Twisted's own."""

    def connect(self, factory: object) -> "Deferred[object]":
        """Begin."""
        found: Deferred[object] = Deferred(
            lambda given: given.errback(DNSLookupError("no such name"))
        )
        return found


class LateTests(_Case):
    """Names that are looked up for too long."""

    def test_lookups(self) -> None:
        """That the time is over is said, not that there is no such name."""
        fetcher = Fetcher(self.stand.fetcher.clock, lambda host, port, isTLS: _Lookup())  # type: ignore[arg-type, return-value]
        found = self.running(fetcher.fetch(_URL, 5, 5.0), 5.1)
        error = self.fails(PeerUnreachable, found)
        self.assertEqual(str(error), f"{_URL}: no whole answer within 5 s")
        found = self.running(fetcher.readAll("peer", 81, 5, 5.0), 5.1)
        error = self.fails(PeerUnreachable, found)
        self.assertEqual(str(error), "peer:81: no end of its answer within 5 s; 0 bytes came")


class _Direct:
    """Connects at once to whoever calls C{dataReceived} of what was connected."""

    protocol: Protocol

    def connect(self, factory: Factory) -> "Deferred[Protocol]":
        """Begin."""
        protocol = factory.buildProtocol(None)
        assert isinstance(protocol, Protocol)
        self.protocol = protocol
        protocol.makeConnection(StringTransport())
        return succeed(protocol)


class SmallPiecesTests(SynchronousTestCase):
    """readAll of a server that sends small pieces."""

    def test_memory(self) -> None:
        """What came takes the memory of its bytes, however small the pieces are."""
        direct, count = _Direct(), 20_000
        fetcher = Fetcher(NodeClock(Clock()), lambda host, port, isTLS: direct)  # type: ignore[arg-type, return-value]
        found = toDeferred(fetcher.readAll("peer", 81, 2 * count, 5.0))
        tracemalloc.start()
        try:
            for number in range(count):
                direct.protocol.dataReceived(b"%02d" % (number % 100))
            taken = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        self.assertLess(taken, 3 * 2 * count)
        direct.protocol.connectionLost(Failure(ConnectionDone()))
        whole = b"".join(b"%02d" % number for number in range(100)) * (count // 100)
        self.assertEqual(self.successResultOf(found), whole)


class ReadAllTests(_Case):
    """readAll."""

    def read(self, seconds: float = 1.0, request: bytes = b"") -> "Deferred[bytes]":
        """Read a thousand bytes within five seconds."""
        return self.running(self.stand.fetcher.readAll("peer", 81, 1000, 5.0, request), seconds)

    def test_request(self) -> None:
        """What is to be said is said, and the answer read."""
        self.stand.asked = lambda server: server.say(b"<" + server.received + b">")
        self.assertEqual(self.successResultOf(self.read(request=b"/all\n")), b"</all\n>")

    def test_pieces(self) -> None:
        """What comes in pieces is joined."""

        def speak(server: _Server) -> None:
            for number in range(3):
                self.stand.time.callLater(number, server.transport.write, b"%d" % number)
            self.stand.time.callLater(3, server.transport.loseConnection)

        self.stand.connected = speak
        found = self.read(2.5)
        self.assertNoResult(found)
        self.stand.wait(1.0)
        self.assertEqual(self.successResultOf(found), b"012")

    def test_endless(self) -> None:
        """A server without end is given up at the bound, in spite of what it still sends."""

        def speak(server: _Server) -> None:
            if self.stand.open:
                server.transport.write(b"x" * 300)
                self.stand.time.callLater(0.1, speak, server)

        self.stand.connected = speak
        error = self.fails(TooLarge, self.read())
        self.assertEqual(str(error), "the answer of peer:81 is larger than 1000 bytes")

    def test_silent(self) -> None:
        """A server that says nothing, or does not end, is given up when the time is over."""
        for count in (0, 3):
            self.stand.connected = lambda server, data=b"x" * count: server.transport.write(data)  # type: ignore[misc]
            error = self.fails(PeerUnreachable, self.read(5.1))
            self.assertEqual(
                str(error), f"peer:81: no end of its answer within 5 s; {count} bytes came"
            )

    def test_lost(self) -> None:
        """A connection that is lost is no end: what came is not given."""

        def speak(server: _Server) -> None:
            server.transport.write(b"half")
            self.stand.time.callLater(0.5, server.transport.abortConnection)  # type: ignore[attr-defined]

        self.stand.connected = speak
        error = self.fails(PeerUnreachable, self.read())
        self.assertIn("the connection to peer:81 was lost", str(error))

    def test_cancelled(self) -> None:
        """Who stops waiting ends the connection."""
        found = self.read()
        found.cancel()
        self.failureResultOf(found, CancelledError)
        self.stand.wait(0.1)
        self.assertEqual((len(self.stand.servers), self.stand.open), (1, 0))
        self.assertEqual(self.stand.time.getDelayedCalls(), [])
