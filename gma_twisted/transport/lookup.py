"""The addresses of names that peers supply: few names at once, a short while each, few addresses of each."""

from collections.abc import Callable, Sequence
from ipaddress import ip_address

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
)
from zope.interface import implementer

from gma_twisted.errors import Busy, cut
from gma_twisted.timing import NodeClock, withTimeout
from gma_twisted.transport.limits import DialLimits

__all__ = ["Lookup"]


class Lookup:
    """
    Asks a resolver, within bounds.

    A lookup that took too long goes on in its thread and counts until it ends: names whose servers never answer take
    the places of other such names, not the threads of the reactor.
    """

    def __init__(self, resolver: IHostnameResolver, clock: NodeClock, limits: DialLimits) -> None:
        """@param limits: C{lookups}, C{waiting}, C{lookupSeconds} and C{addresses} are used"""
        self._resolver = resolver
        self._clock = clock
        self._limits = limits
        self._places = DeferredSemaphore(limits.lookups)

    async def addresses(self, host: str) -> Sequence[str]:
        """
        @param host: a name; an address stands for itself
        @return: addresses, each once, in the resolver's order; none when it knows none
        @raise Busy: too many names wait
        @raise TimedOut: it took too long
        """
        if _isAddress(host):
            return (host,)
        if len(self._places.waiting) >= self._limits.waiting:
            raise Busy(f"{self._limits.waiting} names wait to be looked up already")
        what = f"looking up {cut(host)}"
        return await withTimeout(self._find(host), self._limits.lookupSeconds, self._clock, what)

    async def _find(self, host: str) -> Sequence[str]:
        await self._places.acquire()
        receiver = _Receiver(self._limits.addresses, self._places.release)
        self._resolver.resolveHostName(receiver, host, addressTypes=(IPv4Address, IPv6Address))
        return await receiver.found


@implementer(IResolutionReceiver)
class _Receiver:
    """Collects the first addresses; says when the resolver is done, also when nobody waits any more."""

    def __init__(self, most: int, done: Callable[[], None]) -> None:
        self.found: Deferred[Sequence[str]] = Deferred()
        self._most = most
        self._done = done
        self._addresses: dict[str, None] = {}

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """Twisted's own cannot be cancelled."""

    def addressResolved(self, address: IAddress) -> None:
        """Keep it, unless there are enough."""
        assert isinstance(address, IPv4Address | IPv6Address)
        if len(self._addresses) < self._most:
            self._addresses[address.host] = None

    def resolutionComplete(self) -> None:
        """That was all."""
        self._done()
        if not self.found.called:
            self.found.callback(tuple(self._addresses))


def _isAddress(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
