"""Listening on an asyncio loop itself, uvloop above all, without Twisted's transports in between.

Only Gates listen this way: they ask little of a transport, and it stands here. A sixth of the CPU of a small answer
is saved (docs/performance.md).
"""

import asyncio
import socket
from collections.abc import Iterable
from typing import Any, cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocol,
    IProtocolFactory,
    IPushProducer,
    IStreamServerEndpoint,
    ITransport,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.timing import spawn

__all__ = ["NativeEndpoint"]

_BACKLOG = 1024


def _address(name: tuple[Any, ...] | None) -> IAddress:
    if name is None:
        # The peer was gone before anybody asked for its name.
        return IPv4Address("TCP", "0.0.0.0", 0)
    kind = IPv6Address if ":" in name[0] else IPv4Address
    return kind("TCP", name[0], name[1])


@implementer(ITransport, IPushProducer)
class _NativeTransport:
    """What a Gate asks of a transport, on an asyncio one."""

    disconnecting = False

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.write = transport.write
        self.producer: Any = None

    def writeSequence(self, data: Iterable[bytes]) -> None:
        self._transport.writelines(list(data))

    def loseConnection(self) -> None:
        self.disconnecting = True
        self._transport.close()

    def loseWriteConnection(self) -> None:
        self._transport.write_eof()

    def abortConnection(self) -> None:
        self._transport.abort()

    def getPeer(self) -> IAddress:
        return _address(self._transport.get_extra_info("peername"))

    def getHost(self) -> IAddress:
        return _address(self._transport.get_extra_info("sockname"))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def pauseProducing(self) -> None:
        self._transport.pause_reading()

    def resumeProducing(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def stopProducing(self) -> None:
        self.loseConnection()


class _NativeProtocol(asyncio.Protocol):
    """Hands a connection of the loop to a protocol of the factory."""

    def __init__(self, factory: IProtocolFactory) -> None:
        self._factory = factory
        self._protocol: IProtocol | None = None
        self._wrapped: _NativeTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's in all but name: they do not inherit from them.
        stream = cast(asyncio.Transport, transport)
        self._protocol = protocol = self._factory.buildProtocol(
            _address(transport.get_extra_info("peername"))
        )
        if protocol is None:
            stream.abort()
            return
        self._wrapped = _NativeTransport(stream)
        # One call less for every piece of data; uvloop looks the method up when a protocol is set, not before.
        self.data_received = protocol.dataReceived  # type: ignore[method-assign]
        stream.set_protocol(self)
        protocol.makeConnection(self._wrapped)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._protocol is not None:
            reason = ConnectionDone() if exc is None else ConnectionLost(str(exc))
            self._protocol.connectionLost(Failure(reason))

    def pause_writing(self) -> None:
        if self._wrapped is not None and self._wrapped.producer is not None:
            self._wrapped.producer.pauseProducing()

    def resume_writing(self) -> None:
        if self._wrapped is not None and self._wrapped.producer is not None:
            self._wrapped.producer.resumeProducing()


@implementer(IListeningPort)
class _NativePort:
    """A bound socket; the loop accepts on it once it runs."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, bound: socket.socket, factory: IProtocolFactory
    ) -> None:
        self._loop = loop
        self._socket = bound
        self._factory = factory
        self._server: asyncio.Server | None = None
        self._isStopped = False
        self._host = _address(bound.getsockname())

    def startListening(self) -> None:
        spawn(
            Deferred.fromFuture(self._loop.create_task(self._serve())), f"listening on {self._host}"
        )

    async def _serve(self) -> None:
        if self._socket.fileno() < 0:
            return
        server = await self._loop.create_server(
            lambda: _NativeProtocol(self._factory), sock=self._socket, backlog=_BACKLOG
        )
        if self._isStopped:
            server.close()
        self._server = server

    def stopListening(self) -> Deferred[None]:
        self._isStopped = True
        if self._server is not None:
            self._server.close()
        else:
            self._socket.close()
        self._factory.doStop()
        return succeed(None)

    def getHost(self) -> IAddress:
        return self._host


@implementer(IStreamServerEndpoint)
class NativeEndpoint:
    """
    A TCP port on an asyncio loop.

    Binding happens at once, so that a busy port is known before anything else starts.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, port: int, interface: str = "127.0.0.1"
    ) -> None:
        """
        @param port: 0 for a free one
        @param interface: address to bind
        """
        self._loop = loop
        self._port = port
        self._interface = interface

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """See L{IStreamServerEndpoint}. @raise CannotListenError: the port is taken or may not be bound"""
        family = socket.AF_INET6 if ":" in self._interface else socket.AF_INET
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setblocking(False)
            bound.bind((self._interface, self._port))
            bound.listen(_BACKLOG)
        except OSError as error:
            bound.close()
            raise CannotListenError(self._interface, self._port, error) from error
        protocolFactory.doStart()
        port = _NativePort(self._loop, bound, protocolFactory)
        port.startListening()
        return succeed(port)
