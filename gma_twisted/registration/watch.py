"""One watch of a directory: what its consumer knows already, and what is on its way there (WIRE 6)."""

from collections.abc import Callable, Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.errors import (
    GMAError,
    PeerFault,
    Refused,
    RequestError,
    ServiceHasTerminated,
    cut,
)
from gma_twisted.interfaces.gma import IEventChannel
from gma_twisted.model.entryevent import EntryNews, entryEvent, newsEvent, resetEvent
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.registration.changelog import ChangeLog
from gma_twisted.registration.directoryindex import DirectoryIndex, Listed
from gma_twisted.registration.postings import EntryKey
from gma_twisted.registration.wanted import Wanted
from gma_twisted.timing import Backoff, NodeClock, Task, Turns, begin, sleep, spawn

__all__ = ["Watch", "WatchGround"]

log = Logger()

# Of one notification.
_EVENTS = 500
_BYTES = 256 * 1024
_BACKOFF = Backoff(1.0, 60.0)
# How often a consumer may answer a fault of its own before what it got is left out.
_ATTEMPTS = 10
# Bytes of an event about an entry, beside what is in the entry.
_AROUND = 50


@attrs.frozen(slots=True, eq=False)
class WatchGround:
    """
    What all watches of a directory share.

    @ivar clock: the node's
    @ivar index: what is there
    @ivar changes: what changed
    @ivar chance: gives a number in C{[0, 1)}
    @ivar mostPending: changes that one watch has to tell, before it begins anew
    """

    clock: NodeClock
    index: DirectoryIndex
    changes: ChangeLog
    chance: Callable[[], float]
    mostPending: int


@attrs.define(slots=True, eq=False)
class Watch:
    """
    Tells a consumer of all that is wanted, and then of each change, one notification at a time. It begins with the news
    that what was told before counts no more: a consumer may know things of a watch that was there before this one.

    What it has told is never kept: a change says what there was before it, so that the consumer knows of an entry
    exactly when that was wanted. Entries are told in the order of their keys; a change behind the last key told so far
    is left to that. Several changes of an entry become one, which says what is true when it is sent.

    @ivar id: by which it is ended
    @ivar owner: whose it is
    @ivar consumer: URL of who is told
    @ivar callerId: what its caller calls it
    @ivar asked: the conditions as they came, to know them again
    @ivar wanted: the same to be used
    @ivar channel: the way to the consumer
    @ivar ground: see L{WatchGround}
    @ivar ended: told when the consumer wants no more
    @ivar asks: told when it wants to L{look} again
    """

    id: int
    owner: str
    consumer: str
    callerId: int
    asked: object
    wanted: Wanted
    channel: IEventChannel
    ground: WatchGround
    ended: "Callable[[Watch], None]"
    asks: "Callable[[Watch], None]"
    _place: int = attrs.field(init=False)
    # Up to which key what is there was told; meaningless once all was.
    _shown: EntryKey | None = attrs.field(default=None, init=False)
    _isWhole: bool = attrs.field(default=False, init=False)
    _isAnew: bool = attrs.field(default=True, init=False)
    # What changed, and whether the consumer knows of it.
    _pending: dict[EntryKey, bool] = attrs.field(factory=dict, init=False, repr=False)
    _told: int = attrs.field(default=0, init=False)
    _missed: int = attrs.field(default=0, init=False)
    _most: int = attrs.field(default=_EVENTS, init=False)
    _unsent: int = attrs.field(default=0, init=False)
    _failures: int = attrs.field(default=0, init=False)
    _isSending: bool = attrs.field(default=False, init=False)
    _isCalling: bool = attrs.field(default=False, init=False)
    _isOver: bool = attrs.field(default=False, init=False)
    _task: Task | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._place = self.ground.changes.end

    def change(self, asked: object, wanted: Wanted) -> None:
        """Have other conditions from now on; all is told anew."""
        self.asked, self.wanted = asked, wanted
        self._beginAnew(0)

    def look(self, turns: Turns) -> None:
        """
        See what there is to tell, until the turn is over, and begin to tell it. No effect while it tells something.

        It asks for another look until all is told.

        @param turns: that it shares with others; there is some time left
        """
        if self._isSending or self._isOver:
            return
        events = self._next(turns)
        if events:
            self._isSending = True
            task = spawn(self._tell(events), f"watch {self.id}")
            self._task = None if task.ended else task
        elif not self._isWhole or self._pending or self._place < self.ground.changes.end:
            self.asks(self)

    def end(self) -> None:
        """Tell nothing more; C{channel} is left to the caller."""
        self._isOver = True
        self._pending.clear()
        # The consumer may end it in the very call that tells it something, which cannot be cancelled then.
        if self._task is not None and not self._isCalling:
            self._task.cancel()

    async def _tell(self, events: Sequence[Event]) -> None:
        try:
            await self._deliver(events)
        finally:
            self._isSending = False
            self._task = None
            if self._unsent:
                # Whatever kept it from being sent: what the consumer lacks is not known.
                self._beginAnew(self._unsent)
        if not self._isOver:
            self.asks(self)

    # -- what is to be told

    def _next(self, turns: Turns) -> list[Event]:
        """
        What comes next: nothing when all is told, or when the turn was too short to find something.

        All of it is of this instant: what was noted until now is read first.
        """
        ground = self.ground
        lost = ground.changes.lost(self._place)
        if lost:
            self._beginAnew(lost + len(self._pending))
        isRead = self._read(turns)
        if len(self._pending) > ground.mostPending:
            self._beginAnew(len(self._pending))
        elif not isRead:
            return []
        batch = _Batch(Timestamp.ofSeconds(ground.clock.wallTime()), ground.clock.seconds())
        if self._isAnew:
            self._isAnew = False
            batch.events.append(resetEvent(self.id, batch.when))
        if self._tellPending(batch, turns) and not self._isWhole:
            self._tellPresent(batch, turns)
        return batch.events

    def _beginAnew(self, missed: int) -> None:
        self._missed += missed
        self._pending.clear()
        self._place = self.ground.changes.end
        self._shown = None
        self._unsent = 0
        self._isAnew = True
        self._isWhole = False

    def _read(self, turns: Turns) -> bool:
        """@return: whether it had the time to read all that was noted"""
        pending, wanted, shown = self._pending, self.wanted, self._shown
        changes = self.ground.changes
        for key, before in changes.since(self._place):
            isTold = self._isWhole or (shown is not None and key <= shown)
            if isTold and key not in pending:
                isKnown = False if before is None else wanted.accepts(before, turns)
                if isKnown is None:
                    return False
                pending[key] = isKnown
            self._place += 1
            if turns.isOver:
                break
        return self._place == changes.end

    def _tellPending(self, batch: "_Batch", turns: Turns) -> bool:
        """@return: whether there is time and room for more"""
        while self._pending:
            key, isKnown = next(iter(self._pending.items()))
            listed = self.ground.index.get(key)
            isWanted = False if listed is None else self.wanted.accepts(listed, turns)
            if isWanted is None:
                return False
            del self._pending[key]
            if isWanted:
                assert listed is not None
                batch.add(EntryNews.UPDATED if isKnown else EntryNews.ADDED, listed)
            elif isKnown:
                batch.gone(key)
            if batch.isFull or turns.isOver:
                return False
        return True

    def _tellPresent(self, batch: "_Batch", turns: Turns) -> None:
        index, wanted = self.ground.index, self.wanted
        for key in index.walk(wanted, self._shown):
            if batch.isFull:
                return
            if key != self._shown:
                listed = index.get(key)
                isWanted = False if listed is None else wanted.accepts(listed, turns)
                if isWanted is None:
                    return
                if isWanted:
                    assert listed is not None
                    batch.add(EntryNews.PRESENT, listed)
                self._shown = key
            if turns.isOver:
                return
        self._isWhole = True
        batch.events.append(newsEvent(EntryNews.COMPLETE, batch.when))

    # -- how it gets there

    async def _deliver(self, events: Sequence[Event]) -> None:
        while events and not self._isOver:
            self._unsent = len(events)
            part = events[: self._most]
            try:
                await self._send(part)
            except (ServiceHasTerminated, Refused) as error:
                log.info(
                    "watch {id} of {consumer} ends: {reason}",
                    id=self.id,
                    consumer=self.consumer,
                    reason=error.message,
                )
                self._isOver = True
                self._unsent = 0
                self.ended(self)
                return
            except RequestError as error:
                events = self._refused(events, part, error)
            except GMAError as error:
                self._failures += 1
                # Without the news that it begins anew, a consumer misunderstands all that follows.
                isLast = len(part) == 1 and part[0].name == EntryNews.RESET.value
                if isinstance(error, PeerFault) and self._failures >= _ATTEMPTS and not isLast:
                    # Whoever answers a fault again and again will never take these; who is away may come back.
                    events = self._refused(events, part, error)
                    continue
                told = getattr(error, "retryAfter", 0.0)
                delay = _BACKOFF.delay(self._failures, self.ground.chance, told)
                await sleep(self.ground.clock, delay)
            else:
                self._told += self._missed + len(part)
                self._missed = self._failures = 0
                self._most = min(2 * self._most, _EVENTS)
                events = events[len(part) :]
        self._unsent = 0

    async def _send(self, events: Sequence[Event]) -> None:
        missed = self._missed
        self._isCalling = True
        try:
            # What is left out has numbers too, as with producers.
            sending = begin(self.channel.send(events, self._told + missed + 1, missed))
        finally:
            self._isCalling = False
        await sending

    def _refused(
        self, events: Sequence[Event], part: Sequence[Event], error: GMAError
    ) -> Sequence[Event]:
        """Leave out what will never be taken: of several, find which. @return: what is left"""
        self._failures = 0
        if len(part) > 1:
            self._most = len(part) // 2
            return events
        log.warn(
            "watch {id} does not tell {consumer} an event, which does not take it: {reason}",
            id=self.id,
            consumer=cut(self.consumer),
            reason=error.message,
        )
        self._missed += 1
        return events[1:]


@attrs.define(slots=True, eq=False)
class _Batch:
    """
    What one notification will have.

    @ivar when: the events are of
    @ivar now: the same instant on the node's clock
    """

    when: Timestamp
    now: float
    events: list[Event] = attrs.field(factory=list)
    size: int = 0

    @property
    def isFull(self) -> bool:
        return len(self.events) >= _EVENTS or self.size >= _BYTES

    def add(self, news: EntryNews, listed: Listed) -> None:
        entry = listed.entry(self.now)
        try:
            event = entryEvent(news, entry, self.when)
        except GMAError:
            # The bounds of registrations can be set above those of events.
            bare = attrs.evolve(entry, eventTypes=(), attributes=())
            event = entryEvent(news, bare, self.when)
        self.events.append(event)
        self.size += listed.size + _AROUND

    def gone(self, key: EntryKey) -> None:
        endpoint, entry, role = key
        gone = GMAEntry(GMARole(role), endpoint, entry=entry)
        self.events.append(entryEvent(EntryNews.REMOVED, gone, self.when))
        self.size += len(endpoint) + _AROUND
