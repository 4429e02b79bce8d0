"""Notices on their way to sinks: a line for every peer, so that nobody waits for a sink that is slow or gone.

RELIABILITY, callbacks: one notice of a subscription at a time, few at once to a peer, a bounded number to an address;
a peer that fails is left alone for a while, ever longer, and asked with one notice before it gets more.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

import attrs
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.errors import GMAError, cut
from gma_twisted.interfaces import ICaller, IDeliverer, Outgoing, Reply
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import Handle
from gma_twisted.notify.counts import DeliveryCounts
from gma_twisted.timing import Backoff, LeaseTable, NodeClock, Ready, Sweeper, whenDone

__all__ = ["Deliverer", "DeliveryLimits"]

log = Logger()

_ACTION = f"{OGSI}#deliverNotification"
_GONE = 410
# Not now, or not there now: the sink's node may be starting.
_AGAIN = (404, 408, 425, 429, 502, 503, 504)
_BACKOFF = Backoff(1.0, 60.0)
# URLs of which it is remembered where they lead.
_PEERS = 16_384
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
    host: str
    waiting: deque[Outgoing] = attrs.field(factory=deque)
    underWay: int = 0
    failures: int = 0
    failedAt: float = -math.inf
    closedUntil: float = -math.inf
    isServed: bool = False
    isStarved: bool = False


@implementer(IDeliverer)
@attrs.define(slots=True, eq=False)
class Deliverer:
    """
    Sends notices through a caller.

    @ivar caller: to other nodes; its answers are small
    @ivar clock: the node's
    @ivar random: gives a number in C{[0, 1)}; attempts of many are spread by it
    @ivar limits: what it may take
    @ivar backoff: pauses of a peer that cannot be reached, and of a subscription whose sink refuses
    @ivar counts: of what became of them
    """

    caller: ICaller
    clock: NodeClock
    random: Callable[[], float]
    limits: DeliveryLimits = attrs.field(factory=DeliveryLimits)
    backoff: Backoff = _BACKOFF
    counts: DeliveryCounts = attrs.field(factory=DeliveryCounts, init=False)
    _lanes: dict[tuple[str, str], _Lane] = attrs.field(factory=dict, init=False, repr=False)
    _hosts: dict[str, int] = attrs.field(factory=dict, init=False, repr=False)
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

    def heardOf(self, sink: Handle) -> None:
        """See L{IDeliverer}."""
        lane = self._lanes.get(_peerOf(sink.url))
        if lane is not None and lane.failures:
            # Whoever says so may be wrong: it costs the peer no more than one that failed once.
            soon = max(self.clock.seconds(), lane.failedAt + self.backoff.base)
            lane.closedUntil = min(lane.closedUntil, soon)
            self._closed.set(lane, lane.closedUntil)

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
            lane = self._lanes[peer] = _Lane(peer, peer[0])
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
                self._send(lane, outgoing, envelope)
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
        if lane.closedUntil > -math.inf and self.clock.seconds() < lane.closedUntil:
            self._closed.set(lane, lane.closedUntil)
            return False
        if self._hosts.get(lane.host, 0) < self.limits.perHost:
            return True
        if not lane.isStarved:
            lane.isStarved = True
            self._starved.setdefault(lane.host, deque()).append(lane)
        return False

    def _send(self, lane: _Lane, outgoing: Outgoing, envelope: bytes) -> None:
        lane.underWay += 1
        self._hosts[lane.host] = self._hosts.get(lane.host, 0) + 1
        try:
            reply = self.caller.call(outgoing.sink, envelope, _ACTION, self.limits.seconds)
        except Exception as error:  # noqa: BLE001 (else the place it has in its line were never free again)
            self._unanswered(error, lane, outgoing)
        else:
            whenDone(reply, self._replied, self._unanswered, lane, outgoing)

    def _replied(self, reply: Reply, lane: _Lane, outgoing: Outgoing) -> None:
        lane.failures = 0
        try:
            self._answered(lane, outgoing, reply)
        finally:
            self._ended(lane)

    def _unanswered(self, error: BaseException, lane: _Lane, outgoing: Outgoing) -> None:
        if not isinstance(error, GMAError):
            log.failure("delivering to {sink} failed", Failure(error), sink=outgoing.sink.url)
        self.counts.unanswered += 1
        lane.failures += 1
        delay = self.backoff.delay(lane.failures, self.random)
        lane.failedAt = self.clock.seconds()
        lane.closedUntil = lane.failedAt + delay
        try:
            if outgoing in self._served:
                lane.waiting.append(outgoing)
                outgoing.failed(str(error))
        finally:
            self._ended(lane)

    def _answered(self, lane: _Lane, outgoing: Outgoing, reply: Reply) -> None:
        status = reply.status
        failures = self._served.get(outgoing)
        if failures is None:  # forgotten
            return
        if 200 <= status < 300:
            self.counts.delivered += 1
            self._served[outgoing] = 0
            outgoing.accepted()
            lane.waiting.append(outgoing)
            return
        failures += 1
        isFinal = status == _GONE or not (status in _AGAIN or failures < self.limits.attempts)
        if isFinal:
            self.counts.dropped += 1
            self._served[outgoing] = 0
            outgoing.rejected(status, f"HTTP status {status}")
            # It may have been forgotten by that.
            if outgoing in self._served:
                lane.waiting.append(outgoing)
            return
        self.counts.refused += 1
        self._served[outgoing] = failures
        outgoing.failed(f"HTTP status {cut(status)}")
        delay = self.backoff.delay(failures, self.random, reply.retryAfter)
        self._later.set(outgoing, self.clock.seconds() + delay)

    def _ended(self, lane: _Lane) -> None:
        lane.underWay -= 1
        host = lane.host
        count = self._hosts[host] - 1
        if count:
            self._hosts[host] = count
        else:
            del self._hosts[host]
        self._serve(lane)
        starved = self._starved.get(host)
        while starved and self._hosts.get(host, 0) < self.limits.perHost:
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


@lru_cache(maxsize=_PEERS)
def _peerOf(url: str) -> tuple[str, str]:
    """However a peer is written, it is one."""
    parts = urlsplit(url)
    place = parts.netloc.lower()
    host, _, port = place.rpartition(":")
    # Without a port, and not inside an IPv6 address.
    if not host or port.endswith("]"):
        return place, _PORTS.get(parts.scheme, "")
    return host, port
