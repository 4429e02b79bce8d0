"""Who is let in while a node cannot answer everybody, by the head and before a body is read (RELIABILITY, P11, P12).

What cannot be done is refused for as little work as can be, with 503 and when to come again; and who is refused is not
read for a moment, so that it cannot even make the node refuse all the time.
"""

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Protocol

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.timing import NodeClock
from gma_twisted.transport.accounts import Account, Accounts
from gma_twisted.transport.fairshare import LOOK, SAVED, FairShare
from gma_twisted.transport.limits import GateLimits
from gma_twisted.transport.turning import TOO_BIG, TOO_MUCH, TOO_OFTEN, UNREAD, Turned
from gma_twisted.transport.urgency import Urgency

__all__ = ["BIG", "Gatekeeper", "Hushed", "Load"]

log = Logger()

BIG = 64 * 1024
"""Bytes of a body above which only what is urgent is let in while there is too much to do."""

# It begins when two looks in a row see too much, or one that comes so many times too late: turns that long are what
# ten times too much makes of them.
_STRIKES, _LONG = 2, 4
_TICK = 0.25
# Requests let in between two looks: with fewer it is not they that make the node late, and to refuse some is no help.
_FEW = 5
_CALM = 5.0
# Of the answers that may be left unread: what one caller may leave. A few of them must not be everybody.
_PART = 8
# Rounds for which who was turned away is not read, at most: a second, the least that it was told to wait.
_HUSHED = 20


class Hushed(Protocol):
    """A connection that is not read for a moment."""

    def listen(self) -> None:
        """It is over."""


@attrs.frozen(slots=True)
class Load:
    """
    What a node has to do.

    @ivar served: requests let in since the start
    @ivar bodies: bytes of requests not yet whole
    @ivar answers: bytes of answers that readers have not taken
    @ivar underWay: requests that wait for their answer, as for a commit
    """

    served: int
    bodies: int
    answers: int
    underWay: int


class Gatekeeper:
    """
    Lets in, or turns away.

    There is too much to do when the reactor comes late to what is due, or what waits takes too much memory. Then every
    caller has the same share, see L{FairShare}; what is urgent goes before, and of the rest queries are put off before
    writes, and pages before queries.

    Late is only who worked meanwhile: a disk that does not answer, a machine that slept and a clock that jumped are not
    mended by turning callers away.

    @ivar worked: processor seconds of the thread that answers
    @ivar isOver: whether there is too much to do
    @ivar accounts: of the callers
    @ivar turned: how many were turned away, by urgency and reason
    @ivar mostUnread: bytes of big answers, not read to the end, that one caller may hold when it asks for one more
    """

    def __init__(
        self,
        clock: NodeClock,
        limits: GateLimits,
        load: Callable[[], Load],
        random: Callable[[], float],
    ) -> None:
        """
        @param load: asked while it is looked
        @param random: gives a number in C{[0, 1)}; spreads who comes again
        """
        self.worked: Callable[[], float] = time.thread_time
        self.isOver = False
        self.accounts = Accounts(clock, limits.callerBurst, limits.urgentBurst)
        self.turned: Counter[tuple[Urgency, str]] = Counter()
        self.mostUnread = limits.answers // _PART
        self._clock = clock
        self._limits = limits
        self._load = load
        self._random = random
        self._share = FairShare(limits.lateness)
        self._strikes = 0
        self._round = 0
        self._served = 0
        self._refused = 0
        self._began = self._calmSince = 0.0
        self._hasTold = False
        self._due = 0.0
        # Nothing has been worked before the first look.
        self._workedUntil = math.inf
        self._timer: IDelayedCall | None = None
        self._slot = 0
        self._hushed: deque[set[Hushed]] = deque(set() for _ in range(_HUSHED))

    def refusal(self, account: Account, urgency: Urgency, length: int | None = 0) -> Turned | None:
        """
        Judge one request; to be asked while L{isOver}, and when nothing is left on an account, or much is unread.

        @param length: bytes of its body that are not there yet; C{None} when nobody knows
        @return: what it is turned away with, see L{count}; C{None} to let it in
        """
        limits = self._limits
        now = self._clock.seconds()
        turns = None
        isUnread = account.unread > self.mostUnread
        if account.left <= 0 and not account.fill(now, limits.callerRate, limits.callerBurst):
            turns = TOO_OFTEN
        elif self.isOver or isUnread:
            if urgency is Urgency.KEEPING:
                if account.takeUrgent(now, limits.urgentRate, limits.urgentBurst):
                    return None
                urgency = Urgency.WRITING
            if isUnread:
                turns = UNREAD
            elif length is None or length > BIG:
                turns = TOO_BIG
            elif not account.takeShare(self._round, self._share.each, urgency - 1):
                turns = TOO_MUCH
        return None if turns is None else self._oneOf(turns)

    def withheld(self, account: Account) -> Turned | None:
        """
        Judge one big answer. Who it is for may be known only since it was asked, what is urgent is let in whatever is
        unread, and several may have been waited for: so the head alone does not bound what one caller leaves unread.

        @return: what is answered instead, see L{count}; C{None} to send it
        """
        return self._oneOf(UNREAD) if account.unread > self.mostUnread else None

    def _oneOf(self, turns: Sequence[Turned]) -> Turned:
        return turns[int(self._random() * self._share.spread)]

    def count(self, urgency: Urgency, turned: Turned, times: int) -> None:
        """So many requests were turned away."""
        self.turned[urgency, turned.reason] += times
        if turned.status != TOO_MUCH[0].status:
            # What one caller is refused for itself says nothing of what the node has to do.
            return
        self._refused += times
        if not self._hasTold and self.isOver:
            self._hasTold = True
            log.warn("there is too much to do: requests are refused until that is over")

    def hush(self, one: Hushed) -> None:
        """Have a connection told when it may be read again: in half a second to a second."""
        # Not all of them come again at once.
        self._slot = (self._slot + 1) % (_HUSHED // 2)
        self._hushed[_HUSHED // 2 + self._slot].add(one)
        self._watch()

    def forget(self, one: Hushed) -> None:
        """A connection is gone."""
        for some in self._hushed:
            some.discard(one)

    def looked(self, late: float) -> None:
        """
        Judge whether it begins; four times a second, while there are connections.

        @param late: seconds the reactor came late to that
        """
        if self.isOver:
            return
        late = self._busy(late)
        load = self._load()
        served, self._served = load.served - self._served, load.served
        if served < _FEW:
            late = 0.0
        isTooMuch = late > self._limits.lateness or self._isFull(load)
        self._strikes = self._strikes + 1 if isTooMuch else 0
        if self._strikes < _STRIKES and late < _LONG * self._limits.lateness:
            return
        self._strikes = self._refused = 0
        self.isOver = True
        # Everybody begins with all that can be saved up.
        self._round += SAVED
        self._hasTold = False
        self._began = self._calmSince = self._clock.seconds()
        self._share.begin(late, served / (_TICK + late), len(self.accounts))
        self._watch()

    def _busy(self, late: float) -> float:
        """Seconds of these that the thread worked; 0 when it did not for most of them."""
        worked = self.worked()
        spent, self._workedUntil = worked - self._workedUntil, worked
        return min(late, spent) if spent > late / 2 else 0.0

    def _isFull(self, load: Load) -> bool:
        limits = self._limits
        return (
            load.bodies > limits.bodies // 2
            or load.answers > limits.answers
            or load.underWay > limits.underWay
        )

    def _watch(self) -> None:
        if self._timer is None:
            self._due = self._clock.seconds() + LOOK
            self._timer = self._clock.callLater(LOOK, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._clock.seconds()
        if self.isOver:
            self._adjust(now, self._busy(max(0.0, now - self._due)))
        again = self._hushed.popleft()
        self._hushed.append(set())
        if self.isOver or any(self._hushed):
            self._watch()
        for one in again:
            one.listen()

    def _adjust(self, now: float, late: float) -> None:
        load = self._load()
        served, self._served = load.served - self._served, load.served
        refused, self._refused = self._refused, 0
        isFull = self._isFull(load)
        self._round += 1
        self._share.adjust(late, served, refused, isFull)
        if refused or isFull or late > self._limits.lateness:
            self._calmSince = now
        elif now - self._calmSince > _CALM:
            self.isOver = False
            if self._hasTold:
                seconds = round(now - self._began)
                log.info("there is no longer too much to do, after {seconds} s", seconds=seconds)
