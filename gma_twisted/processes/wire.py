"""The socket between a node and a worker process."""

from twisted.internet.interfaces import IPushProducer, ITransport
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.processes.worker import WorkerListener
from gma_twisted.timing.happening import Happening

__all__ = ["OnlyWire", "Wire"]


@implementer(IPushProducer)
class Wire(Protocol):
    """
    The node's end of a worker's socket. It is the producer of its own transport, which says so when there is too much
    to write.

    @ivar isFull: there is
    @ivar lost: the socket is closed
    @ivar room: there is room again; another one each time
    """

    transport: ITransport

    def __init__(self, listener: WorkerListener) -> None:
        self._listener = listener
        self.isFull = False
        self.lost = Happening()
        self.room = Happening()

    def connectionMade(self) -> None:
        self.transport.registerProducer(self, True)  # type: ignore[attr-defined]

    def dataReceived(self, data: bytes) -> None:
        self._listener.received(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.resumeProducing()
        self.lost.happen()

    def pauseProducing(self) -> None:
        """Enough for now."""
        if not self.isFull:
            self.isFull = True
            self.room = Happening()

    def resumeProducing(self) -> None:
        """Go on."""
        self.isFull = False
        self.room.happen()

    def stopProducing(self) -> None:
        """The connection is lost."""
        self.resumeProducing()


class OnlyWire(ServerFactory[Wire]):
    """Gives its one protocol to the one connection."""

    noisy = False

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def buildProtocol(self, addr: object) -> Wire:
        return self.wire
