"""The command line of C{gma watch}: what is wrong before anything is watched."""

from gma_twisted.nodes import INDEX
from tests.command.stand import NODE, NodesCase, run

_GOOD = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\n"
_NAME = "{urn:example}Good"


class WatchTests(NodesCase):
    """Before the reactor runs."""

    def test_unknown(self) -> None:
        """A name that nobody knows, and a node that is not there, end it at once."""
        self.node(_GOOD, kind=INDEX)
        said = self.fails(1, "watch", NODE, "{urn:nix}nix")
        self.assertIn("(targetInvalidFault)", said)
        self.fails(3, "watch", "nobody:1", _NAME)

    def test_usage(self) -> None:
        """A program that is none, and a format of no use here."""
        for words, said in (
            (("watch", NODE, "--"), "there is no CMD after --"),
            (("watch", NODE, _NAME, "--", "/nowhere/x", "-v"), "there is no program /nowhere/x"),
            (("watch", NODE, "-o", "xml"), "'xml'"),
            (("watch", NODE, "--interval", "0s"), "0s"),
        ):
            ended = run(self.caller, *words)
            self.assertEqual(ended.exit_code, 2, ended.output)
            self.assertIn(said, ended.stderr)
