"""The Gate: one per connection of every port we open: the way of a request, with framing, order and deadlines.

A SOAP request goes to the Exchange, anything else to the Site; the connection itself never changes owner.
Requests are taken from the bytes one at a time, the next when the one before is answered: answers keep their
order by construction, and what a client sends ahead stays bytes. L{Turnstile} judges who passes when not everybody
can; L{Link} sends, and ends the connection.
"""

import math
from collections.abc import Awaitable

from OpenSSL.SSL import Error as TLSError
from twisted.internet.interfaces import IDelayedCall, IHandshakeListener, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.errors import FailedAuthentication
from gma_twisted.interfaces import Reply, Request
from gma_twisted.model import Certificate
from gma_twisted.timing import Ready, spawn
from gma_twisted.transport.certificate import certificateOf
from gma_twisted.transport.channel import WebChannel
from gma_twisted.transport.framing import Framer, Message
from gma_twisted.transport.gatekeeper import BIG
from gma_twisted.transport.head import Head
from gma_twisted.transport.link import Link
from gma_twisted.transport.listener import Listener
from gma_twisted.transport.refusal import Refusal
from gma_twisted.transport.turning import Turned
from gma_twisted.transport.turnstile import Turnstile

__all__ = ["Gate"]

log = Logger()

_END = b"\r\n\r\n"


@implementer(IHandshakeListener)
class Gate(Protocol):
    """A server connection."""

    transport: ITransport

    def __init__(self, listener: Listener, host: str = "", refusal: Refusal | None = None) -> None:
        """
        @param listener: what all connections of a port share
        @param host: the peer's address
        @param refusal: turn this connection away with it
        """
        self._listener = listener
        self._refusal = refusal
        self._receive = listener.receive
        self._memo = listener.memo
        self._keeper = listener.keeper
        self._turnstile = Turnstile(listener, host)
        self._framer = Framer(listener.limits, listener.hasServices)
        self._peer = host
        self._certificate: Certificate | None = None
        self._unbelieved: FailedAuthentication | None = None
        self._isSecure = self._isRetired = False
        self._isAnswering = False
        # Whether nothing of a request is here: no longer when the framer gets some, again when it has read all of it.
        self._isBetween = True
        self._isInHead = False
        self._isPulling = False
        self._bodyBegan = 0.0
        self._held = 0
        self._served = 0
        # The head of a request before, its bytes, and how many a whole one with it has; -1 without one. Not only the
        # memo knows it: the bytes it begins with are compared faster than a head is searched and looked up.
        self._same: Head | None = None
        self._sameRaw = b""
        self._sameSize = -1
        self._waiting: Message | None = None
        self._nextTurn: IDelayedCall | None = None
        self._web: WebChannel | None = None
        self._link: Link

    # -- the connection

    def connectionMade(self) -> None:
        """A client is there: the first head, or the TLS handshake before it, has its deadline."""
        self._link = Link(self._listener, self.transport, self, self._turnstile.unread)
        self._listener.connected(self, self._peer)
        self._link.until(self._listener.limits.headSeconds)
        if self._refusal is not None:
            self._link.refuse(self._refusal)

    def handshakeCompleted(self) -> None:
        """TLS is there, and with it whoever the client proved to be; plain connections never hear of it."""
        self._isSecure = True
        self._certificate = shown = certificateOf(self.transport)
        self._listener.secure.add(self, math.inf if shown is None else shown.notAfter)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client is gone: what it asked may go on, nobody is told."""
        self._link.lost()
        self._hold(0)
        if self._nextTurn is not None:
            self._nextTurn.cancel()
            self._nextTurn = None
        self._keeper.forget(self)
        self._turnstile.leave()
        self._listener.disconnected(self, self._peer)
        error = self._unbelieved or reason.value
        if isinstance(error, (TLSError, FailedAuthentication)):
            self._listener.failedTLS(self._peer, error)
        if self._web is not None:
            self._web.lost(reason)

    def unbelieved(self, error: FailedAuthentication) -> None:
        """The client showed a certificate that is not believed; the handshake will end."""
        self._unbelieved = error

    def retire(self) -> None:
        """See L{Retiring <gma_twisted.transport.securegates.Retiring>}."""
        self._isRetired = True
        # Whole requests are not answered together any more: the first is the last.
        self._memo = {}
        self._sameSize = -1
        if not self._isAnswering and self._framer.isIdle:
            self.close()

    @property
    def isIdle(self) -> bool:
        """Whether nothing is answered, left to send or half read: then closing loses nothing."""
        return not (self._isAnswering or self._link.slices) and self._framer.isIdle

    @property
    def _ahead(self) -> int:
        # Where there is too much to do, what is not read yet waits at the client, or in the system.
        return 0 if self._keeper.isOver else self._listener.limits.ahead

    # -- bytes in

    def dataReceived(self, data: bytes) -> None:
        """Bytes of requests; the lean path takes whole SOAP requests whose head was seen before."""
        link = self._link
        if link.isClosing:
            return
        self._served = 0
        if self._isBetween and not (self._isAnswering or link.isChoked):
            if len(data) == self._sameSize and data.startswith(self._sameRaw):
                account, keeper = self._turnstile.account, self._keeper
                # As L{Turnstile.isJudged}, which is a call more.
                if not (keeper.isOver or account.left <= 0 or account.unread > keeper.mostUnread):
                    self._again(data, link)
                    return
            data = self._lean(data)
            if not data:
                return
        self._isBetween = False
        framer = self._framer
        framer.receive(data)
        if not (self._isAnswering or link.isChoked):
            self._pull()
        elif framer.kept > self._ahead:
            link.pauseReading()

    def _again(self, data: bytes, link: Link) -> None:
        """Answer a request whose head is that of one before, which is what keep-alive clients send."""
        listener, turnstile, head = self._listener, self._turnstile, self._same
        assert head is not None
        listener.counters["soap"] += 1
        self._served = 1
        # As L{_requestOf}, which is one call more.
        request = Request(
            head.path,
            head.soapAction,
            head.isSoap12,
            data[len(self._sameRaw) :],
            self._peer,
            head.authorization,
            self._certificate,
            self._isSecure,
        )
        reply = self._receive(request)
        if request.identity == turnstile.identity:
            turnstile.account.left -= 1
        else:
            turnstile.spend(1, request.identity)
        if not isinstance(reply, Ready) or len(reply.value.body) > listener.limits.slice:
            self._replyOrAwait(reply, head)
            return
        link.send(listener.answer(reply.value, head.connectionField))
        if not (link.isChoked or link.slices):
            link.deadline = listener.wheel.now + listener.limits.idleSeconds

    def _expect(self, head: Head, raw: bytes, size: int) -> None:
        """More requests with this head. @param size: of one, with its body"""
        if head.keeps:
            self._same, self._sameRaw, self._sameSize = head, raw, size

    def _requestOf(self, head: Head, body: bytes) -> Request:
        return Request(
            head.path,
            head.soapAction,
            head.isSoap12,
            body,
            self._peer,
            head.authorization,
            self._certificate,
            self._isSecure,
        )

    def _lean(self, data: bytes) -> bytes:
        """Answer what can be answered at once. @return: what is left for the framer"""
        memo = self._memo
        counters = self._listener.counters
        perTurn = self._listener.limits.perTurn
        slice = self._listener.limits.slice
        offset = served = 0
        answers: list[bytes] = []
        size = 0
        turnstile, link = self._turnstile, self._link
        identity = turnstile.identity
        isJudged = turnstile.isJudged
        while True:
            if isJudged:
                offset = self._shed(data, offset, answers)
            end = data.find(_END, offset) + 4
            raw = data[offset:end]
            head = memo.get(raw)
            if (
                head is None
                or len(data) < end + head.length  # type: ignore[operator]
                or (isJudged and head.connectionField)
            ):
                break
            stop = end + head.length  # type: ignore[operator]
            self._expect(head, raw, stop - offset)
            request = self._requestOf(head, data[end:stop])
            offset = stop
            served += 1
            counters["soap"] += 1
            reply = self._receive(request)
            identity = request.identity
            if not isinstance(reply, Ready) or len(reply.value.body) > slice:
                # Whose it is has to be known before something big is sent.
                turnstile.spend(served, identity)
                link.send(b"".join(answers))
                self._replyOrAwait(reply, head)
                return data[offset:]
            value = reply.value
            answers.append(self._listener.answer(value, head.connectionField))
            size += len(value.body)
            if not head.keeps:
                turnstile.spend(served, identity)
                link.send(b"".join(answers))
                link.close()
                return b""
            if size > slice:
                link.send(b"".join(answers))
                answers = []
                size = 0
                if link.isChoked or link.slices:
                    break
            if offset == len(data) or served >= perTurn:
                break
        self._served = served
        turnstile.spend(served, identity)
        link.send(b"".join(answers))
        if not (link.isChoked or link.slices):
            link.deadline = self._listener.wheel.now + self._listener.limits.idleSeconds
        return data[offset:]

    def _pull(self) -> None:
        """Take requests from the bytes and answer them, until one is waited for or bytes are missing."""
        if self._isPulling:
            return
        link = self._link
        self._isPulling = True
        try:
            while not (self._isAnswering or link.isChoked or link.isClosing or link.slices):
                if self._keeper.isOver and (unread := self._framer.takeBack()):
                    # Most of it can be refused without being taken apart.
                    self._framer.receive(self._lean(unread))
                    if self._isAnswering or link.isChoked or link.isClosing or link.slices:
                        break
                try:
                    message = self._framer.next()
                except Refusal as refusal:
                    link.refuse(refusal)
                    break
                if message is None:
                    self._awaitBytes()
                    break
                self._isInHead = False
                self._bodyBegan = 0.0
                self._hold(0)
                if self._served >= self._listener.limits.perTurn:
                    self._isAnswering = True
                    link.deadline = math.inf
                    self._waiting = message
                    self._nextTurn = self._listener.clock.callLater(0, self._turn)
                    break
                self._served += 1
                self._answerOrNot(message)
        finally:
            self._isPulling = False
        if not (link.isClosing or (self._isAnswering and self._framer.kept > self._ahead)):
            link.resumeReading()

    def _turn(self) -> None:
        # Others were answered meanwhile: a pipeline of thousands must not hold the reactor.
        self._nextTurn = None
        message = self._waiting
        if message is None or self._link.isChoked or self._link.slices:
            return
        self._waiting = None
        self._isAnswering = False
        self._served = 1
        self._isPulling = True
        try:
            self._answerOrNot(message)
        finally:
            self._isPulling = False
        self._pull()

    def _answerOrNot(self, message: Message) -> None:
        head = message.head
        if self._turnstile.isJudged:
            turned = self._turnstile.turned(head)
            if turned is not None:
                self._turnAway(head, turned, not head.connectionField)
                return
        self._answer(message)

    def _shed(self, data: bytes, offset: int, answers: list[bytes]) -> int:
        passed = self._turnstile.shed(self._memo, data, offset, answers)
        if passed > offset:
            self._hush()
        return passed

    def _turnAway(self, head: Head, turned: Turned, keeps: bool) -> None:
        self._link.send(turned.keeping if keeps else turned.closing)
        self._turnstile.count({head: turned}, {head: 1})
        self._hush()
        if not keeps:
            self._link.tarry()

    def _hush(self) -> None:
        if not self._link.isHushed:
            self._link.isHushed = True
            self._link.pauseReading()
            self._keeper.hush(self)

    def listen(self) -> None:
        """See L{Hushed <gma_twisted.transport.gatekeeper.Hushed>}."""
        self._link.isHushed = False
        if self._link.isClosing:
            self._link.resumeReading()
        elif not (self._isAnswering or self._link.isChoked):
            self._pull()
        elif self._framer.kept <= self._ahead:
            self._link.resumeReading()

    def _hold(self, size: int) -> None:
        self._listener.held += size - self._held
        self._held = size

    def _awaitBytes(self) -> None:
        framer, link, limits = self._framer, self._link, self._listener.limits
        head = framer.head
        if head is not None:
            self._hold(framer.bodyBytes)
            if self._listener.held > limits.bodies:
                link.refuse(Refusal(503, "too many bodies are under way; come again in a second"))
                return
            if not self._bodyBegan:
                isBig = head.length is None or head.length > BIG
                if isBig and self._turnstile.isJudged:
                    turned = self._turnstile.turned(head, head.length)
                    if turned is not None:
                        self._turnAway(head, turned, False)
                        return
                self._bodyBegan = self._listener.clock.seconds()
                if head.expects and not framer.bodyBytes:
                    link.sender.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            # What has arrived earns time, not what was announced: a drip cannot buy hours with a Content-Length.
            allowed = limits.bodySeconds + framer.bodyBytes / limits.bodyRate
            link.until(self._bodyBegan - self._listener.clock.seconds() + allowed)
        elif framer.isIdle:
            self._isInHead = False
            self._isBetween = True
            link.until(limits.idleSeconds)
        elif not self._isInHead:
            self._isInHead = True
            link.until(limits.headSeconds)

    # -- answers out

    def _answer(self, message: Message) -> None:
        head = message.head
        if not self._listener.admits(head.host):
            self._link.refuse(
                Refusal(421, "this node does not answer under that name", not head.isWeb)
            )
            return
        self._isAnswering = True
        self._link.deadline = math.inf
        if head.isWeb:
            self._listener.counters["web"] += 1
            self._turnstile.account.left -= 1
            self._web = WebChannel(
                self,
                self.transport,
                self._link.sender,
                self._listener.site,
                self._listener.clock,
                self._certificate,
            )
            self._web.start(message)
            return
        self._listener.remember(message)
        request = self._requestOf(head, message.body)
        reply = self._receive(request)
        self._turnstile.spend(1, request.identity)
        self._replyOrAwait(reply, head)

    def _replyOrAwait(self, reply: Awaitable[Reply], head: Head) -> None:
        if isinstance(reply, Ready):
            self._reply(reply.value, head)
        else:
            self._await(reply, head)

    def _await(self, reply: Awaitable[Reply], head: Head) -> None:
        self._isAnswering = True
        if not self._link.isChoked:
            self._link.deadline = math.inf
        self._listener.underWay += 1

        async def later() -> None:
            value: Reply | None = None
            try:
                value = await reply
            finally:
                self._listener.underWay -= 1
                # An Exchange that breaks its promise must not leave a connection without an answer or a deadline.
                if value is None and not self._link.isClosing:
                    self._link.cut()
            if not self._link.isClosing:
                self._reply(value, head)

        spawn(later(), "answering a request")

    def _reply(self, reply: Reply, head: Head) -> None:
        isBig = len(reply.body) > self._listener.limits.slice
        turned = self._turnstile.withheld() if isBig else None
        if turned is None:
            self._link.send(self._listener.answer(reply, head.connectionField))
            self.answered(head.keeps)
            return
        # Not by _turnAway, which ends the connection at once: what is before it may not have left yet.
        keeps = not head.connectionField
        self._link.send(turned.keeping if keeps else turned.closing)
        self._turnstile.count({head: turned}, {head: 1})
        self._hush()
        self.answered(keeps)

    def answered(self, keeps: bool) -> None:
        """One request is answered; told by the Gate itself and by L{WebChannel}."""
        self._isAnswering = False
        self._web = None
        if self._link.isClosing:
            return
        if not keeps or self._isRetired:
            self.close()
            return
        self._pull()

    def close(self) -> None:
        """End the connection once all that was written has left."""
        self._link.close()

    # -- back-pressure, told by the Link

    def choke(self) -> None:
        """The reader is slow: no more answers, no more requests."""
        if not self._isAnswering:
            self._link.pauseReading()
        if self._web is not None:
            self._web.choke()

    def flow(self) -> None:
        """The reader has caught up."""
        if self._web is not None:
            self._web.flow()
        elif self._waiting is not None and self._nextTurn is None:
            self._turn()
        elif not self._isAnswering:
            self._pull()
