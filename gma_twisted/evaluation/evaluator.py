"""What a language has to offer to be evaluated in a query worker."""

from collections.abc import Sequence
from typing import Protocol

import attrs

from gma_twisted.evaluation.replica import Replica
from gma_twisted.model import ElementKey, Lifetime, QName, Question, ServiceDataElement

__all__ = ["Answer", "Evaluator"]


@attrs.frozen(slots=True)
class Answer:
    """
    What an expression gave, and what that took.

    @ivar body: the one element that goes into C{ogsi:result}, see L{gma_twisted.evaluation.results}
    @ivar values: the expression was evaluated over
    @ivar load: seconds to bring what was told before into the form in which it is asked
    @ivar evaluate: seconds of the expression itself
    @ivar write: seconds to write the answer
    @ivar unordered: the results one by one when their order says nothing, C{None} when it may
    @ivar candidates: of the values those that were looked at, as nothing is found in the others; C{None} for all
    """

    body: bytes
    values: int
    load: float = 0.0
    evaluate: float = 0.0
    write: float = 0.0
    unordered: Sequence[bytes] | None = None
    candidates: int | None = None


class Evaluator(Protocol):
    """
    One language over the values of one service. It is made before the process is confined, without a value.

    The four methods that tell it of values first tell its C{replica}, then do what the language needs for its own
    form of them. They do not fail: what is wrong with a value is told to who asks for it.

    @ivar replica: the values; selection by name, lifetime and freshness is done there, for every language
    """

    @property
    def replica(self) -> Replica:
        """See above."""
        ...

    def warm(self) -> None:
        """Load and open whatever any expression may need: nothing can be opened any more afterwards."""
        ...

    def put(self, elements: Sequence[ServiceDataElement]) -> None:
        """See L{Put <gma_twisted.evaluation.messages.Put>}."""
        ...

    def extend(self, lifetimes: Sequence[tuple[ElementKey, Lifetime]]) -> None:
        """See L{Extend <gma_twisted.evaluation.messages.Extend>}; a value that is not there is passed over."""
        ...

    def remove(self, keys: Sequence[ElementKey]) -> None:
        """See L{Remove <gma_twisted.evaluation.messages.Remove>}."""
        ...

    def forget(self, names: Sequence[QName]) -> None:
        """See L{Forget <gma_twisted.evaluation.messages.Forget>}."""
        ...

    def advance(self, now: float, offset: float) -> None:
        """
        Let it be C{now}, in the replica and in the language's form of what turned stale or is gone. L{evaluate} does
        this first; nobody else calls L{Replica.advance <gma_twisted.evaluation.replica.Replica.advance>}.

        @param now, offset: see L{evaluate}
        """
        ...

    def settle(self, now: float, offset: float) -> None:
        """
        L{advance}, and bring all that was told into the language's form: the questions that follow need not do it.

        @param now, offset: see L{evaluate}
        """
        ...

    def idle(self, isQuiet: bool = True) -> bool:
        """
        Do some of what the next question would have to do, for a few milliseconds: nobody asks at the moment.

        @param isQuiet: whether nothing was told for a while either; otherwise only what is best done for many values
            at once waits for that
        @return: whether there was anything to do
        """
        ...

    def compile(self, question: Question) -> object:
        """
        Make an expression ready to be evaluated, again and again.

        @return: what L{evaluate} takes
        @raise ExtensibilityTypeError: it is wrong; the message begins with the language, and has line and column
            where they are known
        """
        ...

    def evaluate(
        self, compiled: object, question: Question, now: float, offset: float, maxResult: int
    ) -> Answer:
        """
        Evaluate an expression over the values that it selects.

        @param compiled: made of this question by L{compile}
        @param now: instant on the node's clock: what is gone by then is not seen
        @param offset: wall time minus the node's clock, seconds
        @param maxResult: most bytes of the answer
        @raise ExtensibilityTypeError: it failed; the message as of L{compile}
        @raise TooLarge: the answer would have more than C{maxResult} bytes
        """
        ...
