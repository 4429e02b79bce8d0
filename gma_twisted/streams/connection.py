"""One TCP connection that lines are written to, made again and again for as long as a subscription lasts."""

import fcntl
import struct
import termios
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    IPullProducer,
    IStreamClientEndpoint,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.errors import GMAError, TimedOut, cut
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.streams.keepalive import keepAlive
from gma_twisted.streams.way import Shared, WayUser
from gma_twisted.timing import Ready, Task, sleep, spawn, withTimeout

__all__ = ["ConnectionWay", "unacknowledged"]

log = Logger()

# Nothing is to be heard there: who says more than this is no listener of lines.
_HEARD = 64 * 1024
# Of which it is not known whether they arrived; to ask the system before each would cost a tenth of all work.
_WRITES = 8


def unacknowledged(transport: object) -> int:
    """Bytes that the other machine has not acknowledged, of those this machine's kernel has; 0 where nobody knows."""
    handle = getattr(transport, "getHandle", None)
    if handle is None:
        return 0
    try:
        # On a socket this is SIOCOUTQ.
        answer = fcntl.ioctl(handle().fileno(), termios.TIOCOUTQ, b"\0" * 4)
    except (OSError, ValueError):
        return 0
    return max(0, int(struct.unpack("i", answer)[0]))


@implementer(IHalfCloseableProtocol, IPullProducer)
class _Lines(Protocol):
    """
    A connection. One write at a time: it is taken when the transport asks for more.

    @ivar ended: fires when it is over
    """

    def __init__(self, drained: Callable[[], None], pending: Callable[[object], int]) -> None:
        self.ended: Deferred[None] = Deferred()
        self._drained = drained
        self._pending = pending
        self._isBusy = False
        self._heard = 0
        # Bytes that were written, and those of them that the transport has passed on.
        self._written = self._passed = 0
        # Of each write that may not have arrived: bytes up to its end, and its events.
        self._doubtful: deque[tuple[int, int]] = deque()

    def connectionMade(self) -> None:
        if ITCPTransport.providedBy(self.transport):
            self.transport.setTcpNoDelay(True)
            # The only way to hear of a machine that has gone while there is nothing to send.
            keepAlive(self.transport)
        self._transport.registerProducer(self, False)

    @property
    def _transport(self) -> Any:
        return self.transport

    @property
    def doubtful(self) -> int:
        """Events that perhaps did not arrive."""
        return sum(events for _, events in self._doubtful)

    def send(self, data: bytes, events: int) -> None:
        if len(self._doubtful) >= _WRITES:
            self._settle()
        self._isBusy = True
        self._written += len(data)
        self._doubtful.append((self._written, events))
        self._transport.write(data)

    def _settle(self) -> None:
        """Find out what arrived."""
        arrived = self._passed - self._pending(self.transport)
        while self._doubtful and self._doubtful[0][0] <= arrived:
            self._doubtful.popleft()

    def resumeProducing(self) -> None:
        if self._isBusy:
            self._isBusy = False
            self._passed = self._written
            self._drained()

    def stopProducing(self) -> None:
        """The connection is over, which it tells itself."""

    def dataReceived(self, data: bytes) -> None:
        self._heard += len(data)
        if self._heard > _HEARD:
            self._transport.abortConnection()

    def readConnectionLost(self) -> None:
        # The socket is still there to be asked: nothing more will be taken.
        self._settle()
        self._transport.abortConnection()

    def writeConnectionLost(self) -> None:
        """Nobody closes only that."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if not self.ended.called:
            self.ended.callback(None)

    def end(self) -> None:
        """Close it when what was written has gone."""
        self._isBusy = False
        self._transport.unregisterProducer()
        self._transport.loseConnection()

    def abort(self) -> None:
        self._transport.abortConnection()


class _Connecting(Factory):
    """For one connection."""

    noisy = False

    def __init__(self, lines: _Lines) -> None:
        self._made = lines

    def buildProtocol(self, addr: object) -> _Lines:
        return self._made


class ConnectionWay:
    """See L{Way <gma_twisted.streams.way.Way>}."""

    __slots__ = (
        "_dial",
        "_failures",
        "_host",
        "_isAgain",
        "_isClosing",
        "_isLogged",
        "_lines",
        "_pending",
        "_release",
        "_shared",
        "_task",
        "_url",
        "_user",
    )

    def __init__(
        self,
        shared: Shared,
        url: DataUrl,
        host: str,
        user: WayUser,
        dial: Callable[[str, int], IStreamClientEndpoint],
        release: Callable[[], None] | None = None,
        pending: Callable[[object], int] = unacknowledged,
    ) -> None:
        """
        @param host: name or address that is dialled
        @param release: called when it is closed
        @param pending: see L{unacknowledged}
        """
        self._shared = shared
        self._url = url
        self._host = host
        self._user = user
        self._dial = dial
        self._release = release
        self._pending = pending
        self._lines: _Lines | None = None
        self._failures = 0
        self._isAgain = self._isLogged = self._isClosing = False
        self._task: Task | None = None

    def start(self) -> None:
        """See L{Way <gma_twisted.streams.way.Way>}."""
        if self._task is None:
            if self._url.port is None:
                tried = ", then ".join(str(one) for one in self._url.ports)
                log.warn(
                    'the data URL "{url}" says no port: {tried} is tried',
                    url=self._url.place,
                    tried=tried,
                )
            self._task = spawn(self._run(), f"lines to {self._url.place}")

    def write(self, data: bytes, events: int) -> None:
        """See L{Way <gma_twisted.streams.way.Way>}."""
        if self._lines is not None:
            self._lines.send(data, events)

    def close(self) -> Awaitable[None]:
        """See L{Way <gma_twisted.streams.way.Way>}."""
        if self._release is not None:
            self._release()
            self._release = None
        task, lines = self._task, self._lines
        if task is None or task.ended:
            return Ready(None)
        self._isClosing = True
        if lines is None:
            task.cancel()
            return task.wait()
        return self._close(task, lines)

    async def _close(self, task: Task, lines: _Lines) -> None:
        shared = self._shared
        lines.end()
        try:
            await withTimeout(
                task.wait(), shared.limits.closingSeconds, shared.clock, "the end of a connection"
            )
        except TimedOut:
            lines.abort()
            task.cancel()
            await task.wait()

    async def _run(self) -> None:
        shared = self._shared
        while not self._isClosing:
            lines = await self._connect()
            if lines is not None:
                since = shared.clock.seconds()
                await self._use(lines)
                # Who takes a connection and drops it at once is as good as away.
                if shared.clock.seconds() - since >= shared.limits.connectSeconds:
                    self._failures = 0
            if not self._isClosing:
                self._failures += 1
                await sleep(shared.clock, shared.backoff.delay(self._failures, shared.random))

    async def _use(self, lines: _Lines) -> None:
        counts = self._shared.counts
        counts.connected += 1
        counts.connections += 1
        counts.reconnected += self._isAgain
        if self._isLogged:
            log.info("lines flow again: {url}", url=self._url.place)
        self._isAgain, self._isLogged = True, False
        self._lines = lines
        try:
            self._user.opened()
            await lines.ended
        finally:
            self._lines = None
            counts.connections -= 1
        if not self._isClosing:
            self._user.lost(lines.doubtful)

    async def _connect(self) -> _Lines | None:
        shared, reason = self._shared, ""
        for port in self._url.ports:
            lines = _Lines(self._drained, self._pending)
            try:
                await withTimeout(
                    self._dial(self._host, port).connect(_Connecting(lines)),
                    shared.limits.connectSeconds,
                    shared.clock,
                    f"connecting to port {port}",
                )
            except (GMAError, ConnectError, DNSLookupError, OSError) as error:
                reason = str(error)
            else:
                return lines
        shared.counts.failed += 1
        if not self._isLogged:
            self._isLogged = True
            log.info(
                "lines wait for {url}, which is tried again: {reason}",
                url=self._url.place,
                reason=cut(reason, 200),
            )
        return None

    def _drained(self) -> None:
        if not self._isClosing:
            self._user.drained()
