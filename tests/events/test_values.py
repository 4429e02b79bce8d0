"""Events as service data of an index."""

from collections.abc import Awaitable, Sequence
from typing import Any

from twisted.logger import capturedLogs

from gma_twisted.errors import Busy, TooLarge
from gma_twisted.events.limits import EventValueLimits
from gma_twisted.events.values import EVENT_NAME, EventValues
from gma_twisted.markup.events import readEvent
from gma_twisted.model import (
    Changes,
    Command,
    ElementKey,
    Lifetime,
    NameQuery,
    NameSelector,
    Remove,
)
from gma_twisted.model.event import Event, EventField
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.limits import StoreLimits
from tests.events.test_bridge import HERE, BridgeCase


class FullStore(MemoryStore):
    """Has no room."""

    def commit(self, commands: Sequence[Command]) -> Awaitable[Changes]:
        """Refuse."""
        raise TooLarge("full up")


class EventValuesTests(BridgeCase):
    """Events of producers in an index."""

    def setUp(self) -> None:
        """Good for a minute, and readable for another half."""
        super().setUp()
        self.values = EventValues(self.store, self.clock, self.gate, HERE, 60.0, 30.0)

    def kept(self) -> dict[str, Event]:
        """By key."""
        found = {}
        for source in ("p1", "p2"):
            for identity in ("App", "App 1", "App 2"):
                element = self.store.get(ElementKey(EVENT_NAME, HERE, f"{source} {identity}"))
                if element is not None:
                    found[element.key.key] = readEvent(self.gate.parse(element.content, "value"))
        return found

    async def test_taken(self) -> None:
        """The last of each source, name and id; nothing of it is lost."""
        first, second, other = Event("App", 1.0), Event("App", 2.0), Event("App", 3.0, "1")
        second.add(EventField("Bandwidth", 100.0, "Mb/s"))
        self.assertEqual(await self.values.take([first, second, other], "p1"), 2)
        await self.values.take([first], "p2")
        self.assertEqual(self.kept(), {"p1 App": second, "p1 App 1": other, "p2 App": first})

    async def test_ends(self) -> None:
        """It is stale after its time, and gone after its grace."""
        await self.values.take([Event("App", 1.0)], "p1")
        element = self.store.get(ElementKey(EVENT_NAME, HERE, "p1 App"))
        assert element is not None
        self.assertEqual(element.lifetime, Lifetime(0.0, 60.0, 90.0))
        self.virtual.advance(90.1)
        self.assertEqual(self.kept(), {})

    async def test_lifetime(self) -> None:
        """Some may hold for another time than all do."""
        await self.values.take([Event("App", 1.0)], "p1", 5.0, 2.0)
        element = self.store.get(ElementKey(EVENT_NAME, HERE, "p1 App"))
        assert element is not None
        self.assertEqual(element.lifetime, Lifetime(0.0, 5.0, 7.0))

    async def test_blanks(self) -> None:
        """No source says what another one said, whatever they are called."""
        await self.values.take([Event("a", 1.0)], "CN=x y")
        await self.values.take([Event("y", 2.0, "a")], "CN=x")
        found = self.store.find(NameQuery((NameSelector(EVENT_NAME),))).elements
        self.assertEqual({one.key.key for one in found}, {"CN=x%20y a", "CN=x y a"})


class BoundedTests(BridgeCase):
    """No more than the limits say; the oldest go."""

    async def made(self, store: MemoryStore | None = None, **limits: int) -> EventValues:
        """One that has begun."""
        values = EventValues(
            self.store if store is None else store,
            self.clock,
            self.gate,
            HERE,
            limits=EventValueLimits(**limits),
        )
        await values.start()
        self.addCleanup(values.stop)
        return values

    def keys(self) -> list[str]:
        """Of all that is there, sorted."""
        found = self.store.find(NameQuery((NameSelector(EVENT_NAME),))).elements
        return sorted(one.key.key for one in found)

    async def bring(self, values: Any, source: str, *ids: str) -> None:
        """An event of each id, a second later."""
        self.virtual.advance(1.0)
        await values.take([Event("App", 1.0, one) for one in ids], source)

    async def test_source(self) -> None:
        """Of one source the oldest go, in the same commit; one that came again is young. Others are left alone."""
        values = await self.made(perSource=3)
        await self.bring(values, "p1", "1", "2", "3")
        await self.bring(values, "p2", "1")
        await self.bring(values, "p1", "1")
        told: list[int] = []
        self.addCleanup(self.store.observe(lambda changes: told.append(len(changes.changes))))
        with capturedLogs() as captured:
            await self.bring(values, "p1", "4")
            await self.bring(values, "p1", "5")
        self.assertEqual(self.keys(), ["p1 App 1", "p1 App 4", "p1 App 5", "p2 App 1"])
        self.assertEqual((told, values.leftOut), ([2, 2], 2))
        # Once a minute is enough.
        self.assertEqual([one["source"] for one in captured], ["p1"])

    async def test_atOnce(self) -> None:
        """Of more than there may be, the last ones are kept."""
        values = await self.made(perSource=2)
        await self.bring(values, "p1", "1", "2", "3", "1")
        self.assertEqual(self.keys(), ["p1 App 1", "p1 App 3"])
        self.assertEqual(values.leftOut, 1)

    async def test_all(self) -> None:
        """Of all sources together the oldest go, whose they are."""
        values = await self.made(values=3)
        await self.bring(values, "p1", "1", "2")
        await self.bring(values, "p2", "1")
        await self.bring(values, "p3", "1", "2")
        self.assertEqual(self.keys(), ["p2 App 1", "p3 App 1", "p3 App 2"])
        # Those that come again need no room.
        await self.bring(values, "p3", "1", "2")
        self.assertEqual(values.leftOut, 2)

    async def test_bytes(self) -> None:
        """The same by bytes; what is too much by itself is refused, and nothing is lost for it."""
        values = await self.made(bytes=1000)
        large = Event("App", 1.0, "large")
        large.add(EventField("text", "x" * 600))
        await self.bring(values, "p1", "1")
        await values.take([large], "p1")
        self.assertEqual(self.keys(), ["p1 App 1", "p1 App large"])
        await self.bring(values, "p1", "2", "3")
        self.assertEqual(self.keys(), ["p1 App 2", "p1 App 3"])
        large.add(EventField("more", "x" * 600))
        with self.assertRaises(TooLarge):
            await values.take([large], "p1")
        self.assertEqual(self.keys(), ["p1 App 2", "p1 App 3"])

    async def test_gone(self) -> None:
        """What has ended, or was taken away by others, makes room."""
        values = await self.made(perSource=2)
        await self.bring(values, "p1", "1", "2")
        await self.store.commit([Remove(ElementKey(EVENT_NAME, HERE, "p1 App 2"))])
        await self.bring(values, "p1", "3")
        self.virtual.advance(121.0)
        await self.bring(values, "p1", "4", "5")
        self.assertEqual((self.keys(), values.leftOut), (["p1 App 4", "p1 App 5"], 0))

    async def test_kept(self) -> None:
        """What an earlier life left in the store counts, by its age; nobody else's does."""
        values = await self.made()
        for one in ("1", "2", "1"):
            await self.bring(values, "p1", one)
        await EventValues(self.store, self.clock, self.gate, HERE + "/other").take(
            [Event("App", 1.0, "3")], "p1"
        )
        await values.stop()
        again = await self.made(perSource=2)
        await self.bring(again, "p1", "4")
        self.assertEqual(self.keys(), ["p1 App 1", "p1 App 3", "p1 App 4"])

    async def test_full(self) -> None:
        """A store without room is busy: whoever brought the events keeps them. What it said before is there."""
        full = FullStore(self.clock)
        values = await self.made(full)
        with self.assertRaises(Busy) as caught:
            await values.take([Event("App", 1.0)], "p1")
        self.assertIn("full up", caught.exception.message)
        self.assertEqual((len(full), values.leftOut), (0, 0))

    async def test_refused(self) -> None:
        """What can never be taken is told apart from that: who sends it may leave it out."""
        values = EventValues(self.store, self.clock, self.gate, HERE, largest=300, batch=1)
        large = Event("App", 1.0)
        large.add(EventField("text", "x" * 300))
        for events, why in (
            ([large], "store_element_size"),
            ([Event("a", 1.0), Event("b", 1.0)], "store_batch"),
        ):
            with self.assertRaises(TooLarge) as caught:
                await values.take(events, "p1")
            self.assertIn(why, caught.exception.message)
        self.assertEqual(len(self.store), 0)

    def test_bounds(self) -> None:
        """Those of the store are its own unless it is said otherwise."""
        values, bounds = EventValues(self.store, self.clock, self.gate, HERE), StoreLimits()
        self.assertEqual((values.largest, values.batch), (bounds.elementSize, bounds.batch))
