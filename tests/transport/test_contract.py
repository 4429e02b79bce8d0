"""The pooled caller and the Gate over the in-memory network keep the transport contract."""

from collections.abc import Awaitable

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from gma_twisted.interfaces import ICaller
from gma_twisted.testing import TransportContract
from gma_twisted.timing import NodeClock, Ready
from gma_twisted.transport import GateFactory
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.limits import CallerLimits
from gma_twisted.transport.memory import MemoryEndpoint, MemoryNetwork

_STEP = 0.01
_LONGEST = 30.0


class MemoryTransportTests(TransportContract, TestCase):
    """In memory, on a clock turned by hand."""

    def makeClock(self) -> NodeClock:
        """A new clock and the network on it."""
        self.time = Clock()
        clock = NodeClock(self.time, lambda: 1_700_000_000.0 + self.time.seconds())
        self.network = MemoryNetwork(clock)
        return clock

    def listen(self, factory: GateFactory) -> Awaitable[str]:
        """At a name."""
        self.network.listen("server", 8480, factory)
        return Ready("http://server:8480")

    def makeCaller(self, limits: CallerLimits) -> ICaller:
        """From another name."""
        return PooledCaller(
            self.clock,
            lambda host, port, isTLS: MemoryEndpoint(self.network, "client", host, port),
            limits,
        )

    def drive(self, work: "Deferred[None]") -> "Deferred[None]":
        """Turn the clock."""
        while not work.called and self.time.seconds() < _LONGEST:
            self.time.advance(_STEP)
        self.assertTrue(work.called, f"no end within {_LONGEST} s")
        return work
