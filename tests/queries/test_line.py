"""The node's end of a worker: answers find who asked, and nonsense ends the worker."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.frames import writeAnswer
from gma_twisted.evaluation.messages import Answered, Changed, FromWorker, Looked, Refused, Unwatch
from gma_twisted.processes import Ending
from gma_twisted.queries.line import WorkerLine
from gma_twisted.timing import toDeferred
from tests.queries.fakeworker import Fleet


class LineTests(SynchronousTestCase):
    """WorkerLine."""

    def setUp(self) -> None:
        """A line to a worker that says what it is told to say."""
        self.told: list[Changed | Refused] = []
        self.time = Clock()
        self.line = WorkerLine(1000, self.told.append)
        self.worker = Fleet(self.time).launch(self.line)
        self.line.process = self.worker

    def hear(self, *messages: FromWorker) -> None:
        """The worker says something, byte by byte."""
        for byte in b"".join(map(writeAnswer, messages)):
            self.line.received(bytes((byte,)))

    def test_answers(self) -> None:
        """Each answer finds its number, in any order; others find nobody."""
        first, second = (self.line.number() for _ in range(2))
        asked = [toDeferred(self.line.answerTo(number)) for number in (first, second)]
        answers: list[FromWorker] = [Looked(second, 0.5), Answered(first, b"body", {"values": 3})]
        self.hear(Looked(99, 0.0), *answers)
        self.assertEqual(self.successResultOf(asked[1]), answers[0])
        self.assertEqual(self.successResultOf(asked[0]), answers[1])

    def test_told(self) -> None:
        """Of kept questions is told what comes unasked; a refusal of a question is an answer."""
        asked = toDeferred(self.line.answerTo(5))
        kept: list[Changed | Refused] = [
            Changed(5, b"x"),
            Refused(5, "Failed", "why", isWatch=True),
        ]
        self.hear(*kept, Refused(5, "Failed", "other"))
        self.assertEqual(self.told, kept)
        self.assertEqual(self.successResultOf(asked), Refused(5, "Failed", "other"))

    def test_nonsense(self) -> None:
        """A worker that says what is no answer, or too much, is killed, and not heard any more."""
        for data in (b"\0\0\0\2xx", b"\xff\xff\xff\xff"):
            self.setUp()
            self.line.received(data)
            self.assertTrue(self.line.nonsense)
            self.assertTrue(self.worker.isDead)
            self.hear(Changed(1, b""))
            self.assertEqual(self.told, [])

    def test_end(self) -> None:
        """When it ends, whoever waits hears that there is no answer, and nothing more is written."""
        asked = toDeferred(self.line.answerTo(1))
        self.line.ended(Ending(0, None))
        self.assertIsNone(self.successResultOf(asked))
        self.assertIsNone(self.successResultOf(toDeferred(self.line.answerTo(2))))
        self.assertTrue(self.line.began.happened)
        self.line.say(Unwatch(1))
        self.assertEqual(self.worker.orders, [])
