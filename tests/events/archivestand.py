"""An archive in a file, and a worker whose jobs run when the test says so."""

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from twisted.internet.defer import Deferred

from gma_twisted.events.archive import ArchiveLimits, EventArchive
from gma_twisted.testing.archive import ArchiveContract
from gma_twisted.timing import Ready

__all__ = ["FileStand", "Hand"]

T = TypeVar("T")


class Hand:
    """A worker whose jobs run when the test says so."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], object], Deferred[object]]] = []
        self.isHeld = False

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """See L{ArchiveWorker}."""
        if not self.isHeld:
            return Ready(job())
        done: Deferred[object] = Deferred()
        self.jobs.append((job, done))
        return done  # type: ignore[return-value]

    def step(self) -> None:
        """Do the oldest."""
        job, done = self.jobs.pop(0)
        try:
            result = job()
        except (sqlite3.Error, OSError) as error:
            done.errback(error)
        else:
            done.callback(result)

    def go(self) -> None:
        """Do all, and what comes of them."""
        self.isHeld = False
        while self.jobs:
            self.step()

    def stop(self) -> Awaitable[None]:
        """See L{ArchiveWorker}."""
        return Ready(None)


class FileStand(ArchiveContract):
    """An archive in a file."""

    limits = ArchiveLimits()
    synchronous = "normal"

    def setUp(self) -> None:
        """Name a file."""
        self.path = Path(self.mktemp())
        self.writer, self.reader = Hand(), Hand()
        super().setUp()

    def makeArchive(self) -> EventArchive:
        """Another one on the same file."""
        return EventArchive(
            self.path, self.clock, self.writer, self.reader, self.limits, self.synchronous
        )

    @property
    def file(self) -> EventArchive:
        """The archive."""
        assert isinstance(self.archive, EventArchive)
        return self.archive

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Ask SQLite itself."""
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                return connection.execute(statement).fetchall()
        finally:
            connection.close()
