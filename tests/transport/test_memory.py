"""The network in memory: order, back-pressure, parting, silence."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone, ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.timing import NodeClock
from gma_twisted.transport.memory import MemoryEndpoint, MemoryNetwork


class _Node(Protocol):
    """Keeps what it hears."""

    transport: ITransport

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.ends: list[Failure] = []
        self.told: list[str] = []

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.heard.append(data)

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """Keep it."""
        self.ends.append(reason)

    def pauseProducing(self) -> None:
        """Keep it."""
        self.told.append("pause")

    def resumeProducing(self) -> None:
        """Keep it."""
        self.told.append("resume")

    @property
    def all(self) -> bytes:
        """Everything heard."""
        return b"".join(self.heard)


class _Full(Factory):
    """Takes nobody."""

    def buildProtocol(self, addr: object) -> None:
        """No."""


class MemoryNetworkTests(SynchronousTestCase):
    """Two hosts."""

    def setUp(self) -> None:
        """A network on which a piece takes a second."""
        self.start(1.0)

    def start(self, seconds: float) -> None:
        """A connection from a to b."""
        self.time = Clock()
        self.network = MemoryNetwork(NodeClock(self.time), seconds)
        self.servers: list[_Node] = []

        def build() -> _Node:
            self.servers.append(_Node())
            return self.servers[-1]

        self.network.listen("b", 1, Factory.forProtocol(build))
        self.a = self.connect()
        self.b = self.servers[0]

    def connect(self, host: str = "b", port: int = 1) -> _Node:
        """Another one."""
        endpoint = MemoryEndpoint(self.network, "a", host, port)
        found = self.successResultOf(endpoint.connect(Factory.forProtocol(_Node)))
        assert isinstance(found, _Node)
        return found

    def test_addresses(self) -> None:
        """Each end knows both."""
        self.assertEqual(self.b.transport.getPeer().host, "a")  # type: ignore[attr-defined]
        here = self.a.transport.getPeer()
        self.assertEqual((here.host, here.port), ("b", 1))  # type: ignore[attr-defined]
        self.assertEqual(self.b.transport.getHost().host, "b")  # type: ignore[attr-defined]

    def test_takesTime(self) -> None:
        """Nothing arrives before its time."""
        self.a.transport.write(b"x")
        self.time.advance(0.9)
        self.assertEqual(self.b.heard, [])
        self.time.advance(0.1)
        self.assertEqual(self.b.heard, [b"x"])

    @given(st.lists(st.tuples(st.booleans(), st.binary(max_size=9), st.floats(0, 2)), max_size=30))
    def test_order(self, writes: list[tuple[bool, bytes, float]]) -> None:
        """Both ways, everything arrives once and in order."""
        self.start(0.5)
        for isFromA, data, wait in writes:
            (self.a if isFromA else self.b).transport.write(data)
            self.time.advance(wait)
        self.time.advance(1.0)
        self.assertEqual(self.b.all, b"".join(data for isFromA, data, _ in writes if isFromA))
        self.assertEqual(self.a.all, b"".join(data for isFromA, data, _ in writes if not isFromA))
        self.assertEqual(self.network.messages.get(("a", "b"), 0), len(self.b.all))

    def test_end(self) -> None:
        """An end that closes is closed when all has arrived; both hear it was clean."""
        self.a.transport.write(b"last")
        self.a.transport.loseConnection()
        self.a.transport.write(b"too late")
        self.assertEqual(self.b.ends, [])
        self.time.advance(1.0)
        self.assertEqual(self.b.heard, [b"last"])
        for node in (self.a, self.b):
            (end,) = node.ends
            self.assertTrue(end.check(ConnectionDone))

    def test_abort(self) -> None:
        """An end that aborts loses what is under way; both hear it."""
        self.a.transport.write(b"lost")
        self.a.transport.abortConnection()  # type: ignore[attr-defined]
        self.time.advance(2.0)
        self.assertEqual(self.b.heard, [])
        for node in (self.a, self.b):
            (end,) = node.ends
            self.assertTrue(end.check(ConnectionLost))

    def test_backPressure(self) -> None:
        """A reader that takes nothing chokes the writer's producer once; when it takes again all arrives."""
        self.a.transport.registerProducer(self.a, True)  # type: ignore[attr-defined]
        self.b.transport.pauseProducing()  # type: ignore[attr-defined]
        for _ in range(10):
            self.a.transport.write(b"x" * 10_000)
            self.time.advance(1.0)
        self.assertEqual((self.a.told, self.b.heard), (["pause"], []))
        self.b.transport.resumeProducing()  # type: ignore[attr-defined]
        self.time.advance(1.0)
        self.assertEqual(self.a.told, ["pause", "resume"])
        self.assertEqual(len(self.b.all), 100_000)

    def test_endBehindPause(self) -> None:
        """A close waits until a reader that takes nothing has taken all."""
        self.b.transport.pauseProducing()  # type: ignore[attr-defined]
        self.a.transport.write(b"last")
        self.a.transport.loseConnection()
        self.time.advance(10.0)
        self.assertEqual(self.b.ends, [])
        self.b.transport.resumeProducing()  # type: ignore[attr-defined]
        self.time.advance(1.0)
        self.assertEqual((self.b.heard, len(self.b.ends)), ([b"last"], 1))

    def test_part(self) -> None:
        """Parted hosts hear nothing of each other and cannot connect; joined again, all that was written arrives."""
        self.network.part("b", "a")
        self.a.transport.write(b"one ")
        self.time.advance(100.0)
        self.a.transport.write(b"two")
        self.time.advance(100.0)
        self.assertEqual((self.b.heard, self.b.ends), ([], []))
        endpoint = MemoryEndpoint(self.network, "a", "b", 1)
        self.failureResultOf(endpoint.connect(Factory.forProtocol(_Node)), ConnectionRefusedError)
        self.network.join("a", "b")
        self.time.advance(1.0)
        self.assertEqual(self.b.all, b"one two")

    def test_silence(self) -> None:
        """A host that is gone loses its connections and takes no new ones; others go on."""
        self.network.listen("c", 1, Factory.forProtocol(_Node))
        other = self.connect("c")
        self.network.silence("b")
        self.assertEqual((len(self.a.ends), len(self.b.ends), len(other.ends)), (1, 1, 0))
        endpoint = MemoryEndpoint(self.network, "a", "b", 1)
        self.failureResultOf(endpoint.connect(Factory.forProtocol(_Node)), ConnectionRefusedError)
        self.assertEqual(len(self.network._ends), 2)

    def test_watch(self) -> None:
        """A watcher sees every piece as it arrives."""
        seen: list[tuple[str, str, bytes]] = []
        self.network.watch(lambda source, target, data: seen.append((source, target, data)))
        self.b.transport.write(b"x")
        self.time.advance(1.0)
        self.assertEqual(seen, [("b", "a", b"x")])

    def test_nobody(self) -> None:
        """Where nobody listens, and where no protocol is made, a connection is refused."""
        self.network.listen("full", 1, _Full())
        for host in ("nobody", "full"):
            endpoint = MemoryEndpoint(self.network, "a", host, 1)
            self.failureResultOf(
                endpoint.connect(Factory.forProtocol(_Node)), ConnectionRefusedError
            )
