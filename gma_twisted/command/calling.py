"""Calls without a reactor, for verbs that ask and end: every answer is there when the call returns."""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs
import click
from zope.interface import implementer

from gma_twisted.errors import PeerError, PeerUnreachable, TooLarge
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle

__all__ = ["BlockingCaller", "finished", "passCaller"]

T = TypeVar("T")

_PIECE = 64 * 1024
_OK = 200
_ANSWER = 64 * 1024 * 1024


def finished(work: Coroutine[Any, Any, T]) -> T:
    """
    The result of a coroutine that waits for nothing but a L{BlockingCaller}.

    @raise Exception: what it raises
    @raise RuntimeError: it waits for something else
    """
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("it waits for what only a reactor brings")


@implementer(ICaller)
@attrs.frozen(slots=True, eq=False)
class BlockingCaller:
    """
    Calls services one after the other, a connection each, and knows the time between the calls.

    @ivar mostAnswer: bytes of an answer
    @ivar pause: waits so many seconds
    @ivar wallTime: now, in seconds since 1970
    """

    mostAnswer: int = _ANSWER
    pause: Callable[[float], None] = time.sleep
    wallTime: Callable[[], float] = time.time

    async def call(self, handle: Handle, envelope: bytes, soapAction: str, timeout: float) -> Reply:
        """See L{ICaller}."""
        fields = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{soapAction}"'}
        return self.exchange("POST", handle.url, timeout, envelope, fields)

    def get(self, url: str, timeout: float) -> bytes:
        """
        GET a page.

        @param timeout: seconds for everything
        @raise PeerUnreachable: no connection or no whole answer in time; the message names the URL
        @raise PeerError: another status than 200
        @raise TooLarge: larger than this caller accepts
        """
        reply = self.exchange("GET", url, timeout)
        if reply.status != _OK:
            raise PeerError(f"{url} answered with HTTP status {reply.status}")
        return reply.body

    def post(self, url: str, timeout: float) -> Reply:
        """POST nothing to a page that does something. Parameters and errors as L{get}; every status is returned."""
        return self.exchange("POST", url, timeout, b"", {"X-Requested-With": "gma"})

    async def close(self) -> None:
        """See L{ICaller}; nothing is open between calls."""

    def exchange(
        self,
        method: str,
        url: str,
        timeout: float,
        body: bytes | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Reply:
        """
        One request and its answer, whatever its status.

        @param url: C{http} or C{https}
        @param timeout: seconds for the whole answer, and for each address of the host until it is connected
        @raise PeerUnreachable, TooLarge: as L{get}
        """
        split = urlsplit(url)
        target = (split.path or "/") + (f"?{split.query}" if split.query else "")
        connection = _connection(url, timeout)
        try:
            connection.request(method, target, body, dict(fields or {}))
            answer = connection.getresponse()
            read = self._read(answer, url)
        except TimeoutError:
            raise PeerUnreachable(
                f"{url} did not answer within {timeout:g} s; --timeout waits longer"
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PeerUnreachable(f"{url} cannot be reached: {_why(error)}") from None
        finally:
            connection.close()
        media = answer.getheader("Content-Type", "")
        return Reply(answer.status, read, media.lower().startswith("application/soap+xml"))

    def _read(self, answer: http.client.HTTPResponse, url: str) -> bytes:
        pieces, size = [], 0
        while piece := answer.read(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > self.mostAnswer:
                raise TooLarge(f"{url} answered with more than {self.mostAnswer} bytes")
        if answer.length:
            # What came would be taken for the whole.
            raise http.client.IncompleteRead(b"", answer.length)
        return b"".join(pieces)


passCaller = click.make_pass_decorator(BlockingCaller, ensure=True)
"""Gives a verb, as its first parameter, what it calls with: that of the context, or a new one."""


class _Timed(io.RawIOBase):
    """What a socket receives until an instant: the socket's own timeout begins again with every byte."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        super().__init__()
        self._connected = connected
        self._raw = connected.makefile("rb", buffering=0)
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connected.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer that is there in time or not at all."""

    def __init__(self, timeout: float, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock, time.monotonic() + timeout))


def _connection(url: str, timeout: float) -> http.client.HTTPConnection:
    split = urlsplit(url)
    host = split.hostname or ""
    if split.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, split.port, timeout=timeout, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, split.port, timeout=timeout)
    connection.response_class = partial(_Answer, timeout)  # type: ignore[assignment]
    return connection


def _why(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there; is the node running?"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer ended too early"
    if isinstance(error, http.client.HTTPException):
        return f"it does not speak HTTP ({type(error).__name__})"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words)
