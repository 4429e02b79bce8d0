"""What is asked of BaseX, and what the node and BaseX say together."""

from twisted.trial.unittest import SynchronousTestCase

from bench.askedbeside import Beside, Compared, Learned, commandOf, goalsOf, linesOf
from bench.questions import ASKED
from bench.workload import GLUE_NS


class CommandTests(SynchronousTestCase):
    """L{commandOf}."""

    def test_same(self) -> None:
        """The same predicate on the same values, which are documents of a database there."""
        texts = {one.name: commandOf(one) for one in ASKED}
        begin = f'XQUERY declare namespace glue="{GLUE_NS}"; '
        self.assertEqual(
            texts["XQuery predicate"],
            f'{begin}collection("hosts")/glue:Host[glue:ProcessorLoad/@glue:Last1Min >= 990]',
        )
        self.assertEqual(
            texts["XQuery count"],
            f'{begin}count(collection("hosts")/glue:Host[glue:MainMemory/@glue:RAMAvailable >= 50000])',
        )


class BesideTests(SynchronousTestCase):
    """L{Beside}, its lines and goals."""

    def setUp(self) -> None:
        """A count that takes a third in the middle of the pairs, and a change that is loaded in half a millisecond."""
        compared = Compared("XQuery count", [0.010, 0.020, 0.300], [0.040, 0.060, 0.050])
        node = Learned("node", [0.0005, 0.0007], [-0.001, 0.005], [0.0004, 0.0006])
        basex = Learned("BaseX", [0.013, 0.015], [0.001, -0.002], [])
        self.found = Beside(100_000, [compared], [node, basex], {"basex": "9.7.2"})

    def test_ratio(self) -> None:
        """It is of neighbours in time, and not of the middles."""
        self.assertAlmostEqual(self.found.compared[0].ratio, 1 / 3)

    def test_tables(self) -> None:
        """A row a question, and a row for each that learns of a change."""
        cells = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in linesOf(self.found)
        ]
        self.assertIn(["XQuery count", "20.0 / 300.0", "50.0 / 60.0", "0.33"], cells)
        self.assertIn(
            ["node", "0.60 (0.50 to 0.70)", "2.00 (-1.00 to 5.00)", "0.50 (0.40 to 0.60)"], cells
        )
        self.assertIn(["BaseX", "14.00 (13.00 to 15.00)", "-0.50 (-2.00 to 1.00)", "-"], cells)

    def test_goals(self) -> None:
        """Half of the time of BaseX for each question, and one millisecond for a change to be loaded."""
        count, change = goalsOf(self.found)
        self.assertEqual((count.goal, count.isMost, count.isMet), (0.5, True, True))
        self.assertIn("XQuery count over 100,000 hosts, times BaseX", count.what)
        self.assertEqual((change.goal, change.isMost, change.isMet), (1.0, True, True))
        self.assertAlmostEqual(change.found, 0.5)
