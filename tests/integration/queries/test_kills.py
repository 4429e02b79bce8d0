"""Query workers are killed: questions are answered or say so, and answers have what was set before them."""

from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.model import Language
from gma_twisted.queries.asking import whyMissing
from tests.integration.queries.kills import killWorkers
from tests.integration.queries.node import QueryNode

_KILLS = 10
# So few are replaced at once.
_PAUSE = 0.6


class KillTests(SynchronousTestCase):
    """A few; C{python -m tests.integration.queries.kills} makes more."""

    timeout = 120

    def test_kills(self) -> None:
        """
        Each question is answered, with what was set right before it, or says that its worker was killed; as many say so
        as were killed at most; afterwards all are answered.
        """
        if whyMissing(Language.XQUERY):
            raise SkipTest("saxonche is not installed")
        home = Path(self.mktemp()).absolute()
        home.mkdir()
        node = QueryNode(home, self.addCleanup)
        kills = killWorkers(node, _KILLS, 1, _PAUSE)
        self.assertEqual(kills.wrong, [], kills.line())
        self.assertGreater(kills.answered, _KILLS, kills.line())
