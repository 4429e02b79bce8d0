"""Several whole nodes in one process: one clock turned by hand, a network in memory, no socket.

What happens is the same every time: the clock goes from one timer to the next, and bytes arrive by its calls.
"""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import attrs
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import Site
from zope.interface import implementer

from gma_twisted.client import Proxy
from gma_twisted.errors import TimedOut
from gma_twisted.interfaces import ICaller, IExchange, IPolicy, Reply, Request
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import Handle
from gma_twisted.security import AllowAll, Anonymous, NoAudit
from gma_twisted.soap import PortType
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport import (
    DEFAULT_GATE_LIMITS,
    Exchange,
    GateFactory,
    GateLimits,
    QuietSite,
    Service,
    SOAPResource,
)
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.limits import CallerLimits
from gma_twisted.transport.memory import MemoryEndpoint, MemoryNetwork

__all__ = ["GridNode", "MemoryGrid"]

T = TypeVar("T")

_PORT = 8480
_WALL = 1_700_000_000.0


@implementer(IExchange)
@attrs.frozen(eq=False)
class _Counted:
    """Counts the calls that reach an Exchange by who asks, and by what is asked."""

    exchange: IExchange
    name: str
    calls: Counter[tuple[str, str]]
    operations: Counter[tuple[str, str, str]]

    def receive(self, request: Request) -> Awaitable[Reply]:
        self.calls[request.peer, self.name] += 1
        operation = (request.soapAction or "").rpartition("#")[2]
        self.operations[request.peer, self.name, operation] += 1
        return self.exchange.receive(request)

    def paths(self) -> Sequence[str]:
        return self.exchange.paths()

    def turnedAway(self, peer: str, error: Exception) -> None:
        self.exchange.turnedAway(peer, error)


@attrs.define(eq=False)
class GridNode:
    """
    One node of a L{MemoryGrid}.

    @ivar name: its host name in the grid
    @ivar url: without a path, C{http://NAME:8480}
    @ivar clock: its own: the grid's, but for what its wall clock is wrong by
    @ivar exchange: its services
    @ivar factory: the Gate before them
    @ivar caller: calls from this node
    """

    name: str
    url: str
    clock: NodeClock
    exchange: Exchange
    factory: GateFactory
    caller: ICaller

    def handle(self, path: str) -> Handle:
        """The handle of a service at a path of this node."""
        return Handle(self.url + path)

    def publish(self, service: Service) -> None:
        """Answer for a service from now on."""
        self.exchange.publish(service)

    def proxy(self, handle: Handle, portTypes: Sequence[PortType], timeout: float = 30.0) -> Proxy:
        """A service elsewhere, called from this node."""
        return Proxy(portTypes, handle, self.caller, timeout)


class MemoryGrid:
    """
    Whole nodes without sockets: Gate, Exchange and caller of each are the real ones.

    @ivar time: turned by hand
    @ivar clock: every node's, unless its wall clock is to be wrong; the wall clock stands at 2023-11-14 22:13:20 UTC
        at the beginning, and runs with it
    @ivar network: between the nodes: C{part}, C{join}, C{silence}, and the bytes carried
    @ivar calls: requests that reached a node, by (from, to)
    @ivar operations: the same by (from, to, operation), as SOAPAction tells the operation
    @ivar nodes: by name
    """

    def __init__(self, seconds: float = 0.0) -> None:
        """@param seconds: every piece of bytes is on its way"""
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: _WALL + self.time.seconds())
        self.network = MemoryNetwork(self.clock, seconds)
        self.calls: Counter[tuple[str, str]] = Counter()
        self.operations: Counter[tuple[str, str, str]] = Counter()
        self.nodes: dict[str, GridNode] = {}

    def addNode(
        self,
        name: str,
        *services: Service,
        policy: IPolicy | None = None,
        limits: GateLimits = DEFAULT_GATE_LIMITS,
        callerLimits: CallerLimits | None = None,
        ahead: float = 0.0,
    ) -> GridNode:
        """
        Add a node that listens at port 8480 of its name, in the place of one of the same name.

        @param services: published from the beginning; their handles begin with C{http://NAME:8480}
        @param policy: everybody may do everything by default
        @param ahead: seconds its wall clock is wrong by
        """
        url = f"http://{name}:{_PORT}"
        allowed = AllowAll() if policy is None else policy
        clock = NodeClock(self.time, lambda: _WALL + ahead + self.time.seconds())
        exchange = Exchange(clock, allowed, Anonymous(), NoAudit(), DEFAULT_LIMITS)
        for service in services:
            exchange.publish(service)
        root = Resource()
        root.putChild(b"services", SOAPResource(exchange, limits))
        factory = self.listen(name, exchange, QuietSite(root), limits)
        caller = PooledCaller(self.clock, self.connector(name), callerLimits)
        self.nodes[name] = node = GridNode(name, url, clock, exchange, factory, caller)
        return node

    def listen(
        self,
        name: str,
        exchange: IExchange,
        site: Site,
        limits: GateLimits = DEFAULT_GATE_LIMITS,
    ) -> GateFactory:
        """Put a Gate before an Exchange and a Site made elsewhere, at port 8480 of a name."""
        counted = _Counted(exchange, name, self.calls, self.operations)
        factory = GateFactory(self.clock, counted, site, limits, f"http://{name}:{_PORT}")
        self.network.listen(name, _PORT, factory)
        return factory

    def connector(self, name: str) -> Callable[[str, int, bool], IStreamClientEndpoint]:
        """What a L{PooledCaller} of a node connects with; TLS is left out here."""
        return lambda host, port, isTLS: MemoryEndpoint(self.network, name, host, port)

    def advance(self, seconds: float) -> None:
        """Let time pass, from one timer to the next, and everything happen that is due in it."""
        end = self.time.seconds() + seconds
        while (due := self._nextTimer()) <= end:
            self.time.advance(max(0.0, due - self.time.seconds()))
        self.time.advance(max(0.0, end - self.time.seconds()))

    def result(self, awaitable: Awaitable[T], within: float = 60.0) -> T:
        """
        Let time pass, no more than needed, until an awaitable has its result.

        @raise TimedOut: it has none after C{within} seconds, or nothing is left that could bring one
        """
        end = self.time.seconds() + within
        outcome: list[T | Failure] = []
        waiting = toDeferred(awaitable).addBoth(outcome.append)
        while not outcome:
            due = self._nextTimer()
            if due > end:
                waiting.cancel()
                raise TimedOut(f"no result within {within:g} s of the grid's clock")
            self.time.advance(max(0.0, due - self.time.seconds()))
        found = outcome[0]
        if isinstance(found, Failure):
            found.raiseException()
        return found

    def close(self) -> None:
        """End what the nodes' callers keep open."""
        for node in self.nodes.values():
            self.result(node.caller.close())
        self.advance(0.0)

    def _nextTimer(self) -> float:
        return min((call.getTime() for call in self.time.getDelayedCalls()), default=math.inf)
