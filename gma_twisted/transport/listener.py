"""What all connections of a port share: limits, the wheel, the memo of heads, counters, and the line of an answer."""

import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

from twisted.logger import Logger
from twisted.web.server import Site

from gma_twisted.errors import FailedAuthentication
from gma_twisted.interfaces import IExchange, Reply, Request
from gma_twisted.model.network import networkOf
from gma_twisted.timing import LogLimit, NodeClock
from gma_twisted.transport.failures import whyOf
from gma_twisted.transport.framing import Message
from gma_twisted.transport.gatekeeper import Gatekeeper, Load
from gma_twisted.transport.head import Head
from gma_twisted.transport.limits import GateLimits
from gma_twisted.transport.refusal import REASONS, Refusal, refusalBody
from gma_twisted.transport.securegates import SecureGates
from gma_twisted.transport.wheel import DeadlineWheel

__all__ = ["Listener"]

log = Logger()

_MEMO = 1024
_MEMO_HEAD = 2048
_MEDIA = (b"text/xml; charset=utf-8", b"application/soap+xml; charset=utf-8")


def _every(host: str) -> bool:
    return True


def _nothing(request: Request) -> Awaitable[Reply]:
    raise AssertionError("without an Exchange no request is for it")


def _nobodyHears(peer: str, error: Exception) -> None:
    """Without an Exchange there is no audit."""


class Listener:
    """
    The shared side of the Gates of one port.

    @ivar memo: verdicts on heads seen before, byte for byte; framing only, never whose they are; bounded
    @ivar hasServices: whether there is an Exchange; without one the Site has every path
    @ivar receive: the Exchange's
    @ivar counters: connections, requests by face, refusals, deadlines
    @ivar refusals: by HTTP status
    @ivar address: URL the handles begin with, for faults
    @ivar gates: connections that are open
    @ivar held: bytes of requests not yet whole
    @ivar unsent: bytes of answers that readers have not taken
    @ivar underWay: requests that wait for their answer
    @ivar secure: those of the connections that came over TLS
    @ivar keeper: says who is let in when not everybody can be
    @ivar admits: whether the node answers under a name, the value of Host without its port
    @ivar perAddress: how many of them one address has, of IPv6 its network
    """

    def __init__(
        self,
        clock: NodeClock,
        exchange: IExchange | None,
        site: Site,
        limits: GateLimits,
        address: str = "",
        admits: Callable[[str], bool] = _every,
    ) -> None:
        """See the attributes."""
        self.clock = clock
        self.hasServices = exchange is not None
        self.receive = exchange.receive if exchange is not None else _nothing
        self._turnedAway = exchange.turnedAway if exchange is not None else _nobodyHears
        self.site = site
        self.limits = limits
        self.address = address
        self.memo: dict[bytes, Head] = {}
        # A Counter's assignment is a function of Python, and takes three times as long.
        self.counters: dict[str, int] = defaultdict(int)
        self.refusals: Counter[int] = Counter()
        self.gates: set[Any] = set()
        self.perAddress: Counter[str] = Counter()
        self.held = 0
        self.unsent = 0
        self.underWay = 0
        self.secure = SecureGates(clock)
        self.admits = admits
        self.wheel = DeadlineWheel(clock, ticked=self._ticked)
        self.keeper = Gatekeeper(clock, limits, self._load, random.random)
        self._logged = LogLimit(clock)
        self._heads: dict[tuple[int, bool, bytes, int], bytes] = {}

    def connected(self, gate: Any, host: str) -> None:
        """Count a connection."""
        self.gates.add(gate)
        self.perAddress[networkOf(host)] += 1
        self.counters["connections"] += 1

    def disconnected(self, gate: Any, host: str) -> None:
        """Count it no more."""
        self.gates.discard(gate)
        self.secure.discard(gate)
        network = networkOf(host)
        self.perAddress[network] -= 1
        if not self.perAddress[network]:
            del self.perAddress[network]

    def failedTLS(self, host: str, error: BaseException) -> None:
        """
        Count a connection that TLS ended, and say why as often as there is room for in the log. Who showed a
        certificate that is not believed is told to the audit; a scanner that speaks no TLS is not.
        """
        self.counters["failedTLS"] += 1
        if isinstance(error, FailedAuthentication):
            self._turnedAway(host, error)
        unsaid = self._logged.admit()
        if unsaid is not None:
            log.info(
                "{peer} was turned away: {why} ({unsaid} more not logged)"
                if unsaid
                else "{peer} was turned away: {why}",
                peer=host,
                why=whyOf(error),
                unsaid=unsaid,
            )

    def remember(self, message: Message) -> None:
        """
        Keep the verdict on a SOAP head for the lean path, unless it waits for us.

        It may hold a token; whose that is, if anybody's, the Exchange asks anew each time. A secret is no worse here
        than where it came from: its caller's next request brings it into the same memory. The memo is never written or
        shown, newer heads push older ones out, and only a whole head is found, so nobody can feel a way to a token.
        """
        head = message.head
        self.counters["soap"] += 1
        if head.length is not None and not head.expects:
            if len(message.raw) > _MEMO_HEAD:
                return
            if len(self.memo) >= _MEMO:
                self.memo.pop(next(iter(self.memo)))
            self.memo[message.raw] = head

    def answer(self, reply: Reply, connectionField: bytes) -> bytes:
        """The whole HTTP answer."""
        body = reply.body
        key = (reply.status, reply.isSoap12, connectionField, len(body))
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= _MEMO:
                self._heads.clear()
            head = self._heads[key] = self._head(reply, connectionField)
        if reply.retryAfter:
            head = head.replace(b"\r\n", b"\r\nRetry-After: %d\r\n" % reply.retryAfter, 1)
        return head + body

    def refuse(self, refusal: Refusal) -> bytes:
        """Count a request that does not pass. @return: the whole HTTP answer, the last of its connection"""
        self.counters["refused"] += 1
        self.refusals[refusal.status] += 1
        media, body = refusalBody(refusal, self.address + "/", self.clock.wallTime())
        return (
            b"HTTP/1.1 %d %b\r\n%bContent-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
            % (refusal.status, REASONS[refusal.status], refusal.fields, media, len(body), body)
        )

    def _head(self, reply: Reply, connectionField: bytes) -> bytes:
        date = formatdate(self.clock.wallTime(), usegmt=True).encode()
        return b"HTTP/1.1 %d %b\r\nDate: %b\r\n%bContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (
            reply.status,
            REASONS[reply.status],
            date,
            connectionField,
            _MEDIA[reply.isSoap12],
            len(reply.body),
        )

    def _ticked(self) -> None:
        # Dropping four times a second what is made again on demand: a date at most a quarter second old.
        self._heads.clear()
        self.secure.look()
        self.keeper.looked(self.wheel.late)

    def _load(self) -> Load:
        return Load(
            self.counters["soap"] + self.counters["web"], self.held, self.unsent, self.underWay
        )
