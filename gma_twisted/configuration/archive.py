"""C{[archive]}: for how long, and how much of, what comes in is kept on the disk."""

from collections.abc import Iterator

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION, FLAG, PATH, SIZE

__all__ = ["ArchiveSection"]

_DAY = 86400.0
_GIB = 1024**3
_LEAST = 1024**2


@attrs.frozen(slots=True)
class ArchiveSection:
    """C{[archive]}: the file of an archiver, and when what is in it is let go."""

    file: str | None = key(
        PATH,
        "the archive, an SQLite database; the operator copies it, `gma backup` does not",
        shown="`events.db` in the state directory",
    )
    keepTime: float = key(
        DURATION, "how long an event is kept after it came", 30 * _DAY, name="keep_time"
    )
    keepSize: int = key(
        SIZE,
        "most bytes of the file that are used: above them the oldest events are let go",
        4 * _GIB,
        name="keep_size",
    )
    keepEvents: int = key(
        COUNT, "most events: of more the oldest are let go", 10_000_000, name="keep_events"
    )
    isSynchronous: bool = key(
        FLAG,
        "what was acknowledged survives a loss of power too, not only the end of the process; each batch waits for "
        "the disk then",
        True,
        name="synchronous",
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if self.keepTime == 0:
            yield "keep_time", "must be longer than nothing", 'write "30d", for example'
        if self.keepSize < _LEAST:
            yield (
                "keep_size",
                'less than "1MiB" has no room for events',
                'write "4GiB", for example',
            )
