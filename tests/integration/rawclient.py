"""A client that sends any bytes and reads answers strictly: plain sockets and C{ssl}, nothing of Twisted.

It is the corpus's measure, so it shares no code with what it measures.
"""

import select
import socket
import ssl
import time
from collections.abc import Mapping
from types import TracebackType

import attrs

__all__ = ["RawConnection", "Received", "WrongAnswer"]

_PIECE = 65_536
_BODILESS = (204, 304)


class WrongAnswer(Exception):
    """What came back is no HTTP answer, or not all of one in time."""


@attrs.frozen
class Received:
    """
    One answer.

    @ivar fields: lower-case names; the values of a repeated field joined by commas
    """

    status: int
    version: bytes
    fields: Mapping[bytes, bytes]
    body: bytes


class RawConnection:
    """One connection to 127.0.0.1; blocking, every wait ends after C{timeout} seconds."""

    def __init__(
        self, port: int, context: ssl.SSLContext | None = None, timeout: float = 3.0
    ) -> None:
        """@param context: for TLS; C{None} for plain TCP"""
        self._timeout = timeout
        self._out = bytearray()
        self.received = bytearray()
        self.isEnded = False
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._tls: ssl.SSLObject | None = None
        if context is not None:
            self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self._tls = context.wrap_bio(
                self._incoming, self._outgoing, server_hostname="localhost"
            )
            self._shakeHands(self._tls)

    def __enter__(self) -> "RawConnection":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection."""
        self._socket.close()

    def _shakeHands(self, tls: ssl.SSLObject) -> None:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self._out += self._outgoing.read()
                self._turn(deadline, "a TLS handshake")
                if self.isEnded:
                    raise WrongAnswer("closed in the TLS handshake") from None
            else:
                self._out += self._outgoing.read()
                return

    def send(self, data: bytes) -> None:
        """Send all of it, reading what comes meanwhile; given up silently when the peer stops taking it."""
        for at in range(0, len(data), _PIECE):
            piece = data[at : at + _PIECE]
            if self._tls is None:
                self._out += piece
            else:
                try:
                    self._tls.write(piece)
                except ssl.SSLError:
                    return
                self._out += self._outgoing.read()
            deadline = time.monotonic() + self._timeout
            while self._out and not self.isEnded:
                self._turn(deadline, "the peer to read")

    def read(self, isHead: bool = False) -> Received:
        """
        The next answer.

        @param isHead: of a HEAD request: it has no body
        @raise WrongAnswer: malformed, cut short, or not whole in time
        """
        deadline = time.monotonic() + self._timeout
        while True:
            found = self._parse(isHead)
            if found is not None:
                return found
            if self.isEnded:
                raise WrongAnswer(
                    f"closed instead of an answer; had {bytes(self.received[:200])!r}"
                )
            self._turn(deadline, "an answer")

    def expectEnd(self) -> None:
        """Wait for the peer to close. @raise WrongAnswer: it sends more, or stays"""
        deadline = time.monotonic() + self._timeout
        while not self.isEnded:
            self._turn(deadline, "the peer to close")
        if self.received:
            raise WrongAnswer(f"more came before the end: {bytes(self.received[:200])!r}")

    def wait(self, seconds: float) -> None:
        """Look for C{seconds} at what comes, mostly for the peer to close."""
        deadline = time.monotonic() + seconds
        while not self.isEnded:
            left = max(deadline - time.monotonic(), 0)
            if not select.select([self._socket], [], [], left)[0]:
                return
            self._take()

    def sendBlindly(self, data: bytes, times: int, seconds: float) -> None:
        """Send C{data} again and again for C{seconds}, as much as the kernel takes, reading nothing."""
        deadline = time.monotonic() + seconds
        for _ in range(times):
            if self._tls is not None:
                self._tls.write(data)
                self._out += self._outgoing.read()
            else:
                self._out += data
            while self._out:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([], [self._socket], [], left)[1]:
                    return
                try:
                    del self._out[: self._socket.send(self._out)]
                except OSError:
                    return

    def peel(self, size: int) -> None:
        """Take a few bytes out of the socket, whatever they are."""
        try:
            self._socket.recv(size)
        except OSError:
            pass

    def _turn(self, deadline: float, what: str) -> None:
        left = deadline - time.monotonic()
        writing = [self._socket] if self._out else []
        readable, writable, _ = select.select([self._socket], writing, [], max(left, 0))
        if not readable and not writable:
            raise WrongAnswer(
                f"waited {self._timeout} s for {what}; had {bytes(self.received[:200])!r}"
            )
        if readable:
            self._take()
        if writable and not self.isEnded:
            try:
                del self._out[: self._socket.send(self._out[: 4 * _PIECE])]
            except (BrokenPipeError, ConnectionResetError):
                # It stopped reading; what it wrote before may still be here.
                self._out.clear()

    def _take(self) -> None:
        try:
            data = self._socket.recv(4 * _PIECE)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        if self._tls is None:
            self.received += data
            self.isEnded = not data
            return
        if data:
            self._incoming.write(data)
        else:
            self.isEnded = True
        try:
            while plain := self._tls.read(4 * _PIECE):
                self.received += plain
            self.isEnded = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.isEnded = True

    def _parse(self, isHead: bool) -> Received | None:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return None
        line, *rows = bytes(self.received[:end]).split(b"\r\n")
        version, status, fields = _readHead(line, rows)
        start = end + 4
        if isHead or status < 200 or status in _BODILESS:
            size: int | None = 0
        elif fields.get(b"transfer-encoding") == b"chunked":
            return self._parseChunks(status, version, fields, start)
        elif b"content-length" in fields:
            size = int(fields[b"content-length"])
        else:
            size = len(self.received) - start if self.isEnded else None
        if size is None or len(self.received) < start + size:
            return None
        body = bytes(self.received[start : start + size])
        del self.received[: start + size]
        return Received(status, version, fields, body)

    def _parseChunks(
        self, status: int, version: bytes, fields: Mapping[bytes, bytes], start: int
    ) -> Received | None:
        body = b""
        while True:
            end = self.received.find(b"\r\n", start)
            if end < 0:
                return None
            size = int(bytes(self.received[start:end]), 16)
            start = end + 2 + size + 2
            if len(self.received) < start:
                return None
            body += self.received[end + 2 : end + 2 + size]
            if not size:
                del self.received[:start]
                return Received(status, version, fields, body)


def _readHead(line: bytes, rows: list[bytes]) -> tuple[bytes, int, dict[bytes, bytes]]:
    version, _, rest = line.partition(b" ")
    code, blank, _ = rest.partition(b" ")
    if (
        version not in (b"HTTP/1.1", b"HTTP/1.0")
        or len(code) != 3
        or not code.isdigit()
        or not blank
    ):
        raise WrongAnswer(f"no status line: {line[:200]!r}")
    fields: dict[bytes, bytes] = {}
    for row in rows:
        name, colon, value = row.partition(b":")
        if not colon or not name or name.strip() != name or b"\n" in row or b"\r" in row:
            raise WrongAnswer(f"no header field: {row[:200]!r}")
        key = name.lower()
        value = value.strip()
        fields[key] = fields[key] + b"," + value if key in fields else value
    if b"content-length" in fields and not fields[b"content-length"].isdigit():
        raise WrongAnswer(f"Content-Length {fields[b'content-length'][:40]!r}")
    return version, int(code), fields
