"""A copy of an archive as it was at one moment, though a node writes it meanwhile. Everything here blocks."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote

from gma_twisted.errors import ConfigError
from gma_twisted.events.archive.file import APPLICATION, VERSIONS, isDiskTrouble
from gma_twisted.events.archive.state import ArchiveState

__all__ = ["copyArchive", "renewArchive"]

_PAGES = 1000
_PAUSE = 0.005
"""Seconds after so many pages in which the node has the disk."""
_MOMENT = 2.0
_DAMAGED = "see what sqlite3 says of it: PRAGMA integrity_check; a backup without it can be made"
_MICRO = 1_000_000
_GIGA = 1_000_000_000


def copyArchive(
    path: str, copy: str, progress: Callable[[int, int, int], None] | None = None
) -> int:
    """
    Copy an archive, and see that the copy can be read as a whole. No event of it is changed; of a node that was killed,
    what stands in the log beside the database is brought into that, as the next start would.

    @param copy: is not there yet
    @param progress: told after some pages, as by C{sqlite3.Connection.backup}
    @return: how many events it has
    @raise ConfigError: it is none, is damaged, or cannot be read
    """
    with (
        _said(path, f"make room beside the backup, at {copy}"),
        closing(_opened(path, "rw")) as source,
        closing(_opened(copy, "rwc")) as made,
    ):
        _check(path, source)
        # Of one moment, whatever is written from now on: else the copy would begin anew each time.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM meta").fetchall()
        source.backup(made, pages=_PAGES, progress=progress or _nothing, sleep=_PAUSE)
        source.execute("COMMIT")
        # One file that needs no log beside it, until it is written.
        made.execute("PRAGMA journal_mode = DELETE").fetchall()
        [(found,)] = made.execute("PRAGMA quick_check(1)").fetchall()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        return ArchiveState.read(made, 0).events


def renewArchive(path: str, now: float, made: float) -> bool:
    """
    Have a copy that was put back go on, in the same life: numbers that were told since it was made are not given again,
    and of what came since then it says that it is missing.

    Where the clock is behind nobody knows which numbers those are: then it begins another life.

    @param now: seconds since 1970: the numbers go on with the microseconds of that, so those of a copy that is put back
        twice are higher the second time
    @param made: when the copy was made, seconds since 1970
    @return: whether it is of the same life
    @raise ConfigError: it is none, or cannot be written
    """
    with _said(path, "make room on the disk"), closing(_opened(path, "rw")) as connection:
        _check(path, connection)
        state = ArchiveState.read(connection, int(now * _GIGA))
        isSame = now >= made and int(now * _MICRO) > state.last
        state.last = max(state.last + 1, int(now * _MICRO))
        state.letGo(state.last, int(now * _GIGA))
        state.isClosed = True
        connection.execute("BEGIN IMMEDIATE")
        state.write(connection)
        if not isSame:
            connection.execute("DELETE FROM meta WHERE key = 'life'")
        connection.execute("COMMIT")
        return isSame


def _opened(path: str, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(path)}?mode={mode}", timeout=_MOMENT, isolation_level=None, uri=True
    )


def _check(path: str, connection: sqlite3.Connection) -> None:
    for name, wanted in (("application_id", (APPLICATION,)), ("user_version", VERSIONS)):
        [(found,)] = connection.execute(f"PRAGMA {name}").fetchall()
        if found not in wanted:
            raise ConfigError(
                f"{path} is no archive of events that this program reads",
                cure="make the backup without it",
            )


@contextmanager
def _said(path: str, room: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, TypeError) as error:
        raise ConfigError(
            f"the archive {path} cannot be copied or used: {error}",
            cure=room if isDiskTrouble(error) else _DAMAGED,
        ) from None


def _nothing(status: int, remaining: int, total: int) -> None:
    """Called so that a signal is heard."""
