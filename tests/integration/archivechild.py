"""A process that keeps events in an archive until it is killed, and says of each batch when it is kept."""

import resource
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from twisted.internet.task import Clock
from twisted.python.failure import Failure

from gma_twisted.errors import Busy
from gma_twisted.events import EventArchive
from gma_twisted.stores.journal.worker import Inline
from gma_twisted.testing.archive import storedEvent
from gma_twisted.timing import NodeClock, toDeferred

__all__ = ["opened"]

T = TypeVar("T")

_BATCH = 7


def opened(path: Path) -> EventArchive:
    """An archive whose work is done at once."""
    archive = EventArchive(path, NodeClock(Clock(), time.time), Inline(), Inline())
    _do(archive.start())
    return archive


def _do(work: Awaitable[T]) -> T:
    done: list[T] = []
    failed: list[Failure] = []
    _ = toDeferred(work).addCallbacks(done.append, failed.append)
    for one in failed:
        one.raiseException()
    return done[0]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _keepBatch(archive: EventArchive, text: str) -> None:
    first = archive.last + 1
    batch = [storedEvent(n, host=f"h{n % 5}", text=text) for n in range(first, first + _BATCH)]
    _do(archive.append(batch, {"place": str(batch[-1].number)}))


def _keepOn(archive: EventArchive) -> None:
    while True:
        _keepBatch(archive, "x" * 100)
        _say(str(archive.last))


def _fill(archive: EventArchive) -> None:
    """Until files may not grow any more; then they may, as when somebody made room."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, hard))
    refused = 0
    while refused < 3:
        try:
            _keepBatch(archive, "x" * 20_000)
        except Busy:
            refused += 1
    kept = archive.last
    _check(archive.positions()["place"] == str(kept), "positions and events")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    _keepBatch(archive, "x")
    numbers: list[int] = []
    after: int | None = 0
    while after is not None:
        page = _do(archive.between(after, archive.last, 1000))
        numbers += [one.number for one in page.found]
        after = None if page.last is None else page.last[1]
    _check(numbers == list(range(1, archive.last + 1)), f"{numbers}")
    _do(archive.stop())
    _say(f"kept {kept}, then {archive.last}")


def _check(isTrue: bool, what: str) -> None:
    if not isTrue:
        sys.exit(f"not as it should be: {what}")


if __name__ == "__main__":
    made = opened(Path(sys.argv[2]))
    if sys.argv[1] == "on":
        _keepOn(made)
    else:
        _fill(made)
