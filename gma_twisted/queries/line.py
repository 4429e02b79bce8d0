"""What is said between a node and one worker: questions and their answers by number, and what comes unasked."""

from collections.abc import Awaitable, Callable

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.evaluation.frames import FrameReader, readAnswer, writeOrder
from gma_twisted.evaluation.messages import (
    Answered,
    Began,
    Changed,
    FromWorker,
    Looked,
    Refused,
    ToWorker,
)
from gma_twisted.processes import Ending, WorkerProcess
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
    @ivar over: it has ended
    @ivar ending: how it did; C{None} before
    @ivar nonsense: what it said that made no sense; empty when it did not
    """

    maxResult: int
    told: Callable[[Changed | Refused], None]
    process: WorkerProcess = attrs.field(init=False)
    began: Happening = attrs.field(factory=Happening, init=False)
    over: Happening = attrs.field(factory=Happening, init=False)
    ending: Ending | None = attrs.field(default=None, init=False)
    nonsense: str = attrs.field(default="", init=False)
    _reader: FrameReader = attrs.field(init=False, repr=False)
    _waiting: dict[int, Deferred[FromWorker | None]] = attrs.field(
        factory=dict, init=False, repr=False
    )
    _last: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._reader = FrameReader(self.maxResult + _BESIDE)

    def say(self, *messages: ToWorker) -> None:
        """Tell the worker, all in one; nothing happens when it has ended."""
        if messages and not self.over.happened:
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
            for frame in self._reader.feed(data):
                self._heard(readAnswer(frame))
        except (TooLarge, ParameterError) as error:
            self.nonsense = error.message
            self.process.kill()

    def ended(self, ending: Ending) -> None:
        """See L{WorkerListener <gma_twisted.processes.WorkerListener>}."""
        self.ending = ending
        waiting, self._waiting = self._waiting, {}
        self.over.happen()
        self.began.happen()
        for one in waiting.values():
            one.callback(None)

    def _heard(self, message: FromWorker) -> None:
        if isinstance(message, Began):
            self.began.happen()
        elif isinstance(message, Changed) or (isinstance(message, Refused) and message.isWatch):
            self.told(message)
        elif isinstance(message, Answered | Refused | Looked):
            waiting = self._waiting.pop(message.id, None)
            if waiting is not None:
                waiting.callback(message)


Launch = Callable[[WorkerLine], WorkerProcess]
"""Starts the process of a line; a L{ServiceError <gma_twisted.errors.ServiceError>} when it cannot be started."""
