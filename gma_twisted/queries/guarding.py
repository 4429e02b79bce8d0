"""Watches a worker that looks at kept questions: none of them may take more than a question that is asked."""

import math

import attrs
from twisted.internet.interfaces import IDelayedCall

from gma_twisted.errors import GMAError, ServiceError
from gma_twisted.processes import WorkerProcess
from gma_twisted.queries.endings import tooLong, tooMuchProcessor
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.queries.worker import loadingTime
from gma_twisted.timing import NodeClock

__all__ = ["LookGuard"]

_PAUSE = 1.0
# Seconds for what a worker does beside questions.
_BESIDE = 60.0


@attrs.define(eq=False, slots=True)
class LookGuard:
    """
    Looks each second at which question the worker is busy with, and kills it when that is the same for too long, or
    when a look takes too long, whatever the worker says it is busy with.

    @ivar process: the worker
    @ivar clock: the node's
    @ivar limits: C{timeout} and C{cpu}, of one question at one look
    @ivar verdict: why it was killed; C{None} when it was not
    """

    process: WorkerProcess
    clock: NodeClock
    limits: PoolLimits
    verdict: GMAError | None = attrs.field(default=None, init=False)
    _call: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _question: int = attrs.field(default=0, init=False)
    _began: float = attrs.field(default=0.0, init=False)
    _since: float = attrs.field(default=0.0, init=False)
    _used: float = attrs.field(default=0.0, init=False)

    def start(self) -> None:
        """Begin."""
        self._began = self.clock.seconds()
        self._begin(self.process.watched())
        self._wait()

    def stop(self) -> None:
        """End."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self.process.limitProcessor(math.inf)

    def _begin(self, question: int) -> None:
        self._question = question
        self._since = self.clock.seconds()
        self._used = self.process.processorTime()

    def _wait(self) -> None:
        # Who would look may be killed: then the kernel ends what goes on.
        self.process.limitProcessor(self.limits.cpu + 2 * _PAUSE)
        self._call = self.clock.callLater(_PAUSE, self._look)

    def _look(self) -> None:
        self._call = None
        question = self.process.watched()
        most = self.limits.timeout + loadingTime(self.limits)
        if self.clock.seconds() - self._began >= most:
            self.verdict = ServiceError(
                f"the query worker was ended: to look at what is kept took more than {most:g} s"
            )
        elif question != self._question:
            self._begin(question)
        else:
            self._judge(question)
        if self.verdict is None:
            self._wait()
        else:
            self.process.kill()

    def _judge(self, question: int) -> None:
        seconds = self.clock.seconds() - self._since
        used = self.process.processorTime() - self._used
        if not question:
            if seconds >= _BESIDE:
                self.verdict = ServiceError("the query worker was ended: it was busy with nothing")
        elif seconds >= self.limits.timeout:
            self.verdict = tooLong(self.limits)
        elif used >= self.limits.cpu:
            self.verdict = tooMuchProcessor(self.limits)
