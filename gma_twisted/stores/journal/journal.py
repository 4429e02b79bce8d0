"""The recorder that keeps a store in one SQLite file."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from itertools import islice

import attrs
from twisted.logger import Logger

from gma_twisted.errors import Busy, TooLarge
from gma_twisted.stores.journal.batch import VERSION, Head, encodeBatch, purposeOf
from gma_twisted.stores.journal.cleaning import Cleaner, Step, oldRows
from gma_twisted.stores.journal.damage import Quarantined
from gma_twisted.stores.journal.database import Database
from gma_twisted.stores.journal.machine import Anchor, machineBoot
from gma_twisted.stores.journal.record import presentSize, recordSize
from gma_twisted.stores.journal.replay import Replay, Row
from gma_twisted.stores.journal.worker import Worker
from gma_twisted.stores.recording import Present, Record, RecordKind, Stored
from gma_twisted.timing import NodeClock, Ready, sleep, spawn

__all__ = ["Journal"]

log = Logger()

# What a store takes in one turn: of usual rows the first is met, and they take it 5 to 10 ms.
_SLICE = 250
_SLICE_BYTES = 128 * 1024
_SLACK = 4 * 1024 * 1024
_LOGGED = 100
_LISTED = 1000


@attrs.frozen(eq=False, slots=True)
class _Writing:
    """A batch that is being written."""

    place: int
    parts: Sequence[bytes]
    below: int
    moved: Sequence[bytes]
    live: int


@attrs.define(eq=False, slots=True)
class Journal:
    """
    A L{Recorder <gma_twisted.stores.recording.Recorder>}: what it recorded outlives the process and the machine.

    One batch at a time; what a store wants to record meanwhile is its next batch. A batch that cannot be written
    leaves nothing behind, and the next one is tried as if nothing had been: no restart is needed when a full disk
    has room again.

    C{load} gives rows in the order of their first PUT; a row that was put again counts from its oldest PUT that was
    not cleaned up. It may be loaded again after C{stop}.

    @ivar path: of the file, for its owner only; C{PATH-wal} and C{PATH.mark} belong to it
    @ivar kind: what it is for, in the words of errors: C{registrations}
    @ivar clock: the node's clock, which instants are on
    @ivar worker: runs what blocks
    @ivar bootId: what tells this start of the machine from all others
    @ivar database: does what blocks
    @ivar slack: bytes the file may have beside twice what is live, and bytes written before the log is brought into it
    @ivar quarantined: what was damaged when it was loaded, the first 1,000
    @ivar damaged: how many that were
    """

    path: str
    kind: str
    clock: NodeClock
    worker: Worker
    bootId: Callable[[], str] = machineBoot
    database: Database = attrs.field(
        default=attrs.Factory(lambda self: Database(self.path, self.kind), takes_self=True)
    )
    slack: int = _SLACK
    quarantined: Sequence[Quarantined] = attrs.field(default=(), init=False)
    damaged: int = attrs.field(default=0, init=False)
    _cleaner: Cleaner = attrs.field(init=False, repr=False)
    _boot: bytes = attrs.field(init=False, repr=False)
    _purpose: int = attrs.field(init=False, repr=False)
    _current: Callable[[bytes], Present | None] | None = attrs.field(default=None, init=False)
    _moved: Callable[[bytes, int], None] | None = attrs.field(default=None, init=False)
    _isOpen: bool = attrs.field(default=False, init=False)
    _isWanted: bool = attrs.field(default=False, init=False)
    _writing: bool = attrs.field(default=False, init=False)
    _isFailing: bool = attrs.field(default=False, init=False)
    _place: int = attrs.field(default=0, init=False)
    _first: int = attrs.field(default=1, init=False)
    # The next part to be read for cleaning; whether it is being read, or cannot be.
    _next: int = attrs.field(default=1, init=False)
    _isCleaning: bool = attrs.field(default=False, init=False)
    _isStuck: bool = attrs.field(default=False, init=False)
    _unsettled: int = attrs.field(default=0, init=False)
    _told: str = attrs.field(default="", init=False)

    def __attrs_post_init__(self) -> None:
        self._cleaner = Cleaner(self.slack)
        self._boot = blake2b(self.bootId().encode(), digest_size=8).digest()
        self._purpose = purposeOf(self.kind)

    @property
    def total(self) -> int:
        """Bytes of all batches."""
        return self._cleaner.total

    @property
    def live(self) -> int:
        """Bytes of the rows that are kept: at twice as much and C{slack} C{total} ends."""
        return self._cleaner.live

    # -- Recorder

    async def load(self, take: Callable[[Sequence[Stored]], None]) -> None:
        """
        See L{Recorder <gma_twisted.stores.recording.Recorder>}; slices of up to 250 rows and about 128 KiB, each in
        a turn of its own.

        @raise ServiceError: it cannot be used; the message says what is wrong and what to try
        @raise ConfigError: it is of another format or for something else
        """
        self._isWanted = True
        blank = encodeBatch(self._head(1, 1), [], [])[0]
        replay, rows, live = await self.worker.run(partial(self._read, blank))
        self._tell()
        self._count(replay, live)
        stored = replay.stored(rows, self._now())
        while kept := _slice(stored):
            take(kept)
            if rows:
                await sleep(self.clock, 0.0)
        self._isOpen = self._isWanted

    def follow(
        self, current: Callable[[bytes], Present | None], moved: Callable[[bytes, int], None]
    ) -> None:
        """See L{Recorder <gma_twisted.stores.recording.Recorder>}; without it nothing is cleaned up."""
        self._current, self._moved = current, moved

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """
        See L{Recorder <gma_twisted.stores.recording.Recorder>}.

        @raise Busy: not loaded, a batch is being written, or it cannot be written now; the message says which
        @raise TooLarge: a record is larger than 16 MiB, or the batch than a gibibyte
        """
        if not self._isOpen or self._writing:
            raise Busy(
                f"the journal {self.path} "
                + ("is writing a batch" if self._isOpen else "is not open")
            )
        if not records:
            return Ready(self._place)
        writing = self._prepared(records)
        self._writing = True
        written = False
        try:
            job = partial(self.database.write, writing.place, writing.parts, writing.below)
            done = self.worker.run(job)
            written = True
        finally:
            if not written:
                self._failed()
        return Ready(self._done(writing)) if isinstance(done, Ready) else self._later(done, writing)

    async def stop(self) -> None:
        """See L{Recorder <gma_twisted.stores.recording.Recorder>}."""
        self._isWanted = self._isOpen = False
        await self.worker.run(self.database.close)
        await self.worker.stop()
        self._tell()

    # -- loading

    def _read(self, blank: bytes) -> tuple[Replay, list[Row], int]:
        replay = self.database.load(blank)
        rows = replay.rows()
        return replay, rows, sum([row[-1] for row in rows])

    def _count(self, replay: Replay, live: int) -> None:
        self.damaged = len(replay.quarantined)
        self.quarantined = replay.quarantined[:_LISTED]
        for one in replay.quarantined[:_LOGGED]:
            log.critical(
                "{path} is damaged, {lost}: {what}",
                path=self.path,
                lost="a row is not served" if one.lost else "nothing is lost",
                what=str(one),
            )
        if self.damaged > _LOGGED:
            log.critical(
                "{path} is damaged in {count} places in all", path=self.path, count=self.damaged
            )
        self._place, self._first, self._next = replay.place, replay.first, replay.first
        self._cleaner.begin(replay.total, live)
        self._isStuck = False

    # -- writing

    def _now(self) -> Anchor:
        return Anchor(self._boot, self.clock.seconds(), self.clock.wallTime())

    def _head(self, place: int, first: int) -> Head:
        return Head(VERSION, self._purpose, place, place, first, self._now())

    def _prepared(self, records: Sequence[Record]) -> _Writing:
        sizes = [recordSize(record) for record in records]
        live = self._growth(records, sizes)
        moved: Sequence[tuple[Record, int]] = ()
        if self._current is not None:
            moved = self._cleaner.take(sum(sizes), self._current)
        below = self._cleaner.below
        head = self._head(self._place + 1, below or self._first)
        try:
            parts = encodeBatch(head, moved, records)
        except TooLarge:
            self._cleaner.undo()
            raise
        return _Writing(head.place, parts, below, [record.key for record, _ in moved], live)

    def _growth(self, records: Iterable[Record], sizes: Iterable[int]) -> int:
        """How many bytes more the rows take when these records are done."""
        held: dict[bytes, int] = {}
        growth = 0
        for record, size in zip(records, sizes, strict=True):
            if record.kind is not RecordKind.EXTEND:
                key = record.key
                before = held.get(key)
                if before is None:
                    row = None if self._current is None else self._current(key)
                    before = 0 if row is None else presentSize(row)
                after = size if record.kind is RecordKind.PUT else 0
                held[key] = after
                growth += after - before
        return growth

    async def _later(self, done: Awaitable[None], writing: _Writing) -> int:
        written = False
        try:
            await done
            written = True
        finally:
            if not written:
                self._failed()
        return self._done(writing)

    def _failed(self) -> None:
        self._writing = False
        self._cleaner.undo()
        self._tell()
        if not self._isFailing:
            self._isFailing = True
            log.error(
                "{path} could not be written; reads go on: {why}",
                path=self.path,
                why=self.database.refusal,
            )

    def _done(self, writing: _Writing) -> int:
        self._writing = False
        place = self._place = writing.place + len(writing.parts) - 1
        self._first = writing.below or self._first
        size = sum(map(len, writing.parts))
        self._unsettled += size
        self._cleaner.done(size, writing.live)
        if self._moved is not None:
            for key in writing.moved:
                self._moved(key, place)
        if self._isFailing:
            self._isFailing = False
            log.info("{path} is written again", path=self.path)
        self._tell()
        self._tidy()
        return place

    # -- cleaning

    def _tidy(self) -> None:
        wanted = 0 if self._isStuck or self._current is None else self._cleaner.wanted
        settle = self._unsettled >= self.slack
        if (wanted or settle) and not self._isCleaning:
            self._isCleaning = True
            if settle:
                self._unsettled = 0
            spawn(self._clean(wanted, settle), f"cleaning up {self.path}")

    async def _clean(self, wanted: int, settle: bool) -> None:
        try:
            steps, self._next = await self.worker.run(
                partial(self._look, self._next, wanted, settle)
            )
            self._cleaner.see(steps)
        except ValueError as error:
            # What cannot be read is not taken away either: a restart names it and keeps it aside.
            self._isStuck = True
            log.critical(
                "{path} is damaged, it is cleaned up no more: {why}",
                path=self.path,
                why=str(error),
            )
        finally:
            self._isCleaning = False

    def _look(self, place: int, wanted: int, settle: bool) -> tuple[Sequence[Step], int]:
        parts = self.database.read(place, wanted) if wanted else []
        steps = oldRows(parts)
        if settle:
            self.database.settle()
        return steps, parts[-1][0] + 1 if parts else place

    def _tell(self) -> None:
        troubles, self.database.troubles = self.database.troubles, []
        for trouble in troubles:
            if trouble != self._told:
                self._told = trouble
                log.warn("{trouble}", trouble=trouble)


def _slice(stored: Iterator[Stored]) -> Sequence[Stored]:
    """The next rows, as many as one turn of the reactor has time for."""
    taken: list[Stored] = []
    size = 0
    for one in islice(stored, _SLICE):
        taken.append(one)
        size += len(one.record.payload)
        if size >= _SLICE_BYTES:
            break
    return taken
