"""Which addresses the sinks of a service are held to, from its first notice on and over a restart."""

from collections.abc import Awaitable

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import Handle, Put, Subscribe, Unsubscribe
from gma_twisted.security import AllowAll, Anonymous, NoAudit, SinkPins
from gma_twisted.stores import MemoryStore
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.testing.subscriptions.model import makeSubscription
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport import Exchange
from tests.nodes.notifyings import notifyingOf

_ROW = attrs.evolve(
    makeSubscription("a"), sink=Handle("http://mine.example.org:9/"), peer="193.0.6.1"
)


class PinTests(SynchronousTestCase):
    """Notification of one service."""

    def setUp(self) -> None:
        """Its store."""
        clock = NodeClock(Clock())
        exchange = Exchange(clock, AllowAll(), Anonymous(), NoAudit(), DEFAULT_LIMITS)
        store = MemoryStore(clock)
        self.done(store.start())
        self.done(store.commit([Put(makeElement())]))
        self.hosted = notifyingOf(exchange, clock).host(Handle("http://h/services/s"), store)

    def done(self, awaitable: Awaitable[object]) -> None:
        """It is."""
        self.successResultOf(toDeferred(awaitable))

    def isHeld(self, pins: SinkPins) -> bool:
        """Whether notices go to the subscriber, and nowhere else."""
        self.assertTrue(pins.allows("mine.example.org", "193.0.6.1"))
        return not pins.allows("mine.example.org", "193.0.6.9")

    def test_begun(self) -> None:
        """From before it is told anything until it ends."""
        self.done(self.hosted.start())
        held: list[bool] = []
        self.hosted.store.observe(lambda changes: held.append(self.isHeld(self.hosted.pins)))
        self.done(self.hosted.store.commit([Subscribe(_ROW)]))
        self.assertEqual(held, [True])
        self.done(self.hosted.store.commit([Unsubscribe("a")]))
        self.assertFalse(self.isHeld(self.hosted.pins))

    def test_kept(self) -> None:
        """One that was kept is held to where it was made."""
        self.done(self.hosted.start())
        self.done(self.hosted.store.commit([Subscribe(_ROW)]))
        self.done(self.hosted.stop())
        again = attrs.evolve(self.hosted, pins=SinkPins())
        self.done(again.start())
        self.assertTrue(self.isHeld(again.pins))
