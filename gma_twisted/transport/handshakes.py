"""How many TLS handshakes one address may begin: each takes a signature, a thousand times what its first bytes take."""

import attrs
from twisted.internet.interfaces import IAddress, IReactorTime

from gma_twisted.model.network import networkOf
from gma_twisted.timing import LeaseTable

__all__ = ["Handshakes"]

_AT_ONCE = 64


@attrs.define(slots=True, eq=False)
class Handshakes:
    """
    A token bucket for each address, of IPv6 for each /64: the instant at which it is full again.

    @ivar clock: the node's
    @ivar counters: what did not begin is counted there as C{dropped}
    @ivar burst: handshakes one address may begin at once
    @ivar rate: handshakes a second it may begin in the long run
    @ivar most: addresses that are remembered; of more, those go that would be forgotten first
    """

    clock: IReactorTime
    counters: dict[str, int]
    burst: int = 256
    rate: float = 50.0
    most: int = 10_000
    _full: LeaseTable[str] = attrs.field(factory=LeaseTable, init=False, repr=False)

    def admits(self, address: IAddress | None) -> bool:
        """Whether who connects may begin one more; it counts as begun."""
        host = getattr(address, "host", None)
        if host is None:
            # A socket file: whoever may open it is of this machine.
            return True
        now = self.clock.seconds()
        full = self._full
        full.expire(now, _AT_ONCE)
        network = networkOf(str(host))
        at = full.deadline(network)
        filled = max(now, now if at is None else at)
        if filled - now > (self.burst - 1) / self.rate:
            self.counters["dropped"] += 1
            return False
        if at is None and len(full) >= self.most:
            first = full.nextDue()
            if first is not None:
                full.expire(first, 1)
        full.set(network, filled + 1 / self.rate)
        return True

    def __len__(self) -> int:
        """How many addresses are remembered."""
        return len(self._full)
