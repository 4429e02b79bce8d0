"""Calls without a reactor, for programs that ask and have no other: every answer is there when the call returns."""

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
from zope.interface import implementer

from gma_twisted.client.trust import Trust
from gma_twisted.errors import PeerError, PeerUnreachable, TooLarge
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle

__all__ = ["BlockingCaller", "finished"]

T = TypeVar("T")

_PIECE = 64 * 1024
_OK = 200
_ANSWER = 64 * 1024 * 1024


# By X509_V_ERR of OpenSSL.
_UNBELIEVED = (
    ({62, 64}, "its certificate is not of this host; call it by a name that is in the certificate"),
    ({10}, "its certificate has ended; have a new one made, or set the clock here"),
    ({9}, "its certificate is not valid yet; set the clock here or there"),
    (
        {2, 18, 19, 20, 21},
        "its certificate is of an authority that is not known here; name it, gma --ca FILE ..., or GMA_CA=FILE",
    ),
)
# What a node said before it hung up.
_TURNED_AWAY = (
    (
        "CERTIFICATE_REQUIRED",
        "it wants a certificate; show one, gma --cert FILE --key FILE ..., or GMA_CERT and GMA_KEY",
    ),
    (
        "UNKNOWN_CA",
        "it does not know the authority of the certificate it was shown; show another, --cert FILE",
    ),
    ("CERTIFICATE_EXPIRED", "the certificate it was shown has ended; have a new one made"),
    ("CERTIFICATE_REVOKED", "the certificate it was shown was revoked; have a new one made"),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS; try http://"),
    ("RECORD_LAYER_FAILURE", "it does not speak TLS; try http://"),
)


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
    @ivar trust: of C{https} nodes, and what they are shown. A bearer token goes to the node that is called first, which
        is the one the program names, and to no other
    @ivar longer: what to say to have it wait longer
    """

    mostAnswer: int = _ANSWER
    pause: Callable[[float], None] = time.sleep
    wallTime: Callable[[], float] = time.time
    trust: Trust = attrs.field(factory=Trust)
    longer: str = "a longer timeout may help"
    # Whether TLS, host and port.
    _first: list[tuple[str, str]] = attrs.field(factory=list, init=False, repr=False)

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

    def certificateEnds(self, url: str, timeout: float) -> float:
        """
        When the certificate of an C{https} node ends, seconds since 1970.

        @raise PeerUnreachable: no connection in time, or the certificate is not believed
        @raise ConfigError: as L{exchange}
        """
        connection = _connection(url, timeout, self.trust)
        try:
            connection.connect()
            connected: Any = connection.sock
            return float(ssl.cert_time_to_seconds(connected.getpeercert()["notAfter"]))
        except (OSError, LookupError, TypeError, ValueError) as error:
            raise PeerUnreachable(f"{url} cannot be reached: {_why(error)}") from None
        finally:
            connection.close()

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
        @raise ConfigError: what is to be shown, or whom to believe, cannot be read
        """
        shown = self.shown(url)
        split = urlsplit(url)
        target = (split.path or "/") + (f"?{split.query}" if split.query else "")
        connection = _connection(url, timeout, self.trust)
        try:
            connection.request(method, target, body, {**(fields or {}), **shown})
            answer = connection.getresponse()
            read = self._read(answer, url)
        except TimeoutError:
            raise PeerUnreachable(
                f"{url} did not answer within {timeout:g} s", cure=self.longer
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PeerUnreachable(f"{url} cannot be reached: {_why(error)}") from None
        finally:
            connection.close()
        media = answer.getheader("Content-Type", "")
        return Reply(answer.status, read, media.lower().startswith("application/soap+xml"))

    def shown(self, url: str) -> Mapping[str, str]:
        """
        The fields that say who calls.

        @raise ConfigError: the token cannot be read, or must not travel there
        """
        split = urlsplit(url)
        node = split.scheme, split.netloc.lower()
        if not self._first:
            self._first.append(node)
        token = self.trust.token(url) if self._first[0] == node else ""
        return {"Authorization": f"Bearer {token}"} if token else {}

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


def _connection(url: str, timeout: float, trust: Trust) -> http.client.HTTPConnection:
    split = urlsplit(url)
    host = split.hostname or ""
    if split.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, split.port, timeout=timeout, context=trust.context()
        )
    else:
        connection = http.client.HTTPConnection(host, split.port, timeout=timeout)
    connection.response_class = partial(_Answer, timeout)  # type: ignore[assignment]
    return connection


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return _whyOfTLS(error)
    if isinstance(error, http.client.RemoteDisconnected):
        return "it hung up without an answer; one that speaks TLS is called by https://"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there; is the node running?"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer ended too early"
    if isinstance(error, http.client.HTTPException):
        return f"it does not speak HTTP ({type(error).__name__})"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words)


def _whyOfTLS(error: ssl.SSLError) -> str:
    """What is wrong with certificates, and what to try."""
    if isinstance(error, ssl.SSLCertVerificationError):
        for codes, why in _UNBELIEVED:
            if error.verify_code in codes:
                return why
        return f"its certificate is not believed: {error.verify_message.rstrip('.')}"
    reason = (error.reason or "").upper()
    for part, why in _TURNED_AWAY:
        if part in reason:
            return why
    return f"TLS failed: {error.reason or error}".replace("_", " ").lower().replace("tls", "TLS", 1)
