"""The benchmark of jobs: what can be asked for, the batch system it plays, and what its figures say."""

import io
from contextlib import redirect_stderr

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from bench.answers import WrongAnswer
from bench.batch import Batch
from bench.jobs import Options, goalsOf, linesOf, readOptions
from bench.polls import Load, Poll, Polled, measurePolls, toldOf
from gma_twisted.model import GramStatus
from gma_twisted.timing import NodeClock, toDeferred


class OptionsTests(SynchronousTestCase):
    """L{readOptions}."""

    def test_default(self) -> None:
        """The size of the goals."""
        self.assertEqual(readOptions([]), Options(Load(10_000, 100, 10, 5.0, False)))

    def test_given(self) -> None:
        """All of it; one in a hundred changes."""
        words = "--jobs 2000 --polls 3 --interval 0.5 --bytes --judge"
        self.assertEqual(readOptions(words.split()), Options(Load(2000, 20, 3, 0.5, True), True))

    def test_wrong(self) -> None:
        """What is nothing or too much ends it."""
        for words in ("--jobs 99", "--jobs 100001", "--polls 0", "--interval 0", "--interval inf"):
            with self.assertRaises(SystemExit), redirect_stderr(io.StringIO()):
                readOptions(words.split())


class BatchTests(SynchronousTestCase):
    """L{Batch}."""

    def test_begin(self) -> None:
        """Six in ten run."""
        batch = Batch(1000, 10)
        self.assertEqual(batch.running, 600)
        self.assertEqual(len({one.jobID for one in batch.jobs()}), 1000)

    def test_advance(self) -> None:
        """As many change their state as shall, and are told; all others that run have run longer."""
        batch = Batch(1000, 10)
        before = {one.jobID: one for one in batch.jobs()}
        news = dict(one for one in batch.advance(5.0) if one is not None)
        after = {one.jobID: one for one in batch.jobs()}
        changed = {
            id: one.gramStatus.value
            for id, one in after.items()
            if one.gramStatus is not before[id].gramStatus
        }
        self.assertEqual((len(news), news), (10, changed))
        for id, one in after.items():
            if id not in news and one.gramStatus is GramStatus.ACTIVE:
                self.assertEqual(int(one.elapsedtime), int(before[id].elapsedtime) + 5)


class FigureTests(SynchronousTestCase):
    """What is said of a run."""

    def polled(self, alone: float, told: float, longest: float) -> Polled:
        """Three polls of either kind, the first the slowest of the process, the last on the wall."""
        alones = [Poll(each, each) for each in (alone, 0.1)] + [Poll(2.0, 0.2)]
        polls = [Poll(each, each) for each in (told, 0.1)] + [Poll(2.0, 0.2)]
        return Polled(Poll(0.9, 0.8), alones, polls, 300, 30_000, 150, longest, 0.07, 0.004, 0)

    def test_goals(self) -> None:
        """Every poll counts, and the longest turn; what others had of the machine does not."""
        for figures, met in (
            ((0.5, 0.5, 0.05), [True, True, True]),
            ((0.6, 0.5, 0.05), [False, True, True]),
            ((0.5, 0.6, 0.06), [True, False, False]),
        ):
            self.assertEqual([one.isMet for one in goalsOf(self.polled(*figures))], met)

    def test_lines(self) -> None:
        """What was told is told by the poll."""
        lines = linesOf(self.polled(0.25, 0.6, 0.05))
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:5]]
        self.assertEqual(cells[0], ["the first", "900 / 900", "800 / 800", "1", "-", "-", "-"])
        self.assertEqual(cells[1], ["3 alone", "250 / 2000", "200 / 250", "0", "-", "-", "-"])
        self.assertEqual(
            cells[2],
            ["3 with a subscriber", "600 / 2000", "200 / 600", "1", "100", "10,000", "50"],
        )
        self.assertEqual(lines[-1], "a timer of 1 ms was late by 4.0 ms (p99), 70.0 ms at most")


class PollTests(SynchronousTestCase):
    """A small service, polled on a virtual clock."""

    def measured(self, load: Load) -> Polled:
        """What came of it."""
        time = Clock()
        clock = NodeClock(time, lambda: 1.8e9 + time.seconds())
        done = toDeferred(measurePolls(load, clock, lambda text: None, lambda: None))
        for _ in range(20_000):
            if done.called:
                break
            time.advance(0.01)
        return self.successResultOf(done)

    def test_told(self) -> None:
        """The subscriber hears of the jobs that changed, and of the longer lives of the others."""
        for isBytes in (False, True):
            polled = self.measured(Load(300, 3, 4, 5.0, isBytes))
            self.assertEqual((polled.told, len(polled.alone), len(polled.polls)), (12, 4, 4))
            self.assertGreater(polled.extensions, 600)
            self.assertEqual(polled.size > 0, isBytes)

    def test_wrong(self) -> None:
        """What was not told, or told otherwise, ends it."""
        self.assertEqual(toldOf([], []), (0, 0))
        with self.assertRaises(WrongAnswer) as caught:
            toldOf([], [("1.bench", "Active")])
        self.assertEqual(
            str(caught.exception),
            "1 jobs were told otherwise than they changed; 1.bench: None instead of ['Active']",
        )
