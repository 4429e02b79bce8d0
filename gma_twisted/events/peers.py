"""Consumers by host and port: few notifications at once to one, and pauses for one that cannot be reached."""

import math
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.errors import PeerBusy, PeerUnreachable
from gma_twisted.events.limits import PlaneLimits
from gma_twisted.timing import Backoff, NodeClock

__all__ = ["Peers"]

T = TypeVar("T")

# Peers that are remembered although nothing is sent to them, because they failed: above it those go that may be asked.
_REMEMBERED = 1_000


@attrs.define(slots=True, eq=False)
class _Peer:
    """A host and port."""

    underWay: int = 0
    waiting: deque[Deferred[None]] = attrs.field(factory=deque)
    failures: int = 0
    closedUntil: float = -math.inf
    isServed: bool = False


@attrs.define(slots=True, eq=False)
class Peers:
    """
    Lets work pass to peers (RELIABILITY, callbacks).

    @ivar clock: the node's
    @ivar random: gives a number in C{[0, 1)}
    @ivar limits: how much at once
    @ivar backoff: pauses of a peer that cannot be reached
    """

    clock: NodeClock
    random: Callable[[], float]
    limits: PlaneLimits
    backoff: Backoff
    _peers: dict[str, _Peer] = attrs.field(factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """To how many something is on its way, or which failed a short while ago."""
        return len(self._peers)

    async def through(self, url: str, work: Callable[[], Awaitable[T]]) -> T:
        """
        Do something with the peer of a URL when its turn comes.

        @raise PeerBusy: it failed, and is left alone for a while; or too much waits for it
        @raise GMAError: as C{work}; after L{PeerUnreachable} the peer is left alone
        """
        name = urlsplit(url).netloc.lower()
        peer = self._peers.get(name)
        if peer is None:
            self._forget()
            peer = self._peers[name] = _Peer()
        try:
            await self._enter(name, peer)
            return await self._work(peer, work)
        finally:
            if not (peer.underWay or peer.waiting or peer.failures):
                self._peers.pop(name, None)

    async def _enter(self, name: str, peer: _Peer) -> None:
        self._checkOpen(name, peer)
        while peer.underWay >= self._allowed(peer):
            if len(peer.waiting) >= self.limits.waiting:
                raise PeerBusy(
                    f"{self.limits.waiting} notifications wait for {name}, the most", 1.0
                )
            turn: Deferred[None] = Deferred()
            peer.waiting.append(turn)
            try:
                await turn
            except BaseException:
                # Given up: whoever is next has its turn.
                if turn in peer.waiting:
                    peer.waiting.remove(turn)
                raise
            self._checkOpen(name, peer)
        peer.underWay += 1

    async def _work(self, peer: _Peer, work: Callable[[], Awaitable[T]]) -> T:
        try:
            result = await work()
            peer.failures = 0
            return result
        except PeerUnreachable:
            peer.failures += 1
            delay = self.backoff.delay(peer.failures, self.random)
            peer.closedUntil = self.clock.seconds() + delay
            raise
        finally:
            peer.underWay -= 1
            self._wake(peer)

    def _checkOpen(self, name: str, peer: _Peer) -> None:
        if self._isClosed(peer):
            left = peer.closedUntil - self.clock.seconds()
            raise PeerBusy(f"{name} could not be reached; it is left alone for {left:.1f} s", left)

    def _allowed(self, peer: _Peer) -> int:
        # One that failed is tried with one notification first.
        return 1 if peer.failures else self.limits.perPeer

    def _isClosed(self, peer: _Peer) -> bool:
        return peer.failures > 0 and peer.closedUntil > self.clock.seconds()

    def _wake(self, peer: _Peer) -> None:
        """Let those pass that may; who waits for a peer that is left alone hears of it, instead of waiting on."""
        if peer.isServed:  # one that passed has ended at once; the loop below goes on
            return
        peer.isServed = True
        try:
            while peer.waiting and (self._isClosed(peer) or peer.underWay < self._allowed(peer)):
                peer.waiting.popleft().callback(None)
        finally:
            peer.isServed = False

    def _forget(self) -> None:
        if len(self._peers) < _REMEMBERED:
            return
        now = self.clock.seconds()
        idle = [
            name
            for name, one in self._peers.items()
            if not (one.underWay or one.waiting) and one.closedUntil <= now
        ]
        for name in idle:
            del self._peers[name]
