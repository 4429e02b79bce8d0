"""The command line of a node, parsed from real arguments."""

import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Configuration, Listen, Mistakes
from gma_twisted.nodes.index import Options
from gma_twisted.nodes.registry import Options as RegistryOptions
from tests.configuration.gt3.classes import FILES


def parse(*words: str) -> Options:
    """Options of these words."""
    options = Options()
    options.parseOptions(list(words))
    return options


class OptionsTests(SynchronousTestCase):
    """What is asked on the command line."""

    def refused(self, *words: str) -> str:
        """The line these words are refused with."""
        error = self.assertRaises(SystemExit, parse, *words)
        return str(error.code)

    def test_none(self) -> None:
        """Nothing is needed."""
        configuration, source = parse().configuration().checked()
        self.assertEqual(configuration, Configuration())
        self.assertEqual(source.options, {})

    def test_all(self) -> None:
        """Each option arrives, --listen as often as it is given."""
        options = parse(
            "--listen",
            "tcp:1:interface=127.0.0.1",
            "--listen=tcp:2:interface=127.0.0.1",
            "--state-dir",
            "/s",
            "--name=n1",
            "--insecure",
        )
        node = options.configuration().configuration.node
        self.assertEqual(
            node.listen,
            (
                Listen("tcp:1:interface=127.0.0.1", "tcp", 1, "127.0.0.1"),
                Listen("tcp:2:interface=127.0.0.1", "tcp", 2, "127.0.0.1"),
            ),
        )
        self.assertEqual((node.stateDir, node.name, node.insecure), ("/s", "n1", True))

    def test_wins(self) -> None:
        """An option wins over the file; what it does not say stays."""
        path = Path(self.mktemp())
        path.write_text("[node]\nname = 'file'\nrole = 'site'\n")
        draft = parse("-c", str(path), "--name", "line").configuration()
        configuration, source = draft.checked()
        self.assertEqual((configuration.node.name, configuration.node.role), ("line", "site"))
        self.assertEqual(source.where(("node", "name")), "--name")
        self.assertEqual(source.where(("node", "role")), f"{path}:3:8: node.role")

    def test_mistakes(self) -> None:
        """Each mistake is one line that names option and cure."""
        cases = {
            ("--lisen", "x"): "option --lisen not recognized",
            (
                "--listen",
                "tcp:x",
            ): '--listen: "tcp:x": "x" is not a port; write a number from 0 to 65535',
            ("--name", "a b"): '--name: "a b" is not a name; use 1 to 64 letters, digits, dots, '
            "dashes, underscores",
            ("--state-dir", ""): '--state-dir: "" is not a text of 1 to 1024 characters; write '
            '"/var/lib/gma", for example',
            ("more",): 'unexpected word "more"',
            ("-c",): "option -c requires argument",
        }
        for words, message in cases.items():
            line = self.refused(*words)
            self.assertEqual(line, f"gma-index: {message}; --help names the options")

    def test_providers(self) -> None:
        """A provider file is added, with its doubts; modules are found beside it, or beside the configuration."""
        path = list(sys.path)
        self.addCleanup(sys.path.__setitem__, slice(None), path)
        xml = Path(self.mktemp()).absolute()
        xml.mkdir(mode=0o755)
        file = xml / "gt3.xml"
        file.write_bytes((FILES / "index-service-config-3.2.xml").read_bytes())
        options = parse("--providers", str(file), "--name", "n1")
        draft = options.configuration()
        configuration, source = draft.checked()
        self.assertEqual(configuration.node.name, "n1")
        self.assertIn("SystemInformation", configuration.providers)
        self.assertEqual(len(draft.doubts), 1)
        self.assertTrue(source.where(("providers", "SystemInformation")).startswith(f"{file}:15:"))
        self.assertIn(str(xml), options.searched())
        toml = Path(self.mktemp()).absolute()
        toml.mkdir(mode=0o755)
        (toml / "vo.toml").write_text("[providers.b]\nclass = 'm:C'")
        options = parse("--providers", str(file), "-c", str(toml / "vo.toml"))
        self.assertEqual(next(iter(options.configuration().configuration.providers)), "b")
        self.assertIn(str(toml), options.searched())

    def test_noProviders(self) -> None:
        """A kind of node that runs none has no such option."""
        error = self.assertRaises(SystemExit, RegistryOptions().parseOptions, ["--providers", "x"])
        self.assertIn("--providers not recognized", str(error.code))

    def test_twice(self) -> None:
        """The same endpoint twice is refused, by the option's name."""
        options = parse("--listen", "tcp:1", "--listen", "tcp:1")
        error = self.assertRaises(Mistakes, options.configuration().checked)
        self.assertEqual(error.message, "--listen: the same endpoint twice; leave one of them out")

    def test_fileTwice(self) -> None:
        """What the file alone says wrong is told once, where it stands, and not as an option."""
        path = Path(self.mktemp())
        path.write_text("[node]\nlisten = ['tcp:1', 'tcp:1']\n")
        error = self.assertRaises(Mistakes, parse("-c", str(path)).configuration().checked)
        self.assertEqual(
            error.message,
            f"{path}:2:10: node.listen: the same endpoint twice; leave one of them out",
        )
