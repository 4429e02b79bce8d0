"""What tests of the journal stand on: a store that is a dict, a directory, a clock."""

import os
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError
from gma_twisted.stores.journal import Inline, Journal
from gma_twisted.stores.journal.database import Database
from gma_twisted.stores.journal.file import connect
from gma_twisted.stores.recording import Record, RecordKind, Stored
from gma_twisted.timing import NodeClock, toDeferred

T = TypeVar("T")

SLACK = 4 * 1024 * 1024
"""What a journal of a node has."""


def put(key: str, until: float = 100.0, payload: bytes = b"payload") -> Record:
    """A row."""
    return Record(RecordKind.PUT, key.encode(), (until,), payload)


def extend(key: str, until: float) -> Record:
    """The row holds for another time."""
    return Record(RecordKind.EXTEND, key.encode(), (until,))


def remove(key: str) -> Record:
    """The row ends."""
    return Record(RecordKind.REMOVE, key.encode())


class DictStore:
    """
    A store as simple as can be, and so the model of what a journal must give back.

    @ivar rows: in the order of their first PUT
    @ivar moves: how many rows were put elsewhere
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.rows: dict[bytes, Stored] = {}
        self.moves = 0
        self.slices: list[int] = []

    def take(self, kept: Sequence[Stored]) -> None:
        """See L{Recorder}."""
        self.slices.append(len(kept))
        for stored in kept:
            self.rows[stored.record.key] = stored

    def moved(self, key: bytes, place: int) -> None:
        """See L{Recorder}."""
        self.moves += 1
        self.rows[key] = Stored(self.rows[key].record, place)

    def apply(self, records: Sequence[Record], place: int) -> None:
        """Do what was recorded."""
        for record in records:
            before = self.rows.get(record.key)
            if record.kind is RecordKind.PUT:
                self.rows[record.key] = Stored(record, place)
            elif record.kind is RecordKind.REMOVE:
                self.rows.pop(record.key, None)
            elif before is not None:
                payload = before.record.payload
                extended = Record(RecordKind.PUT, record.key, record.instants, payload)
                self.rows[record.key] = Stored(extended, before.place)

    def records(self) -> list[Record]:
        """Every row."""
        return [stored.record for stored in self.rows.values()]


class Unsynchronised(sqlite3.Connection):
    """Waits for no disk: what is tested here does not depend on it."""

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        """As it was asked for."""
        return super().execute(statement.replace("= FULL", "= OFF"), *arguments)


def connectWith(factory: type[sqlite3.Connection], uri: str) -> sqlite3.Connection:
    """As the database does."""
    return sqlite3.connect(
        uri, timeout=0.0, isolation_level=None, check_same_thread=False, uri=True, factory=factory
    )


def quickJournal(path: str, kind: str, clock: NodeClock, slack: int = SLACK) -> Journal:
    """A journal that waits for no disk and no thread."""
    database = Database(path, kind, partial(connectWith, Unsynchronised))
    return Journal(path, kind, clock, Inline(), lambda: "boot", database, slack)


class JournalCase(SynchronousTestCase):
    """
    A journal in a directory of its own.

    @ivar faults: what SQLite is to fail with; takes the statement, and may raise
    @ivar slack: of the next journal
    """

    slack = SLACK

    def setUp(self) -> None:
        """Begin at instant 1000."""
        self.time = Clock()
        self.time.rightNow = 1000.0
        self.wall = 1_700_000_000.0
        self.clock = NodeClock(self.time, lambda: self.wall)
        self.boot = "boot one"
        self.path = self.mktemp()
        self.faults: Callable[[str], None] = lambda statement: None

    def result(self, awaitable: Awaitable[T]) -> T:
        """What it gives, once the clock has had its turns."""
        done = toDeferred(awaitable)
        for _ in range(2000):
            if done.called:
                break
            self.time.advance(0.0)
        value: T = self.successResultOf(done)
        return value

    def connect(self, uri: str) -> sqlite3.Connection:
        """A connection that fails as C{faults} says."""
        case = self

        class Faulty(Unsynchronised):
            """Asks before every statement."""

            def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
                case.faults(statement)
                return super().execute(statement, *arguments)

        return connectWith(Faulty, uri)

    def journal(self, kind: str = "registrations") -> Journal:
        """The journal of this case, not loaded."""
        database = Database(self.path, kind, self.connect)
        return Journal(
            self.path, kind, self.clock, Inline(), lambda: self.boot, database, self.slack
        )

    def open(self) -> DictStore:
        """A store on it."""
        journal = self.journal()
        store = DictStore(journal)
        self.result(journal.load(store.take))
        journal.follow(store.rows.get, store.moved)
        self.addCleanup(lambda: self.result(journal.stop()))
        return store

    def commit(self, store: DictStore, *records: Record) -> int:
        """Record and apply."""
        place = self.result(store.journal.record(records))
        store.apply(records, place)
        return place

    def close(self, store: DictStore) -> None:
        """End it as a node does."""
        self.result(store.journal.stop())

    def crash(self, store: DictStore) -> None:
        """End it as kill -9 does: the files stay as they are."""
        before = store.journal.path
        self.path = self.mktemp()
        for end in ("", "-wal", ".mark"):
            if os.path.exists(before + end):
                Path(self.path + end).write_bytes(Path(before + end).read_bytes())

    def reopen(self, store: DictStore) -> DictStore:
        """Close it and open it again."""
        self.close(store)
        return self.open()

    def refused(self, kind: type[GMAError]) -> str:
        """Loading fails. @return: the message"""
        journal = self.journal()
        loading = toDeferred(journal.load(lambda rows: None))
        return str(self.failureResultOf(loading, kind).value)

    def rows(self, statement: str, *arguments: object) -> list[Any]:
        """Ask or change the file behind the journal's back."""
        connection = connect(f"file:{self.path}")
        try:
            return connection.execute(statement, arguments).fetchall()
        finally:
            connection.close()
