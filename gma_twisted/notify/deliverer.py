"""Notices on their way to sinks: a line for every peer, so that nobody waits for a sink that is slow or gone.

RELIABILITY, callbacks: one notice of a subscription at a time, few at once to a peer, a bounded number to an address;
a peer that fails is left alone for a while, ever longer, and asked with one notice before it gets more.
"""

import math
from collections import Counter, deque
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import attrs
from zope.interface import implementer

from gma_twisted.errors import GMAError, cut
from gma_twisted.interfaces import ICaller, IDeliverer, Outgoing
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.timing import Backoff, LeaseTable, NodeClock, Ready, Sweeper, spawn

__all__ = ["Deliverer", "DeliveryLimits"]

_ACTION = f"{OGSI}#deliverNotification"
_GONE = 410
# Not now, or not there now: the sink's node may be starting.
_AGAIN = (404, 408, 425, 429, 502, 503, 504)
_BACKOFF = Backoff(1.0, 60.0)
_PORTS = {"http": "80", "https": "443"}


@attrs.frozen(slots=True)
class DeliveryLimits:
    """
    What delivery may take.

    @ivar perPeer: notices on their way to one port of one host
    @ivar perHost: notices on their way to one host
    @ivar seconds: for one attempt, connecting included
    @ivar attempts: how often a notice that a sink refuses is sent before it is left out
    """

    perPeer: int = 2
    perHost: int = 256
    seconds: float = 10.0
    attempts: int = 10


@attrs.define(slots=True, eq=False)
class _Lane:
    """The line before one peer: a host and a port of it."""

    peer: tuple[str, str]
    waiting: deque[Outgoing] = attrs.field(factory=deque)
    underWay: int = 0
    failures: int = 0
    closedUntil: float = -math.inf
    isServed: bool = False
    isStarved: bool = False

    @property
    def host(self) -> str:
        return self.peer[0]


@implementer(IDeliverer)
@attrs.define(slots=True, eq=False)
class Deliverer:
    """
    Sends notices through a caller.

    @ivar caller: to other nodes; its answers are small
    @ivar clock: the node's
    @ivar random: gives a number in C{[0, 1)}; attempts of many are spread by it
    @ivar limits: what it may take
    """

    caller: ICaller
    clock: NodeClock
    random: Callable[[], float]
    limits: DeliveryLimits = attrs.field(factory=DeliveryLimits)
    _lanes: dict[tuple[str, str], _Lane] = attrs.field(factory=dict, init=False, repr=False)
    _hosts: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _starved: dict[str, deque[_Lane]] = attrs.field(factory=dict, init=False, repr=False)
    # Those that wait, are under way or come again later; with how often in a row that failed.
    _served: dict[Outgoing, int] = attrs.field(factory=dict, init=False, repr=False)
    _later: LeaseTable[Outgoing] = attrs.field(factory=LeaseTable, init=False, repr=False)
    _closed: LeaseTable[_Lane] = attrs.field(factory=LeaseTable, init=False, repr=False)
    _sweepers: tuple[Sweeper[Outgoing], Sweeper[_Lane]] = attrs.field(init=False, repr=False)
    _isStopped: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._sweepers = (
            Sweeper(self.clock, self._later, self._comeAgain),
            Sweeper(self.clock, self._closed, self._reopen),
        )
        for sweeper in self._sweepers:
            sweeper.start()

    @property
    def peers(self) -> int:
        """To how many peers something is to be sent, or which failed a short while ago."""
        return len(self._lanes)

    def wake(self, outgoing: Outgoing) -> None:
        """See L{IDeliverer}."""
        if not (self._isStopped or outgoing in self._served):
            self._served[outgoing] = 0
            self._line(outgoing)

    def forget(self, outgoing: Outgoing) -> None:
        """See L{IDeliverer}."""
        self._served.pop(outgoing, None)
        self._later.discard(outgoing)

    def stop(self) -> Ready[None]:
        """See L{IDeliverer}."""
        self._isStopped = True
        for sweeper in self._sweepers:
            sweeper.stop()
        self._served.clear()
        return Ready(None)

    def _line(self, outgoing: Outgoing) -> None:
        peer = _peerOf(outgoing.sink.url)
        lane = self._lanes.get(peer)
        if lane is None:
            lane = self._lanes[peer] = _Lane(peer)
        lane.waiting.append(outgoing)
        self._serve(lane)

    def _serve(self, lane: _Lane) -> None:
        """Send as much as the peer and its host may get now."""
        if lane.isServed:  # what was sent failed or succeeded at once; the loop below goes on
            return
        lane.isServed = True
        try:
            while lane.waiting and self._admits(lane):
                outgoing = lane.waiting.popleft()
                # It may have been forgotten meanwhile, or end by being asked.
                envelope = outgoing.take() if outgoing in self._served else None
                if envelope is None:
                    self._served.pop(outgoing, None)
                    continue
                lane.underWay += 1
                self._hosts[lane.host] += 1
                spawn(self._send(lane, outgoing, envelope), "delivering a notice")
        finally:
            lane.isServed = False
        if not (lane.waiting or lane.underWay):
            if lane.failures:
                # Known for as long as it would have been left alone.
                self._closed.set(lane, lane.closedUntil)
            else:
                self._lanes.pop(lane.peer, None)

    def _admits(self, lane: _Lane) -> bool:
        # A peer that failed is tried with one notice first.
        if self._isStopped or lane.underWay >= (1 if lane.failures else self.limits.perPeer):
            return False
        if self.clock.seconds() < lane.closedUntil:
            self._closed.set(lane, lane.closedUntil)
            return False
        if self._hosts[lane.host] < self.limits.perHost:
            return True
        if not lane.isStarved:
            lane.isStarved = True
            self._starved.setdefault(lane.host, deque()).append(lane)
        return False

    async def _send(self, lane: _Lane, outgoing: Outgoing, envelope: bytes) -> None:
        try:
            reply = await self.caller.call(outgoing.sink, envelope, _ACTION, self.limits.seconds)
        except GMAError as error:
            self._failedToReach(lane, outgoing, error)
        else:
            lane.failures = 0
            self._answered(lane, outgoing, reply.status)
        finally:
            self._ended(lane)

    def _failedToReach(self, lane: _Lane, outgoing: Outgoing, error: GMAError) -> None:
        lane.failures += 1
        delay = _BACKOFF.delay(lane.failures, self.random)
        lane.closedUntil = self.clock.seconds() + delay
        if outgoing in self._served:
            outgoing.failed(error.message)
            lane.waiting.append(outgoing)

    def _answered(self, lane: _Lane, outgoing: Outgoing, status: int) -> None:
        failures = self._served.get(outgoing)
        if failures is None:  # forgotten
            return
        if 200 <= status < 300:
            self._served[outgoing] = 0
            outgoing.accepted()
            lane.waiting.append(outgoing)
            return
        failures += 1
        isFinal = status == _GONE or not (status in _AGAIN or failures < self.limits.attempts)
        if isFinal:
            self._served[outgoing] = 0
            outgoing.rejected(status, f"HTTP status {status}")
            # It may have been forgotten by that.
            if outgoing in self._served:
                lane.waiting.append(outgoing)
            return
        self._served[outgoing] = failures
        outgoing.failed(f"HTTP status {cut(status)}")
        delay = _BACKOFF.delay(failures, self.random)
        self._later.set(outgoing, self.clock.seconds() + delay)

    def _ended(self, lane: _Lane) -> None:
        lane.underWay -= 1
        host = lane.host
        self._hosts[host] -= 1
        if not self._hosts[host]:
            del self._hosts[host]
        self._serve(lane)
        starved = self._starved.get(host)
        while starved and self._hosts[host] < self.limits.perHost:
            other = starved.popleft()
            other.isStarved = False
            self._serve(other)
        if starved is not None and not starved:
            self._starved.pop(host, None)

    def _comeAgain(self, due: Sequence[Outgoing]) -> None:
        for outgoing in due:
            if outgoing in self._served:
                self._line(outgoing)

    def _reopen(self, lanes: Sequence[_Lane]) -> None:
        for lane in lanes:
            # What waited may have been forgotten: then the line ends, and with it what is known of the peer.
            lane.waiting = deque(one for one in lane.waiting if one in self._served)
            if not (lane.waiting or lane.underWay):
                lane.failures = 0
            self._serve(lane)


def _peerOf(url: str) -> tuple[str, str]:
    """However a peer is written, it is one."""
    parts = urlsplit(url)
    place = parts.netloc.lower()
    host, _, port = place.rpartition(":")
    # Without a port, and not inside an IPv6 address.
    if not host or port.endswith("]"):
        return place, _PORTS.get(parts.scheme, "")
    return host, port
