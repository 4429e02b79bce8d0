"""Who takes the events of lines, and connections without a network."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from gma_twisted.errors import GMAError
from gma_twisted.model.event import Event
from gma_twisted.streams.lineconnection import LineConnection
from gma_twisted.streams.listener import LineListener
from gma_twisted.streams.sink import LinePeer
from gma_twisted.timing import Ready

__all__ = ["Connected", "Peer", "Taker", "half", "line"]


def half() -> float:
    """No chance."""
    return 0.5


def line(name: str, **fields: object) -> bytes:
    """A line of BP, with its end."""
    more = "".join(f" {key}={value}" for key, value in fields.items())
    return f"ts=2009-12-08T17:43:30.123456Z event={name}{more}\n".encode()


@attrs.define(eq=False)
class Taker:
    """
    Takes events, or does as it is told.

    @ivar batches: names of the events of each time that was taken
    @ivar answers: what happens the next times: an error, or what is waited for
    @ivar attempts: how often it was asked
    """

    batches: list[list[str]] = attrs.field(factory=list)
    answers: list[GMAError | Deferred[None] | Exception] = attrs.field(factory=list)
    attempts: int = 0
    addresses: list[str] = attrs.field(factory=list)

    def take(self, events: Sequence[Event], peer: LinePeer) -> Awaitable[None]:
        """As listeners ask it."""
        self.attempts += 1
        self.addresses.append(peer.address)
        names = [one.name for one in events]
        if not self.answers:
            self.batches.append(names)
            return Ready(None)
        return self._answer(self.answers.pop(0), names)

    async def _answer(self, answer: Exception | Deferred[None], names: list[str]) -> None:
        if isinstance(answer, Exception):
            raise answer
        await answer
        self.batches.append(names)

    @property
    def names(self) -> list[str]:
        """Of all events that were taken."""
        return [one for batch in self.batches for one in batch]


@attrs.define(eq=False)
class Peer:
    """Who brings lines, as an intake sees it."""

    address: str = "10.0.0.1"
    closed: list[str] = attrs.field(factory=list)
    isWhole: bool = False

    def expectWhole(self) -> None:
        """Nothing is cut."""
        self.isWhole = True

    def close(self, why: str) -> None:
        """It is closed."""
        self.closed.append(why)


class Transport(StringTransport):
    """Tells of its end in another turn of the reactor, as real ones do."""

    def __init__(self, time: Clock, ended: Callable[[Exception], None]) -> None:
        super().__init__()
        self._time = time
        self._ended = ended
        self.isAborted = False

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """It has no peer."""

    def abortConnection(self) -> None:
        """See L{ITCPTransport}."""
        if not self.isAborted:
            self.isAborted = True
            self._time.callLater(0, self._ended, ConnectionAborted())

    @property
    def isRead(self) -> bool:
        """Whether the system may give more."""
        return self.producerState == "producing"


class Connected:
    """A connection to a listener; C{protocol} is C{None} when it was turned away."""

    def __init__(self, listener: LineListener, time: Clock, host: str = "10.0.0.1") -> None:
        """@param host: from where"""
        self.transport = Transport(time, self._lost)
        self.isLost = False
        self.protocol: LineConnection | None = listener.buildProtocol(
            IPv4Address("TCP", host, 40_000)
        )
        if self.protocol is not None:
            self.protocol.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        """Bytes come."""
        assert self.protocol is not None
        self.protocol.dataReceived(data)

    def end(self, error: Exception | None = None) -> None:
        """The other end has ended."""
        self._lost(error or ConnectionDone())

    def _lost(self, error: Exception) -> None:
        if not self.isLost:
            self.isLost = True
            assert self.protocol is not None
            self.protocol.connectionLost(Failure(error))
