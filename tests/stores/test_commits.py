"""The line commits wait in, by itself."""

from collections.abc import Awaitable, Sequence

from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
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

    def test_askedMeanwhile(self) -> None:
        """A commit that was asked for while another was applied is done, though the other fails."""
        answers: list[Deferred[int]] = []

        def apply(decision: int, place: int) -> int:
            if decision == 0:
                answers.append(toDeferred(line.submit([3], 1)))
                self.assertNoResult(answers[0])
            return place // decision

        line = CommitLine(_decide, lambda _: Ready(6), apply, 10)
        self.assertRaises(ZeroDivisionError, line.submit, [0], 1)
        self.assertEqual(self.successResultOf(answers[0]), 2)

    def test_recording(self) -> None:
        """What recording raises, at once or in what it gave, is heard at once, and the line goes on."""

        def record(decisions: Sequence[int]) -> Awaitable[int]:
            if decisions[0] == 1:
                raise Busy("the disk is full")
            return fail(Busy("the disk is slow")) if decisions[0] == 2 else succeed(6)

        line = CommitLine(_decide, record, _apply, 10)
        self.assertEqual(self.assertRaises(Busy, line.submit, [1]).message, "the disk is full")
        self.assertEqual(self.assertRaises(Busy, line.submit, [2]).message, "the disk is slow")
        self.assertEqual(self.successResultOf(toDeferred(line.submit([3]))), 2)

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


class ClosedTests(SynchronousTestCase):
    """The end of a line."""

    def test_closed(self) -> None:
        """It is idle when all is done; closed, it refuses."""
        places: list[Deferred[int]] = [Deferred()]
        line = CommitLine(_decide, lambda _: places[0], _apply, 10)
        answer = toDeferred(line.submit([2]))
        self.assertFalse(line.isIdle)
        places[0].callback(6)
        self.assertEqual((self.successResultOf(answer), line.isIdle), (3, True))
        line.close()
        self.assertRaises(Busy, line.submit, [2])
        self.assertTrue(line.isIdle)
