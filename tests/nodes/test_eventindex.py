"""An index that is subscribed to producers: their events are its service data; whole nodes in memory."""

from typing import Any, ClassVar

from gma_twisted.client import findByName
from gma_twisted.client.gma import ConsumerProxy
from gma_twisted.configuration import Mistakes
from gma_twisted.errors import Busy, GMAError
from gma_twisted.events.values import EVENT_NAME
from gma_twisted.markup import ReceivedValue, XMLGate
from gma_twisted.markup.events import readEvent
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import Changes, Put
from gma_twisted.model.event import Event
from gma_twisted.nodes import AGGREGATOR_NODE, INDEX
from gma_twisted.nodes.kind import CONSUMER_PATH
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.timing import NodeClock
from tests.nodes.memorynode import MemoryNode
from tests.nodes.plainstore import PlainStore
from tests.nodes.plans import planOf
from tests.nodes.test_gmanodes import DIRECTORY_URL, GOOD, PRODUCER_URL, GMACase
from tests.nodes.test_notifying import INDEX_URL, SubscribingCase
from tests.nodes.test_registrations import QUIET

HEARING_URL = "http://127.0.0.1:8480/services/consumer"
ASKED = f"[subscribe.one]\nat = '{PRODUCER_URL}'\ntemplate = 'Tick'\n"


class FussyStore(PlainStore):
    """Takes events when it likes. @cvar refusal: what it says instead"""

    refusal: ClassVar[GMAError | None] = None

    def __init__(self, clock: NodeClock) -> None:
        super().__init__(clock)

    async def commit(self, commands: Any) -> Changes:
        """Take all but events."""
        if self.refusal is not None and any(
            isinstance(one, Put) and one.element.key.name == EVENT_NAME for one in commands
        ):
            raise self.refusal
        return await super().commit(commands)


class EventIndexCase(GMACase, SubscribingCase):
    """An index, a producer, and a sink."""

    def index(self, text: str = ASKED, **more: Any) -> MemoryNode:
        """Start one."""
        return self.start(QUIET + text, "index", kind=INDEX, host="127.0.0.1", **more)

    def values(self, url: str = INDEX_URL) -> list[ReceivedValue]:
        """What a query by name answers."""
        return list(self.result(findByName(self.proxy(url, GRID_SERVICE), EVENT_NAME)).values)

    def names(self) -> bytes:
        """All names of the index."""
        found = self.result(
            findByName(self.proxy(INDEX_URL, GRID_SERVICE), ogsi("serviceDataName"))
        )
        return b" ".join(one.head + one.tail for one in found.values)


class EventIndexTests(EventIndexCase):
    """Events that come in, as whoever asks the index sees them."""

    def test_asked(self) -> None:
        """Nothing at first, and the name is known; then the last event of a producer, whose it is, and for how long."""
        self.index()
        self.assertEqual(self.values(), [])
        self.producer()
        self.turn(12.0)
        (value,) = self.values()
        self.assertEqual((value.originator, value.key), (INDEX_URL, f"{PRODUCER_URL} Tick"))
        event = readEvent(XMLGate().parse(value.head + value.tail, "value"))
        self.assertEqual(event.name, "Tick")
        assert value.goodFrom is not None
        assert value.goodUntil is not None and value.availableUntil is not None
        self.assertAlmostEqual(value.goodUntil - value.goodFrom, 60.0, 2)
        self.assertAlmostEqual(value.availableUntil - value.goodUntil, 60.0, 2)

    def test_told(self) -> None:
        """Who is subscribed to the name hears of every event."""
        self.producer()
        self.index()
        self.subscribe(INDEX_URL, EVENT_NAME)
        self.turn(4.0)
        told = [one for _, notice in self.ear.heard for one in notice.put]
        self.assertGreaterEqual(len(told), 3)
        counts = [
            readEvent(XMLGate().parse(one.head + one.tail, "value")).get("value") for one in told
        ]
        self.assertEqual(len(set(counts)), len(counts))

    def test_aggregated(self) -> None:
        """A node above copies them as anything else; they say the way they came."""
        self.producer()
        self.index()
        self.start(
            f"[aggregate.below]\nfrom = '{INDEX_URL}'\nnames = 'gmae:event'\n",
            "above",
            kind=AGGREGATOR_NODE,
            host="127.0.0.1",
        )
        self.turn(5.0)
        (value,) = self.values("http://127.0.0.1:8484/services/aggregator")
        self.assertEqual((value.originator, len(value.path)), (INDEX_URL, 1))

    def test_gone(self) -> None:
        """Of a producer that is gone nothing is left when its time is over: the subscription decides."""
        node = self.producer()
        self.index(ASKED + "good = '3s'\ngrace = '2s'\n[consumer]\ngood = '10m'\ngrace = '10m'\n")
        self.turn(3.0)
        (value,) = self.values()
        assert value.goodFrom is not None
        assert value.goodUntil is not None and value.availableUntil is not None
        self.assertAlmostEqual(value.goodUntil - value.goodFrom, 3.0, 2)
        self.assertAlmostEqual(value.availableUntil - value.goodUntil, 2.0, 2)
        # Ten seconds.
        self.stop(node)
        self.assertEqual(self.values(), [])

    def test_directory(self) -> None:
        """Of all producers that a directory knows; what it tells of itself is no event."""
        self.start("")
        self.producer(GOOD + f"[register.grid]\nat = '{DIRECTORY_URL}'\n")
        self.index(f"[subscribe.all]\nat = '{DIRECTORY_URL}'\ntemplate = 'Tick'\n")
        self.turn(5.0)
        self.assertEqual([one.key for one in self.values()], [f"{PRODUCER_URL} Tick"])

    def test_brought(self) -> None:
        """What comes unasked is of who brought it, and holds as long as [consumer] says."""
        self.index(ASKED + "[consumer]\nopen = true\ngood = '5s'\ngrace = '0s'\n")
        proxy = self.result(ConsumerProxy.connect(HEARING_URL, self.caller))
        self.result(proxy.notify([Event("a b", 1.0), Event("a b", 2.0, "7")]))
        keys = [one.key for one in self.values()]
        self.assertEqual(len(keys), 2)
        source = keys[0].partition(" ")[0]
        self.assertTrue(source.startswith("anonymous"), source)
        self.assertEqual(sorted(keys), [f"{source} a b", f"{source} a b 7"])
        self.turn(5.5)
        self.assertEqual(self.values(), [])

    def test_wanted(self) -> None:
        """A producer that asks what is wanted hears of event_types."""
        self.index(ASKED + "[consumer]\nevent_types = ['host.*']\n")
        proxy = self.result(ConsumerProxy.connect(HEARING_URL, self.caller))
        self.assertEqual(
            [one.name for one in self.result(proxy.query("host.*")).templates], ["host.*"]
        )
        self.assertEqual(list(self.result(proxy.query("other")).templates), [])

    def test_bounded(self) -> None:
        """Of more than the limits allow the oldest go, and nobody is refused."""
        self.index(ASKED + "[consumer]\nopen = true\n[limits]\nevent_values_per_source = 2\n")
        proxy = self.result(ConsumerProxy.connect(HEARING_URL, self.caller))
        for name in "abc":
            self.result(proxy.notify([Event(name, 1.0)]))
        self.assertEqual([one.key[-2:] for one in self.values()], [" b", " c"])

    def test_refused(self) -> None:
        """A store that takes nothing now makes the producer keep its events: they come, and none is missing."""
        self.addCleanup(PlainStore.made.clear)
        self.patch(FussyStore, "refusal", Busy("not now"))
        self.producer()
        self.index(
            ASKED
            + "[consumer]\nopen = true\n[store]\nclass = 'tests.nodes.test_eventindex:FussyStore'\n"
        )
        self.subscribe(INDEX_URL, EVENT_NAME)
        self.turn(3.0)
        proxy = self.result(ConsumerProxy.connect(HEARING_URL, self.caller))
        self.assertIn("not now", self.refused(proxy.notify(Event("a", 1.0)), Busy))
        self.assertEqual(self.values(), [])
        FussyStore.refusal = None
        self.turn(30.0)
        # An event of how many were left out would be another value.
        self.assertEqual([one.key for one in self.values()], [f"{PRODUCER_URL} Tick"])


class HostedTests(EventIndexCase):
    """The service they come in at."""

    def services(self) -> list[str]:
        """Paths, as the container tells them."""
        found = self.result(
            findByName(
                self.proxy("http://127.0.0.1:8480/services/container", GRID_SERVICE), ogsi("entry")
            )
        )
        text = b" ".join(one.head + one.tail for one in found.values).decode()
        return [one for one in ("index", "consumer", "container") if f"/services/{one}<" in text]

    def test_without(self) -> None:
        """An index that is subscribed to nothing has no such service, and does not know the name."""
        self.index("")
        self.assertEqual(self.services(), ["index", "container"])
        self.assertNotIn(b"gmae", self.names())
        self.refused(ConsumerProxy.connect(HEARING_URL, self.caller), GMAError)

    def test_with(self) -> None:
        """Another one has it beside the main one, and knows the name."""
        self.index()
        self.assertEqual(self.services(), ["index", "consumer", "container"])
        self.assertIn(EVENT_NAME.localName.encode(), self.names())
        offered = [one.path for one in planOf(ASKED).offers]
        self.assertIn(CONSUMER_PATH, offered)
        self.assertNotIn(CONSUMER_PATH, [one.path for one in planOf("").offers])
        planOf(ASKED + f"[register.vo]\nat = 'http://vo:1/r'\nservices = '{CONSUMER_PATH}'\n")
        self.assertRaises(
            Mistakes,
            planOf,
            f"[register.vo]\nat = 'http://vo:1/r'\nservices = '{CONSUMER_PATH}'\n",
        )

    def test_kept(self) -> None:
        """Events are kept over a restart where service data is; they are not put twice."""
        kept = ASKED + "[consumer]\nopen = true\n[store]\nkeep_service_data = true\n"
        node = self.index(kept)
        proxy = self.result(ConsumerProxy.connect(HEARING_URL, self.caller))
        self.result(proxy.notify(Event("a", 1.0)))
        self.stop(node)
        self.index(kept)
        (value,) = self.values()
        self.assertTrue(value.key.endswith(" a"))

    def test_reloaded(self) -> None:
        """With one, [subscribe.NAME] comes and goes while it runs; [consumer] waits."""
        producer = self.producer().service.control
        node = self.index(ASKED.replace("Tick", "Other"))
        before = node.configuration
        self.turn(1.0)
        self.assertEqual(producer.subscriptions(), 1)
        node.configuration = before + ASKED.replace(".one", ".two") + "[consumer]\ngood = '1s'\n"
        done = self.result(node.service.control.reloader.reload())
        self.assertEqual(
            (list(done.changed), list(done.later)), (["subscribe.two added"], ["consumer.good"])
        )
        self.turn(3.0)
        self.assertEqual([one.key for one in self.values()], [f"{PRODUCER_URL} Tick"])
        node.configuration = QUIET
        done = self.result(node.service.control.reloader.reload())
        self.assertEqual(list(done.changed), ["subscribe.one removed", "subscribe.two removed"])
        self.assertEqual(producer.subscriptions(), 0)
        # What was there stays for its time.
        self.assertEqual(len(self.values()), 1)

    def test_later(self) -> None:
        """One that began without has no place for events: it says that it waits for the next start."""
        node = self.index("")
        node.configuration = QUIET + ASKED
        done = self.result(node.service.control.reloader.reload())
        self.assertEqual(
            (list(done.changed), list(done.later), list(done.failed)), ([], ["subscribe.one"], [])
        )
        self.refused(ConsumerProxy.connect(HEARING_URL, self.caller), GMAError)
