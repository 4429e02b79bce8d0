"""Planes of lines with fakes behind them, on a clock turned by hand."""

from collections.abc import Awaitable, Sequence
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import Terms
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.netlogger.lines import LineReader
from gma_twisted.streams.lineplane import LinePlane
from gma_twisted.streams.member import Member
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import whenDone

__all__ = ["Listener", "Network", "SendStand", "Transport", "admitted", "made", "numbersIn"]

WALL = 1_700_000_000


async def admitted(url: DataUrl, caller: Caller) -> str:
    """Lets lines go anywhere."""
    return ""


def made(number: int, name: str = "load") -> Event:
    """An event with a number in it."""
    event = Event(name, Timestamp(WALL * 10**9))
    event.add(EventField("number", number))
    return event


def read(data: bytes) -> list[Event]:
    """The events of lines."""
    found = [LineReader().read(line) for line in data.split(b"\n")]
    return [one for one in found if one is not None]


def numbersIn(data: bytes) -> list[object]:
    """The number of each event; of what tells that events were left out, how many as a negative number."""
    return [
        -int(str(one.get("count"))) if one.name == "gma.stream.missed" else one.get("number")
        for one in read(data)
    ]


class Transport(StringTransport):
    """Keeps each write; takes them in the next turn, unless it is told to stall."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.writes: list[bytes] = []
        self.isStalled = False
        self.isOver = False
        self.protocol: Any = None

    def write(self, data: bytes) -> None:
        """Keep it."""
        assert not self.isOver
        self.writes.append(data)
        super().write(data)
        if not self.isStalled:
            self.clock.callLater(0.0, self.drain)

    def drain(self) -> None:
        """What was written has gone to the kernel."""
        if self.producer is not None and not self.isOver:
            self.producer.resumeProducing()

    def loseConnection(self) -> None:
        """Over when all has been taken."""
        self.disconnecting = True
        if not self.isStalled:
            self.clock.callLater(0.0, self.lose)

    def abortConnection(self) -> None:
        """Over at once."""
        self.clock.callLater(0.0, self.lose)

    def lose(self) -> None:
        """The connection is over."""
        if not self.isOver:
            self.isOver = True
            self.protocol.connectionLost(Failure(ConnectionDone()))


class Listener:
    """
    Who takes lines at a host and a port.

    @ivar isThere: whether it can be connected to
    @ivar isSilent: whether it does not answer at all
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.isThere = True
        self.isSilent = False
        self.connections: list[Transport] = []

    @property
    def got(self) -> bytes:
        """All it got, over all connections."""
        return b"".join(one.value() for one in self.connections)

    @property
    def last(self) -> Transport:
        """Its last connection."""
        return self.connections[-1]


@implementer(IStreamClientEndpoint)
class _Endpoint:
    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        if self.listener.isSilent:
            return Deferred()
        if not self.listener.isThere:
            raise ConnectionRefusedError
        transport = Transport(self.listener.clock)
        protocol: Any = protocolFactory.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1))
        transport.protocol = protocol
        self.listener.connections.append(transport)
        protocol.makeConnection(transport)
        return succeed(protocol)


class Network:
    """Listeners by host and port, each made when it is first asked for."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.listeners: dict[tuple[str, int], Listener] = {}

    def at(self, host: str, port: int) -> Listener:
        """The listener there."""
        return self.listeners.setdefault((host, port), Listener(self.clock))

    def dial(self, host: str, port: int) -> IStreamClientEndpoint:
        """The way there."""
        return _Endpoint(self.at(host, port))


class SendStand(ClockStand):
    """
    A test with a plane of lines.

    @ivar plane: it
    """

    plane: LinePlane

    def tearDown(self) -> None:
        """Nothing is left when the plane has stopped."""
        self.stop()
        super().tearDown()

    def stop(self) -> None:
        """Stop the plane; what is left has left."""
        done = self.begun(self.plane.stop())
        self.turns(100)
        self.assertEqual(done, [None])

    def begun(self, awaitable: Awaitable[object]) -> list[object]:
        """Start something. @return: its result, once there is one"""
        done: list[object] = []
        whenDone(awaitable, done.append, done.append)
        return done

    def turns(self, count: int = 20, seconds: float = 0.0) -> None:
        """Give the reactor turns."""
        for _ in range(count):
            self.time.advance(seconds / count)

    def terms(self, url: str, rateLimit: float = float("inf")) -> Terms:
        """What a subscription asks for."""
        return Terms(Event("load"), url, None, None, 0.0, rateLimit)

    def admit(self, url: str) -> None:
        """Judge a URL, which must be allowed."""
        self.result(self.plane.check(url, None, OURSELVES))

    def join(
        self,
        group: Any,
        url: str,
        callerId: int = 7,
        since: int = 0,
        isLookingBack: bool = False,
        owner: str = "",
    ) -> Member:
        """One more member, that has begun."""
        member: Member = group.join(self.terms(url), callerId, since, isLookingBack, owner)
        member.begin()
        self.turns()
        return member

    def offer(self, group: Any, *numbers: int) -> None:
        """Offer events, and give their lines the time to go."""
        for number in numbers:
            group.offer(made(number), number, 100)
        self.turns(20, 0.2)

    def leave(self, *members: Member) -> None:
        """They leave, and the way is closed."""
        for one in members:
            self.begun(one.leave())
        self.turns(100, 6.0)


def same(chunks: Sequence[bytes]) -> bool:
    """Whether all are one and the same object."""
    return all(one is chunks[0] for one in chunks)
