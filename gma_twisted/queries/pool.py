"""Questions of one language to one service's data, answered by worker processes (RELIABILITY, queries)."""

import random
import signal
from collections.abc import Awaitable, Callable, Mapping

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import Busy, GMAError, ServiceError, TimedOut, TooLarge, cut
from gma_twisted.evaluation.messages import Answered
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import Changes, Language, Question
from gma_twisted.queries.crew import Crew
from gma_twisted.queries.feeding import Feed
from gma_twisted.queries.interests import namesOf
from gma_twisted.queries.keeping import Keeping
from gma_twisted.queries.line import Launch, WorkerLine
from gma_twisted.queries.memo import Memo, Offenders
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.queries.waiting import Asked, Waiting, checkLength
from gma_twisted.queries.walloffset import WallOffset
from gma_twisted.queries.worker import Worker
from gma_twisted.timing import NodeClock, Ready, Tasks, gather

__all__ = ["QueryPool"]

log = Logger()

_TIDY = 60.0
_NOTHING: Ready[None] = Ready(None)


@attrs.define(eq=False, slots=True)
class QueryPool:
    """
    Worker processes that answer, each with copies of the values that were asked for. A change committed before a
    question is in its answer. No process is started before the first question.

    @ivar language: of the questions
    @ivar store: the values
    @ivar clock: the node's
    @ivar launch: starts a process, see L{launchProgram <gma_twisted.queries.launching.launchProgram>}
    @ivar limits: see there
    @ivar random: gives numbers in C{[0, 1)}, for pauses
    """

    language: Language
    store: IServiceDataStore
    clock: NodeClock
    launch: Launch
    limits: PoolLimits = attrs.field(factory=PoolLimits)
    random: Callable[[], float] = random.random
    _crew: Crew = attrs.field(init=False, repr=False)
    _keeping: Keeping = attrs.field(init=False, repr=False)
    _offset: WallOffset = attrs.field(init=False, repr=False)
    # Questions that ended a worker lately, and who asked them.
    _harmful: Memo = attrs.field(init=False, repr=False)
    _offenders: Offenders = attrs.field(init=False, repr=False)
    _tasks: Tasks = attrs.field(init=False, repr=False)
    _waiting: Waiting = attrs.field(init=False, repr=False)
    _endObservation: Callable[[], None] | None = attrs.field(default=None, init=False, repr=False)
    _tidying: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _isDispatching: bool = attrs.field(default=False, init=False)
    _isOver: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._offset = WallOffset(self.clock)
        self._harmful = Memo(self.clock)
        self._offenders = Offenders(self.clock, self.limits.endings)
        self._waiting = Waiting(self.clock, self.limits)
        self._crew = Crew(
            self.limits.workers, self.clock, self.random, self._makeWorker, self._dispatch
        )
        self._keeping = Keeping(
            self.language,
            self.store,
            self.clock,
            self.launch,
            self.limits,
            self.random,
            self._offenders,
        )
        self._tasks = Tasks(f"queries in {self.language.value}")

    def start(self) -> Awaitable[None]:
        """Follow the store. No process is started before a question is asked."""
        if self._endObservation is None:
            self._endObservation = self.store.observe(self._changed)
        return _NOTHING

    async def stop(self) -> None:
        """End every process and wait until none is left; who waits for an answer gets L{Busy}."""
        self._isOver = True
        if self._endObservation is not None:
            self._endObservation()
            self._endObservation = None
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        self._waiting.refuseAll(_stopping())
        await gather([self._crew.stop(), self._keeping.stop()])
        await self._tasks.cancelAll()

    def ask(self, question: Question, client: str) -> Awaitable[Answered]:
        """
        Answer a question once. What is refused at once is raised here. When the awaitable is cancelled, a question
        that waits is taken out; one that has a worker ends by its limits, and counts until then.

        @param client: who asks, for the share each has
        @return: the answer; its figures tell as well what it C{waited} (seconds, until it was put to a worker, with
            all that had to be told) and the number of the C{worker}
        @raise ExtensibilityTypeError: it cannot be evaluated
        @raise TooLarge: the expression, what it is about, what it needs or the answer is too large
        @raise Busy: too many wait, or too many of this client, whose expressions may have ended too many workers, or
            the node is stopping
        @raise TimedOut: it took too much time, or processor time
        @raise ServiceError: its worker ended, or none can be started
        """
        try:
            if self._isOver:
                raise _stopping()
            if self._crew.problem:
                raise self._unstartable()
            self._offenders.check(client)
            asked = self._waiting.admit(question, client)
        except GMAError as error:
            self._waiting.refused[error.code] += 1
            raise
        if self._tidying is None:
            self._tidying = self.clock.callLater(_TIDY, self._tidy)
        self._crew.fill()
        self._dispatch()
        return asked.reply

    async def check(self, question: Question, client: str) -> Answered:
        """
        Answer a question that a client wants to be kept: L{watch}, the next time, counts it as its. Errors as of
        L{ask}.

        @raise Busy: as many are kept of this client, too, as may be
        """
        self._keeping.admit(client)
        answered = await self.ask(question, client)
        self._keeping.noteChecked(question, client)
        return answered

    def watch(
        self,
        question: Question,
        changed: Callable[[bytes], None],
        refused: Callable[[GMAError], None],
    ) -> Callable[[], None]:
        """
        Keep a question. Nothing is called within this, and nothing after C{refused} or the end.

        @param changed: hears the first answer, and each that is another one than that told last
        @param refused: hears, once, why there will be no answer any more
        @return: ends it, as often as it is called
        @raise Busy: as many are kept as may be, of all or of who had it checked, or the node is stopping
        @raise TooLarge: the expression is too long
        """
        checkLength(question, self.limits)
        return self._keeping.watch(question, changed, refused)

    def figures(self) -> Mapping[str, float]:
        """
        Figures for metrics: C{answered} questions and the C{seconds} from asked to answered of all of them, C{queued}
        and C{running} now, C{workers} that can be asked, C{restarts} of workers, questions C{kept}, C{looks} at them
        and their C{lookSeconds} of processor time; C{refused.CODE}, by the code of the error.
        """
        keeping, waiting = self._keeping, self._waiting
        return {
            "answered": waiting.answered,
            "seconds": waiting.seconds,
            "queued": len(waiting),
            "running": waiting.running,
            "workers": len(self._crew.workers),
            "restarts": self._crew.restarts + keeping.restarts,
            "kept": len(keeping),
            "looks": keeping.looks,
            "lookSeconds": keeping.seconds,
            **{f"refused.{code}": count for code, count in waiting.refused.items()},
        }

    # -- who is answered

    def _dispatch(self) -> None:
        if self._isDispatching:
            return
        self._isDispatching = True
        try:
            while (pair := self._next()) is not None:
                asked, worker = pair
                self._waiting.take(asked)
                worker.isBusy = True
                self._follow()
                self._tasks.spawn(self._serve(asked, worker), "question")
        finally:
            self._isDispatching = False
        if self._crew.problem:
            self._waiting.refuseAll(self._unstartable())

    def _next(self) -> tuple[Asked, Worker] | None:
        free = [one for one in self._crew.workers if not (one.isBusy or one.isLost)]
        if self._isOver or not free:
            return None
        isLast = len(free) == 1 and self.limits.workers > 1
        for asked in self._waiting.inTurn():
            names = namesOf(asked.question)
            if not (asked.question in self._harmful or asked.client in self._offenders):
                return asked, min(free, key=lambda one: one.feed.lacks(names))
            # Who has ended a worker lately gets no chance to end the last one others have, nor the one that has most.
            if not isLast:
                return asked, max(reversed(free), key=lambda one: one.feed.lacks(names))
        return None

    async def _serve(self, asked: Asked, worker: Worker) -> None:
        outcome: Answered | GMAError = ServiceError(
            "the question could not be put to a worker; the node's log has the reason"
        )
        isAgain = False
        try:
            answered, put = await worker.answer(asked.question)
            figures = {**answered.figures, "waited": put - asked.since, "worker": worker.number}
            outcome = attrs.evolve(answered, figures=figures)
        except GMAError as error:
            outcome = error
            if worker.isLost and worker.isAsked:
                if _isToBlame(worker, error):
                    self._harmful.keep(asked.question)
                    self._offenders.keep(asked.client)
                log.warn(
                    "query worker {number} is ended by an expression of {client}: {why}: {text}",
                    number=worker.number,
                    client=cut(asked.client),
                    why=error.message,
                    text=cut(asked.question.text),
                )
            isAgain = worker.isLost and not (worker.isAsked or self._isOver or asked.tries > 1)
        finally:
            worker.isBusy = False
            if isAgain:
                self._waiting.giveBack(asked)
            elif isinstance(outcome, Answered):
                self._waiting.tell(asked, outcome)
                self._share(asked, worker)
            else:
                self._waiting.refuse(asked, _stopping() if self._isOver else outcome)
            worker.rest()
            self._dispatch()

    def _unstartable(self) -> GMAError:
        return ServiceError(f"no query worker can be started: {self._crew.problem}")

    # -- what workers have

    def _makeWorker(self, number: int) -> Worker:
        limits = self.limits
        line = WorkerLine(limits.maxResult, lambda _: None)
        line.process = self.launch(line)
        feed = Feed(line, self.store, self.clock, limits.elements)
        return Worker(number, line, feed, self.clock, limits, self._offset)

    def _changed(self, changes: Changes) -> None:
        for worker in self._crew.workers:
            worker.note(changes)
        self._keeping.note(changes)

    def _share(self, asked: Asked, worker: Worker) -> None:
        for other in self._crew.workers:
            if other is not worker:
                other.share(namesOf(asked.question))

    def _follow(self) -> None:
        if self._offset.follow():
            for worker in self._crew.workers:
                worker.feed.restart()

    def _tidy(self) -> None:
        self._tidying = self.clock.callLater(_TIDY, self._tidy)
        for worker in self._crew.workers:
            worker.tidy()


def _isToBlame(worker: Worker, error: GMAError) -> bool:
    """Whether the expression ended its worker, and nobody else who killed it."""
    line = worker.line
    return (
        isinstance(error, TimedOut | TooLarge)
        or worker.isDoomed
        or bool(line.nonsense)
        or (line.ending is not None and line.ending.signal != signal.SIGKILL)
    )


def _stopping() -> GMAError:
    return Busy("this node is stopping: no question is answered any more")
