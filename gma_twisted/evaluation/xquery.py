"""XQuery 3.1 over all values of a worker together (C{gma:queryByXQuery}; WIRE 3).

The context item of a query is an array whose members are sequences of values: C{?*} gives all of them. A query with a
prolog may have them in C{declare variable $values external;} too.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import cast

import attrs

from gma_twisted.errors import ExtensibilityTypeError
from gma_twisted.evaluation.evaluator import Answer
from gma_twisted.evaluation.replica import Copy, Replica
from gma_twisted.evaluation.results import XQUERY_RESULTS, Results
from gma_twisted.evaluation.saxon import Saxon, SaxonError, Value, refusedXQuery
from gma_twisted.evaluation.shards import Run, Shards
from gma_twisted.evaluation.xqueryresults import ResultWriter
from gma_twisted.markup import writeValue
from gma_twisted.markup.namespaces import GMA, OGSI, PREFIXES
from gma_twisted.model import (
    ElementKey,
    Freshness,
    Lifetime,
    NameSelector,
    QName,
    Question,
    ServiceDataElement,
)

__all__ = ["XQueryEvaluator"]

_OPEN = f'<values xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}">'.encode()
_CLOSE = b"</values>"
_VALUES = "values"
_USES_VALUES = re.compile(r"\$\s*values\b")
# Where it has nothing of this, a path gives nodes in the order in which they were read, which changes do not keep.
_IS_ORDERED = re.compile(r"\border\s+by\b|\bsort\s*\(|\breverse\s*\(")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# The values of a document, as the only member of an array: what can be joined. Each comes into a document of its own:
# nothing leads from it to what was read with it, which may be gone, or not be selected.
_WHOLE = "function($document) { [$document/*/* ! document { . }/*] }"
# Of such arrays and of lists of runs in JSON: an array of arrays, each with the values of one list as its only member.
_PICK = """\
function($wholes, $lists) {
  let $sources := array:join($wholes?*)
  return array:for-each(parse-json($lists), function($runs) {
    [for $run in $runs?* return subsequence($sources(xs:integer($run?1)), $run?2, $run?3)]
  })
}"""
_JOIN = "function($arrays) { array:join($arrays?*) }"
_ALL = "function($array) { $array?* }"

# Members and arrays for so many selections are kept as long as nothing changes.
_SELECTIONS = 32
# Less does the wall clock move by itself; lifetimes are written with one distance, so that their differences are exact.
_STEP = 0.5


@attrs.define(slots=True, eq=False)
class _Seen:
    """
    What a question sees.

    @ivar context: the context item
    @ivar count: of the values in it
    @ivar values: all of them as one sequence, once a query asked for it
    """

    context: Value
    count: int
    values: Value = None


@attrs.frozen(slots=True, eq=False)
class _Compiled:
    """
    A question that can be put to Saxon, which compiles it each time.

    @ivar namespaces: prefixes that are known
    @ivar usesValues: whether the variable may be asked for
    @ivar isOrdered: whether the order of its results may say something
    """

    namespaces: Mapping[str, str]
    usesValues: bool
    isOrdered: bool


@attrs.define(slots=True, eq=False)
class XQueryEvaluator:
    """
    Reads many values together, and keeps each in a document of its own.

    A value that is no XML to Saxon, which has fewer names than the node's own parser, is left out; an answer over
    values of which some were left out says how many, C{gma:unread}.

    @ivar replica: see L{Evaluator <gma_twisted.evaluation.evaluator.Evaluator>}
    @raise ImportError: Saxon is not installed
    """

    replica: Replica = attrs.field(factory=Replica, init=False)
    _saxon: Saxon = attrs.field(factory=Saxon, init=False, repr=False)
    _writer: ResultWriter = attrs.field(init=False, repr=False)
    _whole: Callable[..., Value] = attrs.field(init=False, repr=False)
    _nothing: Value = attrs.field(init=False, repr=False)
    _picked: Callable[..., Value] = attrs.field(init=False, repr=False)
    _join: Callable[..., Value] = attrs.field(init=False, repr=False)
    _all: Callable[..., Value] = attrs.field(init=False, repr=False)
    _shards: Shards = attrs.field(factory=Shards, init=False, repr=False)
    # Copies that Saxon cannot read, as they are now.
    _unread: set[Copy] = attrs.field(factory=set, init=False, repr=False)
    # By what is selected, of one version of the shards.
    _seen: dict[object, _Seen] = attrs.field(factory=dict, init=False, repr=False)
    _version: int = attrs.field(default=0, init=False)
    _now: float = attrs.field(default=-math.inf, init=False)
    _offset: float = attrs.field(default=-math.inf, init=False)

    def __attrs_post_init__(self) -> None:
        self._writer = ResultWriter(self._saxon)
        self._whole = self._saxon.function(_WHOLE)
        self._picked = self._saxon.function(_PICK)
        self._nothing = self._saxon.evaluate("[()]").head
        self._join = self._saxon.function(_JOIN)
        self._all = self._saxon.function(_ALL)

    def warm(self) -> None:
        """See L{Evaluator.warm <gma_twisted.evaluation.evaluator.Evaluator.warm>}."""
        element = ServiceDataElement(ElementKey(QName("", "a"), ""), b"<a", b"/>", Lifetime(0.0))
        self._saxon.read(self._text([Copy(element)]))
        self._saxon.evaluate(_WARMING, self._saxon.array(()))

    # -- what the node tells

    def put(self, elements: Sequence[ServiceDataElement]) -> None:
        """See L{Evaluator.put <gma_twisted.evaluation.evaluator.Evaluator.put>}."""
        self._change(self.replica.put(elements))

    def extend(self, lifetimes: Sequence[tuple[ElementKey, Lifetime]]) -> None:
        """See L{Evaluator.extend <gma_twisted.evaluation.evaluator.Evaluator.extend>}."""
        self._change(self.replica.extend(lifetimes))

    def remove(self, keys: Sequence[ElementKey]) -> None:
        """See L{Evaluator.remove <gma_twisted.evaluation.evaluator.Evaluator.remove>}."""
        self._change(self.replica.remove(keys))

    def forget(self, names: Sequence[QName]) -> None:
        """See L{Evaluator.forget <gma_twisted.evaluation.evaluator.Evaluator.forget>}."""
        self._change(self.replica.forget(names))

    def advance(self, now: float, offset: float) -> None:
        """See L{Evaluator.advance <gma_twisted.evaluation.evaluator.Evaluator.advance>}."""
        self._now = now
        self._change(self.replica.advance(now))
        if abs(offset - self._offset) > _STEP:
            self._offset = offset
            self._change(list(self.replica))

    def settle(self, now: float, offset: float) -> None:
        """See L{Evaluator.settle <gma_twisted.evaluation.evaluator.Evaluator.settle>}."""
        self.advance(now, offset)
        self._write(())

    def _change(self, copies: Sequence[Copy]) -> None:
        self._shards.change(copies)
        if self._unread:
            self._unread.difference_update(copies)

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
        )

    def evaluate(
        self, compiled: object, question: Question, now: float, offset: float, maxResult: int
    ) -> Answer:
        """See L{Evaluator.evaluate <gma_twisted.evaluation.evaluator.Evaluator.evaluate>}."""
        prepared = cast(_Compiled, compiled)
        began = perf_counter()
        self.advance(now, offset)
        seen = self._load(question)
        variables = {}
        if prepared.usesValues:
            if seen.values is None:
                found = self._all(seen.context)
                seen.values = self._saxon.nothing() if found is None else found
            variables[_VALUES] = seen.values
        loaded = perf_counter()
        results = Results(maxResult)
        try:
            found = self._saxon.evaluate(
                question.text, seen.context, variables, prepared.namespaces
            )
        except SaxonError as error:
            raise refusedXQuery(error) from None
        evaluated = perf_counter()
        self._writer.write(found, results)
        body = self._withUnread(results.written(XQUERY_RESULTS), question)
        written = perf_counter()
        return Answer(
            body,
            seen.count,
            loaded - began,
            evaluated - loaded,
            written - evaluated,
            None if prepared.isOrdered else results.items,
        )

    def _withUnread(self, body: bytes, question: Question) -> bytes:
        if not self._unread:
            return body
        unread = len(self._unread.intersection(self.replica.select(question)))
        start, end, rest = body.partition(b">")
        return b"".join((start, b' gma:unread="%d"' % unread, end, rest)) if unread else body

    # -- values

    def _load(self, question: Question) -> _Seen:
        """What a question sees, at the instant of L{advance}."""
        self._write(question.selectors)
        if self._shards.version != self._version or len(self._seen) > _SELECTIONS:
            self._version = self._shards.version
            self._seen.clear()
        selection = question.selectors, question.freshness
        seen = self._seen.get(selection)
        if seen is None:
            seen = self._seen[selection] = self._see(question, selection)
        return seen

    def _write(self, selectors: Sequence[NameSelector]) -> None:
        """Bring what a question may see into the shards."""
        read: list[Value] = []
        for copies in self._shards.take(selectors):
            self._read(copies, read)
        plans = self._shards.arrange()
        # Each list of runs has a source of its own, then come those they share.
        lists = [
            [
                (source + len(plans) - 1 if source > 1 else number, first, count)
                for source, first, count in plan.runs
            ]
            for number, plan in enumerate(plans, 1)
        ]
        sources = [self._nothing if plan.source is None else plan.source for plan in plans]
        for plan, form in zip(plans, self._pick([*sources, *read], lists), strict=True):
            plan.shard.form = form

    def _read(self, copies: Sequence[Copy], read: list[Value]) -> None:
        """Make a document of values, without those that Saxon cannot read."""
        try:
            document = self._saxon.read(self._text(copies))
        except SaxonError:
            if len(copies) == 1:
                self._unread.update(copies)
                return
            middle = len(copies) // 2
            self._read(copies[:middle], read)
            self._read(copies[middle:], read)
        else:
            self._shards.add(copies)
            read.append(self._whole(document).head)

    def _text(self, copies: Sequence[Copy]) -> str:
        now, offset = self._now, self._offset
        values = [writeValue(copy.element, now, offset) for copy in copies]
        return b"".join((_OPEN, *values, _CLOSE)).decode()

    def _see(self, question: Question, selection: object) -> _Seen:
        shards = self._shards.shards
        if not question.selectors and question.freshness is Freshness.ANY:
            count = sum([len(shard.copies) for shard in shards])
            return _Seen(self._joined([shard.form for shard in shards]), count)
        missing = [shard for shard in shards if selection not in shard.parts]
        lists = []
        for number, shard in enumerate(missing, 1):
            runs = shard.select(question.selectors, question.freshness)
            lists.append([(number, first, count) for _, first, count in runs])
        parts = self._pick([shard.form for shard in missing], lists)
        for shard, part, runs in zip(missing, parts, lists, strict=True):
            if len(shard.parts) > _SELECTIONS:
                shard.parts.clear()
            shard.parts[selection] = part, sum([count for _, _, count in runs])
        found = [shard.parts[selection] for shard in shards]
        there = [part for part, count in found if count]
        return _Seen(self._joined(there), sum([count for _, count in found]))

    def _pick(self, sources: Sequence[Value], lists: Sequence[Sequence[Run]]) -> Sequence[Value]:
        """For each list of runs an array whose only member are the values at these places of the sources."""
        if not lists:
            return ()
        written = self._saxon.text(json.dumps(lists))
        parts: list[Value] = self._picked(self._saxon.array(sources), written).head.as_list()
        return parts

    def _joined(self, parts: Sequence[Value]) -> Value:
        return self._join(self._saxon.array(parts)).head


# What may open a file the first time: names of months, a collation, numbers by chance, a parser, a serialiser.
_WARMING = """\
format-date(xs:date('2026-11-22'), '[D] [MNn]', 'en', (), ()), sort(('b', 'a'),
'http://www.w3.org/2013/collation/UCA?lang=en'), random-number-generator()?number, current-dateTime(),
serialize(parse-xml('<a/>')), parse-json('[1]')?1, matches('a', '^[a-z]+$', ';j'), replace('a', 'b', 'c'),
sum((1e0, 2.5)), xs:date('2026-11-22') + xs:dayTimeDuration('P1D'), transform(map { 'stylesheet-text':
'<a xmlns:x="http://www.w3.org/1999/XSL/Transform" x:version="3.0"/>', 'source-node': parse-xml('<a/>') })"""
