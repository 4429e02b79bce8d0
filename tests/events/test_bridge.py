"""Changes of service data as events, and back."""

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import TestCase

from gma_twisted.errors import Busy
from gma_twisted.events.bridge import MISSED, ServiceDataEvents
from gma_twisted.events.values import EVENT_NAME, EventValues
from gma_twisted.markup import XMLGate
from gma_twisted.markup.events import readEvent
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.markup.values import valueFromTree
from gma_twisted.model import ElementKey, Extend, Lifetime, Put, QName, Remove, ServiceDataElement
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, toDeferred

HERE = "http://127.0.0.1:8480/services/index"
HOST = QName(GLUE, "Host")
LOAD = QName("urn:own", "load")


class BridgeCase(TestCase):
    """A store on a virtual clock."""

    def setUp(self) -> None:
        """Nothing is in it."""
        self.virtual = Clock()
        self.clock = NodeClock(self.virtual, wall=lambda: 1_000_000.0 + self.virtual.seconds())
        self.store = MemoryStore(self.clock)
        self.gate = XMLGate()
        self.told: list[tuple[Event, str]] = []
        self.successResultOf(toDeferred(self.store.start()))
        self.addCleanup(self.store.stop)

    def turn(self, count: int = 50) -> None:
        """Let the reactor go round."""
        self.virtual.pump([0.0] * count)

    def value(
        self, document: str, name: QName = HOST, key: str = "", seconds: float = 60.0
    ) -> ServiceDataElement:
        """A value that holds for so many seconds."""
        lifetime = Lifetime.lasting(self.clock.seconds(), seconds, 0.0)
        root = self.gate.parse(document.encode(), "test")
        return valueFromTree(root, ElementKey(name, HERE, key), lifetime)

    def host(self, load: str = "0.5", key: str = "n1", seconds: float = 60.0) -> ServiceDataElement:
        """One host."""
        return self.value(
            f'<glue:Host xmlns:glue="{GLUE}" glue:Name="{key}"><glue:Load>{load}</glue:Load></glue:Host>',
            key=key,
            seconds=seconds,
        )

    async def put(self, *elements: ServiceDataElement, isQuiet: bool = False) -> None:
        """Commit them together."""
        await self.store.commit([Put(one, isQuiet) for one in elements])
        self.turn()


class ServiceDataEventsTests(BridgeCase):
    """What is published of which change."""

    async def bridge(self, *names: QName, most: int = 10_000) -> ServiceDataEvents:
        """One that has begun."""
        bridge = ServiceDataEvents(
            self.store, self.clock, self.gate, lambda *told: self.told.append(told), names, most
        )
        await bridge.start()
        self.turn()
        return bridge

    def changes(self) -> list[tuple[object, str | None]]:
        """What happened to which key, as published."""
        found: list[tuple[object, str | None]] = []
        for event, _ in self.told:
            about = next(one for one in event.containers if one.name == "gma")
            found.append((about.get("change"), event.id))
        return found

    async def test_published(self) -> None:
        """Who waits for what has changed until now hears when it is published, and at the end."""
        bridge = await self.bridge()
        self.successResultOf(toDeferred(bridge.published()))
        await self.store.commit([Put(self.host(key="a")), Put(self.host(key="b"))])
        waited = toDeferred(bridge.published())
        self.assertNoResult(waited)
        await self.store.commit([Put(self.host(key="c"))])
        later, last = (toDeferred(bridge.published()) for _ in range(2))
        last.cancel()
        self.failureResultOf(last, CancelledError)
        self.assertEqual(self.told, [])
        self.turn()
        self.assertEqual(len(self.told), 3)
        self.successResultOf(waited)
        self.successResultOf(later)
        await self.store.commit([Put(self.host(key="d"))])
        ended = toDeferred(bridge.published())
        await bridge.stop()
        self.successResultOf(ended)

    async def test_event(self) -> None:
        """Name, source, id, time, fields with types, and what is said about it."""
        await self.bridge()
        await self.put(self.host())
        ((event, source),) = self.told
        expected = Event("glue.Host", 1_000_000.0, "n1")
        expected.add(EventField("Name", "n1"))
        expected.add(EventField("Load", 0.5))
        about = EventContainer("gma")
        for name, value in (
            ("change", "added"),
            ("name", HOST.clark),
            ("originator", HERE),
            ("key", "n1"),
        ):
            about.add(EventField(name, value))
        expected.add(about)
        self.assertEqual((event, event.items, source), (expected, expected.items, HERE))

    async def test_shapes(self) -> None:
        """Attributes, units, nested elements, text beside attributes; no number loses its spelling."""
        await self.bridge()
        await self.put(
            self.value(
                '<load xmlns="urn:own" one="1"><rate units="Mb/s">100.0</rate><version>1.10</version>'
                "<big>123456789012345678901</big><up>true</up><empty/>"
                '<disk name="sda">17</disk><many><x>1</x><x>2</x></many></load>',
                LOAD,
            )
        )
        ((event, _),) = self.told
        disk = EventContainer("disk")
        disk.add(EventField("name", "sda"))
        disk.add(EventField("value", 17))
        many = EventContainer("many")
        many.add(EventField("x", 1))
        many.add(EventField("x", 2))
        self.assertEqual(event.name, "load")
        self.assertEqual(
            event.items[:-1],
            [
                EventField("one", 1),
                EventField("rate", 100.0, "Mb/s"),
                EventField("version", "1.10"),
                EventField("big", "123456789012345678901"),
                EventField("up", True),
                EventField("empty", ""),
                disk,
                many,
            ],
        )

    async def test_lives(self) -> None:
        """Added, changed, removed and expired are told; longer lifetimes and quiet values are not."""
        await self.bridge()
        await self.put(self.host(key="a"), self.host(key="b"))
        await self.put(self.host("0.7", key="a"))
        await self.put(self.host("0.8", key="a"), isQuiet=True)
        key = ElementKey(HOST, HERE, "a")
        await self.store.commit([Extend(key, Lifetime(0.0, 90.0, 90.0))])
        await self.store.commit([Remove(key)])
        self.turn()
        self.virtual.advance(61)
        await self.put()
        self.assertEqual(
            self.changes(),
            [("added", "a"), ("added", "b"), ("changed", "a"), ("removed", "a"), ("expired", "b")],
        )

    async def test_present(self) -> None:
        """What was there before it began is published first."""
        await self.put(self.host(key="a"))
        await self.bridge()
        await self.put(self.host(key="b"))
        self.assertEqual(self.changes(), [("present", "a"), ("added", "b")])

    async def test_names(self) -> None:
        """Only the names asked for, or all of a namespace."""
        await self.bridge(QName(GLUE, "*"))
        await self.put(self.value('<load xmlns="urn:own"/>', LOAD), self.host())
        self.assertEqual(self.changes(), [("added", "n1")])

    async def test_many(self) -> None:
        """More than may wait: the newest are published, and how many are not."""
        bridge = await self.bridge(most=3)
        await self.store.commit([Put(self.host(key=f"n{number}")) for number in range(10)])
        self.turn()
        (first, source), *rest = self.told
        self.told = rest
        self.assertEqual((first.name, first.get("count"), source), (MISSED, 7, ""))
        self.assertEqual([key for _, key in self.changes()], ["n7", "n8", "n9"])
        self.assertEqual(bridge.missed, 7)

    async def test_refused(self) -> None:
        """One that is not taken is named in the log; the others are published."""

        def publish(event: Event, source: str) -> None:
            if event.id == "a":
                raise Busy("no room")
            self.told.append((event, source))

        bridge = ServiceDataEvents(self.store, self.clock, self.gate, publish)
        await bridge.start()
        with capturedLogs() as captured:
            await self.put(self.host(key="a"), self.host(key="b"))
        self.assertEqual([event.id for event, _ in self.told], ["b"])
        self.assertIn("no room", "".join(formatEvent(one) for one in captured))

    async def test_stopped(self) -> None:
        """Nothing is published any more, and nothing is left waiting."""
        bridge = await self.bridge()
        await bridge.stop()
        await self.put(self.host())
        self.assertEqual(self.told, [])

    async def test_roundTrip(self) -> None:
        """An event that came from service data and goes into another's says what the value said."""
        bridge = ServiceDataEvents(
            self.store, self.clock, self.gate, lambda *told: self.told.append(told), [HOST]
        )
        await bridge.start()
        await self.put(self.host(key="1"))
        ((event, source),) = self.told
        other = EventValues(MemoryStore(self.clock), self.clock, self.gate, HERE)
        await other.take([event], source)
        element = other.store.get(ElementKey(EVENT_NAME, HERE, f"{HERE} glue.Host 1"))
        assert element is not None
        self.assertEqual(readEvent(self.gate.parse(element.content, "value")), event)
