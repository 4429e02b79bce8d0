"""What an archive knows of itself, as it stands in its database."""

import secrets
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import attrs

from gma_twisted.events.life import newLife

__all__ = ["ArchiveState", "machineBoot"]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LIFE = 16
_JUMP = 10_000_000
"""More numbers than are given while a commit is on its way from the system to the disk."""


def machineBoot() -> str:
    """What tells this start of the machine from all others; where the system does not say, it is new each time."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        return secrets.token_hex()


@attrs.define(slots=True, eq=False)
class ArchiveState:
    """
    Of one moment; copied, changed, and kept with the events of a transaction.

    @ivar life: of the numbers
    @ivar began: nanoseconds since 1970 when the archive was made
    @ivar last: the highest number that was given
    @ivar lost: newest timestamp of what was let go; C{None} for nothing
    @ivar lostNumber: highest number of what was let go
    @ivar lostOther: the same of names of which that is not kept one by one
    @ivar events: how many there are
    @ivar came: second since 1970 in which the last came; it never goes back
    @ivar boot: start of the machine it was written in
    @ivar isClosed: whether it was closed after all was on the disk
    """

    life: str
    began: int
    last: int = 0
    lost: int | None = None
    lostNumber: int = 0
    events: int = 0
    came: int = 0
    boot: str = ""
    isClosed: bool = False
    lostOther: int = 0

    def letGo(self, number: int, at: int, isNamed: bool = False) -> None:
        """
        Something of a number and timestamp is not kept, or no more.

        @param isNamed: whether it is kept beside this of which name it was
        """
        self.lost = at if self.lost is None else max(self.lost, at)
        self.lostNumber = max(self.lostNumber, number)
        if not isNamed:
            self.lostOther = max(self.lostOther, number)

    def write(self, connection: sqlite3.Connection) -> None:
        """Within a transaction."""
        connection.executemany(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
            [(name, _plain(value)) for name, value in attrs.asdict(self).items()],
        )

    @classmethod
    def read(cls, connection: sqlite3.Connection, now: int) -> "ArchiveState":
        """
        What is there.

        @param now: nanoseconds since 1970, of an archive that is new
        """
        found: Mapping[str, object] = dict(connection.execute("SELECT key, value FROM meta"))
        known = {one.name: found[one.name] for one in attrs.fields(cls) if one.name in found}
        # Who takes the life out of a copy that was put back has a new one made.
        known.setdefault("life", newLife(_LIFE))
        known.setdefault("began", now)
        # It was not known of any name once.
        known.setdefault("lostOther", known.get("lostNumber", 0))
        made = cls(**known)  # type: ignore[arg-type]
        made.isClosed = bool(made.isClosed)
        return made

    def opened(self, boot: str, reserved: int, isSafe: bool, now: int) -> None:
        """
        It is used again: no number is given twice, though commits may be missing.

        @param reserved: the highest number that was given without being kept
        @param isSafe: whether a power loss loses no commit: then it loses at most what was reserved
        """
        if reserved > self.last:
            # How many of them were given is not known.
            self.letGo(reserved, now)
            self.last = reserved
        if not self.isClosed and self.boot != boot:
            self.last += _JUMP
            if not isSafe:
                self.letGo(self.last, now)
        self.boot = boot
        self.isClosed = False


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value
