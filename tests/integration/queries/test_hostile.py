"""Hostile expressions end at their limits, and those who ask beside them are answered."""

from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.evaluation.bounds import boundsOf
from gma_twisted.model import Language
from gma_twisted.queries.asking import whyMissing
from tests.integration.processors import Sleepers, most
from tests.integration.queries.beside import part
from tests.integration.queries.expression import LONGEST
from tests.integration.queries.hostile import HOSTILES, harmed, limitsOf
from tests.integration.queries.node import QueryNode

_CPU = 1.0
_TIMEOUT = 2.0
# What a machine with other work to do may add.
_SLACK = 8.0
# A worker maps files beside its memory.
_MAPPED = 256 * 1024**2
_EACH = 10


class SetTests(SynchronousTestCase):
    """The set itself."""

    def test_count(self) -> None:
        """A hundred each, all with a name and a text of their own."""
        for language in Language:
            those = [one for one in HOSTILES if one.language is language]
            self.assertEqual(len(those), 100)
            self.assertEqual(len({one.name for one in those}), 100)
            self.assertEqual(len({one.question for one in those}), 100)

    def test_lengths(self) -> None:
        """One is longer than it may be, by a byte: it shows the bound and not what is behind it."""
        over = [one for one in HOSTILES if len(one.text.encode()) > LONGEST]
        self.assertEqual([len(one.text.encode()) for one in over], [LONGEST + 1])


class HostileTests(SynchronousTestCase):
    """Every tenth of them; C{python -m tests.integration.queries.hostile} asks all."""

    timeout = 120

    def test_beside(self) -> None:
        """
        Each ends with a result or a fault that names its reason, within its limit; the good ones beside them are
        answered, rightly and soon; the loop goes on; no process and no descriptor is left behind.
        """
        if whyMissing(Language.XQUERY):
            raise SkipTest("saxonche is not installed")
        home = Path(self.mktemp()).absolute()
        home.mkdir()
        node = QueryNode(home, self.addCleanup, limitsOf(_CPU, _TIMEOUT))
        chosen = HOSTILES[::_EACH]
        sleepers = Sleepers(self.addCleanup)
        before = sleepers.late()
        beside = harmed(node, chosen, 1.0)
        # Of one answer and one turn at most that which the machine took in all.
        taken = most(before, sleepers.late())
        told = "\n".join([*beside.lines(), *(f"{one}" for one in beside.ended)])
        self.assertEqual(beside.wrong, [], told)
        self.assertEqual(len(beside.ended), len(chosen))
        for one in beside.ended:
            self.assertLess(one.seconds, _TIMEOUT + _SLACK, one)
        self.assertLessEqual({"answered", "refused", "limited"}, set(beside.endings), told)
        for those in beside.good.values():
            self.assertLess(part(those, 0.99), _TIMEOUT + taken, told)
        self.assertLess(beside.lag, 0.5 + taken, told)
        self.assertLess(beside.memory, boundsOf(Language.XQUERY, 2000).memory + _MAPPED, told)
