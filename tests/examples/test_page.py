"""docs/testing.md shows the examples as they are, and names all of the kit."""

import re

from twisted.trial.unittest import SynchronousTestCase

import gma_twisted.testing
from tests.examples.page import PAGE, fillExamples
from tests.readme import ROOT, readBlocks


class TestingPageTests(SynchronousTestCase):
    """docs/testing.md."""

    def setUp(self) -> None:
        """Read it."""
        self.text = PAGE.read_text("utf-8")

    def test_examples(self) -> None:
        """Its blocks are pieces of examples, word by word; `python -m tests.examples.page` writes them."""
        self.assertEqual(fillExamples(self.text), self.text)
        shown = self.text.count("<!-- from examples/")
        self.assertEqual(shown, len(re.findall(r"^```(?:python|toml)$", self.text, re.MULTILINE)))
        self.assertGreater(shown, 10)

    def test_stale(self) -> None:
        """A block that differs is written anew."""
        block = readBlocks("docs/testing.md", "python")[0].text
        self.assertEqual(fillExamples(self.text.replace(block, "old = 1\n", 1)), self.text)

    def test_names(self) -> None:
        """Whatever the kit offers is spoken of."""
        named = set(re.findall(r"`(\w+)`", self.text))
        self.assertEqual(set(gma_twisted.testing.__all__) - named, set())

    def test_links(self) -> None:
        """Every link to a file leads to one."""
        targets = re.findall(r"\]\((?!https?:)([^)#]+)", self.text)
        self.assertEqual([one for one in targets if not (PAGE.parent / one).is_file()], [])

    def test_menu(self) -> None:
        """The page is in the menu."""
        self.assertIn(": testing.md\n", (ROOT / "mkdocs.yml").read_text("utf-8"))
