"""What a restart would find in a journal, told without a restart: a copy is loaded as a node loads the original.

So there is no second reader that could think otherwise, and nothing of the journal is changed. Everything here blocks.
"""

import enum
import os
import re
from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory, gettempdir

import attrs

from gma_twisted.errors import ConfigError, ServiceError
from gma_twisted.stores.journal.batch import VERSION, Head, encodeBatch, purposeOf
from gma_twisted.stores.journal.damage import Quarantined
from gma_twisted.stores.journal.database import Database
from gma_twisted.stores.journal.machine import Anchor
from gma_twisted.stores.journal.snapshot import FILES, takeSnapshot

__all__ = [
    "NAME",
    "Restart",
    "Verdict",
    "journalNames",
    "loaded",
    "strangeFiles",
    "verifyJournal",
]

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}")
"""What the name of a journal is like."""

_SUFFIX = ".db"
_TABLE = b"CREATE TABLE batches"
_SQLITE = b"SQLite format 3\0"
_PAGE = 4096
_FIRST = 16 * _PAGE
_MOST = 1000
_LISTED = 1000


class Restart(enum.Enum):
    """What a restart does with a journal."""

    SERVE = "serve"
    """All of it is served."""
    QUARANTINE = "quarantine"
    """What is damaged is kept aside and named in the log, everything else served."""
    REFUSE = "refuse"
    """The node does not start."""


@attrs.frozen(slots=True)
class Verdict:
    """
    What was found in one journal.

    @ivar name: of the journal, C{registrations}
    @ivar rows: that a restart serves, but for those whose time has passed
    @ivar batches: that it has
    @ivar bytes: of these
    @ivar place: of the last one
    @ivar damaged: damaged parts, the first 1,000
    @ivar damages: how many that are
    @ivar refusal: why a restart refuses it and what to try, in a sentence; empty when it does not
    @ivar troubles: what is wrong without harm, a sentence each
    """

    name: str
    rows: int = 0
    batches: int = 0
    bytes: int = 0
    place: int = 0
    damaged: Sequence[Quarantined] = ()
    damages: int = 0
    refusal: str = ""
    troubles: Sequence[str] = ()

    @property
    def restart(self) -> Restart:
        """What a restart does with it."""
        if self.refusal:
            return Restart.REFUSE
        return Restart.QUARANTINE if self.damages else Restart.SERVE

    @property
    def isGood(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.refusal or self.damages or self.troubles)


def journalNames(directory: str) -> Sequence[str]:
    """
    The names of the journals in a state directory, sorted; also of one whose database is lost and whose mark is not.

    @raise ConfigError: it cannot be read, or has more than 1,000
    """
    names = [name for name, isJournal in _named(directory).items() if isJournal]
    if len(names) > _MOST:
        raise ConfigError(f"{directory} has {len(names)} journals; {_MOST} are the most it may")
    return sorted(names)


def strangeFiles(directory: str) -> Sequence[str]:
    """
    The names of files in a state directory that are called as journals are and are none, sorted: a node leaves them
    alone, and so does who looks after journals.

    @raise ConfigError: it cannot be read
    """
    names = [name for name, isJournal in _named(directory).items() if not isJournal]
    return sorted([name + _SUFFIX for name in names])


def _named(directory: str) -> Mapping[str, bool]:
    """What is called as a journal is, and whether it is one."""
    try:
        files = os.listdir(directory)
    except OSError as error:
        raise ConfigError(f"{directory} cannot be read: {error.strerror}") from None
    ends = tuple(_SUFFIX + end for end in FILES)
    names = {file.rpartition(_SUFFIX)[0] for file in files if file.endswith(ends)}
    return {name: _isJournal(directory, name) for name in names}


def _isJournal(directory: str, name: str) -> bool:
    """
    Whether a file is a journal, or what is left of one: it has a mark, is empty or not there at all, or makes the table
    of batches at its beginning or that of its log. SQLite is not asked: it would make files beside one that was killed.
    """
    path = os.path.join(directory, name + _SUFFIX)
    if not NAME.fullmatch(name):
        return False
    if os.path.lexists(path + ".mark"):
        return True
    try:
        first = _beginning(path)
        tables = first + _beginning(path + "-wal")
        # One page, and no table in the log either, is of a journal whose first moment was its last.
        isBegun = len(first) == _PAGE and first.startswith(_SQLITE) and b"CREATE" not in tables
        return not first or isBegun or _TABLE in tables
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def _beginning(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_FIRST)
    except FileNotFoundError:
        return b""


def verifyJournal(directory: str, name: str) -> Verdict:
    """
    Read a journal as a restart would. Nothing in the directory is changed; a node may run there.

    It is copied into a directory for temporary files for as long as this takes.

    @param name: one of L{journalNames}
    @raise Busy: it is written too fast to be copied
    @raise ServiceError: it cannot be copied
    """
    path = os.path.join(directory, name + _SUFFIX)
    try:
        with TemporaryDirectory(prefix="gma-verify-", ignore_cleanup_errors=True) as place:
            copy = os.path.join(place, name + _SUFFIX)
            takeSnapshot(path, copy)
            return loaded(copy, name, path)
    except OSError as error:
        raise ServiceError(
            f"{path} is looked at in {gettempdir()} (TMPDIR says where), which cannot be written:"
            f" {error.strerror}"
        ) from None


def loaded(copy: str, name: str, path: str = "") -> Verdict:
    """
    Load a copy as a restart does: what is damaged is kept aside in it, a mark is made, it is one file then.

    @param path: what errors call it; the copy itself by default
    """
    database = Database(copy, name, name=path or copy)
    blank = encodeBatch(Head(VERSION, purposeOf(name), 1, 1, 1, Anchor(bytes(8), 0.0, 0.0)), [], [])
    try:
        replay = database.load(blank[0])
    except (ServiceError, ConfigError) as error:
        return Verdict(name, refusal=error.message, troubles=database.troubles)
    rows = replay.rows()
    database.close()
    return Verdict(
        name,
        rows=len(rows),
        batches=replay.place - replay.first + 1,
        bytes=replay.total,
        place=replay.place,
        damaged=replay.quarantined[:_LISTED],
        damages=len(replay.quarantined),
        troubles=database.troubles,
    )
