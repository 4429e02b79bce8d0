"""Sans-io framing: bytes in, whole requests out, one at a time; a refusal names whose fault it is.

The head goes through httptools in one piece; a body with a length is counted here; chunks are httptools' again.
What is not asked for yet stays as raw bytes, so that answers keep their order without a queue of requests.
"""

import re
from typing import Any

from httptools import HttpParserError, HttpRequestParser
from httptools.parser.errors import HttpParserUpgrade

from gma_twisted.transport.chunks import ChunkMeter
from gma_twisted.transport.head import SERVICES, Head, judgeHead
from gma_twisted.transport.limits import GateLimits
from gma_twisted.transport.refusal import Refusal

__all__ = ["Framer", "Message"]

_END = b"\r\n\r\n"
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ \r\n]+) ([A-Z]+/[0-9]\.[0-9])\r\n")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_EMPTY_LINES = 8
_SERVICE = b" " + SERVICES.encode()
_METHODS = (b"GET", b"HEAD", b"POST")


class Message:
    """
    A whole request.

    @ivar head: the verdict on its head
    @ivar body: all of it
    @ivar raw: bytes of the head as received
    """

    __slots__ = ("body", "head", "raw")

    def __init__(self, head: Head, body: bytes, raw: bytes) -> None:
        """See the attributes."""
        self.head = head
        self.body = body
        self.raw = raw


class _HeadReader:
    """Takes what httptools tells of one head."""

    def __init__(self) -> None:
        self.parser: Any = None
        self.keeps = False
        self.target = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.isComplete = False
        # One buffer: a list of chunks of two bytes each would weigh thirty times the body.
        self.body = bytearray()
        self.isOver = False

    def on_url(self, part: bytes) -> None:
        self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers come this way too; they are read and dropped, never merged into the head.
        if not self.isComplete:
            self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        self.isComplete = True
        # To be asked now: for a request without a body the parser has forgotten when feeding returns.
        self.keeps = self.parser.should_keep_alive()
        self.parser = None

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.isOver = True


class Framer:
    """
    Cuts a connection's bytes into requests.

    @ivar head: of the request whose body is being read, C{None} between requests
    @ivar bodyBytes: received of that body
    """

    __slots__ = (
        "_buffer",
        "_emptyLines",
        "_hasServices",
        "_isLineJudged",
        "_limits",
        "_meter",
        "_parser",
        "_raw",
        "_reader",
        "_scanned",
        "bodyBytes",
        "head",
    )

    def __init__(self, limits: GateLimits, hasServices: bool = True) -> None:
        """
        @param limits: what passes
        @param hasServices: whether POST below C{/services/} is SOAP
        """
        self._limits = limits
        self._hasServices = hasServices
        self._buffer = bytearray()
        self._emptyLines = 0
        self._scanned = 0
        self._isLineJudged = False
        self._reset()

    def _reset(self) -> None:
        self.head: Head | None = None
        self.bodyBytes = 0
        self._raw = b""
        self._meter: ChunkMeter | None = None
        self._parser: Any = None
        self._reader: _HeadReader | None = None

    @property
    def isIdle(self) -> bool:
        """Whether nothing of a request is here."""
        return not (self._buffer or self.head or self._emptyLines)

    @property
    def kept(self) -> int:
        """Bytes kept unread."""
        return len(self._buffer)

    def receive(self, data: bytes) -> None:
        """Take bytes; L{next} reads them."""
        self._buffer += data

    def takeBack(self) -> bytes:
        """Give back what was received and not looked at, between two requests; nothing within one."""
        if self.head or self._scanned or self._emptyLines:
            return b""
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    def next(self) -> Message | None:
        """
        The next whole request.

        @return: C{None} when more bytes are needed
        @raise Refusal: the connection cannot go on unless the refusal says so
        """
        if self.head is None and not self._readHead():
            return None
        head = self.head
        assert head is not None
        if head.length is None:
            return self._readChunks(head)
        return self._readBody(head, head.length)

    def _readBody(self, head: Head, length: int) -> Message | None:
        buffer = self._buffer
        self.bodyBytes = size = min(len(buffer), length)
        if size < length:
            return None
        body = bytes(buffer) if len(buffer) == length else bytes(buffer[:length])
        del buffer[:length]
        return self._whole(head, body)

    def _readChunks(self, head: Head) -> Message | None:
        meter, reader = self._meter, self._reader
        assert meter is not None and reader is not None
        data = bytes(self._buffer)
        taken = meter.feed(data)
        self._buffer = bytearray(data[taken:])
        self._feed(data[:taken], not head.isWeb)
        self.bodyBytes += taken
        if meter.isOver is not reader.isOver:
            raise Refusal(400, "the chunks do not end as they began", not head.isWeb)
        return self._whole(head, bytes(reader.body)) if reader.isOver else None

    def _whole(self, head: Head, body: bytes) -> Message:
        message = Message(head, body, self._raw)
        self._reset()
        return message

    def _readHead(self) -> bool:
        buffer = self._buffer
        while buffer.startswith(b"\r\n"):
            self._emptyLines += 1
            if self._emptyLines > _EMPTY_LINES:
                raise Refusal(400, f"at most {_EMPTY_LINES} empty lines may stand before a request")
            del buffer[:2]
        if not buffer or buffer == b"\r":
            return False
        end = buffer.find(_END, max(0, self._scanned - len(_END)))
        size = len(buffer) if end < 0 else end + len(_END)
        self._judgeArrived(buffer, size)
        if end < 0:
            return False
        raw = bytes(buffer[:size])
        del buffer[:size]
        self._scanned = self._emptyLines = 0
        self._isLineJudged = False
        self.head = self._parseHead(raw)
        self._raw = raw
        return True

    def _judgeArrived(self, buffer: bytearray, size: int) -> None:
        # What is wrong already is refused at once, not when the rest of the head or the deadline comes; and only
        # what is new is looked at, so that a head in single bytes costs no more than one in a piece.
        isService = self._isService(buffer)
        if not self._isLineJudged:
            end = buffer.find(b"\n", self._scanned, size)
            if (size if end < 0 else end) > self._limits.target + 32:
                raise Refusal(414, f"a target has at most {self._limits.target} bytes", isService)
            if end >= 0:
                _judgeRequestLine(bytes(buffer[: end + 1]), isService)
                self._isLineJudged = True
            elif not _TOKEN.match(buffer):
                raise Refusal(400, "a request begins with its method", isService)
        if size > self._limits.head:
            raise Refusal(431, f"a request's head has at most {self._limits.head} bytes", isService)
        if _BARE_LF.search(buffer, self._scanned, size):
            raise Refusal(400, "lines end with CR LF", isService)
        self._scanned = size

    def _isService(self, buffer: bytes | bytearray) -> bool:
        return self._hasServices and buffer.find(_SERVICE, 0, 32) > 0

    def _parseHead(self, raw: bytes) -> Head:
        self._reader = reader = _HeadReader()
        self._parser = reader.parser = parser = HttpRequestParser(reader)
        isService = self._isService(raw)
        self._feed(raw, isService)
        if not reader.isComplete:
            raise Refusal(400, "the head is not one HTTP request", isService)
        version = b"HTTP/" + parser.get_http_version().encode()
        head = judgeHead(
            parser.get_method(),
            reader.target,
            version,
            reader.fields,
            reader.keeps,
            self._limits,
            self._hasServices,
        )
        if head.length is None:
            self._meter = ChunkMeter(self._limits, isService)
        return head

    def _feed(self, data: bytes, isService: bool) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise Refusal(
                400, "this connection cannot be upgraded to another protocol", isService
            ) from None
        except HttpParserError as error:
            raise Refusal(400, f"the request is not well-formed HTTP: {error}", isService) from None


def _judgeRequestLine(line: bytes, isService: bool) -> None:
    found = _REQUEST_LINE.match(line)
    if found is None:
        raise Refusal(400, "the request line is not METHOD target HTTP/1.1", isService)
    if found[3] not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise Refusal(505, "speak HTTP/1.1 or HTTP/1.0", isService)
    if found[1] not in _METHODS:
        raise Refusal(405, "the methods here are GET, HEAD and POST", isService)
