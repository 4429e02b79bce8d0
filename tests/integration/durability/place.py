"""A registry store on a directory, as a node has it, and what is found in one."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar
from zlib import crc32

import attrs
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from gma_twisted.interfaces import IRegistryStore
from gma_twisted.model import Registration
from gma_twisted.stores.journal import Inline, Journal, Worker
from gma_twisted.stores.registry import RegistryStore
from gma_twisted.timing import NodeClock, bootTime, toDeferred
from tests.integration.durability.history import Seen, Span

__all__ = [
    "FILES",
    "Recovered",
    "allRows",
    "doneIn",
    "openJournal",
    "recovered",
    "seenIn",
    "tokenOf",
]

T = TypeVar("T")

_FILE = "registrations.db"
FILES = (_FILE, f"{_FILE}-wal", f"{_FILE}-journal", f"{_FILE}-shm", f"{_FILE}.mark")
"""Names of all the files a journal may have."""

_PAGE = 5000
_SLACK = 4 * 1024 * 1024
_SMALL = 12 * 1024


def openJournal(
    directory: Path, clock: NodeClock, worker: Worker, isSmall: bool = False
) -> Journal:
    """
    The journal of a registry, not loaded.

    @param isSmall: clean up and settle after kilobytes, so that a short life does both many times
    """
    slack = _SMALL if isSmall else _SLACK
    return Journal(str(directory / _FILE), "registrations", clock, worker, slack=slack)


def allRows(store: IRegistryStore) -> Iterator[Registration]:
    """Every entry, page by page."""
    after = ""
    while page := store.entries(after, _PAGE):
        yield from page
        after = page[-1].entry


def tokenOf(row: Registration) -> str:
    """All that a row holds beside its id and its times, as one word."""
    return f"{row.name}/{crc32(row.content)}/{row.attributes[0][1]}/{len(row.interfaces)}"


def seenIn(rows: Sequence[Registration]) -> Sequence[Seen]:
    """The entries, as a history takes them."""
    return [Seen(row.handle, row.entry, tokenOf(row), Span.at(row.until)) for row in rows]


@attrs.frozen(slots=True)
class Recovered:
    """
    What a store found when it was started.

    @ivar lostKeys: of rows it does not serve because their records are damaged
    @ivar lostNameless: records it named as damaged without being able to say which row they were of
    """

    rows: Sequence[Registration]
    lostKeys: Sequence[bytes] = ()
    lostNameless: int = 0


async def _recover(store: RegistryStore, journal: Journal) -> Recovered:
    await store.start()
    rows = list(allRows(store))
    await store.stop()
    lost = [one.key for one in journal.quarantined if one.lost]
    keys = [key for key in lost if key is not None]
    return Recovered(rows, keys, len(lost) - len(keys))


def recovered(directory: Path) -> Recovered:
    """
    What a store finds in a directory, opened in this process and closed again.

    @raise GMAError: it refuses the directory
    """
    return doneIn(directory, _recover)


def doneIn(directory: Path, work: Callable[[RegistryStore, Journal], Awaitable[T]]) -> T:
    """
    Work with a store on a directory in this process, the store not started yet.

    @return: what the work gives; what it raises is raised
    """
    turns = Clock()
    turns.advance(bootTime())
    clock = NodeClock(turns)
    journal = openJournal(directory, clock, Inline())
    outcomes: list[T | Failure] = []
    running = toDeferred(work(RegistryStore(clock, recorder=journal), journal))
    done = running.addBoth(outcomes.append)
    while not done.called:
        # A big journal is loaded in several turns.
        turns.advance(0.0)
    found = outcomes[0]
    if isinstance(found, Failure):
        found.raiseException()
    return found
