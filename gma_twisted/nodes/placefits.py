"""Where a node keeps things and where it listens, checked one against the other, and against the disk."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from gma_twisted.configuration import Draft, Listen, Mistake
from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.kinds import PATH
from gma_twisted.configuration.tls import FILES
from gma_twisted.model.network import isLoopback
from gma_twisted.netlogger.dataurl import TCP, DataUrl

__all__ = ["placeDoubts", "placeMistakes"]

_OWN = 'choose a directory that has nothing else in it, "/var/lib/gma-lines", for example'
_LINES = ("streams", "files")
_ANY = ("", "0.0.0.0", "::")
# Beside an SQLite database, and what a node puts beside an archive.
_BESIDE = ("", ".lock", "-wal", "-shm")


def placeMistakes(draft: Draft, stateDir: Path, listens: Sequence[Listen]) -> Iterator[Mistake]:
    """What is wrong: lines could be appended to files of the node, or a port is bound twice."""
    if draft.reads(("streams",)):
        yield from _spoiling(draft, stateDir)
    if draft.reads(("consumer",)) and draft.reads(("node",)):
        yield from _twice(draft.configuration.consumer.listen, listens)


def placeDoubts(draft: Draft) -> Iterator[str]:
    """Places that are not there, or not as they must be, as the disk is now. @return: a line each"""
    configuration = draft.configuration
    files, archive = configuration.streams.files, configuration.archive.file
    if files is not None and not Path(files).is_dir():
        why = "is no directory" if os.path.lexists(files) else "is not there"
        yield _doubt(draft, _LINES, f"{files} {why}: no lines can be appended until it is made")
    if archive is None:
        return
    path = Path(archive).absolute()
    if path.is_dir():
        why = f"{path} is a directory; name a file in it, {path / 'events.db'}"
        yield _doubt(draft, ("archive", "file"), why)
    elif not path.parent.is_dir():
        why = f"the directory {path.parent} is not there: the archive cannot be made"
        yield _doubt(draft, ("archive", "file"), why)


def _doubt(draft: Draft, path: tuple[str, ...], why: str) -> str:
    return f"{draft.source.where(path)}: warning: {why}"


def _spoiling(draft: Draft, stateDir: Path) -> Iterator[Mistake]:
    files = draft.configuration.streams.files
    if files is None or not files.startswith("/"):
        return
    below, state = _real(files), _real(stateDir)
    if _isWithin(state, below) or _isWithin(below, state):
        how = "is" if below == state else "is in" if _isWithin(below, state) else "holds"
        why = f"{files} {how} the state directory, {stateDir}: who asks for lines could spoil what the node keeps"
        yield Mistake(_LINES, why, _OWN)
        return
    for path, file in _filesOf(draft, stateDir):
        if _isWithin(_real(file), below):
            name = ".".join(path)
            why = f"{files} holds {file} of {name}: who asks for lines could spoil it"
            yield Mistake(_LINES, why, _OWN)
            return


def _real(path: str | Path) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:
        # Nothing is called so.
        return os.devnull


def _isWithin(path: str, directory: str) -> bool:
    return os.path.commonpath((path, directory)) == directory


def _filesOf(draft: Draft, stateDir: Path) -> Iterator[tuple[tuple[str, ...], Path]]:
    """All files that are named, by their keys; the configuration too."""
    beside = Path(draft.source.name).absolute().parent
    if draft.source.text:
        yield ("the configuration",), Path(draft.source.name).absolute()
    for path, value in _named(draft.configuration, ()):
        if path == _LINES or path == ("node", "state_dir"):
            continue
        # Where one is looked for that is named by a part of its path differs.
        bases = (stateDir,) if path[0] == "audit" else (Path.cwd(), beside)
        for base in bases:
            for more in _BESIDE if path[0] == "archive" else ("",):
                yield path, base / (value + more)


def _named(section: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for field in attrs.fields(type(section)):
        value = getattr(section, field.name)
        if isinstance(value, Mapping):
            for name, one in value.items():
                if attrs.has(type(one)):
                    yield from _ofSection(one, (*path, field.name, str(name)))
        elif attrs.has(type(value)):
            yield from _ofSection(value, (*path, field.name))


def _ofSection(section: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for one in keys(type(section)):
        value = getattr(section, one.attribute)
        if one.kind is PATH and value is not None:
            yield (*path, one.name), value
        elif one.kind is FILES:
            for file in value:
                yield (*path, one.name), file


def _twice(lines: Sequence[DataUrl], listens: Sequence[Listen]) -> Iterator[Mistake]:
    for index, url in enumerate(lines):
        for one in listens:
            if url.scheme == TCP and one.port == url.ports[0] and _areOne(url.host, one.interface):
                why = f'"{url}" is the port of "{one.text}", where the node answers'
                yield Mistake(("consumer", "listen", index), why, "choose another port")


def _areOne(one: str, other: str) -> bool:
    if one in _ANY or other in _ANY:
        return True
    if "localhost" in (one, other):
        return isLoopback(one) and isLoopback(other)
    return one == other
