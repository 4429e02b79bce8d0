"""What a service said under an earlier handle goes; what others said stays."""

import math
from collections.abc import Sequence

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup.namespaces import ogsi
from gma_twisted.markup.typed import typedValue
from gma_twisted.model import ElementKey, Lifetime, Put, QName, ServiceDataElement
from gma_twisted.nodes.leftovers import dropLeftovers
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, Task, spawn, toDeferred

NOW = "http://here:8481/services/registry"
EARLIER = ("http://here:8480/services/registry", "http://there:8481/services/registry")
OTHER = "http://other:8481/services/registry"
HANDLE, ENTRY, MOOD = ogsi("gridServiceHandle"), ogsi("entry"), QName("urn:example", "mood")


def _value(
    name: QName, originator: str, key: str = "", until: float = math.inf
) -> ServiceDataElement:
    lifetime = Lifetime(0.0, until, until)
    return typedValue(ElementKey(name, originator, key), "xsd:string", lifetime, 0.0)


class LeftoversTests(SynchronousTestCase):
    """A store that an earlier life filled."""

    def setUp(self) -> None:
        """Fill it."""
        self.time = Clock()
        self.clock = NodeClock(self.time)
        self.store = MemoryStore(self.clock)

    def fill(self, values: Sequence[ServiceDataElement]) -> None:
        """Put values."""
        self.successResultOf(toDeferred(self.store.commit([Put(one) for one in values])))

    def drop(self) -> Task:
        """Begin to drop."""
        return spawn(dropLeftovers(self.store, NOW, self.clock), "dropping leftovers")

    def left(self) -> set[tuple[str, str]]:
        """Local name and originator of each value that is there."""
        keys = [
            ElementKey(name, originator, key)
            for name in (HANDLE, ENTRY, MOOD)
            for originator in (NOW, OTHER, *EARLIER)
            for key in ("", "1")
        ]
        return {
            (key.name.localName, key.originator) for key in keys if self.store.get(key) is not None
        }

    def test_earlier(self) -> None:
        """Everything of each earlier handle goes, with an end or without; the present one's stays."""
        for originator in (NOW, *EARLIER):
            self.fill(
                [
                    _value(HANDLE, originator),
                    _value(ENTRY, originator, "1", 86400.0),
                    _value(MOOD, originator, "", 60.0),
                ]
            )
        self.assertTrue(self.drop().ended)
        self.assertEqual(
            self.left(), {(name, NOW) for name in ("gridServiceHandle", "entry", "mood")}
        )

    def test_others(self) -> None:
        """What another service said of itself, its handle too, has an end and stays until then."""
        self.fill([_value(HANDLE, OTHER, "", 300.0), _value(ENTRY, OTHER, "1", 300.0)])
        self.assertTrue(self.drop().ended)
        self.assertEqual(self.left(), {("gridServiceHandle", OTHER), ("entry", OTHER)})

    def test_noHandles(self) -> None:
        """A store that knows no handle at all has nothing to drop."""
        self.fill([_value(MOOD, OTHER, "", 300.0)])
        self.assertTrue(self.drop().ended)
        self.assertEqual(self.left(), {("mood", OTHER)})

    def test_cutShort(self) -> None:
        """Of very many a part goes in each turn; cut short, the next start goes on."""
        self.fill(
            [
                _value(HANDLE, EARLIER[0]),
                *(_value(ENTRY, EARLIER[0], str(number), 86400.0) for number in range(5000)),
            ]
        )
        task = self.drop()
        self.assertEqual((task.ended, len(self.store)), (False, 3001))
        task.cancel()
        self.time.advance(0)
        self.assertEqual(len(self.store), 3001)
        task = self.drop()
        self.time.pump([0.0, 0.0])
        self.assertEqual((task.ended, len(self.store)), (True, 0))
