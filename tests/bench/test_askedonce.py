"""What questions asked once say together."""

from twisted.trial.unittest import SynchronousTestCase

from bench.askedonce import Timed, goalsOf, linesOf
from bench.asking import Answer
from bench.questions import ASKED


def _answer(seconds: float, evaluated: float = 0.004) -> Answer:
    stages = {"waited": 0.001, "loaded": 0.002, "evaluated": evaluated, "written": 0.003}
    return Answer(seconds, b"x" * 12_000, {"values": 1000.0, "worker": 1.0, **stages})


class TimedTests(SynchronousTestCase):
    """L{Timed}, its lines and goals."""

    def setUp(self) -> None:
        """A question that takes half as long again after a change."""
        warm = [_answer(seconds) for seconds in (0.015, 0.020, 0.090)]
        changed = [_answer(0.030, 0.008)] * 3
        self.timed = Timed.of(ASKED[0], _answer(2.0), warm, changed)

    def test_table(self) -> None:
        """A row of what clients waited, and one of the stages."""
        lines = linesOf([self.timed])
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        self.assertIn(["group-by", "12", "2000", "20.0 / 90.0", "30.0 / 30.0", "1.50"], cells)
        stages = ["1.0 / 1.0", "2.0 / 2.0", "4.0 / 8.0", "3.0 / 3.0"]
        self.assertIn(["group-by", *stages], cells)

    def test_goals(self) -> None:
        """How long it may take is said for some sizes, how much longer after a change for all."""
        first, second = goalsOf([self.timed], 10_000)
        self.assertEqual((first.goal, first.isMet), (60.0, True))
        self.assertAlmostEqual(first.found, 20.0)
        self.assertEqual((second.goal, second.isMet), (2.0, True))
        self.assertEqual(len(goalsOf([self.timed], 5000)), 1)
