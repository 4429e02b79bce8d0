"""
Notices taken in: deliverNotification of another node, through Gate, XML gate, Exchange and inbox into the store.

Nothing is sent: a node in memory has subscribed to another one, and its Gate is given the bytes that would come.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport

from bench.answers import WrongAnswer
from bench.notices import FEW, NAME, valueXML
from bench.report import markdown
from gma_twisted.markup import XMLGate, valueFromTree, writeValue
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import Delivery, ElementKey, Handle, Lifetime, QName
from gma_twisted.soap.notices import noticeEnvelope, writeChanges
from gma_twisted.testing.grid import MemoryGrid
from gma_twisted.testing.gridindex import GridIndex

__all__ = ["SIZES", "Ingest", "Taken", "linesOfTaken", "measureIngest", "requestTo"]

SIZES = (1, 10, 100)
"""Values in a notice."""

_KEYS = 1000
_LONG = 80_000.0
_PEER = IPv4Address("TCP", "192.0.2.1", 40_000)
# Below this a clock of the CPU says nothing.
_LEAST = 1e-6


@attrs.frozen(slots=True)
class Taken:
    """
    Notices of one size.

    @ivar size: values in each
    @ivar rate: values in a second of this process's CPU, the best of the rounds
    """

    size: int
    rate: float


class Ingest:
    """
    A node that has subscribed to another one, whose notices are made here.

    @ivar node: the one that takes them
    """

    def __init__(self) -> None:
        """All is in memory, on a clock that stands still from now on."""
        names = [QName(*NAME), QName(*FEW)]
        self._grid = MemoryGrid()
        self._source = GridIndex(self._grid, "source", names)
        self.node = GridIndex(self._grid, "node", names).follow(self._source, lifetime=_LONG)
        self._source.start()
        self.node.start()
        self._grid.advance(5.0)
        (subscription,) = self._source.life.subscriptions.all()
        self._sink = subscription.sink
        self._subscription = self._source.handle.child("subscriptions", subscription.id)
        # Of a life after the source's: what that one would say is outdated from now on.
        self._epoch = self._source.epoch + 1
        self._sequences = count(1)
        self._changes = count()
        self._xml = XMLGate()
        gate = self.node.life.node.factory.buildProtocol(_PEER)
        assert gate is not None
        self._gate = gate
        self._transport = StringTransport()
        gate.makeConnection(self._transport)
        self.take([self.notice([], isSnapshot=True)])

    def close(self) -> None:
        """End both nodes."""
        self.node.stop()
        self._source.stop()
        self._grid.close()

    def notice(
        self, keys: Sequence[str], of: tuple[str, str] = NAME, isSnapshot: bool = False
    ) -> bytes:
        """
        The HTTP request of the next notice.

        @param keys: of the values in it; each is another one than before
        @param of: the name of all of them
        @param isSnapshot: whether it is everything there is, which a subscription begins with
        """
        wall = self.node.life.node.clock.wallTime()
        put = [self._value(key, of) for key in keys]
        delivery = Delivery(
            self._subscription.url, self._epoch, next(self._sequences), wall, isSnapshot
        )
        body = noticeEnvelope(writeChanges(put, (), (), isSnapshot), delivery)
        return requestTo(self._sink, "deliverNotification", body)

    def _value(self, key: str, of: tuple[str, str]) -> bytes:
        clock = self.node.life.node.clock
        now, wall = clock.seconds(), clock.wallTime()
        identity = ElementKey(QName(*of), self._source.handle.url, key)
        tree = self._xml.parse(valueXML(next(self._changes), of))
        element = valueFromTree(tree, identity, Lifetime.lasting(now, _LONG, _LONG), wall)
        return writeValue(element, now, wall - now)

    def take(self, requests: Sequence[bytes]) -> float:
        """Take notices in. @return: seconds of CPU. @raise WrongAnswer: one was not accepted"""
        return self.answered(requests, b"HTTP/1.1 202 ")

    def answered(self, requests: Sequence[bytes], start: bytes) -> float:
        """
        Have the node answer requests, one after the other.

        @param start: of every right answer
        @return: seconds of CPU
        @raise WrongAnswer: one begins with something else
        """
        gate, transport = self._gate, self._transport
        began = time.process_time()
        for request in requests:
            transport.clear()
            gate.dataReceived(request)
            if not transport.value().startswith(start):
                raise WrongAnswer(f"the node answered {transport.value()[:2000]!r}")
        return max(time.process_time() - began, _LEAST)


def requestTo(service: Handle, operation: str, body: bytes) -> bytes:
    """The HTTP request of an operation of OGSI's."""
    place, _, path = service.url.removeprefix("http://").partition("/")
    head = (
        f"POST /{path} HTTP/1.1\r\nHost: {place}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'Accept-Encoding: identity\r\nSOAPAction: "{OGSI}#{operation}"\r\n'
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def measureIngest(values: int, rounds: int, tell: Callable[[str], None]) -> list[Taken]:
    """
    Take in notices of all sizes.

    @param values: in each round of each size
    @param rounds: how often; the best counts
    @param tell: is told how far it is
    @raise WrongAnswer: a notice was not accepted
    """
    ingest = Ingest()
    try:
        keys = (str(number % _KEYS) for number in count())
        found = []
        for size in SIZES:
            tell(f"ingest, {size} values a notice")
            rates = [_rate(ingest, keys, size, max(1, values // size)) for _ in range(rounds)]
            found.append(Taken(size, max(rates)))
        return found
    finally:
        ingest.close()


def _rate(ingest: Ingest, keys: Iterator[str], size: int, notices: int) -> float:
    # Made before: writing them is the source's work.
    requests = [ingest.notice(list(islice(keys, size))) for _ in range(notices)]
    gc.collect()
    return size * notices / ingest.take(requests)


def linesOfTaken(taken: Sequence[Taken]) -> list[str]:
    """The results as a table in Markdown."""
    head = ["values in a notice", "values/s of CPU", "CPU us a value"]
    rows = [[f"{one.size}", f"{one.rate:,.0f}", f"{1e6 / one.rate:.1f}"] for one in taken]
    return markdown([head, *rows])
