"""Calls to other nodes over pooled keep-alive connections: a lean HTTP/1.1 client for one kind of request.

Twisted's Agent costs six times as much a call (PERFORMANCE). Bounded: connections and waiting calls per peer, bytes
of an answer, seconds for everything.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import attrs
from httptools import HttpParserError, HttpResponseParser
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IStreamClientEndpoint, ITransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.errors import Busy, PeerUnreachable, TimedOut, TooLarge, cut
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock, withTimeout

__all__ = ["CallerLimits", "PooledCaller"]

Connect = Callable[[str, int, bool], IStreamClientEndpoint]


@attrs.frozen(slots=True)
class CallerLimits:
    """
    Bounds of calls to other nodes.

    @ivar connections: to one peer (address and port) at once
    @ivar waiting: calls that wait for a connection to one peer
    @ivar answer: bytes of an answer
    @ivar idleSeconds: how long an unused connection is kept: shorter than the peer's own patience
    """

    connections: int = 2
    waiting: int = 256
    answer: int = 64 * 1024 * 1024
    idleSeconds: float = 30.0


class _Connection(Protocol):
    """One keep-alive connection: a request, its answer, the next."""

    transport: ITransport

    def __init__(self, pool: "_Pool") -> None:
        self._pool = pool
        self._answer: Deferred[Reply] | None = None
        self._parser: Any = None
        self._body: list[bytes] = []
        self._size = 0
        self._mediaType = b""
        self.isOpen = True
        self.usedAt = 0.0

    def ask(self, request: bytes) -> Awaitable[Reply]:
        """Send a request. @return: its answer; cancelling ends the connection"""
        self._parser = HttpResponseParser(self)
        self._body = []
        self._size = 0
        self._mediaType = b""
        self._answer = Deferred(lambda _: self.transport.abortConnection())  # type: ignore[attr-defined]
        self.transport.write(request)
        return self._answer

    def dataReceived(self, data: bytes) -> None:
        """Bytes of an answer; bytes without a question end the connection."""
        if self._answer is None:
            self.transport.abortConnection()  # type: ignore[attr-defined]
            return
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            cause = error.__context__
            self._fail(
                cause if isinstance(cause, TooLarge) else PeerUnreachable(f"no HTTP: {error}")
            )

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field of the answer."""
        if name.lower() == b"content-type":
            self._mediaType = value.lower()

    def on_body(self, part: bytes) -> None:
        """A piece of the answer."""
        self._size += len(part)
        if self._size > self._pool.limits.answer:
            raise TooLarge(
                f"the answer of {self._pool.name} is larger than {self._pool.limits.answer} bytes"
            )
        self._body.append(part)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        answer, self._answer = self._answer, None
        status = self._parser.get_status_code()
        if status == 100:
            self._answer = answer
            self._parser = HttpResponseParser(self)
            return
        if not self._parser.should_keep_alive():
            self.isOpen = False
            self.transport.loseConnection()
        if answer is not None:
            isSoap12 = self._mediaType.startswith(b"application/soap+xml")
            answer.callback(Reply(status, b"".join(self._body), isSoap12))

    def _fail(self, error: Exception) -> None:
        self.isOpen = False
        answer, self._answer = self._answer, None
        self.transport.abortConnection()  # type: ignore[attr-defined]
        if answer is not None:
            answer.errback(Failure(error))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The peer, or we, ended the connection."""
        self.isOpen = False
        self._pool.lost(self)
        answer, self._answer = self._answer, None
        if answer is not None and not answer.called:
            why = "closed" if reason.check(ConnectionDone) else reason.getErrorMessage()
            answer.errback(
                Failure(PeerUnreachable(f"the connection was lost before the whole answer: {why}"))
            )


class _Pool:
    """
    The connections to one peer.

    A call that fails is not sent again here: whether that is safe is for the operation to say.
    """

    def __init__(
        self, name: str, endpoint: IStreamClientEndpoint, clock: NodeClock, limits: CallerLimits
    ) -> None:
        self.name = name
        self.limits = limits
        self._endpoint = endpoint
        self._clock = clock
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._waiting: deque[Deferred[None]] = deque()
        self._inUse = 0

    async def ask(self, request: bytes) -> Reply:
        """One exchange on an idle connection, a new one, or the first that becomes free."""
        await self._turn()
        try:
            connection = self._idleOne() or await self._connect()
            reply = await connection.ask(request)
            if connection.isOpen:
                connection.usedAt = self._clock.seconds()
                self._idle.append(connection)
            return reply
        finally:
            self._inUse -= 1
            self._next()

    async def _turn(self) -> None:
        if self._inUse >= self.limits.connections:
            if len(self._waiting) >= self.limits.waiting:
                raise Busy(f"{self.limits.waiting} calls wait for {self.name} already")
            turn: Deferred[None] = Deferred()
            self._waiting.append(turn)
            try:
                await turn
            except CancelledError:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                raise
        else:
            self._inUse += 1

    def _next(self) -> None:
        # The place is handed over, not given back: a newcomer must not overtake who waits.
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.called:
                self._inUse += 1
                turn.callback(None)
                return

    def _idleOne(self) -> _Connection | None:
        oldest = self._clock.seconds() - self.limits.idleSeconds
        while self._idle:
            connection = self._idle.pop()
            if connection.isOpen and connection.usedAt >= oldest:
                return connection
            connection.isOpen = False
            connection.transport.loseConnection()
        return None

    async def _connect(self) -> _Connection:
        factory = Factory.forProtocol(lambda: _Connection(self))
        factory.noisy = False
        try:
            connection = await self._endpoint.connect(factory)
        except CancelledError:
            raise
        except Exception as error:
            raise PeerUnreachable(f"no connection to {self.name}: {error}") from error
        assert isinstance(connection, _Connection)
        self._open.add(connection)
        return connection

    def lost(self, connection: _Connection) -> None:
        """A connection is gone."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def close(self) -> None:
        """End what is idle now, and the rest once it is."""
        for connection in list(self._open):
            isIdle = connection in self._idle
            connection.isOpen = False
            if isIdle:
                connection.transport.loseConnection()
        self._idle.clear()

    @property
    def isUnused(self) -> bool:
        """Whether nothing is open, running or waiting."""
        return not (self._open or self._inUse or self._waiting)


@implementer(ICaller)
class PooledCaller:
    """
    Calls services by their handles.

    @ivar limits: what is bounded
    """

    def __init__(
        self, clock: NodeClock, connect: Connect, limits: CallerLimits | None = None
    ) -> None:
        """
        @param connect: makes the endpoint of (host, port, whether TLS); asked once per peer
        """
        self.limits = limits or CallerLimits()
        self._clock = clock
        self._connect = connect
        self._pools: dict[tuple[str, int, bool], _Pool] = {}

    async def call(self, handle: Handle, envelope: bytes, soapAction: str, timeout: float) -> Reply:
        """See L{ICaller}."""
        parts = urlsplit(handle.url)
        isTLS = parts.scheme == "https"
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise PeerUnreachable(f"cannot call {cut(handle)}: not an http or https URL")
        peer = (parts.hostname, parts.port or (443 if isTLS else 80), isTLS)
        request = _request(handle, parts.netloc, envelope, soapAction)
        pool = self._pool(peer)
        try:
            return await withTimeout(
                pool.ask(request), timeout, self._clock, f"the call to {cut(handle)}"
            )
        except TimedOut as error:
            raise PeerUnreachable(str(error)) from error

    def _pool(self, peer: tuple[str, int, bool]) -> _Pool:
        pool = self._pools.get(peer)
        if pool is None:
            for known in [key for key, each in self._pools.items() if each.isUnused]:
                del self._pools[known]
            host, port, isTLS = peer
            pool = _Pool(
                f"{host}:{port}", self._connect(host, port, isTLS), self._clock, self.limits
            )
            self._pools[peer] = pool
        return pool

    async def close(self) -> None:
        """See L{ICaller}."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()


def _request(handle: Handle, host: str, envelope: bytes, soapAction: str) -> bytes:
    parts = urlsplit(handle.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "{soapAction}"\r\nContent-Length: {len(envelope)}\r\n\r\n'
    )
    return head.encode("ascii") + envelope
