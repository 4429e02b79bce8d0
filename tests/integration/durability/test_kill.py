"""Kills: at random moments under load, and at the system calls by which storage changes."""

import datetime
import shutil
import tempfile
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.integration.durability.kills import Kills, killNodes, killWorkers, restartOf
from tests.integration.durability.points import killAtPoints
from tests.integration.durability.trace import unusable
from tests.integration.processors import Sleepers

GOAL = 2.0
"""Seconds until a node with 10,000 entries serves, on a machine that does nothing else."""


class KillTests(SynchronousTestCase):
    """
    At random moments, others every day.

    They are a sample, of more than the three kills that find each bug put in on purpose
    (L{tests.integration.durability.test_planted}).
    """

    def judge(self, result: Kills, kills: int) -> None:
        """Nothing is wrong. A life that did next to nothing has raised an error by then."""
        self.assertEqual((result.kills, list(result.wrongs)), (kills, []))

    def test_workers(self) -> None:
        """A store loses nothing it acknowledged, and nothing that ended comes back."""
        self.judge(killWorkers(5, datetime.date.today().toordinal()), 5)

    def test_nodes(self) -> None:
        """Nor does a whole node that is asked over SOAP."""
        self.judge(killNodes(2, datetime.date.today().toordinal()), 2)

    def test_restart(self) -> None:
        """With 10,000 entries a node serves soon after it was killed, and after it was stopped."""
        place = Path(tempfile.mkdtemp(prefix="gma-durability-"))
        self.addCleanup(shutil.rmtree, place)
        taken = restartOf(10_000, place, Sleepers(self.addCleanup))
        # What the machine gave others meanwhile is taken off; that they slow down caches and disks is not.
        self.assertTrue(max(taken) < 2 * GOAL, taken)


class PointTests(SynchronousTestCase):
    """At system calls."""

    def test_sample(self) -> None:
        """A sample of them, others every day: nothing is lost, nothing comes back, every start succeeds."""
        if reason := unusable():
            raise SkipTest(reason)
        day = datetime.date.today().toordinal()
        points = killAtPoints(1, 31, day)
        self.assertEqual(points.wrongs, [])
        self.assertTrue(sum(points.killed.values()) >= 4, points.line())
