"""The store of subscriptions: its rows are in memory, and its recorder decides how durable they are."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import attrs
from zope.interface import implementer

from gma_twisted.errors import Busy, GMAError, TooLarge
from gma_twisted.interfaces import ISubscriptionStore
from gma_twisted.model import Subscription, SubscriptionChanges, SubscriptionCommand
from gma_twisted.stores.commits import CommitLine
from gma_twisted.stores.expiry import Expiry
from gma_twisted.stores.publishing import Observers
from gma_twisted.stores.recording import Forgetful, Present, Recorder, Stored
from gma_twisted.stores.subscriptions.codec import (
    PresentSubscription,
    SubscriptionReader,
    idOf,
    recordsOf,
)
from gma_twisted.stores.subscriptions.decision import Decision, Expire, Work, decide
from gma_twisted.stores.subscriptions.limits import SubscriptionLimits
from gma_twisted.stores.subscriptions.table import SubscriptionTable
from gma_twisted.stores.subscriptions.view import Overlay, View
from gma_twisted.timing import NodeClock, Ready

__all__ = ["SubscriptionStore"]

_NOWHERE: Ready[int] = Ready(0)


@implementer(ISubscriptionStore)
@attrs.define(eq=False, slots=True)
class SubscriptionStore:
    """
    Subscriptions in memory, made durable by a recorder. Equal topics are one object, in what is read and told too.

    With a recorder that is at once, commits are answered with L{Ready}, unless an observer makes them while another
    is told. Before C{start} and after C{stop} commits are refused and reads go on.

    A subscription that a commit moves to an instant that has passed ends as expired: that is told first, by itself,
    and the answer to the commit has nothing of it.

    @ivar clock: the node's clock
    @ivar limits: what it holds at most
    @ivar recorder: makes commits durable before they are applied; its C{stop} is called with the store's
    """

    clock: NodeClock
    limits: SubscriptionLimits = attrs.field(factory=SubscriptionLimits)
    recorder: Recorder = attrs.field(factory=Forgetful)
    _table: SubscriptionTable = attrs.field(factory=SubscriptionTable, init=False, repr=False)
    _observers: Observers[SubscriptionChanges] = attrs.field(
        factory=Observers, init=False, repr=False
    )
    _expiry: Expiry[str] = attrs.field(init=False, repr=False)
    _line: CommitLine[Work, Decision, SubscriptionChanges] = attrs.field(init=False, repr=False)
    _started: bool = attrs.field(default=False, init=False)
    _loaded: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._expiry = Expiry(self.clock, self._expire, self._until, "subscriptions")
        record = _forget if isinstance(self.recorder, Forgetful) else self._record
        self._line = CommitLine(
            self._decide, record, self._apply, self.limits.queued, "subscriptions_queued"
        )

    def __len__(self) -> int:
        """How many subscriptions are kept, those that are over and not yet swept included."""
        return self._table.subscriptions

    def commit(self, commands: Sequence[SubscriptionCommand]) -> Awaitable[SubscriptionChanges]:
        """
        See L{ISubscriptionStore.commit}; what fails at once is raised here.

        @raise ParameterError: the id of a L{Subscribe <gma_twisted.model.Subscribe>} is known or empty, or a time is
            none
        """
        if len(commands) > self.limits.batch:
            raise TooLarge(
                f"a commit of {len(commands)} commands passes the bound subscriptions_batch, {self.limits.batch}"
            )
        if not self._loaded:
            raise Busy(
                "the subscriptions take no changes: their store has not been started, or was stopped"
            )
        return self._line.submit(commands, len(commands))

    def get(self, id: str) -> Subscription | None:
        """See L{ISubscriptionStore.get}."""
        row = self._table.get(id)
        return None if row is None or row.until <= self.clock.seconds() else row

    def all(self) -> Sequence[Subscription]:
        """See L{ISubscriptionStore.all}; it takes the time of all that are kept."""
        now = self.clock.seconds()
        return [row for row in self._table if row.until > now]

    def observe(self, observer: Callable[[SubscriptionChanges], None]) -> Callable[[], None]:
        """See L{ISubscriptionStore.observe}."""
        return self._observers.observe(observer)

    async def start(self) -> None:
        """
        See L{ISubscriptionStore.start}; a stopped store may be started again.

        What is kept and over already is ended in the first turns.
        """
        if self._started:
            return
        self._started = True
        await self.recorder.load(partial(self._take, SubscriptionReader()))
        if not self._started:  # stopped meanwhile
            return
        self.recorder.follow(self._current, self._moved)
        self._loaded = True
        self._expiry.start()

    async def stop(self) -> None:
        """See L{ISubscriptionStore.stop}; commits are refused from now on."""
        started, self._started, self._loaded = self._started, False, False
        self._expiry.stop()
        await self._line.submit(())
        if started:
            await self.recorder.stop()

    def _take(self, reader: SubscriptionReader, kept: Sequence[Stored]) -> None:
        for stored in kept:
            row = reader.read(stored.record)
            if self._table.get(row.id) is None:
                self._table.add(row, stored.place)
            else:  # from before the stop
                self._table.move(row.id, row.until)
                self._table.moved(row.id, stored.place)
            self._expiry.keep(row.id, row.until)

    def _current(self, key: bytes) -> Present | None:
        id = idOf(key)
        row = self._table.get(id)
        return None if row is None else PresentSubscription(row, self._table.place(id))

    def _moved(self, key: bytes, place: int) -> None:
        self._table.moved(idOf(key), place)

    def _decide(self, commits: Sequence[Sequence[Work]]) -> Sequence[Decision | GMAError]:
        now = self.clock.seconds()
        outcomes: list[Decision | GMAError] = []
        view: View = self._table
        for work in commits:
            try:
                decision = decide(work, view, now, self.limits)
            except GMAError as error:
                outcomes.append(error)
                continue
            outcomes.append(decision)
            if len(commits) > 1:
                view = _after(decision, view)
        return outcomes

    def _record(self, decisions: Sequence[Decision]) -> Awaitable[int]:
        records = recordsOf(decisions)
        return self.recorder.record(records) if records else _NOWHERE

    def _apply(self, decision: Decision, place: int) -> SubscriptionChanges:
        if decision.expired:
            expired = [self._end(row) for row in decision.expired]
            self._observers.tell(SubscriptionChanges(ended=expired, expired=True))
        changes = SubscriptionChanges(
            [self._begin(row, place) for row in decision.begun],
            [self._move(row) for row in decision.moved],
            [self._end(row) for row in decision.ended],
        )
        if changes.begun or changes.moved or changes.ended:
            self._observers.tell(changes)
        return changes

    def _begin(self, row: Subscription, place: int) -> Subscription:
        kept = self._table.add(row, place)
        self._expiry.keep(kept.id, kept.until)
        return kept

    def _move(self, row: Subscription) -> Subscription:
        kept = self._table.move(row.id, row.until)
        self._expiry.keep(kept.id, kept.until)
        return kept

    def _end(self, row: Subscription) -> Subscription:
        self._expiry.forget(row.id)
        return self._table.remove(row.id)

    def _expire(self, ids: Sequence[str]) -> Awaitable[object]:
        return self._line.submit([Expire(ids)], len(ids), mayBeRefused=False)

    def _until(self, id: str) -> float | None:
        row = self._table.get(id)
        return None if row is None else row.until


def _forget(decisions: Sequence[Decision]) -> Awaitable[int]:
    return _NOWHERE


def _after(decision: Decision, view: View) -> Overlay:
    overlay = view if isinstance(view, Overlay) else Overlay(view)
    for ended in (decision.expired, decision.ended):
        for row in ended:
            overlay.remove(row.id)
    for kept in (decision.begun, decision.moved):
        for row in kept:
            overlay.write(row)
    return overlay
