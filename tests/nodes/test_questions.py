"""The languages of a node's services, with what they need installed and without it."""

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import LimitsSection
from gma_twisted.errors import Busy, ExtensibilityNotSupported, TooLarge
from gma_twisted.markup import XMLGate
from gma_twisted.model import OURSELVES, Expression, Language, Question
from gma_twisted.nodes.questions import HostedQuestions, Questions
from gma_twisted.processes import WorkerLauncher
from gma_twisted.queries import NameQueries
from gma_twisted.roles import PermanentService
from gma_twisted.soap.questions import QUERY_DIALECTS, writeQuestion
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, toDeferred


class QuestionsTests(SynchronousTestCase):
    """Of one service; nothing is started for it."""

    def host(self, *missing: Language, **limits: Any) -> HostedQuestions:
        """Its languages, when some are missing."""
        clock = NodeClock(Clock())
        nothing: Any = None
        self.store = MemoryStore(clock)
        self.names = NameQueries(self.store, clock)
        self.questions = Questions(
            WorkerLauncher(nothing, nothing, nothing),
            clock,
            LimitsSection(**limits),
            lambda language: f"install {language.value}" if language in missing else "",
        )
        return self.questions.host(self.store)

    def test_all(self) -> None:
        """Both languages are there, keep questions, and have figures."""
        hosted = self.host()
        self.assertEqual([one.language for one in hosted.answering], list(Language))
        self.assertEqual(list(hosted.standing), list(Language))
        self.assertEqual(hosted.missing, [])
        figures = self.questions.figures()
        self.assertEqual(list(figures), ["xpath", "xquery"])
        self.assertEqual(figures["xpath"]["answered"], 0)

    def test_missing(self) -> None:
        """A language that is not installed is not listed, and says what to install to who asks or subscribes."""
        hosted = self.host(Language.XQUERY)
        self.assertEqual(
            [one.dialects[0] for one in hosted.languages], [QUERY_DIALECTS[Language.XPATH][0]]
        )
        self.assertEqual(list(self.questions.figures()), ["xpath"])
        question = Question(Language.XQUERY, "1")
        role = PermanentService([self.names, *hosted.languages], missing=hosted.missing)
        tree = XMLGate().parse(writeQuestion(question))
        asked = Expression(QUERY_DIALECTS[Language.XQUERY][0], tree)
        for refused in (
            lambda: role.findServiceData(asked),
            lambda: hosted.standing[Language.XQUERY].check(question, OURSELVES),
        ):
            error = self.assertRaises(ExtensibilityNotSupported, refused)
            self.assertEqual(error.message, "install xquery")

    def test_limits(self) -> None:
        """The bounds are those of the configuration."""
        hosted = self.host(queryMaxExpression=5, queryPerClient=1)
        (xpath, _) = hosted.answering
        element = XMLGate().parse(writeQuestion(Question(Language.XPATH, "123456")))
        self.assertRaises(TooLarge, xpath.read, element)
        element = XMLGate().parse(writeQuestion(Question(Language.XPATH, "12345")))
        xpath.read(element)
        pool = hosted.pools[Language.XPATH]
        self.assertEqual((pool.limits.perClient, pool.limits.maxExpression), (1, 5))
        self.successResultOf(toDeferred(xpath.start()))
        self.successResultOf(toDeferred(xpath.stop()))
        self.failureResultOf(
            toDeferred(xpath.check(Question(Language.XPATH, "1"), OURSELVES)), Busy
        )

    def test_none(self) -> None:
        """A service without any has none, and keeps nothing."""
        nothing = HostedQuestions()
        self.assertEqual((list(nothing.languages), list(nothing.parts)), ([], []))
        self.assertEqual(dict(nothing.standing), {})
