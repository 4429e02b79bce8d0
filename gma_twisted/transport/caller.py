"""Calls to other nodes over pooled keep-alive connections: a lean HTTP/1.1 client for one kind of request.

Twisted's Agent costs six times as much a call (PERFORMANCE). Bounded: connections and waiting calls per peer, bytes
of an answer, seconds for everything.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache, partial

from twisted.internet.interfaces import IStreamClientEndpoint
from zope.interface import implementer

from gma_twisted.errors import PeerUnreachable, TimedOut
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock, withTimeout
from gma_twisted.transport.answer import AnswerMemo
from gma_twisted.transport.connection import tooLate
from gma_twisted.transport.limits import CallerLimits
from gma_twisted.transport.pool import PeerPool
from gma_twisted.transport.route import Peer, Route, routeOf
from gma_twisted.transport.tokens import Tokens
from gma_twisted.transport.wheel import DeadlineWheel

__all__ = ["PooledCaller"]

Connect = Callable[[str, int, bool], IStreamClientEndpoint]


@implementer(ICaller)
class PooledCaller:
    """
    Calls services by their handles.

    @ivar limits: what is bounded
    """

    def __init__(
        self,
        clock: NodeClock,
        connect: Connect,
        limits: CallerLimits | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        """
        @param connect: makes the endpoint of (host, port, whether TLS); asked once per peer
        @param tokens: shown with calls; C{None}: nothing is shown
        """
        self.limits = limits or CallerLimits()
        self._clock = clock
        self._connect = connect
        self._tokens = tokens
        self._memo = AnswerMemo()
        self._wheel = DeadlineWheel(clock)
        self._pools: dict[Peer, PeerPool] = {}
        self._unused: set[Peer] = set()

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """See L{ICaller}. The request leaves at once where a connection is idle."""
        try:
            route = routeOf(handle.url)
        except PeerUnreachable as error:
            return _failing(error)
        fields = _fieldsOf(soapAction)
        if self._tokens is not None:
            fields += self._tokens.lineOf(route.peer)
        request = b"POST %b HTTP/1.1\r\nHost: %b\r\n%bContent-Length: %d\r\n\r\n%b" % (
            route.target,
            route.place,
            fields,
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
            route = routeOf(handle.url)
        except PeerUnreachable as error:
            return _failing(error)
        request = b"GET %b HTTP/1.1\r\nHost: %b\r\nAccept-Encoding: identity\r\n\r\n" % (
            route.target,
            route.place,
        )
        return self._exchange(handle, route, request, timeout)

    def _exchange(
        self, handle: Handle, route: Route, request: bytes, timeout: float
    ) -> Awaitable[Reply]:
        pool = self._pools.get(route.peer)
        # Ten thousand calls in a turn: most find an idle connection, and need neither a coroutine nor a timer each.
        running = None if pool is None else pool.askIdle(request, handle, timeout)
        return self._wait(handle, route, request, timeout) if running is None else running

    async def _wait(self, handle: Handle, route: Route, request: bytes, timeout: float) -> Reply:
        pool = self._pool(route.peer)
        try:
            return await withTimeout(pool.ask(request), timeout, self._clock, "the call")
        except TimedOut as error:
            raise tooLate(handle, timeout) from error

    def _pool(self, peer: Peer) -> PeerPool:
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


@lru_cache(maxsize=64)
def _fieldsOf(soapAction: str) -> bytes:
    # Without Accept-Encoding any coding would be acceptable (RFC 9110, 12.5.3).
    return (
        "Content-Type: text/xml; charset=utf-8\r\nAccept-Encoding: identity\r\n"
        f'SOAPAction: "{soapAction}"\r\n'
    ).encode("ascii")


async def _failing(error: PeerUnreachable) -> Reply:
    raise error
