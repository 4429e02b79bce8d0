"""What the command line of a producer and of a consumer says."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Configuration, Output
from gma_twisted.errors import ConfigError
from gma_twisted.nodes.consumer import Options as ConsumerOptions
from gma_twisted.nodes.options import NodeOptions
from gma_twisted.nodes.producer import Options as ProducerOptions

AT = "http://127.0.0.1:8490/services/producer"
DIRECTORY = "http://127.0.0.1:8481/services/directory"


class OptionsCase(SynchronousTestCase):
    """One kind of options."""

    options: type[NodeOptions]

    def read(self, *words: str) -> Configuration:
        """What they come to; nothing is wrong."""
        options = self.options()
        options.parseOptions(words)
        return options.configuration().checked()[0]

    def wrong(self, *words: str) -> str:
        """The line about what is wrong, at once."""
        return str(self.assertRaises(SystemExit, self.options().parseOptions, words).code)


class ProducerTests(OptionsCase):
    """C{gma-producer}."""

    options = ProducerOptions

    def test_provider(self) -> None:
        """A provider runs on its interval; its section is called after its class."""
        for text, seconds in (("1", 1.0), ("0.5", 0.5), ("2m", 120.0)):
            read = self.read("--provider", "pkg.mod:Load", "--interval", text)
            self.assertEqual(list(read.providers), ["Load"])
            section = read.providers["Load"]
            self.assertEqual((section.implementation, section.interval), ("pkg.mod:Load", seconds))
        self.assertEqual(self.read("--provider", "pkg.mod:Load").providers["Load"].interval, 5.0)

    def test_class(self) -> None:
        """A class, and a directory it is registered at."""
        read = self.read("--class", "pkg.mod:Mine", "--register", DIRECTORY)
        self.assertEqual(read.producer.implementation, "pkg.mod:Mine")
        (section,) = read.register.values()
        self.assertTrue(section.isDirectory)
        options = self.options()
        options.parseOptions(["--register", "http://127.0.0.1:8481"])
        error = self.assertRaises(ConfigError, options.configuration().checked)
        self.assertIn("is a node, not a service", error.message)

    def test_wrong(self) -> None:
        """Each mistake is one line that names the option."""
        self.assertIn("--class", self.wrong("--class", "no class"))
        self.assertIn("--interval", self.wrong("--interval", "1"))
        self.assertIn("--interval", self.wrong("--provider", "a:B", "--interval", "soon"))
        self.assertIn("--register", self.wrong("--register", "nowhere"))

    def test_searched(self) -> None:
        """A class is looked for in the current directory when the command line names it."""
        options = ProducerOptions()
        options.parseOptions(["--class", "pkg.mod:Mine"])
        self.assertIn(str(Path.cwd()), options.searched())
        options = ProducerOptions()
        options.parseOptions([])
        self.assertEqual(options.searched(), "on PYTHONPATH")


class ConsumerTests(OptionsCase):
    """C{gma-consumer}."""

    options = ConsumerOptions

    def test_subscribe(self) -> None:
        """Several URLs have the same template, filter and look-back."""
        read = self.read(
            *("--subscribe", AT, "--subscribe", DIRECTORY, "--template", "host.*"),
            *("--filter", "load > 1", "--look-back", "10m"),
        )
        found = [
            (one.at and one.at.url, one.template, one.filter, one.lookBack)
            for one in read.subscribe.values()
        ]
        rest = ("host.*", "load > 1", 600.0)
        self.assertEqual(found, [(AT, *rest), (DIRECTORY, *rest)])

    def test_lines(self) -> None:
        """Where lines are listened for is told from where the node is by the scheme; both may be said."""
        read = self.read(
            *("--listen", "x-netlog://127.0.0.1:1", "--listen", "tcp:2:interface=127.0.0.1"),
            *("--listen", "x-netlog-udp://127.0.0.1:1"),
        )
        self.assertEqual(
            [str(one) for one in read.consumer.listen],
            ["x-netlog://127.0.0.1:1", "x-netlog-udp://127.0.0.1:1"],
        )
        self.assertEqual([one.port for one in read.node.listen], [2])
        self.assertIn("--listen", self.wrong("--listen", "x-netlog://host:1"))

    def test_outputs(self) -> None:
        """What becomes of the events; a file is named by its whole path."""
        self.assertIs(self.read("--print").consumer.output, Output.PRINT)
        stored = self.read("--store", "events").consumer
        self.assertEqual(
            (stored.output, stored.file), (Output.STORE, str(Path("events").absolute()))
        )
        to = "http://127.0.0.1:9/services/consumer"
        forwarded = self.read("--forward", to).consumer
        self.assertIs(forwarded.output, Output.FORWARD)
        self.assertEqual(forwarded.to and forwarded.to.url, to)
        self.assertEqual(self.read("--class", "a.b:C").consumer.implementation, "a.b:C")
        self.assertIsNone(self.read().consumer.output)

    def test_instead(self) -> None:
        """It wins over the file whatever that says."""
        file = Path(self.mktemp())
        file.write_text('[consumer]\nclass = "a.b:C"\narguments = { x = 1 }\nfiles = 7\n')
        read = self.read("-c", str(file), "--print").consumer
        self.assertEqual(
            (read.implementation, read.arguments, read.output, read.files),
            (None, None, Output.PRINT, 7),
        )

    def test_wrong(self) -> None:
        """Each mistake is one line that names the option."""
        self.assertIn("--subscribe", self.wrong("--subscribe", "nowhere"))
        self.assertIn("--template", self.wrong("--template", "x"))
        self.assertIn("--print", self.wrong("--print", "--store", "x"))
        self.assertIn("--look-back", self.wrong("--subscribe", AT, "--look-back", "long"))

    def test_mistakes(self) -> None:
        """What is wrong between an option and the file is told by the option."""
        file = Path(self.mktemp())
        file.write_text('[consumer]\nfile = "x"\noutput = "store"\n[node]\nname = "a b"\n')
        options = ConsumerOptions()
        options.parseOptions(["-c", str(file), "--print"])
        draft = options.configuration()
        self.assertEqual([one.path for one in draft.mistakes], [("node", "name")])
