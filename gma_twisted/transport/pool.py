"""The connections to one peer, and the line of calls that wait for one."""

from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectingCancelledError
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint
from twisted.internet.protocol import Factory

from gma_twisted.errors import Busy, PeerUnreachable, Refused
from gma_twisted.interfaces import Reply
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock
from gma_twisted.transport.answer import AnswerMemo
from gma_twisted.transport.connection import CallerConnection
from gma_twisted.transport.failures import whyOf
from gma_twisted.transport.limits import CallerLimits
from gma_twisted.transport.wheel import DeadlineWheel

__all__ = ["PeerPool"]

_PACE = 0.1


class PeerPool:
    """
    The connections to one peer, a L{ConnectionOwner <gma_twisted.transport.connection.ConnectionOwner>}.

    A call that fails is not sent again here: whether that is safe is for the operation to say.
    """

    __slots__ = (
        "_endpoint",
        "_idle",
        "_inUse",
        "_isClosed",
        "_isHandingOver",
        "_open",
        "_timer",
        "_unused",
        "_waiting",
        "clock",
        "limits",
        "memo",
        "name",
        "wheel",
    )

    def __init__(
        self,
        name: str,
        endpoint: IStreamClientEndpoint,
        clock: NodeClock,
        limits: CallerLimits,
        memo: AnswerMemo,
        wheel: DeadlineWheel,
        unused: Callable[[], None],
    ) -> None:
        """
        @param name: of the peer, for errors
        @param memo: of answers, shared by all pools of a caller, as the wheel is
        @param unused: told whenever nothing is open, running or waiting any more
        """
        self.name = name
        self.clock = clock
        self.limits = limits
        self.memo = memo
        self.wheel = wheel
        self._endpoint = endpoint
        self._unused = unused
        self._timer: IDelayedCall | None = None
        self._isClosed = False
        self._isHandingOver = False
        self._idle: list[CallerConnection] = []
        # A deque would take more than the connection, and there may be ten thousand peers for whom nothing waits.
        self._waiting: list[Deferred[None]] = []
        self._open = 0
        self._inUse = 0

    def askIdle(self, request: bytes, handle: Handle, seconds: float) -> Deferred[Reply] | None:
        """
        One exchange on an idle connection; C{None} when there is none.

        @param handle: of the service, for the error of an answer that is not whole within C{seconds}
        """
        connection = self._idleOne()
        if connection is None:
            return None
        self._inUse += 1
        return connection.askWithin(request, handle, seconds)

    async def ask(self, request: bytes) -> Reply:
        """One exchange on an idle connection, a new one, or the first that becomes free."""
        await self._turn()
        try:
            connection = self._idleOne() or await self._connect()
        except BaseException:
            self._leave()
            raise
        return await connection.ask(request)

    def opened(self, connection: CallerConnection) -> None:
        """See L{ConnectionOwner <gma_twisted.transport.connection.ConnectionOwner>}."""
        self._open += 1

    def over(self, connection: CallerConnection) -> None:
        """See L{ConnectionOwner <gma_twisted.transport.connection.ConnectionOwner>}."""
        if connection.isOpen:
            self._rest(connection)
        self._leave()

    def _leave(self) -> None:
        self._inUse -= 1
        if self._waiting:
            self._next()
        if not self._open and self.isUnused:
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
                turn = self._waiting.pop(0)
                if not turn.called:
                    self._inUse += 1
                    turn.callback(None)
        finally:
            self._isHandingOver = False

    def _rest(self, connection: CallerConnection) -> None:
        if self._isClosed:
            connection.close()
            return
        connection.usedAt = self.clock.seconds()
        self._idle.append(connection)
        if self._timer is None:
            self._timer = self.clock.callLater(self.limits.idleSeconds, self._endUnused)

    def _endUnused(self) -> None:
        self._timer = None
        oldest = self.clock.seconds() - self.limits.idleSeconds
        for connection in [each for each in self._idle if each.usedAt <= oldest]:
            self._idle.remove(connection)
            connection.close()
        if self._idle:
            wait = min(each.usedAt for each in self._idle) - oldest
            # A rest too small to move the clock would come due again and again in the same instant.
            self._timer = self.clock.callLater(max(wait, _PACE), self._endUnused)

    def _idleOne(self) -> CallerConnection | None:
        while self._idle:
            # One that is being given up is in the list until the transport says that it is gone.
            connection = self._idle.pop()
            if connection.isOpen:
                return connection
        return None

    async def _connect(self) -> CallerConnection:
        factory = Factory.forProtocol(lambda: CallerConnection(self))
        factory.noisy = False
        try:
            connection = await self._endpoint.connect(factory)
        except (CancelledError, Refused, Busy):
            raise
        except ConnectingCancelledError as error:
            raise CancelledError from error
        except Exception as error:
            raise PeerUnreachable(f"no connection to {self.name}: {whyOf(error)}") from error
        assert isinstance(connection, CallerConnection)
        return connection

    def lost(self, connection: CallerConnection) -> None:
        """See L{ConnectionOwner <gma_twisted.transport.connection.ConnectionOwner>}."""
        self._open -= 1
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
            connection.close()

    @property
    def isUnused(self) -> bool:
        """Whether nothing is open, running or waiting."""
        return not (self._open or self._inUse or self._waiting)
