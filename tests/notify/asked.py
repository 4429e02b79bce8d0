"""Standing queries whose answers a test gives."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import GMAError
from gma_twisted.interfaces import IStandingQueries
from gma_twisted.model import Caller, Language, QName, Question
from gma_twisted.soap.questions import SUBSCRIBE_DIALECTS
from gma_twisted.timing import Ready

__all__ = ["Standing"]


@attrs.define(eq=False)
class _Watch:
    changed: Callable[[bytes], None]
    refused: Callable[[GMAError], None]


@implementer(IStandingQueries)
@attrs.define(eq=False)
class Standing:
    """
    Standing queries in XPath.

    @ivar why: why nothing is kept from now on; C{None} when everything is
    @ivar wrong: why no expression is right; C{None} when all are
    @ivar answer: of what is checked
    @ivar log: what was asked of it, in order: C{check}, C{watch} or C{end} with the expression, and who checked
    """

    why: GMAError | None = None
    wrong: GMAError | None = None
    answer: bytes = b"<r/>"
    log: list[str] = attrs.field(factory=list)
    subscribeDialects: Sequence[QName] = SUBSCRIBE_DIALECTS[Language.XPATH]
    _watches: dict[Question, _Watch] = attrs.field(factory=dict)

    def check(self, question: Question, caller: Caller) -> Awaitable[bytes]:
        """It is right, unless it is wrong."""
        self.log.append(f"check {question.text} {caller.owner}")
        if self.wrong is not None:
            raise self.wrong
        return Ready(self.answer)

    def watch(
        self,
        question: Question,
        changed: Callable[[bytes], None],
        refused: Callable[[GMAError], None],
    ) -> Callable[[], None]:
        """Keep a question that is not kept already."""
        if self.why is not None:
            raise self.why
        self.log.append(f"watch {question.text}")
        assert question not in self._watches
        watch = self._watches[question] = _Watch(changed, refused)

        def end() -> None:
            if self._watches.get(question) is watch:
                del self._watches[question]
                self.log.append(f"end {question.text}")

        return end

    def tell(self, question: Question, *texts: str) -> None:
        """Its answer becomes each of these in turn."""
        for text in texts:
            self._watches[question].changed(text.encode())

    def refuse(self, question: Question, error: GMAError) -> None:
        """There will be no answer any more."""
        self._watches.pop(question).refused(error)
