"""A node that is started with a provider file, and with what the file becomes as TOML."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Draft, Mistakes, readDraft
from gma_twisted.configuration.gt3 import join
from gma_twisted.configuration.writing import toTOML
from gma_twisted.nodes import INDEX, Plan, makePlan
from gma_twisted.timing import NodeClock
from tests.configuration.gt3.broken import executed, installed
from tests.configuration.gt3.classes import FILES, read
from tests.nodes.plans import runtimeOf

WHOLE = ("index-service-config-3.2.xml", "registration_config.xml")


def planOf(draft: Draft) -> Plan:
    """The plan of an index."""
    runtime = runtimeOf(NodeClock(Clock(), lambda: 0.0))
    return makePlan(INDEX, draft, runtime, {"HOME": "/home/gma"})


def joined(*texts: str | bytes) -> Draft:
    """Provider files beside an empty configuration."""
    draft = readDraft("", "")
    for text in texts:
        draft = join(draft, read(text))
    return draft


class PlanTests(SynchronousTestCase):
    """Provider files are planned as TOML is."""

    def test_starts(self) -> None:
        """Files with Java names are a node as they are."""
        plan = planOf(joined(*((FILES / name).read_bytes() for name in WHOLE)))
        self.assertEqual(
            [(one.name, one.interval) for one in plan.setups],
            [("SystemInformation", 60.0), ("Script-Execution", 0.0), ("Script-Execution-2", 300.0)],
        )
        self.assertEqual((len(plan.aggregate), len(plan.register)), (1, 2))

    def test_sameNode(self) -> None:
        """Their conversion to TOML gives the same node."""
        for names in (WHOLE, ("index-service-config-3.0.xml",), ("indexservice.providers",)):
            draft = joined(*((FILES / name).read_bytes() for name in names))
            text = toTOML(draft.checked()[0])
            again = readDraft(text, "vo.toml")
            self.assertEqual(again.checked()[0], draft.configuration)
            one, other = planOf(draft), planOf(again)
            self.assertEqual(
                [
                    (each.name, each.implementation, each.arguments, each.interval)
                    for each in one.setups
                ],
                [
                    (each.name, each.implementation, each.arguments, each.interval)
                    for each in other.setups
                ],
            )
            self.assertEqual((one.aggregate, one.register), (other.aggregate, other.register))

    def test_laterMistakes(self) -> None:
        """What is wrong with a class is told where the provider file names it."""
        text = installed("class='tests.nodes.components:Goood'")
        error = self.assertRaises(Mistakes, planOf, joined(text))
        self.assertEqual(
            error.message,
            'gt3.xml:3:23: providers.Goood.class "tests.nodes.components:Goood": module '
            '"tests.nodes.components" has no class "Goood"; did you mean "Good"?',
        )

    def test_once(self) -> None:
        """What is wrong with arguments is told once."""
        text = executed("<serviceDataProviderArgs>x=1</serviceDataProviderArgs>")
        error = self.assertRaises(Mistakes, planOf, joined(text))
        self.assertEqual(
            error.message,
            "gt3.xml:8:29: providers.SimpleSystemInformationProvider.arguments: "
            'SimpleSystemInformationProvider: unknown argument "x"; known are uniqueID',
        )
