"""Every disk that a power cut may leave behind, from the trace of what was written."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random

import attrs

from tests.integration.durability.trace import (
    Change,
    Create,
    Rename,
    Said,
    Step,
    Sync,
    Truncate,
    Unlink,
    Write,
)

__all__ = ["SECTOR", "DiskState", "diskStates"]

SECTOR = 512
"""Bytes a disk writes whole or not at all."""

_PAGE = 4096
_CHANCES = (0.1, 0.5, 0.9)


@attrs.frozen(slots=True)
class DiskState:
    """
    What is found after a power cut.

    @ivar files: by path
    @ivar said: all that was reported before the cut
    @ivar cut: after which line of the trace
    @ivar how: what became of what was not yet durable
    """

    files: Mapping[str, bytes]
    said: bytes
    cut: int
    how: str

    @property
    def digest(self) -> bytes:
        """The same for the same disk after the same reports."""
        digest = hashlib.sha256(repr((len(self.said), sorted(self.files))).encode())
        for path in sorted(self.files):
            digest.update(hashlib.sha256(self.files[path]).digest())
        return digest.digest()


@attrs.define(slots=True, eq=False)
class _File:
    """The bytes of one file, whatever it is called."""

    durable: bytes = b""
    pending: list[Step] = attrs.field(factory=list)

    def content(self, random: Random | None, chance: float) -> bytes:
        """
        What may be found.

        @param random: which of what is pending has reached the disk, sector by sector; C{None} for all or nothing
        @param chance: of each
        """
        found = bytearray(self.durable)
        for step in self.pending:
            change = step.change
            isWhole = chance >= 1.0 if random is None else random.random() < chance
            if isinstance(change, Truncate):
                if isWhole:
                    _resize(found, change.size)
            elif isinstance(change, Write):
                if isWhole:
                    _put(found, change.offset, change.data)
                elif random is not None and random.random() < 0.5:
                    _tear(found, change, random)
        return bytes(found)

    def settle(self, steps: Sequence[Step]) -> None:
        """These have reached the disk, and with them the rest of the pages they are in."""
        settled = {id(step) for step in steps}
        durable = bytearray(self.durable)
        rest: list[Step] = []
        for at, step in enumerate(self.pending):
            if id(step) in settled:
                _do(durable, step.change)
                continue
            later = [one.change for one in self.pending[at + 1 :] if id(one) in settled]
            for piece in _pages(step.change):
                if _isCarried(piece, later):
                    _do(durable, piece)
                elif not _isCut(piece, later):
                    rest.append(attrs.evolve(step, change=piece))
        self.durable = bytes(durable)
        self.pending = rest


def _do(content: bytearray, change: Change) -> None:
    if isinstance(change, Write):
        _put(content, change.offset, change.data)
    elif isinstance(change, Truncate):
        _resize(content, change.size)


def _pages(change: Change) -> Iterator[Change]:
    """A write page by page, anything else as it is."""
    if not isinstance(change, Write):
        yield change
        return
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        stop = min(end, (start // _PAGE + 1) * _PAGE)
        data = change.data[start - change.offset : stop - change.offset]
        yield Write(change.path, start, data)
        start = stop


def _isCarried(piece: Change, later: Sequence[Change]) -> bool:
    """Whether a page is written with what came later."""
    return isinstance(piece, Write) and any(
        isinstance(one, Write)
        and one.offset // _PAGE <= piece.offset // _PAGE
        and piece.offset // _PAGE <= (one.offset + len(one.data) - 1) // _PAGE
        for one in later
    )


def _isCut(piece: Change, later: Sequence[Change]) -> bool:
    """Whether something later took it away."""
    return any(
        isinstance(one, Truncate) and (not isinstance(piece, Write) or one.size <= piece.offset)
        for one in later
    )


def _resize(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        _resize(content, offset)
    content[offset : offset + len(data)] = data


def _tear(content: bytearray, write: Write, random: Random) -> None:
    """Some sectors of a write; the file may have grown without any of them."""
    if random.random() < 0.3:
        _resize(content, max(len(content), write.offset + len(write.data)))
    end = write.offset + len(write.data)
    start = write.offset
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        if random.random() < 0.5:
            _put(content, start, write.data[start - write.offset : stop - write.offset])
        start = stop


_Naming = Create | Rename | Unlink


@attrs.define(slots=True, eq=False)
class _Disk:
    """A disk on the way through a trace; names are as durable as their directory."""

    directory: str
    durable: dict[str, _File]
    names: dict[str, _File]
    pending: list[tuple[Step, _File]] = attrs.field(factory=list)
    said: bytes = b""
    _covered: dict[int, list[Step]] = attrs.field(factory=dict)
    _running: set[int] = attrs.field(factory=set)
    # What no synchronisation will write any more, since one failed with it.
    _forgotten: set[int] = attrs.field(factory=set)

    def begin(self, step: Step) -> None:
        """A call was entered: from now on it may have an effect."""
        change = step.change
        self._running.add(id(step))
        match change:
            case Said():
                self.said += change.data
            case Sync():
                self._covered[id(step)] = self._complete(change.path)
            case Write() | Truncate():
                self.names[change.path].pending.append(step)
            case Create():
                self.pending.append((step, _File()))
                self._name(self.names, *self.pending[-1])
            case Rename() | Unlink():
                self.pending.append((step, self.names[change.path]))
                self._name(self.names, *self.pending[-1])

    def end(self, step: Step) -> None:
        """A call returned: only now a sync has made anything durable."""
        self._running.discard(id(step))
        change = step.change
        if not isinstance(change, Sync):
            return
        covered = self._covered.pop(id(step))
        if change.hasFailed:
            self._forgotten.update(one.begun for one in covered)
            return
        if change.path != self.directory:
            self.names[change.path].settle(covered)
            return
        settled = {id(one) for one in covered}
        for naming, file in self.pending:
            if id(naming) in settled:
                self._name(self.durable, naming, file)
        self.pending = [pair for pair in self.pending if id(pair[0]) not in settled]

    def _complete(self, path: str) -> list[Step]:
        steps = (
            [step for step, _ in self.pending]
            if path == self.directory
            else self.names[path].pending
        )
        return [
            step
            for step in steps
            if id(step) not in self._running and step.begun not in self._forgotten
        ]

    def _name(self, names: dict[str, _File], step: Step, file: _File) -> None:
        match step.change:
            case Create(path):
                names[path] = file
            case Rename(path, to):
                names.pop(path, None)
                names[to] = file
            case Unlink(path):
                names.pop(path, None)

    def found(self, random: Random | None, chance: float) -> Mapping[str, bytes]:
        """What a cut now leaves; names are changed in their order, as file systems with a journal do."""
        names = dict(self.durable)
        count = len(self.pending)
        if random is not None:
            count = random.randint(0, count)
        elif chance < 1.0:
            count = 0
        for naming, file in self.pending[:count]:
            self._name(names, naming, file)
        return {path: file.content(random, chance) for path, file in names.items()}


def diskStates(
    steps: Iterable[Step],
    directory: str,
    before: Mapping[str, bytes],
    random: Random,
    each: int = 4,
    share: float = 1.0,
    told: set[bytes] | None = None,
) -> Iterator[DiskState]:
    """
    Disks after a cut at every boundary of a system call.

    At each boundary: everything written is there; only what was synced is there; and some where each write since
    the last sync of its file is there, missing, or torn at sectors.

    @param directory: where the files are
    @param before: the durable files at the start of the trace
    @param random: chooses
    @param each: how many random disks a boundary
    @param share: chance of a boundary to be looked at
    @param told: digests of disks that are left out; those that are given are added
    @return: no two alike
    """
    files = {path: _File(content) for path, content in before.items()}
    disk = _Disk(directory, files, dict(files))
    told = set() if told is None else told
    boundaries = [(step.begun, 0, number, step) for number, step in enumerate(steps)]
    boundaries += [(step.ended, 1, number, step) for _, _, number, step in boundaries]
    for line, isEnd, _, step in sorted(boundaries, key=lambda one: (one[0], one[2], one[1])):
        (disk.end if isEnd else disk.begin)(step)
        if share < 1.0 and random.random() >= share:
            continue
        choices: list[tuple[str, Random | None, float]] = [
            ("all written", None, 1.0),
            ("only synced", None, 0.0),
        ]
        choices += [("torn", random, chance) for chance in random.choices(_CHANCES, k=each)]
        for how, chooser, chance in choices:
            state = DiskState(disk.found(chooser, chance), disk.said, line, how)
            if (digest := state.digest) not in told:
                told.add(digest)
                yield state
