"""A state directory into one file, and back. Everything here blocks; a node may run in the directory that is copied.

What root brings back into a directory of somebody else it writes as that user: whatever links stand or appear there,
they lead root to nothing that this user could not write.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import gma_twisted
from gma_twisted.errors import ConfigError
from gma_twisted.events.archive.copying import copyArchive, renewArchive
from gma_twisted.nodes.archive import (
    ENDINGS,
    EVENTS,
    Archive,
    Contents,
    KeptEvents,
    KeptJournal,
    openArchive,
    writeArchive,
)
from gma_twisted.nodes.state import UNFINISHED, StateDirectory
from gma_twisted.stores.journal.snapshot import takeSnapshot
from gma_twisted.stores.journal.verify import Verdict, journalNames, loaded

__all__ = ["EPOCHS_AHEAD", "makeBackup", "restoreBackup"]

EPOCHS_AHEAD = 20 * 366 * 86_400_000
"""
How far the epoch of a restored state is ahead of all that is known, in the milliseconds that epochs are: 20 years.

Lives after the backup had epochs that the backup does not know, and subscribers refuse lower ones. The clock tells of
those lives, unless it was wrong then, or is now: by ten years in either case it does no harm.
"""

_BEHIND = (
    "the clock is behind the backup, or behind the archive of events in it: the archive begins a new life, and"
    " consumers are given all it has once more"
)
_PIECE = 1024 * 1024
_LOCK = "lock"


def _nobody(said: str) -> None:
    """Nobody is told."""


def makeBackup(
    directory: Path,
    target: Path,
    wallTime: float,
    isReplacing: bool = False,
    hasEvents: bool = False,
) -> tuple[Contents, Sequence[Verdict]]:
    """
    Copy a state directory into one file, each journal as it is at one moment. What was written is read back and
    loaded as a restart would; only then it gets its name.

    @param target: ends in one of L{ENDINGS <gma_twisted.nodes.archive.ENDINGS>}
    @param wallTime: now, seconds since 1970
    @param isReplacing: whether C{target} may be there, and goes when the new one is whole
    @param hasEvents: whether the archive of events in the directory is in it, too
    @return: what it contains, and what is wrong with each journal that a restart would use all the same
    @raise ConfigError: nothing is there to be copied, C{target} is there or cannot be written, or a restart would
        refuse a journal or the archive
    @raise Busy, ServiceError: see L{takeSnapshot <gma_twisted.stores.journal.snapshot.takeSnapshot>}
    """
    _admit(target, isReplacing)
    state = StateDirectory(directory)
    names, nodeId = journalNames(str(directory)), state.keptNodeId()
    if not nodeId:
        raise ConfigError(f"{directory} is no state directory of a node: it has no node-id")
    epoch = state.keptEpoch()
    try:
        with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as place:
            copies = Path(place, "copies")
            copies.mkdir(mode=0o700)
            verdicts = []
            for name in names:
                path = directory / f"{name}.db"
                takeSnapshot(str(path), str(copies / path.name))
                verdicts.append(_usable(loaded(str(copies / path.name), name, str(path))))
            journals = [_kept(copies, one) for one in verdicts]
            events = _keptEvents(directory, copies) if hasEvents else None
            version = gma_twisted.__version__
            contents = Contents(str(directory), nodeId, epoch, wallTime, version, journals, events)
            draft = Path(place, target.name)
            writeArchive(draft, contents, copies)
            _readBack(draft, Path(place, "again"))
            _publish(draft, target, isReplacing)
    except OSError as error:
        raise ConfigError(f"backup {target} cannot be written: {error.strerror}") from None
    return contents, verdicts


def _admit(target: Path, isReplacing: bool) -> None:
    if not target.name.endswith(ENDINGS):
        raise ConfigError(
            f"{target} has no name of a backup; it ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
        )
    if not isReplacing and os.path.lexists(target):
        raise ConfigError(f"{target} is there already; it is left as it is")
    if not target.parent.is_dir():
        raise ConfigError(f"{target} cannot be written: there is no directory {target.parent}")


def _usable(verdict: Verdict) -> Verdict:
    if verdict.refusal:
        raise ConfigError(verdict.refusal)
    return verdict


def _kept(copies: Path, verdict: Verdict) -> KeptJournal:
    size, check = _summed(copies / f"{verdict.name}.db")
    return KeptJournal(verdict.name, verdict.rows, verdict.place, size, check)


def _keptEvents(directory: Path, copies: Path) -> KeptEvents:
    path, copy = directory / f"{EVENTS}.db", copies / f"{EVENTS}.db"
    if not path.is_file():
        raise ConfigError(
            f"{directory} has no archive of events, {path.name}",
            cure="make the backup without it; one elsewhere is copied by sqlite3 FILE '.backup COPY'",
        )
    events = copyArchive(str(path), str(copy))
    return KeptEvents(events, *_summed(copy))


def _summed(path: Path) -> tuple[int, str]:
    """Bytes and SHA-256 of a file."""
    check = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            check.update(piece)
        return file.tell(), check.hexdigest()


def _readBack(draft: Path, place: Path) -> None:
    place.mkdir(mode=0o700)
    with openArchive(draft) as archive:
        # That of events was looked at as a whole, and is as large as a disk: its sum is enough.
        archive.extract(lambda name: None if name == EVENTS else _making(place, name))
        for one in archive.contents.journals:
            _compare(one, place)
    shutil.rmtree(place)


def _making(place: Path, name: str) -> BinaryIO:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(place / f"{name}.db", flags, 0o600), "wb")


def _compare(kept: KeptJournal, place: Path) -> Verdict:
    """Load a journal of a backup. @raise ConfigError: it is not what the backup says"""
    verdict = _usable(loaded(str(place / f"{kept.name}.db"), kept.name))
    if (verdict.rows, verdict.place) != (kept.rows, kept.place):
        raise ConfigError(
            f"journal {kept.name} has {verdict.rows} rows up to batch {verdict.place};"
            f" the backup says {kept.rows} and {kept.place}"
        )
    return verdict


def _publish(draft: Path, target: Path, isReplacing: bool) -> None:
    try:
        if isReplacing:
            draft.replace(target)
        else:
            # Unlike a rename it leaves what somebody else has put there meanwhile.
            os.link(draft, target)
    except FileExistsError:
        raise ConfigError(f"{target} is there already; it is left as it is") from None
    except OSError:
        if isReplacing:
            raise
        # A file system without links.
        draft.rename(target)
    _synchronise(target.parent)


def _synchronise(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def restoreBackup(
    backup: Path, directory: Path, wallTime: float, tell: Callable[[str], None] = _nobody
) -> Contents:
    """
    Make a state directory of a backup. Until all of it is there and durable no node starts in it, whatever happens.

    The node is the same one, and its next life has a higher epoch than any that subscribers have heard of; see
    L{EPOCHS_AHEAD}. Each journal has the mark of its last batch, so that a loss at its end is noticed.

    @param directory: not there yet, or empty
    @param wallTime: now, seconds since 1970
    @param tell: told, as a sentence, what is otherwise than usual
    @raise ConfigError: C{backup} is damaged or none, or C{directory} is not empty, belongs to a running node or cannot
        be written; nothing is left in it
    """
    with openArchive(backup) as archive:
        archive.extract()
    with openArchive(backup) as archive, _asOwner(directory):
        state = StateDirectory(directory, cure="restore to another place")
        if owner := state.holder():
            raise ConfigError(
                f"{directory} belongs to a running node (process {owner}); stop it first"
            )
        # Before anything is made in it, and again when nobody else can.
        _vacant(state)
        wasThere = directory.exists()
        state.open()
        try:
            _vacant(state)
            with _tidied(directory, wasThere):
                state.beginRestore()
                _bringBack(archive, state, wallTime, tell)
        finally:
            state.close()
    return archive.contents


def _bringBack(
    archive: Archive, state: StateDirectory, wallTime: float, tell: Callable[[str], None]
) -> None:
    directory, contents = state.path, archive.contents
    archive.extract(partial(_making, directory))
    for one in contents.journals:
        _compare(one, directory)
    if contents.events is not None:
        isSame = renewArchive(str(directory / f"{EVENTS}.db"), wallTime, contents.made)
        if not isSame:
            tell(_BEHIND)
    _synchronise(directory)
    known = (contents.epoch, int(contents.made * 1000), int(wallTime * 1000))
    state.endRestore(contents.nodeId, max(known) + EPOCHS_AHEAD)


def _vacant(state: StateDirectory) -> None:
    directory = state.path
    try:
        found = sorted(set(os.listdir(directory)) - {_LOCK})
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"{directory} cannot be used: {error.strerror}") from None
    if found:
        # Says it when that is what an unfinished restore left.
        state.admit()
        raise ConfigError(
            f"{directory} is not empty: it has {found[0]}; stop the node that uses it and move it away,"
            " or restore to another place"
        )


@contextmanager
def _tidied(directory: Path, wasThere: bool) -> Iterator[None]:
    """Leave nothing of what failed. @raise ConfigError: in place of an OSError"""
    isDone = False
    try:
        yield
        isDone = True
    except OSError as error:
        raise ConfigError(f"{directory} cannot be written: {error.strerror}") from None
    finally:
        if not isDone:
            # Goes last: as long as it is there no node starts here.
            with suppress(OSError):
                for path in sorted(directory.iterdir(), key=lambda path: path.name == UNFINISHED):
                    path.unlink()
                if not wasThere:
                    directory.rmdir()


@contextmanager
def _asOwner(directory: Path) -> Iterator[None]:
    """
    Be whom a directory belongs to: the node's own user. One that is not there yet is his who has the next above.

    @raise ConfigError: it is of another user, and this one cannot become him
    """
    me = os.geteuid()
    try:
        places = (directory, *directory.parents) if not me else (directory,)
        owner = next((place.stat() for place in places if place.exists()), None)
        with ExitStack() as back:
            if owner is not None and owner.st_uid != me:
                back.callback(os.setgroups, os.getgroups())
                os.setgroups([])
                back.callback(os.setegid, os.getegid())
                os.setegid(owner.st_gid)
                back.callback(os.seteuid, me)
                os.seteuid(owner.st_uid)
            back = back.pop_all()
    except OSError as error:
        raise ConfigError(
            f"{directory} belongs to another user, or cannot be looked at: {error.strerror};"
            " restore as that user, or as root"
        ) from None
    with back:
        yield
