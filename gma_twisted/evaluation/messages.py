"""What a node and a query worker tell each other. Frames carry them, see L{gma_twisted.evaluation.frames}."""

from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.model import ElementKey, Lifetime, QName, Question, ServiceDataElement

__all__ = [
    "Answered",
    "Ask",
    "Began",
    "Changed",
    "Extend",
    "Forget",
    "FromWorker",
    "Look",
    "Looked",
    "Put",
    "Refused",
    "Remove",
    "ToWorker",
    "Unwatch",
    "Watch",
]


@attrs.frozen(slots=True)
class Put:
    """Values that are new or have another content."""

    elements: Sequence[ServiceDataElement]


@attrs.frozen(slots=True)
class Extend:
    """Values that hold for another time; the worker has each of them."""

    lifetimes: Sequence[tuple[ElementKey, Lifetime]]


@attrs.frozen(slots=True)
class Remove:
    """Values that are no more; the worker need not have them."""

    keys: Sequence[ElementKey]


@attrs.frozen(slots=True)
class Forget:
    """Names that nobody asks for any more, with all their values."""

    names: Sequence[QName]


@attrs.frozen(slots=True)
class Ask:
    """
    Answer a question once, over what was told before.

    @ivar id: of the answer
    @ivar now: instant on the node's clock: what is gone by then is not seen
    @ivar offset: wall time minus the node's clock, seconds
    @ivar question: what is asked
    @ivar maxResult: most bytes of the answer
    """

    id: int
    now: float
    offset: float
    question: Question
    maxResult: int


@attrs.frozen(slots=True)
class Watch:
    """
    Keep a question, answer it at the next L{Look}, and again at each at which its answer is another one.

    @ivar id: of the question
    @ivar question: see L{Ask}
    @ivar maxResult: see L{Ask}
    """

    id: int
    question: Question
    maxResult: int


@attrs.frozen(slots=True)
class Unwatch:
    """Forget a question that was kept; nothing happens when it was not."""

    id: int


@attrs.frozen(slots=True)
class Look:
    """
    Tell which of the kept questions have another answer now.

    @ivar id: of the L{Looked} that follows what changed
    @ivar now: see L{Ask}
    @ivar offset: see L{Ask}
    """

    id: int
    now: float
    offset: float


ToWorker = Put | Extend | Remove | Forget | Ask | Watch | Unwatch | Look


@attrs.frozen(slots=True)
class Began:
    """The worker is confined, has its language, and reads."""


@attrs.frozen(slots=True)
class Answered:
    """
    The answer to L{Ask}.

    @ivar id: as asked
    @ivar body: the one element that goes into C{ogsi:result}, written with the prefixes of the envelope
    @ivar figures: what it took: C{values} it went over, of these C{candidates} that were looked at, seconds to C{load}
        what was told, to C{evaluate}, to C{write}
    """

    id: int
    body: bytes
    figures: Mapping[str, float]


@attrs.frozen(slots=True)
class Refused:
    """
    There is no answer: to L{Ask}, or of a question that is kept and is forgotten with this.

    @ivar id: as asked, or of the kept question
    @ivar code: as of the errors in L{gma_twisted.errors}: C{extensibilityTypeFault} for what cannot be read or
        evaluated, C{TooLarge} for an answer that is
    @ivar message: one sentence for who asked, with line and column where the language tells them
    @ivar isWatch: whether it is about a question that was kept
    """

    id: int
    code: str
    message: str
    isWatch: bool = False


@attrs.frozen(slots=True)
class Changed:
    """
    A kept question has another answer than before.

    @ivar id: of the question
    @ivar body: as of L{Answered}
    """

    id: int
    body: bytes


@attrs.frozen(slots=True)
class Looked:
    """
    The kept questions were looked at, but for those whose turn has not come.

    @ivar id: of the L{Look}
    @ivar seconds: it took, of processor time
    @ivar rest: seconds until the turn of the first question comes that has to be looked at; C{None} when none has
    """

    id: int
    seconds: float
    rest: float | None = None


FromWorker = Began | Answered | Refused | Changed | Looked
