"""A Gate on a transport in memory and a clock turned by hand: what a test sends, and what came back."""

import re
from collections.abc import Callable, Iterable, Mapping

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IAddress, IProtocol, ITransport
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.resource import IResource, Resource
from zope.interface import implementer

from gma_twisted.interfaces import IExchange
from gma_twisted.testing import ScriptedExchange
from gma_twisted.timing import NodeClock
from gma_twisted.transport import DEFAULT_GATE_LIMITS, GateFactory, GateLimits, QuietSite
from gma_twisted.transport.gate import Gate

__all__ = ["WALL", "Answer", "Client", "Line", "Stand", "answersIn", "get", "post"]

WALL = 1_700_000_000.0
_HIGH_WATER = 64 * 1024
_DATE = re.compile(rb"Date: [^\r]*\r\n", re.IGNORECASE)


def post(
    body: bytes, *fields: str, path: str = "/services/echo", version: str = "HTTP/1.1"
) -> bytes:
    """A SOAP request as clients send it."""
    lines = [f"POST {path} {version}", "Host: gate", "Content-Type: text/xml", *fields]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(path: str, *fields: str, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
    """A request without a body."""
    return "\r\n".join([f"{method} {path} {version}", "Host: gate", *fields, "", ""]).encode()


@attrs.frozen
class Answer:
    """One HTTP answer. @ivar fields: lower-case names"""

    status: int
    fields: Mapping[str, str]
    body: bytes
    version: str = "HTTP/1.1"


def answersIn(data: bytes, heads: Iterable[int] = ()) -> list[Answer]:
    """
    Every answer in what came back; each must be whole, the last may end with the connection.

    @param heads: numbers of answers to HEAD requests, which have no body
    """
    found: list[Answer] = []
    bodiless = set(heads)
    while data:
        head, end, data = data.partition(b"\r\n\r\n")
        assert end, head
        line, *rows = head.decode().split("\r\n")
        version, status, _ = line.split(" ", 2)
        fields = {name.lower(): value for name, _, value in (row.partition(": ") for row in rows)}
        body = b""
        if len(found) not in bodiless and int(status) not in (100, 204, 304):
            body, data = _body(fields, data)
        found.append(Answer(int(status), fields, body, version))
    return found


def _body(fields: Mapping[str, str], data: bytes) -> tuple[bytes, bytes]:
    if fields.get("transfer-encoding") == "chunked":
        body = b""
        while True:
            line, _, data = data.partition(b"\r\n")
            count = int(line, 16)
            body, data = body + data[:count], data[count + 2 :]
            if not count:
                return body, data
    size = int(fields.get("content-length", len(data)))
    assert size <= len(data), f"{size} of {len(data)}"
    return data[:size], data[size:]


@implementer(ITransport)
class Line:
    """
    A transport that keeps what was written; as slow as a test wants it.

    @ivar written: everything, in order
    @ivar isEnded: the server has let the connection go
    @ivar isAborted: and without waiting
    @ivar isPaused: the server reads no more for now
    @ivar waiting: bytes the reader has not taken
    @ivar largest: most bytes that ever waited
    """

    disconnecting = False

    def __init__(self, host: str = "192.0.2.1") -> None:
        self.written = bytearray()
        self.isEnded = self.isAborted = self.isPaused = self.isSlow = False
        self.waiting = self.largest = 0
        self.protocol: IProtocol | None = None
        self._host = host
        self._producer: object = None
        self._isChoked = False

    def write(self, data: bytes) -> None:
        """Keep it."""
        if self.isEnded:
            return
        self.written += data
        if self.isSlow:
            self.waiting += len(data)
            self.largest = max(self.largest, self.waiting)
            if self.waiting > _HIGH_WATER and not self._isChoked and self._producer is not None:
                self._isChoked = True
                self._producer.pauseProducing()  # type: ignore[attr-defined]

    def fill(self) -> None:
        """The reader takes nothing more, whatever waits."""
        self._isChoked = True
        self._producer.pauseProducing()  # type: ignore[attr-defined]

    def drain(self) -> None:
        """The reader takes what waits."""
        self.waiting = 0
        if self._isChoked:
            self._isChoked = False
            self._producer.resumeProducing()  # type: ignore[attr-defined]

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Keep them."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """Note it."""
        self.isEnded = self.disconnecting = True

    def abortConnection(self) -> None:
        """End it now."""
        if not self.isAborted:
            self.isEnded = self.isAborted = True
            self._tell(Failure(ConnectionLost()))

    def vanish(self) -> None:
        """The client is gone."""
        self.isEnded = True
        self._tell(Failure(ConnectionDone()))

    def _tell(self, reason: Failure) -> None:
        assert self.protocol is not None
        self.protocol.connectionLost(reason)

    def getPeer(self) -> IAddress:
        """The client."""
        return IPv4Address("TCP", self._host, 40000)

    def getHost(self) -> IAddress:
        """The server."""
        return IPv4Address("TCP", "127.0.0.1", 8480)

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """To be told of a full buffer."""
        assert streaming
        assert self._producer is None
        self._producer = producer

    def unregisterProducer(self) -> None:
        """To be told no more."""
        self._producer = None

    def pauseProducing(self) -> None:
        """Note it."""
        self.isPaused = True

    def resumeProducing(self) -> None:
        """Note it."""
        self.isPaused = False


class Client:
    """One connection."""

    def __init__(self, gate: Gate, line: Line) -> None:
        self.gate = gate
        self.line = line

    def send(self, *pieces: bytes) -> None:
        """Each piece arrives on its own, as long as the connection is there."""
        for piece in pieces:
            if not self.line.isAborted:
                self.gate.dataReceived(piece)

    def answers(self, heads: Iterable[int] = ()) -> list[Answer]:
        """What came back so far."""
        return answersIn(bytes(self.line.written), heads)

    def bodies(self) -> list[bytes]:
        """Only the bodies."""
        return [answer.body for answer in self.answers()]

    def undated(self) -> bytes:
        """Everything that came back but for Date fields."""
        return _DATE.sub(b"", bytes(self.line.written))


class Stand:
    """A listener and its clock."""

    def __init__(
        self,
        root: IResource | None = None,
        limits: GateLimits = DEFAULT_GATE_LIMITS,
        exchange: IExchange | None = None,
        admits: Callable[[str], bool] = lambda host: True,
    ) -> None:
        self.time = Clock()
        self.time.advance(1000.0)
        self.clock = NodeClock(self.time, lambda: WALL + self.time.seconds())
        self.scripted = ScriptedExchange()
        site = QuietSite(Resource() if root is None else root)
        chosen = self.scripted if exchange is None else exchange
        self.factory = GateFactory(self.clock, chosen, site, limits, "http://gate", admits)
        # Whatever time passes, it was worked.
        self.factory.listener.keeper.worked = self.time.seconds
        self.limits = limits

    def connect(self, host: str = "192.0.2.1") -> Client:
        """A new connection."""
        line = Line(host)
        gate = self.factory.buildProtocol(line.getPeer())
        assert isinstance(gate, Gate)
        line.protocol = gate
        gate.makeConnection(line)
        return Client(gate, line)

    def wait(self, seconds: float, step: float = 0.125) -> None:
        """Let time pass in small steps."""
        for _ in range(round(seconds / step)):
            self.time.advance(step)

    def comeLate(self, seconds: float = 0.4) -> None:
        """Answer somebody, and need so long for it."""
        client = self.connect("192.0.2.200")
        client.send(*[post(b"x")] * 5)
        client.line.vanish()
        del self.scripted.requests[-5:]
        self.time.advance(seconds)

    def warm(self, *requests: bytes) -> None:
        """Have the heads of requests remembered."""
        for request in requests:
            client = self.connect()
            client.send(request)
            client.line.vanish()
        self.scripted.requests.clear()
