"""Events on their way to the disk: told to those who asked for them once kept, in the order of their numbers."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import takewhile

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import Busy, GMAError
from gma_twisted.events.kept import Kept
from gma_twisted.interfaces.events import IEventArchive, StoredEvent
from gma_twisted.timing import Backoff, NodeClock, Ready, Task, spawn

__all__ = ["Keeping"]

log = Logger()

_BATCH = 5_000
_BACKOFF = Backoff(0.5, 10.0)
_DONE: Ready[None] = Ready(None)


@attrs.define(slots=True, eq=False)
class _Given:
    """
    What was given at once.

    @ivar done: waits for it; C{None}: nobody does, so it is tried again
    @ivar isTold: whether it was told before it was known to be kept
    """

    kept: Sequence[Kept]
    positions: Mapping[str, str]
    size: int
    done: Deferred[None] | None
    isTold: bool = False


class Keeping:
    """
    Brings events to an archive, all that came meanwhile at once.

    What somebody waits for is refused when the disk does not take it. What was published waits for the disk within a
    bound; beyond it the oldest are told without being kept, and are lost to the archive.

    @ivar size: bytes of what waits
    """

    __slots__ = (
        "_archive",
        "_call",
        "_clock",
        "_early",
        "_failures",
        "_given",
        "_isOver",
        "_isReserving",
        "_isTelling",
        "_isWorking",
        "_line",
        "_most",
        "_random",
        "_settled",
        "_settling",
        "_task",
        "_tell",
        "_underWay",
        "size",
    )

    def __init__(
        self,
        archive: IEventArchive,
        clock: NodeClock,
        random: Callable[[], float],
        tell: Callable[[Kept], None],
        most: int,
    ) -> None:
        """
        @param random: gives a number in C{[0, 1)}
        @param tell: tells an event to who asked for it
        @param most: bytes of events that may wait
        """
        self._archive = archive
        self._clock = clock
        self._random = random
        self._tell = tell
        self._most = most
        self._line: deque[_Given] = deque()
        self._underWay: Sequence[_Given] = ()
        # How often something was given, and of how many it is known what became of them.
        self._given = self._settled = 0
        self._settling: deque[tuple[int, Deferred[None]]] = deque()
        self._failures = 0
        self._isOver = self._isWorking = self._isTelling = self._isReserving = False
        self._task: Task | None = None
        self._early: Task | None = None
        self._call: IDelayedCall | None = None
        self.size = 0

    def check(self, size: int) -> None:
        """See whether one of a size may be published. @raise Busy: the disk hangs, and twice as much waits as may"""
        self._mayWait(size, 2 * self._most)

    def publish(self, kept: Kept) -> None:
        """Keep one, and tell it."""
        self._give(_Given((kept,), {}, kept.size, None))
        if self.size > self._most and not (self._isTelling or self._isReserving):
            task = spawn(self._tellOldest(), "events are told before they are kept")
            self._early = None if task.ended else task

    def keep(self, kept: Sequence[Kept], positions: Mapping[str, str]) -> Awaitable[None]:
        """
        Keep some, or none, with positions; told once they are kept.

        @raise Busy: the disk does not take them
        """
        size = sum(one.size for one in kept)
        self._mayWait(size, self._most)
        done: Deferred[None] = Deferred()
        self._give(_Given(kept, positions, size, done))
        return done

    def settled(self) -> Awaitable[None]:
        """Ready when what was given before is kept, or the disk did not take it."""
        if not self._isWorking:
            return _DONE
        one: Deferred[None] = Deferred()
        self._settling.append((self._given, one))
        return one

    def waiting(self) -> Sequence[StoredEvent]:
        """What was published and is not kept yet, oldest first."""
        return [_stored(one) for each in self._line if each.done is None for one in each.kept]

    async def stop(self) -> None:
        """Try once more; what the disk does not take then is told without being kept."""
        self._isOver = True
        while self._task is not None:
            await self._task.wait()
        if self._early is not None:
            await self._early.wait()
        self._unwait()
        if self._line:
            await self._try()
        published = self.waiting()
        if published:
            await self._archive.reserve(published[-1].number)
        self._giveUp(len(self._line))

    def _mayWait(self, size: int, most: int) -> None:
        if self._isOver:
            raise Busy("events are not kept any more: the node stops")
        if self._line and self.size + size > most:
            raise Busy(
                f"{self.size} bytes of events wait for the disk already, the most",
                cure="see what the archive says of the disk",
            )

    def _give(self, given: _Given) -> None:
        self._line.append(given)
        self._given += 1
        self.size += given.size
        if not self._isWorking and (self._call is None or given.done is not None):
            self._go()

    def _go(self) -> None:
        self._unwait()
        self._isWorking = True
        task = spawn(self._work(), "events are kept")
        self._task = None if task.ended else task

    def _unwait(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None

    async def _work(self) -> None:
        isTaken = True
        try:
            while self._line and isTaken:
                isTaken = await self._try()
        finally:
            self._isWorking = False
            self._task = None
            if self._line and not self._isOver:
                pause = _BACKOFF.delay(self._failures, self._random)
                self._call = self._clock.callLater(pause, self._again)
            # What is left the disk does not take.
            self._settle(self._given)

    def _settle(self, upTo: int) -> None:
        while self._settling and self._settling[0][0] <= upTo:
            self._settling.popleft()[1].callback(None)

    def _again(self) -> None:
        self._call = None
        if not self._isWorking:
            self._go()

    async def _try(self) -> bool:
        """Have one batch kept. @return: whether the disk took it"""
        batch = self._underWay = self._next()
        events = [_stored(one) for given in batch for one in given.kept]
        positions: dict[str, str] = {}
        for given in batch:
            positions.update(given.positions)
        error: GMAError | None = None
        try:
            await self._archive.append(events, positions)
        except GMAError as raised:
            error = raised
        self._underWay = ()
        if error is None:
            self._took(batch)
        else:
            self._refused(batch, error)
        return error is None

    def _next(self) -> Sequence[_Given]:
        batch: list[_Given] = []
        count = 0
        for given in self._line:
            count += len(given.kept)
            if batch and count > _BATCH:
                break
            batch.append(given)
        return batch

    def _took(self, batch: Sequence[_Given]) -> None:
        self._failures = 0
        self._takeOut(len(batch))
        self._isTelling = True
        try:
            for given in batch:
                self._tellAll(given)
        finally:
            self._isTelling = False
        for given in batch:
            if given.done is not None:
                given.done.callback(None)
        self._settle(self._settled)

    def _takeOut(self, count: int) -> Sequence[_Given]:
        """The oldest do not wait any more."""
        out = [self._line.popleft() for _ in range(count)]
        self.size -= sum(given.size for given in out)
        self._settled += count
        return out

    def _refused(self, batch: Sequence[_Given], error: GMAError) -> None:
        self._failures += 1
        self._takeOut(len(batch))
        # What nobody waits for is tried again; what was told already is lost.
        again = [given for given in batch if given.done is None and not given.isTold]
        self._line.extendleft(reversed(again))
        self.size += sum(given.size for given in again)
        self._settled -= len(again)
        self._lose([given for given in batch if given.isTold])
        for given in batch:
            if given.done is not None:
                given.done.errback(error)

    async def _tellOldest(self) -> None:
        """More waits than may: the oldest are told, and not kept unless they are under way."""
        self._isReserving = True
        try:
            while self.size > self._most and (early := self._oldest()):
                # A kill must not leave their numbers to others.
                number = early[-1].kept[-1].number
                await self._archive.reserve(number)
                # Meanwhile the disk may have taken some, or refused them.
                early = [given for given in self._oldest() if given.kept[-1].number <= number]
                if self._underWay:
                    for given in early:
                        self._tellAll(given)
                else:
                    self._giveUp(len(early))
        finally:
            self._isReserving = False
            self._early = None

    def _oldest(self) -> Sequence[_Given]:
        """What may be told early: what is under way, or else as much as is too much."""
        if self._underWay:
            # The disk may take them yet, but who wants them waits no longer; after what somebody waits for all wait.
            return () if self._underWay[0].isTold else [*takewhile(_isPublished, self._underWay)]
        size, early = self.size, []
        for given in takewhile(_isPublished, self._line):
            if size <= self._most:
                break
            size -= given.size
            early.append(given)
        return early

    def _giveUp(self, count: int) -> None:
        """So many of the oldest are told without being kept."""
        gone = self._takeOut(count)
        self._lose(gone)
        self._isTelling = True
        try:
            for given in gone:
                if given.done is None:
                    self._tellAll(given)
                else:
                    given.done.errback(Busy("events are not kept any more: the node stops"))
        finally:
            self._isTelling = False

    def _lose(self, lost: Sequence[_Given]) -> None:
        events = [_stored(one) for given in lost if given.done is None for one in given.kept]
        if events:
            self._archive.lose(events)

    def _tellAll(self, given: _Given) -> None:
        if not given.isTold:
            given.isTold = True
            for one in given.kept:
                self._tell(one)


def _isPublished(given: _Given) -> bool:
    return given.done is None


def _stored(kept: Kept) -> StoredEvent:
    return StoredEvent(kept.event, kept.source, kept.number, kept.size)
