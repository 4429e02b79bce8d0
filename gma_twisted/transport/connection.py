"""One keep-alive connection to a peer: a request, its answer, the next."""

import math
from typing import Protocol as Interface

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from gma_twisted.errors import PeerUnreachable, TooLarge, cut
from gma_twisted.interfaces import Reply
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock
from gma_twisted.transport.answer import AnswerMemo, AnswerReader
from gma_twisted.transport.failures import whyOf
from gma_twisted.transport.limits import CallerLimits
from gma_twisted.transport.sending import Sender, senderFor
from gma_twisted.transport.wheel import DeadlineWheel

__all__ = ["CallerConnection", "ConnectionOwner", "tooLate"]


class ConnectionOwner(Interface):
    """
    Whose connections these are.

    @ivar name: of the peer, for errors
    @ivar limits: of answers
    @ivar memo: of answers read before
    @ivar clock: of the deadlines of answers
    @ivar wheel: where they are filed
    """

    name: str
    limits: CallerLimits
    memo: AnswerMemo
    clock: NodeClock
    wheel: DeadlineWheel

    def opened(self, connection: "CallerConnection") -> None:
        """There is a connection."""

    def over(self, connection: "CallerConnection") -> None:
        """An exchange has ended, well or badly; told before its end is given to who asked."""

    def lost(self, connection: "CallerConnection") -> None:
        """A connection is gone."""


def tooLate(handle: Handle, seconds: float) -> PeerUnreachable:
    """The error of a call that did not end in time."""
    return PeerUnreachable(f"the call to {cut(handle)} did not end within {seconds:g} s")


class CallerConnection(Protocol):
    """
    One keep-alive connection: a request, its answer, the next.

    @ivar isOpen: whether it may be asked
    @ivar usedAt: instant of the end of the last exchange
    @ivar deadline: instant at which the answer is to be whole; see L{DeadlineWheel}
    @ivar slot: the wheel's mark
    """

    transport: ITransport

    def __init__(self, owner: ConnectionOwner) -> None:
        """@param owner: is told what becomes of it"""
        self.isOpen = True
        self.usedAt = 0.0
        self.deadline = math.inf
        self.slot = -1
        self._owner = owner
        self._sender: Sender
        self._answer: Deferred[Reply] | None = None
        self._reader: AnswerReader | None = None
        self._asked: tuple[Handle, float] | None = None

    def connectionMade(self) -> None:
        """A peer is there."""
        self._sender = senderFor(self.transport, self)
        self._owner.opened(self)

    def ask(self, request: bytes) -> Deferred[Reply]:
        """Send a request. @return: its answer; cancelling ends the connection"""
        answer: Deferred[Reply] = Deferred(self._giveUp)
        self._answer = answer
        self._sender.write(request)
        return answer

    def askWithin(self, request: bytes, handle: Handle, seconds: float) -> Deferred[Reply]:
        """
        As L{ask}, with a deadline of its own.

        @param handle: of the service, for the error
        @param seconds: until the answer is whole; a quarter of a second more may pass
        """
        owner = self._owner
        self._asked = (handle, seconds)
        self.deadline = owner.clock.seconds() + seconds
        owner.wheel.file(self)
        return self.ask(request)

    def deadlinePassed(self) -> None:
        """The answer did not come in time."""
        assert self._asked is not None
        self._fail(tooLate(*self._asked))

    def close(self) -> None:
        """End it; nothing is under way."""
        self.isOpen = False
        self._sender.release()
        self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Bytes of an answer; bytes without a question end the connection."""
        if self._answer is None:
            self._abort()
            return
        owner = self._owner
        reader = self._reader
        if reader is not None:
            self._receive(reader, data)
            return
        known = owner.memo.find(data)
        if known is not None:
            self._finish(known, True)
            return
        self._reader = AnswerReader(owner.name, owner.limits)
        reply = self._receive(self._reader, data)
        if reply is not None:
            owner.memo.keep(data, reply)

    def _receive(self, reader: AnswerReader, data: bytes) -> Reply | None:
        """@return: the answer, when it is whole and the connection may be used again"""
        try:
            reply = reader.receive(data)
        except (PeerUnreachable, TooLarge) as error:
            self._fail(error)
            return None
        if reply is None:
            return None
        self._finish(reply, reader.keepsAlive)
        return reply if reader.keepsAlive else None

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The peer, or we, ended the connection."""
        self.isOpen = False
        self._owner.lost(self)
        if self._answer is None:
            return
        isDone = reason.check(ConnectionDone)
        reply = self._reader.end() if isDone and self._reader is not None else None
        if reply is not None:
            # There is nothing left to close.
            self._finish(reply, True)
            return
        why = "closed" if isDone else whyOf(reason.value)
        error = PeerUnreachable(f"the connection was lost before the whole answer: {why}")
        self._over(self._take(), error)

    def _finish(self, reply: Reply, keeps: bool) -> None:
        answer = self._take()
        if not keeps:
            self.close()
        self._owner.over(self)
        if not answer.called:
            answer.callback(reply)

    def _fail(self, error: Exception) -> None:
        answer = self._take()
        self._abort()
        self._over(answer, error)

    def _over(self, answer: Deferred[Reply], error: Exception) -> None:
        self._owner.over(self)
        if not answer.called:
            answer.errback(Failure(error))

    def _giveUp(self, answer: Deferred[Reply]) -> None:
        # Who heard of the end before it was given on may cancel it: the connection is then in other hands already.
        if answer is not self._answer:
            return
        _ = self._take()
        self._abort()
        self._owner.over(self)

    def _take(self) -> Deferred[Reply]:
        """The exchange ends. @return: what who asked waits for"""
        answer = self._answer
        assert answer is not None
        self._answer = self._reader = None
        if self._asked is not None:
            self._asked = None
            self.deadline = math.inf
            self._owner.wheel.forget(self)
        return answer

    def _abort(self) -> None:
        self.isOpen = False
        self.transport.abortConnection()  # type: ignore[attr-defined]

    def choke(self) -> None:
        """The peer reads slowly: there is one request at a time, and its deadline."""

    def flow(self) -> None:
        """The peer has caught up."""
