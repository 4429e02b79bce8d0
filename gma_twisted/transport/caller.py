"""Calls to other nodes over pooled keep-alive connections: a lean HTTP/1.1 client for one kind of request.

Twisted's Agent costs six times as much a call (PERFORMANCE). Bounded: connections and waiting calls per peer, bytes
of an answer, seconds for everything.
"""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial

import attrs
from twisted.internet.interfaces import IStreamClientEndpoint
from zope.interface import implementer

from gma_twisted.errors import PeerUnreachable, TimedOut, cut
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock, withTimeout
from gma_twisted.transport.answer import AnswerMemo
from gma_twisted.transport.connection import tooLate
from gma_twisted.transport.limits import CallerLimits
from gma_twisted.transport.pool import PeerPool
from gma_twisted.transport.wheel import DeadlineWheel

__all__ = ["PooledCaller"]

Connect = Callable[[str, int, bool], IStreamClientEndpoint]
_Peer = tuple[str, int, bool]

# Nothing in it can begin another line or another field, and no two readers see two hosts.
_URL = re.compile(
    r"(?i:http(?P<tls>s?))://"
    r"(?P<place>(?P<host>\[[0-9A-Za-z:.%_-]+\]|[0-9A-Za-z._~%-]+)(?::(?P<port>[1-9][0-9]{0,4}))?)"
    r"(?P<target>(?:[/?][!\"$-~]*)?)"
)
_LAST_PORT = 65535
# URLs of which it is remembered what they say.
_ROUTES = 16_384


@implementer(ICaller)
class PooledCaller:
    """
    Calls services by their handles.

    @ivar limits: what is bounded
    """

    def __init__(
        self, clock: NodeClock, connect: Connect, limits: CallerLimits | None = None
    ) -> None:
        """
        @param connect: makes the endpoint of (host, port, whether TLS); asked once per peer
        """
        self.limits = limits or CallerLimits()
        self._clock = clock
        self._connect = connect
        self._memo = AnswerMemo()
        self._wheel = DeadlineWheel(clock)
        self._pools: dict[_Peer, PeerPool] = {}
        self._unused: set[_Peer] = set()

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """See L{ICaller}. The request leaves at once where a connection is idle."""
        try:
            route = _routeOf(handle.url)
        except PeerUnreachable as error:
            return _failing(error)
        request = b"POST %b HTTP/1.1\r\nHost: %b\r\n%bContent-Length: %d\r\n\r\n%b" % (
            route.target,
            route.place,
            _fieldsOf(soapAction),
            len(envelope),
            envelope,
        )
        return self._exchange(handle, route, request, timeout)

    def fetch(self, handle: Handle, timeout: float) -> Awaitable[Reply]:
        """
        GET a URL, and whatever it answers; it is not followed where that leads.

        @param timeout: seconds for everything
        @raise PeerUnreachable, TooLarge, Busy, Refused: as C{call}
        """
        try:
            route = _routeOf(handle.url)
        except PeerUnreachable as error:
            return _failing(error)
        request = b"GET %b HTTP/1.1\r\nHost: %b\r\nAccept-Encoding: identity\r\n\r\n" % (
            route.target,
            route.place,
        )
        return self._exchange(handle, route, request, timeout)

    def _exchange(
        self, handle: Handle, route: "_Route", request: bytes, timeout: float
    ) -> Awaitable[Reply]:
        pool = self._pools.get(route.peer)
        # Ten thousand calls in a turn: most find an idle connection, and need neither a coroutine nor a timer each.
        running = None if pool is None else pool.askIdle(request, handle, timeout)
        return self._wait(handle, route, request, timeout) if running is None else running

    async def _wait(self, handle: Handle, route: "_Route", request: bytes, timeout: float) -> Reply:
        pool = self._pool(route.peer)
        try:
            return await withTimeout(pool.ask(request), timeout, self._clock, "the call")
        except TimedOut as error:
            raise tooLate(handle, timeout) from error

    def _pool(self, peer: _Peer) -> PeerPool:
        pool = self._pools.get(peer)
        if pool is None:
            # Only those that said so are looked at: ten thousand peers in use must not cost each new one a turn.
            while self._unused:
                known = self._unused.pop()
                if known in self._pools and self._pools[known].isUnused:
                    del self._pools[known]
            host, port, isTLS = peer
            pool = PeerPool(
                f"{host}:{port}",
                self._connect(host, port, isTLS),
                self._clock,
                self.limits,
                self._memo,
                self._wheel,
                partial(self._unused.add, peer),
            )
            self._pools[peer] = pool
        return pool

    async def close(self) -> None:
        """See L{ICaller}."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()


@attrs.frozen(slots=True, eq=False)
class _Route:
    """
    What a URL says.

    @ivar peer: host in lower case, port, whether TLS
    @ivar target: of the request line
    @ivar place: host and port as the URL has them
    """

    peer: _Peer
    target: bytes
    place: bytes


@lru_cache(maxsize=_ROUTES)
def _routeOf(url: str) -> _Route:
    """@raise PeerUnreachable: nothing that can be called"""
    found = _URL.fullmatch(url)
    port = int(found["port"] or 0) if found else 0
    if found is None or port > _LAST_PORT:
        raise PeerUnreachable(f"cannot call {cut(url)}: not an http or https URL in ASCII")
    isTLS = bool(found["tls"])
    peer = (found["host"].strip("[]").lower(), port or (443 if isTLS else 80), isTLS)
    target = found["target"]
    if not target.startswith("/"):
        target = f"/{target}"
    return _Route(peer, target.encode("ascii"), found["place"].encode("ascii"))


@lru_cache(maxsize=64)
def _fieldsOf(soapAction: str) -> bytes:
    # Without Accept-Encoding any coding would be acceptable (RFC 9110, 12.5.3).
    return (
        "Content-Type: text/xml; charset=utf-8\r\nAccept-Encoding: identity\r\n"
        f'SOAPAction: "{soapAction}"\r\n'
    ).encode("ascii")


async def _failing(error: PeerUnreachable) -> Reply:
    raise error
