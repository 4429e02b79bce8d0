"""One of a group: where it is in the log, what comes before that for it alone, and the way it writes to."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.interfaces.gma import IStreamMember
from gma_twisted.model.event import Event
from gma_twisted.streams.log import Line, LineLog
from gma_twisted.streams.way import Shared, Way
from gma_twisted.timing import Ready

__all__ = ["Member"]


@attrs.frozen(slots=True, eq=False)
class _Before:
    """What is for one member alone: an event that is written when its turn comes, or a line that was."""

    event: Event | None
    line: Line | None
    number: int
    size: int


@implementer(IStreamMember)
class Member:
    """
    See L{IStreamMember}. What it lacks is told before what comes next.

    @ivar log: of its group
    @ivar place: of the line in it that comes next
    @ivar stream: what its caller calls the subscription
    @ivar since: number up to which lines of the log are not for it
    @ivar owner: whose subscription it is, as quotas count
    @ivar began: number before the first that was ever for it under its present number
    @ivar url: where its lines go
    @ivar isPending: whether it has a turn to come
    """

    __slots__ = (
        "_before",
        "_beforeSize",
        "_gone",
        "_isBegun",
        "_isBusy",
        "_isGreeting",
        "_isLookingBack",
        "_isOpen",
        "_isOver",
        "_isPaused",
        "_missed",
        "_shared",
        "_told",
        "_total",
        "_wake",
        "_way",
        "began",
        "isPending",
        "log",
        "owner",
        "place",
        "since",
        "stream",
        "url",
    )

    def __init__(
        self,
        shared: Shared,
        log: LineLog,
        url: str,
        stream: int,
        since: int,
        isLookingBack: bool,
        owner: str,
    ) -> None:
        """@param isLookingBack: whether nothing is written before L{lookedBack}"""
        self.log = log
        self.owner = owner
        self.place = log.end
        self.url = url
        self.stream = stream
        self.since = self.began = since
        self.isPending = False
        self._shared = shared
        self._total = log.total
        # Up to this number all was written, or left out, or is not for it.
        self._told = since
        self._missed = 0
        self._before: deque[_Before] = deque()
        self._beforeSize = 0
        self._isLookingBack = isLookingBack
        self._isBegun = self._isPaused = self._isOpen = self._isBusy = self._isOver = False
        self._isGreeting = False
        self._way: Way | None = None
        self._wake: Callable[[Member], None] = _nobody
        self._gone: Callable[[Member], None] = _nobody

    def goBy(self, way: Way) -> None:
        """Write to this way from now on; the one before is closed."""
        before, self._way = self._way, way
        if before is not None:
            self._shared.closing.add(before.close())
        self._isOpen = self._isBusy = False
        if self._isBegun:
            way.start()

    def belong(self, wake: "Callable[[Member], None]", gone: "Callable[[Member], None]") -> None:
        """
        Say who looks after it; whoever did before does no more.

        @param wake: told when it may have something to write
        @param gone: told when it does no more
        """
        self._gone(self)
        self._wake, self._gone = wake, gone

    # What its subscription says.

    def begin(self) -> None:
        """See L{IStreamMember}."""
        if not (self._isBegun or self._isOver):
            self._isBegun = True
            if self._way is not None:
                self._way.start()

    def pause(self) -> None:
        """See L{IStreamMember}."""
        self._isPaused = True

    def resume(self) -> None:
        """See L{IStreamMember}."""
        self._isPaused = False
        self._wake(self)

    def lookedBack(
        self,
        events: Sequence[Event],
        numbers: Sequence[int],
        sizes: Sequence[int],
        missed: int,
        first: int | None = None,
        lastMissed: int = 0,
    ) -> None:
        """See L{IStreamMember}."""
        self._isLookingBack = False
        if self._isOver:
            return
        if first is None and numbers:
            first = numbers[0]
        if first is not None:
            self.began = min(self.began, first - 1)
            # Who reads numbers asks for all up to what is missing.
            self._told = max(lastMissed, self.began)
        after = self._told if self.log.style.isNumbered else 0
        found = [
            _Before(event, None, number, size)
            for event, number, size in zip(events, numbers, sizes, strict=True)
            if number > after
        ]
        self._before.extendleft(reversed(found))
        self._grown(sum([one.size for one in found]))
        self.leaveOut(missed)
        self._wake(self)

    def leaveOut(self, count: int) -> None:
        """See L{IStreamMember}."""
        self._missed += count
        self._shared.counts.missed += count

    def skipTo(self, number: int) -> None:
        """See L{IStreamMember}."""
        self.since = max(self.since, number)

    def call(self, stream: int) -> None:
        """Its caller calls the subscription so now."""
        if stream != self.stream:
            self.stream = stream
            self.began = self._told

    def leave(self) -> Awaitable[None]:
        """See L{IStreamMember}."""
        if self._isOver:
            return Ready(None)
        self._isOver = True
        self._forget()
        self.belong(_nobody, _nobody)
        return Ready(None) if self._way is None else self._way.close()

    # What its way says.

    def opened(self) -> None:
        """See L{WayUser <gma_twisted.streams.way.WayUser>}."""
        self._isOpen, self._isBusy = True, False
        self._isGreeting = self.log.style.isNumbered
        self._wake(self)

    def drained(self) -> None:
        """See L{WayUser <gma_twisted.streams.way.WayUser>}."""
        self._isBusy = False
        self._wake(self)

    def lost(self, doubtful: int) -> None:
        """See L{WayUser <gma_twisted.streams.way.WayUser>}."""
        self._isOpen = self._isBusy = False
        if not self.log.style.isNumbered:
            # Who reads numbers sees by the next beginning what is missing.
            self.leaveOut(doubtful)

    # What its group says.

    @property
    def waits(self) -> bool:
        """Whether it has something to write, and may."""
        return self._mayWrite and (
            self._isGreeting or bool(self._before) or self.place < self.log.due
        )

    @property
    def _mayWrite(self) -> bool:
        return self._isOpen and not (
            self._isBusy
            or self._isPaused
            or self._isLookingBack
            or self._isOver
            or not self._isBegun
        )

    def turn(self) -> None:
        """Write what comes next, as much as may be under way at once."""
        self.isPending = False
        if not self._mayWrite:
            return
        log = self.log
        if self.place < log.first:
            self._fallenOut()
        if self._isGreeting or self._before:
            missed = self._missed
            said, events = self._own()
            if said:
                self._write(said, events, events + max(0, missed - self._missed))
            if said or self._before:
                return
        chunk = log.chunk(self.place, self.since)
        if chunk is None:
            self.place = log.end
            self._total = log.total
            return
        data, told = chunk.data, chunk.total - self._total + self._missed
        if self._missed:
            data = log.missedLine(self._missed) + data
            self._missed = 0
        self.place, self._total, self._told = chunk.place, chunk.total, chunk.number
        self._write(data, chunk.events, told)

    def move(self, log: LineLog) -> None:
        """Read another log from now on; what waits in the old one comes first, where it reads the same."""
        old = self.log
        if self.place < old.first:
            self._fallenOut()
        if log.style == old.style:
            size, total = 0, self._total
            for one in old.linesFrom(self.place, self.since):
                self._before.append(_Before(None, one, one.number, len(one.data)))
                size += len(one.data)
                total = one.total
            self._grown(size)
            # What was left out after the last line is told nowhere yet.
            self._missed += max(0, old.total - total)
        else:
            self.leaveOut(max(0, old.total - self._total) + len(self._before))
            self._forget()
        reached = self._before[-1].number if self._before else self._told
        self.log, self.place, self._total = log, log.end, log.total
        if old.last is not None and old.last > reached:
            # No line to come says that something is left out before it: the connection begins anew.
            self._told = old.last
            self._isGreeting = self._isGreeting or (self._isOpen and log.style.isNumbered)

    def _fallenOut(self) -> None:
        log = self.log
        self.leaveOut(max(0, log.gone - self._total))
        self.place, self._total = log.first, log.gone

    def _own(self) -> tuple[bytes, int]:
        """What is for it alone, as bytes, and how many events these are."""
        log, said = self.log, []
        events = size = 0
        if self._isGreeting:
            self._isGreeting = False
            said.append(log.beginLine(self.stream, self.began, self._told))
        most = self._shared.limits.handedBytes
        while self._before and size < most:
            one = self._before.popleft()
            self._freed(one.size)
            data = self._line(one)
            if data is None:
                continue
            if self._missed:
                said.append(log.missedLine(self._missed))
                self._missed = 0
            said.append(data)
            size += len(data)
            events += one.line is None or one.line.isEvent
            self._told = max(self._told, one.number)
        return b"".join(said), events

    def _line(self, one: _Before) -> bytes | None:
        if one.line is not None:
            return one.line.data
        assert one.event is not None
        if not self.log.style.isWritten(one.event):
            return None
        data = self.log.written(one.event, one.number, min(self._told, one.number - 1))
        if data is None:
            self.leaveOut(1)
            # Who reads numbers sees the gap, and can ask for it.
            self._told = one.number
        return data

    def _write(self, data: bytes, events: int, told: int) -> None:
        assert self._way is not None
        self._isBusy = True
        counts = self._shared.counts
        counts.sent += events
        counts.bytes += len(data)
        self._way.write(data, told)

    def _grown(self, size: int) -> None:
        limits, held = self._shared.limits, self._shared.held
        self._freed(-size)
        while self._before and self._beforeSize > limits.bytes:
            self.dropOldest()
        held.bound(limits.allBytes, self)

    def dropOldest(self) -> None:
        """See L{Holder <gma_twisted.streams.held.Holder>}."""
        first = self._before.popleft()
        self._freed(first.size)
        self.leaveOut(1)
        self._told = max(self._told, first.number)

    def _freed(self, size: int) -> None:
        before = self._beforeSize
        self._beforeSize -= size
        self._shared.held.change(self, before, self._beforeSize)

    def _forget(self) -> None:
        self._before.clear()
        self._freed(self._beforeSize)


def _nobody(member: Member) -> None:
    """Nobody looks after it."""
