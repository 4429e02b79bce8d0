"""Recorders that do what a test tells them."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from twisted.internet.defer import Deferred

from gma_twisted.stores.recording import Present, Record, RecordKind, Stored
from gma_twisted.timing import Ready


def _whole(current: Callable[[bytes], Present | None], key: bytes) -> Stored | None:
    row = current(key)
    if row is None:
        return None
    stored = Stored(row.record, row.place)
    if row.size != stored.size:
        raise AssertionError(f"{row.size} is not the size of {stored}")
    return stored


class Scripted:
    """
    Records when it is told to.

    @ivar batches: what was given to be recorded
    @ivar waiting: a Deferred for each batch, for the test to fire with its place
    @ivar rows: what C{load} gives
    @ivar stops: how often it was stopped
    """

    def __init__(self, rows: Sequence[Stored] = ()) -> None:
        self.batches: list[Sequence[Record]] = []
        self.waiting: list[Deferred[int]] = []
        self.rows = rows
        self.stops = 0

    def load(self, take: Callable[[Sequence[Stored]], None]) -> Awaitable[None]:
        """Give the rows one by one."""
        for row in self.rows:
            take([row])
        return Ready(None)

    def follow(
        self, current: Callable[[bytes], Present | None], moved: Callable[[bytes, int], None]
    ) -> None:
        """Keep what it may ask."""
        self.current = partial(_whole, current)
        self.moved = moved

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """Wait for the test."""
        self.batches.append(records)
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def stop(self) -> Awaitable[None]:
        """Count."""
        self.stops += 1
        return Ready(None)


class Keeping:
    """
    Keeps rows as a durable recorder would, a while after it was asked, so that one that opens C{rows} later has them.

    @ivar rows: by key, in the order of their first PUT
    """

    def __init__(self, rows: dict[bytes, Stored]) -> None:
        self.rows = rows
        self._place = max((stored.place for stored in rows.values()), default=0)
        self._asked: list[tuple[Sequence[Record], Deferred[int]]] = []

    def load(self, take: Callable[[Sequence[Stored]], None]) -> Awaitable[None]:
        """Give all in two slices."""
        rows = list(self.rows.values())
        take(rows[: len(rows) // 2])
        take(rows[len(rows) // 2 :])
        return Ready(None)

    def follow(
        self, current: Callable[[bytes], Present | None], moved: Callable[[bytes, int], None]
    ) -> None:
        """Keep what it may ask."""
        self.current = partial(_whole, current)

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """Do it at the next L{work}."""
        self._asked.append((records, Deferred()))
        return self._asked[-1][1]

    def work(self) -> bool:
        """Record what was asked. @return: whether there was something"""
        asked, self._asked = self._asked, []
        for records, waiting in asked:
            self._place += 1
            for record in records:
                self._keep(record)
            waiting.callback(self._place)
            self._compare(records)
        return bool(asked)

    def _keep(self, record: Record) -> None:
        if record.kind is RecordKind.REMOVE:
            del self.rows[record.key]
        elif record.kind is RecordKind.EXTEND:
            held = self.rows[record.key]
            put = Record(RecordKind.PUT, record.key, record.instants, held.record.payload)
            self.rows[record.key] = Stored(put, held.place)
        else:
            self.rows[record.key] = Stored(record, self._place)

    def _compare(self, records: Sequence[Record]) -> None:
        for record in records:
            current = self.current(record.key)
            if current != self.rows.get(record.key):
                raise AssertionError(f"{current} is not {self.rows.get(record.key)}")

    def stop(self) -> Awaitable[None]:
        """Nothing is held."""
        return Ready(None)
