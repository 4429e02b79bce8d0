"""The Gate: one per connection of every port we open. It owns framing, order, deadlines and back-pressure.

A SOAP request goes to the Exchange, anything else to the Site; the connection itself never changes owner.
Requests are taken from the bytes one at a time, the next when the one before is answered: answers keep their
order by construction, and what a client sends ahead stays bytes.
"""

import math
from collections import deque
from collections.abc import Awaitable

from twisted.internet.interfaces import IDelayedCall, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from gma_twisted.interfaces import Reply, Request
from gma_twisted.timing import Ready, spawn
from gma_twisted.transport.channel import WebChannel
from gma_twisted.transport.framing import Framer, Message
from gma_twisted.transport.listener import Listener
from gma_twisted.transport.refusal import REASONS, Refusal, refusalBody
from gma_twisted.transport.sending import Sender, senderFor

__all__ = ["Gate"]

log = Logger()

_END = b"\r\n\r\n"


class Gate(Protocol):
    """
    A server connection.

    @ivar deadline: instant at which it is closed unless something moves it; see L{DeadlineWheel}
    @ivar slot: the wheel's mark
    """

    transport: ITransport

    def __init__(self, listener: Listener, host: str = "", refusal: Refusal | None = None) -> None:
        """
        @param listener: what all connections of a port share
        @param host: the peer's address
        @param refusal: turn this connection away with it
        """
        self.deadline = math.inf
        self.slot = -1
        self._listener = listener
        self._refusal = refusal
        self._receive = listener.receive
        self._memo = listener.memo
        self._framer = Framer(listener.limits, listener.hasServices)
        self._peer = host
        self._isAnswering = False
        self._isChoked = False
        self._isPaused = False
        self._isClosing = False
        self._isLingering = False
        self._isInHead = False
        self._isPulling = False
        self._bodyBegan = 0.0
        self._held = 0
        self._served = 0
        self._waiting: Message | None = None
        self._nextTurn: IDelayedCall | None = None
        self._web: WebChannel | None = None
        self._unsent: deque[memoryview] = deque()
        self._closesAfterUnsent = False
        self._sender: Sender

    # -- the connection

    def connectionMade(self) -> None:
        """A client is there: the first head, or the TLS handshake before it, has its deadline."""
        self._sender = senderFor(self.transport, self)
        self._listener.connected(self, self._peer)
        self._until(self._listener.limits.headSeconds)
        if self._refusal is not None:
            self._refuse(self._refusal)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client is gone: what it asked may go on, nobody is told."""
        self._isClosing = True
        self._hold(0)
        if self._nextTurn is not None:
            self._nextTurn.cancel()
            self._nextTurn = None
        self._listener.wheel.forget(self)
        self._listener.disconnected(self, self._peer)
        if self._web is not None:
            self._web.lost(reason)

    @property
    def isIdle(self) -> bool:
        """Whether nothing is answered, left to send or half read: then closing loses nothing."""
        return not (self._isAnswering or self._unsent) and self._framer.isIdle

    def deadlinePassed(self) -> None:
        """Too slow in whatever the deadline was set for."""
        if not self._isLingering:
            self._listener.counters["deadlines"] += 1
        self.transport.abortConnection()  # type: ignore[attr-defined]

    def _until(self, seconds: float) -> None:
        listener = self._listener
        self.deadline = listener.clock.seconds() + seconds
        listener.wheel.file(self)

    # -- bytes in

    def dataReceived(self, data: bytes) -> None:
        """Bytes of requests; the lean path takes whole SOAP requests whose head was seen before."""
        if self._isClosing:
            return
        framer = self._framer
        self._served = 0
        if not (self._isAnswering or self._isChoked or self._isInHead) and framer.isIdle:
            data = self._lean(data)
            if not data:
                return
        framer.receive(data)
        if not (self._isAnswering or self._isChoked):
            self._pull()
        elif framer.kept > self._listener.limits.ahead:
            self._pauseReading()

    def _lean(self, data: bytes) -> bytes:
        """Answer what can be answered at once. @return: what is left for the framer"""
        memo = self._memo
        counters = self._listener.counters
        perTurn = self._listener.limits.perTurn
        offset = served = 0
        answers: list[bytes] = []
        size = 0
        while True:
            end = data.find(_END, offset) + 4
            head = memo.get(data[offset:end])
            if head is None or len(data) < end + head.length:  # type: ignore[operator]
                break
            stop = end + head.length  # type: ignore[operator]
            request = Request(head.path, head.soapAction, head.isSoap12, data[end:stop], self._peer)
            offset = stop
            served += 1
            counters["soap"] += 1
            reply = self._receive(request)
            if not isinstance(reply, Ready):
                self._send(answers)
                self._await(reply, head.keeps, head.connectionField)
                return data[offset:]
            value = reply.value
            answers.append(self._listener.answer(value, head.connectionField))
            size += len(value.body)
            if not head.keeps:
                self._send(answers)
                self.close()
                return b""
            if size > self._listener.limits.slice:
                self._send(answers)
                answers = []
                size = 0
                if self._isChoked or self._unsent:
                    break
            if offset == len(data) or served >= perTurn:
                break
        self._served = served
        self._send(answers)
        if not (self._isChoked or self._unsent):
            self.deadline = self._listener.wheel.now + self._listener.limits.idleSeconds
        return data[offset:]

    def _pull(self) -> None:
        """Take requests from the bytes and answer them, until one is waited for or bytes are missing."""
        if self._isPulling:
            return
        self._isPulling = True
        try:
            while not (self._isAnswering or self._isChoked or self._isClosing or self._unsent):
                try:
                    message = self._framer.next()
                except Refusal as refusal:
                    self._refuse(refusal)
                    break
                if message is None:
                    self._awaitBytes()
                    break
                self._isInHead = False
                self._bodyBegan = 0.0
                self._hold(0)
                if self._served >= self._listener.limits.perTurn:
                    self._isAnswering = True
                    self.deadline = math.inf
                    self._waiting = message
                    self._nextTurn = self._listener.clock.callLater(0, self._turn)
                    break
                self._served += 1
                self._answer(message)
        finally:
            self._isPulling = False
        if not (
            self._isClosing
            or (self._isAnswering and self._framer.kept > self._listener.limits.ahead)
        ):
            self._resumeReading()

    def _turn(self) -> None:
        # Others were answered meanwhile: a pipeline of thousands must not hold the reactor.
        self._nextTurn = None
        message = self._waiting
        if message is None or self._isChoked or self._unsent:
            return
        self._waiting = None
        self._isAnswering = False
        self._served = 1
        self._isPulling = True
        try:
            self._answer(message)
        finally:
            self._isPulling = False
        self._pull()

    def _hold(self, size: int) -> None:
        self._listener.held += size - self._held
        self._held = size

    def _awaitBytes(self) -> None:
        framer, limits = self._framer, self._listener.limits
        head = framer.head
        if head is not None:
            self._hold(framer.bodyBytes)
            if self._listener.held > limits.bodies:
                self._refuse(Refusal(503, "too many bodies are under way; come again in a second"))
                return
            if not self._bodyBegan:
                self._bodyBegan = self._listener.clock.seconds()
                if head.expects and not framer.bodyBytes:
                    self._sender.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            # What has arrived earns time, not what was announced: a drip cannot buy hours with a Content-Length.
            allowed = limits.bodySeconds + framer.bodyBytes / limits.bodyRate
            self._until(self._bodyBegan - self._listener.clock.seconds() + allowed)
        elif framer.isIdle:
            self._isInHead = False
            self._until(limits.idleSeconds)
        elif not self._isInHead:
            self._isInHead = True
            self._until(limits.headSeconds)

    # -- answers out

    def _answer(self, message: Message) -> None:
        head = message.head
        if not self._listener.admits(head.host):
            self._refuse(Refusal(421, "this node does not answer under that name", not head.isWeb))
            return
        self._isAnswering = True
        self.deadline = math.inf
        if head.isWeb:
            self._listener.counters["web"] += 1
            self._web = WebChannel(
                self, self.transport, self._sender, self._listener.site, self._listener.clock
            )
            self._web.start(message)
            return
        self._listener.remember(message)
        request = Request(
            head.path, head.soapAction, head.isSoap12, message.body, self._peer, head.authorization
        )
        reply = self._receive(request)
        if isinstance(reply, Ready):
            self._reply(reply.value, head.keeps, head.connectionField)
        else:
            self._await(reply, head.keeps, head.connectionField)

    def _await(self, reply: Awaitable[Reply], keeps: bool, connectionField: bytes) -> None:
        self._isAnswering = True
        if not self._isChoked:
            self.deadline = math.inf

        async def later() -> None:
            value: Reply | None = None
            try:
                value = await reply
            finally:
                # An Exchange that breaks its promise must not leave a connection without an answer or a deadline.
                if value is None and not self._isClosing:
                    self.transport.abortConnection()  # type: ignore[attr-defined]
            if not self._isClosing:
                self._reply(value, keeps, connectionField)

        spawn(later(), "answering a request")

    def _reply(self, reply: Reply, keeps: bool, connectionField: bytes) -> None:
        self._send([self._listener.answer(reply, connectionField)])
        self.answered(keeps)

    def _send(self, answers: list[bytes]) -> None:
        if not answers:
            return
        data = b"".join(answers) if len(answers) > 1 else answers[0]
        step = self._listener.limits.slice
        if len(data) <= step and not self._unsent:
            self._sender.write(data)
            return
        # A big answer leaves in slices, so that it never stands twice in memory and each slice has its deadline.
        view = memoryview(data)
        self._unsent.extend(view[at : at + step] for at in range(0, len(data), step))
        self._sendSlices()

    def _sendSlices(self) -> None:
        while self._unsent and not self._isChoked:
            self._sender.write(bytes(self._unsent.popleft()))

    def answered(self, keeps: bool) -> None:
        """One request is answered; told by the Gate itself and by L{WebChannel}."""
        self._isAnswering = False
        self._web = None
        if self._isClosing:
            return
        if not keeps:
            self.close()
            return
        self._pull()

    def _refuse(self, refusal: Refusal) -> None:
        listener = self._listener
        listener.counters["refused"] += 1
        listener.refusals[refusal.status] += 1
        media, body = refusalBody(refusal, listener.address + "/", listener.clock.wallTime())
        self._sender.write(
            b"HTTP/1.1 %d %b\r\n%bContent-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
            % (refusal.status, REASONS[refusal.status], refusal.fields, media, len(body), body)
        )
        self._linger()

    def close(self) -> None:
        """End the connection once all that was written has left."""
        if self._isClosing:
            return
        if self._unsent:
            self._closesAfterUnsent = True
            return
        self._isClosing = True
        self._until(self._listener.limits.writeSeconds)
        self._sender.release()
        self.transport.loseConnection()

    def _linger(self) -> None:
        # Closing with unread input makes the kernel reset the connection, and the client loses the reason:
        # so the write side ends first, and input is read away for a while.
        self._isClosing = self._isLingering = True
        self._until(self._listener.limits.lingerSeconds)
        self._sender.release()
        self._sender.hangUp()
        self._resumeReading()

    # -- back-pressure, told by the sender

    def choke(self) -> None:
        """The reader is slow: no more answers, no more requests, and a deadline for this slice."""
        self._isChoked = True
        self._until(self._listener.limits.writeSeconds)
        if not self._isAnswering:
            self._pauseReading()
        if self._web is not None:
            self._web.choke()

    def flow(self) -> None:
        """The reader has caught up."""
        self._isChoked = False
        if self._isClosing:
            return
        self.deadline = math.inf
        self._sendSlices()
        if self._isChoked or self._unsent:
            return
        if self._closesAfterUnsent:
            self.close()
        elif self._web is not None:
            self._web.flow()
        elif self._waiting is not None and self._nextTurn is None:
            self._turn()
        elif not self._isAnswering:
            self._pull()

    def _pauseReading(self) -> None:
        if not self._isPaused:
            self._isPaused = True
            self.transport.pauseProducing()  # type: ignore[attr-defined]

    def _resumeReading(self) -> None:
        if self._isPaused and not self._isChoked:
            self._isPaused = False
            self.transport.resumeProducing()  # type: ignore[attr-defined]
