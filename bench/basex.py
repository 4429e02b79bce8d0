"""A client of BaseX: its server protocol, as far as hosts are put into a database and asked for."""

import hashlib
import re
import socket
from types import TracebackType
from typing import Self

import attrs

from bench.answers import WrongAnswer

__all__ = ["PASSWORD", "USER", "AnswerReader", "BaseXClient", "loginMessage", "packed"]

USER = "admin"
PASSWORD = "bench"
"""Not a secret: whoever can reach 127.0.0.1 may have the hosts."""

_PATIENCE = 120.0
_MOST = 1 << 20
_ESCAPED = re.compile(rb"\xff(.)", re.DOTALL)
# Of the protocol: what a message begins with that is no command in words.
_ADD = b"\x09"
_REPLACE = b"\x0c"


def packed(string: bytes) -> bytes:
    """A string as the protocol has it: 0 ends it, so 0 and 255 within it are escaped."""
    return string.replace(b"\xff", b"\xff\xff").replace(b"\0", b"\xff\0") + b"\0"


def loginMessage(greeting: str, user: str, password: str) -> bytes:
    """
    The answer to a greeting.

    @param greeting: realm and nonce, a colon between them
    @raise WrongAnswer: it is no such greeting
    """
    realm, colon, nonce = greeting.partition(":")
    if not colon:
        raise WrongAnswer(f"BaseX before 8.0, or something else, greets: {greeting[:200]!r}")
    digest = _md5(f"{_md5(f'{user}:{realm}:{password}')}{nonce}")
    return packed(user.encode()) + packed(digest.encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@attrs.define(slots=True, eq=False)
class AnswerReader:
    """
    Takes one answer together, however it arrives: some strings, and the byte that says how it went.

    @ivar count: of the strings
    @ivar hasStatus: whether the byte follows
    @ivar strings: those that are complete
    """

    count: int
    hasStatus: bool = True
    strings: list[bytes] = attrs.field(factory=list, init=False)
    _unread: bytearray = attrs.field(factory=bytearray, init=False)
    # Before that no string ends.
    _seen: int = attrs.field(default=0, init=False)

    def receive(self, data: bytes) -> bool:
        """
        Take the next bytes.

        @return: whether the answer is complete
        @raise WrongAnswer: something follows it, or it says that what was wanted was not done
        """
        self._unread += data
        while len(self.strings) < self.count:
            end = self._end()
            if end < 0:
                return False
            string = bytes(self._unread[:end])
            self.strings.append(_ESCAPED.sub(rb"\1", string) if b"\xff" in string else string)
            del self._unread[: end + 1]
            self._seen = 0
        if self.hasStatus and not self._unread:
            return False
        status, rest = (
            (self._unread[:1], self._unread[1:]) if self.hasStatus else (b"\0", self._unread)
        )
        if rest:
            raise WrongAnswer(f"{len(rest)} bytes after the end of an answer of BaseX")
        if status != b"\0":
            said = self.strings[-1][:2000] if self.strings else b""
            raise WrongAnswer(f"BaseX did not do it: {said!r}")
        return True

    def _end(self) -> int:
        """Where the next string ends, less than 0 when that has not arrived."""
        while True:
            end = self._unread.find(b"\0", self._seen)
            before = len(self._unread) if end < 0 else end
            escape = self._unread.find(b"\xff", self._seen, before)
            if escape < 0:
                self._seen = before
                return end
            if escape + 1 == len(self._unread):
                self._seen = escape
                return -1
            self._seen = escape + 2


@attrs.define(slots=True, eq=False)
class BaseXClient:
    """
    A session, once entered. All methods raise L{WrongAnswer} when BaseX does not do what it is told, or does not
    answer.

    @ivar port: of the server, on 127.0.0.1
    """

    port: int
    _socket: socket.socket = attrs.field(init=False)

    def __enter__(self) -> Self:
        self._socket = socket.create_connection(("127.0.0.1", self.port), _PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            (greeting,) = self._receive(AnswerReader(1, hasStatus=False))
            self._call(loginMessage(greeting.decode(), USER, PASSWORD), 0)
        except BaseException:
            self._socket.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def command(self, text: str) -> bytes:
        """A command in words. @return: its result"""
        result, _ = self._call(packed(text.encode()), 2)
        return result

    def add(self, path: str, document: bytes) -> None:
        """Add a document to the open database."""
        self._call(_ADD + packed(path.encode()) + packed(document), 1)

    def replace(self, path: str, document: bytes) -> None:
        """Put a document in the place of another."""
        self._call(_REPLACE + packed(path.encode()) + packed(document), 1)

    def _call(self, message: bytes, strings: int) -> list[bytes]:
        try:
            self._socket.sendall(message)
        except OSError as error:
            raise WrongAnswer(f"BaseX does not listen: {error}") from error
        return self._receive(AnswerReader(strings))

    def _receive(self, reader: AnswerReader) -> list[bytes]:
        try:
            while data := self._socket.recv(_MOST):
                if reader.receive(data):
                    return reader.strings
        except OSError as error:
            raise WrongAnswer(f"no answer of BaseX: {error}") from error
        raise WrongAnswer("BaseX ended the session")
