"""Standing questions in XPath: put to the values that changed, what they gave for the others is kept."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import cast

import attrs

from gma_twisted.errors import TooLarge
from gma_twisted.evaluation.replica import Copy, Place
from gma_twisted.evaluation.results import AROUND, XPATH_RESULTS, Results, tooLarge
from gma_twisted.evaluation.standing import Kept
from gma_twisted.evaluation.xpath import Expression, XPathEvaluator
from gma_twisted.markup import Element
from gma_twisted.markup.xpath import XPathFailure, readsLifetimes, refusedXPath
from gma_twisted.model import Freshness, Question

__all__ = ["AnswersByValue"]

# Bytes that are needed for what a value gave, beside that itself.
_ENTRY = 400


@attrs.frozen(slots=True, eq=False)
class _Part:
    """
    What a value gave.

    @ivar copy: the value
    @ivar pieces: results as they are written; C{None} stands for the value itself, which is written when it is told
    @ivar mark: a number: parts that say the same have the same
    @ivar size: bytes of C{pieces}
    """

    copy: Copy
    pieces: tuple[bytes | None, ...]
    mark: int
    size: int


@attrs.define(slots=True, eq=False)
class _Answer:
    """
    What a question gave.

    @ivar parts: of the values that gave something
    @ivar places: the keys of C{parts}, in order
    @ivar size: bytes of all parts
    """

    parts: dict[Place, _Part] = attrs.field(factory=dict)
    places: list[Place] = attrs.field(factory=list)
    size: int = 0

    def put(self, place: Place, part: _Part | None) -> bool:
        """Replace what a value gave. @return: whether it says something else than before"""
        before = self.parts.get(place)
        if before is not None:
            self.size -= before.size
        if part is not None:
            if before is None:
                insort(self.places, place)
            self.parts[place] = part
            self.size += part.size
        elif before is not None:
            del self.places[bisect_left(self.places, place)]
            del self.parts[place]
        return (before and before.mark) != (part and part.mark)

    @property
    def weight(self) -> int:
        """Bytes that are needed for it, about."""
        return self.size + _ENTRY * len(self.parts)


@attrs.define(slots=True, eq=False)
class AnswersByValue:
    """
    Puts an XPath expression to the values that changed, see L{Answers <gma_twisted.evaluation.standing.Answers>}.

    Two answers that differ only in when a value was made and how long it holds say the same.

    @ivar evaluator: of XPath
    @ivar most: bytes for what all questions gave, about
    """

    evaluator: XPathEvaluator
    most: int
    _answers: dict[Kept, _Answer] = attrs.field(factory=dict, init=False, repr=False)
    _weight: int = attrs.field(default=0, init=False)

    def answer(
        self, kept: Kept, touched: Sequence[Copy], now: float, offset: float
    ) -> bytes | None:
        """See L{Answers.answer}. @raise TooLarge: what all questions gave is too much, too"""
        try:
            if kept.isNew:
                # Nothing was told of it before: values that give nothing need not be looked at.
                selected = self.evaluator.replica.select(kept.question)
                copies = self.evaluator.load(kept.question, selected)
                answer = self._answers[kept] = _Answer()
            else:
                copies = touched
                answer = self._answers[kept]
                self.evaluator.refresh([copy for copy in touched if not copy.isGone])
            hasChanged = self._update(kept, answer, copies)
        except XPathFailure as error:
            raise refusedXPath(error, kept.question.text) from None
        if not (hasChanged or kept.isNew):
            return None
        parts = [answer.parts[place] for place in answer.places]
        told = hash(tuple([part.mark for part in parts]))
        if told == kept.told:
            return None
        kept.told = told
        results = Results(kept.maxResult)
        for part in parts:
            for piece in part.pieces:
                results.add(self.evaluator.whole(part.copy) if piece is None else piece)
        return results.written(XPATH_RESULTS)

    def heedsLifetimes(self, question: Question) -> bool:
        """See L{Answers.heedsLifetimes}."""
        return readsLifetimes(question.text)

    def forget(self, kept: Kept) -> None:
        """See L{Answers.forget}."""
        answer = self._answers.pop(kept, None)
        if answer is not None:
            self._weight -= answer.weight

    def _update(self, kept: Kept, answer: _Answer, copies: Sequence[Copy]) -> bool:
        """Put the question to some values. @return: whether one of them gave something else than before"""
        expression = cast(Expression, kept.compiled)
        isAny = kept.question.freshness is Freshness.ANY
        isStale = kept.question.freshness is Freshness.STALE
        hasChanged = False
        parts = answer.parts
        for copy in copies:
            part = None
            if not copy.isGone and (isAny or copy.isStale is isStale):
                found = expression(cast(Element, copy.form))
                # Mostly nothing. False and 0 are results.
                if found or found.__class__ is not list:
                    part = self._part(found, copy, kept.maxResult)
            if part is not None or copy.place in parts:
                before = answer.weight
                if answer.put(copy.place, part):
                    hasChanged = True
                self._weight += answer.weight - before
                self._bound(kept, answer)
        return hasChanged

    def _part(self, found: object, copy: Copy, most: int) -> _Part:
        pieces = []
        marks: list[object] = []
        size = 0
        for piece in self.evaluator.pieces(found, copy):
            size += copy.element.size if piece is None else len(piece)
            if size > most:
                raise tooLarge(most)
            pieces.append(piece)
            marks.append(_saidBy(copy) if piece is None else piece)
        return _Part(copy, tuple(pieces), hash(tuple(marks)), size)

    def _bound(self, kept: Kept, answer: _Answer) -> None:
        if answer.size + AROUND > kept.maxResult:
            raise tooLarge(kept.maxResult)
        if self._weight > self.most:
            raise TooLarge(
                f"the answers of all questions that are kept would take more than {self.most} bytes;"
                " narrow the expression"
            )


def _saidBy(copy: Copy) -> object:
    """
    What is another one when a value is, as L{ServiceDataElement.sameContent} has it. That it turns stale, whoever was
    told of it knows from its lifetime; a provider's values do so for a moment in each of its periods.
    """
    element = copy.element
    return element.head, element.tail, element.path
