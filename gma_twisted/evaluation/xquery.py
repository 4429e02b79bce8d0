"""XQuery 3.1 over all values of a worker together (C{gma:queryByXQuery}; WIRE 3).

The context item of a query is an array whose members are sequences of values: C{?*} gives all of them. A query with a
prolog may have them in C{declare variable $values external;} too.
"""

import re
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import cast

import attrs

from gma_twisted.errors import ExtensibilityTypeError
from gma_twisted.evaluation.evaluator import Answer
from gma_twisted.evaluation.needs import Need, needsOfXQuery
from gma_twisted.evaluation.replica import Copy, Replica
from gma_twisted.evaluation.results import XQUERY_RESULTS, Results
from gma_twisted.evaluation.saxon import Saxon, SaxonError, refusedXQuery
from gma_twisted.evaluation.xqueryresults import ResultWriter
from gma_twisted.evaluation.xqueryvalues import XQueryValues
from gma_twisted.markup.namespaces import PREFIXES
from gma_twisted.model import ElementKey, Lifetime, QName, Question, ServiceDataElement

__all__ = ["XQueryEvaluator"]

_VALUES = "values"
_USES_VALUES = re.compile(r"\$\s*values\b")
# Where it has nothing of this, a path gives nodes in the order in which they were read, which changes do not keep.
_IS_ORDERED = re.compile(r"\border\s+by\b|\bsort\s*\(|\breverse\s*\(")
# What may give a view of a value, without its white space, that has the name of the value itself.
_TRANSFORMS = re.compile(r"transform|function-lookup")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@attrs.frozen(slots=True, eq=False)
class _Compiled:
    """
    A question that can be put to Saxon, which compiles it each time.

    @ivar namespaces: prefixes that are known
    @ivar usesValues: whether the variable may be asked for
    @ivar isOrdered: whether the order of its results may say something
    @ivar transforms: whether what it gives may only look like a value
    @ivar need: what a value needs to make a difference to it, C{None} when that is not known
    """

    namespaces: Mapping[str, str]
    usesValues: bool
    isOrdered: bool
    transforms: bool
    need: Need | None


@attrs.define(slots=True, eq=False)
class XQueryEvaluator:
    """
    Puts a query to Saxon, over all values of a selection at once.

    A query that compares something with a literal gets only the values that have such a thing, when these are few, see
    L{gma_twisted.evaluation.needs}. An answer over values of which some were left out because Saxon cannot read them
    says how many, C{gma:unread}.

    @ivar replica: see L{Evaluator <gma_twisted.evaluation.evaluator.Evaluator>}
    @ivar values: as Saxon has them
    @raise ImportError: Saxon is not installed
    """

    replica: Replica = attrs.field(factory=Replica, init=False)
    values: XQueryValues = attrs.field(init=False, repr=False)
    _saxon: Saxon = attrs.field(factory=Saxon, init=False, repr=False)
    _writer: ResultWriter = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._writer = ResultWriter(self._saxon)
        self.values = XQueryValues(self._saxon, self.replica)

    def warm(self) -> None:
        """See L{Evaluator.warm <gma_twisted.evaluation.evaluator.Evaluator.warm>}."""
        element = ServiceDataElement(ElementKey(QName("", "a"), ""), b"<a", b"/>", Lifetime(0.0))
        self.values.warm(Copy(element))
        self._saxon.evaluate(_WARMING, self._saxon.array(()))

    # -- what the node tells

    def put(self, elements: Sequence[ServiceDataElement]) -> None:
        """See L{Evaluator.put <gma_twisted.evaluation.evaluator.Evaluator.put>}."""
        self.values.renew(self.replica.put(elements))

    def extend(self, lifetimes: Sequence[tuple[ElementKey, Lifetime]]) -> None:
        """See L{Evaluator.extend <gma_twisted.evaluation.evaluator.Evaluator.extend>}."""
        self.values.change(self.replica.extend(lifetimes))

    def remove(self, keys: Sequence[ElementKey]) -> None:
        """See L{Evaluator.remove <gma_twisted.evaluation.evaluator.Evaluator.remove>}."""
        self.values.drop(self.replica.remove(keys))

    def forget(self, names: Sequence[QName]) -> None:
        """See L{Evaluator.forget <gma_twisted.evaluation.evaluator.Evaluator.forget>}."""
        self.values.drop(self.replica.forget(names))

    def advance(self, now: float, offset: float) -> None:
        """See L{Evaluator.advance <gma_twisted.evaluation.evaluator.Evaluator.advance>}."""
        self.values.advance(now, offset)

    def settle(self, now: float, offset: float) -> None:
        """See L{Evaluator.settle <gma_twisted.evaluation.evaluator.Evaluator.settle>}."""
        self.advance(now, offset)
        self.values.settle()

    def idle(self, isQuiet: bool = True) -> bool:
        """See L{Evaluator.idle <gma_twisted.evaluation.evaluator.Evaluator.idle>}."""
        return self.values.idle(isQuiet)

    # -- questions

    def compile(self, question: Question) -> _Compiled:
        """
        See L{Evaluator.compile <gma_twisted.evaluation.evaluator.Evaluator.compile>}. Whether it is XQuery is told by
        L{evaluate} only.
        """
        wrong = _ILLEGAL.search(question.text)
        if wrong is not None:
            before = question.text[: wrong.start()]
            line = before.count("\n") + 1
            column = len(before) - before.rfind("\n")
            raise ExtensibilityTypeError(
                f"XQuery, line {line}, column {column}: a character that no XML has"
            )
        return _Compiled(
            {**PREFIXES, **dict(question.namespaces)},
            _USES_VALUES.search(question.text) is not None,
            _IS_ORDERED.search(question.text) is not None,
            _TRANSFORMS.search(question.text) is not None,
            needsOfXQuery(question.text, question.namespaces),
        )

    def evaluate(
        self, compiled: object, question: Question, now: float, offset: float, maxResult: int
    ) -> Answer:
        """See L{Evaluator.evaluate <gma_twisted.evaluation.evaluator.Evaluator.evaluate>}."""
        prepared = cast(_Compiled, compiled)
        began = perf_counter()
        self.advance(now, offset)
        seen = self.values.see(question, prepared.need)
        variables = {_VALUES: self.values.allOf(seen)} if prepared.usesValues else {}
        loaded = perf_counter()
        results = Results(maxResult)
        try:
            found = self._saxon.evaluate(
                question.text, seen.context, variables, prepared.namespaces
            )
        except SaxonError as error:
            raise refusedXQuery(error) from None
        evaluated = perf_counter()
        self._writer.write(found, results, None if prepared.transforms else self.values.find)
        body = self._withUnread(results.written(XQUERY_RESULTS), question)
        written = perf_counter()
        return Answer(
            body,
            seen.count,
            loaded - began,
            evaluated - loaded,
            written - evaluated,
            None if prepared.isOrdered else results.items,
            seen.candidates,
        )

    def _withUnread(self, body: bytes, question: Question) -> bytes:
        if not self.values.unread:
            return body
        unread = len(self.values.unread.intersection(self.replica.select(question)))
        start, end, rest = body.partition(b">")
        return b"".join((start, b' gma:unread="%d"' % unread, end, rest)) if unread else body


# What may open a file the first time: names of months, a collation, numbers by chance, a parser, a serialiser.
_WARMING = """\
format-date(xs:date('2026-11-22'), '[D] [MNn]', 'en', (), ()), sort(('b', 'a'),
'http://www.w3.org/2013/collation/UCA?lang=en'), random-number-generator()?number, current-dateTime(),
serialize(parse-xml('<a/>')), parse-json('[1]')?1, matches('a', '^[a-z]+$', ';j'), replace('a', 'b', 'c'),
sum((1e0, 2.5)), xs:date('2026-11-22') + xs:dayTimeDuration('P1D'), transform(map { 'stylesheet-text':
'<a xmlns:x="http://www.w3.org/1999/XSL/Transform" x:version="3.0"/>', 'source-node': parse-xml('<a/>') })"""
