"""Questions that are kept: which of them have another answer after some values changed or time went on."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import process_time
from typing import Protocol

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.evaluation.evaluator import Evaluator
from gma_twisted.evaluation.messages import Changed, Look, Refused, Watch
from gma_twisted.evaluation.replica import Copy, isSelected
from gma_twisted.evaluation.results import withoutLifetimes
from gma_twisted.model import QName, Question

__all__ = ["LOOK", "Answers", "Kept", "StandingQuestions", "WholeAnswers"]

LOOK = 1.0
"""Seconds of processor time after which a look leaves the other questions to the next one."""

# Nobody's question may take more than a tenth of the time, so that those of others are looked at meanwhile.
_TIMES = 10.0
# Seconds of processor time up to which a question need not wait for its turn.
_UNPACED = 0.05
# Values that changed and are remembered for a question whose turn has not come; with more it is put to all.
_REMEMBERED = 10_000


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
    @ivar turn: instant on the node's clock before which it is not looked at again
    """

    id: int
    question: Question
    maxResult: int
    compiled: object
    heedsLifetimes: bool
    isNew: bool = True
    told: int | None = None
    turn: float = math.inf


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
        """The question is kept no more, or has to be put to all values again, as one that C{isNew}."""
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
    @ivar clock: processor time, seconds
    @ivar rest: after a look, see L{Looked <gma_twisted.evaluation.messages.Looked>}
    """

    evaluator: Evaluator
    answers: Answers
    current: Callable[[int], None]
    clock: Callable[[], float] = process_time
    rest: float | None = attrs.field(default=None, init=False)
    # What changed for the questions that have to be looked at and whose turn has not come.
    _resting: dict[Kept, dict[Copy, None]] = attrs.field(factory=dict, init=False, repr=False)
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
        self._resting.pop(kept, None)
        self._hearers.clear()
        if not self._kept:
            self.evaluator.replica.unfollow()

    def look(self, message: Look) -> Iterator[Changed | Refused]:
        """
        The answers that are other ones than before. A question that fails is refused and forgotten.

        A question is not looked at again before ten times what it took is over, and with L{LOOK} the others are left
        to the next look: first come those whose turn came first, so each comes to it, and the cheap ones soonest.

        Each is told as soon as it is known: take all of them.
        """
        now, offset = message.now, message.offset
        began = self.clock()
        self.evaluator.advance(now, offset)
        self._resting = self._waiting(now)
        for kept in sorted(self._resting, key=lambda kept: kept.turn):
            start = self.clock()
            if kept.turn > now or start - began >= LOOK:
                break
            # What is gone comes first: one of the others may have taken its place.
            copies = sorted(self._resting.pop(kept), key=lambda copy: not copy.isGone)
            self.current(kept.id)
            try:
                body = self.answers.answer(kept, copies, now, offset)
                kept.isNew = False
            except GMAError as error:
                self.unwatch(kept.id)
                yield Refused(kept.id, error.code, error.message, isWatch=True)
            else:
                took = self.clock() - start
                kept.turn = now
                if took > _UNPACED:
                    kept.turn += start - began + (1.0 + _TIMES) * took
                if body is not None:
                    yield Changed(kept.id, body)
        self.current(0)
        for kept, touched in self._resting.items():
            if len(touched) > _REMEMBERED:
                self.answers.forget(kept)
                touched.clear()
                kept.isNew = True
        turns = [kept.turn for kept in self._resting]
        ended = now + self.clock() - began
        self.rest = max(0.0, min(turns) - ended) if turns else None

    def _waiting(self, now: float) -> dict[Kept, dict[Copy, None]]:
        """The questions to look at, with the values that changed of those they cover."""
        waiting = self._resting
        for kept in self._kept.values():
            if kept.isNew:
                waiting[kept] = {}
                kept.turn = now if kept.turn == math.inf else kept.turn
        touched, extended = self.evaluator.replica.takeTouched()
        self._collect(waiting, touched, isExtension=False)
        self._collect(waiting, extended, isExtension=True)
        return waiting

    def _collect(
        self, waiting: dict[Kept, dict[Copy, None]], copies: Iterable[Copy], isExtension: bool
    ) -> None:
        for copy in copies:
            for kept in self._hearing(copy, isExtension):
                heard = waiting.setdefault(kept, {})
                if not kept.isNew:
                    heard[copy] = None

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
