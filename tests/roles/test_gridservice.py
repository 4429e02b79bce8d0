"""The GridService every service has: languages by dialect, and an end nobody can ask for."""

from collections.abc import Awaitable, Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    GMAError,
    ModifiabilityViolation,
    ServiceNotDestroyed,
    TargetInvalid,
    TerminationTimeUnchanged,
)
from gma_twisted.interfaces import ICallerQueries, IDemand, IGridService, IQueryLanguage
from gma_twisted.markup import Element, XMLGate, nameOf
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import OURSELVES, Caller, Expression, NameSelector, QName
from gma_twisted.queries import NameQueries
from gma_twisted.roles import PermanentService
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, Ready, toDeferred


@implementer(IQueryLanguage)
class _Language:
    """Reads an element's text and answers it."""

    dialects: tuple[QName, ...] = (QName("urn:q", "echo"), QName("", "echo"))

    def __init__(self) -> None:
        self.read_ = 0

    def read(self, expression: Element) -> object:
        """See L{IQueryLanguage}."""
        self.read_ += 1
        return expression.text

    def answer(self, query: object) -> Awaitable[bytes]:
        """See L{IQueryLanguage}."""
        return Ready(f"<answer>{query}</answer>".encode())


@implementer(ICallerQueries)
class _Asked(_Language):
    """Answers who asks."""

    dialects = (QName("", "who"),)

    def answerTo(self, query: object, caller: Caller) -> Awaitable[bytes]:
        """See L{ICallerQueries}."""
        return Ready(f"<who>{caller.owner}</who>".encode())


@implementer(IDemand)
class _Demand:
    """
    Has answers wait.

    @ivar heard: what was asked
    @ivar waited: what answers wait for
    """

    def __init__(self) -> None:
        self.heard: list[Sequence[NameSelector]] = []
        self.waited: Deferred[None] | None = None

    def asked(self, selectors: Sequence[NameSelector]) -> Awaitable[object] | None:
        """See L{IDemand}."""
        self.heard.append(selectors)
        return self.waited


class _Missing(_Language):
    """Lacks something."""

    dialects = (QName("", "missing"),)

    def read(self, expression: Element) -> object:
        """See L{IQueryLanguage}."""
        raise ExtensibilityNotSupported("install it")


def expression(text: str) -> Expression:
    """An expression as a message holds it."""
    tree = XMLGate().parse(text.encode())
    return Expression(nameOf(tree), tree)


def setting(content: str, kind: str = "setByServiceDataNames") -> Expression:
    """An update."""
    return expression(f'<o:{kind} xmlns:o="{OGSI}">{content}</o:{kind}>')


class PermanentServiceTests(SynchronousTestCase):
    """Of one language."""

    def setUp(self) -> None:
        """The service."""
        self.language = _Language()
        self.role = PermanentService([self.language])

    def _refused(self, kind: type[GMAError], call: Callable[..., object], *given: object) -> str:
        return str(self.assertRaises(kind, call, *given))

    def test_interface(self) -> None:
        """It is a GridService."""
        self.assertTrue(verifyObject(IGridService, self.role))

    def test_language(self) -> None:
        """The root of the expression chooses the language, by any of its dialects."""
        for text in ('<echo xmlns="urn:q">hi</echo>', "<echo>hi</echo>"):
            answer = self.role.findServiceData(expression(text))
            self.assertEqual(self.successResultOf(toDeferred(answer)), b"<answer>hi</answer>")

    def test_readOnce(self) -> None:
        """The same expression is read once, and answered each time."""
        one = expression("<echo>hi</echo>")
        for _ in range(3):
            self.successResultOf(toDeferred(self.role.findServiceData(one)))
        self.assertEqual(self.language.read_, 1)

    def test_noLanguage(self) -> None:
        """Another root is refused, with the languages there are."""
        why = self._refused(
            ExtensibilityNotSupported, self.role.findServiceData, expression("<sql/>")
        )
        self.assertEqual(why, '"sql" is no query language here; there are {urn:q}echo')

    def test_caller(self) -> None:
        """A language that wants to know who asks is told; others are asked as ever."""
        role = PermanentService([self.language, _Asked()])
        for given, owner in (({"caller": Caller("carol")}, "carol"), ({}, OURSELVES.owner)):
            answer = role.findServiceData(expression("<who/>"), **given)
            told = self.successResultOf(toDeferred(answer))
            self.assertEqual(told, f"<who>{owner}</who>".encode())
            echo = role.findServiceData(expression("<echo>hi</echo>"), **given)
            self.assertEqual(self.successResultOf(toDeferred(echo)), b"<answer>hi</answer>")

    def test_missing(self) -> None:
        """A language that lacks something says so itself, and is not among those that there are."""
        role = PermanentService([self.language], missing=[_Missing()])
        why = self._refused(
            ExtensibilityNotSupported, role.findServiceData, expression("<missing/>")
        )
        self.assertEqual(why, "install it")
        why = self._refused(ExtensibilityNotSupported, role.findServiceData, expression("<sql/>"))
        self.assertEqual(why, '"sql" is no query language here; there are {urn:q}echo')

    def test_demand(self) -> None:
        """Who wants to know what is asked is told, and may have the answer wait; of a strange language it is all."""
        demand = _Demand()
        clock = NodeClock(Clock())
        names = NameQueries(MemoryStore(clock), clock)
        role = PermanentService([self.language, names, _Asked()], demand=demand)
        named = f'<o:queryByServiceDataNames xmlns:o="{OGSI}"><o:name>o:entry</o:name></o:queryByServiceDataNames>'
        self._refused(TargetInvalid, role.findServiceData, expression(named))
        self.assertEqual(demand.heard, [(NameSelector(QName(OGSI, "entry")),)])
        for text, expected in (
            ("<echo>hi</echo>", b"<answer>hi</answer>"),
            ("<who/>", b"<who>carol</who>"),
        ):
            demand.waited = Deferred()
            answer = toDeferred(role.findServiceData(expression(text), Caller("carol")))
            self.assertNoResult(answer)
            demand.waited.callback(None)
            self.assertEqual(self.successResultOf(answer), expected)
        self.assertEqual(demand.heard[1:], [(), ()])

    def test_noUpdate(self) -> None:
        """Another root is no update."""
        self._refused(
            ExtensibilityNotSupported, self.role.setServiceData, setting("", "setByXPath")
        )

    def test_nothingModifiable(self) -> None:
        """Where clients may change nothing, they are told so."""
        why = self._refused(ModifiabilityViolation, self.role.setServiceData, setting("<known/>"))
        self.assertEqual(why, "no service data here is modifiable by clients")

    def test_end(self) -> None:
        """Its end cannot be moved, nor asked for."""
        for ask in (self.role.requestTerminationAfter, self.role.requestTerminationBefore):
            self._refused(TerminationTimeUnchanged, ask, 1.0)
        self._refused(ServiceNotDestroyed, self.role.destroy)
