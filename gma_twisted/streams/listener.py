"""Listening for lines over TCP."""

import random
from collections import Counter
from collections.abc import Callable

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory

from gma_twisted.errors import TimedOut
from gma_twisted.model.network import networkOf
from gma_twisted.netlogger.lines import LineReader
from gma_twisted.streams.lineconnection import LineConnection
from gma_twisted.streams.listencounts import ListenCounts
from gma_twisted.streams.listenlimits import ListenLimits
from gma_twisted.streams.offering import Offering, TakeLines, everybody
from gma_twisted.streams.sink import LinePeer
from gma_twisted.timing import Happening, NodeClock, Tasks, withTimeout

__all__ = ["LineListener"]


def _nothing(peer: LinePeer) -> None:
    pass


class LineListener(ServerFactory):
    """
    Makes the connections of one place where lines are listened for, and bounds them all.

    @ivar offering: see L{Hall <gma_twisted.streams.lineconnection.Hall>}
    @ivar tasks: as there
    @ivar held: as there
    """

    noisy = False

    def __init__(
        self,
        take: TakeLines,
        clock: NodeClock,
        limits: ListenLimits | None = None,
        mayConnect: Callable[[str], bool] = everybody,
        ended: Callable[[LinePeer], None] = _nothing,
        reader: LineReader | None = None,
        random: Callable[[], float] = random.random,
    ) -> None:
        """
        @param take: gets the events; meanwhile their connection is not read
        @param mayConnect: asked with the address of who connects
        @param ended: told of each connection that ended, when all it brought was handed on
        @param reader: reads lines; leniently where nothing is said
        @param random: gives a number in C{[0, 1)}
        """
        limits = limits or ListenLimits()
        self.offering = Offering(take, clock, limits, reader or LineReader(), random)
        self.tasks = Tasks("listening for lines", limits.connections)
        self.held = 0
        self._mayConnect = mayConnect
        self._ended = ended
        self._connections: set[LineConnection] = set()
        self._perNetwork: Counter[str] = Counter()
        self._isStopping = False
        self._empty = Happening()

    def __len__(self) -> int:
        """How many connections there are, those included of which something is still to be handed on."""
        return len(self._connections)

    @property
    def counts(self) -> ListenCounts:
        """Since the start."""
        return self.offering.counts

    def buildProtocol(self, addr: IAddress | None) -> LineConnection | None:
        """See C{IProtocolFactory}. Who may not connect is closed at once."""
        address = str(getattr(addr, "host", ""))
        why = self._whyNot(address)
        if why:
            self.counts.refused += 1
            self.offering.say(address, f"is turned away: {why}")
            return None
        connection = LineConnection(self, address)
        connection.factory = self
        return connection

    def made(self, connection: LineConnection) -> None:
        """See L{Hall <gma_twisted.streams.lineconnection.Hall>}."""
        self.counts.connections += 1
        self._connections.add(connection)
        self._perNetwork[networkOf(connection.address)] += 1

    def gone(self, connection: LineConnection) -> None:
        """See L{Hall <gma_twisted.streams.lineconnection.Hall>}."""
        self._connections.discard(connection)
        network = networkOf(connection.address)
        self._perNetwork[network] -= 1
        if not self._perNetwork[network]:
            del self._perNetwork[network]
        if self._isStopping and not self._connections:
            self._empty.happen()
        self._ended(connection)

    async def stop(self) -> None:
        """Close all connections. What was read of them is handed on, in a bounded time; whoever listens was closed."""
        self._isStopping = True
        for one in tuple(self._connections):
            one.leave()
        if self._connections:
            limits, clock = self.offering.limits, self.offering.clock
            try:
                await withTimeout(self._empty.wait(), limits.lastSeconds, clock, "the last lines")
            except TimedOut as error:
                self.offering.say("", f"are left out: {error.message}")
        await self.tasks.cancelAll()

    def _whyNot(self, address: str) -> str:
        limits = self.offering.limits
        if self._isStopping:
            return "the node is stopping"
        if len(self._connections) >= limits.connections:
            return f"there are {limits.connections} connections"
        if self._perNetwork[networkOf(address)] >= limits.perAddress:
            return f"it has {limits.perAddress} connections"
        # Last: who is asked writes down whom it lets in.
        return "" if self._mayConnect(address) else "it may not send lines here"
