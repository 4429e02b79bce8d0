"""One connection below its requests: what is sent, whether it is read, until when it lives, and how it ends."""

import math
from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import ITransport

from gma_twisted.transport.listener import Listener
from gma_twisted.transport.refusal import Refusal
from gma_twisted.transport.sending import Flow, Sender, senderFor

__all__ = ["Link"]


class Link:
    """
    The bytes of a connection, for its Gate.

    A big answer leaves in slices, so that it never stands twice in memory and each slice has its deadline.

    @ivar deadline: instant at which it is cut unless something moves it; see L{DeadlineWheel}
    @ivar slot: the wheel's mark
    @ivar sender: writes; for what has no slices
    @ivar slices: of answers, not written yet
    @ivar isChoked: whether the reader is slow: it takes no more for now
    @ivar isHushed: whether it is left unread for a moment, whatever comes
    @ivar isClosing: whether it ends: nothing is answered any more
    """

    __slots__ = (
        "_closesAfterSlices",
        "_flow",
        "_isLingering",
        "_isPaused",
        "_listener",
        "_step",
        "_transport",
        "_unread",
        "deadline",
        "isChoked",
        "isClosing",
        "isHushed",
        "sender",
        "slices",
        "slot",
    )

    sender: Sender

    def __init__(
        self, listener: Listener, transport: ITransport, flow: Flow, unread: Callable[[int], None]
    ) -> None:
        """
        @param listener: what all connections of a port share
        @param transport: of this one
        @param flow: told of a slow reader, and when it has taken everything
        @param unread: told how many bytes more wait in C{slices}, or less
        """
        self.deadline = math.inf
        self.slot = -1
        self.slices: deque[memoryview] = deque()
        self.isChoked = self.isHushed = self.isClosing = False
        self._isPaused = self._isLingering = self._closesAfterSlices = False
        self._listener = listener
        self._step = listener.limits.slice
        self._transport = transport
        self._flow = flow
        self._unread = unread
        self.sender = senderFor(transport, self)

    # -- its time

    def until(self, seconds: float) -> None:
        """It has so long from now on."""
        listener = self._listener
        self.deadline = listener.clock.seconds() + seconds
        listener.wheel.file(self)

    def deadlinePassed(self) -> None:
        """Too slow in whatever the deadline was set for."""
        if not self._isLingering:
            self._listener.counters["deadlines"] += 1
        self.cut()

    # -- bytes in

    def pauseReading(self) -> None:
        """Leave what comes at the client, or in the system."""
        if not self._isPaused:
            self._isPaused = True
            self._transport.pauseProducing()  # type: ignore[attr-defined]

    def resumeReading(self) -> None:
        """Read on, unless there is another reason not to."""
        if self._isPaused and not (self.isChoked or self.isHushed):
            self._isPaused = False
            self._transport.resumeProducing()  # type: ignore[attr-defined]

    # -- answers out

    def send(self, data: bytes) -> None:
        """Send whole answers; none at all is nothing."""
        step = self._step
        if len(data) <= step and not self.slices:
            if data:
                self.sender.write(data)
            return
        view = memoryview(data)
        self._unread(len(data))
        self.slices.extend(view[at : at + step] for at in range(0, len(data), step))
        self._sendSlices()

    def _sendSlices(self) -> None:
        while self.slices and not self.isChoked:
            slice = bytes(self.slices.popleft())
            self._unread(-len(slice))
            self.sender.write(slice)

    def choke(self) -> None:
        """See L{Flow}: there is a deadline for this slice."""
        self.isChoked = True
        self.until(self._listener.limits.writeSeconds)
        self._flow.choke()

    def flow(self) -> None:
        """See L{Flow}."""
        self.isChoked = False
        if self.isClosing:
            return
        self.deadline = math.inf
        self._sendSlices()
        if self.isChoked or self.slices:
            return
        if self._closesAfterSlices:
            self.close()
        else:
            self._flow.flow()

    # -- its end

    def close(self) -> None:
        """End it once all that was sent has left."""
        if self.isClosing:
            return
        if self.slices:
            self._closesAfterSlices = True
            return
        self.isClosing = True
        self.until(self._listener.limits.writeSeconds)
        self.sender.release()
        self._transport.loseConnection()

    def refuse(self, refusal: Refusal) -> None:
        """Say why a request does not pass, and end it."""
        self.sender.write(self._listener.refuse(refusal))
        # Closing with unread input makes the kernel reset the connection, and the client loses the reason:
        # so the write side ends first, and input is read away for a while.
        self._linger(True)

    def tarry(self) -> None:
        """Answer no more. A peer that goes by its own will not come again at once; else it has to wait for the end."""
        self._linger(False)

    def _linger(self, hangsUp: bool) -> None:
        self.isClosing = self._isLingering = True
        self.until(self._listener.limits.lingerSeconds)
        self.sender.release()
        if hangsUp:
            self.sender.hangUp()
        self.resumeReading()

    def cut(self) -> None:
        """End it now."""
        self._transport.abortConnection()  # type: ignore[attr-defined]

    def lost(self) -> None:
        """It has ended: nothing is sent any more, and nobody waits."""
        self.isClosing = True
        self._unread(-sum(map(len, self.slices)))
        self.slices.clear()
        self._listener.wheel.forget(self)
