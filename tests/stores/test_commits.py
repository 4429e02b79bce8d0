"""The line commits wait in, by itself."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.stores.commits import CommitLine
from gma_twisted.timing import Ready, toDeferred


def _decide(commits: Sequence[Sequence[int]]) -> Sequence[int]:
    return [sum(work) for work in commits]


def _apply(decision: int, place: int) -> int:
    return place // decision


class DefectTests(SynchronousTestCase):
    """Where applying raises."""

    def test_atOnce(self) -> None:
        """The error is that of the commit, and the line goes on."""
        line = CommitLine(_decide, lambda _: Ready(6), _apply, 10)
        self.assertRaises(ZeroDivisionError, line.submit, [0], 1)
        self.assertEqual(self.successResultOf(toDeferred(line.submit([2], 1))), 3)

    def test_later(self) -> None:
        """Who waits hears it; the others of the batch, and those after it, are done."""
        places: list[Deferred[int]] = []

        def record(decisions: Sequence[int]) -> Deferred[int]:
            places.append(Deferred())
            return places[-1]

        line = CommitLine(_decide, record, _apply, 10)
        answers = [toDeferred(line.submit([work], 1)) for work in (1, 0, 2)]
        places[0].callback(6)
        answers.append(toDeferred(line.submit([3], 1)))
        places[1].callback(6)
        places[2].callback(6)
        self.failureResultOf(answers.pop(1), ZeroDivisionError)
        self.assertEqual([self.successResultOf(answer) for answer in answers], [6, 3, 2])
