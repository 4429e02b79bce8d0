"""One connection that brings lines."""

from collections import deque
from typing import Any, Protocol

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from gma_twisted.errors import Busy, RequestError, TooLarge
from gma_twisted.model.event import Event
from gma_twisted.streams.framing import LineFraming
from gma_twisted.streams.keepalive import keepAlive
from gma_twisted.streams.offering import Offering
from gma_twisted.timing import Tasks, Turns

__all__ = ["Hall", "LineConnection"]

_UNREAD = "the lines of all connections that have no end yet are more than may be held"


class Hall(Protocol):
    """
    What all connections of one place share.

    @ivar offering: reads their lines, and hands their events on
    @ivar tasks: what they do in the background
    @ivar held: bytes of lines that have no end yet
    """

    offering: Offering
    tasks: Tasks
    held: int

    def made(self, connection: "LineConnection") -> None:
        """It is there."""

    def gone(self, connection: "LineConnection") -> None:
        """It has ended, and all it brought was handed on."""


class LineConnection(TwistedProtocol):
    """
    Reads lines, and hands the events of those that came together on. Until they are taken nothing more is read: what it
    takes of the memory is a line, what the system gave at once, and the events of one batch.

    @ivar address: of the other end
    """

    transport: Any

    def __init__(self, hall: Hall, address: str) -> None:
        """@param hall: that it is of"""
        self.address = address
        self._hall = hall
        self._offering = hall.offering
        self._limits = hall.offering.limits
        self._framing = LineFraming(self._limits.lineBytes)
        self._held = 0
        self._lines: deque[bytes | TooLarge] = deque()
        self._bad = 0
        self._isWorking = self._isPaused = False
        self._isClosed = False
        self._isWhole = False
        self._lost: float | None = None
        self._heard = hall.offering.clock.seconds()
        self._idle: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """See C{IProtocol}."""
        # Nothing is ever written by which a dead peer would be noticed.
        keepAlive(self.transport)
        self._hall.made(self)
        self._watch()

    def dataReceived(self, data: bytes) -> None:
        """See C{IProtocol}."""
        if self._isClosed:
            return
        came = [one for one in self._framing.receive(data) if one]
        self._lines += came
        if came:
            self._heard = self._offering.clock.seconds()
        self._holds(self._framing.held)
        if self._hall.held > self._limits.heldBytes:
            self._framing.drop()
            self._holds(self._framing.held)
            self._lines.append(TooLarge(_UNREAD, cure="send lines whole"))
        self._work()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """See C{IProtocol}."""
        self._lost = self._offering.clock.seconds()
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if not self._isClosed and not self._isWhole and reason.check(ConnectionDone) is not None:
            # One that broke may have cut the line anywhere.
            self._lines += self._framing.end()
        self._holds(0)
        if self._isWorking:
            return
        if self._lines:
            self._work()
        else:
            self._hall.gone(self)

    def expectWhole(self) -> None:
        """See L{LinePeer <gma_twisted.streams.sink.LinePeer>}."""
        self._isWhole = True

    def close(self, why: str) -> None:
        """See L{LinePeer <gma_twisted.streams.sink.LinePeer>}."""
        if self._isClosed:
            return
        self._isClosed = True
        self._lines.clear()
        if self._lost is None:
            self._offering.counts.closed += 1
            self._offering.say(self.address, f"is disconnected: {why}")
            self.transport.abortConnection()

    def leave(self) -> None:
        """Read no more; what was read is handed on."""
        if self._lost is None:
            self.transport.abortConnection()

    def _holds(self, size: int) -> None:
        self._hall.held += size - self._held
        self._held = size

    def _work(self) -> None:
        if self._isWorking or not self._lines:
            return
        self._isWorking = True
        try:
            task = self._hall.tasks.spawn(self._drain(), f"lines of {self.address}")
        except Busy as error:
            # The node is stopping.
            self._isWorking = False
            self.close(error.message)
            if self._lost is not None:
                self._hall.gone(self)
            return
        if not task.ended and self._lost is None:
            self._isPaused = True
            self.transport.pauseProducing()

    async def _drain(self) -> None:
        turns = Turns(self._offering.clock)
        isWell = False
        try:
            while self._lines:
                events = self._batch()
                if events:
                    await self._offering.offer(events, self, self._isOffered)
                await turns.breathe()
            isWell = True
        finally:
            self._isWorking = False
            if not isWell:
                self.close("its lines cannot be handed on")
            if self._lost is not None:
                self._hall.gone(self)
            elif self._isPaused and not self._isClosed:
                self._isPaused = False
                self._heard = self._offering.clock.seconds()
                self.transport.resumeProducing()

    def _batch(self) -> list[Event]:
        events: list[Event] = []
        for _ in range(min(self._limits.batchLines, len(self._lines))):
            read = self._offering.read(self._lines.popleft(), self.address)
            if read is None:
                continue
            if not isinstance(read, RequestError):
                self._bad = 0
                events.append(read)
                continue
            self._bad += 1
            if self._bad >= self._limits.badLines:
                self.close(f"it sent {self._bad} lines in a row that are no events")
                break
        return events

    def _isOffered(self) -> bool:
        """Whether what was read is still offered to who has not taken it."""
        now = self._offering.clock.seconds()
        return self._lost is None or now - self._lost < self._limits.lastSeconds

    def _watch(self) -> None:
        seconds = self._limits.idleSeconds
        if seconds == float("inf"):
            return
        clock = self._offering.clock
        if self._isWorking:
            self._heard = clock.seconds()
        left = self._heard + seconds - clock.seconds()
        if left > 0:
            self._idle = clock.callLater(left, self._watch)
            return
        self._idle = None
        self.close(f"it brought no line in {seconds:g} s")
