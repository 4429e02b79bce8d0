"""Whether a chain is as it was written, and where it is not."""

import enum
import os
from collections.abc import Callable, Iterator, Sequence

import attrs

from gma_twisted.errors import Busy, ConfigError
from gma_twisted.security.audit.chain import BEGINNING, Link, readLink
from gma_twisted.security.audit.head import Head, headPath, readHead
from gma_twisted.security.audit.reading import Line, chainFiles, linesOf

__all__ = ["Break", "BreakKind", "Verdict", "verifyChain"]

_ATTEMPTS = 20
_NOTES = 100


class BreakKind(enum.Enum):
    """What was done to a chain."""

    CHANGED = "changed"
    """A line is not as it was written."""

    REMOVED = "removed"
    """Lines are not there."""

    REORDERED = "reordered"
    """A line is not in its place."""

    TRUNCATED = "truncated"
    """Lines, or the end of one, are missing at the end."""


@attrs.frozen(slots=True)
class Break:
    """
    The first place where a chain is not as it was written.

    @ivar kind: what was done
    @ivar file: path of the file
    @ivar line: number in that file, from 1 on; 0 for the file as a whole
    @ivar said: what is wrong, in a sentence
    """

    kind: BreakKind
    file: str
    line: int
    said: str


@attrs.frozen(slots=True)
class Verdict:
    """
    What was found.

    @ivar files: how many there are
    @ivar lines: that are right, up to the first break
    @ivar first: number of the first line; 0 when there is none
    @ivar last: number of the last line that is right
    @ivar hash: of that line
    @ivar notes: what the audit says of itself, the first 100: file, line and sentence
    @ivar broken: the first break; C{None} when all is right
    """

    files: int
    lines: int
    first: int
    last: int
    hash: str
    notes: Sequence[tuple[str, int, str]] = ()
    broken: Break | None = None


def verifyChain(path: str) -> Verdict:
    """
    Read a whole chain. Nothing is changed; a node may write it meanwhile.

    @param path: of the file that is written
    @raise ConfigError: there is none, or a file cannot be read
    @raise Busy: files come and go faster than they are read
    """
    try:
        for _ in range(_ATTEMPTS):
            before = _life(path)
            try:
                head = readHead(path)
                verdict = _Walk(path, head, chainFiles(path)).verdict()
            except FileNotFoundError:
                continue
            if verdict.broken is None or _life(path) == before:
                return verdict
    except OSError as error:
        raise ConfigError(f"{error.filename or path} cannot be read: {error.strerror}") from None
    raise Busy(f"the audit {path} is written too fast to be read; try again")


def _life(path: str) -> object:
    """What is another when lines or files have come or gone."""
    files = chainFiles(path)
    if not files and not os.path.exists(headPath(path)):
        raise ConfigError(f"there is no audit {path}")
    try:
        return files, os.stat(path).st_size
    except FileNotFoundError:
        return files, -1


@attrs.define(slots=True, eq=False)
class _Walk:
    """One way along a chain."""

    path: str
    head: Head | None
    files: Sequence[str]
    _last: Link | None = attrs.field(default=None, init=False)
    _first: int = attrs.field(default=0, init=False)
    _count: int = attrs.field(default=0, init=False)
    # Number of the last line in the file that is written.
    _end: int = attrs.field(default=0, init=False)
    _notes: list[tuple[str, int, str]] = attrs.field(factory=list, init=False)

    def verdict(self) -> Verdict:
        broken = None
        lines = linesOf(self.files)
        for line in lines:
            broken = self._wrong(line)
            if broken is not None:
                if broken.kind is BreakKind.REMOVED and self._last is not None:
                    broken = self._orMoved(broken, self._last.sequence + 1, lines)
                break
        if broken is None:
            broken = self._endsWrong()
        last = self._last
        return Verdict(
            len(self.files),
            self._count,
            self._first,
            0 if last is None else last.sequence,
            BEGINNING if last is None else last.hash,
            self._notes,
            broken,
        )

    def _wrong(self, line: Line) -> Break | None:
        """What is wrong with a line; nothing when it goes on with the chain."""
        link = readLink(line.data)
        at = _at(line)
        if link is None:
            if not line.data.endswith(b"\n") and line.file == self.files[-1]:
                return at(BreakKind.TRUNCATED, "the line is not whole")
            return at(BreakKind.CHANGED, "the line is not as it was written")
        broken = self._begins(link, at) if self._last is None else self._goesOn(link, at)
        broken = broken or self._unlikeHead(link, at)
        if broken is None:
            self._take(link, line)
        return broken

    def _unlikeHead(self, link: Link, at: "_Said") -> Break | None:
        head = self.head
        if head is None or link.sequence != head.sequence or link.hash == head.hash:
            return None
        return at(BreakKind.CHANGED, "the line is another than the one the head tells of")

    def _begins(self, link: Link, at: "_Said") -> Break | None:
        first = 1 if self.head is None else self.head.first
        if link.sequence > first and self.head is not None:
            return at(BreakKind.REMOVED, f"lines {first} to {link.sequence - 1} are not there")
        if link.sequence == 1 and link.previous != BEGINNING:
            return at(BreakKind.CHANGED, "the first line follows another one")
        return None

    def _goesOn(self, link: Link, at: "_Said") -> Break | None:
        assert self._last is not None
        wanted = self._last.sequence + 1
        if link.sequence < wanted:
            said = f"line {link.sequence} is here, where line {wanted} belongs"
            return at(BreakKind.REORDERED, said)
        if link.sequence > wanted:
            gap = f"lines {wanted} to {link.sequence - 1} are"
            if link.sequence == wanted + 1:
                gap = f"line {wanted} is"
            return at(BreakKind.REMOVED, f"{gap} not there")
        if link.previous != self._last.hash:
            return at(BreakKind.CHANGED, "the line does not follow the one before it")
        return None

    def _orMoved(self, broken: Break, wanted: int, rest: Iterator[Line]) -> Break:
        """What was removed, unless it comes later."""
        for line in rest:
            link = readLink(line.data)
            if link is not None and link.sequence == wanted:
                said = f"line {wanted} comes later, as line {line.number} of {line.file}"
                return attrs.evolve(broken, kind=BreakKind.REORDERED, said=said)
        return broken

    def _take(self, link: Link, line: Line) -> None:
        if self._last is None:
            self._first = link.sequence
        self._last = link
        self._count += 1
        self._end = line.number if line.file == self.path else 0
        fields = link.fields
        if fields.get("operation") == "audit" and len(self._notes) < _NOTES:
            self._notes.append((line.file, line.number, str(fields.get("target", ""))))

    def _endsWrong(self) -> Break | None:
        """What is wrong behind the last line."""
        head, last = self.head, self._last
        if head is None:
            said = "the head is not there: nobody can tell whether lines were cut off the end"
            return Break(BreakKind.REMOVED, headPath(self.path), 0, said)
        reached = head.first - 1 if last is None else last.sequence
        if reached < head.sequence:
            said = f"lines {reached + 1} to {head.sequence} are not there"
            return Break(BreakKind.TRUNCATED, self.path, self._end + 1, said)
        return None


_Said = Callable[[BreakKind, str], Break]


def _at(line: Line) -> _Said:
    return lambda kind, said: Break(kind, line.file, line.number, said)
