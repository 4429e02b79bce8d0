"""Compound nodes: each is told events, and has what it makes of them; whole nodes in memory, on a virtual clock."""

from typing import Any

from gma_twisted.client.gma import ConsumerProxy, ProducerProxy, RegistryProxy
from gma_twisted.errors import Busy, ParameterError
from gma_twisted.events import EventArchive
from gma_twisted.events.summary import LEFT
from gma_twisted.model import OURSELVES
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import GMARole
from gma_twisted.model.passage import VIA
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.nodes import NodeKind
from gma_twisted.nodes.backup import makeBackup
from gma_twisted.nodes.consuming import HostedConsumer
from gma_twisted.nodes.kind import ARCHIVER, FILTER, REPUBLISHER, SUMMARISER
from gma_twisted.nodes.serversource import GivenServer
from gma_twisted.roles import PublishingProducer
from gma_twisted.stores.journal.verify import strangeFiles
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_gmanodes import DIRECTORY_URL, PRODUCER_URL, GMACase
from tests.nodes.test_registrations import QUIET

HOST = "http://127.0.0.1"


def loaded(
    value: float, at: float, name: str = "host.load", units: str | None = None, **more: Any
) -> Event:
    """An event of the time of day of these nodes. @param at: seconds"""
    event = Event(name, Timestamp.ofSeconds(1.7e9 + at))
    event.add(EventField("load", value, units))
    for key, one in more.items():
        event.add(EventField(key, one))
    return event


class CompoundCase(GMACase):
    """A producer whose events the tests make, a compound node that is subscribed to it, and a consumer of that."""

    def setUp(self) -> None:
        """A server."""
        super().setUp()
        self.server = PublishingProducer()

    def source(self) -> MemoryNode:
        """The producer."""
        return self.producer(QUIET, server=GivenServer(self.server, "tests:Server"))

    def compound(
        self, kind: NodeKind, text: str = "", at: str = PRODUCER_URL, **more: Any
    ) -> MemoryNode:
        """The node."""
        asked = f"[subscribe.one]\nat = '{at}'\n" if at else ""
        return self.start(asked + text, kind.short, kind=kind, host="127.0.0.1", **more)

    def target(self, kind: NodeKind) -> MemoryNode:
        """Who is subscribed to what it has."""
        return self.consumer(f"[subscribe.two]\nat = '{url(kind)}'\n")

    def chain(self, kind: NodeKind, text: str = "") -> MemoryNode:
        """All three."""
        self.source()
        made = self.compound(kind, text)
        self.target(kind)
        self.turn(3.0)
        return made

    def publish(self, *events: Event) -> None:
        """Let the producer have some, and wait a moment."""
        for one in events:
            self.server.publish(one)
        self.turn(1.0)

    def query(self, kind: NodeKind, name: str = "*", mode: str = "history") -> list[Event]:
        """What the node answers of the past."""
        proxy = self.result(ProducerProxy.connect(url(kind), self.caller))
        return list(self.result(proxy.query(name, mode=mode)).events)


def url(kind: NodeKind, service: str = "producer") -> str:
    """Of one of its services."""
    return f"{HOST}:{kind.port}/services/{service}"


def sinkOf(node: MemoryNode) -> Any:
    """Where the events of its consumer go."""
    hosted = node.service.control.hosted
    assert hosted is not None
    (sink,) = (
        part.sink
        for service in hosted.services
        for part in service._parts.parts
        if isinstance(part, HostedConsumer)
    )
    return sink


class FilterTests(CompoundCase):
    """C{gma-filter}."""

    def test_chain(self) -> None:
        """Who is subscribed to the filter is told the events that pass, as they are but for the way they came."""
        self.chain(FILTER, "[filter]\nevent_types = 'host.*'\nwhere = 'load > 1'\n")
        high = loaded(2.5, 3, units="1/s")
        self.publish(high, loaded(0.5, 3), loaded(3.0, 3, "disk.load"))
        (told,) = self.stored()
        self.assertEqual(told.items[0], high.items[0])
        self.assertEqual((told.name, told.timestamp), (high.name, high.timestamp))
        self.assertEqual([one.name for one in told.items], ["load", VIA])
        self.assertEqual(len(str(told.get(VIA))), 12)

    def test_source(self) -> None:
        """Its answers name the producer an event came from; the events of who brings them are his."""
        self.chain(FILTER)
        self.publish(loaded(1.0, 3))
        proxy = self.result(ProducerProxy.connect(url(FILTER), self.caller))
        sources = self.result(proxy.query("*")).sources
        self.assertEqual([one.name for one in sources], [PRODUCER_URL])

    def test_xpath(self) -> None:
        """Both filters must be true."""
        self.chain(
            FILTER,
            "[filter]\nwhere = 'load > 1'\nxpath = 'gmae:field[@name=\"site\"] = \"cern\"'\n",
        )
        self.publish(
            loaded(2.0, 3, site="cern"), loaded(2.0, 3, site="fnal"), loaded(0.0, 3, site="cern")
        )
        self.assertEqual([one.get("site") for one in self.stored()], ["cern"])

    def test_missed(self) -> None:
        """What was lost before it is told to those behind it, whatever it filters."""
        self.compound(FILTER, "[filter]\nevent_types = 'host.*'\n", at="")
        proxy = self.result(ConsumerProxy.connect(url(FILTER, "consumer"), self.caller))
        self.result(proxy.notify([Event("gma.consumer.missed", 0), loaded(1.0, 0, "disk")]))
        self.assertEqual([one.name for one in self.query(FILTER)], ["gma.consumer.missed"])

    def test_open(self) -> None:
        """Without a subscription it takes what it is told; with one only what it asked for."""
        self.compound(FILTER, at="")
        proxy = self.result(ConsumerProxy.connect(url(FILTER, "consumer"), self.caller))
        self.assertEqual(self.result(proxy.notify([loaded(1.0, 0)])), 1)
        self.assertEqual(len(self.query(FILTER)), 1)

    def test_closed(self) -> None:
        """With a subscription it takes only what it asked for."""
        self.source()
        self.compound(FILTER)
        proxy = self.result(ConsumerProxy.connect(url(FILTER, "consumer"), self.caller))
        self.refused(proxy.notify([loaded(1.0, 0)]), ParameterError)


class RepublisherTests(CompoundCase):
    """C{gma-republisher}."""

    def test_changed(self) -> None:
        """Names are others, and each event has the fields of the section instead of its own."""
        self.chain(
            REPUBLISHER,
            "[republish]\nprefix = 'cern.'\nrename = { 'host.load' = 'load' }\nconst = { site = 'cern', n = 3 }\n",
        )
        self.publish(loaded(1.0, 3, site="here"), loaded(2.0, 3, "disk"))
        told = self.stored()
        self.assertEqual([one.name for one in told], ["cern.load", "cern.disk"])
        self.assertEqual(
            [[one.get(name) for name in ("load", "site", "n")] for one in told],
            [[1.0, "cern", 3], [2.0, "cern", 3]],
        )
        self.assertEqual([item.name for item in told[0].items].count("site"), 1)

    def test_circle(self) -> None:
        """Two that are subscribed to each other hand each event on once."""
        self.source()
        first = self.compound(REPUBLISHER, f"[subscribe.back]\nat = '{url(FILTER)}'\n")
        self.compound(FILTER, at=url(REPUBLISHER))
        self.turn(15.0)
        self.publish(loaded(1.0, 15))
        self.turn(30.0)
        for kind in (REPUBLISHER, FILTER):
            self.assertEqual(len(self.query(kind)), 1, kind.command)
        assert first.service.control.hosted is not None

    def test_itself(self) -> None:
        """Of producers that a directory names it is subscribed to all but itself."""
        self.start("", "directory", host="127.0.0.1")
        self.compound(REPUBLISHER, f"[register.vo]\nat = '{DIRECTORY_URL}'\n", at=DIRECTORY_URL)
        self.start(
            f"[register.vo]\nat = '{DIRECTORY_URL}'\n",
            "filter",
            kind=FILTER,
            host="127.0.0.1",
        )
        self.turn(30.0)
        node = next(one for one in self.running if one.kind is REPUBLISHER)
        assert node.service.control.hosted is not None
        subscribed = node.service.control.hosted.subscribed
        assert subscribed is not None
        self.assertEqual([row["producer"] for row in subscribed.status()], [url(FILTER)])


class SummariserTests(CompoundCase):
    """C{gma-summariser}."""

    TEXT = (
        "[summarise.load]\nevents = 'host.*'\nfields = 'load'\nby = 'site'\nwindow = '10s'\nlate = '2s'\n"
        "values = ['count', 'rate', 'mean', 'min', 'max', 'sum', 'p50']\n"
    )

    def test_chain(self) -> None:
        """When events stop the last window is told all the same, once its time and that for late ones is over."""
        self.chain(SUMMARISER, self.TEXT)
        self.publish(*(loaded(float(n), 3, site="cern", units="1/s") for n in range(1, 5)))
        self.assertEqual(self.stored(), [])
        self.turn(10.0)
        (told,) = self.stored()
        self.assertEqual(
            (told.name, told.timestamp), ("summary.host.load", Timestamp.ofSeconds(1.7e9 + 10))
        )
        found = {item.name: item.value for item in told.items if isinstance(item, EventField)}
        del found[VIA]
        self.assertEqual(
            found,
            {
                "site": "cern",
                "window": 10,
                "count": 4,
                "rate": 0.4,
                "load.mean": 2.5,
                "load.min": 1.0,
                "load.max": 4.0,
                "load.sum": 10.0,
                "load.p50": 2.5,
                "load.samples": 4,
                "load.exact": 1,
            },
        )
        units = {item.name: item.units for item in told.items if isinstance(item, EventField)}
        self.assertEqual((units["load.mean"], units["window"], units["rate"]), ("1/s", "s", "1/s"))

    def test_left(self) -> None:
        """What came too late is told."""
        self.chain(SUMMARISER, self.TEXT)
        self.publish(loaded(1.0, 3))
        self.turn(20.0)
        self.publish(loaded(2.0, 4))
        self.turn(2.0)
        self.assertEqual([one.name for one in self.stored()], ["summary.host.load", LEFT])
        self.assertEqual(self.stored()[-1].get("late"), 1)
        self.assertEqual([len(str(one.get(VIA))) for one in self.stored()], [12, 12])

    def test_stopped(self) -> None:
        """A node that is stopped tells first what its open windows have, as a part; nothing of it is told again."""
        node = self.chain(SUMMARISER, self.TEXT)
        self.publish(loaded(1.0, 3), loaded(2.0, 4))
        self.assertEqual(self.stored(), [])
        self.stop(node)
        (told,) = self.stored()
        self.assertEqual((told.get("count"), told.get("partial")), (2, 1))
        self.assertEqual(told.timestamp, Timestamp.ofSeconds(1.7e9 + 10))

    def test_default(self) -> None:
        """Without a section it counts events, name by name and minute by minute."""
        self.chain(SUMMARISER)
        self.publish(loaded(1.0, 3), loaded(1.0, 3), loaded(1.0, 3, "disk"))
        self.turn(90.0)
        found = {one.name: one.get("count") for one in self.stored()}
        self.assertEqual(found, {"summary.host.load": 2, "summary.disk": 1})


class ArchiverTests(CompoundCase):
    """C{gma-archiver}."""

    def test_kept(self) -> None:
        """What it was told before it was restarted it answers with after that, and with what comes then."""
        self.source()
        node = self.compound(ARCHIVER)
        self.turn(3.0)
        self.publish(loaded(1.0, 3), loaded(2.0, 3, "disk"))
        self.stop(node)
        self.assertTrue((self.path / "archiver" / "events.db").exists())
        node = self.compound(ARCHIVER)
        self.turn(3.0)
        self.assertEqual([one.name for one in self.query(ARCHIVER)], ["host.load", "disk"])
        self.assertEqual([one.name for one in self.query(ARCHIVER, "host.*")], ["host.load"])
        self.assertEqual(
            [one.get("load") for one in self.query(ARCHIVER, mode="latest")], [1.0, 2.0]
        )
        self.publish(loaded(3.0, 9))
        self.assertEqual([one.get("load") for one in self.query(ARCHIVER)], [1.0, 2.0, 3.0])
        self.assertEqual(
            [one.get("load") for one in self.query(ARCHIVER, mode="latest")], [2.0, 3.0]
        )

    def test_backup(self) -> None:
        """The archive is no journal: a backup of the state directory names it, and has it where that is asked for."""
        node = self.compound(ARCHIVER, at="")
        self.turn(1.0)
        self.stop(node)
        directory = self.path / "archiver"
        self.assertEqual(strangeFiles(str(directory)), ["events.db"])
        contents, _ = makeBackup(directory, self.path / "one.tar.gz", self.clock.wallTime())
        self.assertNotIn("events", [one.name for one in contents.journals])
        target = self.path / "two.tar.gz"
        contents, _ = makeBackup(directory, target, self.clock.wallTime(), hasEvents=True)
        assert contents.events is not None
        self.assertEqual(contents.events.events, 0)

    def test_positions(self) -> None:
        """How far streams were is kept with their events, and known after a restart."""
        node = self.compound(ARCHIVER, at="")
        self.turn(1.0)
        sink = sinkOf(node)
        self.result(sink.keep([loaded(1.0, 1)], None, OURSELVES, {"one http://p": "life 7"}))
        self.result(sink.keep([], None, OURSELVES, {"two http://q": "life 9"}))
        self.stop(node)
        node = self.compound(ARCHIVER, at="")
        self.turn(1.0)
        found = {"one http://p": "life 7", "two http://q": "life 9"}
        self.assertEqual(dict(sinkOf(node).positions()), found)
        self.assertEqual(len(self.query(ARCHIVER)), 1)

    def test_otherwise(self) -> None:
        """Where its events came in lines, and come as messages now, where the lines were is kept no more."""
        name = f"one {PRODUCER_URL}"
        self.source()
        node = self.compound(ARCHIVER, at="")
        self.turn(1.0)
        self.result(sinkOf(node).keep([], None, OURSELVES, {name: "life 7", "other": "life 9"}))
        for more in ("over = 'notify'\n[consumer]\nlisten = 'x-netlog://127.0.0.1:14832'\n", ""):
            self.stop(node)
            node = self.compound(ARCHIVER, more)
            self.turn(3.0)
            self.assertEqual(dict(sinkOf(node).positions()), {"other": "life 9"})
            self.result(sinkOf(node).keep([], None, OURSELVES, {name: "life 7"}))
        self.publish(loaded(1.0, 3))
        self.assertEqual(len(self.query(ARCHIVER)), 1)

    def test_chain(self) -> None:
        """Who is subscribed to it is told what it keeps."""
        self.chain(ARCHIVER)
        self.publish(loaded(1.0, 3))
        self.assertEqual([one.name for one in self.stored()], ["host.load"])

    def test_file(self) -> None:
        """The operator says where the file is."""
        self.path.mkdir()
        self.compound(ARCHIVER, f"[archive]\nfile = '{self.path}/other.db'\n", at="")
        self.turn(1.0)
        self.assertTrue((self.path / "other.db").exists())

    def test_full(self) -> None:
        """While the disk is full nothing is acknowledged: the producer keeps it, and it is here once there is room."""
        full = True
        append = EventArchive.append

        def limited(archive: EventArchive, *args: Any) -> Any:
            if full:
                raise Busy("the disk is full")
            return append(archive, *args)

        self.patch(EventArchive, "append", limited)
        self.source()
        self.compound(ARCHIVER)
        self.turn(3.0)
        self.publish(*(loaded(float(n), 3) for n in range(5)))
        self.turn(10.0)
        self.assertEqual(self.query(ARCHIVER), [])
        full = False
        self.turn(60.0)
        self.assertEqual(
            [one.get("load") for one in self.query(ARCHIVER)], [0.0, 1.0, 2.0, 3.0, 4.0]
        )


class DirectoryTests(CompoundCase):
    """A compound node in a directory."""

    def placed(self) -> dict[str, GMARole]:
        """Who is there."""
        proxy = self.result(RegistryProxy.connect(DIRECTORY_URL, self.caller))
        return {one.endpoint: one.role for one in self.result(proxy.search()).entries}

    def test_both(self) -> None:
        """It is there as a producer and as a consumer, each with its own events, and leaves as both."""
        self.start("", "directory", host="127.0.0.1")
        node = self.compound(
            SUMMARISER,
            SummariserTests.TEXT + f"[register.vo]\nat = '{DIRECTORY_URL}'\nlifetime = '20s'\n",
            at="",
        )
        self.turn(60.0)
        proxy = self.result(RegistryProxy.connect(DIRECTORY_URL, self.caller))
        found = {
            one.endpoint: (one.role, [each.name for each in one.eventTypes])
            for one in self.result(proxy.search()).entries
        }
        self.assertEqual(
            found,
            {
                url(SUMMARISER): (GMARole.PRODUCER, ["summary.host.*"]),
                url(SUMMARISER, "consumer"): (GMARole.CONSUMER, ["host.*"]),
            },
        )
        self.stop(node)
        self.assertEqual(self.placed(), {})

    def test_one(self) -> None:
        """The operator may have one of them registered only."""
        self.start("", "directory", host="127.0.0.1")
        self.compound(
            FILTER,
            f"[register.vo]\nat = '{DIRECTORY_URL}'\nservices = '/services/producer'\n",
            at="",
        )
        self.turn(5.0)
        self.assertEqual(self.placed(), {url(FILTER): GMARole.PRODUCER})

    def test_reload(self) -> None:
        """Subscriptions come and go while it runs."""
        self.source()
        node = self.compound(FILTER, at="")
        node.configuration = f"[subscribe.one]\nat = '{PRODUCER_URL}'\n"
        done = self.result(node.service.control.reloader.reload())
        self.assertEqual(list(done.changed), ["subscribe.one added"])
        self.turn(3.0)
        self.publish(loaded(1.0, 3))
        self.assertEqual(len(self.query(FILTER)), 1)
