"""What all connections of a port share: limits, the wheel, the memo of heads, counters, and the line of an answer."""

from collections import Counter
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

from twisted.web.server import Site

from gma_twisted.interfaces import IExchange, Reply, Request
from gma_twisted.timing import NodeClock
from gma_twisted.transport.framing import Message
from gma_twisted.transport.head import Head
from gma_twisted.transport.limits import GateLimits
from gma_twisted.transport.refusal import REASONS
from gma_twisted.transport.wheel import DeadlineWheel

__all__ = ["Listener"]

_MEMO = 1024
_MEMO_HEAD = 2048
_MEDIA = (b"text/xml; charset=utf-8", b"application/soap+xml; charset=utf-8")


def _every(host: str) -> bool:
    return True


def _nothing(request: Request) -> Awaitable[Reply]:
    raise AssertionError("without an Exchange no request is for it")


class Listener:
    """
    The shared side of the Gates of one port.

    @ivar memo: verdicts on heads seen before, byte for byte; framing only, bounded
    @ivar hasServices: whether there is an Exchange; without one the Site has every path
    @ivar receive: the Exchange's
    @ivar counters: connections, requests by face, refusals, deadlines
    @ivar refusals: by HTTP status
    @ivar address: URL the handles begin with, for faults
    @ivar gates: connections that are open
    @ivar held: bytes of requests not yet whole
    @ivar admits: whether the node answers under a name, the value of Host without its port
    @ivar perAddress: how many of them one address has
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
        self.site = site
        self.limits = limits
        self.address = address
        self.memo: dict[bytes, Head] = {}
        self.counters: Counter[str] = Counter()
        self.refusals: Counter[int] = Counter()
        self.gates: set[Any] = set()
        self.perAddress: Counter[str] = Counter()
        self.held = 0
        self.admits = admits
        self.wheel = DeadlineWheel(clock, ticked=self._newDate)
        self._prefixes: dict[tuple[int, bool, bytes], bytes] = {}

    def connected(self, gate: Any, host: str) -> None:
        """Count a connection."""
        self.gates.add(gate)
        self.perAddress[host] += 1
        self.counters["connections"] += 1

    def disconnected(self, gate: Any, host: str) -> None:
        """Count it no more."""
        self.gates.discard(gate)
        self.perAddress[host] -= 1
        if not self.perAddress[host]:
            del self.perAddress[host]

    def remember(self, message: Message) -> None:
        """Keep the verdict on a SOAP head for the lean path, unless it names who asks or waits for us."""
        head = message.head
        self.counters["soap"] += 1
        if head.authorization is None and head.length is not None and not head.expects:
            if len(message.raw) > _MEMO_HEAD:
                return
            if len(self.memo) >= _MEMO:
                self.memo.pop(next(iter(self.memo)))
            self.memo[message.raw] = head

    def answer(self, reply: Reply, connectionField: bytes) -> bytes:
        """The whole HTTP answer."""
        key = (reply.status, reply.isSoap12, connectionField)
        prefix = self._prefixes.get(key)
        if prefix is None:
            prefix = self._prefix(reply, connectionField)
            self._prefixes[key] = prefix
        body = reply.body
        return b"%b%d\r\n\r\n%b" % (prefix, len(body), body)

    def _prefix(self, reply: Reply, connectionField: bytes) -> bytes:
        date = formatdate(self.clock.wallTime(), usegmt=True).encode()
        return b"HTTP/1.1 %d %b\r\nDate: %b\r\n%bContent-Type: %b\r\nContent-Length: " % (
            reply.status,
            REASONS[reply.status],
            date,
            connectionField,
            _MEDIA[reply.isSoap12],
        )

    def _newDate(self) -> None:
        # Dropping four times a second what is made again on demand: a date at most a quarter second old.
        self._prefixes.clear()
