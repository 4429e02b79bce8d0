"""The languages whose expressions run in worker processes: XPath and XQuery (OGSI 1.0, 9.2; WIRE 3)."""

import importlib.util
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import attrs
from zope.interface import implementer

from gma_twisted.errors import ExtensibilityNotSupported, GMAError, ParameterError, cut
from gma_twisted.evaluation.messages import Answered
from gma_twisted.interfaces import (
    ICallerQueries,
    IQueryEngine,
    IQueryLanguage,
    IServiceDataStore,
    IStandingQueries,
)
from gma_twisted.markup import Element
from gma_twisted.model import OURSELVES, Caller, Language, NameQuery, QName, Question
from gma_twisted.soap.questions import (
    QUERY_DIALECTS,
    SUBSCRIBE_DIALECTS,
    AskedQuestion,
    QuestionLimits,
    readQuestion,
)

__all__ = ["MissingLanguage", "Pool", "QuestionLanguage", "explained", "whyMissing"]

_PACKAGE = "saxonche"
_EXPLAINED = (
    ("values", "values", "{:.0f}"),
    ("candidates", "candidates", "{:.0f}"),
    ("waited", "waited", "{:.6f}"),
    ("loaded", "load", "{:.6f}"),
    ("evaluated", "evaluate", "{:.6f}"),
    ("written", "write", "{:.6f}"),
    ("worker", "worker", "{:.0f}"),
)


class Pool(Protocol):
    """What answers the questions of one language: L{QueryPool <gma_twisted.queries.pool.QueryPool>}."""

    def ask(self, question: Question, client: str) -> Awaitable[Answered]:
        """
        Answer a question once.

        @param client: who asks, for the share each has
        @raise ExtensibilityTypeError: it cannot be evaluated
        @raise TooLarge: the answer would be
        @raise Busy: too many wait, or too many of this client
        @raise TimedOut: it took too long
        @raise ServiceError: its worker ended
        """
        ...

    def check(self, question: Question, client: str) -> Awaitable[Answered]:
        """
        Answer a question that a client wants to be kept; errors as of L{ask}.

        @raise Busy: as many are kept of this client, too, as may be
        """
        ...

    def watch(
        self,
        question: Question,
        changed: Callable[[bytes], None],
        refused: Callable[[GMAError], None],
    ) -> Callable[[], None]:
        """See L{IStandingQueries.watch}."""
        ...

    def start(self) -> Awaitable[None]:
        """Follow the store; no process begins before a question."""
        ...

    def stop(self) -> Awaitable[None]:
        """End every process."""
        ...


@implementer(IQueryEngine, ICallerQueries, IStandingQueries)
@attrs.frozen(slots=True, eq=False)
class QuestionLanguage:
    """
    One of the languages, over one service's data.

    @ivar language: which
    @ivar pool: answers
    @ivar store: knows which names there are
    @ivar limits: of what is read
    @ivar dialects: see L{IQueryEngine}
    @ivar subscribeDialects: see L{IStandingQueries}
    """

    language: Language
    pool: Pool
    store: IServiceDataStore
    limits: QuestionLimits = attrs.field(factory=QuestionLimits)
    dialects: Sequence[QName] = attrs.field(init=False)
    subscribeDialects: Sequence[QName] = attrs.field(init=False)

    @dialects.default
    def _asked(self) -> Sequence[QName]:
        return QUERY_DIALECTS[self.language]

    @subscribeDialects.default
    def _subscribed(self) -> Sequence[QName]:
        return SUBSCRIBE_DIALECTS[self.language]

    def read(self, expression: Element) -> AskedQuestion:
        """See L{IQueryEngine}. @raise TooLarge: a bound of L{limits} is passed"""
        return readQuestion(expression, self.language, self.limits)

    def answer(self, query: object) -> Awaitable[bytes]:
        """See L{IQueryEngine}."""
        return self.answerTo(query, OURSELVES)

    async def answerTo(self, query: object, caller: Caller) -> bytes:
        """See L{ICallerQueries}; otherwise errors as of L{Pool.ask}."""
        if not isinstance(query, AskedQuestion) or query.question.language is not self.language:
            raise ParameterError(f"{cut(query)} is no question in {self.language.value}")
        question = query.question
        self._checkNames(question)
        answered = await self.pool.ask(question, caller.owner)
        return explained(answered) if query.isExplained else answered.body

    async def check(self, question: Question, caller: Caller) -> bytes:
        """See L{IStandingQueries}; errors as of L{Pool.ask}."""
        return (await self.pool.check(question, caller.owner)).body

    def watch(
        self,
        question: Question,
        changed: Callable[[bytes], None],
        refused: Callable[[GMAError], None],
    ) -> Callable[[], None]:
        """See L{IStandingQueries}."""
        return self.pool.watch(question, changed, refused)

    def start(self) -> Awaitable[None]:
        """See L{IQueryEngine}."""
        return self.pool.start()

    def stop(self) -> Awaitable[None]:
        """See L{IQueryEngine}."""
        return self.pool.stop()

    def _checkNames(self, question: Question) -> None:
        """@raise TargetInvalid: a name is asked for that is not known (OGSI 1.0, 9.2.1)"""
        named = tuple(
            one for one in question.selectors if "*" not in (one.name.localName, one.name.namespace)
        )
        if named:
            # One value is enough to see that.
            self.store.find(NameQuery(named, limit=1))


@implementer(IQueryLanguage, IStandingQueries)
@attrs.frozen(slots=True, eq=False)
class MissingLanguage:
    """
    A language that this installation cannot evaluate: whoever asks or subscribes is told what is missing.

    @ivar language: which
    @ivar why: what to tell, see L{whyMissing}
    @ivar dialects: see L{IQueryLanguage}; not to be advertised
    @ivar subscribeDialects: see L{IStandingQueries}
    """

    language: Language
    why: str
    dialects: Sequence[QName] = attrs.field(init=False)
    subscribeDialects: Sequence[QName] = attrs.field(default=(), init=False)

    @dialects.default
    def _asked(self) -> Sequence[QName]:
        return QUERY_DIALECTS[self.language]

    def read(self, expression: Element) -> object:
        """See L{IQueryLanguage}. @raise ExtensibilityNotSupported: always"""
        raise ExtensibilityNotSupported(self.why)

    def answer(self, query: object) -> Awaitable[bytes]:
        """See L{IQueryLanguage}. @raise ExtensibilityNotSupported: always"""
        raise ExtensibilityNotSupported(self.why)

    def check(self, question: Question, caller: Caller) -> Awaitable[bytes]:
        """See L{IStandingQueries}. @raise ExtensibilityNotSupported: always"""
        raise ExtensibilityNotSupported(self.why)

    def watch(
        self,
        question: Question,
        changed: Callable[[bytes], None],
        refused: Callable[[GMAError], None],
    ) -> Callable[[], None]:
        """See L{IStandingQueries}. @raise ExtensibilityNotSupported: always"""
        raise ExtensibilityNotSupported(self.why)


def explained(answered: Answered) -> bytes:
    """The answer, whose root says what it took: seconds, how many values, and the number of the worker."""
    figures: Mapping[str, float] = answered.figures
    told = "".join(
        f' gma:{name}="{form.format(figures[key])}"'
        for name, key, form in _EXPLAINED
        if key in figures
    )
    tag, blank, rest = answered.body.partition(b" ")
    return b"".join((tag, told.encode(), blank, rest))


def whyMissing(language: Language) -> str:
    """Why this installation cannot evaluate a language; empty when it can. Nothing is imported for that."""
    if language is Language.XQUERY and importlib.util.find_spec(_PACKAGE) is None:
        return "this node cannot answer XQuery: install gma-twisted[xquery] and start it again"
    return ""
