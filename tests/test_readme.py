"""README.md keeps its promises: commands that exist, blocks that parse, links that lead somewhere."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import readConfiguration
from gma_twisted.nodes.index import Options
from gma_twisted.nodes.kind import KINDS
from tests.readme import ROOT, readBlocks

PAGES = ("README.md", "docs/howto-provider.md")


class READMETests(SynchronousTestCase):
    """What can be checked without running it."""

    def setUp(self) -> None:
        """Read it."""
        self.text = (ROOT / "README.md").read_text()

    def test_firstCommands(self) -> None:
        """The first block is the two commands a newcomer needs."""
        first = readBlocks("README.md")[0].text.splitlines()
        self.assertEqual(
            [line.partition("#")[0].strip() for line in first], ["make run", "make test"]
        )

    def test_targets(self) -> None:
        """Every make target it names is one of the Makefile."""
        named = set(re.findall(r"^make (\w+)|`make (\w+)", self.text, re.MULTILINE))
        makefile = (ROOT / "Makefile").read_text()
        there = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
        self.assertLessEqual({first or second for first, second in named}, there)

    def test_options(self) -> None:
        """The options it names are the ones the node has."""
        sentence = re.search(r"names the options: (.*?)\.\n", self.text, re.DOTALL)
        assert sentence is not None
        named = set(re.findall(r"`(-[a-z-]+)", sentence[1]))
        options = Options()
        there = {f"--{option.rstrip('=')}" for option in options.longOpt}
        there |= {f"-{letter}" for letter in options.shortOpt.replace(":", "")}
        self.assertLessEqual(named, there)
        self.assertGreater(len(named), 4)

    def test_tenLines(self) -> None:
        """The provider has ten lines that say something, imports left out."""
        block = readBlocks("README.md", "python")[0].text
        lines = [
            line for line in block.splitlines() if line and not line.startswith(("import", "from"))
        ]
        self.assertLessEqual(len(lines), 10)

    def test_links(self) -> None:
        """Every link to a file leads to one."""
        targets = re.findall(r"\]\((?!https?:)([^)#]+)", self.text)
        self.assertEqual([name for name in targets if not (ROOT / name).is_file()], [])
        self.assertGreater(len(targets), 4)


class BlockTests(SynchronousTestCase):
    """The blocks of README.md and of the provider page."""

    def test_python(self) -> None:
        """Python blocks compile."""
        blocks = [block for page in PAGES for block in readBlocks(page, "python")]
        self.assertEqual(len(blocks), 4)
        for block in blocks:
            ast.parse(block.text)

    def test_toml(self) -> None:
        """TOML blocks are configurations without a mistake."""
        blocks = [block for page in PAGES for block in readBlocks(page, "toml")]
        self.assertEqual(len(blocks), 5)
        for block in blocks:
            self.assertIn("providers", tomllib.loads(block.text))
            configuration, _ = readConfiguration(block.text, "vo.toml")
            self.assertEqual(len(configuration.providers), 1)

    def test_shell(self) -> None:
        """Blocks without a language are read by a shell."""
        for page in PAGES:
            for block in readBlocks(page, ""):
                if block.text.startswith(" "):
                    continue  # a drawing
                checked = subprocess.run(
                    ["/bin/sh", "-n"], input=block.text, capture_output=True, text=True, check=False
                )
                self.assertEqual(checked.stderr, "")

    def test_samePort(self) -> None:
        """Addresses in both pages are default ones."""
        there = {str(kind.port) for kind in KINDS.values()}
        for page in PAGES:
            ports = set(re.findall(r"127\.0\.0\.1:(\d+)", Path(ROOT / page).read_text()))
            self.assertIn("8480", ports)
            self.assertLessEqual(ports, there)
