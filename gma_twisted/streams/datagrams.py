"""Data URLs that take datagrams: C{x-netlog-udp}, a line each. Nobody knows what arrives (WIRE 7)."""

from collections.abc import Awaitable, Callable, Sequence

from twisted.internet.error import MessageLengthError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

from gma_twisted.errors import GMAError, PeerUnreachable, cut
from gma_twisted.model import Caller
from gma_twisted.netlogger.dataurl import UDP, DataUrl
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.lineplane import AGAIN, LinePlane
from gma_twisted.streams.way import Shared, Way, WayUser
from gma_twisted.timing import Backoff, NodeClock, Task, sleep, spawn, withTimeout

__all__ = ["UDPLinePlane"]

log = Logger()

_OpenPort = Callable[[DatagramProtocol, bool], IListeningPort]
_Resolve = Callable[[str], Awaitable[Sequence[str]]]


class _Sockets:
    """What all datagrams of a plane go from: one socket for each family of addresses, opened when it is needed."""

    def __init__(self, openPort: _OpenPort) -> None:
        self._openPort = openPort
        self._open: dict[bool, tuple[DatagramProtocol, IListeningPort]] = {}

    def send(self, data: bytes, address: str, port: int) -> None:
        """@raise OSError: the system does not take it"""
        isIPv6 = ":" in address
        if isIPv6 not in self._open:
            protocol = DatagramProtocol()
            # Datagrams that come are dropped there.
            self._open[isIPv6] = protocol, self._openPort(protocol, isIPv6)
        protocol, _ = self._open[isIPv6]
        assert protocol.transport is not None
        protocol.transport.write(data, (address, port))

    async def close(self) -> None:
        """Close them; they are opened again when they are needed."""
        ports, self._open = [port for _, port in self._open.values()], {}
        for port in ports:
            closed = port.stopListening()
            if closed is not None:
                await closed


class _DatagramWay:
    """See L{Way}."""

    def __init__(
        self,
        shared: Shared,
        url: DataUrl,
        address: str,
        user: WayUser,
        sockets: _Sockets,
        resolve: _Resolve,
    ) -> None:
        self._shared = shared
        self._url = url
        self._address = address
        self._user = user
        self._sockets = sockets
        self._resolve = resolve
        self._isClosed = self._isOpen = self._isLogged = False
        self._task: Task | None = None

    def start(self) -> None:
        """See L{Way}."""
        if self._task is None:
            if self._url.port is None:
                port = self._url.ports[0]
                log.warn(
                    'the data URL "{url}" says no port: datagrams go to {port}',
                    url=self._url.place,
                    port=port,
                )
            self._task = spawn(self._find(), f"the address of {self._url.place}")

    def write(self, data: bytes, events: int) -> None:
        """See L{Way}."""
        lost, reason = 0, ""
        lines = data.splitlines(keepends=True)
        for line in lines:
            try:
                self._sockets.send(line, self._address, self._url.ports[0])
            except (OSError, MessageLengthError) as error:
                lost, reason = lost + 1, str(error)
        if lost:
            self._shared.counts.failed += 1
            # Of some of them nobody knows whether they told of others.
            self._user.leaveOut(events if lost == len(lines) else lost)
            self._log(reason)
        # In another turn: nothing says when a datagram has gone.
        self._shared.clock.callLater(0.0, self._drained)

    async def close(self) -> None:
        """See L{Way}."""
        if self._isOpen and not self._isClosed:
            self._shared.counts.connections -= 1
        self._isClosed = True
        if self._task is not None:
            self._task.cancel()
            await self._task.wait()

    async def _find(self) -> None:
        shared, failures = self._shared, 0
        while not self._address:
            try:
                found = await withTimeout(
                    self._resolve(self._url.host),
                    shared.limits.connectSeconds,
                    shared.clock,
                    f'looking up "{self._url.host}"',
                )
                if not found:
                    raise PeerUnreachable(f'nothing is called "{self._url.host}"')
                self._address = found[0]
            except (GMAError, OSError) as error:
                shared.counts.failed += 1
                self._log(str(error))
                failures += 1
                await sleep(shared.clock, shared.backoff.delay(failures, shared.random))
        self._isOpen = True
        shared.counts.connected += 1
        shared.counts.connections += 1
        self._user.opened()

    def _drained(self) -> None:
        if not self._isClosed:
            self._user.drained()

    def _log(self, reason: str) -> None:
        if not self._isLogged:
            self._isLogged = True
            log.info(
                "lines do not go to {url}: {reason}", url=self._url.place, reason=cut(reason, 200)
            )


class UDPLinePlane(LinePlane):
    """See L{LinePlane}. A datagram has one line; one that the system does not take is left out, and that is told."""

    def __init__(
        self,
        openPort: _OpenPort,
        resolve: _Resolve,
        admit: Callable[[DataUrl, Caller], Awaitable[str]],
        clock: NodeClock,
        random: Callable[[], float],
        limits: StreamLimits | None = None,
        backoff: Backoff = AGAIN,
    ) -> None:
        """
        @param openPort: binds a protocol to any port, of IPv6 or else IPv4
        @param resolve: gives the addresses of a host to which datagrams may go; raises L{GMAError}
        @param admit: as L{LinePlane} has it
        @param random: gives a number in C{[0, 1)}
        """
        bounds = limits or StreamLimits()
        super().__init__(
            UDP, self._way, admit, clock, random, bounds, backoff, bounds.datagramBytes
        )
        self._sockets = _Sockets(openPort)
        self._resolve = resolve

    async def stop(self) -> None:
        """See L{IStreamPlane <gma_twisted.interfaces.gma.IStreamPlane>}."""
        await super().stop()
        await self._sockets.close()

    def _way(self, url: DataUrl, address: str, user: WayUser) -> Way:
        return _DatagramWay(self.shared, url, address, user, self._sockets, self._resolve)
