"""How answers leave: at once on plain TCP when nothing waits, through the transport's buffer otherwise.

Twisted's C{transport.write} costs two epoll_ctl calls and a turn of the loop for every answer (PERFORMANCE,
the way, 5). Public names only: C{getHandle} for the socket, and a pull producer to learn when the transport's
buffer has drained.
"""

from typing import Protocol

from twisted.internet.interfaces import (
    IPullProducer,
    IPushProducer,
    ISSLTransport,
    ITCPTransport,
    ITransport,
)
from twisted.internet.tcp import Connection
from zope.interface import implementer

__all__ = ["BufferedSender", "DirectSender", "Flow", "Sender", "senderFor"]

_HIGH_WATER = 64 * 1024
# Read at once. What hundreds of connections send ahead is then in the system, not in our memory.
_PIECE = 16 * 1024


class Flow(Protocol):
    """Told when the transport's buffer is full, and when it is empty again."""

    def choke(self) -> None:
        """Write no more for now."""

    def flow(self) -> None:
        """Go on."""


class Sender(Protocol):
    """Writes in order, whichever way."""

    def write(self, data: bytes) -> None:
        """Send or queue."""

    def release(self) -> None:
        """Let the transport go, before it is closed."""

    def hangUp(self) -> None:
        """After L{release}: end the write side once all has left; where that cannot be, end the connection."""


@implementer(IPullProducer)
class DirectSender:
    """
    Sends on the socket while the transport's buffer is empty.

    As a pull producer it is asked for more whenever that buffer has drained, which is what it wants to know.
    """

    __slots__ = ("_flow", "_isChoked", "_queued", "_send", "_transport")

    def __init__(self, transport: Connection, flow: Flow) -> None:
        """@param flow: told of a full and of a drained buffer"""
        self._transport = transport
        self._send = transport.getHandle().send
        self._flow = flow
        self._queued = 0
        self._isChoked = False
        transport.registerProducer(self, False)

    def write(self, data: bytes) -> None:
        """Send what the socket takes now, queue the rest."""
        if not self._queued:
            try:
                sent = self._send(data)
            except OSError:
                # Full, or broken: the transport finds out which, and reports a loss the usual way.
                sent = 0
            if sent == len(data):
                return
            data = data[sent:]
        self._queued += len(data)
        self._transport.write(data)
        if self._queued > _HIGH_WATER and not self._isChoked:
            self._isChoked = True
            self._flow.choke()

    def resumeProducing(self) -> None:
        """The transport's buffer is empty."""
        self._queued = 0
        if self._isChoked:
            self._isChoked = False
            self._flow.flow()

    def stopProducing(self) -> None:
        """The connection is lost; the protocol hears of it itself."""

    def release(self) -> None:
        """See L{Sender}."""
        self._transport.unregisterProducer()

    def hangUp(self) -> None:
        """See L{Sender}: TCP can end one side alone."""
        self._transport.loseWriteConnection()


@implementer(IPushProducer)
class BufferedSender:
    """Writes through the transport: TLS, in-memory and foreign transports."""

    __slots__ = ("_flow", "_transport", "write")

    def __init__(self, transport: ITransport, flow: Flow) -> None:
        """@param flow: told of a full and of a drained buffer"""
        self._transport = transport
        self._flow = flow
        self.write = transport.write
        transport.registerProducer(self, True)  # type: ignore[attr-defined]

    def pauseProducing(self) -> None:
        """The transport's buffer is full."""
        self._flow.choke()

    def resumeProducing(self) -> None:
        """The transport's buffer is empty."""
        self._flow.flow()

    def stopProducing(self) -> None:
        """The connection is lost; the protocol hears of it itself."""

    def release(self) -> None:
        """See L{Sender}."""
        self._transport.unregisterProducer()  # type: ignore[attr-defined]

    def hangUp(self) -> None:
        """See L{Sender}: TLS says goodbye and reads on until the other side did, so it ends whole."""
        isTLS = ISSLTransport.providedBy(self._transport)
        endWriting = None if isTLS else getattr(self._transport, "loseWriteConnection", None)
        (endWriting or self._transport.loseConnection)()


def senderFor(transport: ITransport, flow: Flow) -> Sender:
    """The fastest sender this transport allows; small answers do not wait for the peer's acknowledgement."""
    if ITCPTransport.providedBy(transport):
        transport.setTcpNoDelay(True)
    if hasattr(transport, "bufferSize"):
        transport.bufferSize = _PIECE
    if isinstance(transport, Connection) and not ISSLTransport.providedBy(transport):
        return DirectSender(transport, flow)
    return BufferedSender(transport, flow)
