"""A whole node on a virtual clock, without a socket."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.error import CannotListenError, ConnectionDone
from twisted.internet.interfaces import IListeningPort, IStreamClientEndpoint
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.nodes import INDEX, NodeKind, NodeService, Plan, assemble
from gma_twisted.nodes.installing import Known
from gma_twisted.nodes.serversource import GivenServer
from gma_twisted.stores.journal import Inline, Worker
from gma_twisted.timing import NodeClock, Turns
from gma_twisted.transport.memory import MemoryEndpoint, MemoryNetwork
from tests.nodes.plans import planOf, runtimeOf

__all__ = ["Client", "MemoryNode", "MemoryReactor", "findRequest"]


_CLIENT = IPv4Address("TCP", "127.0.0.1", 40000)


def findRequest(name: str) -> bytes:
    """A findServiceData for one name, as an HTTP request."""
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        '<findServiceData xmlns="http://www.gridforum.org/namespaces/2003/03/OGSI">'
        f"<queryExpression><queryByServiceDataNames><name>{name}</name></queryByServiceDataNames>"
        "</queryExpression></findServiceData></e:Body></e:Envelope>"
    )
    head = (
        "POST /services/index HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


@implementer(IListeningPort)
@attrs.define(eq=False)
class MemoryPort:
    """A port that is bound where it was asked."""

    address: IPv4Address
    isOpen: bool = True

    def startListening(self) -> None:
        """It listens from the beginning."""

    def stopListening(self) -> None:
        """Close it."""
        self.isOpen = False

    def getHost(self) -> IPv4Address:
        """Where it is bound."""
        return self.address


class MemoryReactor(MemoryReactorClock):
    """
    Twisted's, whose ports know their interface.

    @ivar taken: ports that cannot be bound
    """

    def __init__(self, taken: Sequence[int] = ()) -> None:
        super().__init__()
        self.taken = taken
        self.ports: list[MemoryPort] = []
        self.udpPorts: list[tuple[int, Any, str]] = []

    def listenTCP(
        self, port: int, factory: Any, backlog: int = 50, interface: str = ""
    ) -> MemoryPort:
        """Bind."""
        if port in self.taken:
            raise CannotListenError(interface, port, OSError(98, "Address already in use"))
        self.tcpServers.append((port, factory, backlog, interface))
        self.ports.append(MemoryPort(IPv4Address("TCP", interface, port or 34567)))
        return self.ports[-1]

    def listenUDP(
        self, port: int, protocol: Any, interface: str = "", maxPacketSize: int = 8192
    ) -> MemoryPort:
        """Bind; nobody is told of a transport."""
        self.udpPorts.append((port, protocol, interface))
        self.ports.append(MemoryPort(IPv4Address("UDP", interface, port or 34567)))
        return self.ports[-1]


class ClientTransport(StringTransport):
    """A connection that ends when it is told to."""

    def __init__(self, gate: Any) -> None:
        super().__init__(peerAddress=_CLIENT)
        self._gate = gate
        self.aborted = False

    def loseConnection(self) -> None:
        """End it, once."""
        if not self.disconnecting:
            super().loseConnection()
            self._gate.connectionLost(Failure(ConnectionDone()))

    def abortConnection(self) -> None:
        """End it, rudely."""
        self.aborted = True
        self.loseConnection()


class Client:
    """One connection to a node."""

    def __init__(self, factory: Any) -> None:
        gate = factory.buildProtocol(_CLIENT)
        assert gate is not None
        self.gate = gate
        self.transport = ClientTransport(gate)
        self.gate.makeConnection(self.transport)

    def ask(self, request: bytes) -> bytes:
        """What comes back at once."""
        self.transport.clear()
        self.gate.dataReceived(request)
        answer: bytes = self.transport.value()
        return answer


@attrs.define
class MemoryNode:
    """
    A node of a configuration.

    @ivar configuration: of L{kind}; what it says later is read at a reload
    @ivar stateDir: its journals are written here, at once
    @ivar kind: of the node
    @ivar network: between nodes; C{None} when it reaches none
    @ivar worker: of its journals
    @ivar host: what it is called where it calls
    @ivar server: of its role in the GMA, instead of a class of the configuration
    @ivar halted: why the node asked for the end of its process
    @ivar counted: how many values it served whenever it had loaded and started
    """

    configuration: str
    stateDir: Path
    kind: NodeKind = INDEX
    network: MemoryNetwork | None = None
    worker: Worker = attrs.field(factory=Inline)
    host: str = "here"
    server: GivenServer | None = None
    reactor: MemoryReactor = attrs.field(factory=MemoryReactor)
    halted: list[str] = attrs.field(factory=list)
    counted: list[int] = attrs.field(factory=list)
    service: NodeService = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        clock = NodeClock(self.reactor, lambda: 1.7e9 + self.reactor.seconds())
        self.service = assemble(
            self._plan(),
            self.reactor,
            clock,
            runtimeOf(clock),
            self.halted.append,
            self._connect,
            lambda name: self.worker,
            self._started,
            self._reread,
        )

    def _plan(self, known: Known | None = None) -> Plan:
        plan = planOf(self.configuration, kind=self.kind, known=known, server=self.server)
        return attrs.evolve(plan, stateDir=self.stateDir)

    async def _reread(self, known: Known, turns: Turns) -> Plan:
        return self._plan(known)

    def _started(self) -> None:
        self.counted.append(self.service.control.elementCount())

    def _connect(self, host: str, port: int, isTLS: bool) -> IStreamClientEndpoint:
        network = self.network or MemoryNetwork(NodeClock(self.reactor))
        return MemoryEndpoint(network, self.host, host, port)

    def connect(self) -> Client:
        """A connection to one of its ports."""
        return Client(self.service._gates)
