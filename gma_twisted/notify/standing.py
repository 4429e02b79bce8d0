"""Questions that subscribers have, kept by whatever answers their language (WIRE 3, standing queries)."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import attrs

from gma_twisted.errors import ExtensibilityNotSupported, GMAError
from gma_twisted.interfaces import IStandingQueries
from gma_twisted.model import Caller, Language, QName, Question
from gma_twisted.notify.results import AnswerRoom
from gma_twisted.timing import NodeClock

__all__ = ["StandingQuestions"]


@attrs.define(slots=True, eq=False)
class StandingQuestions:
    """
    The questions of the subscribers of one service.

    @ivar clock: the node's
    @ivar engines: what keeps them, by language; none for a service that is subscribed to by names only
    @ivar room: of their answers; the notifier's, once there is one
    """

    clock: NodeClock
    engines: Mapping[Language, IStandingQueries] = attrs.field(factory=dict)
    room: AnswerRoom = attrs.field(factory=AnswerRoom, init=False)
    # With what its end is known by: one that was refused may be kept again before it ends.
    _kept: dict[Question, object] = attrs.field(factory=dict, init=False, repr=False)
    _checked: dict[Question, bytes] = attrs.field(factory=dict, init=False, repr=False)

    @property
    def dialects(self) -> Sequence[QName]:
        """The expressions that can be subscribed with, one of each language that is there."""
        return [one.subscribeDialects[0] for one in self.engines.values() if one.subscribeDialects]

    async def check(self, question: Question, caller: Caller) -> None:
        """
        See that a question can be kept, as L{IStandingQueries.check}; one that is kept can.

        @raise ExtensibilityNotSupported: nothing keeps questions of its language, too
        @raise TooLarge: as L{AnswerRoom.check}, too
        """
        if question not in self._kept:
            answer = await self._engine(question).check(question, caller)
            self.room.check(caller.owner, len(answer))
            self._checked[question] = answer

    def answerTo(self, question: Question) -> bytes | None:
        """The answer to a question that was checked, until L{settled}; C{None} when it was not."""
        return self._checked.get(question)

    def settled(self, question: Question) -> None:
        """Whoever had it checked has subscribed, or has not."""
        self._checked.pop(question, None)

    def watch(
        self,
        question: Question,
        changed: Callable[[bytes], None],
        refused: Callable[[GMAError], None],
    ) -> Callable[[], None]:
        """
        Keep a question that is not kept, as L{IStandingQueries.watch}; what that raises is why it is refused.

        @return: ends it, as often as it is called
        """
        mark = object()

        def forget() -> None:
            if self._kept.get(question) is mark:
                del self._kept[question]

        def failed(error: GMAError) -> None:
            forget()
            refused(error)

        def ended() -> None:
            forget()
            end()

        try:
            end = self._engine(question).watch(question, changed, failed)
        except GMAError as error:
            call = self.clock.callLater(0, partial(refused, error))
            return lambda: call.cancel() if call.active() else None
        self._kept[question] = mark
        return ended

    def _engine(self, question: Question) -> IStandingQueries:
        language = question.language
        engine = self.engines.get(language)
        if engine is None:
            raise ExtensibilityNotSupported(
                f"no answers to questions in {language.value} are told here"
            )
        return engine
