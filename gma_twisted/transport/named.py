"""Which nodes the operator named: they, and no others, may be shown who this node is."""

from collections import Counter

import attrs

from gma_twisted.errors import PeerUnreachable
from gma_twisted.transport.route import Peer, routeOf

__all__ = ["NamedPeers"]


@attrs.define(slots=True, eq=False)
class NamedPeers:
    """Hosts with port, by TLS or not as it was said, whatever the path; each as long as one URL names it."""

    _times: Counter[Peer] = attrs.field(factory=Counter, init=False, repr=False)

    def add(self, url: str) -> None:
        """Name it once more; what cannot be called is not named."""
        self._count(url, 1)

    def remove(self, url: str) -> None:
        """Name it once less."""
        self._count(url, -1)

    def has(self, host: str, port: int, isTLS: bool) -> bool:
        """Whether it is named. @param host: in lower case, without brackets"""
        return (host, port, isTLS) in self._times

    def _count(self, url: str, times: int) -> None:
        try:
            peer = routeOf(url).peer
        except PeerUnreachable:
            return
        self._times[peer] += times
        if self._times[peer] <= 0:
            del self._times[peer]
