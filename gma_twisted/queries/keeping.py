"""Questions that are kept, and whose answers are told when they become other ones: a worker of their own."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from itertools import islice

import attrs
from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import Busy, GMAError, ServiceError, TimedOut, TooLarge
from gma_twisted.evaluation.messages import Changed, Look, Looked, Refused, Unwatch, Watch
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import Changes, ElementKey, Language, QName, Question
from gma_twisted.model.area import areaOf
from gma_twisted.queries.bucket import Bucket
from gma_twisted.queries.crew import STARTING
from gma_twisted.queries.endings import endError, refusalError
from gma_twisted.queries.feeding import Feed
from gma_twisted.queries.guarding import LookGuard
from gma_twisted.queries.kept import Kept
from gma_twisted.queries.line import Launch, WorkerLine
from gma_twisted.queries.memo import Offenders
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
# Workers that may follow others at once; then one in a second does.
_BURST = 4
# Seconds between two looks at least, and for how many times what one took: XQuery begins anew with each. No longer than
# so long, since a question that takes much waits for its own turn.
_PACES = {Language.XPATH: (0.05, 0.0), Language.XQUERY: (0.5, 10.0)}
_PAUSE = 2.0
# Most seconds until a look at what waits for its turn.
_TURN = 600.0
# One client has such a part of what is kept.
_PART = 8
# Questions that were checked and are not kept yet.
_CHECKED = 1000
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
    @ivar offenders: whose expressions ended workers
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
    offenders: Offenders
    restarts: int = attrs.field(default=0, init=False)
    looks: int = attrs.field(default=0, init=False)
    seconds: float = attrs.field(default=0.0, init=False)
    _kept: dict[int, Kept] = attrs.field(factory=dict, init=False, repr=False)
    # How many of them there are of those that are counted as one; who had questions checked that are not kept yet.
    _shares: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _checked: OrderedDict[Question, str] = attrs.field(factory=OrderedDict, init=False, repr=False)
    _last: int = attrs.field(default=0, init=False)
    # Those this worker has not been told of.
    _new: dict[int, Kept] = attrs.field(factory=dict, init=False, repr=False)
    # How many questions have a name.
    _names: dict[QName, int] = attrs.field(factory=dict, init=False, repr=False)
    # Those the feed may not know to be wanted, or to be so no more.
    _others: set[QName] = attrs.field(factory=set, init=False, repr=False)
    _line: WorkerLine | None = attrs.field(default=None, init=False, repr=False)
    _feed: Feed | None = attrs.field(default=None, init=False, repr=False)
    _offset: WallOffset = attrs.field(init=False, repr=False)
    _wake: Happening = attrs.field(factory=Happening, init=False, repr=False)
    _hasLooked: bool = attrs.field(default=False, init=False)
    # Questions that begin with the next look, at most.
    _beginning: int = attrs.field(default=_FIRST, init=False)
    _starts: Bucket = attrs.field(init=False, repr=False)
    # Wakes when the turn of a question comes.
    _turn: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _problem: GMAError | None = attrs.field(default=None, init=False, repr=False)
    _task: Task | None = attrs.field(default=None, init=False, repr=False)
    _isOver: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._offset = WallOffset(self.clock)
        self._starts = Bucket(self.clock, _BURST)

    def __len__(self) -> int:
        """How many questions are kept."""
        return len(self._kept)

    def admit(self, client: str) -> None:
        """@raise Busy: as many are kept of a client as may be, or its expressions ended too many workers"""
        self.offenders.check(client)
        most = max(1, self.limits.kept // _PART)
        if self._shares[areaOf(client)] >= most:
            raise Busy(
                f"{most} questions of {areaOf(client)} are kept, an eighth of the bound [limits] query_kept"
            )

    def noteChecked(self, question: Question, client: str) -> None:
        """A question is a client's when it is watched."""
        self._checked[question] = client
        if len(self._checked) > _CHECKED:
            self._checked.popitem(last=False)

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
        client = self._checked.pop(question, "")
        if client:
            self.admit(client)
            self._shares[areaOf(client)] += 1
        self._last += 1
        kept = Kept(self._last, question, changed, refused, client)
        self._kept[kept.id] = self._new[kept.id] = kept
        for name in kept.names:
            self._names[name] = self._names.get(name, 0) + 1
        self._others.update(kept.names)
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
            while pause := self._starts.take():
                await sleep(self.clock, pause)

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
        feed = Feed(line, self.store, self.clock, self.limits.elements, due, lasts=True)
        # What turns stale shows it, so there may be other answers.
        sweeper = Sweeper(self.clock, due, lambda _: self._wake.happen())
        self._line, self._feed = line, feed
        for kept in self._kept.values():
            kept.isPut = False
        self._new = dict(self._kept)
        self._others = set(self._names)
        sweeper.start()
        self._wake.happen()
        whenDone(line.over.wait(), lambda _: self._wake.happen(), lambda _: None)
        try:
            await withTimeout(line.began.wait(), STARTING, self.clock, "the start")
            await self._talk(line, feed)
        except TimedOut as error:
            self._problem = ServiceError(f"the query worker was ended: {error.message}")
        except CancelledError:
            raise
        except Exception:  # noqa: BLE001 (a store of the operator's may raise anything; questions are still kept)
            log.failure("kept questions cannot be looked at")
            self._problem = ServiceError(
                "the values could not be read; the node's log has the reason"
            )
        finally:
            self._feed = None
            self._wakeAfter(None)
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
            if culprit.client:
                self.offenders.keep(culprit.client)
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
                await sleep(self.clock, max(least, min(times * seconds, _PAUSE)))

    def _isOn(self, line: WorkerLine) -> bool:
        return bool(self._kept) and not line.over.happened

    async def _prepare(self, feed: Feed) -> None:
        turns = Turns(self.clock)
        if self._offset.follow():
            feed.restart()
        while True:
            others, self._others = self._others, set()
            feed.cease([name for name in others if name not in self._names])
            feed.adopt(name for name in others if name in self._names)
            try:
                await feed.load(feed.missing, turns)
                await feed.slices(turns)
            except TooLarge as error:
                self._makeRoom(error)
            if not self._others:
                return

    def _makeRoom(self, error: GMAError) -> None:
        """Refuse the last question, and all that are about the same."""
        names = next(reversed(self._kept.values())).names if self._kept else None
        for kept in list(self._kept.values()):
            if kept.names == names:
                self._refuse(kept, error)
        # The feed has given up all.
        self._others.update(self._names)

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
        # Anybody's expression ran in who says so.
        took = self.clock.seconds() - now
        seconds = said.seconds if 0.0 <= said.seconds <= took else took
        self._hasLooked = True
        self.looks += 1
        self.seconds += seconds
        if watches and seconds > 0.0:
            fitting = len(watches) * _BEGINNING / seconds
            self._beginning = max(1, int(min(fitting, _MOST)))
        self._wakeAfter(said.rest)
        return seconds

    def _wakeAfter(self, rest: float | None) -> None:
        """Look again after so many seconds; C{None}: not before there is a reason."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        if rest is not None:
            pause = rest if 0.0 <= rest <= _TURN else _TURN
            self._turn = self.clock.callLater(pause, self._turnComes)

    def _turnComes(self) -> None:
        self._turn = None
        self._wake.happen()

    def _watches(self) -> list[Watch]:
        """What tells the worker of questions that begin."""
        most = self._beginning if self.language is Language.XPATH else _MOST
        new = list(islice(self._new.values(), most))
        for kept in new:
            del self._new[kept.id]
            kept.isPut = True
        if self._new:
            self._wake.happen()
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

    def _drop(self, names: Iterable[QName]) -> None:
        for name in names:
            self._names[name] -= 1
            if not self._names[name]:
                del self._names[name]
                self._others.add(name)

    def _end(self, kept: Kept) -> None:
        if self._kept.pop(kept.id, None) is None:
            return
        self._new.pop(kept.id, None)
        if kept.client:
            area = areaOf(kept.client)
            self._shares[area] -= 1
            if not self._shares[area]:
                del self._shares[area]
        self._drop(kept.names)
        if kept.isPut and self._line is not None:
            self._line.say(Unwatch(kept.id))
        if not self._kept:
            self._wake.happen()
