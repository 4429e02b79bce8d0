"""Producer and consumer on two nodes: what is published at one arrives at the other, but for sockets as it is."""

from collections.abc import Sequence
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import NotImplementedException, ParameterError
from gma_twisted.events import EventEngine, NotifyPlane
from gma_twisted.markup import XMLGate
from gma_twisted.model.event import Event, EventField
from gma_twisted.roles import (
    ConsumerServer,
    PublishingProducer,
    RolePlace,
    consumerRole,
    producerRole,
)
from gma_twisted.soap.porttypes.gma import CONSUMER, PRODUCER
from gma_twisted.testing import MemoryGrid
from gma_twisted.timing import Ready
from gma_twisted.transport import Service
from tests.events.stand import admitted


class Listening(ConsumerServer):
    """Keeps what it hears."""

    isOpen = False

    def __init__(self) -> None:
        self.heard: list[tuple[object, int]] = []

    def doNotify(self, events: Sequence[Event], **kw: Any) -> None:
        """Keep them."""
        self.heard += [(one.get("number"), kw["gap"]) for one in events]

    def doSubscribe(self, event: Event, sId: int, **kw: Any) -> None:
        """Whatever it is."""


class WireTests(SynchronousTestCase):
    """Two nodes in one process."""

    def setUp(self) -> None:
        """Start them."""
        self.grid = grid = MemoryGrid(seconds=0.01)
        self.site, self.user = grid.addNode("site"), grid.addNode("user")
        plane = NotifyPlane(
            self.site.caller, lambda _: None, admitted, XMLGate(), grid.clock, lambda: 0.5
        )
        self.engine = EventEngine(grid.clock, [plane], lambda: 0.5)
        self.producer, self.consumer = PublishingProducer(), Listening()
        self.made = self.site.handle("/services/producer")
        self.heard = self.user.handle("/services/consumer")
        self.parts: list[Any] = [
            producerRole(
                self.producer,
                self.engine,
                RolePlace(self.made.url, "1", grid.clock),
                lambda url: Ready(self.site.proxy(self.heard, [CONSUMER])),  # type: ignore[arg-type]
            ),
            consumerRole(self.consumer, RolePlace(self.heard.url, "2", grid.clock)),
        ]
        for part in self.parts:
            grid.result(part.start())
        self.site.publish(Service(self.made.path, self.made, self.parts[0].role, [PRODUCER]))
        self.user.publish(Service(self.heard.path, self.heard, self.parts[1].role, [CONSUMER]))
        self.proxy = self.user.proxy(self.made, [PRODUCER])
        self.addCleanup(self.end)

    def end(self) -> None:
        """Stop them; nothing is left that would run on."""
        for part in self.parts:
            self.grid.result(part.stop())
        self.grid.result(self.engine.stop())
        self.grid.close()

    def publish(self, *numbers: int) -> None:
        """Publish events, and let them arrive."""
        for number in numbers:
            event = Event("load", float(number))
            event.add(EventField("number", number))
            self.producer.publish(event)
        self.grid.advance(2.0)

    def subscribe(self) -> int:
        """Subscribe from the consumer's node."""
        self.consumer.expect(7)
        work = self.proxy.subscribe(
            template=Event("lo*"), dataUrl=self.heard.url, callerId=7, lookBack=0.0
        )
        id, granted, first = self.grid.result(work)
        self.assertEqual((granted, first), (600.0, 1))
        return int(id)

    def test_subscribed(self) -> None:
        """What is published arrives, in order; after the end nothing does, and the id is a bad one."""
        id = self.subscribe()
        self.publish(1, 2, 3)
        self.assertEqual(self.consumer.heard, [(1, 0), (2, 0), (3, 0)])
        self.assertEqual(self.grid.result(self.proxy.unsubscribe(producerId=id)), id)
        self.publish(4)
        self.assertEqual(len(self.consumer.heard), 3)
        error = self.assertRaises(
            ParameterError, self.grid.result, self.proxy.unsubscribe(producerId=id)
        )
        self.assertEqual(str(error), f"Bad id {id}")

    def test_away(self) -> None:
        """What is published while the consumer cannot be reached arrives when it can."""
        self.subscribe()
        self.grid.network.part("site", "user")
        self.publish(1, 2)
        self.assertEqual(self.consumer.heard, [])
        self.grid.network.join("site", "user")
        self.grid.advance(60.0)
        self.assertEqual(self.consumer.heard, [(1, 0), (2, 0)])

    def test_forgotten(self) -> None:
        """A consumer that has forgotten the subscription ends it at the producer, with its first answer."""
        self.subscribe()
        self.consumer.forget(7)
        self.publish(1)
        self.assertEqual(self.engine.counts()["feeds"], 0)
        self.assertEqual(self.parts[0].counts()["subscriptions"], 0)

    def test_offered(self) -> None:
        """A producer that begins is told where to; what it has arrives."""
        offer = self.grid.result(self.producer.offer(self.heard.url, Event("load")))
        self.publish(1)
        self.assertEqual(self.consumer.heard, [(1, 0)])
        self.grid.result(offer.end())

    def test_brought(self) -> None:
        """What a producer brings unasked arrives too, where a consumer takes it."""
        consumer = Listening()
        consumer.isOpen = True
        part = consumerRole(consumer, RolePlace(self.heard.url, "3", self.grid.clock))
        self.parts.append(part)
        self.grid.result(part.start())
        self.user.publish(Service(self.heard.path, self.heard, part.role, [CONSUMER]))
        event = Event("load", 0.0)
        event.add(EventField("number", 1))
        taken = self.grid.result(self.producer.notify(self.heard.url, [event, event]))
        self.assertEqual((taken, consumer.heard), (2, [(1, 0), (1, 0)]))

    def test_notImplemented(self) -> None:
        """What a server has no method for is a fault that says so."""
        proxy = self.user.proxy(self.heard, [CONSUMER])
        error = self.assertRaises(
            NotImplementedException,
            self.grid.result,
            proxy.query(template=Event("load"), callerId=9),
        )
        self.assertEqual(str(error), "/services/consumer does not implement query")
