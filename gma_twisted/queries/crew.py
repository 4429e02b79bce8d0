"""The processes of a pool: so many that answer, one that is ready to take a dead one's place."""

from collections.abc import Awaitable, Callable

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import ServiceError
from gma_twisted.queries.bucket import Bucket
from gma_twisted.queries.worker import Worker
from gma_twisted.timing import Backoff, NodeClock, gather, whenDone

__all__ = ["STARTING", "Crew"]

log = Logger()

STARTING = 30.0
"""Seconds a worker has to begin."""

_BACKOFF = Backoff(0.5, 30.0)
_HOPELESS = 3
# Workers that are started at once beside the first ones; then one in a second is.
_BURST = 4


@attrs.define(eq=False, slots=True)
class Crew:
    """
    Starts workers, and others for those that ended.

    @ivar size: how many answer
    @ivar clock: the node's
    @ivar random: gives numbers in C{[0, 1)}
    @ivar make: starts a worker, by its number; a L{ServiceError} when it cannot
    @ivar changed: one can be asked that could not before, or there is a C{problem}
    @ivar workers: those that can be asked
    @ivar spare: begun, with no values; C{None} while there is none
    @ivar restarts: workers that ended and were not told to
    @ivar problem: why no worker can be started; empty when there is one, or the next may be one
    """

    size: int
    clock: NodeClock
    random: Callable[[], float]
    make: Callable[[int], Worker]
    changed: Callable[[], None]
    workers: list[Worker] = attrs.field(factory=list, init=False)
    spare: Worker | None = attrs.field(default=None, init=False)
    restarts: int = attrs.field(default=0, init=False)
    problem: str = attrs.field(default="", init=False)
    _all: dict[Worker, IDelayedCall | None] = attrs.field(factory=dict, init=False, repr=False)
    _starts: Bucket = attrs.field(init=False, repr=False)
    _numbers: int = attrs.field(default=0, init=False)
    _failures: int = attrs.field(default=0, init=False)
    _retry: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _isOver: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._starts = Bucket(self.clock, self.size + 1 + _BURST)

    @property
    def all(self) -> list[Worker]:
        """Every worker there is, those that have not begun included."""
        return list(self._all)

    def fill(self) -> None:
        """Start what is missing, if anything is: after a pause when the last ones failed or many have ended."""
        if self._retry is not None or self._isOver or len(self._all) > self.size:
            return
        if self._failures:
            pause = _BACKOFF.delay(self._failures, self.random)
            self._retry = self.clock.callLater(pause, self._again)
        else:
            self._start()

    async def stop(self) -> None:
        """Kill all, and wait until none is left."""
        self._isOver = True
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        workers = self.all
        for worker in workers:
            worker.kill()
        await gather([worker.line.over.wait() for worker in workers])

    def _again(self) -> None:
        self._retry = None
        self._start()

    def _start(self) -> None:
        while len(self._all) <= self.size:
            # After a failure there was a pause.
            pause = 0.0 if self._failures else self._starts.take()
            if pause:
                self._retry = self.clock.callLater(pause, self._again)
                return
            self._numbers += 1
            try:
                worker = self.make(self._numbers)
            except ServiceError as error:
                self._failed(error.message)
                return
            self._all[worker] = self.clock.callLater(STARTING, self._late, worker)
            _tell(worker.line.began.wait(), self._began, worker)
            _tell(worker.line.over.wait(), self._ended, worker)

    def _began(self, worker: Worker) -> None:
        if self._isOver or worker.isLost:
            return
        self._beInTime(worker)
        self.problem = ""
        # One can be started: the next pause is a short one again. Those that begin and end are held back by the bucket.
        self._failures = 0
        if len(self.workers) < self.size:
            self._serve(worker)
        else:
            self.spare = worker

    def _serve(self, worker: Worker) -> None:
        self.workers.append(worker)
        self.changed()

    def _late(self, worker: Worker) -> None:
        self._all[worker] = None
        log.warn(
            "query worker {number} did not begin within {seconds:g} s",
            number=worker.number,
            seconds=STARTING,
        )
        worker.kill()

    def _beInTime(self, worker: Worker) -> None:
        call = self._all.get(worker)
        if call is not None:
            call.cancel()
            self._all[worker] = None

    def _ended(self, worker: Worker) -> None:
        self._beInTime(worker)
        del self._all[worker]
        hasBegun = worker in self.workers or self.spare is worker
        if worker in self.workers:
            self.workers.remove(worker)
        if self.spare is worker:
            self.spare = None
        if self._isOver:
            return
        self.restarts += 1
        log.warn("query worker {number} {how}", number=worker.number, how=str(worker.line.ending))
        if hasBegun:
            self._failures = 0
            self._replace(worker)
            self.fill()
        else:
            self._replace(worker)
            self._failed(f"the query worker {worker.line.ending}")

    def _replace(self, worker: Worker) -> None:
        spare = self.spare
        if spare is not None and len(self.workers) < self.size:
            self.spare = None
            spare.feed.adopt(worker.feed.interests)
            self._serve(spare)
            spare.rest()

    def _failed(self, why: str) -> None:
        if self._retry is None:
            # Those that were started together fail together, which is once.
            self._failures += 1
        log.error("no query worker: {why}", why=why)
        if self._failures >= _HOPELESS and not self.workers:
            self.problem = why
            self.changed()
        self.fill()


def _tell(happened: Awaitable[None], told: Callable[[Worker], None], worker: Worker) -> None:
    whenDone(happened, lambda _: told(worker), lambda _: None)
