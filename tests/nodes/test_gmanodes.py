"""Producers, consumers and directories as whole nodes: in memory, on a virtual clock."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs

from gma_twisted.client.gma import ConsumerProxy, ProducerProxy, RegistryProxy
from gma_twisted.client.probe import MISSING, WORKS, WRONG, _ofFeatures, probe
from gma_twisted.errors import NotImplementedException, ParameterError, Refused, TooLarge
from gma_twisted.model import Handle
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.eventjson import readEventJSON
from gma_twisted.model.gma import GMARole
from gma_twisted.nodes.kind import CONSUMER, PRODUCER
from gma_twisted.nodes.serversource import GivenServer
from gma_twisted.roles import PublishingProducer
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.memory import MemoryEndpoint
from tests.client.gmapeer import Peer
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_registrations import GridCase

PRODUCER_URL = "http://127.0.0.1:8490/services/producer"
CONSUMER_URL = "http://127.0.0.1:8491/services/consumer"
DIRECTORY_URL = "http://127.0.0.1:8481/services/directory"
GOOD = "[providers.good]\nclass = 'tests.nodes.gmaservers:Ticking'\ninterval = '1s'\n"


class GMACase(GridCase):
    """Such nodes, and a program that calls them from where they are: to others no events are sent."""

    def setUp(self) -> None:
        """A program."""
        super().setUp()
        self.caller = PooledCaller(
            self.clock,
            lambda host, port, tls: MemoryEndpoint(self.network, "127.0.0.1", host, port),
        )

    def producer(self, text: str = GOOD, **more: Any) -> MemoryNode:
        """Start one."""
        return self.start(text, "producer", kind=PRODUCER, host="127.0.0.1", **more)

    def consumer(self, text: str = "") -> MemoryNode:
        """Start one that stores to a file."""
        file = self.path / "events"
        self.path.mkdir(exist_ok=True)
        stored = (
            f"[consumer]\noutput = 'store'\nfile = '{file}'\n" if "[consumer]" not in text else ""
        )
        return self.start(stored + text, "consumer", kind=CONSUMER, host="127.0.0.1")

    def stored(self, name: str = "events") -> list[Event]:
        """What the consumer stored."""
        lines = Path(self.path / name).read_text("utf-8").splitlines()
        return [readEventJSON(one) for one in lines]

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / 0.05)):
            self.reactor.advance(0.05)


class ProducerNodeTests(GMACase):
    """C{gma-producer}."""

    def test_provider(self) -> None:
        """What a provider gives is published as events of its name; the answer names the source, and its state."""
        self.producer()
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        self.turn(0.5)
        answer = self.result(proxy.query("*"))
        self.assertEqual([one.name for one in answer.events], ["Tick"])
        self.assertEqual([(one.name, one.state) for one in answer.sources], [("good", "fresh")])
        self.assertEqual((answer.isComplete, answer.warnings), (True, []))

    def test_standardNames(self) -> None:
        """Service data that every service has is no event."""
        self.producer("[producer]\nnames = ['ogsi:*', 'gma:*']\n" + GOOD)
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        self.turn(3.0)
        self.assertEqual(list(self.result(proxy.query("*")).events), [])

    def test_failing(self) -> None:
        """A provider that fails makes answers incomplete, by its name, until it runs well again."""
        self.producer(
            "[providers.bad]\nclass = 'tests.nodes.gmaservers:Recovering'\ninterval = '1s'\n"
        )
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        self.turn(0.5)
        answer = self.result(proxy.query("*"))
        self.assertFalse(answer.isComplete)
        self.assertEqual([(one.name, one.state) for one in answer.sources], [("bad", "failed")])
        self.assertIn('source "bad" failed', answer.warnings[0])
        self.turn(20.0)
        answer = self.result(proxy.query("*"))
        self.assertEqual([(one.name, one.state) for one in answer.sources], [("bad", "fresh")])
        # It says always the same since: nothing is published, and it is fresh.
        self.turn(60.0)
        answer = self.result(proxy.query("*"))
        self.assertEqual([one.state for one in answer.sources], ["fresh"])
        self.assertTrue(answer.isComplete)

    def test_class(self) -> None:
        """A class of one's own answers; without providers none runs, and what it lacks is not implemented."""
        node = self.producer(
            "[producer]\nclass = 'tests.nodes.gmaservers:Counting'\narguments = { first = 7 }\n"
        )
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        (event,) = self.result(proxy.query("anything")).events
        self.assertEqual((event.name, event.get("count")), ("counted", 7))
        self.assertEqual(self.status(node)["providers"], [])
        self.refused(proxy.subscribe("x", CONSUMER_URL), NotImplementedException)
        self.assertEqual([one.name for one in proxy.features.eventTypes], ["counted"])

    def test_eventTypes(self) -> None:
        """The configuration says what it has, instead of the class."""
        self.producer(
            "[producer]\nclass = 'tests.nodes.gmaservers:Counting'\nevent_types = ['a.*', 'b']\n"
        )
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        self.assertEqual([one.name for one in proxy.features.eventTypes], ["a.*", "b"])

    def test_leases(self) -> None:
        """Leases are those of [producer]."""
        self.producer("[producer]\nmin_lifetime = '50s'\ndefault_lifetime = '60s'\n" + GOOD)
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        begun = self.result(proxy.begin("Nothing", PRODUCER_URL))
        self.assertEqual(begun.lease, 60.0)
        self.assertEqual(self.result(proxy.renew(begun.producerId, 1.0)), 50.0)
        self.result(proxy.unsubscribe(begun.producerId))
        self.refused(proxy.unsubscribe(begun.producerId), ParameterError)


class OthersTests(GMACase):
    """Nobody has events, or news of a directory, sent to somebody else (WIRE 3)."""

    def setUp(self) -> None:
        """A program elsewhere."""
        super().setUp()
        self.stranger = PooledCaller(
            self.clock,
            lambda host, port, tls: MemoryEndpoint(self.network, "193.0.6.66", host, port),
        )

    def end(self) -> None:
        """It ends too."""
        self.result(self.stranger.close())
        super().end()

    def test_producer(self) -> None:
        """Who subscribes hears the events itself."""
        node = self.producer()
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.stranger))
        why = self.refused(proxy.subscribe("*", CONSUMER_URL), Refused)
        self.assertIn("third_party", why)
        self.assertEqual(node.service.control.subscriptions(), 0)
        self.result(proxy.subscribe("*", "http://193.0.6.66:8491/services/consumer"))

    def test_exempt(self) -> None:
        """Unless the operator of the producer says that it may be anybody's."""
        self.producer(GOOD + "[notify]\nthird_party_exempt = 'http://127.0.0.1:8491/'\n")
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.stranger))
        self.result(proxy.subscribe("*", CONSUMER_URL))

    def test_asked(self) -> None:
        """Or lets consumers say that they want events."""
        self.producer(GOOD + "[notify]\nthird_party_sinks = true\n")
        self.consumer()
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.stranger))
        self.result(proxy.subscribe("*", CONSUMER_URL))
        self.assertIn("404", self.refused(proxy.subscribe("*", CONSUMER_URL + "s"), Refused))

    def test_directory(self) -> None:
        """Who watches a directory is told itself."""
        self.start("")
        proxy = self.result(RegistryProxy.connect(DIRECTORY_URL, self.stranger))
        self.assertIn("third_party", self.refused(proxy.watch(CONSUMER_URL), Refused))
        self.result(proxy.watch("http://193.0.6.66:8491/services/consumer"))


class ConsumerNodeTests(GMACase):
    """C{gma-consumer}."""

    def test_subscribed(self) -> None:
        """Events of a producer that [subscribe.NAME] names are stored, as long as the consumer runs."""
        producer = self.producer()
        consumer = self.consumer(f"[subscribe.one]\nat = '{PRODUCER_URL}'\ntemplate = 'Tick'\n")
        self.turn(5.0)
        found = self.stored()
        self.assertGreaterEqual(len(found), 2)
        self.assertEqual({one.name for one in found}, {"Tick"})
        hosted = producer.service.control.hosted
        assert hosted is not None and hosted.producer is not None
        self.assertEqual(hosted.producer.counts()["subscriptions"], 1)
        self.assertEqual(self.status(producer)["subscriptions"], 1)
        self.stop(consumer)
        self.assertEqual(hosted.producer.counts()["subscriptions"], 0)

    def test_restarted(self) -> None:
        """A producer that comes late, or was restarted, is subscribed to all the same."""
        consumer = self.consumer(f"[subscribe.one]\nat = '{PRODUCER_URL}'\ntemplate = 'Tick'\n")
        self.turn(3.0)
        node = self.producer()
        self.turn(15.0)
        count = len(self.stored())
        self.assertGreater(count, 0)
        self.stop(node)
        self.producer()
        self.turn(400.0)
        self.assertGreater(len(self.stored()), count)
        hosted = consumer.service.control.hosted
        assert hosted is not None and hosted.subscribed is not None
        (row,) = hosted.subscribed.status()
        self.assertEqual(row["state"], "held")

    def test_anotherLife(self) -> None:
        """Of a producer that was restarted everything is stored from its first event on, and before it a warning."""
        told = f"[subscribe.one]\nat = '{PRODUCER_URL}'\ntemplate = 'room.*'\n"
        self.consumer(told)
        for life in (1, 2):
            server = PublishingProducer()
            node = self.producer("", server=GivenServer(server, "Rooms"))
            # A subscription is taken again when its renewal fails: its lease is ten minutes.
            self.turn(400.0)
            for number in range(3):
                server.publish(Event(f"room.{life}", number))
                self.turn(1.0)
            self.stop(node)
        self.assertEqual(
            [one.name for one in self.stored()],
            ["room.1"] * 3 + ["gma.consumer.missed"] + ["room.2"] * 3,
        )
        self.assertIsNone(self.stored()[3].get("count"))

    def test_cutOff(self) -> None:
        """What happened while producer and consumer could not reach each other comes once, when they can again."""
        server = PublishingProducer()
        self.producer("", server=GivenServer(server, "Rooms"))
        self.consumer(
            f"[subscribe.one]\nat = '{PRODUCER_URL}'\ntemplate = 'room'\nlifetime = '30s'\n"
        )
        self.turn(2.0)
        for number in range(30):
            if number == 5:
                self.network.part("127.0.0.1", "127.0.0.1")
            elif number == 20:
                self.network.join("127.0.0.1", "127.0.0.1")
            event = Event("room", self.clock.wallTime())
            event.add(EventField("number", number))
            server.publish(event)
            self.turn(5.0)
        self.turn(60.0)
        stored = self.stored()
        numbers = [one.get("number") for one in stored if one.name == "room"]
        self.assertEqual(set(numbers), set(range(30)))
        self.assertEqual(len(numbers), 30)
        self.assertEqual([one.get("count") for one in stored if one.name != "room"], [None])

    def test_byDirectory(self) -> None:
        """Producers that a directory names are subscribed to, also those that come later."""
        self.start("")
        self.consumer(f"[subscribe.all]\nat = '{DIRECTORY_URL}'\ntemplate = 'Tick'\n")
        self.turn(12.0)
        self.producer(
            GOOD + f"[register.grid]\nat = '{DIRECTORY_URL}'\nattributes = {{ site = 'a' }}\n"
        )
        self.turn(20.0)
        self.assertEqual({one.name for one in self.stored()}, {"Tick"})

    def test_watched(self) -> None:
        """A directory that is watched tells at once who comes; who has gone is given up; a line of it is no event."""
        self.start("")
        consumer = self.consumer(f"[subscribe.all]\nat = '{DIRECTORY_URL}'\ntemplate = 'Tick'\n")
        self.turn(12.0)
        node = self.producer(GOOD + f"[register.grid]\nat = '{DIRECTORY_URL}'\n")
        self.turn(4.0)
        self.assertGreater(len(self.stored()), 0)
        self.assertEqual({one.name for one in self.stored()}, {"Tick"})
        self.stop(node)
        self.turn(2.0)
        hosted = consumer.service.control.hosted
        assert hosted is not None and hosted.subscribed is not None
        (row,) = hosted.subscribed.status()
        self.assertEqual(row["producer"], PRODUCER_URL)
        self.turn(420.0)
        (row,) = hosted.subscribed.status()
        self.assertEqual((row["state"], row["lastError"]), ("looking", ""))

    def test_forgetful(self) -> None:
        """A directory that was restarted empty ends no subscription: events go on, each once."""
        registry = self.start("[store]\nengine = 'memory'\n")
        self.producer(GOOD + f"[register.grid]\nat = '{DIRECTORY_URL}'\n")
        self.consumer(
            f"[subscribe.all]\nat = '{DIRECTORY_URL}'\ntemplate = 'Tick'\nlook_back = '1h'\n"
        )
        self.turn(12.0)
        self.stop(registry)
        self.start("[store]\nengine = 'memory'\n")
        self.turn(200.0)
        numbers = [one.timestamp for one in self.stored()]
        self.assertGreater(len(numbers), 190)
        self.assertEqual(len(set(numbers)), len(numbers))
        gaps = [after.nanoseconds - before.nanoseconds for before, after in pairwise(numbers)]
        self.assertLess(max(gaps), 3 * 10**9)

    def test_newsOfOthers(self) -> None:
        """What a directory tells under a number nobody knows is no event, and it hears so."""
        self.consumer()
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))
        error = self.refused(
            proxy.notify(Event("gma.entry.added", 1.0), callerId=5), ParameterError
        )
        self.assertIn("Bad id 5", error)
        self.result(proxy.notify(Event("a", 1.0), callerId=5))
        self.assertEqual([one.name for one in self.stored()], ["a"])

    def test_reloaded(self) -> None:
        """[subscribe.NAME] comes and goes while the node runs; [consumer] waits for the next start."""
        producer = self.producer().service.control
        node = self.consumer()
        before = node.configuration
        hosted = node.service.control.hosted
        assert hosted is not None and hosted.subscribed is not None
        node.configuration = before + f"[subscribe.one]\nat = '{PRODUCER_URL}'\n"
        done = self.result(node.service.control.reloader.reload())
        self.assertEqual(list(done.changed), ["subscribe.one added"])
        self.turn(3.0)
        self.assertGreater(len(self.stored()), 0)
        self.assertEqual([row["state"] for row in hosted.subscribed.status()], ["held"])
        self.assertEqual(producer.subscriptions(), 1)
        node.configuration = before.replace("[consumer]", "[consumer]\nfiles = 2")
        done = self.result(node.service.control.reloader.reload())
        self.assertEqual(
            (list(done.changed), list(done.later)), (["subscribe.one removed"], ["consumer.files"])
        )
        self.assertEqual(list(hosted.subscribed.status()), [])
        self.assertEqual(producer.subscriptions(), 0)

    def test_attributes(self) -> None:
        """Producers without the attributes that are asked for are left alone."""
        self.start("")
        self.producer(
            GOOD + f"[register.grid]\nat = '{DIRECTORY_URL}'\nattributes = {{ site = 'a' }}\n"
        )
        self.consumer(
            f"[subscribe.all]\nat = '{DIRECTORY_URL}'\ntemplate = 'Tick'\nattributes = {{ site = 'b' }}\n"
        )
        self.turn(20.0)
        self.assertEqual(self.stored(), [])

    def test_told(self) -> None:
        """A producer may bring events unasked, and may ask which are wanted."""
        self.consumer(
            "[consumer]\noutput = 'store'\nfile = '%s'\nevent_types = ['host.*']\nopen = true\n"
            % (self.path / "events")
        )
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))
        event = Event("host.load", 1.0)
        event.add(EventField("load", 0.5))
        self.assertEqual(self.result(proxy.notify(event)), 1)
        self.assertEqual(self.stored(), [event])
        wanted = self.result(proxy.query("host.*"))
        self.assertEqual([one.name for one in wanted.templates], ["host.*"])
        self.assertEqual(list(self.result(proxy.query("other")).templates), [])

    def test_missed(self) -> None:
        """Of events that were left out before those that came, an event of its own tells."""
        self.consumer()
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))
        self.result(proxy.notify(Event("a", 1.0), callerId=5, sequence=4, missed=3))
        missed, event = self.stored()
        self.assertEqual(missed.name, "gma.consumer.missed")
        self.assertEqual((missed.get("count"), missed.get("announced")), (3, 1))
        # Who reads the events cannot bring others under the number of their subscription.
        self.assertEqual([one.name for one in missed.items], ["count", "announced"])
        self.assertEqual(event.name, "a")

    def unasked(self, text: str) -> bool:
        """Whether a consumer takes what nobody asked for, without a number and with one."""
        node = self.consumer(
            "[consumer]\noutput = 'store'\nfile = '%s'\n" % (self.path / "events") + text
        )
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))

        async def ask(number: int | None) -> bool:
            try:
                return await proxy.notify(Event("a", 1.0), callerId=number) == 1
            except ParameterError:
                return False

        taken = {self.result(ask(number)) for number in (None, 5)}
        self.assertEqual(len(taken), 1)
        self.stop(node)
        return taken.pop()

    def test_unasked(self) -> None:
        """Where it is said which events are wanted others are refused, unless the operator wants them."""
        asked = f"[subscribe.one]\nat = '{PRODUCER_URL}'\n"
        for text, isTaken in (
            ("", True),
            ("open = false\n", False),
            ("event_types = 'a'\n", False),
            ("event_types = 'a'\nopen = true\n", True),
            (asked, False),
            ("open = true\n" + asked, True),
        ):
            self.assertEqual(self.unasked(text), isTaken, text)

    def test_offered(self) -> None:
        """What a producer has offered is taken of it, under the number it has offered it by."""
        self.consumer(
            "[consumer]\noutput = 'store'\nfile = '%s'\nevent_types = 'a'\n"
            % (self.path / "events")
        )
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))
        begun = self.result(proxy.subscribe("a", 77))
        self.assertEqual(self.result(proxy.notify(Event("a", 1.0), callerId=77)), 1)
        self.refused(proxy.notify(Event("a", 1.0), callerId=78), ParameterError)
        self.result(proxy.unsubscribe(begun.consumerId))
        self.refused(proxy.notify(Event("a", 1.0), callerId=77), ParameterError)

    def test_narrowed(self) -> None:
        """The first subscription a reload brings ends what is unasked."""
        node = self.consumer()
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))
        self.result(proxy.notify(Event("a", 1.0)))
        node.configuration += f"[subscribe.one]\nat = '{PRODUCER_URL}'\n"
        self.result(node.service.control.reloader.reload())
        self.refused(proxy.notify(Event("a", 1.0)), ParameterError)

    def test_most(self) -> None:
        """One notification has so many events and bytes at most."""
        self.consumer(
            "[consumer]\noutput = 'store'\nfile = '%s'\n[limits]\nnotified_events = 3\nnotified_size = '10KiB'\n"
            % (self.path / "events")
        )
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))
        self.assertEqual(self.result(proxy.notify([Event("a", 1.0)] * 3)), 3)
        self.assertIn("3 events", self.refused(proxy.notify([Event("a", 1.0)] * 4), TooLarge))
        large = Event("a", 1.0)
        large.add(EventField("text", "x" * 11_000))
        self.assertIn("10240 bytes", self.refused(proxy.notify(large), TooLarge))
        self.assertEqual(len(self.stored()), 3)

    def test_forward(self) -> None:
        """Events go on to another consumer; while it is away, whoever sends them keeps them."""
        other = attrs.evolve(CONSUMER, port=8492)
        self.path.mkdir(exist_ok=True)
        self.consumer(
            "[consumer]\noutput = 'forward'\nto = 'http://127.0.0.1:8492/services/consumer'\n"
        )
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))
        self.assertIn("8492", self.refused(proxy.notify(Event("a", 1.0)), Exception))
        self.start(
            f"[consumer]\noutput = 'store'\nfile = '{self.path / 'other'}'\n",
            "far",
            kind=other,
            host="127.0.0.1",
        )
        self.result(proxy.notify(Event("a", 1.0)))
        self.assertEqual([one.name for one in self.stored("other")], ["a"])


class DirectoryNodeTests(GMACase):
    """The directory of a C{gma-registry}, and who is in it."""

    def test_registered(self) -> None:
        """A producer is added with event types and attributes, and taken out when it stops; as a registration, too."""
        self.start("")
        node = self.producer(
            GOOD
            + "[producer]\nevent_types = 'Tick'\n"
            + f"[register.grid]\nat = '{DIRECTORY_URL}'\nattributes = {{ site = 'a' }}\n"
        )
        self.turn(1.0)
        proxy = self.result(RegistryProxy.connect(DIRECTORY_URL, self.caller))
        (entry,) = self.result(proxy.search(GMARole.PRODUCER)).entries
        self.assertEqual(entry.endpoint, PRODUCER_URL)
        self.assertEqual([one.name for one in entry.eventTypes], ["Tick"])
        self.assertEqual(list(entry.attributes), [("name", "producer-8490"), ("site", "a")])
        self.assertEqual(len(self.entries()), 1)
        (row,) = self.status(node)["memberships"]
        self.assertEqual((row["registry"], row["state"]), (DIRECTORY_URL, "held"))
        self.stop(node)
        self.assertEqual(list(self.result(proxy.search()).entries), [])

    def test_ownClass(self) -> None:
        """A directory of one's own answers with what it keeps."""
        self.start("[directory]\nclass = 'tests.nodes.gmaservers:Finding'\n")
        proxy = self.result(RegistryProxy.connect(DIRECTORY_URL, self.caller))
        (entry,) = self.result(proxy.search()).entries
        self.assertEqual(entry.endpoint, "http://found/")
        self.refused(proxy.remove("x"), NotImplementedException)


class ProbeTests(GMACase):
    """C{gma check}: every operation, and nothing that stays."""

    def probed(self, url: str) -> dict[str, str]:
        """The verdicts by operation."""
        _, told = self.result(probe(Handle(url), self.caller, 10.0))
        self.assertEqual([one for one in told if one.verdict == WRONG], [])
        return {one.operation: one.verdict for one in told}

    def test_producer(self) -> None:
        """Of a producer everything works, and no subscription is left."""
        node = self.producer()
        found = self.probed(PRODUCER_URL)
        self.assertEqual(set(found.values()), {WORKS})
        self.assertEqual(len(found), 10)
        hosted = node.service.control.hosted
        assert hosted is not None and hosted.producer is not None
        self.assertEqual(hosted.producer.counts()["subscriptions"], 0)

    def test_consumer(self) -> None:
        """Of a consumer everything works; it is told one event."""
        self.consumer()
        found = self.probed(CONSUMER_URL)
        self.assertEqual(set(found.values()), {WORKS})
        self.assertEqual(len(found), 7)
        self.assertEqual([one.name for one in self.stored()], ["gma.check"])

    def test_directory(self) -> None:
        """Of a directory everything works, and no entry is left."""
        self.start("")
        found = self.probed(DIRECTORY_URL)
        self.assertEqual(set(found.values()), {WORKS})
        self.assertEqual(len(found), 10)
        self.assertEqual(self.entries(), [])

    def test_steering(self) -> None:
        """What a server says of itself does not steer a terminal, and is short."""
        peer = Peer(features=("query",))
        features = attrs.evolve(peer.getFeatures(), software="\x9b31m\u202e" + "x" * 5000)
        said = _ofFeatures(features).why
        self.assertTrue(said.isascii() and said.isprintable())
        self.assertLess(len(said), 200)

    def test_bare(self) -> None:
        """What a class does not implement is told as that, and is not wrong."""
        self.producer("[producer]\nclass = 'gma_twisted.roles.producer:ProducerServer'\n")
        found = self.probed(PRODUCER_URL)
        self.assertEqual(
            {one for one, verdict in found.items() if verdict == WORKS}, {"getFeatures", "ping"}
        )
        self.assertEqual(set(found.values()), {WORKS, MISSING})
