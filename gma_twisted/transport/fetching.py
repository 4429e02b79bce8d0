"""Reading whole answers of servers that are no nodes, over a connection each."""

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectingCancelledError, ConnectionDone
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.errors import (
    Busy,
    PeerBusy,
    PeerError,
    PeerFault,
    PeerUnreachable,
    Refused,
    TimedOut,
    TooLarge,
    cut,
)
from gma_twisted.interfaces import Reply
from gma_twisted.model import Handle
from gma_twisted.processes import IFetcher
from gma_twisted.timing import NodeClock, withTimeout
from gma_twisted.transport.caller import Connect, PooledCaller
from gma_twisted.transport.failures import whyOf
from gma_twisted.transport.limits import CallerLimits

__all__ = ["Fetcher"]

_GOOD = 200
_BUSY = (429, 503)
_ELSEWHERE = range(300, 400)
_THEIRS = 500
_SHOWN = 512


@implementer(IFetcher)
@attrs.define(slots=True, eq=False)
class Fetcher:
    """
    A connection for each answer: one that is kept may be ended by its server the moment the next question leaves, and
    the times between two of them are long.

    @ivar clock: of time limits
    @ivar connect: makes the endpoint of host, port and whether TLS; may be another one for what comes later
    """

    clock: NodeClock
    connect: Connect

    async def fetch(self, url: str, most: int, timeout: float) -> bytes:
        """See L{IFetcher}."""
        # One caller each: what bounds an answer is the caller's, and closing it leaves no connection behind.
        caller = PooledCaller(self.clock, self.connect, CallerLimits(connections=1, answer=most))
        end = self.clock.seconds() + timeout
        try:
            reply = await caller.fetch(Handle(url), timeout)
        except PeerUnreachable as error:
            # What is given up says what it was at: of a name that is looked up, that there is no such name.
            isLate = self.clock.seconds() >= end
            why = f"no whole answer within {timeout:g} s" if isLate else error.message
            raise PeerUnreachable(f"{cut(url)}: {why}") from error
        finally:
            await caller.close()
        if reply.status != _GOOD:
            raise _refusal(url, reply)
        return reply.body

    async def readAll(
        self, host: str, port: int, most: int, timeout: float, request: bytes = b""
    ) -> bytes:
        """See L{IFetcher}."""
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        answer = _Answer(name, most)
        end = self.clock.seconds() + timeout
        reading = self._read(host, port, request, answer)
        try:
            return await withTimeout(reading, timeout, self.clock, name)
        except (PeerUnreachable, TimedOut) as error:
            if self.clock.seconds() < end:
                raise
            raise PeerUnreachable(
                f"{name}: no end of its answer within {timeout:g} s; {answer.size} bytes came"
            ) from error

    async def _read(self, host: str, port: int, request: bytes, answer: "_Answer") -> bytes:
        factory = Factory.forProtocol(lambda: answer)
        factory.noisy = False
        try:
            _ = await self.connect(host, port, False).connect(factory)
        except (CancelledError, Refused, Busy):
            raise
        except ConnectingCancelledError as error:
            raise CancelledError from error
        except Exception as error:
            raise PeerUnreachable(f"no connection to {answer.name}: {whyOf(error)}") from error
        if request:
            answer.transport.write(request)
        return await answer.whole


class _Answer(Protocol):
    """
    What comes until the connection ends.

    @ivar name: of the server, for errors
    @ivar size: bytes that came
    @ivar whole: all of them, once it has ended; cancelling ends it
    """

    transport: ITransport

    def __init__(self, name: str, most: int) -> None:
        """@param most: bytes"""
        self.name = name
        self.size = 0
        self.whole: Deferred[bytes] = Deferred(self._giveUp)
        self._most = most
        # Not a list of pieces: each takes some forty bytes more, and a server may send them small.
        self._data = bytearray()
        self._isOver = False

    def dataReceived(self, data: bytes) -> None:
        """A piece."""
        if self._isOver:
            return
        self.size += len(data)
        self._data += data
        if self.size > self._most:
            self._giveUp(self.whole)
            error = TooLarge(f"the answer of {self.name} is larger than {self._most} bytes")
            self.whole.errback(Failure(error))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The end, or none."""
        if self._isOver:
            return
        if reason.check(ConnectionDone):
            self.whole.callback(bytes(self._data))
        else:
            why = whyOf(reason.value)
            error = PeerUnreachable(f"the connection to {self.name} was lost: {why}")
            self.whole.errback(Failure(error))

    def _giveUp(self, whole: Deferred[bytes]) -> None:
        # Before the connection ends: that may be told at once.
        self._isOver = True
        self._data.clear()
        self.transport.abortConnection()  # type: ignore[attr-defined]


def _refusal(url: str, reply: Reply) -> PeerError:
    """What an answer that is no page becomes; with its first line, which mostly says why."""
    status = reply.status
    said = next((line for line in reply.body[:_SHOWN].splitlines() if line.strip()), b"")
    why = f"{cut(url)} answered with HTTP status {status}"
    if status in _ELSEWHERE:
        return PeerFault(
            why, str(status), cure="name the address it leads to, which is not followed"
        )
    if said:
        why = f"{why}: {cut(said.strip())}"
    if status in _BUSY:
        return PeerBusy(why, reply.retryAfter)
    return PeerError(why) if status >= _THEIRS else PeerFault(why, str(status))
