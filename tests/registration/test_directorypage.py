"""docs/directory.md says what is: its content is read as it stands there, and its program runs."""

from contextlib import redirect_stdout
from io import StringIO

from gma_twisted.model import Handle, Locator
from gma_twisted.model.gma import GMARole
from gma_twisted.registration.directoryindex import INTERFACES
from tests.readme import ROOT, readBlocks
from tests.registration.directorystand import DirectoryCase, eventType
from tests.registration.stand import ANNE, expression

_PAGE = "docs/directory.md"


class PageTests(DirectoryCase):
    """The blocks of the page."""

    def setUp(self) -> None:
        """See that it is there."""
        if not (ROOT / _PAGE).exists():
            self.skipTest("the documentation is not installed")
        super().setUp()

    def test_content(self) -> None:
        """A member with the content of the page is found by its event type."""
        (block,) = readBlocks(_PAGE, "xml")
        member = Locator((Handle("http://a.example/"),), (INTERFACES[GMARole.PRODUCER],))
        self.done(self.registry.group.add(member, expression(block.text), None, ANNE))
        self.assertEqual(self.found("producer", eventType("cpu.load", host="n17")), ["a"])
        self.assertEqual(self.found("producer", eventType("cpu.load", host="n18")), [])

    def test_program(self) -> None:
        """The program prints what is known."""
        (block,) = readBlocks(_PAGE, "python")
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile(block.text, _PAGE, "exec"), {})
        expected = "['http://site.example.org:8490/services/producer'] True\n"
        self.assertEqual(printed.getvalue(), expected)
