"""C{[audit]}: what is written down of every call that may change something."""

import enum
from collections.abc import Iterator

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION, FLAG, PATH, SIZE, oneOf

__all__ = ["AuditSection", "WhenFull"]

_MOST_KEPT = 1000
_LEAST_SIZE = 64 * 1024
_LEAST_SYNC = 0.01
_MOST_SYNC = 60.0


class WhenFull(enum.Enum):
    """What becomes of writes while they cannot be written down."""

    REFUSE = "refuse"
    """They are refused."""

    GO_ON = "go-on"
    """They are done, and counted."""


@attrs.frozen(slots=True)
class AuditSection:
    """C{[audit]}: the file, and how much of it is kept."""

    enabled: bool = key(
        FLAG,
        "write the file; without it, a line of the node's log for each write",
        True,
    )
    file: str | None = key(
        PATH,
        "the file; full ones beside it are `FILE.1`, `FILE.2` and so on",
        shown="`audit.jsonl` in the state directory",
    )
    size: int = key(SIZE, "size at which the next file is begun", 64 * 1024**2)
    keep: int = key(COUNT, "full files that are kept", 16)
    sync: float = key(
        DURATION, "how long after a line was written the disk is told to keep it, at most", 1.0
    )
    whenFull: WhenFull = key(  # noqa: RUF009 (it declares a field)
        oneOf(WhenFull),
        "what becomes of writes while the file cannot be written: `refuse` refuses them, `go-on` does and counts them",
        WhenFull.REFUSE,
        name="when_full",
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if self.size < _LEAST_SIZE:
            yield "size", 'less than "64KiB"', 'write "64MiB", for example'
        if self.keep > _MOST_KEPT:
            yield "keep", f"more than {_MOST_KEPT}", "write larger files, by size"
        if not _LEAST_SYNC <= self.sync <= _MOST_SYNC:
            yield "sync", 'not from "10ms" to "1m"', 'write "1s", for example'
