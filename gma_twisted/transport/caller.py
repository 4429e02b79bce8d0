"""Calls to other nodes over pooled keep-alive connections: a lean HTTP/1.1 client for one kind of request.

Twisted's Agent costs six times as much a call (PERFORMANCE). Bounded: connections and waiting calls per peer, bytes
of an answer, seconds for everything.
"""

import re
from collections.abc import Callable
from functools import partial

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

# Nothing in it can begin another line or another field, and no two readers see two hosts.
_URL = re.compile(
    r"(?i:http(?P<tls>s?))://"
    r"(?P<place>(?P<host>\[[0-9A-Za-z:.%_-]+\]|[0-9A-Za-z._~%-]+)(?::(?P<port>[1-9][0-9]{0,4}))?)"
    r"(?P<target>(?:[/?][!\"$-~]*)?)"
)
_LAST_PORT = 65535


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
        self._unused: set[tuple[str, int, bool]] = set()

    async def call(self, handle: Handle, envelope: bytes, soapAction: str, timeout: float) -> Reply:
        """See L{ICaller}."""
        return await self._exchange(
            handle, lambda found: _request(found, envelope, soapAction), timeout
        )

    async def fetch(self, handle: Handle, timeout: float) -> Reply:
        """
        GET a URL, and whatever it answers; it is not followed where that leads.

        @param timeout: seconds for everything
        @raise PeerUnreachable, TooLarge, Busy, Refused: as C{call}
        """
        return await self._exchange(handle, _question, timeout)

    async def _exchange(
        self, handle: Handle, write: Callable[[re.Match[str]], bytes], timeout: float
    ) -> Reply:
        found = _URL.fullmatch(handle.url)
        port = int(found["port"] or 0) if found else 0
        if found is None or port > _LAST_PORT:
            raise PeerUnreachable(f"cannot call {cut(handle)}: not an http or https URL in ASCII")
        isTLS = bool(found["tls"])
        host = found["host"].strip("[]").lower()
        peer = (host, port or (443 if isTLS else 80), isTLS)
        request = write(found)
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
                partial(self._unused.add, peer),
            )
            self._pools[peer] = pool
        return pool

    async def close(self) -> None:
        """See L{ICaller}."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()


def _target(found: re.Match[str]) -> str:
    target = found["target"]
    return target if target.startswith("/") else f"/{target}"


def _question(found: re.Match[str]) -> bytes:
    head = f"GET {_target(found)} HTTP/1.1\r\nHost: {found['place']}\r\nAccept-Encoding: identity\r\n\r\n"
    return head.encode("ascii")


def _request(found: re.Match[str], envelope: bytes, soapAction: str) -> bytes:
    # Without Accept-Encoding any coding would be acceptable (RFC 9110, 12.5.3).
    head = (
        f"POST {_target(found)} HTTP/1.1\r\nHost: {found['place']}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'Accept-Encoding: identity\r\nSOAPAction: "{soapAction}"\r\n'
        f"Content-Length: {len(envelope)}\r\n\r\n"
    )
    return head.encode("ascii") + envelope
