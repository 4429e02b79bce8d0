"""What C{gma provider new} writes is the example that the pages show."""

from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.command.packages import NAME, SUFFIX, TEMPLATES, filesOf
from tests.examples.template import EXAMPLE, copyExample, exampleFiles


class TemplateTests(SynchronousTestCase):
    """examples/site."""

    def setUp(self) -> None:
        """See that it is there."""
        if not EXAMPLE.exists():
            raise SkipTest("the examples are not installed")

    def test_same(self) -> None:
        """Under the example's name it writes the example; `python -m tests.examples.template` makes it so."""
        self.assertEqual(filesOf(NAME), exampleFiles())

    def test_copied(self) -> None:
        """A copy has each file of the example, what was there before is gone, and nobody takes one for a module."""
        target = Path(self.mktemp())
        target.mkdir()
        (target / "old.py.txt").touch()
        copyExample(target)
        copied = {one.relative_to(target) for one in target.rglob("*") if one.is_file()}
        kept = {one.relative_to(TEMPLATES) for one in TEMPLATES.rglob("*") if one.is_file()}
        self.assertEqual(copied, kept)
        self.assertEqual({one.suffix for one in copied}, {SUFFIX})
