"""Calls to other nodes over pooled keep-alive connections: a lean HTTP/1.1 client for one kind of request.

Twisted's Agent costs six times as much a call (PERFORMANCE). Bounded: connections and waiting calls per peer, bytes
of an answer, seconds for everything.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from twisted.internet.interfaces import IStreamClientEndpoint
from zope.interface import implementer

from gma_twisted.errors import PeerUnreachable, TimedOut, cut
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock, withTimeout
from gma_twisted.transport.limits import CallerLimits
from gma_twisted.transport.pool import PeerPool

__all__ = ["PooledCaller"]

Connect = Callable[[str, int, bool], IStreamClientEndpoint]


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
        self._pools: dict[tuple[str, int, bool], PeerPool] = {}

    async def call(self, handle: Handle, envelope: bytes, soapAction: str, timeout: float) -> Reply:
        """See L{ICaller}."""
        parts = urlsplit(handle.url)
        isTLS = parts.scheme == "https"
        if parts.scheme not in ("http", "https") or not (parts.hostname and handle.url.isascii()):
            raise PeerUnreachable(f"cannot call {cut(handle)}: not an http or https URL in ASCII")
        peer = (parts.hostname, parts.port or (443 if isTLS else 80), isTLS)
        request = _request(handle, parts.netloc, envelope, soapAction)
        pool = self._pool(peer)
        try:
            return await withTimeout(
                pool.ask(request), timeout, self._clock, f"the call to {cut(handle)}"
            )
        except TimedOut as error:
            raise PeerUnreachable(str(error)) from error

    def _pool(self, peer: tuple[str, int, bool]) -> PeerPool:
        pool = self._pools.get(peer)
        if pool is None:
            for known in [key for key, each in self._pools.items() if each.isUnused]:
                del self._pools[known]
            host, port, isTLS = peer
            pool = PeerPool(
                f"{host}:{port}", self._connect(host, port, isTLS), self._clock, self.limits
            )
            self._pools[peer] = pool
        return pool

    async def close(self) -> None:
        """See L{ICaller}."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()


def _request(handle: Handle, host: str, envelope: bytes, soapAction: str) -> bytes:
    parts = urlsplit(handle.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "{soapAction}"\r\nContent-Length: {len(envelope)}\r\n\r\n'
    )
    return head.encode("ascii") + envelope
