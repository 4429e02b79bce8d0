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
    Extended,
    NameQuery,
    QName,
    Removed,
    ServiceDataElement,
)
from gma_twisted.stores.commits import CommitLine
from gma_twisted.stores.decision import Decision, Expire, Reset, Work, burden, decide
from gma_twisted.stores.elementrecords import (
    PresentElement,
    elementKeyOf,
    elementOf,
    isExtension,
    recordsOf,
)
from gma_twisted.stores.expiry import Expiry
from gma_twisted.stores.limits import StoreLimits
from gma_twisted.stores.paging import Cursors, select
from gma_twisted.stores.publishing import Observers
from gma_twisted.stores.recording import Forgetful, Present, Recorder, Stored
from gma_twisted.stores.rows import Row
from gma_twisted.stores.table import ElementTable
from gma_twisted.stores.view import Overlay, View
from gma_twisted.timing import NodeClock, Ready

__all__ = ["MemoryStore"]

_DONE: Ready[None] = Ready(None)
_NOWHERE: Ready[int] = Ready(0)


@implementer(IServiceDataStore)
@attrs.define(eq=False, slots=True)
class MemoryStore:
    """
    Service data in memory, made durable by a recorder.

    With a recorder that is at once, commits are answered with L{Ready}, unless an observer makes them while another
    is told, and C{start} is needed for expiry only; nothing past its lifetime is seen anyway. With another one it is
    needed before the first commit: then the values of the process before are there at once, good or stale.
    Declarations are not recorded, whoever made them makes them again.

    @ivar clock: the node's clock
    @ivar limits: what it holds at most
    @ivar recorder: makes commits durable before they are applied; its C{stop} is called with the store's
    @ivar pause: seconds between two removals of what is gone at least; a removal is all that is gone by then
    @ivar revision: see L{IServiceDataStore}; it begins at 0 with every life of the process
    """

    clock: NodeClock
    limits: StoreLimits = attrs.field(factory=StoreLimits)
    recorder: Recorder = attrs.field(factory=Forgetful)
    pause: float = 0.0
    revision: int = attrs.field(default=0, init=False)
    _table: ElementTable = attrs.field(factory=ElementTable, init=False, repr=False)
    _observers: Observers[Changes] = attrs.field(factory=Observers, init=False, repr=False)
    _cursors: Cursors = attrs.field(factory=Cursors, init=False, repr=False)
    _expiry: Expiry[Row] = attrs.field(init=False, repr=False)
    _line: CommitLine[Work, Decision, Changes] = attrs.field(init=False, repr=False)
    _stopped: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._expiry = Expiry(self.clock, self._expire, self._until, "service data", self.pause)
        self._line = CommitLine(
            self._decide, self._record, self._apply, self.limits.queued, "store_queued"
        )

    def __len__(self) -> int:
        """How many values are kept, those that are gone and not yet swept included."""
        return self._table.elements

    def commit(self, commands: Sequence[Command]) -> Awaitable[Changes]:
        """See L{IServiceDataStore.commit}; what fails at once is raised here."""
        touched = burden(commands)
        if touched > self.limits.batch:
            raise TooLarge(
                f"a commit of {touched} values and names passes the bound store_batch, {self.limits.batch}"
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
        row = self._table.row(key)
        if row is None or row.element.lifetime.isGone(self.clock.seconds()):
            return None
        return row.element

    def names(self) -> Sequence[QName]:
        """See L{IServiceDataStore.names}."""
        return self._table.known(self.clock.seconds())

    def copied(self) -> tuple[int, int]:
        """See L{IServiceDataStore.copied}."""
        return self._table.copies, self._table.copiesSize

    def observe(self, observer: Callable[[Changes], None]) -> Callable[[], None]:
        """See L{IServiceDataStore.observe}."""
        return self._observers.observe(observer)

    def sync(self) -> Awaitable[int]:
        """See L{IServiceDataStore.sync}."""
        return Ready(self.revision) if self._line.isIdle else _revisionOf(self._line.submit(()))

    def start(self) -> Awaitable[None]:
        """
        See L{IServiceDataStore.start}; a stopped store may be started again.

        What is kept and gone already is removed in the first turns. Observers hear nothing of what is loaded.

        @raise ServiceError: what is kept cannot be used; the message says why
        """
        self._stopped = False
        loading = self.recorder.load(self._take)
        if not isinstance(loading, Ready):
            return self._begin(loading)
        self._begun()
        return _DONE

    async def _begin(self, loading: Awaitable[None]) -> None:
        await loading
        if not self._stopped:
            self._begun()

    def _begun(self) -> None:
        self.recorder.follow(self._current, self._moved)
        self._expiry.start()

    async def stop(self) -> None:
        """See L{IServiceDataStore.stop}; commits are refused from now on."""
        self._stopped = True
        self._expiry.stop()
        await self.sync()
        await self.recorder.stop()

    def close(self) -> None:
        """
        End a stopped store for good: it is freed as soon as nobody knows it, and does not wait for the garbage
        collector, which would walk over the whole process for it. Commits are refused, and nobody observes it.
        """
        self._expiry.close()
        self._line.close()
        self._observers = Observers()

    def _take(self, kept: Sequence[Stored]) -> None:
        for stored in kept:
            self._put(elementOf(stored.record), stored.place)
        # Nobody may take what was read before for what is there now.
        self.revision += 1

    def _current(self, key: bytes) -> Present | None:
        row = self._table.row(elementKeyOf(key))
        return None if row is None else PresentElement(row.element, row.place)

    def _moved(self, key: bytes, place: int) -> None:
        row = self._table.row(elementKeyOf(key))
        if row is not None:
            row.place = place

    def _record(self, decisions: Sequence[Decision]) -> Awaitable[int]:
        if type(self.recorder) is Forgetful:  # nothing is to be encoded for it
            return _NOWHERE
        records = recordsOf(decisions, self._table)
        return self.recorder.record(records) if records else _NOWHERE

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
                self._put(change.element, place, isinstance(change, Extended))
        for name, known in decision.declared:
            self._table.declare(name, known)
        self.revision += 1
        changes = Changes(self.revision, decision.changes, decision.declared)
        self._observers.tell(changes)
        return changes

    def _put(self, element: ServiceDataElement, place: int, extended: bool = False) -> None:
        row = self._table.row(element.key) if extended else None
        if row is not None and isExtension(row.element, element):
            # It was recorded as an extension, and its PUT is where it was; see recordsOf.
            self._table.extend(row, element)
        else:
            row = self._table.put(element)
            row.place = place
        self._expiry.keep(row, element.lifetime.availableUntil)

    def _remove(self, key: ElementKey) -> None:
        row = self._table.remove(key)
        if row is not None:
            self._expiry.forget(row)

    def _expire(self, rows: Sequence[Row]) -> Awaitable[object]:
        return self._line.submit(
            [Expire([row.element.key for row in rows])], len(rows), mayBeRefused=False
        )

    def _until(self, row: Row) -> float | None:
        held = self._table.row(row.element.key) is row
        return row.element.lifetime.availableUntil if held else None


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
