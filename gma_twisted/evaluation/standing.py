"""Questions that are kept: which of them have another answer after some values changed or time went on."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.evaluation.evaluator import Evaluator
from gma_twisted.evaluation.messages import Changed, Look, Refused, Watch
from gma_twisted.evaluation.replica import Copy, isSelected
from gma_twisted.evaluation.results import withoutLifetimes
from gma_twisted.model import QName, Question

__all__ = ["Answers", "Kept", "StandingQuestions", "WholeAnswers"]


@attrs.define(slots=True, eq=False)
class Kept:
    """
    One question.

    @ivar id: the node's
    @ivar question: what is asked
    @ivar maxResult: most bytes of an answer
    @ivar compiled: what the evaluator made of it
    @ivar heedsLifetimes: whether its answer may be another one because a value only holds for another time
    @ivar isNew: whether it was not looked at yet
    @ivar told: of the answer that was told last, a number; two answers that say the same have the same
    """

    id: int
    question: Question
    maxResult: int
    compiled: object
    heedsLifetimes: bool
    isNew: bool = True
    told: int | None = None


class Answers(Protocol):
    """How the answer of a kept question is brought up to date."""

    def answer(
        self, kept: Kept, touched: Sequence[Copy], now: float, offset: float
    ) -> bytes | None:
        """
        The answer when it is another one than C{kept.told}, which this sets.

        @param touched: of the values its selectors cover those that changed; when it C{isNew}, it has to be put to all
        @param now, offset: instant on the node's clock, and wall time minus that, seconds
        @return: C{None} when it is not another one
        @raise ExtensibilityTypeError: the expression failed
        @raise TooLarge: the answer is
        """
        ...

    def heedsLifetimes(self, question: Question) -> bool:
        """See L{Kept.heedsLifetimes <Kept>}."""
        ...

    def forget(self, kept: Kept) -> None:
        """The question is kept no more."""
        ...


@attrs.define(slots=True, eq=False)
class WholeAnswers:
    """
    Puts a question to all it selects when any of that changed.

    Two answers that differ only in when a value was made and how long it holds say the same, and two that differ only
    in the order of their results, where that says nothing.

    @ivar evaluator: of the language
    """

    evaluator: Evaluator

    def answer(
        self, kept: Kept, touched: Sequence[Copy], now: float, offset: float
    ) -> bytes | None:
        """See L{Answers.answer}."""
        answer = self.evaluator.evaluate(kept.compiled, kept.question, now, offset, kept.maxResult)
        if answer.unordered is None:
            told = hash(withoutLifetimes(answer.body))
        else:
            told = hash(tuple(sorted(map(withoutLifetimes, answer.unordered))))
        if told == kept.told:
            return None
        kept.told = told
        return answer.body

    def heedsLifetimes(self, question: Question) -> bool:
        """See L{Answers.heedsLifetimes}: it is not known of any."""
        return True

    def forget(self, kept: Kept) -> None:
        """See L{Answers.forget}; nothing is kept."""


Hearers = Sequence[tuple[Kept, set[tuple[str | None, str | None]]]]


@attrs.define(slots=True, eq=False)
class StandingQuestions:
    """
    The questions a worker keeps.

    @ivar evaluator: of their language
    @ivar answers: brings an answer up to date
    @ivar current: is told the id of the question that is compiled or evaluated, and 0 after that. What kills the
        process leaves the id there: somebody else has to know which question it was
    """

    evaluator: Evaluator
    answers: Answers
    current: Callable[[int], None]
    _kept: dict[int, Kept] = attrs.field(factory=dict, init=False, repr=False)
    # By name, and for what only holds for another time: who hears of its values, and of which; found again when the
    # questions have changed.
    _hearers: dict[tuple[QName, bool], Hearers] = attrs.field(factory=dict, init=False, repr=False)

    def watch(self, message: Watch) -> Iterator[Refused]:
        """Keep a question; it is answered at the next L{look}. What cannot be compiled is refused at once."""
        self.unwatch(message.id)
        self.current(message.id)
        try:
            compiled = self.evaluator.compile(message.question)
        except GMAError as error:
            yield Refused(message.id, error.code, error.message, isWatch=True)
        else:
            heeds = self.answers.heedsLifetimes(message.question)
            kept = Kept(message.id, message.question, message.maxResult, compiled, heeds)
            self._kept[message.id] = kept
            self._hearers.clear()
            self.evaluator.replica.follow()
        self.current(0)

    def unwatch(self, id: int) -> None:
        """Forget a question, if it is kept."""
        kept = self._kept.pop(id, None)
        if kept is None:
            return
        self.answers.forget(kept)
        self._hearers.clear()
        if not self._kept:
            self.evaluator.replica.unfollow()

    def look(self, message: Look) -> Iterator[Changed | Refused]:
        """
        The answers that are other ones than before. A question that fails is refused and forgotten.

        Each is told as soon as it is known: take all of them.
        """
        now, offset = message.now, message.offset
        self.evaluator.advance(now, offset)
        for kept, touched in self._waiting().items():
            self.current(kept.id)
            try:
                body = self.answers.answer(kept, touched, now, offset)
                kept.isNew = False
            except GMAError as error:
                self.unwatch(kept.id)
                yield Refused(kept.id, error.code, error.message, isWatch=True)
            else:
                if body is not None:
                    yield Changed(kept.id, body)
        self.current(0)

    def _waiting(self) -> dict[Kept, list[Copy]]:
        """The questions to look at, with the values that changed of those they cover."""
        waiting: dict[Kept, list[Copy]] = {kept: [] for kept in self._kept.values() if kept.isNew}
        touched, extended = self.evaluator.replica.takeTouched()
        # What is gone comes first: one of the others may have taken its place.
        for copy in sorted(touched, key=lambda copy: not copy.isGone):
            for kept in self._hearing(copy, isExtension=False):
                waiting.setdefault(kept, []).append(copy)
        for copy in extended:
            for kept in self._hearing(copy, isExtension=True):
                waiting.setdefault(kept, []).append(copy)
        return waiting

    def _hearing(self, copy: Copy, isExtension: bool) -> Iterator[Kept]:
        """Who hears of a value. @param isExtension: that it only holds for another time"""
        key = copy.element.key
        for kept, wanted in self._hearersOf(key.name, isExtension):
            if isSelected(key, wanted):
                yield kept

    def _hearersOf(self, name: QName, isExtension: bool) -> Hearers:
        hearers = self._hearers.get((name, isExtension))
        if hearers is None:
            found = []
            for kept in self._kept.values():
                if isExtension and not kept.heedsLifetimes:
                    continue
                selectors = kept.question.selectors
                wanted = {(one.originator, one.key) for one in selectors if one.covers(name)}
                if not selectors:
                    wanted.add((None, None))
                if wanted:
                    found.append((kept, wanted))
            hearers = self._hearers[name, isExtension] = found
        return hearers
