"""What of a configuration concerns compound nodes, against the kind of the node."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Mistakes
from gma_twisted.nodes import INDEX, NodeKind
from gma_twisted.nodes.kind import (
    ARCHIVER,
    CONSUMER,
    CONSUMER_PATH,
    FILTER,
    KINDS,
    PRODUCER,
    REPUBLISHER,
    SUMMARISER,
)
from tests.nodes.plans import planOf

OWN = {
    ARCHIVER: "[archive]\nkeep_time = '2d'\n",
    FILTER: "[filter]\nwhere = 'a > 1'\nxpath = 'gmae:field'\n",
    SUMMARISER: "[summarise.one]\nwindow = '2m'\n",
    REPUBLISHER: "[republish]\nprefix = 'a.'\n",
}
DIRECTORY = "[register.vo]\nat = 'http://127.0.0.1:8481/services/directory'\n"


class FitsTests(SynchronousTestCase):
    """Each kind has its sections."""

    def mistakes(self, kind: NodeKind, text: str) -> list[str]:
        """The lines about what is wrong."""
        return list(self.assertRaises(Mistakes, planOf, text, kind=kind).lines)

    def test_own(self) -> None:
        """A section is of one kind, and a mistake at every other."""
        for kind, text in OWN.items():
            planOf(text, kind=kind)
            for other in (*OWN, INDEX, PRODUCER, CONSUMER):
                if other is not kind:
                    (line,) = self.mistakes(other, text)
                    self.assertIn(f"a {other.command} ", line)
                    self.assertIn("start another kind of node", line)

    def test_roles(self) -> None:
        """Leases and event types are the operator's; what is published and what becomes of events is not."""
        for kind in OWN:
            planOf(
                "[producer]\nevent_types = 'a'\nmax_lifetime = '2d'\n"
                "[consumer]\nevent_types = 'a'\nopen = true\n[subscribe.one]\nat = 'http://127.0.0.1:8490'\n",
                kind=kind,
            )
            for text in (
                "[producer]\nclass = 'a:B'\n",
                "[producer]\nnames = ['ogsi:*']\n",
                "[consumer]\nclass = 'a:B'\n",
                "[consumer]\noutput = 'print'\n",
                "[consumer]\ngood = '2m'\n",
                "[subscribe.one]\nat = 'http://127.0.0.1:8490'\ngrace = '2m'\n",
                "[providers.host]\nclass = 'SimpleSystemInformationProvider'\n",
                "[services.consumer]\nclass = 'tests.nodes.components:Good'\n",
            ):
                lines = self.mistakes(kind, text)
                self.assertTrue(
                    any(kind.command in line or "is taken" in line for line in lines), lines
                )

    def test_filters(self) -> None:
        """A filter that cannot be read is told with its place."""
        (line,) = self.mistakes(FILTER, "[filter]\nwhere = 'a >'\n")
        self.assertIn("2:9: filter.where: ", line)
        (line,) = self.mistakes(FILTER, "[filter]\nxpath = '//a//b'\n")
        self.assertIn("2:9: filter.xpath: ", line)

    def test_registered(self) -> None:
        """A directory is told of both services, or of those that are named; a registry of the main one."""
        for kind in OWN:
            plan = planOf(DIRECTORY, kind=kind)
            self.assertEqual(plan.register["vo"].services, (kind.path, CONSUMER_PATH))
            plan = planOf(DIRECTORY + f"services = '{CONSUMER_PATH}'\n", kind=kind)
            self.assertEqual(plan.register["vo"].services, (CONSUMER_PATH,))
            plan = planOf(
                "[register.vo]\nat = 'http://127.0.0.1:8481/services/registry'\n", kind=kind
            )
            self.assertEqual(plan.register["vo"].services, (kind.path,))
            (line,) = self.mistakes(kind, DIRECTORY + "services = '/services/container'\n")
            self.assertIn("producers and consumers", line)

    def test_offers(self) -> None:
        """Rules may be of the operations of both services."""
        for kind in OWN:
            paths = {one.path for one in planOf("", kind=kind).offers}
            self.assertTrue({kind.path, CONSUMER_PATH} <= paths)

    def test_kinds(self) -> None:
        """They run no providers and have no class of the operator's; each has a port of its own."""
        for kind in OWN:
            self.assertFalse(kind.runsProviders)
            self.assertEqual(kind.serverSection, "")
            self.assertEqual(planOf("", kind=kind).setups, [])
        self.assertEqual(len({one.port for one in KINDS.values()}), len(KINDS))
