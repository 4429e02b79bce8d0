"""Notices that nobody ordered, over HTTP at a whole node that copies two others: refused, and told by its status."""

from attrs import define
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

from gma_twisted.markup import writeValue
from gma_twisted.model import Delivery, ElementKey, Handle, Lifetime, ServiceDataElement
from gma_twisted.nodes import NodeKind
from gma_twisted.soap.notices import noticeEnvelope, writeChanges, writeWholeValues
from gma_twisted.soap.porttypes import NOTIFICATION_SINK
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_aggregating import (
    GOOD,
    LEAF,
    QUIET,
    RUNNING,
    SITE,
    VO,
    AggregatingCase,
    aggregate,
    url,
)

REFUSALS = ("unknown", "forged", "outdated", "repeated", "missed", "failed", "busy")


@define
class Told:
    """
    What a forger could know at best of one session.

    @ivar sink: where its notices go
    @ivar handle: of the subscription
    @ivar epoch: of the source
    """

    sink: Handle
    handle: str
    epoch: int


class Nobody(Factory):
    """Takes no connection."""

    def buildProtocol(self, addr: IAddress | None) -> None:
        """None."""


def sessionOf(source: MemoryNode) -> Told:
    """The only subscription at a node."""
    assert source.service.control.hosted is not None
    ((hosted, subscription),) = (
        (hosted, subscription)
        for hosted in source.service.control.hosted.notifications
        for subscription in hosted.store.all()
    )
    handle = hosted.source.handleOf(subscription.id).url
    return Told(subscription.sink, handle, hosted.notifier.epoch)


class ForgedTests(AggregatingCase):
    """C{VO} copies C{LEAF} and C{SITE}: two sessions, each with a sink of its own."""

    def setUp(self) -> None:
        """Let both arrive."""
        super().setUp()
        self.leaf = self.node(LEAF, RUNNING)
        self.site = self.node(SITE, RUNNING)
        self.vo = self.node(VO, QUIET + aggregate(LEAF, "leaf") + aggregate(SITE, "site"))
        self.turn(3.0)
        self.told, self.other = sessionOf(self.leaf), sessionOf(self.site)
        self.assertNotEqual(self.told.sink, self.other.sink)
        self.before = self.counted()
        self.good()

    def good(self) -> None:
        """What is copied is what the sources say, and of both."""
        found = [(value.originator, value.tail) for value in self.values(VO)]
        self.assertEqual(sorted(one for one, _ in found), sorted((url(LEAF), url(SITE))))
        self.assertFalse([tail for _, tail in found if b"666" in tail])
        states = [row["state"] for row in self.status(self.vo)["sources"]]
        self.assertEqual(states, ["live", "live"])

    def counted(self) -> dict[str, int]:
        """What the status says of notices that were not applied; it is a second old at most."""
        self.turn(1.1)
        found = self.status(self.vo)["aggregation"]
        return {name: found[name] for name in REFUSALS}

    def since(self) -> dict[str, int]:
        """What was counted since the beginning."""
        now = self.counted()
        return {
            name: now[name] - self.before[name]
            for name in REFUSALS
            if now[name] - self.before[name]
        }

    def forge(
        self,
        sink: Handle,
        told: Told,
        sequence: int,
        isSnapshot: bool = False,
        source: NodeKind = LEAF,
        isWhole: bool = False,
    ) -> int:
        """
        Say in somebody's name that its value is 666.

        @param isWhole: whether as OGSI does, and for ever
        @return: the HTTP status
        """
        element = ServiceDataElement(
            ElementKey(GOOD, url(source), ""),
            b'<e:Good xmlns:e="urn:example"',
            b">666</e:Good>",
            Lifetime(0.0) if isWhole else Lifetime.lasting(self.clock.seconds(), 60.0, 60.0),
            self.clock.wallTime(),
        )
        offset = self.clock.wallTime() - self.clock.seconds()
        put = writeValue(element, self.clock.seconds(), offset)
        delivery = Delivery(told.handle, told.epoch, sequence, self.clock.wallTime(), isSnapshot, 0)
        body = noticeEnvelope(
            writeWholeValues([put], self.clock.wallTime())
            if isWhole
            else writeChanges([put], (), (), isSnapshot),
            delivery,
        )
        return self.post(sink, body)

    def post(self, sink: Handle, body: bytes) -> int:
        """Send it. @return: the HTTP status"""
        head = (
            f"POST {sink.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n"
            f'SOAPAction: "{NOTIFICATION_SINK.operations[0].action}"\r\n'
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        answer = self.vo.connect().ask(head.encode() + body)
        return int(answer.split(b" ", 2)[1])

    def test_otherSink(self) -> None:
        """A notice as one source would write it, sent to the sink of the other."""
        for sink, told, source in (
            (self.other.sink, self.told, LEAF),
            (self.told.sink, self.other, SITE),
        ):
            for sequence, isSnapshot in ((1, True), (1000, False), (1, False)):
                self.assertEqual(self.forge(sink, told, sequence, isSnapshot, source), 400)
        self.assertEqual(self.since(), {"forged": 6})
        self.good()
        self.assertEqual(self.told, sessionOf(self.leaf))
        self.assertEqual(self.other, sessionOf(self.site))

    def test_guessed(self) -> None:
        """At a sink that was guessed, whatever the notice says."""
        sink = Handle(self.told.sink.url[:-32] + "0" * 32)
        self.assertEqual(self.forge(sink, self.told, 1, True), 410)
        self.assertEqual(self.since(), {"unknown": 1})
        self.good()

    def test_replayed(self) -> None:
        """Notices of the life before, played again after the source came back."""
        # As it stops, nobody listens any more.
        self.network.listen("127.0.0.1", LEAF.port, Nobody())
        self.stop(self.leaf)
        self.leaf = self.node(LEAF, RUNNING)
        self.turn(5.0)
        now = sessionOf(self.leaf)
        self.assertEqual((now.sink, now.handle), (self.told.sink, self.told.handle))
        self.assertGreater(now.epoch, self.told.epoch)
        self.before = self.counted()
        for sequence, isSnapshot in ((1, True), (2, False), (1000, False)):
            self.assertEqual(self.forge(self.told.sink, self.told, sequence, isSnapshot), 400)
        self.assertEqual(self.since(), {"outdated": 3})
        self.good()
        self.assertEqual(sessionOf(self.leaf), now)

    def test_repeated(self) -> None:
        """A number of this life that came before is acknowledged, and not read."""
        self.assertEqual(self.forge(self.told.sink, self.told, 1, True), 202)
        self.assertEqual(self.since(), {"repeated": 1})
        self.good()

    def test_farFuture(self) -> None:
        """A number far ahead says that much was missed: it is refused, and everything is asked for at a new sink."""
        self.assertEqual(self.forge(self.told.sink, self.told, 10**9), 410)
        self.turn(5.0)
        self.assertEqual(self.since(), {"missed": 1})
        self.good()
        now = sessionOf(self.leaf)
        self.assertNotEqual((now.sink, now.handle), (self.told.sink, self.told.handle))
        self.assertEqual(self.other, sessionOf(self.site))
        self.assertEqual(self.forge(self.told.sink, self.told, 1, True), 410)
        self.assertEqual(self.since(), {"missed": 1, "unknown": 1})

    def test_farFutureWhole(self) -> None:
        """So does one of all values, though it makes up for all before it: else nothing later would be taken."""
        self.assertEqual(self.forge(self.told.sink, self.told, 10**6, isWhole=True), 410)
        self.turn(5.0)
        self.assertEqual(self.since(), {"missed": 1})
        self.good()
        self.assertNotEqual(sessionOf(self.leaf).sink, self.told.sink)
        self.turn(120.0)
        self.assertEqual(self.since(), {"missed": 1})
        self.good()

    def test_noXML(self) -> None:
        """What is no XML counts, as a notice that failed or as one that nobody waits for."""
        self.assertEqual(self.post(self.told.sink, b"<e:Envelope"), 500)
        self.assertEqual(self.since(), {"failed": 1})
        guessed = Handle(self.told.sink.url[:-32] + "0" * 32)
        self.assertEqual(self.post(guessed, b"<e:Envelope"), 500)
        self.assertEqual(self.since(), {"failed": 1, "unknown": 1})
        self.good()
