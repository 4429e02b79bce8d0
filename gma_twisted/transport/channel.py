"""One request shown to a twisted.web Site: what its Request asks of a channel, as the HTTP/2 streams do it."""

from collections.abc import Iterable
from typing import Any

from twisted.internet.interfaces import IAddress, ISSLTransport, ITransport
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers
from twisted.web.server import Site
from zope.interface import implementer

from gma_twisted.model import Certificate
from gma_twisted.timing import NodeClock
from gma_twisted.transport.framing import Message
from gma_twisted.transport.sending import Sender

__all__ = ["WebChannel"]


@implementer(ITransport)
class WebChannel:
    """
    Stands for the connection while the Site answers one request; the Gate keeps the connection.

    @ivar keeps: whether the connection goes on after the answer
    @ivar certificate: what the client showed over TLS; C{None} when it showed none
    """

    def __init__(
        self,
        gate: Any,
        transport: ITransport,
        sender: Sender,
        site: Site,
        clock: NodeClock,
        certificate: Certificate | None = None,
    ) -> None:
        """
        @param gate: told C{answered()} and C{close()}
        @param site: answers
        """
        self.certificate = certificate
        self.transport = transport
        self.site = site
        self.factory = site
        self.keeps = True
        self._gate = gate
        self._sender = sender
        self._clock = clock
        self._producer: Any = None
        self._isPull = False
        self._isAsked = False
        self._isChoked = False
        self._isHead = False
        self._request: Any = None

    def start(self, message: Message) -> None:
        """Show the request to the Site."""
        head = message.head
        self.keeps = head.keeps
        self._isHead = head.method == b"HEAD"
        self._request = request = self.site.requestFactory(self)
        for name, value in head.fields:
            request.requestHeaders.addRawHeader(name, value)
        if not head.keeps:
            request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        elif head.version == b"HTTP/1.0":
            request.responseHeaders.setRawHeaders(b"Connection", [b"keep-alive"])
        request.parseCookies()
        request.gotLength(len(message.body))
        if message.body:
            request.handleContentChunk(message.body)
        request.requestReceived(head.method, head.target, head.version)

    # -- asked by the Request

    def getPeer(self) -> IAddress:
        """Who asks."""
        return self.transport.getPeer()

    def getHost(self) -> IAddress:
        """Where it was asked."""
        return self.transport.getHost()

    def isSecure(self) -> bool:
        """Whether the connection is TLS."""
        return bool(ISSLTransport.providedBy(self.transport))

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        """Send the head of the answer; without a length its end is the connection's end."""
        hasLength = headers.hasHeader(b"Content-Length") or headers.hasHeader(b"Transfer-Encoding")
        if not hasLength and not self._isHead and int(code) not in (204, 304):
            self.keeps = False
            headers.setRawHeaders(b"Connection", [b"close"])
        # Which software answers is nobody's business, and the Gate's own answers do not say it either.
        headers.removeHeader(b"Server")
        lines = [b"%b %b %b" % (version, code, reason)]
        lines += [
            b"%b: %b" % (name, value)
            for name, values in headers.getAllRawHeaders()
            for value in values
        ]
        self._sender.write(b"\r\n".join([*lines, b"", b""]))

    def write(self, data: bytes) -> None:
        """Send a piece of the body."""
        if data:
            self._sender.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Send pieces of the body."""
        self.write(b"".join(data))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer write the body, stopped while the reader is slow."""
        if self._producer is not None:
            raise RuntimeError("this request has a producer already")
        self._producer = producer
        self._isPull = not streaming
        if self._isPull:
            self._ask()
        elif self._isChoked:
            producer.pauseProducing()

    def unregisterProducer(self) -> None:
        """The producer has written all."""
        self._producer = None

    def requestDone(self, request: object) -> None:
        """The answer is whole."""
        self._producer = None
        self._request = None
        self._gate.answered(self.keeps)

    def loseConnection(self) -> None:
        """End the connection after what was written."""
        self._gate.close()

    def _respondToBadRequestAndDisconnect(self) -> None:
        # Request calls this by its private name when a form or a cookie cannot be parsed.
        self._sender.write(
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        self._gate.close()

    # -- told by the Gate

    def choke(self) -> None:
        """The reader is slow."""
        self._isChoked = True
        if self._producer is not None and not self._isPull:
            self._producer.pauseProducing()

    def flow(self) -> None:
        """The reader has caught up."""
        self._isChoked = False
        if self._producer is None:
            return
        if self._isPull:
            self._ask()
        else:
            self._producer.resumeProducing()

    def lost(self, reason: Failure) -> None:
        """The connection is gone."""
        request, producer = self._request, self._producer
        self._request = self._producer = None
        # A push or pull producer hears it from us: with twisted.web's own channel the transport tells it.
        if producer is not None:
            producer.stopProducing()
        if request is not None:
            request.connectionLost(reason)

    def _ask(self) -> None:
        # One piece a turn: a pull producer that writes small pieces must not hold the reactor.
        if not self._isAsked:
            self._isAsked = True
            self._clock.callLater(0, self._pull)

    def _pull(self) -> None:
        self._isAsked = False
        if self._producer is not None and self._isPull and not self._isChoked:
            self._producer.resumeProducing()
            self._ask()
