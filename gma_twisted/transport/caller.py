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
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint, ITransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.errors import Busy, PeerUnreachable, TimedOut, TooLarge, cut
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock, withTimeout

__all__ = ["CallerLimits", "PooledCaller"]

Connect = Callable[[str, int, bool], IStreamClientEndpoint]

_FRAMING = 64 * 1024
_PER_BYTE = 8
_SIZED = (b"content-length", b"transfer-encoding")


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
        self._begin()
        self.isOpen = True
        self.usedAt = 0.0

    def _begin(self) -> None:
        self._parser: Any = HttpResponseParser(self)
        self._body = bytearray()
        self._received = 0
        self._mediaType = b""
        self._isInBody = False
        self._isSized = False
        self._isWhole = False

    def ask(self, request: bytes) -> Awaitable[Reply]:
        """Send a request. @return: its answer; cancelling ends the connection"""
        self._begin()
        self._answer = Deferred(self._giveUp)
        self.transport.write(request)
        return self._answer

    def _giveUp(self, _: object) -> None:
        self._answer = None
        self.isOpen = False
        self.transport.abortConnection()  # type: ignore[attr-defined]

    def dataReceived(self, data: bytes) -> None:
        """Bytes of an answer; bytes without a question end the connection."""
        if self._answer is None:
            self.transport.abortConnection()  # type: ignore[attr-defined]
            return
        try:
            self._parser.feed_data(data)
            # Head, trailers and the lines of chunks have a bound too.
            self._received += len(data)
            if self._received > _FRAMING + _PER_BYTE * len(self._body):
                raise TooLarge(f"the answer of {self._pool.name} has too large a head")
        except HttpParserError as error:
            cause = error.__context__
            own = isinstance(cause, TooLarge | PeerUnreachable)
            self._fail(cause if own else PeerUnreachable(f"no HTTP: {error}"))  # type: ignore[arg-type]
        except TooLarge as error:
            self._fail(error)
        else:
            if self._isWhole:
                self._finish()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field of the answer, or of its trailers."""
        if self._isInBody:
            return
        name = name.lower()
        if name == b"content-type":
            self._mediaType = value.lower()
        elif name in _SIZED:
            self._isSized = True

    def on_headers_complete(self) -> None:
        """The head of an answer is whole; that of 100 Continue is none."""
        self._isInBody = self._parser.get_status_code() >= 200

    def on_body(self, part: bytes) -> None:
        """A piece of the answer."""
        self._body += part
        if len(self._body) > self._pool.limits.answer:
            raise TooLarge(
                f"the answer of {self._pool.name} is larger than {self._pool.limits.answer} bytes"
            )

    def on_message_complete(self) -> None:
        """The answer is whole, unless it only asks to go on; it is given on once the parser has returned."""
        if self._isWhole:
            raise PeerUnreachable(f"{self._pool.name} answered more than was asked")
        if self._isInBody:
            self._isWhole = True
            if not self._parser.should_keep_alive():
                self.isOpen = False

    def _finish(self) -> None:
        answer, self._answer = self._answer, None
        isSoap12 = self._mediaType.startswith(b"application/soap+xml")
        reply = Reply(self._parser.get_status_code(), bytes(self._body), isSoap12)
        if not self.isOpen:
            self.transport.loseConnection()
        if answer is not None:
            answer.callback(reply)

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
        isDone = reason.check(ConnectionDone)
        if isDone and self._isInBody and not (self._isSized or self._isWhole):
            # Neither a length nor chunks: such an answer ends with the connection (RFC 9112, 6.3).
            self._finish()
            return
        answer, self._answer = self._answer, None
        if answer is not None and not answer.called:
            why = "closed" if isDone else reason.getErrorMessage()
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
        self._timer: IDelayedCall | None = None
        self._isClosed = False
        self._isHandingOver = False
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
                self._rest(connection)
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
        # The place is handed over, not given back: a newcomer must not overtake who waits. One that fails at once
        # comes back here; the loop that woke it goes on, so that a long line does not nest.
        if self._isHandingOver:
            return
        self._isHandingOver = True
        try:
            while self._waiting and self._inUse < self.limits.connections:
                turn = self._waiting.popleft()
                if not turn.called:
                    self._inUse += 1
                    turn.callback(None)
        finally:
            self._isHandingOver = False

    def _rest(self, connection: _Connection) -> None:
        if self._isClosed:
            connection.isOpen = False
            connection.transport.loseConnection()
            return
        connection.usedAt = self._clock.seconds()
        self._idle.append(connection)
        if self._timer is None:
            self._timer = self._clock.callLater(self.limits.idleSeconds, self._endUnused)

    def _endUnused(self) -> None:
        self._timer = None
        oldest = self._clock.seconds() - self.limits.idleSeconds
        for connection in [each for each in self._idle if each.usedAt <= oldest]:
            self._idle.remove(connection)
            connection.isOpen = False
            connection.transport.loseConnection()
        if self._idle:
            wait = min(each.usedAt for each in self._idle) - oldest
            self._timer = self._clock.callLater(wait, self._endUnused)

    def _idleOne(self) -> _Connection | None:
        # Those that are gone, or unused for too long, are not in the list any more.
        return self._idle.pop() if self._idle else None

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
        if not self._idle and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """End what is idle now, and the rest once it is."""
        self._isClosed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.isOpen = False
            connection.transport.loseConnection()

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
        if parts.scheme not in ("http", "https") or not (parts.hostname and handle.url.isascii()):
            raise PeerUnreachable(f"cannot call {cut(handle)}: not an http or https URL in ASCII")
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
