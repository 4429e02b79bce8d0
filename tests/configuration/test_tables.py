"""The documentation's tables are the declarations."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import gma_twisted
from gma_twisted.configuration import Configuration, readConfiguration
from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.limits import LimitsSection
from gma_twisted.configuration.reader import NAMED, SINGLE
from gma_twisted.configuration.tables import fillTables

PAGE = Path(gma_twisted.__file__).parent.parent / "docs" / "configuration.md"


class TableTests(SynchronousTestCase):
    """What an operator reads is what the node reads."""

    def test_page(self) -> None:
        """docs/configuration.md holds today's tables; `python -m gma_twisted.configuration.tables` writes them."""
        if not PAGE.exists():
            self.skipTest("the documentation is not installed")
        page = PAGE.read_text("utf-8")
        # Beside those: service data, and the rules of a registry.
        self.assertEqual(page.count("<!-- keys: "), len(SINGLE) + len(NAMED) + 3)
        self.assertEqual(fillTables(page), page)

    def test_fill(self) -> None:
        """A table that is out of date is replaced, what is around it stays."""
        page = "a\n<!-- keys: node -->\n| old |\n| older |\nb\n"
        filled = fillTables(page)
        self.assertTrue(filled.startswith("a\n<!-- keys: node -->\n\n| key | value |"), filled)
        self.assertTrue(filled.endswith("|\n\nb\n"), filled)
        self.assertNotIn("old", filled)
        self.assertIn("| `insecure` | `true` or `false` | `false` |", filled)

    def test_defaultsAreTOML(self) -> None:
        """What the page shows as the default of a bound can be written into the file and changes nothing."""
        lines = [f"{one.name} = {one.kind.write(one.default)}" for one in keys(LimitsSection)]
        configuration, _ = readConfiguration("[limits]\n" + "\n".join(lines), "x")
        self.assertEqual(configuration, Configuration())
