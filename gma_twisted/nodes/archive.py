"""A backup as one file: a tar archive that begins with C{backup.json}, which says what is in it.

It is read header by header: C{tarfile} alone would read the extensions that a header may bring (long names, attributes,
lists of holes), however large they say they are, before anybody is asked.
"""

import gzip
import hashlib
import io
import json
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import attrs

from gma_twisted.errors import ConfigError, cut
from gma_twisted.stores.journal.verify import NAME

__all__ = [
    "ENDINGS",
    "EVENTS",
    "Archive",
    "Contents",
    "KeptEvents",
    "KeptJournal",
    "openArchive",
    "writeArchive",
]

ENDINGS = (".tar", ".tar.gz", ".tgz")
"""What the name of a backup ends in; the last two are compressed."""

EVENTS = "events"
"""Name of an archive of events in the state directory, without C{.db}."""

_CONTENTS = "backup.json"
_FORMAT = 1
_WITH_EVENTS = 2
_PIECE = 1024 * 1024
_MOST_CONTENTS = 1024 * 1024
_MOST_JOURNALS = 1000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GZIP = b"\x1f\x8b"
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
_BROKEN = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError)


@attrs.frozen(slots=True)
class KeptJournal:
    """
    One journal in a backup.

    @ivar name: of it, C{registrations}
    @ivar rows: that it has
    @ivar place: of its last batch
    @ivar bytes: of its file
    @ivar sha256: of its file, in hexadecimal
    """

    name: str
    rows: int
    place: int
    bytes: int
    sha256: str

    @property
    def title(self) -> str:
        """As errors call it."""
        return f"journal {self.name}"


@attrs.frozen(slots=True)
class KeptEvents:
    """
    The archive of events in a backup.

    @ivar events: that it has
    @ivar bytes: of its file
    @ivar sha256: of its file, in hexadecimal
    """

    events: int
    bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """As it is called in the state directory."""
        return EVENTS

    @property
    def title(self) -> str:
        """As errors call it."""
        return "the archive of events"


@attrs.frozen(slots=True)
class Contents:
    """
    What a backup says of itself.

    @ivar directory: it was made of
    @ivar nodeId: of the node
    @ivar epoch: of the node's life when it was made
    @ivar made: when, seconds since 1970
    @ivar version: of the software that made it
    @ivar events: the archive of events; C{None} where it was left out
    """

    directory: str
    nodeId: str
    epoch: int
    made: float
    version: str
    journals: Sequence[KeptJournal]
    events: KeptEvents | None = None

    @property
    def files(self) -> Sequence[KeptJournal | KeptEvents]:
        """In the order in which they are in it."""
        return self.journals if self.events is None else (*self.journals, self.events)


def writeArchive(target: Path, contents: Contents, files: Path) -> None:
    """
    Write a backup and have it on the disk; only its owner may read it.

    @param target: not there yet
    @param files: directory of the journals and the archive of events, C{NAME.db} each
    @raise OSError: it cannot be written, or is there already
    """
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        mode = "w|" if ENDINGS[0] == target.suffix else "w|gz"
        with tarfile.open(fileobj=file, mode=mode, format=tarfile.GNU_FORMAT) as archive:  # type: ignore[call-overload]
            said = {"format": _FORMAT, **attrs.asdict(contents)}
            if contents.events is None:
                # As it was before there were archives of events.
                del said["events"]
            else:
                said["format"] = _WITH_EVENTS
            data = json.dumps(said, indent=1).encode() + b"\n"
            archive.addfile(_member(_CONTENTS, len(data), contents.made), io.BytesIO(data))
            for one in contents.files:
                with (files / f"{one.name}.db").open("rb") as journal:
                    archive.addfile(_member(f"{one.name}.db", one.bytes, contents.made), journal)
        file.flush()
        os.fsync(file.fileno())


def _member(name: str, size: int, made: float) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(made), 0o600
    return member


@attrs.define(slots=True, eq=False)
class Archive:
    """
    A backup that is being read, once, from its beginning.

    @ivar path: names it in errors
    @ivar contents: what it says of itself
    """

    path: Path
    contents: Contents
    _file: BinaryIO

    def extract(self, writing: Callable[[str], BinaryIO | None] | None = None) -> None:
        """
        Read all files and see that each is what it was.

        @param writing: opens what a file is written to, of its name; closed and on the disk afterwards. Without it, or
            where it opens nothing, nothing is written
        @raise ConfigError: the backup is damaged or cannot be read
        @raise OSError: a file cannot be written
        """
        for one in self.contents.files:
            with self._reading(one.title):
                header = _header(self._file)
            if header != (f"{one.name}.db", one.bytes):
                raise ConfigError(f"backup {self.path} is damaged: {one.title} is not in it")
            opened = None if writing is None else writing(one.name)
            if opened is None:
                check = self._pass(one, None)
            else:
                with opened as file:
                    check = self._pass(one, file)
                    file.flush()
                    os.fsync(file.fileno())
            if check != one.sha256:
                raise ConfigError(
                    f"backup {self.path} is damaged: {one.title} has another checksum"
                )
        with self._reading("its end"):
            # Of what is compressed this is also where its own check is.
            end = self._file.read(_PIECE)
            if len(end) < 2 * tarfile.BLOCKSIZE or end.strip(b"\0"):
                raise EOFError("it does not end as an archive does")

    def _pass(self, one: KeptJournal | KeptEvents, file: BinaryIO | None) -> str:
        check = hashlib.sha256()
        left = one.bytes
        while left:
            with self._reading(one.title):
                piece = _exactly(self._file, min(left, _PIECE))
            left -= len(piece)
            check.update(piece)
            if file is not None:
                file.write(piece)
        with self._reading(one.title):
            _exactly(self._file, -one.bytes % tarfile.BLOCKSIZE)
        return check.hexdigest()

    def _reading(self, what: str) -> Any:
        return _reading(self.path, what)


@contextmanager
def openArchive(path: Path) -> Iterator[Archive]:
    """
    Begin to read a backup.

    @raise ConfigError: it cannot be read, is no file, no backup, or one of another format
    """
    try:
        opened = open(path, "rb", opener=_openAtOnce)  # noqa: SIM115 (closed below)
    except OSError as error:
        raise ConfigError(f"backup {path} cannot be read: {error.strerror}") from None
    with opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise ConfigError(f"{path} is no file; a backup is read twice, so it must be one")
        with _reading(path, "its beginning"):
            isPlain = opened.peek(len(_GZIP))[: len(_GZIP)] != _GZIP
        unpacked = opened if isPlain else gzip.GzipFile(fileobj=opened)
        with cast(BinaryIO, unpacked) as file:
            with _reading(path, _CONTENTS):
                name, size = _header(file)
                data = b""
                if name == _CONTENTS and size <= _MOST_CONTENTS:
                    data = _exactly(file, size)
                    _exactly(file, -size % tarfile.BLOCKSIZE)
            yield Archive(path, _contents(path, data), file)


def _openAtOnce(path: str, flags: int) -> int:
    """Does not wait for who writes into a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _header(file: BinaryIO) -> tuple[str, int]:
    """
    Name and bytes of the next member.

    @raise tarfile.TarError: there is none, or it is no plain file
    """
    data = _exactly(file, tarfile.BLOCKSIZE)
    member = tarfile.TarInfo.frombuf(data, "ascii", "replace")
    if member.type not in _PLAIN:
        raise tarfile.ReadError(f"member {cut(member.name)} is no plain file")
    if member.size < 0:
        raise tarfile.ReadError(f"member {cut(member.name)} has a size below 0")
    return member.name, member.size


def _exactly(file: BinaryIO, size: int) -> bytes:
    """@raise EOFError: there are fewer"""
    data = file.read(size)
    if len(data) != size:
        raise EOFError("it ends too early")
    return data


@contextmanager
def _reading(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise ConfigError(f"backup {path} is damaged in {what}: {cut(str(error))}") from None
    except OSError as error:
        raise ConfigError(f"backup {path} cannot be read: {error.strerror}") from None


def _contents(path: Path, data: bytes) -> Contents:
    try:
        said = json.loads(data)
        if said["format"] not in (_FORMAT, _WITH_EVENTS):
            raise ConfigError(
                f"backup {path} has format {cut(str(said['format']))}, this program reads {_WITH_EVENTS}"
            )
        return _checked(said)
    except (ValueError, TypeError, LookupError, RecursionError):
        raise ConfigError(
            f"{path} is no backup: it does not begin with a {_CONTENTS} that can be read"
        ) from None


def _checked(said: Mapping[str, Any]) -> Contents:
    journals = [KeptJournal(**one) for one in said["journals"]]
    events = None if said["format"] == _FORMAT else KeptEvents(**said["events"])
    contents = Contents(
        str(said["directory"]),
        said["nodeId"],
        said["epoch"],
        float(said["made"]),
        str(said["version"]),
        journals,
        events,
    )
    sizes = () if events is None else (events.events, events.bytes)
    names = {one.name for one in journals}
    if not (
        len(names) == len(journals) <= _MOST_JOURNALS
        and all(NAME.fullmatch(name) for name in names)
        and not (events is not None and EVENTS in names)
        and _UUID.fullmatch(contents.nodeId)
        and all(
            type(number) is int and 0 <= number < 10**17
            for number in (
                contents.epoch,
                *(number for one in journals for number in (one.rows, one.place, one.bytes)),
                *sizes,
            )
        )
        and 0 <= contents.made < 10**12
    ):
        raise ValueError("out of bounds")
    return contents
