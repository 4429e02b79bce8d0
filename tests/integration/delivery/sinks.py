"""Sinks that read every notice, tell the judge, and fail in the way they are told; each at a port of its own.

They share nothing with the package but the names on the wire, so that a mistake in it is not made twice.
"""

import asyncio
import enum
import re
import socket
import struct
from random import Random
from xml.etree import ElementTree

import attrs

from tests.integration.delivery.history import History, Notice, Token

__all__ = ["Fault", "FaultKind", "Sink", "readNotice"]

_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OGSI = "{http://www.gridforum.org/namespaces/2003/03/OGSI}"
_SERVICE_DATA = "{http://www.gridforum.org/namespaces/2003/03/serviceData}"
_GMA = "{urn:gma-twisted:2026:core}"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_MESSAGE = re.compile(rb"<ogsi:message>.*</ogsi:message>", re.DOTALL)
_ANSWER = "HTTP/1.1 {} X\r\nContent-Length: 0\r\n\r\n"
_AGAIN = 0.02
# A sender may wait so much longer than it says.
_TICK = 0.25


class FaultKind(enum.Enum):
    """How a sink fails."""

    DIE = "die"
    """Nobody listens, every connection is dropped, in the middle of a notice; later somebody is there again."""

    ERROR = "500"
    HANG = "hang"
    """A notice is read, and never answered."""

    RESET = "reset"
    """A notice is read, and the connection reset; the sink may have taken it or not."""

    LATE = "late"
    """A notice is taken, and answered when the sender waits no more; an answer that is only slow is no fault."""


@attrs.define(slots=True, eq=False)
class Fault:
    """
    One fault of one sink.

    @ivar seconds: from when the first notice met it until it is over
    @ivar hits: notices that met it
    @ivar over: set when it is over
    """

    kind: FaultKind
    seconds: float
    hits: int = attrs.field(default=0, init=False)
    over: asyncio.Event = attrs.field(factory=asyncio.Event, init=False, repr=False)


def readNotice(body: bytes) -> Notice:
    """Read the envelope of a notice. @raise ValueError, AttributeError: it is none"""
    root = ElementTree.fromstring(body)
    header = root.find(f"{_SOAP}Header/{_GMA}delivery")
    message = root.find(f"{_SOAP}Body/{_OGSI}deliverNotification/{_OGSI}message")
    assert header is not None and message is not None, body
    found = _MESSAGE.search(body)
    assert found is not None, body
    changes = message[0]
    isWhole = changes.tag == f"{_SERVICE_DATA}serviceDataValues"
    dropped = header.findtext(f"{_GMA}dropped", "0")
    snapshot = header.findtext(f"{_GMA}snapshot", "false")
    return Notice(
        header.findtext(f"{_GMA}subscription", "").rpartition("/")[2],
        int(header.findtext(f"{_GMA}epoch", "")),
        int(header.findtext(f"{_GMA}sequence", "")),
        dict(map(_value, changes if isWhole else changes.findall(f"{_GMA}put/*"))),
        [one.findtext(f"{_GMA}key", "") for one in changes.findall(f"{_GMA}extend")],
        [one.findtext(f"{_GMA}key", "") for one in changes.findall(f"{_GMA}remove")],
        isWhole,
        snapshot == "true",
        changes.get(f"{_GMA}snapshotEnd") == "true",
        int(dropped),
        f"{dropped} {snapshot} ".encode() + found[0],
    )


def _value(value: ElementTree.Element) -> tuple[str, Token]:
    epoch, number = (value.text or "").split(".")
    return value.get(f"{_GMA}key", ""), (int(epoch), int(number))


@attrs.define(slots=True, eq=False)
class Sink:
    """
    One sink.

    @ivar history: told of every notice
    @ivar random: decides whether a notice was taken where it may have been
    @ivar patience: seconds the sender waits for an answer
    @ivar host: where it listens
    @ivar port: of C{host}
    @ivar fault: it has now
    """

    history: History
    random: Random
    patience: float
    host: str
    port: int = attrs.field(default=0, init=False)
    fault: Fault | None = attrs.field(default=None, init=False)
    _server: asyncio.Server | None = attrs.field(default=None, init=False, repr=False)
    _connections: set["_Connection"] = attrs.field(factory=set, init=False, repr=False)
    _returning: "asyncio.Task[None] | None" = attrs.field(default=None, init=False, repr=False)

    @property
    def url(self) -> str:
        """Where notices go."""
        return f"http://{self.host}:{self.port}/sink"

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._connections)

    async def listen(self) -> None:
        """Be there, at the same port as before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def vanish(self) -> None:
        """Be there no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.drop(self.random.random() < 0.5)

    def begin(self, fault: Fault) -> None:
        """Have a fault, from the next notice on. There is none now."""
        assert self.fault is None
        self.fault = fault

    def heal(self) -> None:
        """Have none any more; no effect when there is none. One who is dead comes back at its own time."""
        fault = self.fault
        if fault is not None and not (fault.hits and fault.kind is FaultKind.DIE):
            self._isOver(fault)

    def _isOver(self, fault: Fault) -> None:
        if self.fault is fault:
            self.fault = None
            fault.over.set()

    def _hit(self, fault: Fault) -> None:
        if not fault.hits:
            loop = asyncio.get_running_loop()
            end = self._return if fault.kind is FaultKind.DIE else self._isOver
            loop.call_later(fault.seconds, end, fault)
        fault.hits += 1

    def _return(self, fault: Fault) -> None:
        async def comeBack() -> None:
            while True:
                try:
                    await self.listen()
                except OSError:
                    # Somebody has the port for a moment.
                    await asyncio.sleep(_AGAIN)
                else:
                    break
            self._isOver(fault)

        self._returning = asyncio.get_running_loop().create_task(comeBack())

    def receive(self, connection: "_Connection", body: bytes) -> None:
        """A notice came."""
        notice, fault = readNotice(body), self.fault
        if fault is None:
            self.history.came(notice, True)
            connection.answer(202)
            return
        if fault.kind is not FaultKind.LATE:
            self._hit(fault)
        mayBeTaken = fault.kind in (FaultKind.DIE, FaultKind.RESET)
        isTaken = fault.kind is FaultKind.LATE or (mayBeTaken and self.random.random() < 0.5)
        self.history.came(notice, isTaken)
        match fault.kind:
            case FaultKind.DIE:
                self.vanish()
            case FaultKind.ERROR:
                connection.answer(503 if self.random.random() < 0.25 else 500)
            case FaultKind.RESET:
                connection.drop(True)
            case FaultKind.LATE:
                loop = asyncio.get_running_loop()
                # Often just when the sender gives up, now and then a little before.
                wait = self.random.uniform(self.patience * 0.95, self.patience + 1.5 * _TICK)
                loop.call_later(wait, self._answerLate, connection, fault)
            case FaultKind.HANG:
                pass

    def _answerLate(self, connection: "_Connection", fault: Fault) -> None:
        if not connection.isOpen and self.fault is fault:
            self._hit(fault)
        connection.answer(202)

    def opened(self, connection: "_Connection") -> None:
        """Somebody connected."""
        self._connections.add(connection)

    def closed(self, connection: "_Connection") -> None:
        """A connection is no more."""
        self._connections.discard(connection)


class _Connection(asyncio.Protocol):
    """One connection; whoever sends waits for the answer before the next request."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._data = b""
        self._transport: asyncio.Transport | None = None

    @property
    def isOpen(self) -> bool:
        """Whether somebody may wait for an answer."""
        return self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sink.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._sink.closed(self)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, rest = self._data.partition(b"\r\n\r\n")
        found = _LENGTH.search(head + b"\r\n") if end else None
        if found is not None and len(rest) >= int(found[1]):
            body, self._data = rest[: int(found[1])], rest[int(found[1]) :]
            self._sink.receive(self, body)

    def answer(self, status: int) -> None:
        """Answer, when somebody still waits."""
        if self._transport is not None:
            self._transport.write(_ANSWER.format(status).encode())

    def drop(self, isReset: bool) -> None:
        """End at once, by a reset or as usual."""
        if self._transport is not None:
            if isReset:
                found: socket.socket = self._transport.get_extra_info("socket")
                linger = struct.pack("ii", 1, 0)
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
