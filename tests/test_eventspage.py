"""docs/events.md does what it says: its events, templates, filters, XML and JSON."""

import json
import re
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup.eventfilter import compileFilter
from gma_twisted.model import EventFilter, FilterLanguage
from gma_twisted.model.units import unitOf
from tests.readme import ROOT, readBlocks

_PAGE = "docs/events.md"


class PageTests(SynchronousTestCase):
    """The page, from top to bottom."""

    def setUp(self) -> None:
        """Run what is in Python; it asserts what it says."""
        if not (ROOT / _PAGE).exists():
            self.skipTest("the documentation is not installed")
        self.names: dict[str, Any] = {}
        self.blocks = readBlocks(_PAGE)
        for block in self.blocks:
            if block.language == "python":
                exec(block.text, self.names)

    def _texts(self, language: str) -> list[str]:
        return [block.text for block in self.blocks if block.language == language]

    def test_everyBlock(self) -> None:
        """There is no block that is not looked at."""
        found = {block.language for block in self.blocks}
        self.assertEqual(found, {"python", "filter", "xpath", "xml", "json"})

    def test_filters(self) -> None:
        """Every filter of the page passes its event."""
        for language, name in (
            (FilterLanguage.COMPARISON, "filter"),
            (FilterLanguage.XPATH, "xpath"),
        ):
            (lines,) = self._texts(name)
            self.assertGreater(len(lines.splitlines()), 3)
            for line in lines.splitlines():
                self.assertTrue(
                    compileFilter(EventFilter(language, line))(self.names["event"]), line
                )

    def test_xml(self) -> None:
        """The XML is the one shown, but for line ends."""
        (shown,) = self._texts("xml")
        self.assertEqual(self.names["xml"], shown.replace("\n", ""))

    def test_json(self) -> None:
        """The JSON is the one shown, to the type of each number."""
        (shown,) = self._texts("json")
        self.assertEqual(repr(json.loads(self.names["line"])), repr(json.loads(shown)))
        self.assertEqual(self.names["readEventJSON"](shown), self.names["event"])

    def test_units(self) -> None:
        """Every unit in the table is known, and of what its row says."""
        rows = re.findall(r"^\| (.+?) \| (.+?) \|", (ROOT / _PAGE).read_text(), re.MULTILINE)
        seen = 0
        for dimension, base in rows:
            if dimension not in ("data", "time", "frequency", "ratio", "temperature", "count"):
                continue
            for unit in re.findall("`([^`]+)`", base):
                found = unitOf(unit)
                assert found is not None, unit
                self.assertEqual(found.dimension, dimension)
                seen += 1
        self.assertGreater(seen, 40)
