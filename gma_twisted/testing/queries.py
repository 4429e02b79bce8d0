"""What every C{IQueryLanguage} must do, as tests its author runs."""

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, TypeVar

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import ExtensibilityTypeError
from gma_twisted.interfaces import ICallerQueries, IQueryEngine, IQueryLanguage
from gma_twisted.markup import Element, XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI, SD, XSD, XSI
from gma_twisted.model import Caller, QName
from gma_twisted.timing import toDeferred

__all__ = ["QueryLanguageContract", "openAnswer"]

T = TypeVar("T")

# A mixin: as a TestCase it would be run by every module that imports it.
if TYPE_CHECKING:
    _Case = SynchronousTestCase
else:
    _Case = object

_DECLARED = {"ogsi": OGSI, "sd": SD, "gma": GMA, "xsd": XSD, "xsi": XSI}


def openAnswer(answer: bytes) -> Element:
    """
    Parse an answer as a client does, within an envelope that declares the prefixes of ours.

    @return: the one element of the answer
    @raise ParameterError: it is not well-formed
    @raise AssertionError: it is not one element alone
    """
    declarations = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _DECLARED.items())
    root = XMLGate().parse(b"<result%s>%s</result>" % (declarations.encode(), answer), "answer")
    if len(root) != 1 or root.text or root[0].tail:
        raise AssertionError(f"an answer is one element, this one has {len(root)}")
    return root[0]


class QueryLanguageContract(_Case):
    """
    Mix into a C{SynchronousTestCase} that has L{makeLanguage}, L{goodExpressions} and L{badExpressions}.
    """

    def makeLanguage(self) -> IQueryLanguage:
        """A language over data for which every good expression has an answer."""
        raise NotImplementedError

    def goodExpressions(self) -> Sequence[bytes]:
        """Documents it answers: the root of each is one of its dialects, and each dialect is one of the roots."""
        raise NotImplementedError

    def badExpressions(self) -> Sequence[bytes]:
        """Documents whose root is one of its dialects and whose content is malformed."""
        raise NotImplementedError

    def result(self, awaitable: Awaitable[T]) -> T:
        """The value of an awaitable; a language that needs time gives it some here."""
        value: T = self.successResultOf(toDeferred(awaitable))
        return value

    def test_interface(self) -> None:
        """It provides C{IQueryLanguage}; and C{IQueryEngine} and C{ICallerQueries}, if it says so."""
        language = self.makeLanguage()
        verifyObject(IQueryLanguage, language)
        for further in (IQueryEngine, ICallerQueries):
            if further.providedBy(language):
                verifyObject(further, language)

    def test_dialects(self) -> None:
        """Its dialects are QNames, at least one, no two the same, and there is a good expression for each."""
        dialects = self.makeLanguage().dialects
        self.assertTrue(dialects)
        self.assertTrue(all(isinstance(dialect, QName) for dialect in dialects))
        self.assertEqual(len(set(dialects)), len(dialects))
        roots = {XMLGate().parse(document).tag for document in self.goodExpressions()}
        self.assertEqual(roots, {dialect.clark for dialect in dialects})

    def test_answersAreOneElement(self) -> None:
        """Each good expression is answered by one well-formed element, in an envelope that declares our prefixes."""
        language = self.makeLanguage()
        for document in self.goodExpressions():
            answer = self.result(language.answer(language.read(XMLGate().parse(document))))
            self.assertIsInstance(answer, bytes)
            openAnswer(answer)

    def test_callers(self) -> None:
        """A language that wants to know who asks answers several callers, each with one element."""
        language = self.makeLanguage()
        if not ICallerQueries.providedBy(language):
            return
        for document in self.goodExpressions():
            query = language.read(XMLGate().parse(document))
            for caller in (Caller("one", "192.0.2.1"), Caller("other", "192.0.2.2")):
                openAnswer(self.result(language.answerTo(query, caller)))

    def test_readingIsPure(self) -> None:
        """The same expression reads to equal queries, and one query can be answered twice."""
        language = self.makeLanguage()
        for document in self.goodExpressions():
            query = language.read(XMLGate().parse(document))
            self.assertEqual(query, language.read(XMLGate().parse(document)))
            for _ in range(2):
                openAnswer(self.result(language.answer(query)))

    def test_malformed(self) -> None:
        """Malformed content is an ExtensibilityTypeError that says something."""
        language = self.makeLanguage()
        for document in self.badExpressions():
            expression = XMLGate().parse(document)
            error = self.assertRaises(ExtensibilityTypeError, language.read, expression)
            self.assertTrue(error.message)
