"""One keep-alive connection to a peer: a request, its answer, the next; every byte of the answer is bounded."""

from collections.abc import Awaitable, Callable
from typing import Any

from httptools import HttpParserError, HttpResponseParser
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ITCPTransport, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from gma_twisted.errors import PeerUnreachable, TooLarge, cut
from gma_twisted.interfaces import Reply
from gma_twisted.transport.limits import CallerLimits

__all__ = ["CallerConnection"]

_PER_BYTE = 8
_SWITCHING = 101


class CallerConnection(Protocol):
    """One keep-alive connection: a request, its answer, the next."""

    transport: ITransport

    def __init__(
        self, name: str, limits: CallerLimits, lost: Callable[["CallerConnection"], None]
    ) -> None:
        """
        @param name: of the peer, for errors
        @param lost: told when the connection is gone
        """
        self._name = name
        self._limits = limits
        self._lost = lost
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

    def connectionMade(self) -> None:
        """A peer is there; small requests do not wait for its acknowledgement."""
        if ITCPTransport.providedBy(self.transport):
            self.transport.setTcpNoDelay(True)

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
            if self._received > self._limits.head + _PER_BYTE * len(self._body):
                raise TooLarge(f"the answer of {self._name} has too large a head")
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
        elif name == b"content-length":
            self._isSized = True
        elif name == b"transfer-encoding":
            self._isSized = True
            self._checkPlain(value, b"chunked")
        elif name == b"content-encoding":
            self._checkPlain(value, b"identity")

    def _checkPlain(self, coding: bytes, plain: bytes) -> None:
        # We ask for none; whoever packs an answer wants it to be unpacked, which costs a thousand times its bytes.
        if coding.strip().lower() != plain:
            raise PeerUnreachable(f"{self._name} answered in the coding {cut(coding)}")

    def on_headers_complete(self) -> None:
        """The head of an answer is whole; that of 100 Continue is none, and nobody asked to switch protocols."""
        status = self._parser.get_status_code()
        if status == _SWITCHING:
            raise PeerUnreachable(f"{self._name} answered with another protocol")
        self._isInBody = status >= 200

    def on_body(self, part: bytes) -> None:
        """A piece of the answer."""
        self._body += part
        if len(self._body) > self._limits.answer:
            raise TooLarge(f"the answer of {self._name} is larger than {self._limits.answer} bytes")

    def on_message_complete(self) -> None:
        """The answer is whole, unless it only asks to go on; it is given on once the parser has returned."""
        if self._isWhole:
            raise PeerUnreachable(f"{self._name} answered more than was asked")
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
        self._lost(self)
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
