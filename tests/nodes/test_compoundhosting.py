"""What compound nodes offer, and what they want: the event types that directories are told."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.nodes.compoundhosting import offeredOf, wantedOf
from gma_twisted.nodes.kind import FILTER, REPUBLISHER, SUMMARISER, NodeKind
from tests.nodes.plans import planOf


def offered(kind: NodeKind, text: str = "") -> list[str]:
    """Names of what it has."""
    return [one.name for one in offeredOf(planOf(text, kind=kind))]


class OfferedTests(SynchronousTestCase):
    """What it has."""

    def test_republished(self) -> None:
        """Events have other names behind a republisher: what is asked for by these finds it."""
        taken = "[consumer]\nevent_types = ['host.*', 'Load']\n"
        for text, names in (
            ("", ["*"]),
            ("[republish]\nprefix = 'cern.'\n", ["cern.*"]),
            (f"{taken}[republish]\nprefix = 'cern.'\n", ["cern.host.*", "cern.Load"]),
            (f"{taken}[republish]\nrename = {{ Load = 'host.load' }}\n", ["host.*"]),
            (
                f"{taken}[republish]\nprefix = 'cern.'\n"
                "rename = { Load = 'load', 'host.cpu' = 'cpu', other = 'another' }\n",
                ["cern.host.*", "cern.load", "cern.cpu"],
            ),
            ("[republish]\nprefix = 'cern.'\nrename = { Load = 'load' }\n", ["cern.*"]),
            ("[producer]\nevent_types = 'mine'\n[republish]\nprefix = 'cern.'\n", ["mine"]),
        ):
            self.assertEqual(offered(REPUBLISHER, text), names, text)

    def test_many(self) -> None:
        """More names than an entry may have are told by one pattern; one that no event can have, not at all."""
        names = ", ".join(f"'host.{number}' = 'x{number}'" for number in range(64))
        text = f"[consumer]\nevent_types = 'host.*'\n[republish]\nprefix = 'a.'\nrename = {{ {names} }}\n"
        self.assertEqual(offered(REPUBLISHER, text), ["a.*"])
        taken = "[consumer]\nevent_types = ['b', '" + "c" * 200 + "']\n"
        prefix = "p" * 100
        text = f"{taken}[republish]\nprefix = '{prefix}'\n"
        self.assertEqual(offered(REPUBLISHER, text), [f"{prefix}b"])

    def test_others(self) -> None:
        """A filter and a summariser say it in their sections; all want what they take."""
        self.assertEqual(offered(FILTER, "[filter]\nevent_types = 'host.*'\n"), ["host.*"])
        text = "[summarise.one]\nevents = 'host.*'\n"
        self.assertEqual(offered(SUMMARISER, text), ["summary.host.*"])
        wanted = wantedOf(planOf(text, kind=SUMMARISER))
        self.assertEqual([one.name for one in wanted], ["host.*"])
