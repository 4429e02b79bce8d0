"""Which subscriptions a consumer takes events of, and which event of each is next."""

import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.errors import Busy, ParameterError, TooLarge, cut
from gma_twisted.model import Caller
from gma_twisted.model.event import Event
from gma_twisted.roles.holdings import badId
from gma_twisted.roles.place import RoleLimits
from gma_twisted.roles.seenevents import SeenEvents
from gma_twisted.timing import LeaseTable, NodeClock, Sweeper, Tombstones

__all__ = ["Intake", "IntakeCounts", "Taken"]

log = Logger()

# Events that a subscription may lack in one place, and the numbers there are.
_JUMP = 1_000_000_000
_NUMBERS = 2**53


@attrs.define(slots=True, eq=False)
class IntakeCounts:
    """
    What came, since the start.

    @ivar events: that were taken
    @ivar repeated: that had come before, and were not given again
    @ivar missed: left out by producers, which told so
    @ivar gaps: missing without a word
    """

    events: int = 0
    repeated: int = 0
    missed: int = 0
    gaps: int = 0


@attrs.frozen(slots=True, eq=False)
class Taken:
    """
    What is new of a notification.

    @ivar sequence: number of the first event; C{None} when they have none
    @ivar missed: how many were left out before them, as their producer tells
    @ivar gap: how many are missing before them that nobody told of
    @ivar isResumed: whether their subscription was lost before them: what came meanwhile may be missing
    """

    events: Sequence[Event]
    sequence: int | None
    missed: int
    gap: int
    isResumed: bool = False


@attrs.define(slots=True, eq=False)
class _Stream:
    """
    One subscription.

    @ivar owner: who alone may bring its events; C{None} for who is the first to
    @ivar bringer: who was the first
    @ivar next: number of the event that comes next; C{None} before the first
    @ivar hasFirst: whether it was told what became of number 1
    @ivar isResumed: whether it is in the place of one that was lost, and nothing came yet
    @ivar seen: of one that may be lost, to know what comes a second time
    """

    owner: str | None = None
    bringer: str | None = None
    next: int | None = None
    isBusy: bool = False
    hasFirst: bool = False
    isResumed: bool = False
    seen: SeenEvents | None = None


class Intake:
    """
    The subscriptions of one consumer.

    @ivar counts: of what came
    @ivar isOpen: whether events of unknown subscriptions, and of none, are taken
    """

    def __init__(self, clock: NodeClock, limits: RoleLimits, isOpen: bool) -> None:
        """@param isOpen: see above; it may change"""
        self._clock = clock
        self._limits = limits
        self.isOpen = isOpen
        self._known: dict[int, _Stream] = {}
        # Nobody told of these: of too many those go that were silent for longest.
        self._others: OrderedDict[tuple[int, str], _Stream] = OrderedDict()
        self._over: Tombstones[None] = Tombstones(clock)
        self._leases: LeaseTable[int] = LeaseTable()
        self._sweeper: Sweeper[int] = Sweeper(clock, self._leases, self._ended)
        self.counts = IntakeCounts()

    def __len__(self) -> int:
        """How many subscriptions it was told of."""
        return len(self._known)

    def start(self) -> None:
        """Let leases end."""
        self._sweeper.start()

    def stop(self) -> None:
        """Let no lease end any more."""
        self._sweeper.stop()

    def isKnown(self, callerId: int) -> bool:
        """Whether it was told of a subscription."""
        return callerId in self._known

    def expect(self, callerId: int, owner: str | None, lease: float) -> None:
        """
        Take events of a subscription, from its first on.

        @param owner: who alone may bring them; C{None} for who is the first to
        @param lease: seconds; C{inf} for ever
        @raise TooLarge: too many
        """
        if callerId not in self._known and len(self._known) >= self._limits.held:
            raise TooLarge(f"{self._limits.held} subscriptions are expected here, the most")
        # Another life of the same number begins anew.
        self._known[callerId] = _Stream(owner, seen=SeenEvents())
        self.renew(callerId, lease)

    def renumber(self, old: int, new: int) -> None:
        """
        A subscription was lost, and is made again under another number: events come under that only, and those that
        came under the old one already are not given again.

        @raise TooLarge: the old one is not known, and there are too many
        """
        before = self._known.get(old)
        deadline = self._leases.deadline(old)
        self.forget(old)
        lease = math.inf if deadline is None else deadline - self._clock.seconds()
        self.expect(new, None if before is None else before.owner, lease)
        stream = self._known[new]
        stream.isResumed = True
        if before is not None and before.seen is not None and stream.seen is not None:
            stream.seen.follow(before.seen)

    def renew(self, callerId: int, lease: float) -> None:
        """Take events of a known one for so long from now."""
        if callerId in self._known:
            self._leases.set(callerId, self._clock.seconds() + lease)

    def forget(self, callerId: int) -> None:
        """Take no more events of one."""
        self._known.pop(callerId, None)
        self._leases.discard(callerId)
        self._over.put(str(callerId), None)

    async def take(
        self,
        callerId: int | None,
        sequence: int | None,
        missed: int,
        events: Sequence[Event],
        caller: Caller,
        deliver: Callable[[Taken], Awaitable[object]],
    ) -> int:
        """
        Take a notification.

        @param deliver: gets what is new of it; when it raises, nothing was taken
        @return: how many events were new
        @raise ParameterError: the subscription is not known here, or its numbers make no sense
        @raise Busy: events of the same one are being taken
        """
        stream = self._streamOf(callerId, caller)
        if stream.isBusy:
            raise Busy("events of this subscription are being taken; send these again")
        missed = _checkedMissed(stream, sequence, missed, len(events))
        taken = _unseen(stream, self._newOf(stream, sequence, missed, events))
        if taken.gap:
            # Whoever knows the number of a subscription may be the first to bring its events: no log has it.
            log.warn(
                "{gap} events of a subscription are missing before {sequence}",
                gap=taken.gap,
                sequence=sequence,
            )
        # Whoever looks for a number twice is told once.
        stream.isBusy = callerId is not None
        try:
            if taken.events:
                await deliver(taken)
        finally:
            stream.isBusy = False
        _passed(stream, sequence, missed, len(events))
        if taken.events:
            stream.isResumed = False
            if stream.seen is not None:
                stream.seen.note(taken.events)
        counts = self.counts
        counts.events += len(taken.events)
        counts.repeated += len(events) - len(taken.events)
        counts.missed += taken.missed
        counts.gaps += taken.gap
        return len(taken.events)

    def _streamOf(self, callerId: int | None, caller: Caller) -> _Stream:
        if callerId is None:
            if not self.isOpen:
                raise ParameterError("this consumer takes events of subscriptions it knows only")
            return _Stream()
        known = self._known.get(callerId)
        if known is not None:
            owner = known.bringer if known.owner is None else known.owner
            if owner is None:
                # Who learns of its number later can neither put in events nor have true ones taken for repeated.
                known.bringer = caller.owner
            elif not caller.owns(owner):
                raise badId(callerId)
            return known
        if not self.isOpen or self._over.get(str(callerId)) is not None:
            raise badId(callerId)
        # Each has the numbers it says for itself.
        key = (callerId, caller.owner)
        other = self._others.setdefault(key, _Stream())
        self._others.move_to_end(key)
        if len(self._others) > self._limits.tracked:
            self._others.popitem(last=False)
        return other

    def _newOf(
        self, stream: _Stream, sequence: int | None, missed: int, events: Sequence[Event]
    ) -> Taken:
        wanted = stream.next
        if sequence is None or wanted is None or _isAnew(stream, sequence, missed, len(events)):
            return Taken(events, sequence, missed, 0)
        if sequence >= wanted:
            told = min(missed, sequence - wanted)
            return Taken(events, sequence, told, sequence - wanted - told)
        repeated = wanted - sequence
        return Taken(events[repeated:], wanted, 0, 0)

    def _ended(self, ids: Sequence[int]) -> None:
        for id in ids:
            self.forget(id)


def _checkedMissed(stream: _Stream, sequence: int | None, missed: int, count: int) -> int:
    """@return: how many were missed, no more than there are numbers before"""
    if sequence is None:
        return min(missed, _JUMP)
    expected = stream.next
    if sequence + count > _NUMBERS or (expected is not None and sequence - expected > _JUMP):
        raise ParameterError(
            f"events numbered from {cut(sequence, 40)} on are too far ahead: {_JUMP} is the most that may be left out",
            parameter="sequence",
        )
    return max(0, min(missed, sequence - 1))


def _isAnew(stream: _Stream, sequence: int, missed: int, count: int) -> bool:
    """
    Whether a producer has begun to count anew: only what came last is sent again. Where number 1 has come, one of these
    is late.
    """
    isLower = stream.next is not None and sequence + count < stream.next
    return isLower and not stream.hasFirst and sequence - missed <= 1


def _passed(stream: _Stream, sequence: int | None, missed: int, count: int) -> None:
    """Events were taken: others follow them."""
    if sequence is None:
        return
    following = sequence + count
    if stream.next is None or _isAnew(stream, sequence, missed, count):
        stream.next = following
    else:
        # What comes late, after it was sent again, is no reason to go back.
        stream.next = max(stream.next, following)
    stream.hasFirst = stream.hasFirst or sequence - missed <= 1


def _unseen(stream: _Stream, taken: Taken) -> Taken:
    """The same without what came before its subscription was lost."""
    if stream.seen is None or not stream.seen.isFollowing:
        return taken
    events = taken.events
    new = [place for place, one in enumerate(events) if not stream.seen.isKnown(one)]
    sequence = taken.sequence
    if new and sequence is not None:
        sequence += new[0]
    return Taken(
        [events[place] for place in new], sequence, taken.missed, taken.gap, stream.isResumed
    )
