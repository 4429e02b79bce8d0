"""Who begins what (GFD-I.7): query, subscription and notification, by either side, its partner found in a directory.

=============  =========================  =====================================
operation      a consumer begins          a producer begins
=============  =========================  =====================================
query          Producer.query             Consumer.query, then one notification
subscription   Producer.subscribe         Consumer.subscribe
notification   (the producer's alone)     Consumer.notify
=============  =========================  =====================================
"""

from collections.abc import Sequence
from typing import Any

import attrs

from gma_twisted.client import findByName
from gma_twisted.client.gma import ConsumerProxy, ProducerProxy, RegistryProxy
from gma_twisted.events.values import EVENT_NAME, EventValues
from gma_twisted.interfaces import ICaller
from gma_twisted.markup import XMLGate
from gma_twisted.markup.events import readEvent
from gma_twisted.model.entryevent import EntryNews, readEntryEvent
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.nodes import INDEX
from gma_twisted.nodes.kind import CONSUMER, PRODUCER
from gma_twisted.nodes.serversource import GivenServer
from gma_twisted.roles import ConsumerServer, PublishingProducer
from gma_twisted.soap.porttypes import GRID_SERVICE, gma
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_gmanodes import CONSUMER_URL, DIRECTORY_URL, PRODUCER_URL, GMACase

INDEX_URL = "http://127.0.0.1:8480/services/index"
NOBODY = "http://127.0.0.1:9/"
ASKED = "room.temperature"


def measured(celsius: float, name: str = ASKED) -> Event:
    """An event of a room."""
    event = Event(name, celsius)
    event.add(EventField("celsius", celsius, "Celsius"))
    return event


def types(*names: str) -> Sequence[Event]:
    """Templates of events by their names."""
    return [Event(one, 0) for one in names]


class Rooms(PublishingProducer):
    """Has events of rooms."""

    eventTypes = types("room.*")


class Board(ConsumerServer):
    """Wants events of rooms, and keeps what it is told."""

    eventTypes = types("room.*")

    def __init__(self) -> None:
        self.told: list[Event] = []

    def doNotify(self, events: Sequence[Event], **kw: Any) -> Any:
        """Take them."""
        self.told += events

    def doSubscribe(self, event: Event, sId: int, **kw: Any) -> None:
        """Any producer may send."""

    def doUnsubscribe(self, sid: int) -> None:
        """It needs not be told."""

    def doQuery(self, event: Event, **kw: Any) -> Sequence[Event]:
        """It wants temperatures."""
        return types(ASKED)


class Watcher(Board):
    """Subscribes to every producer that a directory tells it of."""

    def __init__(self, caller: ICaller) -> None:
        """@param caller: sends"""
        super().__init__()
        self.caller = caller
        self.news: list[str] = []

    async def doNotify(self, events: Sequence[Event], **kw: Any) -> None:
        """Take events; of the directory's, what it tells."""
        for one in events:
            if not one.name.startswith("gma."):
                self.told.append(one)
                continue
            news, entry = readEntryEvent(one)
            self.news.append(one.name)
            if entry is not None and news in (EntryNews.PRESENT, EntryNews.ADDED):
                proxy = await ProducerProxy.connect(entry.endpoint, self.caller)
                await proxy.subscribe(ASKED, CONSUMER_URL)


class Keeper(Board):
    """Puts what it is told into the service data of a node. C{values} is there once that node runs."""

    values: EventValues

    async def doNotify(self, events: Sequence[Event], **kw: Any) -> None:
        """Put them there."""
        await self.values.take(events, PRODUCER_URL)


class MatrixCase(GMACase):
    """A directory, and nodes with servers of one's own."""

    def setUp(self) -> None:
        """The directory is there; so are a producer and a consumer of something else, which nobody must find."""
        super().setUp()
        self.start("")
        self.directory = self.result(RegistryProxy.connect(DIRECTORY_URL, self.caller))
        for role in (GMARole.PRODUCER, GMARole.CONSUMER):
            self.result(self.directory.add(GMAEntry(role, NOBODY, types("disk.*"))))

    def rooms(self, text: str = f"[register.grid]\nat = '{DIRECTORY_URL}'\n") -> Rooms:
        """Start a producer node; it adds itself to the directory, unless it is said otherwise."""
        server = Rooms()
        kind = attrs.evolve(PRODUCER, providers={})
        self.serve(server, text, "producer", kind=kind)
        return server

    def board(
        self, server: Board | None = None, text: str = f"[register.grid]\nat = '{DIRECTORY_URL}'\n"
    ) -> Board:
        """Start a consumer node; it adds itself, too."""
        board = Board() if server is None else server
        self.serve(board, text, "consumer", kind=CONSUMER)
        return board

    def serve(self, server: Any, text: str, name: str, **more: Any) -> MemoryNode:
        """Start a node of a server, and let it find its directory."""
        given = GivenServer(server, type(server).__name__)
        node = self.start(text, name, server=given, host="127.0.0.1", **more)
        self.turn(1.0)
        return node

    def found(self, role: GMARole) -> str:
        """Whom the directory knows for temperatures: exactly one."""
        (entry,) = self.result(self.directory.search(role, ASKED)).entries
        self.assertIs(entry.role, role)
        return entry.endpoint


class MatrixTests(MatrixCase):
    """Each cell of it."""

    def setUp(self) -> None:
        """One producer, one consumer, who know nothing of each other."""
        super().setUp()
        self.publisher = self.rooms()
        self.reader = self.board()

    def publish(self, *celsius: float) -> list[Event]:
        """Publish temperatures, and beside each something else. @return: the temperatures"""
        events = [measured(one) for one in celsius]
        for one in events:
            self.publisher.publish(measured(0.5, "room.pressure"))
            self.publisher.publish(one)
        self.turn(1.0)
        return events

    def test_queryByConsumer(self) -> None:
        """A consumer finds a producer, and asks it for what it has."""
        events = self.publish(20.0, 21.0)
        proxy = self.result(ProducerProxy.connect(self.found(GMARole.PRODUCER), self.caller))
        answer = self.result(proxy.query(ASKED, mode="history"))
        self.assertEqual(answer.events, events)
        self.assertEqual(self.reader.told, [])

    def test_queryByProducer(self) -> None:
        """A producer finds a consumer, asks what it wants, and brings that, once."""
        events = self.publish(20.0, 21.0)
        url = self.found(GMARole.CONSUMER)
        taken = self.result(self.publisher.answer(url, Event("room.*"), "history"))
        self.assertEqual((taken, self.reader.told), (2, events))
        self.publish(22.0)
        self.assertEqual(self.reader.told, events)

    def test_subscribeByConsumer(self) -> None:
        """A consumer finds a producer, and is sent what it has from now on, until it ends that."""
        self.publish(20.0)
        proxy = self.result(ProducerProxy.connect(self.found(GMARole.PRODUCER), self.caller))
        _, producerId = self.result(proxy.subscribe(ASKED, CONSUMER_URL))
        events = self.publish(21.0, 22.0)
        self.assertEqual(self.reader.told, events)
        self.result(proxy.unsubscribe(producerId))
        self.publish(23.0)
        self.assertEqual(self.reader.told, events)

    def test_subscribeByProducer(self) -> None:
        """A producer finds a consumer, and sends it what it has from now on, until it ends that."""
        self.publish(20.0)
        offer = self.result(self.publisher.offer(self.found(GMARole.CONSUMER), Event(ASKED)))
        events = self.publish(21.0, 22.0)
        self.assertEqual(self.reader.told, events)
        self.result(offer.end())
        self.publish(23.0)
        self.assertEqual(self.reader.told, events)

    def test_notifyByProducer(self) -> None:
        """A producer finds a consumer, and brings it events that it did not ask for."""
        events = [measured(20.0), measured(21.0)]
        url = self.found(GMARole.CONSUMER)
        self.assertEqual(self.result(self.publisher.notify(url, events)), 2)
        self.assertEqual(self.reader.told, events)

    def test_notifyByConsumer(self) -> None:
        """There is no such cell: producers take no notifications, and say so."""
        self.assertNotIn("notify", [one.name for one in gma.PRODUCER.operations])
        proxy = self.result(ProducerProxy.connect(self.found(GMARole.PRODUCER), self.caller))
        self.assertNotIn("notify", proxy.features.features)
        other = self.result(ConsumerProxy.connect(self.found(GMARole.CONSUMER), self.caller))
        self.assertIn("notify", other.features.features)


class ConfiguredTests(MatrixCase):
    """Nodes without a class, as their configuration says."""

    def test_everyName(self) -> None:
        """Who says nothing of names has, or takes, every one, and is found for each."""
        joins = f"[register.grid]\nat = '{DIRECTORY_URL}'\n"
        self.producer("[providers.good]\nclass = 'tests.nodes.gmaservers:Ticking'\n" + joins)
        self.consumer(joins)
        self.turn(1.0)
        self.assertEqual(self.found(GMARole.PRODUCER), PRODUCER_URL)
        self.assertEqual(self.found(GMARole.CONSUMER), CONSUMER_URL)
        entry = GMAEntry(GMARole.PRODUCER, "http://127.0.0.1:7/", types(ASKED))
        (match,) = self.result(self.directory.add(entry)).matches
        self.assertEqual(match.endpoint, CONSUMER_URL)


class LaterTests(MatrixCase):
    """Partners that were not there when they were looked for."""

    def test_watched(self) -> None:
        """A consumer that watches is told of a producer that comes, and subscribes to it; and is told that it goes."""
        server = Watcher(self.caller)
        self.board(server)
        self.result(self.directory.watch(CONSUMER_URL, GMARole.PRODUCER, ASKED))
        self.turn(1.0)
        self.assertEqual(server.news, ["gma.watch.reset", "gma.watch.complete"])
        producer = self.rooms()
        self.assertEqual(server.news[2:], ["gma.entry.added"])
        event = measured(20.0)
        producer.publish(event)
        self.turn(1.0)
        self.assertEqual(server.told, [event])
        self.stop(self.running[-1])
        self.turn(1.0)
        self.assertEqual(server.news[3:], ["gma.entry.removed"])

    def test_present(self) -> None:
        """A producer that is there already is told first, so that nobody need search before."""
        producer = self.rooms()
        server = Watcher(self.caller)
        self.board(server)
        self.result(self.directory.watch(CONSUMER_URL, GMARole.PRODUCER, ASKED))
        self.turn(1.0)
        self.assertEqual(
            server.news, ["gma.watch.reset", "gma.entry.present", "gma.watch.complete"]
        )
        event = measured(20.0)
        producer.publish(event)
        self.turn(1.0)
        self.assertEqual(server.told, [event])

    def test_matchesOfProducer(self) -> None:
        """A producer that adds itself hears which consumers there are, and begins with them."""
        consumer = self.board()
        producer = self.rooms("")
        entry = GMAEntry(GMARole.PRODUCER, PRODUCER_URL, types("room.*"))
        (match,) = self.result(self.directory.add(entry)).matches
        self.assertEqual((match.role, match.endpoint), (GMARole.CONSUMER, CONSUMER_URL))
        self.result(producer.offer(match.endpoint, Event(ASKED)))
        event = measured(20.0)
        producer.publish(event)
        self.turn(1.0)
        self.assertEqual(consumer.told, [event])

    def test_matchesOfConsumer(self) -> None:
        """A consumer that adds itself hears which producers there are, and asks them."""
        producer = self.rooms()
        event = measured(20.0)
        producer.publish(event)
        self.board(text="")
        entry = GMAEntry(GMARole.CONSUMER, CONSUMER_URL, types(ASKED))
        (match,) = self.result(self.directory.add(entry)).matches
        self.assertEqual((match.role, match.endpoint), (GMARole.PRODUCER, PRODUCER_URL))
        proxy = self.result(ProducerProxy.connect(match.endpoint, self.caller))
        self.assertEqual(self.result(proxy.query(ASKED)).events, [event])


class BridgeTests(MatrixCase):
    """From service data to events and back, through whole nodes."""

    def test_bothWays(self) -> None:
        """What a provider gives a producer is an event in the service data of an index, the next one in its place."""
        self.producer()
        index = self.start(
            "[providers.good]\nclass = 'tests.nodes.components:Good'\n",
            "index",
            kind=INDEX,
            host="127.0.0.1",
        )
        self.turn(1.0)
        hosted = index.service.control.hosted
        assert hosted is not None and hosted.manager is not None
        keeper = Keeper()
        keeper.values = EventValues(
            hosted.manager.store, self.clock, XMLGate(), INDEX_URL, lifetime=60.0
        )
        self.board(keeper)
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        self.result(proxy.subscribe("Tick", CONSUMER_URL))
        self.turn(2.0)
        first = self.kept()
        self.assertEqual(first.name, "Tick")
        (about,) = first.containers
        self.assertEqual(about.get("name"), "{urn:example}Tick")
        self.assertEqual(about.get("originator"), PRODUCER_URL)
        answer = self.result(proxy.query("Tick", mode="history"))
        self.assertIn(first, answer.events)
        self.turn(3.0)
        later = self.kept()
        self.assertGreater(later.timestamp, first.timestamp)
        self.assertNotEqual(later.get("value"), first.get("value"))

    def kept(self) -> Event:
        """The event that the index answers a query by name with."""
        found = self.result(findByName(self.proxy(INDEX_URL, GRID_SERVICE), EVENT_NAME))
        (value,) = found.values
        self.assertEqual((value.originator, value.key), (INDEX_URL, f"{PRODUCER_URL} Tick"))
        return readEvent(XMLGate().parse(value.head + value.tail, "value"))
