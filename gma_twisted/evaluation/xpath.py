"""XPath 1.0 over the values of a worker: each value is a document of its own (C{ogsi:queryByServiceDataXPath}, GT3)."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from time import perf_counter
from typing import cast

import attrs

from gma_twisted.errors import GMAError, ServiceError, cut
from gma_twisted.evaluation.evaluator import Answer
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
from gma_twisted.markup.xpath import XPathFailure, compileXPath, refusedXPath
from gma_twisted.model import ElementKey, Lifetime, QName, Question, ServiceDataElement

__all__ = ["XPathEvaluator"]

Expression = Callable[[Element], object]

# Less does the wall clock move by itself; lifetimes are written with one distance, so that their differences are exact.
_STEP = 0.5


@attrs.define(slots=True, eq=False)
class XPathEvaluator:
    """
    Keeps one tree a value. It is made, and brought up to date, as soon as the value is told of: a worker has more time
    between questions than within them.

    @ivar replica: see L{Evaluator <gma_twisted.evaluation.evaluator.Evaluator>}
    """

    replica: Replica = attrs.field(factory=Replica, init=False)
    _trees: ValueTrees = attrs.field(factory=ValueTrees, init=False, repr=False)
    # Those whose tree is missing, or of before they were extended or turned.
    _outdated: set[Copy] = attrs.field(factory=set, init=False, repr=False)
    _now: float = attrs.field(default=-math.inf, init=False)
    _offset: float = attrs.field(default=-math.inf, init=False)

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
        for copy in copies:
            copy.form = None
        self._take(copies)

    def extend(self, lifetimes: Sequence[tuple[ElementKey, Lifetime]]) -> None:
        """See L{Evaluator.extend <gma_twisted.evaluation.evaluator.Evaluator.extend>}."""
        self._take(self.replica.extend(lifetimes))

    def remove(self, keys: Sequence[ElementKey]) -> None:
        """See L{Evaluator.remove <gma_twisted.evaluation.evaluator.Evaluator.remove>}."""
        self._outdated.difference_update(self.replica.remove(keys))

    def forget(self, names: Sequence[QName]) -> None:
        """See L{Evaluator.forget <gma_twisted.evaluation.evaluator.Evaluator.forget>}."""
        self._outdated.difference_update(self.replica.forget(names))

    def advance(self, now: float, offset: float) -> None:
        """See L{Evaluator.advance <gma_twisted.evaluation.evaluator.Evaluator.advance>}."""
        self._now = now
        self._outdated.update(self.replica.advance(now))
        if abs(offset - self._offset) > _STEP:
            self._offset = offset
            self._outdated.update(self.replica)

    def settle(self, now: float, offset: float) -> None:
        """See L{Evaluator.settle <gma_twisted.evaluation.evaluator.Evaluator.settle>}."""
        self.advance(now, offset)
        if self._outdated:
            # In their order: what is read together stands together in memory.
            self._take([copy for copy in self.replica if copy in self._outdated])

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
        copies = self.load(question)
        loaded = perf_counter()
        results = Results(maxResult)
        expression = cast(Expression, compiled)
        written = 0.0
        try:
            for copy in copies:
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
        return Answer(body, len(copies), loaded - began, evaluated, written)

    def load(self, question: Question) -> Sequence[Copy]:
        """
        The copies that a question selects at the instant of L{advance}, each with the tree of that instant.

        @raise ServiceError: no tree can be made of one
        """
        copies = self.replica.select(question)
        self.refresh(copies)
        return copies

    def refresh(self, copies: Sequence[Copy]) -> None:
        """
        Bring the trees of some copies to the instant of L{advance}.

        @raise ServiceError: no tree can be made of one
        """
        if self._outdated:
            for copy in [copy for copy in copies if copy in self._outdated]:
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

    def _take(self, copies: Sequence[Copy]) -> None:
        self._outdated.update(copies)
        if self._offset != -math.inf:
            for copy in copies:
                with suppress(ServiceError):  # told to who asks for it
                    self._bring(copy)

    def _bring(self, copy: Copy) -> None:
        """Make the tree of a copy, or bring it up to date."""
        element = copy.element
        if copy.form is not None:
            stampTree(cast(Element, copy.form), element, self._now, self._offset)
        else:
            try:
                copy.form = self._trees.read(element, self._now, self._offset)
            except GMAError as error:
                key = element.key
                raise ServiceError(
                    f"a value of {cut(key.name)} from {cut(key.originator)} cannot be asked: {error}"
                ) from None
        self._outdated.discard(copy)


def _writeNode(node: object) -> bytes:
    if isinstance(node, str):
        return writeString(node, getattr(node, "attrname", None))
    if isinstance(node, tuple):  # of the namespace axis
        prefix, uri = node
        return writeResult("xsd:anyURI", uri, f' gma:prefix="{escapeAttribute(prefix or "")}"')
    return writeInner(cast(Element, node))
