"""Whole nodes in memory: they find each other's data, and time is ours."""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client import Proxy, findByName
from gma_twisted.errors import PeerUnreachable, TargetInvalid, TimedOut
from gma_twisted.hosting import StandardServiceData
from gma_twisted.markup import XMLGate, valueFromTree
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import FOREVER, ElementKey, Handle, Put, QName
from gma_twisted.queries import NameQueries
from gma_twisted.roles import PermanentService
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.stores import MemoryStore
from gma_twisted.testing import GridNode, MemoryGrid
from gma_twisted.timing import sleep
from gma_twisted.transport import Service
from tests.transport.probe import PROBE, Role

_LOAD = QName("urn:a", "load")
_PATH = "/services/index"


class MemoryGridTests(SynchronousTestCase):
    """Three nodes: one has data, the others ask."""

    def setUp(self) -> None:
        """A grid on which a piece of bytes takes a tenth of a second."""
        self.grid = MemoryGrid(0.1)
        self.source = self._index("source")
        self.one = self.grid.addNode("one")
        self.two = self.grid.addNode("two")

    def _index(self, name: str) -> GridNode:
        handle = Handle(f"http://{name}:8480{_PATH}")
        store = MemoryStore(self.grid.clock)
        queries = NameQueries(store, self.grid.clock)
        standard = StandardServiceData(
            store,
            self.grid.clock,
            handle,
            [GRID_SERVICE.name],
            queries.dialects,
            GRID_SERVICE.staticValues,
            [one.name for one in GRID_SERVICE.serviceData],
        )
        self.grid.result(standard.publish())
        tree = XMLGate().parse(b'<load xmlns="urn:a">1.5</load>')
        key = ElementKey(_LOAD, handle.url)
        self.grid.result(store.commit([Put(valueFromTree(tree, key, FOREVER))]))
        role = PermanentService([queries])
        return self.grid.addNode(name, Service(_PATH, handle, role, [GRID_SERVICE]))

    def _proxy(self, node: GridNode) -> Proxy:
        return node.proxy(self.source.handle(_PATH), [GRID_SERVICE])

    def test_find(self) -> None:
        """A node finds another's service data through proxy, caller, Gate, Exchange, role and store."""
        found = self.grid.result(findByName(self._proxy(self.one), _LOAD))
        (value,) = found.values
        self.assertIn(b">1.5<", value.tail)
        self.assertEqual(
            (value.name, value.originator), (_LOAD, "http://source:8480/services/index")
        )
        self.assertEqual(found.sent, 1_700_000_000.1)
        self.assertEqual(self.grid.time.seconds(), 0.2)

    def test_fault(self) -> None:
        """A fault comes as the error the role raised."""
        call = findByName(self._proxy(self.one), QName("urn:a", "nope"))
        self.assertRaises(TargetInvalid, self.grid.result, call)

    def test_standard(self) -> None:
        """Standard service data is found like any other."""
        found = self.grid.result(findByName(self._proxy(self.one), ogsi("gridServiceHandle")))
        self.assertIn(b"http://source:8480/services/index<", found.values[0].tail)

    def test_calls(self) -> None:
        """Calls are counted by who asks whom."""
        for node, times in ((self.one, 3), (self.two, 1)):
            for _ in range(times):
                self.grid.result(findByName(self._proxy(node), _LOAD))
        self.assertEqual(dict(self.grid.calls), {("one", "source"): 3, ("two", "source"): 1})
        self.assertEqual(self.source.factory.listener.counters["connections"], 2)
        self.assertGreater(self.grid.network.messages["one", "source"], 1000)

    def test_part(self) -> None:
        """Parted nodes do not hear each other; others do; joined, they hear again."""
        self.grid.network.part("one", "source")
        call = findByName(self._proxy(self.one), _LOAD)
        self.assertRaises(PeerUnreachable, self.grid.result, call)
        self.assertEqual(len(self.grid.result(findByName(self._proxy(self.two), _LOAD)).values), 1)
        self.grid.network.join("one", "source")
        self.assertEqual(len(self.grid.result(findByName(self._proxy(self.one), _LOAD)).values), 1)

    def test_timeout(self) -> None:
        """A call over a parted connection ends at its time."""
        self.grid.result(findByName(self._proxy(self.one), _LOAD))
        self.grid.network.part("one", "source")
        before = self.grid.time.seconds()
        call = findByName(self._proxy(self.one), _LOAD)
        self.assertRaises(PeerUnreachable, self.grid.result, call)
        self.assertEqual(round(self.grid.time.seconds() - before, 6), 30.0)

    def test_bothWays(self) -> None:
        """A node may be asked while it asks: one asks another, which asks back before it answers."""
        there, here = Role(), Role()
        two = self.two.handle("/services/probe")
        one = self.one.handle("/services/probe")

        async def askBack(word: str) -> str:
            answer: str = await self.two.proxy(one, [PROBE]).ask(word + "!")
            return answer

        there.does = askBack
        self.two.publish(Service("/services/probe", two, there, [PROBE]))
        self.one.publish(Service("/services/probe", one, here, [PROBE]))
        self.assertEqual(self.grid.result(self.one.proxy(two, [PROBE]).ask("hi")), "hi!")
        self.assertEqual(here.called, [("ask", "hi!")])

    def test_advance(self) -> None:
        """Time goes from timer to timer: each fires at its own instant, however far the step."""
        seen: list[float] = []

        def again() -> None:
            seen.append(self.grid.time.seconds())
            if len(seen) < 4:
                self.grid.clock.callLater(2.5, again)

        self.grid.clock.callLater(1.0, again)
        self.grid.advance(100.0)
        self.assertEqual(seen, [1.0, 3.5, 6.0, 8.5])
        self.assertEqual(self.grid.time.seconds(), 100.0)

    def test_result(self) -> None:
        """A result is waited for no longer than it takes; what never comes is said."""
        self.grid.result(sleep(self.grid.clock, 7.0))
        self.assertEqual(self.grid.time.seconds(), 7.0)
        self.assertRaises(TimedOut, self.grid.result, sleep(self.grid.clock, 7.0), 5.0)
        self.assertRaises(TimedOut, self.grid.result, Deferred())

    def test_close(self) -> None:
        """After the end no connection and no timer is left."""
        for node in (self.one, self.two):
            self.grid.result(findByName(self._proxy(node), _LOAD))
        self.grid.close()
        self.grid.advance(1.0)
        self.assertEqual(self.source.factory.listener.gates, set())
        self.assertEqual(self.grid.time.getDelayedCalls(), [])
