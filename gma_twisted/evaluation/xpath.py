"""XPath 1.0 over the values of a worker: each value is a document of its own (C{ogsi:queryByServiceDataXPath}, GT3)."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate, islice, takewhile
from time import perf_counter
from typing import cast

import attrs

from gma_twisted.errors import GMAError, ServiceError, cut
from gma_twisted.evaluation.columns import MOST_TEXT, MOST_TEXTS, Columns
from gma_twisted.evaluation.evaluator import Answer
from gma_twisted.evaluation.fieldtexts import textsOf
from gma_twisted.evaluation.narrowings import Narrowings
from gma_twisted.evaluation.needs import Field, needsOf
from gma_twisted.evaluation.replica import Copy, Replica
from gma_twisted.evaluation.results import (
    XPATH_RESULTS,
    Results,
    writeBoolean,
    writeNumber,
    writeResult,
    writeString,
)
from gma_twisted.markup import Element, escapeAttribute, writeValue
from gma_twisted.markup.trees import ValueTrees, stampTree, writeInner
from gma_twisted.markup.xpath import XPathFailure, compileTexts, compileXPath, refusedXPath
from gma_twisted.model import ElementKey, Lifetime, QName, Question, ServiceDataElement

__all__ = ["XPathEvaluator"]

Expression = Callable[[Element], object]

# Less does the wall clock move by itself; lifetimes are written with one distance, so that their differences are exact.
_STEP = 0.5
# Values whose trees may wait: a question that needs them all makes so many in some thirty milliseconds.
_WAITING = 2_000
# Bytes of a value above which its tree does not wait.
_LARGE = 16 * 1024
# Bytes of the values whose trees are made together while nobody asks, in about a millisecond, and what each of them
# takes beside.
_TOGETHER = 32 * 1024
_EACH = 256


@attrs.define(slots=True, eq=False)
class XPathEvaluator:
    """
    Keeps one tree a value. It is made, and brought up to date, for the first question that is put to the value, or
    while nobody asks; where many changed, as soon as they are told of.

    A question that compares something with a literal is put only to the values that have such a thing, see
    L{gma_twisted.evaluation.needs}: of the others it is known that it gives nothing, and no tree is needed.

    @ivar replica: see L{Evaluator <gma_twisted.evaluation.evaluator.Evaluator>}
    @ivar fewest: values below which all are asked
    @ivar narrowings: which values questions may find something in
    """

    replica: Replica = attrs.field(factory=Replica, init=False)
    fewest: int = attrs.field(default=64, init=False)
    narrowings: Narrowings = attrs.field(init=False, repr=False)
    _trees: ValueTrees = attrs.field(factory=ValueTrees, init=False, repr=False)
    # Those whose tree is missing, or of before they were extended or turned. Of those with another content the tree of
    # before: to free it takes its time, too.
    _outdated: dict[Copy, object] = attrs.field(factory=dict, init=False, repr=False)
    # Those of which no tree can be made, as they are now.
    _broken: set[Copy] = attrs.field(factory=set, init=False, repr=False)
    _now: float = attrs.field(default=-math.inf, init=False)
    _offset: float = attrs.field(default=-math.inf, init=False)

    def __attrs_post_init__(self) -> None:
        # Of those that changed a few are looked at as all are: what is chosen once is chosen ever after.
        self.narrowings = Narrowings(self.replica, Columns(self._textsOf, fewest=1))

    def warm(self) -> None:
        """See L{Evaluator.warm <gma_twisted.evaluation.evaluator.Evaluator.warm>}."""
        element = ServiceDataElement(ElementKey(QName("", "a"), ""), b"<a", b"/>", Lifetime(0.0))
        root = self._trees.read(element, 0.0, 0.0)
        compileXPath("string(//@*)", ())(root)
        writeInner(root)

    # -- what the node tells

    def put(self, elements: Sequence[ServiceDataElement]) -> None:
        """See L{Evaluator.put <gma_twisted.evaluation.evaluator.Evaluator.put>}."""
        copies = self.replica.put(elements)
        self.narrowings.renew(copies)
        for copy in copies:
            self._outdated.setdefault(copy, copy.form)
            copy.form = None
        self._mark(copies)

    def extend(self, lifetimes: Sequence[tuple[ElementKey, Lifetime]]) -> None:
        """See L{Evaluator.extend <gma_twisted.evaluation.evaluator.Evaluator.extend>}."""
        copies = self.replica.extend(lifetimes)
        self.narrowings.change(copies)
        self._mark(copies)

    def remove(self, keys: Sequence[ElementKey]) -> None:
        """See L{Evaluator.remove <gma_twisted.evaluation.evaluator.Evaluator.remove>}."""
        self._drop(self.replica.remove(keys))

    def forget(self, names: Sequence[QName]) -> None:
        """See L{Evaluator.forget <gma_twisted.evaluation.evaluator.Evaluator.forget>}."""
        self._drop(self.replica.forget(names))

    def advance(self, now: float, offset: float) -> None:
        """See L{Evaluator.advance <gma_twisted.evaluation.evaluator.Evaluator.advance>}."""
        self._now = now
        turned = self.replica.advance(now)
        if turned:
            self.narrowings.change(turned)
            self._expect(turned)
        if abs(offset - self._offset) > _STEP:
            self._offset = offset
            self._expect(self.replica)

    def settle(self, now: float, offset: float) -> None:
        """See L{Evaluator.settle <gma_twisted.evaluation.evaluator.Evaluator.settle>}."""
        self.advance(now, offset)
        if self._outdated:
            # In their order: what is read together stands together in memory.
            self._make([copy for copy in self.replica if copy in self._outdated])

    def idle(self, isQuiet: bool = True) -> bool:
        """
        See L{Evaluator.idle <gma_twisted.evaluation.evaluator.Evaluator.idle>}: some trees are made. That waits for
        quiet: most questions need few of them, and who answers one right after changes needs the processor.
        """
        if not isQuiet or self._offset == -math.inf or not self._outdated:
            return False
        sizes = accumulate(copy.element.size + _EACH for copy in self._outdated)
        count = sum(1 for _ in takewhile(_TOGETHER.__gt__, sizes))
        self._make(list(islice(self._outdated, max(1, count))))
        return True

    # -- questions

    def compile(self, question: Question) -> Expression:
        """See L{Evaluator.compile <gma_twisted.evaluation.evaluator.Evaluator.compile>}."""
        return compileXPath(question.text, question.namespaces)

    def evaluate(
        self, compiled: object, question: Question, now: float, offset: float, maxResult: int
    ) -> Answer:
        """See L{Evaluator.evaluate <gma_twisted.evaluation.evaluator.Evaluator.evaluate>}."""
        began = perf_counter()
        self.advance(now, offset)
        copies = self.replica.select(question)
        results = Results(maxResult)
        expression = cast(Expression, compiled)
        written = 0.0
        try:
            candidates = self.load(question, copies)
            loaded = perf_counter()
            for copy in candidates:
                found = expression(copy.form)  # type: ignore[arg-type]
                # Mostly nothing. False and 0 are results.
                if found or found.__class__ is not list:
                    start = perf_counter()
                    for piece in self.pieces(found, copy):
                        results.add(self.whole(copy) if piece is None else piece)
                    written += perf_counter() - start
        except XPathFailure as error:
            raise refusedXPath(error, question.text) from None
        ended = perf_counter()
        body = results.written(XPATH_RESULTS)
        evaluated = ended - loaded - written
        written += perf_counter() - ended
        return Answer(
            body, len(copies), loaded - began, evaluated, written, candidates=len(candidates)
        )

    def load(self, question: Question, copies: Sequence[Copy]) -> Sequence[Copy]:
        """
        The copies in which a question may find something, each with the tree of the instant of L{advance}.

        @param copies: those that it selects at that instant
        @raise ServiceError: no tree can be made of one
        @raise XPathFailure: libxml2 got no memory
        """
        if len(copies) >= self.fewest:
            need = needsOf(question.text, question.namespaces)
            if need is not None:
                copies = self.narrowings.sift(question, need, copies)
        self.refresh(copies)
        return copies

    def refresh(self, copies: Sequence[Copy]) -> None:
        """
        Bring the trees of some copies to the instant of L{advance}.

        @raise ServiceError: no tree can be made of one
        """
        for waiting in (self._outdated, self._broken):
            if waiting:
                for copy in [copy for copy in copies if copy in waiting]:
                    self._bring(copy)

    def pieces(self, found: object, copy: Copy) -> Iterator[bytes | None]:
        """
        What an expression gave for a value, a result at a time: a few bytes of it can select a value many times over.

        @return: results as they are written; C{None} stands for the L{whole} value
        """
        if isinstance(found, list):
            for node in found:
                yield None if node is copy.form else _writeNode(node)
        elif isinstance(found, bool):
            yield writeBoolean(found)
        elif isinstance(found, float):
            yield writeNumber(found)
        else:
            yield writeString(str(found))

    def whole(self, copy: Copy) -> bytes:
        """A value as it is written, with the lifetime of the instant of L{advance}."""
        return writeValue(copy.element, self._now, self._offset)

    def _drop(self, copies: Sequence[Copy]) -> None:
        for copy in copies:
            self._outdated.pop(copy, None)
            copy.form = None  # somebody may remember that it changed
        self._broken.difference_update(copies)
        self.narrowings.renew(copies)

    def _mark(self, copies: Sequence[Copy]) -> None:
        """The trees of some are not what was told; when they are many, or large, they are made at once."""
        self._expect(copies)
        if self._offset != -math.inf:
            isMuch = len(self._outdated) > _WAITING
            self._make([copy for copy in copies if isMuch or copy.element.size > _LARGE])

    def _expect(self, copies: Iterable[Copy]) -> None:
        for copy in copies:
            self._outdated.setdefault(copy, None)
        self._broken.difference_update(copies)

    def _make(self, copies: Sequence[Copy]) -> None:
        for copy in copies:
            with suppress(ServiceError):  # told to who asks for it
                self._bring(copy)

    def _bring(self, copy: Copy) -> None:
        """
        Make the tree of a copy, or bring it up to date.

        @raise ServiceError: none can be made
        """
        element = copy.element
        self._outdated.pop(copy, None)
        if copy.form is not None:
            stampTree(cast(Element, copy.form), element, self._now, self._offset)
        else:
            try:
                copy.form = self._trees.read(element, self._now, self._offset)
            except GMAError as error:
                self._broken.add(copy)
                key = element.key
                raise ServiceError(
                    f"a value of {cut(key.name)} from {cut(key.originator)} cannot be asked: {error}"
                ) from None

    def _textsOf(self, field: Field, copies: Sequence[Copy]) -> Sequence[Sequence[str]]:
        """See L{Columns.extract}: what bytes do not tell is looked up in the trees."""
        found = list(textsOf(field, copies))
        unknown = [place for place, texts in enumerate(found) if len(texts) > MOST_TEXTS]
        if unknown:
            find = compileTexts(
                field.isAttribute, field.namespace, field.localName, MOST_TEXTS + 1, MOST_TEXT + 1
            )
            for place in unknown:
                copy = copies[place]
                if copy.form is None:
                    self._make([copy])
                # Who asks is told why there is none.
                if copy.form is not None:
                    found[place] = find(cast(Element, copy.form))
        return found


def _writeNode(node: object) -> bytes:
    if isinstance(node, str):
        return writeString(node, getattr(node, "attrname", None))
    if isinstance(node, tuple):  # of the namespace axis
        prefix, uri = node
        return writeResult("xsd:anyURI", uri, f' gma:prefix="{escapeAttribute(prefix or "")}"')
    return writeInner(cast(Element, node))
