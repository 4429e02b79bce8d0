"""The topologies of examples/topologies: what is known where, what is left when a node dies; on a virtual clock."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

from gma_twisted.client import findByName
from gma_twisted.errors import InvalidHandle
from gma_twisted.markup import Element, XMLGate
from gma_twisted.markup.jobs import JOB, QUEUE, SCHEDULER
from gma_twisted.markup.namespaces import OGSI, ogsi
from gma_twisted.markup.namespaces import RIPS as RIPS_NAMESPACE
from gma_twisted.model import (
    Handle,
    Language,
    Locator,
    NameSelector,
    Question,
    TerminationTime,
    Topic,
)
from gma_twisted.model.job import GramStatus
from gma_twisted.soap.porttypes import (
    GRID_SERVICE,
    HANDLE_RESOLVER,
    NOTIFICATION_SOURCE,
    SERVICE_GROUP_REGISTRATION,
)
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression
from gma_twisted.testing.queries import openAnswer
from tests.nodes.notifyings import Ear
from tests.nodes.test_rips import Batch
from tests.nodes.topologies import EXAMPLES, ExampleNode, TopologyCase, readTopology, storeOf
from tests.queries.evaluating import evaluatingPool

# Seconds that the files say of the providers of hosts, and of a registration.
INTERVAL, GRACE, LEASE = 5.0, 20.0, 30.0

# A link brings a change, and what a value lives yet, within this.
WAY = 1.0


class DyingCase(TopologyCase):
    """A topology of which one node dies."""

    def assertDies(self, of: str, *at: str, others: Sequence[str] = ()) -> None:
        """
        Kill a node: its value becomes stale, and goes, where it was and when its lifetime says so; for good.

        @param at: nodes that have it
        @param others: nodes whose values stay fresh there
        """
        self.kill(of)
        begun = self.clock.seconds()
        stale: dict[str, float] = {}
        gone: dict[str, float] = {}
        while (now := self.clock.seconds() - begun) < INTERVAL + GRACE + 3 * LEASE:
            for node in at:
                states = self.states(node)
                state = states.get(of, "gone")
                if state != "fresh":
                    stale.setdefault(node, now)
                if state == "gone":
                    gone.setdefault(node, now)
                else:
                    self.assertNotIn(node, gone, f"{of} at {node} came back after {now} s")
                kept = self.states(node, late=WAY)
                self.assertEqual([kept.get(other) for other in others], ["fresh"] * len(others))
            self.turn(0.5)
        self.assertEqual((sorted(stale), sorted(gone)), (sorted(at), sorted(at)))
        for node in at:
            self.assertLess(stale[node], INTERVAL + WAY)
            self.assertLess(abs(gone[node] - stale[node] - GRACE), WAY)


class FilesTests(TopologyCase):
    """All of them."""

    topology = "leaf"

    def test_ports(self) -> None:
        """The nodes of one topology can run beside each other: no two have a port, a name or a state directory."""
        for directory in sorted(one for one in EXAMPLES.iterdir() if one.is_dir()):
            nodes = readTopology(directory)
            self.assertEqual(len({one.port for one in nodes}), len(nodes), directory)
            for one in nodes:
                self.assertIn(f'name = "{one.name}"\n', one.text)
                self.assertIn(f'state_dir = "state/{one.name}"\n', one.text)

    def test_own(self) -> None:
        """A leaf tells of its host, which came no way at all."""
        self.assertEqual(self.ways("leaf"), {"leaf": ()})
        self.assertEqual(self.states("leaf", late=WAY), {"leaf": "fresh"})


class SiteTests(DyingCase):
    """A site over two leaves, which know nothing of it."""

    topology = "site"

    def test_ways(self) -> None:
        """The site has the hosts of both, and says whose they are and that it copied them."""
        self.assertEqual(self.ways("site"), {"leaf1": ("site",), "leaf2": ("site",)})
        self.assertEqual({row["state"] for row in self.sources("site").values()}, {"live"})

    def test_death(self) -> None:
        """A leaf that dies is stale at the site, then gone; the other one is fresh meanwhile."""
        self.assertDies("leaf1", "site", others=["leaf2"])
        self.begin("leaf1")
        self.turn(60.0)
        self.assertEqual(self.states("site", late=WAY), {"leaf1": "fresh", "leaf2": "fresh"})


class VOTests(DyingCase):
    """A VO over two sites over a leaf each: everybody registers above."""

    topology = "vo"

    everything = {
        "vo": (),
        "site1": ("vo",),
        "site2": ("vo",),
        "leaf1": ("site1", "vo"),
        "leaf2": ("site2", "vo"),
    }

    def test_ways(self) -> None:
        """The VO has the hosts of all, with the way each came; a site has its own and those below."""
        self.assertEqual(self.ways("vo"), self.everything)
        self.assertEqual(self.ways("site1"), {"site1": (), "leaf1": ("site1",)})

    def test_leafDies(self) -> None:
        """A leaf that dies is stale and gone in both tiers, at the same time."""
        self.assertDies("leaf1", "site1", "vo", others=["site1"])

    def test_siteDies(self) -> None:
        """A site that dies takes the leaf below along, and brings it back, without a word to the VO."""
        self.kill("site1")
        self.turn(INTERVAL + GRACE + WAY)
        self.assertEqual(self.ways("vo"), {"vo": (), "site2": ("vo",), "leaf2": ("site2", "vo")})
        self.begin("site1")
        self.turn(60.0)
        self.assertEqual(self.ways("vo"), self.everything)
        self.assertEqual(set(self.states("vo", late=WAY).values()), {"fresh"})

    def test_VODies(self) -> None:
        """When the VO dies the sites go on; when it is back it has everything again."""
        self.kill("vo")
        self.turn(60.0)
        self.assertEqual(self.states("site1", late=WAY), {"site1": "fresh", "leaf1": "fresh"})
        self.begin("vo")
        self.turn(75.0)
        self.assertEqual(self.ways("vo"), self.everything)


class ParentsTests(DyingCase):
    """Two indexes over the same two leaves."""

    topology = "parents"

    def test_ways(self) -> None:
        """Each has both leaves by itself, not by the other."""
        for index in ("index1", "index2"):
            self.assertEqual(self.ways(index), {"leaf1": (index,), "leaf2": (index,)})

    def test_indexDies(self) -> None:
        """When one dies the other one has all, fresh, at any time; when it is back, it has all again."""
        self.kill("index1")
        for _ in range(120):
            self.turn(0.5)
            self.assertEqual(self.states("index2", late=WAY), {"leaf1": "fresh", "leaf2": "fresh"})
        self.begin("index1")
        self.turn(15.0)
        self.assertEqual(self.states("index1", late=WAY), {"leaf1": "fresh", "leaf2": "fresh"})

    def test_leafDies(self) -> None:
        """A leaf that dies is gone at both."""
        self.assertDies("leaf1", "index1", "index2", others=["leaf2"])


class RingTests(DyingCase):
    """Three indexes that all copy from all."""

    topology = "ring"

    def test_ways(self) -> None:
        """Each has all three, once, and its own as its own."""
        for node in self.nodes:
            ways = self.ways(node)
            self.assertEqual(sorted(ways), ["index1", "index2", "index3"])
            self.assertEqual(ways[node], ())
            self.assertEqual({way[-1] for name, way in ways.items() if name != node}, {node})

    def test_cut(self) -> None:
        """
        Two that do not reach each other have each other's values by the third one, which drops what comes back to it;
        so everybody drops what is its own.
        """
        self.part("index1", "index2")
        self.turn(60.0)
        self.assertEqual(self.ways("index2")["index1"], ("index3", "index2"))
        self.assertEqual(self.ways("index1")["index2"], ("index3", "index1"))
        self.assertEqual(
            self.ways("index3"), {"index1": ("index3",), "index2": ("index3",), "index3": ()}
        )
        self.assertEqual(
            {name: row["refused"] for name, row in self.sources("index3").items()},
            # The list names index3 itself, too.
            {
                "index1": "1 had been here",
                "index2": "1 had been here",
                "index3": "2 had been here",
            },
        )
        for node in self.up.values():
            self.assertGreater(self.status(node)["aggregation"]["ownOriginator"], 0)
        for _ in range(60):
            self.turn(1.0)
            self.assertEqual(set(self.states("index2", late=WAY).values()), {"fresh"})

    def test_noGrowth(self) -> None:
        """However long it goes on, a run of a provider is told once on each link at most."""
        counted = []
        for _ in range(3):
            self.notices.clear()
            self.turn(20 * INTERVAL)
            counted.append(Counter(self.notices))
        links = set(permutations(self.nodes, 2))
        # One list serves all, so each copies from itself too, and drops that.
        itself = {(name, name) for name in self.nodes}
        for notices in counted:
            self.assertEqual(set(notices) - itself, links)
            # What three nodes have to tell, of themselves and of each other, in 20 runs.
            self.assertLessEqual(max(notices.values()), 20 * len(self.nodes))
        self.assertLessEqual(counted[-1].total(), counted[0].total() * 1.1)

    def test_death(self) -> None:
        """Two that are left do not keep what the third one said up between them."""
        self.assertDies("index1", "index2", "index3", others=["index2", "index3"])


class JobTests(TopologyCase):
    """A MMJFS over two RIPSes, whose batch systems are a test's."""

    topology = "jobs"

    def setUp(self) -> None:
        """A job in each."""
        Batch.jobs = {"rips1": {"1": GramStatus.ACTIVE}, "rips2": {"2": GramStatus.ACTIVE}}
        Batch.runs = {}
        super().setUp()

    def configured(self, one: ExampleNode, text: str) -> str:
        """With a batch system in the place of this machine's processes."""
        lines = text.replace('"ForkInfoProvider"', '"tests.nodes.test_rips:Batch"').splitlines()
        return "\n".join(
            f'arguments = {{ name = "{one.name}" }}' if line.startswith("arguments") else line
            for line in lines
        )

    def jobs(self) -> dict[str, str]:
        """What the MMJFS says of jobs: their states."""
        trees = {one.key: XMLGate().parse(one.head + one.tail) for one in self.values("mmjfs", JOB)}
        return {
            key: tree.findtext(f"{{{RIPS_NAMESPACE}}}gramStatus") or ""
            for key, tree in trees.items()
        }

    def test_local(self) -> None:
        """It answers for the jobs, queues and schedulers of both, and asks nobody for it."""
        asked = Counter[tuple[str, str]]()

        def ask(source: str, target: str, data: bytes) -> None:
            asked[source, target] += data.count(b'#findServiceData"')

        self.network.watch(ask)
        self.assertEqual(self.jobs(), {"1": "Active", "2": "Active"})
        queues = [one.key for one in self.values("mmjfs", QUEUE)]
        self.assertEqual(sorted(queues), ["rips1/night", "rips2/night"])
        self.assertEqual(self.ways("mmjfs", SCHEDULER), {"rips1": ("mmjfs",), "rips2": ("mmjfs",)})
        self.assertEqual({source for (source, _), count in asked.items() if count}, {"me"})
        for name in ("rips1", "rips2"):
            self.kill(name)
        self.assertEqual(self.jobs(), {"1": "Active", "2": "Active"})
        self.turn(2.0 + 20.0 + WAY)
        self.assertEqual(self.jobs(), {})

    def test_perJob(self) -> None:
        """Who subscribes to a job there hears of it, whichever resource has it, and of no other one."""
        ear = Ear()
        sink = ear.listen(self.network, "me")
        source = self.proxy(self.url("mmjfs"), NOTIFICATION_SOURCE)
        topic = Topic((NameSelector(JOB, key="2"),))
        self.result(
            source.subscribe(
                writeSubscribeExpression(SubscribeExpression(topic, wantsSnapshot=True)),
                Locator((sink,)),
                self.clock.wallTime() + 600.0,
            )
        )
        self.turn(4.0)
        Batch.jobs["rips1"] = {"1": GramStatus.DONE, "3": GramStatus.PENDING}
        self.turn(6.0)
        Batch.jobs["rips2"] = {"2": GramStatus.DONE, "4": GramStatus.PENDING}
        self.turn(6.0)
        self.assertEqual(sorted(self.jobs()), ["1", "2", "3", "4"])
        heard = [one for _, notice in ear.heard for one in notice.put]
        self.assertEqual({one.key for one in heard}, {"2"})
        trees = [XMLGate().parse(one.head + one.tail) for one in heard]
        said = [tree.findtext(f"{{{RIPS_NAMESPACE}}}gramStatus") or "" for tree in trees]
        self.assertEqual(list(dict.fromkeys(said)), ["Active", "Done"])


class RegistryTests(TopologyCase):
    """Two leaves that register at a registry of their own."""

    topology = "registry"

    def members(self) -> dict[str, Element]:
        """The entries, by service."""
        found = self.values("registry", ogsi("entry"))
        trees = [XMLGate().parse(one.head + one.tail) for one in found]
        return {self.spelt(Handle(tree.findtext(_MEMBER) or "")): tree for tree in trees}

    def test_entries(self) -> None:
        """The registry has the services of both; those of one that dies go with their leases."""
        both = {"leaf/index", "leaf/container", "rips/rips", "rips/container"}
        self.assertEqual(self.members().keys(), both)
        self.kill("leaf")
        self.turn(LEASE / 2 - WAY)
        self.assertEqual(self.members().keys(), both)
        self.turn(LEASE / 2 + WAY)
        self.assertEqual(self.members().keys(), {"rips/rips", "rips/container"})
        self.begin("leaf")
        self.turn(WAY)
        self.assertEqual(self.members().keys(), both)

    def test_stopped(self) -> None:
        """Those of one that stops go at once."""
        self.stop(self.up.pop("leaf"))
        self.assertEqual(self.members().keys(), {"rips/rips", "rips/container"})

    def test_resolved(self) -> None:
        """Who finds a container by its interface is told there where a service of its node is, and of no other's."""
        (container,) = [
            tree.findtext(_MEMBER) or ""
            for service, tree in self.members().items()
            if service.startswith("leaf/") and "HandleResolver" in _interfacesOf(tree)
        ]
        resolver = self.proxy(container, HANDLE_RESOLVER)
        index = Handle(self.url("leaf"))
        locator = self.result(resolver.findByHandle(Locator((index,))))
        self.assertEqual(locator.handles, (index,))
        self.assertIn(ogsi("GridService"), locator.interfaces)
        elsewhere = Locator((Handle(self.url("rips")),))
        self.refused(resolver.findByHandle(elsewhere), InvalidHandle)

    def test_expressions(self) -> None:
        """XPath over the entries finds services by interface, attribute and handle."""
        pool = evaluatingPool(
            Language.XPATH, storeOf(self.up["registry"]), self.clock, self.reactor
        )
        self.result(pool.start())
        handle = "/ogsi:handle/text()"
        for expression, services in (
            (
                'ogsi:memberServiceLocator[ogsi:interface[substring-after(., ":") = "HandleResolver"]]',
                {"leaf/container", "rips/container"},
            ),
            (
                'ogsi:memberServiceLocator[../*/gma:registration/gma:attribute[@name = "tier"] = "leaf"]',
                {"leaf/index", "leaf/container", "rips/rips", "rips/container"},
            ),
            (f'ogsi:memberServiceLocator[ogsi:handle = "{self.url("rips")}"]', {"rips/rips"}),
            ('ogsi:memberServiceLocator[ogsi:handle = "http://a/b"]', set()),
        ):
            question = Question(Language.XPATH, expression + handle, (NameSelector(ogsi("entry")),))
            answer = openAnswer(self.result(pool.ask(question, "me")).body)
            self.assertEqual({self.spelt(Handle(one.text or "")) for one in answer}, services)
        self.result(pool.stop())

    def test_added(self) -> None:
        """What another container adds by OGSI's words is found beside the others, and ends with its time."""
        group = self.proxy(self.url("registry"), SERVICE_GROUP_REGISTRATION)
        member = Handle(self.url("leaf").replace("/index", "/instances/box"))
        entry, _ = self.result(
            group.add(
                serviceLocator=Locator((member,), (ogsi("GridService"),)),
                content=None,
                terminationTime=TerminationTime(None, self.clock.wallTime() + 20.0),
            )
        )
        self.assertIn("leaf/box", self.members())
        told = self.result(
            findByName(self.proxy(entry.handles[0].url, GRID_SERVICE), ogsi("memberServiceLocator"))
        )
        self.assertIn(member.url.encode(), told.values[0].tail)
        self.turn(19.0)
        self.assertIn("leaf/box", self.members())
        self.turn(2.0)
        self.assertNotIn("leaf/box", self.members())


_MEMBER = f"{{{OGSI}}}memberServiceLocator/{{{OGSI}}}handle"


def _interfacesOf(entry: Element) -> set[str]:
    found = entry.iter(f"{{{OGSI}}}interface")
    return {(one.text or "").rpartition(":")[2] for one in found}


del DyingCase, TopologyCase
