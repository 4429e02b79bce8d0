"""The connections to one peer, and the line of calls that wait for one."""

from collections import deque
from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectingCancelledError
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint
from twisted.internet.protocol import Factory

from gma_twisted.errors import Busy, PeerUnreachable, Refused
from gma_twisted.interfaces import Reply
from gma_twisted.timing import NodeClock
from gma_twisted.transport.connection import CallerConnection
from gma_twisted.transport.limits import CallerLimits

__all__ = ["PeerPool"]

_PACE = 0.1


class PeerPool:
    """
    The connections to one peer.

    A call that fails is not sent again here: whether that is safe is for the operation to say.
    """

    def __init__(
        self,
        name: str,
        endpoint: IStreamClientEndpoint,
        clock: NodeClock,
        limits: CallerLimits,
        unused: Callable[[], None],
    ) -> None:
        """
        @param name: of the peer, for errors
        @param unused: told whenever nothing is open, running or waiting any more
        """
        self._timer: IDelayedCall | None = None
        self._isClosed = False
        self._isHandingOver = False
        self.name = name
        self.limits = limits
        self._endpoint = endpoint
        self._clock = clock
        self._unused = unused
        self._idle: list[CallerConnection] = []
        self._open: set[CallerConnection] = set()
        self._waiting: deque[Deferred[None]] = deque()
        self._inUse = 0

    async def ask(self, request: bytes) -> Reply:
        """One exchange on an idle connection, a new one, or the first that becomes free."""
        await self._turn()
        try:
            connection = self._idleOne() or await self._connect()
            reply = await connection.ask(request)
            if connection.isOpen:
                self._rest(connection)
            return reply
        finally:
            self._inUse -= 1
            self._next()
            if self.isUnused:
                self._unused()

    async def _turn(self) -> None:
        if self._inUse >= self.limits.connections:
            if len(self._waiting) >= self.limits.waiting:
                raise Busy(f"{self.limits.waiting} calls wait for {self.name} already")
            turn: Deferred[None] = Deferred()
            self._waiting.append(turn)
            try:
                await turn
            except CancelledError:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                raise
        else:
            self._inUse += 1

    def _next(self) -> None:
        # The place is handed over, not given back: a newcomer must not overtake who waits. One that fails at once
        # comes back here; the loop that woke it goes on, so that a long line does not nest.
        if self._isHandingOver:
            return
        self._isHandingOver = True
        try:
            while self._waiting and self._inUse < self.limits.connections:
                turn = self._waiting.popleft()
                if not turn.called:
                    self._inUse += 1
                    turn.callback(None)
        finally:
            self._isHandingOver = False

    def _rest(self, connection: CallerConnection) -> None:
        if self._isClosed:
            connection.isOpen = False
            connection.transport.loseConnection()
            return
        connection.usedAt = self._clock.seconds()
        self._idle.append(connection)
        if self._timer is None:
            self._timer = self._clock.callLater(self.limits.idleSeconds, self._endUnused)

    def _endUnused(self) -> None:
        self._timer = None
        oldest = self._clock.seconds() - self.limits.idleSeconds
        for connection in [each for each in self._idle if each.usedAt <= oldest]:
            self._idle.remove(connection)
            connection.isOpen = False
            connection.transport.loseConnection()
        if self._idle:
            wait = min(each.usedAt for each in self._idle) - oldest
            # A rest too small to move the clock would come due again and again in the same instant.
            self._timer = self._clock.callLater(max(wait, _PACE), self._endUnused)

    def _idleOne(self) -> CallerConnection | None:
        # Those that are gone, or unused for too long, are not in the list any more.
        return self._idle.pop() if self._idle else None

    async def _connect(self) -> CallerConnection:
        factory = Factory.forProtocol(lambda: CallerConnection(self.name, self.limits, self.lost))
        factory.noisy = False
        try:
            connection = await self._endpoint.connect(factory)
        except (CancelledError, Refused, Busy):
            raise
        except ConnectingCancelledError as error:
            raise CancelledError from error
        except Exception as error:
            raise PeerUnreachable(f"no connection to {self.name}: {error}") from error
        assert isinstance(connection, CallerConnection)
        self._open.add(connection)
        return connection

    def lost(self, connection: CallerConnection) -> None:
        """A connection is gone."""
        self._open.discard(connection)
        if self.isUnused:
            self._unused()
        if connection in self._idle:
            self._idle.remove(connection)
        if not self._idle and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """End what is idle now, and the rest once it is."""
        self._isClosed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.isOpen = False
            connection.transport.loseConnection()

    @property
    def isUnused(self) -> bool:
        """Whether nothing is open, running or waiting."""
        return not (self._open or self._inUse or self._waiting)
