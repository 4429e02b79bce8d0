"""One worker that answers questions, one after the other."""

import math
from collections.abc import Collection
from contextlib import suppress

import attrs
from twisted.internet.interfaces import IDelayedCall

from gma_twisted.errors import ServiceError, TimedOut, TooLarge
from gma_twisted.evaluation.messages import Answered, Ask, Look, Refused
from gma_twisted.model import Changes, QName, Question
from gma_twisted.queries.endings import endError, refusalError, tooLong
from gma_twisted.queries.feeding import SLICE, Feed
from gma_twisted.queries.interests import namesOf
from gma_twisted.queries.line import WorkerLine
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.queries.walloffset import WallOffset
from gma_twisted.timing import NodeClock, Task, Turns, spawn, withTimeout

__all__ = ["HASTE", "TRICKLE", "Worker", "loadingTime"]

TRICKLE = 0.1
"""Seconds between what an idle worker is told."""

HASTE = 0.01
"""The same, when it was asked lately: it may be asked again, right after the next changes."""

_LATELY = 10.0

# Bytes of values a worker makes something of within a question, for each second of processor time that it may take: in
# XQuery that is a sixth of it.
_UNSETTLED = 768 * 1024
_LOADING = 30.0
_OF_A_VALUE = 0.001


def loadingTime(limits: PoolLimits) -> float:
    """Seconds a worker has at most to take what it is told before a question."""
    return _LOADING + limits.elements * _OF_A_VALUE


@attrs.define(eq=False, slots=True)
class Worker:
    """
    A worker process with what it has of the values.

    @ivar number: tells it from others in logs and answers
    @ivar line: to the process
    @ivar feed: what it has
    @ivar clock: the node's
    @ivar limits: of a question
    @ivar offset: of the times in values
    @ivar isBusy: it has a question
    @ivar isAsked: the question has been put to it: before, its end is not the question's fault
    @ivar isDoomed: it was killed
    @ivar served: questions it has answered
    """

    number: int
    line: WorkerLine
    feed: Feed
    clock: NodeClock
    limits: PoolLimits
    offset: WallOffset
    isBusy: bool = attrs.field(default=False, init=False)
    isAsked: bool = attrs.field(default=False, init=False)
    isDoomed: bool = attrs.field(default=False, init=False)
    served: int = attrs.field(default=0, init=False)
    _trickling: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _loading: Task | None = attrs.field(default=None, init=False, repr=False)
    # When it was, last.
    _asked: float = attrs.field(default=-math.inf, init=False)

    @property
    def isLost(self) -> bool:
        """Whether it has ended, or is about to."""
        return self.isDoomed or self.line.over.happened

    def note(self, changes: Changes) -> None:
        """The store changed."""
        self.feed.note(changes)
        self._drip()

    def share(self, names: Collection[QName]) -> None:
        """Others are asked about some names: it is likely to be asked, too."""
        self.feed.adopt(names)
        self.rest()

    def rest(self) -> None:
        """With nothing to do it loads what it lacks, and is told of changes a slice at a time, until it is asked."""
        if not (self.isBusy or self.isLost):
            self._drip()
            if self._loading is None and self.feed.missing:
                what = f"query worker {self.number}: load"
                self._loading = spawn(self._preload(), what, self._loaded)
                if self._loading.ended:
                    self._loading = None

    def tidy(self) -> None:
        """Forget what nobody has asked for lately."""
        if not (self.isBusy or self.isLost):
            self.feed.forgetOld()
            self._trickle()

    def kill(self) -> None:
        """End it; what it is asked ends with an error."""
        self.isDoomed = True
        self._wake()
        self.line.process.kill()

    async def answer(self, question: Question) -> tuple[Answered, float]:
        """
        Put a question, after everything that changed before.

        @return: the answer, and the instant at which the question was put
        @raise GMAError: there is none: the worker refused, was too slow, or ended
        """
        self._wake()
        self.isAsked = False
        turns = Turns(self.clock)
        try:
            await withTimeout(
                self._prepare(question, turns), loadingTime(self.limits), self.clock, "loading"
            )
        except TimedOut:
            self.kill()
            raise ServiceError("the query worker did not take the values in time") from None
        if self.line.over.happened:
            raise endError(self.line, self.limits)
        put = self._asked = self.clock.seconds()
        answered = await self._ask(question, put)
        self.served += 1
        return answered, put

    async def _prepare(self, question: Question, turns: Turns) -> None:
        feed = self.feed
        told = await feed.load(namesOf(question), turns)
        await feed.slices(turns)
        # Of what is to be told no more than a slice is left.
        if told or feed.unsettled + feed.untold > _UNSETTLED * self.limits.cpu:
            # What it takes to load is not the question's processor time, whenever it was told; but little may wait for
            # a question that needs it. What is left is told with it: to sort a few values in takes a worker as long as
            # to sort many in.
            self.line.say(*feed.flush(SLICE))
            feed.unsettled = 0
            number = self.line.number()
            settled = self.line.answerTo(number)
            self.line.say(Look(number, self.clock.seconds(), self.offset.value))
            await settled
            await feed.slices(turns)

    async def _ask(self, question: Question, now: float) -> Answered:
        line, limits = self.line, self.limits
        number = line.number()
        reply = line.answerTo(number)
        line.process.limitProcessor(limits.cpu)
        self.isAsked = True
        line.say(
            *self.feed.flush(), Ask(number, now, self.offset.value, question, limits.maxResult)
        )
        try:
            said = await withTimeout(reply, limits.timeout, self.clock, "the expression")
        except TimedOut:
            self.kill()
            raise tooLong(limits) from None
        if said is None:
            raise endError(self.line, self.limits)
        line.process.limitProcessor(math.inf)
        if isinstance(said, Answered):
            return said
        if isinstance(said, Refused):
            raise refusalError(said)
        self.kill()
        raise ServiceError("the query worker was ended: it did not answer what it was asked")

    def _wake(self) -> None:
        if self._trickling is not None:
            self._trickling.cancel()
            self._trickling = None
        if self._loading is not None:
            self._loading.cancel()

    def _drip(self) -> None:
        if self._trickling is None and self.feed.dirty and not (self.isBusy or self.isLost):
            isHasty = self.clock.seconds() < self._asked + _LATELY
            self._trickling = self.clock.callLater(HASTE if isHasty else TRICKLE, self._dripped)

    def _dripped(self) -> None:
        self._trickling = None
        self._trickle()

    def _trickle(self) -> None:
        if not (self.isBusy or self.isLost):
            if not self.line.process.isFull:
                self.line.say(*self.feed.flush(SLICE))
            self._drip()

    async def _preload(self) -> None:
        feed, turns = self.feed, Turns(self.clock)
        while not self.isLost and feed.missing:
            # One by one: where there is no room it is only that one that stays away.
            with suppress(TooLarge):
                await feed.load([next(iter(feed.missing))], turns, isAsked=False)

    def _loaded(self, _: Task) -> None:
        self._loading = None
