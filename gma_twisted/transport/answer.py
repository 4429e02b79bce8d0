"""Reading one HTTP answer; every byte of it is bounded, and none of it is trusted."""

from typing import Any

from httptools import HttpParserError, HttpResponseParser

from gma_twisted.errors import PeerUnreachable, TooLarge, cut
from gma_twisted.interfaces import Reply
from gma_twisted.transport.limits import CallerLimits

__all__ = ["AnswerMemo", "AnswerReader"]

_PER_BYTE = 8
_SWITCHING = 101
_SHORT = 512
_KEPT = 256
# Of Retry-After: two hours and more is no overload.
_DIGITS = 4


class AnswerReader:
    """
    Reads the answer to one request.

    @ivar keepsAlive: whether the connection may be used again, once the answer is whole
    """

    __slots__ = (
        "_body",
        "_isInBody",
        "_isSized",
        "_isWhole",
        "_limits",
        "_mediaType",
        "_name",
        "_parser",
        "_received",
        "_retryAfter",
        "keepsAlive",
    )

    def __init__(self, name: str, limits: CallerLimits) -> None:
        """@param name: of the peer, for errors"""
        self._name = name
        self._limits = limits
        self._parser: Any = HttpResponseParser(self)
        self._body = bytearray()
        self._received = 0
        self._retryAfter = 0
        self._mediaType = b""
        self._isInBody = False
        self._isSized = False
        self._isWhole = False
        self.keepsAlive = False

    def receive(self, data: bytes) -> Reply | None:
        """
        Take what has arrived.

        @return: the answer when it is whole, else C{None}
        @raise TooLarge: a bound was passed; named
        @raise PeerUnreachable: no HTTP, none that can be read, or more than one answer
        """
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            cause = error.__context__
            if isinstance(cause, TooLarge | PeerUnreachable):
                raise cause from None
            raise PeerUnreachable(f"no HTTP: {error}") from None
        # Head, trailers and the lines of chunks have a bound too.
        self._received += len(data)
        if self._received > self._limits.head + _PER_BYTE * len(self._body):
            raise TooLarge(f"the answer of {self._name} has too large a head")
        return self._reply() if self._isWhole else None

    def end(self) -> Reply | None:
        """
        Nothing more comes.

        @return: an answer with neither a length nor chunks, which ends with the connection (RFC 9112, 6.3); C{None}
            when it is cut short
        """
        return self._reply() if self._isInBody and not (self._isSized or self._isWhole) else None

    def _reply(self) -> Reply:
        isSoap12 = self._mediaType.startswith(b"application/soap+xml")
        return Reply(self._parser.get_status_code(), bytes(self._body), isSoap12, self._retryAfter)

    def on_message_begin(self) -> None:
        """An answer, or one that only asks to go on."""
        if self._isWhole:
            raise PeerUnreachable(f"{self._name} answered more than was asked")

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
        elif name == b"retry-after":
            # A date needs the peer's clock: it says as little as nothing (RFC 9110, 10.2.3).
            seconds = value.strip()
            if seconds.isdigit() and len(seconds) <= _DIGITS:
                self._retryAfter = int(seconds)
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
        if self._isInBody:
            self._isWhole = True
            self.keepsAlive = self._parser.should_keep_alive()


class AnswerMemo:
    """
    Short answers without a body that were read before: sinks answer all notices with the same bytes for as long as
    the date in them holds, and what was read of them needs no second look.

    Only whole answers are in it, each a piece of its own, after which the connection may be used again.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[int, bool]] = {}

    def find(self, data: bytes) -> Reply | None:
        """The answer these bytes are, when they are known."""
        known = self._known.get(data) if len(data) <= _SHORT else None
        return None if known is None else Reply(known[0], b"", known[1])

    def keep(self, data: bytes, reply: Reply) -> None:
        """Remember what these bytes are, when that is worth it."""
        if reply.body or reply.retryAfter or len(data) > _SHORT:
            return
        if len(self._known) >= _KEPT:
            del self._known[next(iter(self._known))]
        self._known[data] = (reply.status, reply.isSoap12)
