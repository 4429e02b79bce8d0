"""What created services stand on: the room they share."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.hosting.instances import FactoryLimits
from gma_twisted.markup import XMLLimits
from gma_twisted.model import Handle
from gma_twisted.nodes.lodging import MemoryLodge, MemoryLodging
from gma_twisted.security import AllowAll, Anonymous, LogAudit
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.stores import StoreLimits
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport import Exchange


class LodgeTests(SynchronousTestCase):
    """Room for two lodgings and a half."""

    def setUp(self) -> None:
        """Nobody lives there."""
        clock = NodeClock(Clock())
        exchange = Exchange(clock, AllowAll(), Anonymous(), LogAudit(), XMLLimits())
        self.lodge = MemoryLodge(exchange, clock, 250, StoreLimits(bytes=100))

    def _lodging(self) -> MemoryLodging:
        return self.lodge(Handle("http://gate:8480/services/instances/a"), [GRID_SERVICE], [])

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
