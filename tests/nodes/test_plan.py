"""Checking a whole node before anything is opened."""

import math
from pathlib import Path
from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.aggregation import Share
from gma_twisted.configuration import Listen, Mistakes
from gma_twisted.handlers import JobDataHandler
from gma_twisted.markup import XMLGate
from gma_twisted.model import Handle, ProviderRun, QName, ServiceDataElement
from gma_twisted.nodes import AGGREGATOR_NODE, INDEX, REGISTRY
from gma_twisted.nodes.kind import CONTAINER_PORT_TYPES
from gma_twisted.nodes.storeroom import copiesOf
from gma_twisted.providers import ScriptExecutionProvider, SimpleSystemInformationProvider
from gma_twisted.soap import Selection
from tests.execution.stand import Stand
from tests.nodes.components import Good, Handler
from tests.nodes.plans import planOf
from tests.nodes.refused import CASES

_LEAVE = "leave the section out, or start another kind of node"


class DefaultTests(SynchronousTestCase):
    """A node without a configuration."""

    def test_listen(self) -> None:
        """It listens on loopback only, on the port of its kind."""
        default = Listen("tcp:8480:interface=127.0.0.1", "tcp", 8480, "127.0.0.1")
        self.assertEqual(planOf("").listens, (default,))

    def test_name(self) -> None:
        """Its name is kind and port, its role the kind."""
        plan = planOf("node.listen = 'tcp:99:interface=127.0.0.1'")
        self.assertEqual((plan.name, plan.role), ("index-99", "index"))

    def test_socketFile(self) -> None:
        """Without a port the kind alone is its name."""
        plan = planOf("[node]\nlisten = 'unix:/run/gma'\npublic_url = 'http://h'")
        self.assertEqual(plan.name, "index")

    def test_state(self) -> None:
        """Its state is kept under its name."""
        plan = planOf("node.name = 'n1'", {"XDG_STATE_HOME": "/var/state"})
        self.assertEqual(plan.stateDir, Path("/var/state/gma-twisted/n1"))

    def test_stateDir(self) -> None:
        """A configured state directory is made absolute."""
        self.assertEqual(planOf("node.state_dir = 'x'").stateDir, Path.cwd() / "x")

    def test_elsewhere(self) -> None:
        """Another port brings another state directory as long as it is the port that names it."""
        self.assertEqual(planOf("").elsewhere, "--listen tcp:8481:interface=127.0.0.1")
        for text in (
            "node.name = 'n1'",
            "node.state_dir = 'x'",
            "node.listen = 'tcp:0:interface=127.0.0.1'",
        ):
            self.assertEqual(planOf(text).elsewhere, "")
        self.assertEqual(planOf("", {"STATE_DIRECTORY": "/var/lib/gma"}).elsewhere, "")

    def test_system(self) -> None:
        """This host is its one provider, every five seconds, readable for a minute more."""
        (setup,) = planOf("").setups
        self.assertEqual(setup.name, "system")
        self.assertIs(setup.factory, SimpleSystemInformationProvider)
        self.assertEqual((setup.interval, setup.grace), (5.0, 60.0))


class KindTests(SynchronousTestCase):
    """What the kind of a node decides."""

    def test_registry(self) -> None:
        """A registry runs nothing by itself and has a port of its own."""
        plan = planOf("", kind=REGISTRY)
        self.assertEqual(plan.setups, [])
        self.assertEqual(
            (plan.name, plan.role, plan.listens[0].text),
            ("registry-8481", "registry", "tcp:8481:interface=127.0.0.1"),
        )

    def test_crowded(self) -> None:
        """A store that cannot hold a value for every entry is refused before the start; both keys are named."""
        planOf("limits.store_elements = 1_100\nlimits.registry_entries = 100")
        text = "limits.store_elements = 1_099\nlimits.registry_entries = 100\nlimits.store_size = '1KiB'"
        error = self.assertRaises(Mistakes, planOf, text, kind=REGISTRY)
        self.assertEqual(
            list(error.lines),
            [
                "vo.toml:1:25: limits.store_elements: 1099 cannot hold a value for each of the 100 of "
                "registry_entries and 1000 others; make store_elements 1100 or more, or registry_entries less",
                "vo.toml:3:21: limits.store_size: 1024 cannot hold a value for each of the 100 of "
                "registry_entries and 1000 others; make store_size 660000 or more, or registry_entries less",
            ],
        )

    def test_copies(self) -> None:
        """Values of other services get what the node's own may need of its store leaves, by number and by bytes."""
        text = "limits.store_elements = 5_000\nlimits.registry_entries = 100\nlimits.store_size = "
        for kind, size, share in (
            (INDEX, 4_000_000, Share(3_900, 3_000_000)),
            (INDEX, 1_000_000, Share(3_900, 340_000)),
            (INDEX, 660_000, Share(3_900, 0)),
            (AGGREGATOR_NODE, 1_000_000, Share(4_000, 400_000)),
        ):
            plan = planOf(f"{text}'{size}B'", kind=kind)
            self.assertEqual(copiesOf(kind, plan.limits), share)
        few = planOf("limits.store_elements = 100", kind=AGGREGATOR_NODE)
        self.assertEqual(copiesOf(AGGREGATOR_NODE, few.limits).elements, 75)

    def test_noProviders(self) -> None:
        """Providers are none of a registry's business."""
        text = "[providers.a]\nclass = 'tests.nodes.components:Good'"
        error = self.assertRaises(Mistakes, planOf, text, kind=REGISTRY)
        self.assertEqual(
            list(error.lines),
            [f"vo.toml:1:12: providers: a gma-registry runs no providers; {_LEAVE}"],
        )

    def test_aggregatesNothing(self) -> None:
        """Nor is aggregation."""
        text = "[aggregate.a]\nfrom = 'http://h/s'\nnames = 'a'"
        error = self.assertRaises(Mistakes, planOf, text, kind=REGISTRY)
        self.assertEqual(
            list(error.lines),
            [f"vo.toml:1:12: aggregate: a gma-registry aggregates nothing; {_LEAVE}"],
        )
        self.assertEqual(planOf(text, kind=AGGREGATOR_NODE).aggregate.keys(), {"a"})

    def test_registersNobody(self) -> None:
        """Nor are rules for registrations; a section that says nothing is none."""
        text = "[node]\n[registry]\ndefault_lifetime = '1m'"
        error = self.assertRaises(Mistakes, planOf, text, kind=AGGREGATOR_NODE)
        why = "a gma-aggregator takes no registrations, and has no use for [registry]"
        self.assertEqual(list(error.lines), [f"vo.toml:2:2: {why}; {_LEAVE}"])
        planOf("[registry]", kind=AGGREGATOR_NODE)

    def test_oneNameOnce(self) -> None:
        """No service of a node has two operations of one name, and each has the port types of its kind."""
        for portTypes in (
            INDEX.portTypes,
            REGISTRY.portTypes,
            AGGREGATOR_NODE.portTypes,
            CONTAINER_PORT_TYPES,
        ):
            Selection(portTypes)
        self.assertTrue(INDEX.aggregates and AGGREGATOR_NODE.aggregates)
        self.assertTrue(INDEX.runsProviders and INDEX.takesRegistrations)
        self.assertTrue(REGISTRY.takesRegistrations and not REGISTRY.runsProviders)


class RegisterTests(SynchronousTestCase):
    """Registries elsewhere."""

    def test_services(self) -> None:
        """Without services the main one is registered."""
        one = planOf("[register.vo]\nat = 'http://vo:8481/services/registry'").register["vo"]
        self.assertEqual(one.services, ("/services/index",))
        self.assertEqual(one.at, Handle("http://vo:8481/services/registry"))

    def test_container(self) -> None:
        """Every node has a container to register."""
        text = "[register.vo]\nat = 'http://vo/r'\nservices = '/services/container'"
        one = planOf(text, kind=REGISTRY).register["vo"]
        self.assertEqual(one.services, ("/services/container",))

    def test_unknown(self) -> None:
        """A service this node does not have is named, with the one that was meant."""
        text = "[register.vo]\nat = 'http://vo/r'\nservices = ['/services/indx']"
        error = self.assertRaises(Mistakes, planOf, text)
        self.assertEqual(
            list(error.lines),
            [
                'vo.toml:3:12: register.vo.services: this node has no service "/services/indx"; '
                'did you mean "/services/index"?'
            ],
        )

    def test_tooMany(self) -> None:
        """More registrations than a node keeps are refused before it starts."""
        both = "services = ['/services/index', '/services/container']"
        text = "".join(f"[register.r{n}]\nat = 'http://vo/r{n}'\n{both}\n" for n in range(501))
        error = self.assertRaises(Mistakes, planOf, text)
        self.assertEqual(
            list(error.lines),
            [
                "vo.toml:1501:11: register.r500: more than 1000 registrations of one node; "
                "leave some of them out"
            ],
        )


class ProviderTests(SynchronousTestCase):
    """Providers of a configuration."""

    def test_class(self) -> None:
        """Everything that is configured arrives in the setup."""
        (setup,) = planOf(
            "[providers.a]\nclass = 'tests.nodes.components:Good'\narguments = { path = '/x' }\n"
            "interval = '2s'\ntimeout = '1s'\ngrace = '3s'\nname = '{urn:x}A'\n"
            "handler = 'tests.nodes.components:Handler'"
        ).setups
        self.assertIs(setup.factory, Good)
        self.assertEqual(setup.implementation, "tests.nodes.components:Good")
        self.assertEqual(setup.arguments, {"path": "/x"})
        self.assertEqual((setup.interval, setup.timeout, setup.grace), (2.0, 1.0, 3.0))
        self.assertEqual(setup.serviceDataName, QName("urn:x", "A"))
        self.assertIsInstance(setup.handler, Handler)

    def test_handlerArguments(self) -> None:
        """A handler of the package needs its own name only, and is made with its arguments."""
        (setup,) = planOf(
            "[providers.a]\nclass = 'tests.nodes.components:Good'\narguments.path = '/x'\n"
            "handler = 'SplitHandler'\nhandler_arguments = { children = 'Disk', key = '@device' }"
        ).setups
        assert setup.handler is not None
        run = ProviderRun("a", None, "http://x", 0.0, 0.0, 1.0, 1.0)
        found = setup.handler.handle(XMLGate().parse(b"<d><Disk device='sda'/></d>"), run)
        self.assertEqual(
            [one.key.key for one in found if isinstance(one, ServiceDataElement)], ["sda"]
        )

    def test_jobDataHandler(self) -> None:
        """GT3's name of its own handler is that of ours."""
        (setup,) = planOf(
            "[providers.a]\ncommand = ['/bin/true']\nhandler = 'jobDataHandler'"
        ).setups
        self.assertIsInstance(setup.handler, JobDataHandler)

    def test_madeOnce(self) -> None:
        """The provider that was made to check it is the one that runs: none is made a second time."""
        Good.made = 0
        (setup,) = planOf(
            "[providers.a]\nclass = 'tests.nodes.components:Good'\narguments.path = '/x'"
        ).setups
        stand = Stand()
        stand.manager.install(setup)
        self.assertEqual(Good.made, 1)
        stand.start()
        self.assertEqual(cast(Good, setup.provider).path, "/x")

    def test_command(self) -> None:
        """A command is a script provider with these words."""
        (setup,) = planOf("[providers.a]\ncommand = ['/bin/true', '-x']").setups
        self.assertIs(setup.factory, ScriptExecutionProvider)
        self.assertEqual(setup.arguments, {"command": ["/bin/true", "-x"]})
        self.assertIsNone(setup.interval)

    def test_shortName(self) -> None:
        """A class of the package needs its own name only."""
        (setup,) = planOf("[providers.a]\nclass = 'SimpleSystemInformationProvider'").setups
        self.assertIs(setup.factory, SimpleSystemInformationProvider)
        self.assertTrue(setup.implementation.endswith(":SimpleSystemInformationProvider"))

    def test_defaults(self) -> None:
        """The defaults of a configuration are those of the execution engine."""
        (setup,) = planOf("[providers.a]\ncommand = ['/bin/true']").setups
        self.assertEqual((setup.timeout, setup.grace), (30.0, 60.0))
        self.assertLess(setup.timeout, math.inf)


class RefusedTests(SynchronousTestCase):
    """What cannot become a node."""

    def test_cases(self) -> None:
        """Each configuration of the table is refused with exactly its lines."""
        for text, lines in CASES:
            with self.subTest(text):
                error = self.assertRaises(Mistakes, planOf, text)
                self.assertEqual(list(error.lines), lines)

    def test_oneLineEach(self) -> None:
        """Whatever somebody's code says, a mistake stays one line."""
        for _, lines in CASES:
            for line in lines:
                self.assertNotIn("\n", line)

    def test_all(self) -> None:
        """A wrong address and two wrong providers are three lines."""
        text = "node.listen = 'tcp:1'\nproviders.a.class = 'x:Y'\nproviders.b.class = 'X'"
        error = self.assertRaises(Mistakes, planOf, text)
        self.assertEqual(len(error.lines), 3)

    def test_readerAndClasses(self) -> None:
        """A misspelt key hides no wrong class: both are told, in the order of the file, whoever found them."""
        lame = "class = 'tests.nodes.components:NoProvide'"
        good = "class = 'tests.nodes.components:Good'"
        text = (
            f"[providers.z]\n{lame}\n[providers.host]\n{good}\nintervall = '1s'\n"
            f"[providers.load]\n{lame}\n[node]\nlisten = 'tcp:1'\n[x]\n"
        )
        error = self.assertRaises(Mistakes, planOf, text)
        missing = (
            '"tests.nodes.components:NoProvide" does not provide ISimpleDataProvider: '
            "missing provide(); correct the class, or name another"
        )
        first, second, third, fourth, fifth = error.lines
        self.assertEqual(first, f"vo.toml:2:9: providers.z.class {missing}")
        self.assertEqual(
            second,
            'vo.toml:5:1: providers.host: unknown key "intervall"; did you mean "interval"?',
        )
        self.assertEqual(third, f"vo.toml:7:9: providers.load.class {missing}")
        self.assertEqual(fourth[:27], "vo.toml:9:10: node.listen: ")
        self.assertEqual(fifth[:20], "vo.toml:10:2: unknow")

    def test_notTwice(self) -> None:
        """A section that does not read well is told once: nothing is concluded of what is left of it."""
        text = "[node]\nlisten = 'tcp:1'\ninsecure = 1\n[providers.a]\nclass = 'x:Y'\nwait = 1\n"
        error = self.assertRaises(Mistakes, planOf, text)
        self.assertEqual([line[:12] for line in error.lines], ["vo.toml:3:12", "vo.toml:6:1:"])

    def test_insecure(self) -> None:
        """Spelled out, and with a URL for its handles, a node may listen everywhere."""
        plan = planOf("[node]\nlisten = 'tcp:1'\ninsecure = true\npublic_url = 'http://h:1'")
        self.assertFalse(plan.isLocal)
        self.assertEqual(plan.publicUrl, "http://h:1")
