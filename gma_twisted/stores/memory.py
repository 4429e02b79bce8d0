"""The store that keeps service data in memory; everything but the recording of a durable one is here."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import Busy, GMAError, TooLarge
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Answer,
    Changes,
    Command,
    ElementKey,
    NameQuery,
    QName,
    Removed,
    ServiceDataElement,
)
from gma_twisted.stores.commits import CommitLine
from gma_twisted.stores.decision import Decision, Expire, Reset, Work, burden, decide
from gma_twisted.stores.limits import StoreLimits
from gma_twisted.stores.paging import Cursors, select
from gma_twisted.stores.publishing import Observers
from gma_twisted.stores.rows import Row
from gma_twisted.stores.table import ElementTable
from gma_twisted.stores.view import Overlay, View
from gma_twisted.timing import LeaseTable, NodeClock, Ready, Sweeper, spawn

__all__ = ["MemoryStore", "forget"]

_RETRY = 1.0
_DONE: Ready[None] = Ready(None)
_NOWHERE: Ready[int] = Ready(0)


def forget(decisions: Sequence[Decision]) -> Awaitable[int]:
    """Record nothing: memory is as durable as it gets."""
    return _NOWHERE


@implementer(IServiceDataStore)
@attrs.define(eq=False, slots=True)
class MemoryStore:
    """
    Service data in memory.

    Commits are answered with L{Ready}, unless an observer makes them while another is told. C{start} is needed for
    expiry only; nothing past its lifetime is seen anyway.

    @ivar clock: the node's clock
    @ivar limits: what it holds at most
    @ivar record: makes decisions durable before they are applied, all or none; may raise L{GMAError}
    @ivar revision: see L{IServiceDataStore}
    """

    clock: NodeClock
    limits: StoreLimits = attrs.field(factory=StoreLimits)
    record: Callable[[Sequence[Decision]], Awaitable[int]] = forget
    revision: int = attrs.field(default=0, init=False)
    _table: ElementTable = attrs.field(factory=ElementTable, init=False, repr=False)
    _observers: Observers = attrs.field(factory=Observers, init=False, repr=False)
    _cursors: Cursors = attrs.field(factory=Cursors, init=False, repr=False)
    _leases: LeaseTable[Row] = attrs.field(factory=LeaseTable, init=False, repr=False)
    _sweeper: Sweeper[Row] = attrs.field(init=False, repr=False)
    _line: CommitLine[Work, Decision, Changes] = attrs.field(init=False, repr=False)
    _stopped: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._sweeper = Sweeper(self.clock, self._leases, self._expired)
        self._line = CommitLine(self._decide, self.record, self._apply, self.limits.queued)

    def __len__(self) -> int:
        """How many values are kept, those that are gone and not yet swept included."""
        return self._table.elements

    def commit(self, commands: Sequence[Command]) -> Awaitable[Changes]:
        """See L{IServiceDataStore.commit}; what fails at once is raised here."""
        touched = burden(commands)
        if touched > self.limits.batch:
            raise TooLarge(
                f"a commit of {touched} values and names passes the store bound batch, {self.limits.batch}"
            )
        return self._submit(commands, touched)

    def reset(self, elements: Iterable[ServiceDataElement]) -> Awaitable[Changes]:
        """See L{IServiceDataStore.reset}; declarations stay, the bound C{batch} does not count."""
        return self._submit([Reset(list(elements))], 1)

    def _submit(self, work: Sequence[Work], touched: int) -> Awaitable[Changes]:
        if self._stopped:
            raise Busy("the store is stopped")
        return self._line.submit(work, touched)

    def find(self, query: NameQuery) -> Answer:
        """See L{IServiceDataStore.find}."""
        return select(self._table, query, self.clock.seconds(), self._cursors)

    def get(self, key: ElementKey) -> ServiceDataElement | None:
        """See L{IServiceDataStore.get}."""
        element = self._table.get(key)
        if element is None or element.lifetime.isGone(self.clock.seconds()):
            return None
        return element

    def names(self) -> Sequence[QName]:
        """See L{IServiceDataStore.names}."""
        return self._table.known(self.clock.seconds())

    def observe(self, observer: Callable[[Changes], None]) -> Callable[[], None]:
        """See L{IServiceDataStore.observe}."""
        return self._observers.observe(observer)

    def sync(self) -> Awaitable[int]:
        """See L{IServiceDataStore.sync}."""
        done = self._line.submit(())
        return Ready(done.value.revision) if isinstance(done, Ready) else _revisionOf(done)

    def start(self) -> Awaitable[None]:
        """See L{IServiceDataStore.start}; a stopped store may be started again."""
        self._stopped = False
        self._sweeper.start()
        return _DONE

    async def stop(self) -> None:
        """See L{IServiceDataStore.stop}; commits are refused from now on."""
        self._stopped = True
        self._sweeper.stop()
        await self._line.submit(())

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

    def _apply(self, decision: Decision, place: int) -> Changes:
        if decision.expired:
            for expired in decision.expired:
                self._remove(expired.key)
            self.revision += 1
            self._observers.tell(Changes(self.revision, decision.expired))
        if not (decision.changes or decision.declared):
            return Changes(self.revision)
        for change in decision.changes:
            if isinstance(change, Removed):
                self._remove(change.key)
            else:
                self._put(change.element)
        for name, known in decision.declared:
            self._table.declare(name, known)
        self.revision += 1
        changes = Changes(self.revision, decision.changes, decision.declared)
        self._observers.tell(changes)
        return changes

    def _put(self, element: ServiceDataElement) -> None:
        row = self._table.put(element)
        available = element.lifetime.availableUntil
        if available == float("inf"):
            self._leases.discard(row)
        else:
            self._leases.set(row, available)

    def _remove(self, key: ElementKey) -> None:
        row = self._table.remove(key)
        if row is not None:
            self._leases.discard(row)

    def _expired(self, rows: Sequence[Row]) -> None:
        spawn(self._expire(rows), "the expiry of service data")

    async def _expire(self, rows: Sequence[Row]) -> None:
        try:
            await self._line.submit([Expire([row.element.key for row in rows])])
        finally:
            # What could not be recorded as gone is still kept, and the lease table has let go of it.
            now = self.clock.seconds()
            for row in rows:
                if row not in self._leases and self._table.row(row.element.key) is row:
                    self._leases.set(row, max(row.element.lifetime.availableUntil, now + _RETRY))


def _after(decision: Decision, view: View) -> Overlay:
    overlay = view if isinstance(view, Overlay) else Overlay(view)
    for expired in decision.expired:
        overlay.write(expired.key, None)
    for change in decision.changes:
        overlay.write(change.key, None if isinstance(change, Removed) else change.element)
    for name, known in decision.declared:
        overlay.declare(name, known)
    return overlay


async def _revisionOf(changes: Awaitable[Changes]) -> int:
    return (await changes).revision
