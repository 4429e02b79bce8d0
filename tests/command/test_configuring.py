"""C{gma config}."""

import json
import re
import socket
import sys
from pathlib import Path

from lxml import etree

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.configuring import _KINDS, VERBS
from gma_twisted.configuration import readConfiguration
from gma_twisted.nodes.kind import KINDS
from tests.command.opened import opened
from tests.command.stand import CommandCase, run
from tests.configuration.broken import CASES
from tests.configuration.gt3.broken import CASES as BROKEN_FILES
from tests.configuration.gt3.classes import FILES
from tests.configuration.test_reader import WHOLE
from tests.nodes.components import Slow
from tests.nodes.refused import CASES as REFUSED

# Position, key or what stands there, what is wrong, and what an operator does about it.
_LINE = re.compile(
    r":\d+:\d+: .+; (?:write|leave|use|choose|give|make|set|save|correct|install|did you mean|known are|"
    "modules are looked for) .+"
)
_XML = "index-service-config-3.2.xml"


class ConfigCase(CommandCase):
    """Files in a directory of their own."""

    def setUp(self) -> None:
        """Make it; where modules are found is as before at the end."""
        super().setUp()
        self.caller = BlockingCaller()
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir(mode=0o755)
        path = list(sys.path)
        self.addCleanup(sys.path.__setitem__, slice(None), path)

    def write(self, text: str, name: str = "vo.toml") -> str:
        """A file. @return: its name"""
        (self.home / name).write_text(text, "utf-8")
        return str(self.home / name)


class CheckTests(ConfigCase):
    """C{gma config check}."""

    def test_good(self) -> None:
        """What the node would be is said, and nothing else."""
        for kind, words in (
            ("gma-index", "tcp:8480:interface=127.0.0.1; providers: system"),
            ("gma-registry", "tcp:8481:interface=127.0.0.1"),
            ("gma-rips", "tcp:8482:interface=127.0.0.1; providers: fork, system"),
            ("gma-mmjfs", "tcp:8483:interface=127.0.0.1"),
            ("gma-aggregator", "tcp:8484:interface=127.0.0.1"),
        ):
            said = self.gma("config", "check", self.write(""), "--kind", kind)
            self.assertEqual(said, f"{kind}: all right; listens on {words}\n")

    def test_kinds(self) -> None:
        """Every kind of node can be asked for."""
        self.assertEqual(list(_KINDS), list(KINDS))

    def test_broken(self) -> None:
        """Every broken configuration: all its lines and their number, on the standard error, and exit status 1."""
        searched = "looked for on PYTHONPATH"
        for text, lines in (*CASES, *REFUSED):
            name = self.write(text)
            with opened() as touched:
                said = self.fails(1, "config", "check", name).splitlines()
            self.assertEqual(touched, [], text)
            expected = [
                line.replace("vo.toml", name).replace(searched, f"{searched} and in {self.home}")
                for line in lines
            ]
            count = [f"{len(lines)} errors"] if len(lines) > 1 else []
            self.assertEqual(said, [*expected, *count])
            for line in expected:
                self.assertRegex(line.removeprefix(name), _LINE)
        self.assertGreater(len(CASES) + len(REFUSED), 160)

    def test_brokenProviders(self) -> None:
        """So is every broken provider file beside a configuration."""
        name = self.write("")
        for text, lines in BROKEN_FILES:
            providers = self.write(text, "gt3.xml")
            with opened() as touched:
                said = self.fails(1, "config", "check", name, "--providers", providers).splitlines()
            self.assertEqual(touched, [], text)
            told = [one for one in said if ": warning: " not in one and not one.endswith(" errors")]
            # Beside them are those of classes, which are not looked at when the file alone is read.
            expected = [line.replace("gt3.xml", providers, 1) for line in lines]
            self.assertEqual([line for line in told if line in expected], expected)
            for line in told:
                self.assertRegex(line.removeprefix(providers), _LINE)

    def test_opened(self) -> None:
        """What watches whether something is opened sees it."""
        with opened() as touched:
            self.write("", "other")
            socket.socket().close()
            Path(self.home / "one").mkdir()
        self.assertEqual(len(touched), 2, touched)

    def test_notRun(self) -> None:
        """A good provider beside a mistake is made, to see whether it can be, and never run."""
        text = "[providers.a]\nclass = 'tests.nodes.components:Slow'\ninterval = '0s'\n[nod]"
        before = list(Slow.waiting)
        self.fails(1, "config", "check", self.write(text))
        self.assertEqual(Slow.waiting, before)

    def test_unreadable(self) -> None:
        """A file that is not there."""
        self.assertEqual(
            self.fails(1, "config", "check", "nowhere/vo.toml"),
            "nowhere/vo.toml: cannot be read: No such file or directory; name a file that can be read",
        )

    def test_doubts(self) -> None:
        """What may not be meant is a warning, also beside mistakes; the status is that of the rest."""
        name = self.write("[providers.a]\ncommand = ['/nowhere/x']\n")
        ended = run(self.caller, "config", "check", name)
        self.assertEqual(ended.exit_code, 0)
        self.assertIn("providers.a.command: warning: program /nowhere/x cannot", ended.stderr)
        self.assertIn("all right", ended.stdout)
        said = self.fails(
            1, "config", "check", self.write("[nod]"), "--providers", str(FILES / _XML)
        ).splitlines()
        self.assertEqual(len(said), 2)
        self.assertIn("warning: ", said[0])
        self.assertIn('unknown section "nod"', said[1])

    def test_providers(self) -> None:
        """A provider file is checked with it: its providers are there, its mistakes are told with the others."""
        name = self.write("[node]\nname = 'a b'\n[providers.SystemInformation]\nclass = 'x.y:Z'\n")
        said = self.fails(1, "config", "check", name, "--providers", str(FILES / _XML))
        self.assertIn(f"{name}:2:8: node.name: ", said)
        self.assertIn(f"{_XML}:15:5: providers.SystemInformation: the same name as {name}:3:", said)
        ended = run(
            self.caller, "config", "check", self.write(""), "--providers", str(FILES / _XML)
        )
        self.assertIn("providers: SystemInformation, Script-Execution,", ended.stdout)

    def test_noProviders(self) -> None:
        """A kind that runs none takes no provider file: exit status 2."""
        words = ("config", "check", self.write(""), "--kind", "gma-registry", "--providers", "x")
        self.assertIn("a gma-registry runs no providers", self.fails(2, *words))


class ShowTests(ConfigCase):
    """C{gma config show}."""

    def test_same(self) -> None:
        """What is printed reads back as the same, with defaults or without."""
        name = self.write(WHOLE)
        configuration, _ = readConfiguration(WHOLE, name)
        for words in ((), ("--effective",)):
            said = self.gma("config", "show", name, *words)
            self.assertEqual(readConfiguration(said, "x")[0], configuration)

    def test_effective(self) -> None:
        """Keys that have their defaults are shown only when they are asked for."""
        name = self.write("[node]\nname = 'x'")
        self.assertEqual(self.gma("config", "show", name), '[node]\nname = "x"\n')
        effective = self.gma("config", "show", "--effective", name)
        self.assertIn('default_lifetime = "5m"\n', effective)

    def test_providers(self) -> None:
        """What a provider file says is among it, as a node has it; what is doubted of it is a warning."""
        name = self.write("[node]\nname = 'x'")
        ended = run(self.caller, "config", "show", name, "--providers", str(FILES / _XML))
        self.assertEqual(ended.exit_code, 0)
        found = readConfiguration(ended.stdout, "x")[0]
        self.assertEqual(found.node.name, "x")
        alone = run(self.caller, "config", "convert", str(FILES / _XML))
        self.assertEqual(alone.stderr, ended.stderr)
        self.assertEqual(found.providers, readConfiguration(alone.stdout, "x")[0].providers)
        bad = self.write("<serviceConfiguration><x/></serviceConfiguration>", "gt3.xml")
        said = self.fails(1, "config", "show", name, "--providers", bad)
        self.assertIn('unknown element "x"', said)

    def test_refused(self) -> None:
        """Mistakes are told as check tells them."""
        said = self.fails(1, "config", "show", self.write("[nod]\n[nodf]"))
        self.assertEqual(len(said.splitlines()), 3)
        self.assertTrue(said.endswith("\n2 errors"))


class DiffTests(ConfigCase):
    """C{gma config diff}."""

    def test_none(self) -> None:
        """Another way to write the same is no difference."""
        one = self.write("[limits]\nmax_body = '1MiB'\n[registry]\ntombstones = '60s'")
        other = self.write(
            "registry.tombstones = '1m'\nlimits.max_body = '1024KiB' # more\n", "new.toml"
        )
        self.assertEqual(self.gma("config", "diff", one, other), "")
        self.assertEqual(json.loads(self.gma("config", "diff", one, other, "-o", "json")), [])

    def test_some(self) -> None:
        """Each key is a row, and the exit status is 1."""
        one = self.write("[providers.a]\ncommand = ['/bin/x']\ninterval = '5s'")
        other = self.write("[providers.a]\ncommand = ['/bin/x']\ninterval = '1m'", "new.toml")
        ended = run(self.caller, "config", "diff", one, other)
        self.assertEqual((ended.exit_code, ended.stderr), (1, ""))
        self.assertEqual(
            [line.split() for line in ended.stdout.splitlines()],
            [["SECTION", "KEY", "OLD", "NEW"], ["providers.a", "interval", '"5s"', '"1m"']],
        )
        ended = run(self.caller, "config", "diff", one, other, "-o", "json")
        self.assertEqual(
            json.loads(ended.stdout),
            [{"section": "providers.a", "key": "interval", "old": '"5s"', "new": '"1m"'}],
        )
        ended = run(self.caller, "config", "diff", one, other, "-o", "xml")
        self.assertEqual(etree.fromstring(ended.stdout)[0][0].text, "providers.a")

    def test_refused(self) -> None:
        """A file with mistakes is compared with nothing."""
        good = self.write("")
        bad = self.write("[nod]", "bad.toml")
        for words in ((good, bad), (bad, good)):
            self.assertIn("bad.toml:1:2: ", self.fails(1, "config", "diff", *words))


class ConvertTests(ConfigCase):
    """C{gma config convert}."""

    def test_converted(self) -> None:
        """TOML on the standard output, doubts on the standard error."""
        ended = run(self.caller, "config", "convert", str(FILES / _XML))
        self.assertEqual(ended.exit_code, 0)
        configuration, _ = readConfiguration(ended.stdout, "vo.toml")
        self.assertIn("SystemInformation", configuration.providers)
        self.assertEqual(len(ended.stderr.splitlines()), 1)
        self.assertIn(f"{_XML}:17:46: ", ended.stderr)

    def test_refused(self) -> None:
        """Every mistake is told, and there is no TOML."""
        said = self.fails(1, "config", "convert", self.write("<serviceConfiguration><x/><y/>", "a"))
        self.assertIn(":1:", said)
        said = self.fails(
            1,
            "config",
            "convert",
            self.write("<serviceConfiguration><x/><y/></serviceConfiguration>"),
        )
        self.assertEqual(len(said.splitlines()), 3)


class GroupTests(CommandCase):
    """The verbs of it."""

    def test_help(self) -> None:
        """Every verb has an example on one line, and what it does in full in the list."""
        self.caller = BlockingCaller()
        told = run(self.caller, "config", "-h").stdout
        for verb in VERBS:
            (line,) = (one for one in told.splitlines() if one.split()[:1] == [verb])
            self.assertFalse(line.endswith("..."), line)
            paragraphs = run(self.caller, "config", verb, "-h").stdout.split("\n\n")
            (example,) = (one for one in paragraphs if "Example: " in one)
            self.assertEqual(len(example.splitlines()), 1)
            self.assertIn(f"gma config {verb} ", example)

    def test_unknown(self) -> None:
        """Another verb: which is like it."""
        self.caller = BlockingCaller()
        self.assertIn('did you mean "check"?', self.fails(2, "config", "chek"))
