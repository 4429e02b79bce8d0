"""What the command line of a compound node says."""

from gma_twisted.configuration import RegisterSection
from gma_twisted.nodes.archiver import Options as ArchiverOptions
from gma_twisted.nodes.compoundoptions import compoundOptions
from gma_twisted.nodes.filter import Options as FilterOptions
from gma_twisted.nodes.kind import KINDS
from gma_twisted.nodes.optionsof import optionsOf
from gma_twisted.nodes.republisher import Options as RepublisherOptions
from gma_twisted.nodes.summariser import Options as SummariserOptions
from tests.nodes.test_roleoptions import AT, DIRECTORY, OptionsCase


class ArchiverTests(OptionsCase):
    """C{gma-archiver}."""

    options = ArchiverOptions

    def test_all(self) -> None:
        """From where events come, where it is registered, and how long they are kept."""
        read = self.read(
            *("--subscribe", AT, "--subscribe", DIRECTORY, "--template", "host.*"),
            *("--look-back", "10m", "--register", DIRECTORY, "--keep-time", "2d"),
        )
        found = [(one.at and one.at.url, one.lookBack) for one in read.subscribe.values()]
        self.assertEqual(found, [(AT, 600.0), (DIRECTORY, 600.0)])
        self.assertEqual(read.archive.keepTime, 2 * 86400.0)
        (register,) = read.register.values()
        assert isinstance(register, RegisterSection)
        self.assertTrue(register.isDirectory)

    def test_seconds(self) -> None:
        """A time may be a number of seconds, as everywhere on the command line."""
        read = self.read("--keep-time", "30", "--subscribe", AT, "--look-back", "0.5")
        self.assertEqual(read.archive.keepTime, 30.0)
        self.assertEqual([one.lookBack for one in read.subscribe.values()], [0.5])

    def test_wrong(self) -> None:
        """Each mistake is one line that names the option."""
        self.assertIn("--keep-time", self.wrong("--keep-time", "long"))
        self.assertIn("--keep-time", self.wrong("--keep-time", "1.2.3"))
        self.assertIn("--keep-time", self.wrong("--keep-time", "\u0663"))
        self.assertIn("--template", self.wrong("--template", "a"))


class FilterTests(OptionsCase):
    """C{gma-filter}."""

    options = FilterOptions

    def test_where(self) -> None:
        """The filter of the node is another than that of its subscriptions."""
        read = self.read("--subscribe", AT, "--filter", "load > 1", "--where", "load < 9")
        self.assertEqual(read.filter.where, "load < 9")
        self.assertEqual([one.filter for one in read.subscribe.values()], ["load > 1"])


class SummariserTests(OptionsCase):
    """C{gma-summariser}."""

    options = SummariserOptions

    def test_fields(self) -> None:
        """One rule, of all the fields that are named."""
        read = self.read("--field", "load", "--field", "cpu/load", "--window", "10s")
        (rule,) = read.summarise.values()
        self.assertEqual((rule.fields, rule.window), (("load", "cpu/load"), 10.0))
        (rule,) = self.read("--window", "10").summarise.values()
        self.assertEqual((rule.fields, rule.window), ((), 10.0))
        self.assertEqual(self.read().summarise, {})

    def test_wrong(self) -> None:
        """Each mistake is one line that names the option."""
        self.assertIn("--field", self.wrong("--field", "a b"))
        self.assertIn("--window", self.wrong("--window", "soon"))


class RepublisherTests(OptionsCase):
    """C{gma-republisher}."""

    options = RepublisherOptions

    def test_prefix(self) -> None:
        """What is put before the names."""
        self.assertEqual(self.read("--prefix", "cern.").republish.prefix, "cern.")

    def test_each(self) -> None:
        """Who starts no node finds the options of its kind."""
        for kind in KINDS.values():
            if kind.isCompound:
                options = optionsOf(kind, "x.toml")
                self.assertIs(type(options), type(compoundOptions(kind)))
                self.assertEqual(options["config"], "x.toml")


del OptionsCase
