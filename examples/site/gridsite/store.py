"""A store of service data that remembers what the node knew before, in a file that SQLite reads."""

import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from gma_twisted.errors import ServiceError
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Answer,
    Change,
    Changes,
    Command,
    ElementKey,
    Extended,
    NameQuery,
    QName,
    Removed,
    ServiceDataElement,
)
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.timing import NodeClock
from twisted.logger import Logger
from zope.interface import implementer

__all__ = ["HistoryStore", "readHistory"]

log = Logger()

_TABLE = """
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY, at REAL, event TEXT, name TEXT, originator TEXT, key TEXT, content TEXT
)
"""
_ADD = "INSERT INTO history (at, event, name, originator, key, content) VALUES (?, ?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?"
_LAST = "SELECT at, event, name, key, content FROM history ORDER BY id DESC LIMIT ?"


@implementer(IServiceDataStore)
class HistoryStore:
    """
    What is known now is in memory, as in any node; what was known is in a file.

    Each value that is new, is replaced or goes is a line of the table C{history}, which is there when the commit is
    answered; that a value is only good for longer is none. The memory is the library's: this class passes on what it
    is asked, and listens. A store with another idea of memory writes these methods itself; the contract is the same.
    """

    def __init__(
        self,
        clock: NodeClock,
        limits: StoreLimits | None = None,
        path: str = "history.db",
        namespace: str = "",
        longest: int = 100_000,
    ) -> None:
        """
        The node gives clock and limits, the configuration the others. Nothing is opened yet.

        @param path: of the file; a relative one begins where the node was started
        @param namespace: of the names that are remembered; empty for all, what the node says of itself included
        @param longest: lines that are kept, the newest
        """
        self._clock = clock
        self._memory = MemoryStore(clock, limits or StoreLimits())
        self._path = path
        self._namespace = namespace
        self._longest = longest
        self._file: sqlite3.Connection | None = None
        self._endListening: Callable[[], None] = lambda: None
        self._isWhole = True

    async def start(self) -> None:
        """See L{IServiceDataStore}. @raise ServiceError: the file cannot be used"""
        try:
            # Nobody waits for another node that writes the same file: this one would stand still.
            self._file = sqlite3.connect(self._path, timeout=0.1)
            # A line survives the end of the process at once, that of the machine a moment later.
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(_TABLE)
        except sqlite3.Error as error:
            self._close()
            raise ServiceError(f"the history {self._path} cannot be used: {error}") from None
        self._endListening = self._memory.observe(self._remember)
        await self._memory.start()

    async def stop(self) -> None:
        """See L{IServiceDataStore}."""
        await self._memory.stop()
        self._endListening()
        self._close()

    @property
    def revision(self) -> int:
        """See L{IServiceDataStore}."""
        return self._memory.revision

    def __len__(self) -> int:
        """See L{IServiceDataStore}."""
        return len(self._memory)

    def commit(self, commands: Sequence[Command]) -> Awaitable[Changes]:
        """See L{IServiceDataStore}."""
        return self._memory.commit(commands)

    def find(self, query: NameQuery) -> Answer:
        """See L{IServiceDataStore}."""
        return self._memory.find(query)

    def get(self, key: ElementKey) -> ServiceDataElement | None:
        """See L{IServiceDataStore}."""
        return self._memory.get(key)

    def names(self) -> Sequence[QName]:
        """See L{IServiceDataStore}."""
        return self._memory.names()

    def copied(self) -> tuple[int, int]:
        """See L{IServiceDataStore}."""
        return self._memory.copied()

    def observe(self, observer: Callable[[Changes], None]) -> Callable[[], None]:
        """See L{IServiceDataStore}."""
        return self._memory.observe(observer)

    def sync(self) -> Awaitable[int]:
        """See L{IServiceDataStore}."""
        return self._memory.sync()

    def reset(self, elements: Iterable[ServiceDataElement]) -> Awaitable[Changes]:
        """See L{IServiceDataStore}."""
        return self._memory.reset(elements)

    def _remember(self, changes: Changes) -> None:
        rows = [self._row(one) for one in changes.changes if self._isTold(one)]
        if not rows or self._file is None:
            return
        try:
            # This is on the reactor's thread, as is everything a store does: a line takes some 0.1 ms.
            # Thousands a second would want a thread of their own.
            with self._file:
                self._file.executemany(_ADD, rows)
                self._file.execute(_FORGET, (self._longest,))
        except sqlite3.Error as error:
            # What is known now matters more than what was; a disk that stays full is told once.
            if self._isWhole:
                log.error("the history {path} has a gap: {error}", path=self._path, error=error)
            self._isWhole = False
        else:
            self._isWhole = True

    def _isTold(self, change: Change) -> bool:
        isNamed = self._namespace in ("", change.key.name.namespace)
        return isNamed and not isinstance(change, Extended)

    def _row(self, change: Change) -> tuple[object, ...]:
        event, key = type(change).__name__.lower(), change.key
        element = change.previous if isinstance(change, Removed) else change.element
        if isinstance(change, Removed) and change.expired:
            event = "expired"
        now, content = self._clock.wallTime(), element.content.decode()
        return now, event, key.name.clark, key.originator, key.key, content

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


def readHistory(path: str, count: int = 20) -> Iterator[str]:
    """
    The last lines of a history, the newest first; also while a node writes it.

    @param count: most lines
    """
    url = f"{Path(path).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(url, uri=True)) as file:
        for at, event, name, key, content in file.execute(_LAST, (count,)):
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
            yield " ".join([when, event, name, key or "-", content])


if __name__ == "__main__":
    for line in readHistory(sys.argv[1]):
        print(line)
