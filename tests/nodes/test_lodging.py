"""What created services stand on: the room they share, and that it is given back."""

import gc
import weakref
from collections.abc import Sequence
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.errors import TooLarge
from gma_twisted.hosting.factory import ServiceFactory
from gma_twisted.hosting.holder import ServiceDataHolder
from gma_twisted.hosting.instances import FactoryLimits, Places
from gma_twisted.interfaces import IServiceKind, ServicePlace
from gma_twisted.markup import XMLGate, XMLLimits, nameOf
from gma_twisted.model import Changes, Expression, Handle, Lifetime, Put, TerminationTime
from gma_twisted.nodes.lodging import MemoryLodge, MemoryLodging
from gma_twisted.security import AllowAll, Anonymous, LogAudit
from gma_twisted.soap import PortType
from gma_twisted.soap.creation import CreationRequest, writeCreation
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.stores import StoreLimits
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport import Exchange, Service


class LodgeTests(SynchronousTestCase):
    """Room for two lodgings and a half."""

    def setUp(self) -> None:
        """Nobody lives there."""
        clock = NodeClock(Clock())
        exchange = Exchange(clock, AllowAll(), Anonymous(), LogAudit(), XMLLimits())
        self.lodge = MemoryLodge(exchange, clock, 250, StoreLimits(bytes=100))

    def _lodging(self) -> MemoryLodging:
        return self.lodge(
            Handle("http://gate:8480/services/instances/a"), [GRID_SERVICE], [], "anne"
        )

    def _begin(self, lodging: MemoryLodging) -> None:
        self.successResultOf(toDeferred(lodging.start()))

    def _end(self, lodging: MemoryLodging) -> None:
        self.successResultOf(toDeferred(lodging.stop()))

    def test_room(self) -> None:
        """Past the bound the next one does not begin, and hears which it was; one that ended makes room."""
        first, second, third = self._lodging(), self._lodging(), self._lodging()
        self._begin(first)
        self._begin(second)
        why = self.assertRaises(TooLarge, third.start)
        self.assertEqual(
            str(why),
            "the created services of this node have 200 bytes for their service data; "
            "100 for one more pass the bound created_size, 250",
        )
        # It took nothing, so it gives nothing back.
        self._end(third)
        self.assertEqual(self.lodge.taken, 200)
        self._end(first)
        self._begin(self._lodging())
        self.assertEqual(self.lodge.taken, 200)

    def test_once(self) -> None:
        """Ended twice, it gives back once."""
        first, second = self._lodging(), self._lodging()
        self._begin(first)
        self._begin(second)
        self._end(first)
        self._end(first)
        self.assertEqual(self.lodge.taken, 100)

    def test_default(self) -> None:
        """As many services as a node may have fit into their room, each with a mebibyte."""
        limits = FactoryLimits()
        lodge = MemoryLodge(self.lodge.exchange, self.lodge.clock, limits.size)
        self.assertEqual(lodge.store.bytes, 1024**2)
        self.assertGreaterEqual(lodge.size, limits.services * lodge.store.bytes)


class _Box(ServiceDataHolder):
    """Has values, one of which ends, and observes its store, which it forgets to end."""

    async def start(self, place: ServicePlace) -> None:
        """Begin."""
        self.place = place
        self.heard: list[Changes] = []
        place.store.observe(self._hear)
        ending = makeElement(key="ending", lifetime=Lifetime(0.0, 10.0, 10.0))
        await place.store.commit([Put(makeElement()), Put(ending)])

    def _hear(self, changes: Changes) -> None:
        self.heard.append(changes)


@implementer(IServiceKind)
class _Boxes:
    """Remembers what it made, as long as it is there."""

    name = "box"
    portTypes: Sequence[PortType] = ()

    def __init__(self) -> None:
        self.made: list[weakref.ref[object]] = []

    def make(self, arguments: Sequence[tuple[str, str]]) -> _Box:
        """See L{IServiceKind}."""
        box = _Box(["{urn:a}one"])
        self.made.append(weakref.ref(box))
        return box


class FreedTests(SynchronousTestCase):
    """Services that have ended: the garbage collector has nothing to do, which would hold up the whole node."""

    def setUp(self) -> None:
        """A factory."""
        gc.disable()
        self.addCleanup(gc.enable)
        self.time = Clock()
        clock = NodeClock(self.time, self.time.seconds)
        self.exchange = Exchange(clock, AllowAll(), Anonymous(), LogAudit(), XMLLimits())
        base = "http://gate:8480/services"
        lodge = MemoryLodge(self.exchange, clock, FactoryLimits().size)
        self.kind = _Boxes()
        self.factory = ServiceFactory(
            Handle(f"{base}/container"),
            clock,
            Places(Handle(f"{base}/instances"), clock),
            lodge,
            {"box": self.kind},
        )
        self.successResultOf(toDeferred(self.factory.start()))
        gc.collect()

    def _create(self) -> Handle:
        tree = XMLGate().parse(writeCreation(CreationRequest("box")))
        asked = Expression(nameOf(tree), tree)
        made = self.factory.createService(TerminationTime(60.0, 60.0), asked)
        locator, _, _ = self.successResultOf(toDeferred(made))
        self.time.advance(1.0)
        return locator.handles[0]

    def _parts(self, handle: Handle) -> list["weakref.ref[object]"]:
        service = self.exchange.service(handle.path)
        assert isinstance(service, Service)
        box = self.kind.made[-1]()
        assert isinstance(box, _Box)
        return [weakref.ref(one) for one in (service, service.role, box, box.place.store)]

    def _freed(self, parts: Sequence["weakref.ref[object]"]) -> None:
        self.assertEqual([part() for part in parts], [None] * len(parts))
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            gc.collect()
            found = {type(one) for one in gc.garbage if "gma_twisted" in type(one).__module__}
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
        self.assertEqual(found, set())

    def test_destroyed(self) -> None:
        """Of one that was destroyed nothing is left."""
        handle = self._create()
        parts = self._parts(handle)
        self.time.advance(20.0)
        service = self.exchange.service(handle.path)
        assert isinstance(service, Service)
        role: Any = service.role
        self.successResultOf(toDeferred(role.destroy()))
        del service, role
        self._freed(parts)

    def test_expired(self) -> None:
        """Nor of one whose time has passed."""
        parts = self._parts(self._create())
        self.time.pump([1.0] * 62)
        self._freed(parts)

    def test_stopped(self) -> None:
        """Nor of one that ends with the node."""
        parts = self._parts(self._create())
        self.successResultOf(toDeferred(self.factory.stop()))
        self._freed(parts)
