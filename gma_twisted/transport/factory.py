"""Makes a Gate per connection, and turns away more connections than the node or one address may have."""

from collections.abc import Callable

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol
from twisted.web.server import Site

from gma_twisted.interfaces import IExchange
from gma_twisted.model.network import networkOf
from gma_twisted.timing import NodeClock
from gma_twisted.transport.gate import Gate
from gma_twisted.transport.limits import DEFAULT_GATE_LIMITS, GateLimits
from gma_twisted.transport.listener import Listener
from gma_twisted.transport.refusal import Refusal

__all__ = ["GateFactory"]

_HARD = 64


class GateFactory(Factory):
    """
    The server factory for every endpoint: TCP, TLS, UNIX, memory.

    @ivar listener: what its connections share
    """

    noisy = False

    def __init__(
        self,
        clock: NodeClock,
        exchange: IExchange | None,
        site: Site,
        limits: GateLimits = DEFAULT_GATE_LIMITS,
        address: str = "",
        admits: Callable[[str], bool] = lambda host: True,
    ) -> None:
        """
        @param exchange: answers SOAP requests below C{/services/}; C{None} leaves every path to the Site
        @param site: answers everything else
        @param address: URL of the node without a path, for faults of the Gate itself
        @param admits: whether the node answers under a name (Host); see L{localNames}
        """
        self.listener = Listener(clock, exchange, site, limits, address, admits)

    def buildProtocol(self, addr: IAddress | None) -> Protocol | None:
        """A Gate; one that only refuses above the caps; none far above them."""
        listener = self.listener
        limits = listener.limits
        host = str(getattr(addr, "host", addr))
        mine = listener.perAddress[networkOf(host)]
        everybody = len(listener.gates)
        refusal = None
        if mine >= limits.connectionsPerAddress or everybody >= limits.connections:
            if (
                everybody >= limits.connections + _HARD
                or mine >= limits.connectionsPerAddress + _HARD
            ):
                listener.counters["dropped"] += 1
                return None
            refusal = Refusal(503, "too many connections; come again in a second")
        gate = Gate(listener, host, refusal)
        gate.factory = self
        return gate
