"""Where the notices of one source arrive: checked, put in order, applied strictly one after the other (WIRE 3)."""

from collections import deque
from typing import Protocol

import attrs
from twisted.internet.defer import DeferredLock
from zope.interface import implementer

from gma_twisted.aggregation.counts import InboxCounts
from gma_twisted.aggregation.inflow import Inflow
from gma_twisted.aggregation.memory import Memory
from gma_twisted.aggregation.order import NoticeOrder, Place
from gma_twisted.aggregation.room import weightOf
from gma_twisted.errors import Busy, GMAError, Refused, ServiceHasTerminated, cut
from gma_twisted.interfaces import INotificationSink
from gma_twisted.model import OURSELVES, Caller, Delivery, Expression, Handle
from gma_twisted.soap.notices import ReceivedNotice, readNotice
from gma_twisted.timing import Happening, NodeClock

__all__ = ["MOST_HELD", "MOST_WAITING", "Inbox", "InboxOwner"]

MOST_WAITING = 8
"""Most notices of one source that wait for the one before to be applied."""

MOST_HELD = 100
"""Most notices of a foreign source that wait for the answer to a query."""

# What a value costs in memory beside its text.
_OVERHEAD = 256


class InboxOwner(Protocol):
    """Whoever an inbox is for."""

    def heard(self, inbox: "Inbox") -> None:
        """A notice was applied, or could not be: then it is in C{inbox.error}."""

    def heardAgain(self, inbox: "Inbox") -> None:
        """A notice came that had come before, or was of an epoch that is over: see C{inbox.idleFor}."""


@attrs.frozen(slots=True, eq=False)
class _Held:
    """A notice that waits, the instant it came at, and its bytes."""

    notice: ReceivedNotice
    arrived: float
    size: int


@implementer(INotificationSink)
@attrs.define(slots=True, eq=False)
class Inbox:
    """
    The sink of one life of a session: from a subscription to its end.

    Of a source that is one of our nodes every notice has a header: a repeated one is acknowledged without effect, one
    of an epoch before is refused, and one that shows that something is missing ends the inbox, so that everything is
    asked for anew. The notices of other sources are taken as they come.

    @ivar sink: its handle
    @ivar inflow: takes what they say
    @ivar clock: the node's
    @ivar isOurs: whether the source is one of our nodes
    @ivar owner: told of each notice
    @ivar counts: see L{InboxCounts}
    @ivar memory: what notices take that are kept, here and at other inboxes
    @ivar isComplete: whether everything the source had is here
    @ivar heardAt: instant of the last notice, of the making before the first
    @ivar error: why the last notice was not applied; C{None} when it was
    @ivar over: happens when nothing more is taken
    @ivar why: why it is over, for the status
    """

    sink: Handle
    inflow: Inflow
    clock: NodeClock
    isOurs: bool
    owner: InboxOwner
    counts: InboxCounts
    memory: Memory
    isComplete: bool = attrs.field(default=False, init=False)
    heardAt: float = attrs.field(init=False)
    error: GMAError | None = attrs.field(default=None, init=False)
    over: Happening = attrs.field(factory=Happening, init=False, repr=False)
    why: str = attrs.field(default="", init=False)
    _subscription: str = attrs.field(default="", init=False)
    # Instants of the first and the last notice since heardAt that had come before, or was of an epoch that is over.
    _idle: tuple[float, float] | None = attrs.field(default=None, init=False)
    _order: NoticeOrder = attrs.field(factory=NoticeOrder, init=False, repr=False)
    _turn: DeferredLock = attrs.field(factory=DeferredLock, init=False, repr=False)
    _waiting: int = attrs.field(default=0, init=False)
    _held: deque[_Held] | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.heardAt = self.clock.seconds()

    @property
    def idleFor(self) -> float | None:
        """
        For how many seconds no notice came but such as had come before, or were of an epoch that is over; C{None}
        when none of these came since the last one that counts.
        """
        return None if self._idle is None else self._idle[1] - self._idle[0]

    def belongTo(self, subscription: Handle) -> None:
        """
        Take the notices of this subscription only. Before it is known the first notice says which one it is: a source
        may send before it has answered.
        """
        if self._subscription not in ("", subscription.url):
            self.counts.forged += 1
            self.end(f'notices came of "{cut(self._subscription)}", and not of {subscription}')
        self._subscription = subscription.url

    async def hold(self) -> None:
        """Only keep what comes now, acknowledged, until L{release}: for sources that do not count their notices."""
        async with self._turn:
            if self._held is None:
                self._held = deque()

    async def release(self) -> None:
        """
        Apply what was kept, and from now on what comes.

        @raise GMAError: as L{Inflow.apply}; the notice concerned is lost, and those after it
        """
        async with self._turn:
            held, self._held = self._held or deque(), None
            try:
                while held:
                    one = held[0]
                    await self._apply(one.notice, one.notice.sent, one.arrived, False)
                    self._giveBack(held.popleft())
            finally:
                self._giveBack(*held)

    def refreshed(self) -> None:
        """Everything the source has is here: it was asked for."""
        self.isComplete = True
        self.error = None
        self._tell()

    async def settle(self) -> None:
        """Wait until what was being applied has been."""
        async with self._turn:
            pass

    def end(self, why: str) -> None:
        """Take nothing more. Without effect when it is over."""
        if not self.over.happened:
            self.why = why
            self._giveBack(*(self._held or ()))
            self._held = None
            self.over.happen()

    async def deliverNotification(self, message: Expression, caller: Caller = OURSELVES) -> None:
        """
        See L{INotificationSink}; of a foreign source also answered when the notice is kept (L{hold}).

        @raise Refused: of another subscription, without a header, or of an epoch that is over
        @raise ExtensibilityNotSupported: no notice; malformed ones as L{readNotice}
        @raise GMAError: as L{Inflow.apply}
        """
        delivery = caller.delivery if self.isOurs else None
        self._admit(delivery)
        arrived = self.clock.seconds()
        try:
            notice = message.read(readNotice)
        except GMAError as error:
            self._failed(error)
            raise
        self._waiting += 1
        try:
            async with self._turn:
                self._checkLife()
                await self._receive(notice, delivery, arrived)
        finally:
            self._waiting -= 1

    async def _receive(
        self, notice: ReceivedNotice, delivery: Delivery | None, arrived: float
    ) -> None:
        if self._held is not None:
            self._hold(notice, arrived, self._held)
        elif delivery is not None:
            await self._take(notice, delivery, arrived)
        else:
            await self._apply(notice, notice.sent, arrived, False)
            self._tell()

    def _hold(self, notice: ReceivedNotice, arrived: float, held: deque[_Held]) -> None:
        self._bound(len(held), MOST_HELD)
        size = _sizeOf(notice)
        if size > self.memory.left:
            self.counts.busy += 1
            raise Busy(
                f"notices that wait take {self.memory.size} bytes already, the bound aggregated_held is"
                f" {self.memory.most}; send it again later"
            )
        self.memory.size += size
        held.append(_Held(notice, arrived, size))

    def _giveBack(self, *held: _Held) -> None:
        self.memory.size -= sum(one.size for one in held)

    def _checkLife(self) -> None:
        if self.over.happened:
            raise ServiceHasTerminated(f"{self.sink} takes no more notices: {self.why}")

    def _admit(self, delivery: Delivery | None) -> None:
        self._checkLife()
        if self.isOurs:
            self._checkHeader(delivery)
        self._bound(self._waiting, MOST_WAITING)

    def _bound(self, waiting: int, most: int) -> None:
        if waiting >= most:
            self.counts.busy += 1
            raise Busy(f"{most} notices wait at {self.sink} already; send it again later")

    def _checkHeader(self, delivery: Delivery | None) -> None:
        if delivery is None:
            self.counts.forged += 1
            raise Refused(f"a notice at {self.sink} needs the header gma:delivery")
        if delivery.subscription != self._subscription:
            if self._subscription:
                self.counts.forged += 1
                raise Refused(f'{self.sink} is not for notices of "{cut(delivery.subscription)}"')
            self._subscription = delivery.subscription

    async def _take(self, notice: ReceivedNotice, delivery: Delivery, arrived: float) -> None:
        place = self._order.place(delivery, notice.isWhole)
        if place is Place.SEEN:
            self.counts.repeated += 1
            self._tellAgain()
            return
        if place is Place.OUTDATED:
            self.counts.outdated += 1
            self._tellAgain()
            raise Refused(
                f"epoch {delivery.epoch} of {cut(delivery.subscription)} is over: {self._order.epoch} has begun"
            )
        if place is Place.MISSED:
            self.counts.missed += 1
            self.end(
                f"notice {delivery.sequence} came, though one before it said that it was left out"
                if self._order.isBelied(delivery)
                else f"something before notice {delivery.sequence} was missed"
            )
            self._checkLife()
        if place is Place.FIRST:
            self.isComplete = False
            self.inflow.beginAnew(isRestarted=self._order.isRestart(delivery))
        await self._apply(notice, delivery.sent, arrived, delivery.isSnapshot)
        self._order.applied(delivery)
        if notice.isSnapshotEnd or notice.isWhole:
            self.isComplete = True
        elif self.inflow.isIncomplete and not delivery.isSnapshot:
            self.counts.missed += 1
            self.end("a notice was about a value that never came")
        self._tell()

    async def _apply(
        self, notice: ReceivedNotice, sent: float | None, arrived: float, isSnapshot: bool
    ) -> None:
        if sent is not None:
            # What passed since it came is no part of a lifetime.
            sent += self.clock.seconds() - arrived
        try:
            await self.inflow.apply(notice, sent, isSnapshot)
        except GMAError as error:
            self._failed(error)
            raise
        self.error = None

    def _failed(self, error: GMAError) -> None:
        self.counts.failed += 1
        self.error = error
        self._tell()

    def _tellAgain(self) -> None:
        now = self.clock.seconds()
        self._idle = (now if self._idle is None else self._idle[0]), now
        self.owner.heardAgain(self)

    def _tell(self) -> None:
        self.heardAt = self.clock.seconds()
        self._idle = None
        self.owner.heard(self)


def _sizeOf(notice: ReceivedNotice) -> int:
    return (
        sum(
            len(one.head) + len(one.tail) + len(one.originator) + len(one.key) + _OVERHEAD
            for one in notice.put
        )
        + sum(weightOf(one.key) + _OVERHEAD for one in notice.extend)
        + sum(weightOf(key) + _OVERHEAD for key in notice.remove)
    )
