"""The in-memory transport: whole connections between Gates and callers without a socket, for tests and simulations."""

from collections import deque
from collections.abc import Callable, Iterable

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import (
    IAddress,
    IProtocol,
    IProtocolFactory,
    IStreamClientEndpoint,
    ITransport,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.timing import NodeClock

__all__ = ["MemoryAddress", "MemoryEndpoint", "MemoryNetwork"]

_HIGH_WATER = 64 * 1024


@implementer(IAddress)
class MemoryAddress:
    """Names one end. @ivar host: the node's name"""

    def __init__(self, host: str, port: int) -> None:
        """See the attributes."""
        self.host = host
        self.port = port


@implementer(ITransport)
class _End:
    """One end of a connection: what is written here arrives there a turn of the clock later, in order."""

    disconnecting = False

    def __init__(self, network: "MemoryNetwork", here: MemoryAddress, there: MemoryAddress) -> None:
        self._network = network
        self._here = here
        self._there = there
        self.protocol: IProtocol | None = None
        self.peer: _End | None = None
        self._outgoing: deque[bytes] = deque()
        self._size = 0
        self._isScheduled = False
        self._isPaused = False
        self._isLost = False
        self._producer: object = None
        self._isStreaming = False
        self._isChoked = False

    # -- ITransport

    def write(self, data: bytes) -> None:
        """Queue bytes for the other end."""
        if self._isLost or self.disconnecting or not data:
            return
        self._outgoing.append(bytes(data))
        self._size += len(data)
        if (
            self._producer is not None
            and self._isStreaming
            and self._size > _HIGH_WATER
            and not self._isChoked
        ):
            self._isChoked = True
            self._producer.pauseProducing()  # type: ignore[attr-defined]
        self._schedule()

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Queue pieces."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """End the connection once all has arrived."""
        self.disconnecting = True
        self._schedule()

    def loseWriteConnection(self) -> None:
        """As L{loseConnection}: there are no halves in memory."""
        self.loseConnection()

    def abortConnection(self) -> None:
        """End the connection now; what is under way is lost."""
        self._outgoing.clear()
        self._size = 0
        self._end(Failure(ConnectionLost("aborted")))

    def getPeer(self) -> IAddress:
        """The other end."""
        return self._there

    def getHost(self) -> IAddress:
        """This end."""
        return self._here

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """A push producer is told of a full queue, a pull producer of an empty one."""
        self._producer = producer
        self._isStreaming = streaming
        if not streaming:
            producer.resumeProducing()  # type: ignore[attr-defined]

    def unregisterProducer(self) -> None:
        """No producer any more."""
        self._producer = None

    def pauseProducing(self) -> None:
        """Take nothing for now: the other end's queue grows."""
        self._isPaused = True

    def resumeProducing(self) -> None:
        """Take again."""
        self._isPaused = False
        if self.peer is not None:
            self.peer._schedule()

    def stopProducing(self) -> None:
        """As L{loseConnection}."""
        self.loseConnection()

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Nothing in memory goes without a word."""

    # -- the wire

    def _schedule(self) -> None:
        if not self._isScheduled and not self._isLost:
            self._isScheduled = True
            self._network.clock.callLater(
                self._network.delay(self._here.host, self._there.host), self._turn
            )

    def _turn(self) -> None:
        self._isScheduled = False
        peer = self.peer
        if (
            self._isLost
            or peer is None
            or self._network.isParted(self._here.host, self._there.host)
        ):
            return
        if not peer._isPaused and self._outgoing:
            data = b"".join(self._outgoing)
            self._outgoing.clear()
            self._size = 0
            self._network.carried(self._here.host, self._there.host, data)
            assert peer.protocol is not None
            peer.protocol.dataReceived(data)
        if not self._outgoing:
            self._drained()

    def _drained(self) -> None:
        if self._producer is not None and (self._isChoked or not self._isStreaming):
            self._isChoked = False
            self._producer.resumeProducing()  # type: ignore[attr-defined]
        if self.disconnecting and not self._outgoing:
            self._end(Failure(ConnectionDone()))

    def _end(self, reason: Failure) -> None:
        for end in (self.peer, self):
            if end is not None and not end._isLost:
                end._isLost = True
                self._network.forget(end)
                if end.protocol is not None:
                    end.protocol.connectionLost(reason)


class MemoryNetwork:
    """
    Hosts by name, ports by number, one clock.

    @ivar clock: carries the bytes: nothing arrives before it moves
    @ivar messages: bytes carried by (from, to)
    """

    def __init__(self, clock: NodeClock, seconds: float = 0.0) -> None:
        """@param seconds: on the way between any two hosts"""
        self.clock = clock
        self.messages: dict[tuple[str, str], int] = {}
        self._seconds = seconds
        self._listening: dict[tuple[str, int], IProtocolFactory] = {}
        self._parted: set[frozenset[str]] = set()
        # In order of connecting: a simulation runs the same way every time.
        self._ends: dict[_End, None] = {}
        self._onData: list[Callable[[str, str, bytes], None]] = []

    def listen(self, host: str, port: int, factory: IProtocolFactory) -> None:
        """Answer at a port from now on."""
        self._listening[host, port] = factory

    def silence(self, host: str) -> None:
        """The host is gone: its ports refuse, its connections are lost, as after kill -9."""
        for key in [key for key in self._listening if key[0] == host]:
            del self._listening[key]
        for end in [end for end in self._ends if end._here.host == host]:
            end.abortConnection()

    def forget(self, end: _End) -> None:
        """An end is lost."""
        self._ends.pop(end, None)

    def part(self, one: str, other: str) -> None:
        """Nothing passes between the two until L{join}; connections stay and wait."""
        self._parted.add(frozenset((one, other)))

    def join(self, one: str, other: str) -> None:
        """Let bytes pass again."""
        self._parted.discard(frozenset((one, other)))
        for end in list(self._ends):
            end._schedule()

    def isParted(self, one: str, other: str) -> bool:
        """Whether nothing passes between the two."""
        return frozenset((one, other)) in self._parted

    def delay(self, one: str, other: str) -> float:
        """Seconds on the way."""
        return self._seconds

    def carried(self, source: str, target: str, data: bytes) -> None:
        """Count what arrived, and show it to who watches."""
        self.messages[source, target] = self.messages.get((source, target), 0) + len(data)
        for watcher in self._onData:
            watcher(source, target, data)

    def watch(self, watcher: Callable[[str, str, bytes], None]) -> None:
        """Show every piece of bytes (from, to, data) as it arrives."""
        self._onData.append(watcher)

    def connect(
        self, source: str, host: str, port: int, factory: IProtocolFactory
    ) -> Deferred[IProtocol]:
        """Open a connection from one host to another's port."""
        server = self._listening.get((host, port))
        if server is None or self.isParted(source, host):
            return fail(ConnectionRefusedError(f"nobody listens at {host}:{port}"))
        here, there = MemoryAddress(source, 0), MemoryAddress(host, port)
        mine, theirs = _End(self, here, there), _End(self, there, here)
        mine.peer, theirs.peer = theirs, mine
        mine.protocol = factory.buildProtocol(there)
        theirs.protocol = server.buildProtocol(here)
        if mine.protocol is None or theirs.protocol is None:
            return fail(ConnectionRefusedError(f"{host}:{port} takes no connection"))
        self._ends |= {mine: None, theirs: None}
        theirs.protocol.makeConnection(theirs)
        mine.protocol.makeConnection(mine)
        return succeed(mine.protocol)


@implementer(IStreamClientEndpoint)
class MemoryEndpoint:
    """Connects one host to a port of another."""

    def __init__(self, network: MemoryNetwork, source: str, host: str, port: int) -> None:
        """See L{MemoryNetwork.connect}."""
        self._network = network
        self._source = source
        self._host = host
        self._port = port

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """See L{IStreamClientEndpoint}."""
        return self._network.connect(self._source, self._host, self._port, protocolFactory)
