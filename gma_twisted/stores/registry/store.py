"""The registry store: its entries are in memory, and its recorder decides how durable they are."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice

import attrs
from zope.interface import implementer

from gma_twisted.errors import Busy, GMAError, ParameterError, TooLarge
from gma_twisted.interfaces import IRegistryStore
from gma_twisted.model import (
    Ended,
    Registration,
    RegistryChange,
    RegistryChanges,
    RegistryCommand,
    Renewed,
)
from gma_twisted.stores.commits import CommitLine
from gma_twisted.stores.expiry import Expiry
from gma_twisted.stores.publishing import Observers
from gma_twisted.stores.recording import Forgetful, Present, Recorder, Stored
from gma_twisted.stores.registry.codec import (
    PresentEntry,
    entryOf,
    recordOf,
    registrationOf,
)
from gma_twisted.stores.registry.decision import Decision, Expire, Reset, Work, decide
from gma_twisted.stores.registry.limits import RegistryLimits
from gma_twisted.stores.registry.sharing import Pool
from gma_twisted.stores.registry.table import EntryRow, RegistryTable
from gma_twisted.stores.registry.view import Overlay, View, weight
from gma_twisted.timing import NodeClock, Ready

__all__ = ["RegistryStore"]

_NOWHERE: Ready[int] = Ready(0)


@implementer(IRegistryStore)
@attrs.define(eq=False, slots=True)
class RegistryStore:
    """
    Registrations in memory, made durable by a recorder.

    With a recorder that is at once, commits are answered with L{Ready}, unless an observer makes them while another
    is told. Before C{start} and after C{stop} commits are refused and reads go on.

    @ivar clock: the node's clock
    @ivar limits: what it holds at most
    @ivar recorder: makes commits durable before they are applied; its C{stop} is called with the store's
    @ivar revision: see L{IRegistryStore}; it begins at 0 with every life of the process
    """

    clock: NodeClock
    limits: RegistryLimits = attrs.field(factory=RegistryLimits)
    recorder: Recorder = attrs.field(factory=Forgetful)
    revision: int = attrs.field(default=0, init=False)
    _table: RegistryTable = attrs.field(init=False, repr=False)
    _pool: Pool = attrs.field(factory=Pool, init=False, repr=False)
    _observers: Observers[RegistryChanges] = attrs.field(factory=Observers, init=False, repr=False)
    _expiry: Expiry[EntryRow] = attrs.field(init=False, repr=False)
    _line: CommitLine[Work, Decision, RegistryChanges] = attrs.field(init=False, repr=False)
    _started: bool = attrs.field(default=False, init=False)
    _loaded: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._table = RegistryTable(self.limits.remembered)
        self._expiry = Expiry(self.clock, self._expire, self._until, "registrations")
        # Records for a recorder that keeps none would take a fifth of the time of a commit.
        record = _forget if isinstance(self.recorder, Forgetful) else self._record
        self._line = CommitLine(
            self._decide, record, self._apply, self.limits.queued, "registry_queued"
        )

    def __len__(self) -> int:
        """How many entries are kept, those that are gone and not yet swept included."""
        return self._table.entries

    def commit(self, commands: Sequence[RegistryCommand]) -> Awaitable[RegistryChanges]:
        """See L{IRegistryStore.commit}; what fails at once is raised here."""
        if len(commands) > self.limits.batch:
            raise TooLarge(
                f"a commit of {len(commands)} commands passes the bound registry_batch, {self.limits.batch}"
            )
        return self._submit(commands, len(commands))

    def reset(self, rows: Iterable[Registration]) -> Awaitable[RegistryChanges]:
        """
        See L{IRegistryStore.reset}; the bound C{batch} does not count.

        @raise ParameterError: an id comes twice, or a row cannot be kept
        @raise TooLarge: a bound would be passed; named
        """
        return self._submit([Reset(list(rows))], 1)

    def _submit(self, work: Sequence[Work], burden: int) -> Awaitable[RegistryChanges]:
        if not self._loaded:
            raise Busy("the registry takes no changes: it has not been started, or was stopped")
        return self._line.submit(work, burden)

    def get(self, entry: str) -> Registration | None:
        """See L{IRegistryStore.get}."""
        row = self._table.get(entry)
        return None if row is None or row.isGone(self.clock.seconds()) else row

    def kept(self, entry: str) -> Registration | None:
        """See L{IRegistryStore.kept}."""
        return self._table.get(entry)

    def ofMember(self, handle: str) -> Sequence[Registration]:
        """See L{IRegistryStore.ofMember}."""
        now = self.clock.seconds()
        return [row for row in self._table.member(handle) if not row.isGone(now)]

    def entries(self, after: str = "", limit: int = 1000) -> Sequence[Registration]:
        """See L{IRegistryStore.entries}; fewer than C{limit} are the last."""
        if limit < 1:
            raise ParameterError(
                f"a page of {limit} entries is none; ask for 1 or more", parameter="limit"
            )
        now = self.clock.seconds()
        return list(islice((r for r in self._table.after(after) if not r.isGone(now)), limit))

    def observe(self, observer: Callable[[RegistryChanges], None]) -> Callable[[], None]:
        """See L{IRegistryStore.observe}."""
        return self._observers.observe(observer)

    async def sync(self) -> int:
        """See L{IRegistryStore.sync}."""
        return (await self._line.submit(())).revision

    async def start(self) -> None:
        """
        See L{IRegistryStore.start}; a stopped store may be started again.

        What is kept and over already is ended in the first turns. Observers hear nothing of what is loaded.
        """
        if self._started:
            return
        self._started = True
        await self.recorder.load(self._take)
        if not self._started:  # stopped meanwhile
            return
        self.recorder.follow(self._current, self._moved)
        self._loaded = True
        self._expiry.start()

    async def stop(self) -> None:
        """See L{IRegistryStore.stop}; commits are refused from now on."""
        started, self._started, self._loaded = self._started, False, False
        self._expiry.stop()
        await self._line.submit(())
        if started:
            await self.recorder.stop()

    def _take(self, kept: Sequence[Stored]) -> None:
        for stored in kept:
            registration = self._pool.registration(registrationOf(stored.record))
            self._table.size += weight(registration)
            self._expiry.keep(self._table.put(registration, stored.place), registration.until)

    def _current(self, key: bytes) -> Present | None:
        row = self._table.row(entryOf(key))
        return None if row is None else PresentEntry(row.registration, row.place)

    def _moved(self, key: bytes, place: int) -> None:
        row = self._table.row(entryOf(key))
        if row is not None:
            row.place = place

    def _decide(self, commits: Sequence[Sequence[Work]]) -> Sequence[Decision | GMAError]:
        now = self.clock.seconds()
        outcomes: list[Decision | GMAError] = []
        view: View = self._table
        for work in commits:
            try:
                decision = decide(work, view, now, self.limits, self._pool)
            except GMAError as error:
                outcomes.append(error)
                continue
            outcomes.append(decision)
            if len(commits) > 1:
                view = _after(decision, view)
        return outcomes

    def _record(self, decisions: Sequence[Decision]) -> Awaitable[int]:
        records = [recordOf(change) for decision in decisions for change in decision.changes]
        return self.recorder.record(records) if records else _NOWHERE

    def _apply(self, decision: Decision, place: int) -> RegistryChanges:
        if not decision.changes:
            return RegistryChanges(self.revision, (), decision.rows)
        for change in decision.changes:
            self._do(change, place)
        self._table.size += decision.size
        self.revision += 1
        changes = RegistryChanges(self.revision, decision.changes, decision.rows)
        self._observers.tell(changes)
        return changes

    def _do(self, change: RegistryChange, place: int) -> None:
        row: EntryRow | None
        if isinstance(change, Ended):
            row = self._table.remove(change.row.entry)
            if row is not None:
                self._expiry.forget(row)
            return
        if isinstance(change, Renewed):
            row = self._table.renew(change.row)
        else:
            row = self._table.put(change.row, place)
        if row is not None:
            self._expiry.keep(row, change.row.until)

    def _expire(self, rows: Sequence[EntryRow]) -> Awaitable[object]:
        return self._line.submit(
            [Expire([row.registration.entry for row in rows])], len(rows), mayBeRefused=False
        )

    def _until(self, row: EntryRow) -> float | None:
        held = self._table.row(row.registration.entry) is row
        return row.registration.until if held else None


def _forget(decisions: Sequence[Decision]) -> Awaitable[int]:
    return _NOWHERE


def _after(decision: Decision, view: View) -> Overlay:
    overlay = view if isinstance(view, Overlay) else Overlay(view)
    size = overlay.size + decision.size
    for change in decision.changes:
        if isinstance(change, Ended):
            overlay.remove(change.row.entry)
        else:
            overlay.write(change.row, overlay.get(change.row.entry), 0)
    overlay.size = size
    return overlay
