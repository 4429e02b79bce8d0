"""Subscriptions that get the same bytes: written once, kept once, handed to all at the same place as one piece."""

from collections import deque
from collections.abc import Callable
from operator import attrgetter

from twisted.internet.interfaces import IDelayedCall
from zope.interface import implementer

from gma_twisted.interfaces.gma import IStreamGroup, IStreamMember
from gma_twisted.model.event import Event
from gma_twisted.model.gma import Terms
from gma_twisted.netlogger.lines import LineWriter
from gma_twisted.streams.log import LineLog
from gma_twisted.streams.member import Member
from gma_twisted.streams.way import Shared, Way, WayUser

__all__ = ["Group"]

# Seconds, at most, from one time that all are served to the next.
_LONGEST = 1.0
# Seconds after which it is told that events were left out, when no line has come since.
_QUIET = 5.0
_PLACE = attrgetter("place")


@implementer(IStreamGroup)
class Group:
    """
    See L{IStreamGroup}. Lines that come after a quiet time are written at once; others are gathered for a moment, so
    that a member costs one write for all of them. Who is behind, or is paused, goes on when it can. Whoever cannot be
    reached is tried again: no subscription ends by itself here.

    @ivar log: of its lines
    """

    __slots__ = (
        "_call",
        "_isFlushing",
        "_isServing",
        "_members",
        "_open",
        "_pending",
        "_quiet",
        "_served",
        "_shared",
        "_took",
        "_trimmed",
        "log",
    )

    def __init__(
        self,
        shared: Shared,
        style: LineWriter,
        life: str,
        most: float,
        open: Callable[[Terms, WayUser], Way],
    ) -> None:
        """
        @param most: bytes of one line
        @param open: makes the way to a data URL
        """
        self._shared = shared
        self.log = LineLog(shared, style, life, most)
        self._open = open
        self._members: dict[Member, None] = {}
        # Who has a turn, in this order.
        self._pending: deque[Member] = deque()
        self._isServing = self._isFlushing = False
        self._served = self._trimmed = float("-inf")
        # Seconds until all had had their turn, when they were served last.
        self._took = 0.0
        self._call: IDelayedCall | None = None
        self._quiet: IDelayedCall | None = None

    def __len__(self) -> int:
        """How many are in it."""
        return len(self._members)

    def isWritten(self, event: Event) -> bool:
        """See L{IStreamGroup}."""
        return self.log.style.isWritten(event)

    def offer(self, event: Event | None, number: int, size: int, isTooMany: bool = False) -> None:
        """See L{IStreamGroup}."""
        if not self._members:
            return
        if not self.log.offer(event, number, isTooMany):
            self._shared.counts.missed += len(self._members)
            # That more was not asked for is no news, and who reads numbers sees by them what is missing.
            if self._quiet is None and not (isTooMany or self.log.style.isNumbered):
                self._quiet = self._shared.clock.callLater(_QUIET, self._tellLeft)
            return
        if self._call is not None:
            return
        # Of many members, or of a busy node, more is gathered: half of the time is left to others.
        pause = max(self._shared.limits.linger, min(2.0 * self._took, _LONGEST))
        wait = self._served + pause - self._shared.clock.seconds()
        if wait > 0.0:
            self._call = self._shared.clock.callLater(wait, self._flush)
        else:
            self._flush()

    def join(
        self,
        terms: Terms,
        callerId: int,
        since: int,
        isLookingBack: bool,
        owner: str = "",
    ) -> Member:
        """See L{IStreamGroup}."""
        self.log.since(since)
        url = terms.dataUrl
        member = Member(self._shared, self.log, url, callerId, since, isLookingBack, owner)
        member.goBy(self._open(terms, member))
        self._add(member)
        return member

    def take(self, member: IStreamMember, terms: Terms, callerId: int) -> None:
        """See L{IStreamGroup}."""
        assert isinstance(member, Member)
        self.log.since(member.since)
        member.move(self.log)
        isNumbered = self.log.style.isNumbered
        if terms.dataUrl != member.url or (isNumbered and callerId != member.stream):
            member.url = terms.dataUrl
            member.goBy(self._open(terms, member))
        member.call(callerId)
        self._add(member)
        self._wake(member)

    def _add(self, member: Member) -> None:
        member.belong(self._wake, self._gone)
        if not self._members:
            self.log.keptFor(member.owner)
        self._members[member] = None
        self._shared.counts.members += 1

    def _gone(self, member: Member) -> None:
        del self._members[member]
        self._shared.counts.members -= 1
        if self._members:
            # What was kept for it alone goes soon, also when nothing comes any more.
            self._flushSoon()
            return
        self.log.clear()
        for one in (self._call, self._quiet):
            if one is not None:
                one.cancel()
        self._call = self._quiet = None

    def _tellLeft(self) -> None:
        """Perhaps no line ever comes that it could stand before."""
        self._quiet = None
        if self.log.tellLeft() and self._call is None:
            self._flush()

    def _wake(self, member: Member) -> None:
        if member.waits and not member.isPending:
            member.isPending = True
            self._pending.append(member)
            self._go()

    def _flushSoon(self) -> None:
        if len(self.log) and self._call is None:
            self._call = self._shared.clock.callLater(self._shared.limits.linger, self._flush)

    def _flush(self) -> None:
        self._call = None
        self._served = self._shared.clock.seconds()
        self._isFlushing = True
        self.log.due = self.log.end
        for member in self._members:
            if not member.isPending:
                member.isPending = True
                self._pending.append(member)
        self._go()

    def _go(self) -> None:
        if not self._isServing:
            self._isServing = True
            self._shared.slices.add(self._serve)

    def _serve(self) -> None:
        """Give turns, as many as there is time for in this turn of the reactor."""
        pending, slices = self._pending, self._shared.slices
        while pending:
            if slices.isOver:
                slices.later(self._serve)
                return
            pending.popleft().turn()
        self._isServing = False
        self.log.served()
        now = self._shared.clock.seconds()
        isFlushed, self._isFlushing = self._isFlushing, False
        if isFlushed:
            self._took = now - self._served
        # To look at all members each time that one goes on would cost more than what is kept longer.
        if isFlushed or now >= self._trimmed + self._shared.limits.linger:
            self._trimmed = now
            if self._members:
                last = min(self._members, key=_PLACE)
                self.log.trim(last.place)
                self.log.keptFor(last.owner)
        else:
            self._flushSoon()
