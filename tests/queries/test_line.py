"""The node's end of a worker: answers find who asked, and nonsense ends the worker."""

import signal

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.evaluation.bounds import OUT_OF_MEMORY
from gma_twisted.evaluation.frames import writeAnswer
from gma_twisted.evaluation.messages import (
    Answered,
    Began,
    Changed,
    FromWorker,
    Look,
    Looked,
    Refused,
    Unwatch,
)
from gma_twisted.processes import Ending
from gma_twisted.queries.endings import endError
from gma_twisted.queries.line import WorkerLine
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.timing import toDeferred
from tests.queries.fakeworker import NOTHING, Fleet, answerOf

_MOST = 1_000_000


class LineTests(SynchronousTestCase):
    """WorkerLine."""

    def setUp(self) -> None:
        """A line to a worker that says what it is told to say."""
        self.told: list[Changed | Refused] = []
        self.time = Clock()
        self.line = WorkerLine(_MOST, self.told.append)
        self.worker = Fleet(self.time).launch(self.line)
        self.line.process = self.worker

    def hear(self, *messages: FromWorker) -> None:
        """The worker says something, byte by byte."""
        for byte in b"".join(map(writeAnswer, messages)):
            self.line.received(bytes((byte,)))

    def look(self, number: int) -> None:
        """Have it look."""
        self.line.say(Look(number, 0.0, 0.0))

    def test_answers(self) -> None:
        """Each answer finds its number, in any order."""
        first, second = (self.line.number() for _ in range(2))
        asked = [toDeferred(self.line.answerTo(number)) for number in (first, second)]
        answers: list[FromWorker] = [Looked(second, 0.5), Answered(first, NOTHING, {"values": 3})]
        self.look(second)
        self.hear(*answers)
        self.assertEqual(self.successResultOf(asked[1]), answers[0])
        self.assertEqual(self.successResultOf(asked[0]), answers[1])

    def test_told(self) -> None:
        """Of kept questions is told what comes unasked; a refusal of a question is an answer."""
        asked = toDeferred(self.line.answerTo(5))
        kept: list[Changed | Refused] = [
            Changed(5, NOTHING),
            Refused(6, "Failed", "why", isWatch=True),
        ]
        self.look(1)
        self.hear(*kept, Refused(5, "Failed", "other"))
        self.assertEqual(self.told, kept)
        self.assertEqual(self.successResultOf(asked), Refused(5, "Failed", "other"))

    def test_nonsense(self) -> None:
        """A worker that says what is no answer, or too much, is killed, and not heard any more."""
        for data in (b"\0\0\0\2xx", b"\xff\xff\xff\xff"):
            self.setUp()
            self.look(1)
            self.line.received(data)
            self.assertTrue(self.line.nonsense)
            self.assertTrue(self.worker.isDead)
            self.hear(Changed(1, NOTHING))
            self.assertEqual(self.told, [])

    def test_unasked(self) -> None:
        """So is one that says at a wrong time what would be an answer at another one."""
        changed = Changed(7, NOTHING)
        refused = Refused(7, "Failed", "why", isWatch=True)
        for isLooking, messages in (
            (False, [Began(), Began()]),
            (False, [Answered(9, NOTHING, {})]),
            (False, [Answered(1, NOTHING, {})] * 2),
            (False, [Looked(1, 0.0)]),
            (True, [Answered(1, NOTHING, {})]),
            (False, [changed]),
            (False, [refused]),
            (True, [changed, changed]),
            (True, [changed, refused]),
            (True, [Looked(1, 0.0), changed]),
        ):
            self.setUp()
            asked = toDeferred(self.line.answerTo(1))
            if isLooking:
                self.look(1)
            self.hear(*messages)
            self.assertTrue(self.line.nonsense, messages)
            self.assertTrue(self.worker.isDead)
            self.line.ended(Ending(None, signal.SIGKILL))
            self.assertTrue(asked.called)

    def test_everyLook(self) -> None:
        """A question may be told of again in the next look."""
        for number in (1, 2):
            _ = toDeferred(self.line.answerTo(number))
            self.look(number)
            self.hear(Changed(7, NOTHING), Looked(number, 0.0))
        self.assertEqual(self.line.nonsense, "")
        self.assertEqual(len(self.told), 2)

    def test_bodies(self) -> None:
        """What is not one well-formed element of an answer becomes no part of a message, however long it is."""
        most = b"<a>text</a>" * 40_000
        for body in (
            b"",
            b"text",
            b"<a/>",
            NOTHING + b"<a/>",
            NOTHING[:-1],
            answerOf("x").replace(b"x", b"<u:a/>"),
            answerOf("x").replace(b"x", b"<?a b?>"),
            answerOf("x").replace(b"x", b"</ogsi:XPathQueryResults><b/>"),
            answerOf("x").replace(b"x", b"&x;"),
            b"<!DOCTYPE a>" + NOTHING,
            answerOf("x").replace(b">x<", b">" + most + b"<b><"),
            answerOf("x").replace(b">x<", b"><b>" + most + b"<"),
        ):
            for chunk in (1 << 16, 1 << 20):
                self.setUp()
                asked = toDeferred(self.line.answerTo(1))
                self.look(2)
                data = writeAnswer(Answered(1, body, {})) + writeAnswer(Changed(3, body))
                for start in range(0, len(data), chunk):
                    self.line.received(data[start : start + chunk])
                refused = self.successResultOf(asked)
                assert isinstance(refused, Refused), body[:80]
                self.assertIn("the answer cannot be sent", refused.message)
                (told,) = self.told
                self.assertIsInstance(told, Refused)
                self.assertEqual(self.worker.orders[-1], Unwatch(3))
                self.line.received(writeAnswer(Changed(4, NOTHING)))
                self.assertEqual(self.told[1:], [Changed(4, NOTHING)])
                self.assertFalse(self.worker.isDead)

    def test_longTag(self) -> None:
        """One endless tag or comment is not gone through again and again; much text is no such thing."""
        for start, end, isRead in (
            (b"<a b='", b"'/>", False),
            (b"<!--", b"-->", False),
            (b"", b"", True),
        ):
            self.line = WorkerLine(5 * _MOST, self.told.append)
            self.line.process = self.worker
            asked = toDeferred(self.line.answerTo(1))
            body = answerOf("x").replace(b"x", start + b"t" * 4 * _MOST + end)
            data = writeAnswer(Answered(1, body, {}))
            for at in range(0, len(data), 1 << 16):
                self.line.received(data[at : at + (1 << 16)])
            self.assertIs(isinstance(self.successResultOf(asked), Answered), isRead)

    def test_largeBody(self) -> None:
        """A large one that is well-formed arrives as it is, however it is cut on its way."""
        body = answerOf("x").replace(b"x", b"<a b='text'>text</a>" * 20_000)
        for chunk in (10_007, 1 << 16, 1 << 20):
            self.setUp()
            asked = [toDeferred(self.line.answerTo(number)) for number in (1, 2)]
            data = b"".join(writeAnswer(Answered(number, body, {})) for number in (1, 2))
            for start in range(0, len(data), chunk):
                self.line.received(data[start : start + chunk])
            for number, one in enumerate(asked, 1):
                self.assertEqual(self.successResultOf(one), Answered(number, body, {}))

    def test_end(self) -> None:
        """When it ends, whoever waits hears that there is no answer, and nothing more is written."""
        asked = toDeferred(self.line.answerTo(1))
        self.line.ended(Ending(0, None))
        self.assertIsNone(self.successResultOf(asked))
        self.assertIsNone(self.successResultOf(toDeferred(self.line.answerTo(2))))
        self.assertTrue(self.line.began.happened)
        self.line.say(Unwatch(1))
        self.assertEqual(self.worker.orders, [])

    def test_said(self) -> None:
        """What a worker said decides nothing and is in no fault, but why it did not even begin."""
        limits = PoolLimits()
        said = "no memory of secrets"
        self.line.ended(Ending(1, None, said))
        self.assertIn(said, endError(self.line, limits).message)
        for words, kept in ((said, ""), (f"query worker: {said}", f"query worker: {said}")):
            self.setUp()
            self.hear(Began())
            self.line.ended(Ending(1, None, words))
            assert self.line.ending is not None
            self.assertEqual(self.line.ending.said, kept)
            error = endError(self.line, limits)
            self.assertNotIsInstance(error, TooLarge)
            self.assertNotIn("secrets", error.message)

    def test_memory(self) -> None:
        """Its status, or who watched it, says that it took too much memory."""
        for ending in (
            Ending(OUT_OF_MEMORY, None),
            Ending(99, None),
            Ending(None, signal.SIGKILL, "x", isGreedy=True),
        ):
            self.setUp()
            self.hear(Began())
            self.line.ended(ending)
            self.assertIsInstance(endError(self.line, PoolLimits()), TooLarge)
