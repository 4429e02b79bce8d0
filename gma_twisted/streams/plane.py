"""Data URLs that are listeners of lines: C{x-netlog}, one TCP connection for each subscription (WIRE 7)."""

from collections.abc import Awaitable, Callable

from twisted.internet.interfaces import IStreamClientEndpoint

from gma_twisted.model import Caller
from gma_twisted.netlogger.dataurl import TCP, DataUrl
from gma_twisted.streams.connection import ConnectionWay
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.lineplane import AGAIN, LinePlane
from gma_twisted.streams.way import Way, WayUser
from gma_twisted.timing import Backoff, NodeClock

__all__ = ["TCPLinePlane"]


class TCPLinePlane(LinePlane):
    """See L{LinePlane}. Who cannot be reached is tried for as long as the subscription lasts."""

    def __init__(
        self,
        dial: Callable[[str, int], IStreamClientEndpoint],
        admit: Callable[[DataUrl, Caller], Awaitable[str]],
        clock: NodeClock,
        random: Callable[[], float],
        limits: StreamLimits | None = None,
        backoff: Backoff = AGAIN,
        pin: Callable[[str, str], Callable[[], None]] | None = None,
    ) -> None:
        """
        @param dial: the way to a host and a port, where peers say
        @param admit: as L{LinePlane} has it
        @param random: gives a number in C{[0, 1)}
        @param pin: told a URL and its address while a way is open, gives what ends that, see L{SinkPins.pin
            <gma_twisted.security.pins.SinkPins.pin>}; C{None}: the address is dialled instead of the name
        """
        super().__init__(
            TCP, self._connection, admit, clock, random, limits or StreamLimits(), backoff
        )
        self._dial = dial
        self._pin = pin

    def _connection(self, url: DataUrl, address: str, user: WayUser) -> Way:
        host, release = address or url.host, None
        if address and self._pin is not None:
            host, release = url.host, self._pin(url.place, address)
        return ConnectionWay(self.shared, url, host, user, self._dial, release)
