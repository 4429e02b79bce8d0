"""Questions that are kept, and whose answers are told when they become other ones: a worker of their own."""

from collections.abc import Callable

import attrs
from twisted.logger import Logger

from gma_twisted.errors import Busy, GMAError, ServiceError, TimedOut, TooLarge
from gma_twisted.evaluation.messages import Changed, Look, Looked, Refused, Unwatch, Watch
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import Changes, ElementKey, Language, QName, Question
from gma_twisted.queries.crew import STARTING
from gma_twisted.queries.endings import endError, refusalError
from gma_twisted.queries.feeding import Feed
from gma_twisted.queries.guarding import LookGuard
from gma_twisted.queries.kept import Kept
from gma_twisted.queries.line import Launch, WorkerLine
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.queries.walloffset import WallOffset
from gma_twisted.queries.worker import loadingTime
from gma_twisted.timing import (
    Backoff,
    Happening,
    LeaseTable,
    NodeClock,
    Sweeper,
    Task,
    Turns,
    sleep,
    spawn,
    whenDone,
    withTimeout,
)

__all__ = ["Keeping"]

log = Logger()

_BACKOFF = Backoff(0.5, 30.0)
_HOPELESS = 5
# Seconds between two looks at least, and for how many times what one took: XQuery begins anew with each.
_PACES = {Language.XPATH: (0.05, 0.0), Language.XQUERY: (0.5, 10.0)}
# A question in XPath is put to all values when it begins, later to those that changed only. So that the others need not
# wait for many that begin, so few of these are looked at together: at first, at most, or as take so many seconds.
_FIRST, _MOST, _BEGINNING = 4, 256, 0.2


@attrs.define(eq=False, slots=True)
class Keeping:
    """
    The kept questions of one language over one service's data. Their worker is there while there are any.

    A worker that ends is followed by another one, to which all questions are put again; the one it was busy with is
    refused. Only answers that differ from those told last are told then.

    @ivar language: of the questions
    @ivar store: the values
    @ivar clock: the node's
    @ivar launch: starts a process
    @ivar limits: of the worker; C{timeout} and C{cpu} are of one question at one look
    @ivar random: gives numbers in C{[0, 1)}
    @ivar restarts: workers that ended and were not told to
    @ivar looks: how often the worker was told to look which answers have changed
    @ivar seconds: of processor time that took
    """

    language: Language
    store: IServiceDataStore
    clock: NodeClock
    launch: Launch
    limits: PoolLimits
    random: Callable[[], float]
    restarts: int = attrs.field(default=0, init=False)
    looks: int = attrs.field(default=0, init=False)
    seconds: float = attrs.field(default=0.0, init=False)
    _kept: dict[int, Kept] = attrs.field(factory=dict, init=False, repr=False)
    _last: int = attrs.field(default=0, init=False)
    _names: frozenset[QName] = attrs.field(default=frozenset(), init=False, repr=False)
    # Whether questions came or went since the names were taken together.
    _isOther: bool = attrs.field(default=False, init=False)
    _line: WorkerLine | None = attrs.field(default=None, init=False, repr=False)
    _feed: Feed | None = attrs.field(default=None, init=False, repr=False)
    _offset: WallOffset = attrs.field(init=False, repr=False)
    _wake: Happening = attrs.field(factory=Happening, init=False, repr=False)
    _hasLooked: bool = attrs.field(default=False, init=False)
    # Questions that begin with the next look, at most.
    _beginning: int = attrs.field(default=_FIRST, init=False)
    _problem: GMAError | None = attrs.field(default=None, init=False, repr=False)
    _task: Task | None = attrs.field(default=None, init=False, repr=False)
    _isOver: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._offset = WallOffset(self.clock)

    def __len__(self) -> int:
        """How many questions are kept."""
        return len(self._kept)

    def watch(
        self,
        question: Question,
        changed: Callable[[bytes], None],
        refused: Callable[[GMAError], None],
    ) -> Callable[[], None]:
        """See L{QueryPool.watch <gma_twisted.queries.pool.QueryPool.watch>}."""
        if self._isOver:
            raise Busy("this node is stopping: no question is kept any more")
        if len(self._kept) >= self.limits.kept:
            raise Busy(f"{self.limits.kept} questions are kept, the bound [limits] query_kept")
        self._last += 1
        kept = self._kept[self._last] = Kept(self._last, question, changed, refused)
        self._isOther = True
        self._wake.happen()
        if self._task is None or self._task.ended:
            self._task = spawn(self._run(), f"kept questions in {self.language.value}")
        return lambda: self._end(kept)

    def note(self, changes: Changes) -> None:
        """The store changed."""
        if self._feed is not None:
            self._feed.note(changes)
            if self._feed.dirty and not self._wake.happened:
                self._wake.happen()

    async def stop(self) -> None:
        """Keep nothing any more; returns when there is no worker."""
        self._isOver = True
        self._kept.clear()
        if self._task is not None:
            self._task.cancel()
            await self._task.wait()

    # -- the lives of workers

    async def _run(self) -> None:
        failures = 0
        while self._kept and not self._isOver:
            self._hasLooked = False
            self._problem = None
            await self._live()
            if self._isOver or not self._kept:
                break
            self.restarts += 1
            failures = self._blame(1 if self._hasLooked else failures + 1)
            await sleep(self.clock, _BACKOFF.delay(failures, self.random))

    async def _live(self) -> None:
        """One worker, from its start to its end."""
        self._line = None
        line = WorkerLine(self.limits.maxResult, self._told)
        try:
            line.process = self.launch(line)
        except ServiceError as error:
            self._problem = error
            return
        due: LeaseTable[ElementKey] = LeaseTable()
        feed = Feed(line, self.store, self.clock, self.limits.elements, due)
        # What turns stale shows it, so there may be other answers.
        sweeper = Sweeper(self.clock, due, lambda _: self._wake.happen())
        self._line, self._feed = line, feed
        for kept in self._kept.values():
            kept.isPut = False
        sweeper.start()
        self._wake.happen()
        whenDone(line.over.wait(), lambda _: self._wake.happen(), lambda _: None)
        try:
            await withTimeout(line.began.wait(), STARTING, self.clock, "the start")
            await self._talk(line, feed)
        except TimedOut as error:
            self._problem = ServiceError(f"the query worker was ended: {error.message}")
        finally:
            self._feed = None
            sweeper.stop()
            line.process.kill()
            await line.over.wait()

    def _blame(self, failures: int) -> int:
        """Refuse the question that ended the worker, or all when none can be answered. @return: failures in a row"""
        line = self._line
        culprit = None
        error = self._problem
        if line is not None and line.over.happened:
            culprit = self._kept.get(line.process.watched())
            error = error or endError(line, self.limits)
        error = error or ServiceError("the query worker ended")
        log.warn("the worker of kept questions ended: {why}", why=error.message)
        if culprit is not None:
            self._refuse(culprit, error)
            return 0
        if failures >= _HOPELESS:
            for kept in list(self._kept.values()):
                self._refuse(kept, ServiceError(f"no kept question can be answered: {error}"))
        return failures

    # -- the life of one

    async def _talk(self, line: WorkerLine, feed: Feed) -> None:
        least, times = _PACES[self.language]
        while self._isOn(line):
            await self._wake.wait()
            self._wake = Happening()
            if self._isOn(line):
                loading = self._prepare(feed)
                await withTimeout(loading, loadingTime(self.limits), self.clock, "loading")
                seconds = await self._look(line, feed)
                await sleep(self.clock, max(least, times * seconds))

    def _isOn(self, line: WorkerLine) -> bool:
        return bool(self._kept) and not line.over.happened

    async def _prepare(self, feed: Feed) -> None:
        turns = Turns(self.clock)
        if self._offset.follow():
            feed.restart()
        while True:
            if self._isOther:
                self._isOther = False
                self._names = frozenset().union(*(kept.names for kept in self._kept.values()))
                feed.keepOnly(self._names)
            try:
                await feed.load(self._names, turns)
                await feed.slices(turns)
            except TooLarge as error:
                self._makeRoom(error)
            if not self._isOther:
                return

    def _makeRoom(self, error: GMAError) -> None:
        """Refuse the last question, and all that are about the same."""
        names = next(reversed(self._kept.values())).names if self._kept else None
        for kept in list(self._kept.values()):
            if kept.names == names:
                self._refuse(kept, error)
        self._isOther = True

    async def _look(self, line: WorkerLine, feed: Feed) -> float:
        now = self.clock.seconds()
        number = line.number()
        reply = line.answerTo(number)
        guard = LookGuard(line.process, self.clock, self.limits)
        watches = self._watches()
        guard.start()
        try:
            line.say(*feed.flush(), *watches, Look(number, now, self._offset.value))
            said = await reply
        finally:
            guard.stop()
            self._problem = guard.verdict
        if not isinstance(said, Looked):
            return 0.0
        self._hasLooked = True
        self.looks += 1
        self.seconds += said.seconds
        if watches and said.seconds > 0.0:
            fitting = len(watches) * _BEGINNING / said.seconds
            self._beginning = max(1, int(min(fitting, _MOST)))
        return said.seconds

    def _watches(self) -> list[Watch]:
        """What tells the worker of questions that begin."""
        new = [kept for kept in self._kept.values() if not kept.isPut]
        if self.language is Language.XPATH and len(new) > self._beginning:
            del new[self._beginning :]
            self._wake.happen()
        for kept in new:
            kept.isPut = True
        return [Watch(kept.id, kept.question, self.limits.maxResult) for kept in new]

    # -- questions

    def _told(self, message: Changed | Refused) -> None:
        kept = self._kept.get(message.id)
        if kept is None:
            return
        if isinstance(message, Refused):
            kept.isPut = False
            self._refuse(kept, refusalError(message))
            return
        kept.hear(message.body)

    def _refuse(self, kept: Kept, error: GMAError) -> None:
        if self._kept.get(kept.id) is kept:
            self._end(kept)
            kept.refused(error)

    def _end(self, kept: Kept) -> None:
        if self._kept.pop(kept.id, None) is None:
            return
        self._isOther = True
        if kept.isPut and self._line is not None:
            self._line.say(Unwatch(kept.id))
        if not self._kept:
            self._wake.happen()
