"""What kept questions say together."""

from twisted.trial.unittest import SynchronousTestCase

from bench.keptquestions import Standing, Tally, goalsOf, linesOf
from bench.standing import Checked


class StandingTests(SynchronousTestCase):
    """L{Standing}."""

    def found(self, missed: int, wrong: int) -> Standing:
        """Two questions."""
        checked = [Checked(3, 3, 0, 0, 0, [0.02, 0.04]), Checked(4, 2, 1, missed, wrong, [])]
        return Standing(20.0, {"xpath": Tally.of(checked)}, {"node": 0.1, "xpath": 0.25})

    def test_table(self) -> None:
        """Counts are added up."""
        lines = linesOf(self.found(1, 0))
        cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
        self.assertEqual(cells, ["2 in xpath", "7", "5", "1", "1", "0", "20 / 40"])
        sentence = "CPU during 20 s: node 10 % of a core, workers of xpath 25 % of a core"
        self.assertEqual(lines[-1], sentence)

    def test_goals(self) -> None:
        """Nothing may be missed or wrong."""
        for missed, wrong in ((0, 0), (1, 0), (0, 2)):
            met = [bound.isMet for bound in goalsOf(self.found(missed, wrong))]
            self.assertEqual(met, [missed == 0, wrong == 0])
