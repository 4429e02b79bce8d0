"""Notices that nobody ordered, at the sinks of a node: refused, counted, and without effect on what comes rightly."""

from attrs import asdict

from gma_twisted.interfaces import Request
from gma_twisted.markup import writeValue
from gma_twisted.model import (
    Delivery,
    ElementKey,
    Handle,
    Lifetime,
    ServiceDataElement,
    UpstreamState,
)
from gma_twisted.soap.notices import noticeEnvelope, writeChanges, writeWholeValues
from gma_twisted.soap.notices.delivery import writeDelivery
from gma_twisted.soap.porttypes import NOTIFICATION_SINK
from gma_twisted.timing import toDeferred
from tests.aggregation.test_together import HOST, WALL, TogetherCase

_ACTION = NOTIFICATION_SINK.operations[0].action


class ForgedTests(TogetherCase):
    """Somebody sends notices to node C{b}, which has a sink for what C{a} says: a snapshot, and one change."""

    def setUp(self) -> None:
        """Find the sink, and who may send there."""
        super().setUp()
        self.say("3", "y")
        self.advance(0.1)
        (self.subscription,) = self.a.subscriptions.all()
        self.sink = self.subscription.sink
        self.handle = self.a.handle.child("subscriptions", self.subscription.id).url

    def envelope(
        self, delivery: Delivery | None, originator: str = "", isWhole: bool = False
    ) -> bytes:
        """A notice that C{x} is 666. @param isWhole: and nothing else"""
        element = ServiceDataElement(
            ElementKey(HOST, originator or self.a.handle.url, "x"),
            b'<t:Host xmlns:t="urn:t"',
            b">666</t:Host>",
            Lifetime.lasting(self.time.seconds(), 60.0, 60.0),
            WALL,
        )
        put = writeValue(element, self.time.seconds(), WALL)
        message = writeWholeValues([put], WALL) if isWhole else writeChanges([put], (), (), True)
        return noticeEnvelope(message, delivery)

    def delivery(
        self, of: str, epoch: int, sequence: int, isSnapshot: bool = False, dropped: int = 0
    ) -> Delivery:
        """A header."""
        return Delivery(of, epoch, sequence, WALL + self.time.seconds(), isSnapshot, dropped)

    def post(self, envelope: bytes, sink: Handle | None = None) -> int:
        """Send it, without effect. @return: the HTTP status"""
        status = self.sent(envelope, sink)
        self.assertEqual(self.hosts(self.b), {"x": "1", "y": "3"})
        return status

    def sent(self, envelope: bytes, sink: Handle | None = None) -> int:
        """Send it. @return: the HTTP status"""
        path = (sink or self.sink).path
        request = Request(path, _ACTION, False, envelope, "evil")
        return self.successResultOf(toDeferred(self.wire.exchanges["b:1"].receive(request))).status

    def counted(self) -> dict[str, int]:
        """What was counted."""
        return {name: count for name, count in asdict(self.b.aggregator.counts).items() if count}

    def goesOn(self) -> None:
        """What C{a} says is heard as before, and nothing is asked for anew."""
        made = self.subscription.id
        self.say("4", "x")
        self.advance(0.1)
        self.assertEqual(self.hosts(self.b), {"x": "4", "y": "3"})
        self.assertIs(self.state(self.b), UpstreamState.LIVE)
        self.assertEqual([one.id for one in self.a.subscriptions.all()], [made])

    def test_unknownSink(self) -> None:
        """At an id that nobody opened a notice is gone for ever, whatever it says."""
        delivery = self.delivery(self.handle, self.a.epoch, 3)
        for id in ("00" * 16, "x", self.sink.url[-32:].upper() + "0"):
            sink = self.b.handle.child("sinks", id)
            self.assertEqual(self.post(self.envelope(delivery), sink), 410)
        self.assertEqual(self.counted(), {"unknown": 3})
        self.goesOn()

    def test_otherSubscription(self) -> None:
        """A notice of another subscription of the same source, or of another source."""
        for of in (f"{self.handle}0", "http://evil/services/index/subscriptions/1"):
            delivery = self.delivery(of, self.a.epoch + 1, 1, isSnapshot=True)
            self.assertEqual(self.post(self.envelope(delivery)), 400)
        self.assertEqual(self.counted(), {"forged": 2})
        self.goesOn()

    def test_withoutHeader(self) -> None:
        """A notice without a header, at a sink whose source counts its notices."""
        self.assertEqual(self.post(self.envelope(None)), 400)
        self.assertEqual(self.counted(), {"forged": 1})
        self.goesOn()

    def test_oldEpoch(self) -> None:
        """A notice of a life before, even one that begins everything anew."""
        for sequence, isSnapshot, dropped in ((1, True, 0), (3, False, 0), (9, True, 4)):
            delivery = self.delivery(self.handle, self.a.epoch - 1, sequence, isSnapshot, dropped)
            self.assertEqual(self.post(self.envelope(delivery)), 400)
        self.assertEqual(self.counted(), {"outdated": 3})
        self.goesOn()

    def test_oldSequence(self) -> None:
        """A number that came before is acknowledged, as a repeated one must be, and nothing else."""
        for sequence in (1, 2):
            delivery = self.delivery(self.handle, self.a.epoch, sequence, isSnapshot=True)
            self.assertEqual(self.post(self.envelope(delivery)), 202)
        self.assertEqual(self.counted(), {"repeated": 2})
        self.goesOn()

    def test_malformed(self) -> None:
        """A header that cannot be read; it counts as a notice that cannot."""
        good = writeDelivery(self.delivery(self.handle, self.a.epoch, 3))
        number = b"<gma:sequence>3</gma:sequence>"
        self.assertIn(number, good)
        for bad in (
            good + good,
            good.replace(number, b""),
            good.replace(number, b"<gma:sequence>-3</gma:sequence>"),
            good.replace(number, b"<gma:sequence>0</gma:sequence>"),
            good.replace(number, number * 2),
            good.replace(number, b"<gma:sequence>" + b"9" * 19 + b"</gma:sequence>"),
            good.replace(b"<gma:epoch>", b"<gma:epoch>x"),
            good.replace(number, number + b"<gma:dropped>1e9</gma:dropped>"),
            good.replace(self.handle.encode(), b"x" * 3000),
        ):
            envelope = self.envelope(self.delivery(self.handle, self.a.epoch, 3))
            self.assertIn(good, envelope)
            self.assertEqual(self.post(envelope.replace(good, bad)), 500)
        self.assertEqual(self.counted(), {"failed": 9})
        self.goesOn()

    def test_unread(self) -> None:
        """No XML, no SOAP, no notice, another operation: it counts, at a sink that is not open as sent there."""
        notice = self.envelope(self.delivery(self.handle, self.a.epoch, 3))
        message = b"changes"
        self.assertIn(b"<gma:changes", notice)
        closed = self.b.handle.child("sinks", "00" * 16)
        for number, (bad, status) in enumerate(
            (
                (b"", 500),
                (b"<e:Envelope", 500),
                (b"<x/>", 500),
                (b"\xff\xfe", 500),
                (notice[:-5], 500),
                (notice.replace(b"deliverNotification", b"destroy"), 500),
                (notice.replace(message, b"others"), 400),
            ),
            1,
        ):
            self.assertEqual(self.post(bad), status)
            self.assertEqual(self.counted(), {"failed": number})
        self.goesOn()
        self.sent(b"<e:Envelope", closed)
        self.assertEqual(self.counted(), {"failed": 7, "unknown": 1})

    def healed(self) -> None:
        """The source is heard as if nothing had been, by another subscription, and that stays."""
        made = [one.id for one in self.a.subscriptions.all()]
        self.assertEqual(len(made), 1)
        self.assertNotEqual(made, [self.subscription.id])
        for content in "456":
            self.say(content, "x")
            self.advance(20.0)
            self.assertEqual(self.hosts(self.b), {"x": content, "y": "3"})
            self.assertIs(self.state(self.b), UpstreamState.LIVE)
            self.say("3", "y")
        self.assertEqual([one.id for one in self.a.subscriptions.all()], made)

    def test_farFuture(self) -> None:
        """A number that nobody announced: everything is asked for anew, at once."""
        delivery = self.delivery(self.handle, self.a.epoch, 10**6, isSnapshot=True, dropped=9)
        self.assertEqual(self.post(self.envelope(delivery)), 410)
        self.advance(1.0)
        self.assertEqual(self.counted(), {"missed": 1})
        self.healed()

    def test_farFutureWhole(self) -> None:
        """The same of all values."""
        delivery = self.delivery(self.handle, self.a.epoch, 10**6)
        self.assertEqual(self.post(self.envelope(delivery, isWhole=True)), 410)
        self.advance(1.0)
        self.assertEqual(self.counted(), {"missed": 1})
        self.healed()

    def test_announced(self) -> None:
        """A number that is announced well is believed until the source's next notice comes, which belies it."""
        for isWhole in (False, True):
            delivery = self.delivery(self.handle, self.a.epoch, 10**6, not isWhole, 10**6)
            self.assertEqual(self.sent(self.envelope(delivery, isWhole=isWhole)), 202)
            self.assertEqual(self.hosts(self.b), {"x": "666"})
            self.advance(11.0)
            self.healed()
            (self.subscription,) = self.a.subscriptions.all()
            self.sink = self.subscription.sink
            self.handle = self.a.handle.child("subscriptions", self.subscription.id).url
        self.assertEqual(self.counted(), {"missed": 2})

    def test_inARow(self) -> None:
        """Many notices, each in its turn: all that comes of the source seems repeated, for some intervals."""
        for sequence in range(3, 103):
            delivery = self.delivery(self.handle, self.a.epoch, sequence, isSnapshot=True)
            self.assertEqual(self.sent(self.envelope(delivery)), 202)
        self.advance(60.0)
        self.say("1", "x")
        self.say("3", "y")
        self.assertEqual(list(self.counted()), ["repeated"])
        self.healed()

    def test_laterEpoch(self) -> None:
        """A life of the source that never was: all that comes of the present one is refused, for some intervals."""
        delivery = self.delivery(self.handle, self.a.epoch + 1000, 1, isSnapshot=True)
        self.assertEqual(self.sent(self.envelope(delivery)), 202)
        self.advance(60.0)
        self.say("1", "x")
        self.say("3", "y")
        self.assertEqual(list(self.counted()), ["outdated"])
        self.healed()
