"""What is said between a node and one worker: questions and their answers by number, and what comes unasked."""

from collections.abc import Awaitable, Callable

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, TooLarge
from gma_twisted.evaluation.answers import AnswerReader
from gma_twisted.evaluation.bounds import OWN_WORDS
from gma_twisted.evaluation.frames import writeOrder
from gma_twisted.evaluation.messages import (
    Answered,
    Began,
    Changed,
    FromWorker,
    Look,
    Looked,
    Refused,
    ToWorker,
    Unwatch,
)
from gma_twisted.processes import Ending, WorkerProcess
from gma_twisted.soap.envelope import DECLARED
from gma_twisted.timing import Happening, Ready

__all__ = ["Launch", "WorkerLine"]

# Of a frame, beside the body of an answer: its number, figures, and a sentence.
_BESIDE = 64 * 1024
_ON: Ready[None] = Ready(None)


@attrs.define(eq=False, slots=True)
class WorkerLine:
    """
    The node's end of one worker.

    What makes no sense ends the worker: anybody's expression ran in it.

    @ivar maxResult: bytes of one answer
    @ivar told: hears of answers of kept questions
    @ivar process: the worker
    @ivar began: it can be asked, or has ended
    @ivar isAskable: it has said that it can be, and nothing was asked before
    @ivar over: it has ended
    @ivar ending: how it did; C{None} before. Of what it said only its own words are kept once it C{isAskable}
    @ivar nonsense: what it said that made no sense; empty when it did not
    """

    maxResult: int
    told: Callable[[Changed | Refused], None]
    process: WorkerProcess = attrs.field(init=False)
    began: Happening = attrs.field(factory=Happening, init=False)
    isAskable: bool = attrs.field(default=False, init=False)
    over: Happening = attrs.field(factory=Happening, init=False)
    ending: Ending | None = attrs.field(default=None, init=False)
    nonsense: str = attrs.field(default="", init=False)
    _reader: AnswerReader = attrs.field(init=False, repr=False)
    _waiting: dict[int, Deferred[FromWorker | None]] = attrs.field(
        factory=dict, init=False, repr=False
    )
    _last: int = attrs.field(default=0, init=False)
    # Looks under way, and the kept questions it has told something of in them.
    _looks: set[int] = attrs.field(factory=set, init=False, repr=False)
    _toldOf: set[int] = attrs.field(factory=set, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._reader = AnswerReader(self.maxResult + _BESIDE, DECLARED)

    def say(self, *messages: ToWorker) -> None:
        """Tell the worker, all in one; nothing happens when it has ended."""
        if messages and not self.over.happened:
            self._looks.update(one.id for one in messages if isinstance(one, Look))
            self.process.write(b"".join([writeOrder(one) for one in messages]))

    def number(self) -> int:
        """A number for something the worker answers to."""
        self._last += 1
        return self._last

    def answerTo(self, number: int) -> Awaitable[FromWorker | None]:
        """What the worker says to a number; C{None} when it ended instead. To be called when it was asked."""
        if self.over.happened:
            return Ready(None)
        # Who cancels wants the answer no more; without a canceller it is swallowed when it comes.
        waiting: Deferred[FromWorker | None] = Deferred()
        self._waiting[number] = waiting
        return waiting

    def drained(self) -> Awaitable[None]:
        """Ready when the worker has read most of what it was told, or has ended."""
        return _ON if self.over.happened else self.process.drained()

    def received(self, data: bytes) -> None:
        """See L{WorkerListener <gma_twisted.processes.WorkerListener>}."""
        if self.nonsense:
            return
        try:
            for message, wrong in self._reader.feed(data):
                self._heard(self._refused(message, wrong) if wrong else message)
        except (TooLarge, ParameterError) as error:
            self.nonsense = error.message
            self.process.kill()

    def ended(self, ending: Ending) -> None:
        """See L{WorkerListener <gma_twisted.processes.WorkerListener>}."""
        if self.isAskable and not (ending.isGreedy or ending.said.startswith(OWN_WORDS)):
            ending = attrs.evolve(ending, said="")
        self.ending = ending
        waiting, self._waiting = self._waiting, {}
        self.over.happen()
        self.began.happen()
        for one in waiting.values():
            one.callback(None)

    def _refused(self, message: FromWorker, wrong: str) -> FromWorker:
        """Instead of an answer that would break what it becomes a part of."""
        assert isinstance(message, Answered | Changed)
        isWatch = isinstance(message, Changed)
        if isWatch:
            self.say(Unwatch(message.id))
        why = f"the answer cannot be sent: {wrong}"
        return Refused(message.id, ExtensibilityTypeError.code, why, isWatch)

    def _heard(self, message: FromWorker) -> None:
        """@raise ParameterError: that makes no sense now"""
        match message:
            case Began():
                if self.isAskable:
                    raise ParameterError("a query worker begins a second time")
                self.isAskable = True
                self.began.happen()
            case Changed() | Refused(isWatch=True):
                if not self._looks or message.id in self._toldOf:
                    raise ParameterError("a query worker tells of a kept question unasked")
                self._toldOf.add(message.id)
                self.told(message)
            case _:
                self._answered(message)

    def _answered(self, message: Answered | Refused | Looked) -> None:
        isLook = message.id in self._looks
        if message.id not in self._waiting or isinstance(message, Looked) is not isLook:
            raise ParameterError("a query worker answers what nobody asks")
        if isinstance(message, Looked):
            self._looks.discard(message.id)
            if not self._looks:
                self._toldOf.clear()
        self._waiting.pop(message.id).callback(message)


Launch = Callable[[WorkerLine], WorkerProcess]
"""Starts the process of a line; a L{ServiceError <gma_twisted.errors.ServiceError>} when it cannot be started."""
