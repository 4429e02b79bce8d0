"""docs/cli.md says what there is."""

import re
import tomllib

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.command.failures import Exit
from gma_twisted.command.main import VERBS
from gma_twisted.command.place import Place
from gma_twisted.configuration import readConfiguration
from gma_twisted.model import Whose
from tests.readme import ROOT, readBlocks

_PAGE = "docs/cli.md"


class PageTests(SynchronousTestCase):
    """What the page says that is not run."""

    def setUp(self) -> None:
        """Read it."""
        if not (ROOT / _PAGE).exists():
            raise SkipTest("the documentation is not installed")
        self.text = (ROOT / _PAGE).read_text()

    def rows(self, start: str) -> list[list[str]]:
        """The cells of the table under a head."""
        table = self.text.split(f"| {start} |", 1)[1].split("\n\n", 1)[0]
        return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]

    def test_verbs(self) -> None:
        """There is a section for each verb, with an example of it, and none for others."""
        sections = re.findall(r"^## gma ([\w-]+)\n(.*?)(?=^## |\Z)", self.text, re.M | re.S)
        self.assertEqual(sorted(name for name, _ in sections), sorted(VERBS))
        for name, text in sections:
            self.assertRegex(text, rf"(?s)```\n(?:[^`]*\n)?[^`]*\bgma {name} [^`]*```", name)

    def test_statuses(self) -> None:
        """The exit statuses are those there are."""
        self.assertEqual([int(row[0]) for row in self.rows("status | means")], list(Exit))

    def test_owners(self) -> None:
        """Every word of whose things is explained."""
        section = self.text.split("\n## gma policy\n", 1)[1].split("\n## ", 1)[0]
        for one in Whose:
            self.assertIn(f"`{one.value}`", section)

    def test_nodes(self) -> None:
        """Every form of NODE is one."""
        for row in self.rows("NODE | is"):
            for text in re.findall(r"`([^`]+)`", row[0]):
                self.assertTrue(Place.parse(text).base.startswith("http"))

    def test_configuration(self) -> None:
        """The configuration has no mistake."""
        for block in readBlocks(_PAGE, "toml"):
            self.assertTrue(tomllib.loads(block.text))
            readConfiguration(block.text, "vo.toml")
