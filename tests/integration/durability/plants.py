"""Bugs put in on purpose, to see that the suite finds them: each replaces a part of the package by a worse one."""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gma_twisted.errors import Busy
from gma_twisted.model import Registration
from gma_twisted.stores.journal import Journal, record
from gma_twisted.stores.journal.database import Database
from gma_twisted.stores.journal.file import JournalFile
from gma_twisted.stores.journal.mark import Mark
from gma_twisted.stores.journal.record import Entry
from gma_twisted.stores.journal.replay import Replay
from gma_twisted.stores.recording import Record, RecordKind
from gma_twisted.timing import Ready, clock, spawn

__all__ = ["PLANTS", "Patch", "plant", "plantedEnvironment"]

Patch = Callable[[object, str, object], object]
"""Sets an attribute: C{setattr}, or a test case's C{patch}, which sets it back."""

_GRACE = 2.5
_SITE = """
from tests.integration.durability.plants import plant
plant({name!r}, setattr)
"""


def _ahead(patch: Patch) -> None:
    """Answers before anything is written."""
    write = Journal.record
    waiting: list[Sequence[Record]] = []

    async def writeAll(journal: Journal) -> None:
        while waiting:
            await write(journal, [one for batch in waiting[:1] for one in batch])
            del waiting[0]

    def answered(journal: Journal, records: Sequence[Record]) -> Ready[int]:
        waiting.append(list(records))
        if len(waiting) == 1:
            journal.clock.callLater(0.02, lambda: spawn(writeAll(journal), "a planted bug"))
        return Ready(0)

    patch(Journal, "record", answered)


def _lazy(patch: Patch) -> None:
    """Writes and does not synchronise."""
    opened = JournalFile.toWrite

    def lazily(file: JournalFile) -> sqlite3.Connection:
        connection = opened(file)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    patch(JournalFile, "toWrite", lazily)


def _without(kind: RecordKind) -> Callable[[Patch], None]:
    def forget(patch: Patch) -> None:
        do = Replay._do

        def forgetful(replay: Replay, one: Entry, *more: Any) -> None:
            if one.kind is not kind:
                do(replay, one, *more)

        patch(Replay, "_do", forgetful)

    return forget


def _grace(patch: Patch) -> None:
    """Entries end later than they should."""
    patch(Registration, "isGone", lambda row, now: row.until + _GRACE <= now)


def _wall(patch: Patch) -> None:
    """Deadlines are kept on a clock that can be set."""
    patch(clock, "_CLOCK", time.CLOCK_REALTIME)


def _unchecked(patch: Patch) -> None:
    """Records have no check that says anything."""
    patch(record, "crc32", lambda data, value=0: 0)


def _unmarked(patch: Patch) -> None:
    """A lost end is taken for the end."""
    patch(Mark, "read", lambda mark: None)


def _deaf(patch: Patch) -> None:
    """A failed write counts as done."""
    write = Database.write

    def deaf(database: Database, *arguments: Any) -> None:
        try:
            write(database, *arguments)
        except Busy:
            pass

    patch(Database, "write", deaf)


PLANTS: Mapping[str, Callable[[Patch], None]] = {
    "ahead": _ahead,
    "deaf": _deaf,
    "grace": _grace,
    "lazy": _lazy,
    "noExtend": _without(RecordKind.EXTEND),
    "noRemove": _without(RecordKind.REMOVE),
    "unchecked": _unchecked,
    "unmarked": _unmarked,
    "wall": _wall,
}
"""By name."""


def plant(name: str, patch: Patch) -> None:
    """Put a bug in."""
    PLANTS[name](patch)


def plantedEnvironment(name: str, place: Path, root: Path) -> Mapping[str, str]:
    """The variables that put a bug into any Python process. @param place: a file is written there"""
    (place / "sitecustomize.py").write_text(_SITE.format(name=name))
    return {"PYTHONPATH": f"{place}:{root}"}
