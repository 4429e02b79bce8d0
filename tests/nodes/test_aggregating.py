"""Aggregation at whole nodes: configured, asked for, registered; told on, kept, ended; in memory on a virtual clock."""

from typing import Any, cast

import attrs
from twisted.logger import ILogObserver, formatEvent, globalLogPublisher

from gma_twisted.client import findByName
from gma_twisted.errors import (
    Refused,
    ServiceHasTerminated,
    TargetInvalid,
    TooLarge,
    UnknownId,
)
from gma_twisted.markup import ReceivedValue
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import (
    DataAggregation,
    ElementKey,
    Handle,
    Lifetime,
    Put,
    QName,
    ServiceDataElement,
)
from gma_twisted.nodes import AGGREGATOR_NODE, INDEX, NodeKind
from gma_twisted.nodes.aggregating import HostedAggregation
from gma_twisted.soap.porttypes import (
    AGGREGATOR,
    DATA_AGGREGATION,
    GRID_SERVICE,
    NOTIFICATION_SINK,
    REGISTRATION,
)
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_registrations import GridCase

GOOD = QName("urn:example", "Good")
LEAF = attrs.evolve(INDEX, port=8490)
SITE = attrs.evolve(INDEX, port=8491)
VO = attrs.evolve(INDEX, port=8492)
RUNNING = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '2s'\ngrace = '4s'\n"
QUIET = "[providers.good]\nclass = 'tests.nodes.components:Good'\n"
NAMES = "names = '{urn:example}Good'\n"


def url(kind: NodeKind) -> str:
    """Of the main service of a node of this kind."""
    return f"http://127.0.0.1:{kind.port}{kind.path}"


def aggregate(kind: NodeKind, name: str = "below") -> str:
    """A section that copies from a node of this kind."""
    return f"[aggregate.{name}]\nfrom = '{url(kind)}'\n{NAMES}interval = '2s'\n"


class AggregatingCase(GridCase):
    """Nodes that copy from each other."""

    def node(self, kind: NodeKind, text: str) -> MemoryNode:
        """Start one; its state directory has the number of its port."""
        return self.start(text, str(kind.port), kind=kind, host="127.0.0.1")

    def values(self, kind: NodeKind, name: QName = GOOD) -> list[ReceivedValue]:
        """What a node has of a name."""
        found = self.result(findByName(self.proxy(url(kind), GRID_SERVICE), name))
        return list(found.values)

    def aggregation(self, node: MemoryNode) -> HostedAggregation:
        """What a node copies with."""
        hosted = node.service.control.hosted
        assert hosted is not None and hosted.aggregation is not None
        return hosted.aggregation

    def source(self, node: MemoryNode) -> dict[str, Any]:
        """Where the only source of a node stands."""
        (row,) = self.status(node)["sources"]
        found: dict[str, Any] = row
        return found

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.reactor.pump([0.05] * round(seconds * 20))


class ConfiguredTests(AggregatingCase):
    """C{[aggregate.NAME]}."""

    def test_copied(self) -> None:
        """A second node has what the first has, within two seconds, with whose it is; the status tells."""
        self.node(LEAF, RUNNING)
        site = self.node(SITE, QUIET + aggregate(LEAF))
        self.turn(2.0)
        (value,) = self.values(SITE)
        self.assertEqual(value.originator, url(LEAF))
        self.assertEqual(len(value.path), 1)
        row = self.source(site)
        self.assertEqual((row["id"], row["state"], row["values"]), ("below", "live", "1"))
        self.assertEqual(row["names"], GOOD.clark)
        self.assertEqual(self.status(site)["aggregation"]["put"], 1)

    def test_tiers(self) -> None:
        """A third one has it too, with the way it came, and no copy of its own."""
        self.node(LEAF, RUNNING)
        self.node(SITE, QUIET + aggregate(LEAF))
        self.node(VO, QUIET + aggregate(SITE))
        self.turn(4.0)
        (value,) = self.values(VO)
        self.assertEqual((value.originator, len(value.path)), (url(LEAF), 2))
        self.assertEqual(value.path[:1], self.values(SITE)[0].path)

    def test_ring(self) -> None:
        """In a ring nobody hears of their own values as somebody else's."""
        self.node(LEAF, RUNNING + aggregate(SITE))
        site = self.node(SITE, QUIET + aggregate(LEAF))
        self.turn(10.0)
        self.assertEqual(len(self.values(LEAF)), 1)
        self.assertEqual(self.values(LEAF)[0].path, ())
        self.assertEqual(len(self.values(SITE)), 1)
        self.assertEqual(self.source(site)["state"], "live")

    def test_aggregator(self) -> None:
        """A gma-aggregator does the same and nothing else."""
        leaf = self.node(LEAF, RUNNING)
        node = self.node(AGGREGATOR_NODE, aggregate(LEAF))
        self.turn(2.0)
        self.assertEqual(len(self.values(AGGREGATOR_NODE)), 1)
        self.assertEqual(
            (self.status(leaf)["subscriptions"], self.source(node)["state"]), (1, "live")
        )
        interfaces = [value.tail for value in self.values(AGGREGATOR_NODE, ogsi("interface"))]
        self.assertEqual(len(interfaces), 3)

    def logged(self) -> list[str]:
        """The lines of the log from now on, a list that grows."""
        lines: list[str] = []
        observer = cast(ILogObserver, lambda event: lines.append(formatEvent(event)))
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        return lines

    def test_log(self) -> None:
        """The log tells once that a source is away, and why, however often it is tried; and that it is there."""
        lines = self.logged()
        self.node(SITE, QUIET + aggregate(LEAF))
        self.turn(20.0)
        leaf = self.node(LEAF, RUNNING)
        self.turn(20.0)
        away, there = (line for line in lines if line.startswith("source "))
        self.assertIn(f"source {url(LEAF)} is connecting: no connection to", away)
        self.assertEqual(there, f"source {url(LEAF)} is live")
        self.stop(leaf)
        self.turn(40.0)
        told = [line for line in lines if line.startswith("source ")]
        self.assertEqual(len(told), len(set(told)))

    def test_quiet(self) -> None:
        """Notices that are taken leave no line each, in the log and in the audit; one that is not does."""
        leaf = self.node(LEAF, RUNNING)
        self.node(SITE, QUIET + aggregate(LEAF))
        self.turn(4.0)
        lines = self.logged()
        self.turn(20.0)
        self.assertEqual(lines, [])
        self.assertEqual(self.status(leaf)["subscriptions"], 1)
        sink = self.proxy(f"{url(SITE)}/sinks/{'0' * 32}", NOTIFICATION_SINK)
        self.refused(sink.deliverNotification(b"<gma:changes/>"), ServiceHasTerminated)
        self.assertTrue(any("serviceHasTerminatedFault" in line for line in lines), lines)
        audit = (self.path / str(SITE.port) / "audit.jsonl").read_text()
        self.assertEqual(audit.count("deliverNotification"), 1)

    def test_itself(self) -> None:
        """A node that finds itself among its sources drops what is its own: one list may serve all nodes."""
        text = f"[aggregate.all]\nfrom = ['{url(LEAF)}', '{url(SITE)}']\n{NAMES}"
        for kind in (LEAF, SITE):
            node = self.node(kind, RUNNING + text)
        self.turn(10.0)
        for kind in (LEAF, SITE):
            self.assertEqual(
                sorted(value.originator for value in self.values(kind)), [url(LEAF), url(SITE)]
            )
        self.assertEqual({row["state"] for row in self.status(node)["sources"]}, {"live"})

    def test_several(self) -> None:
        """Several sources of one section have a number each."""
        self.node(LEAF, RUNNING)
        text = f"[aggregate.all]\nfrom = ['{url(LEAF)}', '{url(SITE)}']\n{NAMES}"
        vo = self.node(VO, QUIET + text)
        self.turn(2.0)
        rows = [(row["id"], row["state"]) for row in self.status(vo)["sources"]]
        self.assertEqual(rows, [("all/1", "live"), ("all/2", "connecting")])

    def test_crowded(self) -> None:
        """
        However many values come from elsewhere, the node's own data have their room: who registers is in ogsi:entry.
        What is left out, and why, is the reason of the source.
        """
        leaf = self.node(LEAF, RUNNING)
        put = [
            Put(
                ServiceDataElement(
                    ElementKey(GOOD, url(LEAF), str(number)),
                    b'<a:Good xmlns:a="urn:example"',
                    b"/>",
                    Lifetime(0.0, 1e9, 1e9),
                )
            )
            for number in range(1_200)
        ]
        self.result(self.aggregation(leaf).intake.store.commit(put))
        limits = "[limits]\nstore_elements = 1_110\nregistry_entries = 100\n"
        site = self.node(SITE, RUNNING + limits + aggregate(LEAF))
        self.turn(4.0)
        row = self.source(site)
        self.assertEqual(
            (row["state"], row["reason"], row["values"]),
            (
                "failed",
                "left out 1191 of its values: there would be more than 10 copies, all that store_elements leaves for"
                " them",
                "10",
            ),
        )
        self.result(self.proxy(url(SITE), REGISTRATION).registerService(Handle("http://a:1/s")))
        self.assertEqual(len(self.values(SITE, ogsi("entry"))), 1)
        self.assertIn(url(SITE), [value.originator for value in self.values(SITE)])

    def test_refusedValues(self) -> None:
        """The status tells how many values of a source are not taken by rule, and why."""
        self.node(LEAF, RUNNING + aggregate(SITE))
        site = self.node(SITE, RUNNING + aggregate(LEAF) + aggregate(VO, "above"))
        self.node(VO, RUNNING + aggregate(SITE))
        self.turn(10.0)
        rows = {row["id"]: row for row in self.status(site)["sources"]}
        self.assertEqual(rows["above"]["state"], "live")
        self.assertEqual(rows["above"]["refused"], "1 had been here")

    def test_stop(self) -> None:
        """A node that stops ends its subscriptions at its sources."""
        leaf = self.node(LEAF, RUNNING)
        site = self.node(SITE, QUIET + aggregate(LEAF))
        self.turn(2.0)
        self.assertEqual(self.status(leaf)["subscriptions"], 1)
        self.stop(site)
        self.assertEqual(self.status(leaf)["subscriptions"], 0)

    def test_sinks(self) -> None:
        """A sink answers a challenge as long as it is open; afterwards it is gone."""
        self.node(LEAF, RUNNING)
        site = self.node(SITE, QUIET + aggregate(LEAF))
        self.turn(2.0)
        (id,) = self.aggregation(site).aggregator.sinks._open
        for sink, status in ((id, b"200"), ("0" * 32, b"410")):
            target = f"/services/index/sinks/{sink}?gma-challenge=7f".encode()
            answer = site.connect().ask(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % target)
            self.assertEqual(answer.split(b" ", 2)[1], status)
            self.assertEqual(answer.endswith(b"\r\n\r\n7f"), status == b"200")


class AskedTests(AggregatingCase):
    """The Aggregator port type, and GT 3.2's."""

    def setUp(self) -> None:
        """A leaf, and an index that copies nothing."""
        super().setUp()
        self.node(LEAF, RUNNING)
        self.site = self.node(SITE, QUIET + "[limits]\naggregated_per_owner = 2\n")
        self.aggregator = self.proxy(url(SITE), AGGREGATOR)
        self.old = self.proxy(url(SITE), DATA_AGGREGATION)

    def test_asked(self) -> None:
        """What is asked for is copied until it is removed, or its lease is over."""
        id, seconds = self.result(self.aggregator.addSubscription(Handle(url(LEAF)), [GOOD], 20.0))
        self.assertEqual(seconds, 20.0)
        self.turn(2.0)
        self.assertEqual(len(self.values(SITE)), 1)
        (row,) = self.result(self.aggregator.listSubscriptions())
        self.assertEqual((row.subscriptionId, row.values), (id, 1))
        self.result(self.aggregator.removeSubscription(id))
        self.assertEqual(self.result(self.aggregator.listSubscriptions()), [])
        self.turn(7.0)
        asking = findByName(self.proxy(url(SITE), GRID_SERVICE), GOOD)
        self.refused(asking, TargetInvalid)

    def test_every(self) -> None:
        """Every name of a namespace may be asked for."""
        every = QName(GOOD.namespace, "*")
        self.result(self.aggregator.addSubscription(Handle(url(LEAF)), [every]))
        self.turn(2.0)
        self.assertEqual(len(self.values(SITE)), 1)
        (row,) = self.result(self.aggregator.listSubscriptions())
        self.assertEqual(list(row.names), [every])

    def test_guarded(self) -> None:
        """A source that the connect guard refuses is not called, and its URL is told."""
        asked = self.aggregator.addSubscription(Handle("http://169.254.169.254/x"), [GOOD])
        self.assertIn("169.254.169.254", self.refused(asked, Refused))

    def test_bound(self) -> None:
        """The bound that is reached is called as the configuration does."""
        for local in "ab":
            self.result(self.aggregator.addSubscription(Handle(url(LEAF)), [QName("urn:a", local)]))
        asked = self.aggregator.addSubscription(Handle(url(LEAF)), [GOOD])
        self.assertIn("aggregated_per_owner", self.refused(asked, TooLarge))

    def test_old(self) -> None:
        """GT 3.2's words ask for the same; another sink is refused."""
        params = (
            b'<agg32:AggregationSubscription><agg32:serviceDataNames names="{urn:example}Good"/>'
            b"<agg32:lifetime>30</agg32:lifetime></agg32:AggregationSubscription>"
        )
        asked = DataAggregation(Handle(url(LEAF)), None, params)
        id = self.result(self.old.addDataAggregation(asked))
        self.turn(2.0)
        self.assertEqual(len(self.values(SITE)), 1)
        self.assertEqual(self.source(self.site)["id"], id)
        other = attrs.evolve(asked, sink=Handle(url(LEAF)))
        self.assertIn("ask the sink", self.refused(self.old.addDataAggregation(other), Refused))
        self.result(self.old.removeDataAggregation(id))
        self.refused(self.old.removeDataAggregation(id), UnknownId)


class RegisteredTests(AggregatingCase):
    """What registers at an index and offers service data."""

    REGISTER = f"[register.vo]\nat = '{url(VO)}'\nlifetime = '20s'\n{NAMES}"

    def test_automatic(self) -> None:
        """It is copied with no word in the index's configuration, as long as it is registered."""
        vo = self.node(VO, QUIET)
        site = self.node(SITE, RUNNING + self.REGISTER)
        self.turn(3.0)
        (value,) = self.values(VO)
        self.assertEqual(value.originator, url(SITE))
        row = self.source(vo)
        self.assertEqual((row["source"], row["state"]), (url(SITE), "live"))
        self.assertTrue(row["id"].startswith("entries/"), row)
        self.turn(30.0)
        self.assertEqual(self.source(vo)["state"], "live")
        self.stop(site)
        self.assertEqual(self.status(vo)["sources"], [])

    def test_switchedOff(self) -> None:
        """An index may be told not to."""
        vo = self.node(VO, QUIET + "[registry]\naggregate = false\n")
        self.node(SITE, RUNNING + self.REGISTER)
        self.turn(3.0)
        self.assertEqual(self.status(vo)["registry"]["entries"], 1)
        self.assertEqual(self.status(vo)["sources"], [])

    def test_restarted(self) -> None:
        """An index that restarts copies what its registry has kept, before anybody renews."""
        vo = self.node(VO, QUIET)
        self.node(SITE, RUNNING + self.REGISTER)
        self.turn(3.0)
        self.stop(vo)
        vo = self.node(VO, QUIET)
        self.turn(1.0)
        self.assertEqual(self.source(vo)["state"], "live")
        self.assertEqual(len(self.values(VO)), 1)

    def test_refused(self) -> None:
        """What may not be called stays an entry, and no source."""
        vo = self.node(VO, QUIET)
        registry = self.proxy(url(VO), REGISTRATION)
        content = (
            b"<gma:serviceDataNames><gma:name><gma:namespace>urn:a</gma:namespace>"
            b"<gma:localName>b</gma:localName></gma:name></gma:serviceDataNames>"
        )
        self.result(registry.registerService(Handle("http://169.254.169.254/x"), content=content))
        self.result(registry.registerService(Handle(url(VO)), content=content))
        status = self.status(vo)
        self.assertEqual((status["registry"]["entries"], status["sources"]), (2, []))
