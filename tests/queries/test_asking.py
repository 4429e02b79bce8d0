"""XPath and XQuery as languages of a service, over a pool that says what a test wants."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    GMAError,
    ParameterError,
    TargetInvalid,
    TooLarge,
)
from gma_twisted.evaluation.messages import Answered
from gma_twisted.interfaces import (
    ICallerQueries,
    IQueryEngine,
    IQueryLanguage,
    IStandingQueries,
)
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI, PX
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Declare,
    Language,
    NameSelector,
    Put,
    QName,
    Question,
)
from gma_twisted.queries.asking import (
    MissingLanguage,
    QuestionLanguage,
    explained,
    whyMissing,
)
from gma_twisted.soap.questions import AskedQuestion, QuestionLimits, writeQuestion
from gma_twisted.stores import MemoryStore
from gma_twisted.testing.queries import QueryLanguageContract
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.timing import NodeClock, Ready, toDeferred

_ONE = QName("urn:a", "one")
_BODY = b'<ogsi:XPathQueryResults resultCount="0"></ogsi:XPathQueryResults>'


@attrs.define
class _Pool:
    """Answers the same always, and keeps what it was asked."""

    body: bytes = _BODY
    figures: dict[str, float] = attrs.field(factory=dict)
    asked: list[tuple[Question, str]] = attrs.field(factory=list)
    watched: list[Question] = attrs.field(factory=list)
    lived: list[str] = attrs.field(factory=list)

    def ask(self, question: Question, client: str) -> Awaitable[Answered]:
        self.asked.append((question, client))
        return Ready(Answered(len(self.asked), self.body, self.figures))

    def check(self, question: Question, client: str) -> Awaitable[Answered]:
        return self.ask(question, client)

    def watch(
        self,
        question: Question,
        changed: Callable[[bytes], None],
        refused: Callable[[GMAError], None],
    ) -> Callable[[], None]:
        self.watched.append(question)
        return lambda: self.watched.remove(question)

    def start(self) -> Awaitable[None]:
        self.lived.append("start")
        return Ready(None)

    def stop(self) -> Awaitable[None]:
        self.lived.append("stop")
        return Ready(None)


def _languageOver(pool: _Pool, language: Language = Language.XPATH) -> QuestionLanguage:
    """Over one value."""
    store = MemoryStore(NodeClock(Clock()))
    assert isinstance(store.commit([Declare([QName("urn:a", "none")]), Put(makeElement())]), Ready)
    return QuestionLanguage(language, pool, store, QuestionLimits(100, 3, 2))


class XPathContract(QueryLanguageContract, SynchronousTestCase):
    """XPath keeps the contract."""

    def makeLanguage(self) -> IQueryLanguage:
        """Over one value."""
        return _languageOver(_Pool())

    def goodExpressions(self) -> Sequence[bytes]:
        """In each namespace."""
        parts = "<name>{urn:a}one</name><XPath>//x</XPath>"
        return [
            f'<q:queryByServiceDataXPath xmlns:q="{uri}">{parts}</q:queryByServiceDataXPath>'.encode()
            for uri in (OGSI, PX)
        ] + [f"<queryByServiceDataXPath>{parts}</queryByServiceDataXPath>".encode()]

    def badExpressions(self) -> Sequence[bytes]:
        """Without an expression; without a name."""
        return [
            b"<queryByServiceDataXPath><name>{urn:a}one</name></queryByServiceDataXPath>",
            b"<queryByServiceDataXPath><XPath>x</XPath></queryByServiceDataXPath>",
        ]


class XQueryContract(QueryLanguageContract, SynchronousTestCase):
    """So does XQuery."""

    def makeLanguage(self) -> IQueryLanguage:
        """Over one value."""
        body = b'<gma:XQueryResults resultCount="0"></gma:XQueryResults>'
        return _languageOver(_Pool(body), Language.XQUERY)

    def goodExpressions(self) -> Sequence[bytes]:
        """Of everything, and of a name that has no values."""
        return [
            writeQuestion(Question(Language.XQUERY, "count(?*)")),
            writeQuestion(
                Question(Language.XQUERY, "count(?*)", (NameSelector(QName("urn:a", "none")),))
            ),
        ]

    def badExpressions(self) -> Sequence[bytes]:
        """Without an expression."""
        return [f'<gma:queryByXQuery xmlns:gma="{GMA}"/>'.encode()]


class AskTests(SynchronousTestCase):
    """How a question reaches the pool, and its answer the client."""

    def setUp(self) -> None:
        """XPath over one value."""
        self.pool = _Pool()
        self.language = _languageOver(self.pool)

    def ask(self, *names: NameSelector, isExplained: bool = False) -> bytes:
        """The answer to a question about some names."""
        query = AskedQuestion(Question(Language.XPATH, "//x", names), isExplained)
        caller = Caller("anonymous", "192.0.2.7")
        return self.successResultOf(toDeferred(self.language.answerTo(query, caller)))

    def test_interfaces(self) -> None:
        """It begins and ends, knows callers, and keeps questions."""
        for interface in (IQueryEngine, ICallerQueries, IStandingQueries):
            verifyObject(interface, self.language)

    def test_client(self) -> None:
        """Each client has its share: the identity, of the anonymous their network."""
        self.assertEqual(self.ask(), _BODY)
        question = Question(Language.XPATH, "//x")
        self.assertEqual(self.pool.asked, [(question, "anonymous@192.0.2.7")])
        self.successResultOf(toDeferred(self.language.answer(AskedQuestion(question))))
        self.assertEqual(self.pool.asked[1], (question, OURSELVES.owner))

    def test_names(self) -> None:
        """A name that is not known is refused before anything is evaluated; a pattern may have no value."""
        for one in (_ONE, QName("urn:a", "none"), QName("urn:nix", "*"), QName("*", "nix")):
            self.ask(NameSelector(one))
        self.assertEqual(len(self.pool.asked), 4)
        nix = NameSelector(QName("urn:nix", "x"))
        query = AskedQuestion(Question(Language.XPATH, "//x", (NameSelector(_ONE), nix)))
        asked = toDeferred(self.language.answer(query))
        self.assertIn("{urn:nix}x", str(self.failureResultOf(asked, TargetInvalid).value))
        self.assertEqual(len(self.pool.asked), 4)

    def test_other(self) -> None:
        """What it did not read is no question of it."""
        xquery = AskedQuestion(Question(Language.XQUERY, "?*"))
        for query in ("//x", Question(Language.XPATH, "x"), xquery):
            self.failureResultOf(toDeferred(self.language.answer(query)), ParameterError)

    def test_bounds(self) -> None:
        """The bounds of what is read are its own."""
        element = XMLGate().parse(writeQuestion(Question(Language.XPATH, "x" * 101)))
        self.assertRaises(TooLarge, self.language.read, element)

    def test_explained(self) -> None:
        """Who asks what it took finds it on the answer's root; other figures stay out."""
        self.pool.figures = {
            "values": 12.0,
            "candidates": 3.0,
            "load": 0.25,
            "evaluate": 0.0000014,
            "write": 2.0,
            "waited": 0.0,
            "worker": 3,
            "odd": 1.0,
        }
        self.assertEqual(self.ask(), _BODY)
        self.assertEqual(
            self.ask(isExplained=True),
            b'<ogsi:XPathQueryResults gma:values="12" gma:candidates="3" gma:waited="0.000000" gma:loaded="0.250000"'
            b' gma:evaluated="0.000001" gma:written="2.000000" gma:worker="3"'
            b' resultCount="0"></ogsi:XPathQueryResults>',
        )
        self.assertEqual(explained(Answered(1, b'<a b="1"/>', {})), b'<a b="1"/>')

    def test_life(self) -> None:
        """It begins and ends with its pool."""
        self.successResultOf(toDeferred(self.language.start()))
        self.successResultOf(toDeferred(self.language.stop()))
        self.assertEqual(self.pool.lived, ["start", "stop"])


class StandingTests(SynchronousTestCase):
    """Questions that are kept."""

    def setUp(self) -> None:
        """XQuery over one value."""
        self.pool = _Pool()
        self.language = _languageOver(self.pool, Language.XQUERY)

    def test_watch(self) -> None:
        """The pool keeps them."""
        question = Question(Language.XQUERY, "count(?*)")
        end = self.language.watch(question, lambda body: None, lambda error: None)
        self.assertEqual(self.pool.watched, [question])
        end()
        self.assertEqual(self.pool.watched, [])
        self.assertEqual(self.language.subscribeDialects, (QName(GMA, "subscribeByXQuery"),))

    def test_check(self) -> None:
        """Before, each is answered once, for whoever wants it; it may wait for names that are not known yet."""
        caller = Caller("carol")
        question = Question(Language.XQUERY, "count(?*)", (NameSelector(_ONE),))
        self.successResultOf(toDeferred(self.language.check(question, caller)))
        nix = Question(Language.XQUERY, "1", (NameSelector(QName("urn:nix", "x")),))
        self.successResultOf(toDeferred(self.language.check(nix, caller)))
        self.assertEqual(self.pool.asked, [(question, "carol"), (nix, "carol")])


class MissingTests(SynchronousTestCase):
    """A language whose package is not installed."""

    def test_missing(self) -> None:
        """It is there, and says what to install to who asks and to who subscribes."""
        why = "this node cannot answer XQuery: install gma-twisted[xquery]"
        missing = MissingLanguage(Language.XQUERY, why)
        verifyObject(IQueryLanguage, missing)
        verifyObject(IStandingQueries, missing)
        self.assertEqual(missing.dialects, (QName(GMA, "queryByXQuery"),))
        self.assertEqual(missing.subscribeDialects, ())
        question = Question(Language.XQUERY, "1")
        element = XMLGate().parse(writeQuestion(question))
        for call in (
            lambda: missing.read(element),
            lambda: missing.answer(question),
            lambda: missing.check(question, OURSELVES),
            lambda: missing.watch(question, lambda body: None, lambda error: None),
        ):
            error = self.assertRaises(ExtensibilityNotSupported, call)
            self.assertEqual(error.message, why)

    def test_why(self) -> None:
        """XPath is always there; of XQuery it is found out without importing anything."""
        self.assertEqual(whyMissing(Language.XPATH), "")
        self.assertIn(
            whyMissing(Language.XQUERY),
            ("", "this node cannot answer XQuery: install gma-twisted[xquery] and start it again"),
        )
