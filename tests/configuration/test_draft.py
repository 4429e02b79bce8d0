"""What was read of a configuration."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Mistakes, readDraft

TEXT = """
[node]
name = "n1"
role = 7

[providers.a]
class = "m:C"

[providers.b]
class = "m:C"
wait = 1
"""


class DraftTests(SynchronousTestCase):
    """Draft."""

    def test_reads(self) -> None:
        """A section reads well when nothing in it is wrong; one that is not there does too."""
        draft = readDraft(TEXT, "vo.toml")
        self.assertFalse(draft.reads(("node",)))
        self.assertTrue(draft.reads(("providers", "a")))
        self.assertFalse(draft.reads(("providers", "b")))
        self.assertFalse(draft.reads(("providers",)))
        self.assertTrue(draft.reads(("limits",)))
        lacking = readDraft("[providers.a]\n[providers.ab]\nclass = 'm:C'\n", "vo.toml")
        self.assertFalse(lacking.reads(("providers", "a")))
        self.assertTrue(lacking.reads(("providers", "ab")))

    def test_kept(self) -> None:
        """What reads well is there beside what does not."""
        node = readDraft(TEXT, "vo.toml").configuration.node
        self.assertEqual((node.name, node.role), ("n1", None))

    def test_checked(self) -> None:
        """A draft with mistakes is no configuration."""
        error = self.assertRaises(Mistakes, readDraft(TEXT, "vo.toml").checked)
        self.assertEqual(len(error.lines), 2)
