"""The pages that are made of the code say what the code says."""

import re
from io import StringIO
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted import errors
from gma_twisted.errors import GMAError
from gma_twisted.nodes.errorpage import CURES, codes, errorPage, plain
from gma_twisted.nodes.operationpage import offers, operationPage
from gma_twisted.nodes.reference import PAGES, main
from gma_twisted.soap import PortType, porttypes
from gma_twisted.soap.types import prefixed
from tests.readme import ROOT


def _heads(page: str) -> list[str]:
    """The texts of its headings below the title."""
    return re.findall(r"^##+ (.+)$", page, re.MULTILINE)


class ReferenceTests(SynchronousTestCase):
    """Both pages."""

    def test_pages(self) -> None:
        """They are as `python -m gma_twisted.nodes.reference` writes them."""
        if not (ROOT / "docs").exists():
            raise SkipTest("the documentation is not installed")
        for name, write in PAGES.items():
            self.assertEqual((ROOT / "docs" / name).read_text("utf-8"), write(), name)

    def test_main(self) -> None:
        """Every page is written, and named."""
        directory, out = Path(self.mktemp()), StringIO()
        directory.mkdir()
        main(directory, out)
        self.assertEqual(sorted(one.name for one in directory.iterdir()), sorted(PAGES))
        self.assertEqual(out.getvalue().split(), [str(directory / name) for name in PAGES])

    def test_links(self) -> None:
        """Links from page to page and inside lead to headings."""
        written = {name: write() for name, write in PAGES.items()}
        places = {name: {head.lower() for head in _heads(page)} for name, page in written.items()}
        for name, page in written.items():
            for target, place in re.findall(r"\]\((\w*\.?md|)#(\w+)\)", page):
                if (target or name) in places:
                    self.assertIn(place, places[target or name], name)
            self.assertNotRegex(page, r"[CL]\{|WIRE")


class OperationTests(SynchronousTestCase):
    """operations.md."""

    def test_whole(self) -> None:
        """Each port type there is has a section, and each of its operations and names of service data."""
        page = operationPage()
        heads = _heads(page)
        there = [one for one in vars(porttypes).values() if isinstance(one, PortType)]
        self.assertEqual(len(there), len(porttypes.__all__))
        every = [one.name.localName for one in there]
        every += [operation.name for one in there for operation in one.operations]
        self.assertEqual(sorted(heads), sorted(every))
        for one in there:
            for each in one.serviceData:
                self.assertIn(f"| `{prefixed(each.name)}` |", page)

    def test_offered(self) -> None:
        """Each port type is somewhere, and a service has with a port type what that extends."""
        for where, those in offers():
            for one in those:
                self.assertEqual([each for each in one.extends if each not in those], [], where)

    def test_parts(self) -> None:
        """Parts with their types and how often they come, structures taken apart; a one-way operation is told."""
        page = operationPage()
        self.assertIn("| request | `lifetime` | `xsd:decimal` | once or not |\n", page)
        self.assertIn("| request | `name` | `NameType` | 1 to 1000 |\n", page)
        self.assertIn("| `NameType` | `localName` | `xsd:string` | once |\n", page)
        self.assertEqual(page.count("one-way"), 1)
        self.assertIn("[matchFailedFault](errors.md#matchfailedfault)", page)


class ErrorTests(SynchronousTestCase):
    """errors.md."""

    def test_whole(self) -> None:
        """Each code has a section, with each of its classes, and something to try."""
        page = errorPage()
        named = re.findall(r"^- `(\w+)`: \S", page, re.MULTILINE)
        classes = [
            value.__name__
            for value in vars(errors).values()
            if isinstance(value, type) and issubclass(value, GMAError)
        ]
        self.assertEqual(sorted(named), sorted(classes))
        self.assertLessEqual(set(codes()), set(_heads(page)))
        self.assertEqual(sorted(CURES), sorted(codes()))

    def test_wire(self) -> None:
        """What is on the wire: an own element, that of another error, or a code alone."""
        sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", errorPage(), re.M | re.S))
        self.assertIn("`gma:Busy`, fault code `Server`. The same may", sections["Busy"])
        self.assertIn("`ogsi:matchFailedFault`, fault code `Client`.", sections["matchFailedFault"])
        self.assertIn("`gma:ParameterError`", sections["NotRepresentable"])
        self.assertIn("`MustUnderstand`, without a detail", sections["MustUnderstand"])

    def test_plain(self) -> None:
        """The first paragraph, in Markdown, without the papers of the developers."""
        said = plain("Takes C{a b}\n    and L{c} (OGSI 1.0, 9; WIRE 3, 4).\n\n    @ivar x: y")
        self.assertEqual(said, "Takes `a b` and `c` (OGSI 1.0, 9).")
        self.assertEqual(plain("One (WIRE 4)."), "One.")
