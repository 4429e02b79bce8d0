"""What a decision sees: the entries as they are, or as they will be when decisions under way are applied."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from gma_twisted.model import QName, Registration

__all__ = ["Overlay", "View", "sameButEnd", "textOf", "textOfNames", "textOfPairs", "weight"]

_OVERHEAD = 512
_ITEM = 16


def textOf(row: Registration) -> int:
    """
    What everything in an entry but its content counts for, all of which comes from outside: the characters of its
    texts, the bytes of its references, and 16 for every item of a list.
    """
    member = row.member
    total = len(row.entry) + len(row.name) + len(row.owner)
    for handle in member.handles:
        total += len(handle.url) + _ITEM
    for reference in member.references:
        total += len(reference) + _ITEM
    return total + textOfNames(member.interfaces) + textOfPairs(row.attributes)


def textOfNames(names: Sequence[QName]) -> int:
    """What a list of names counts for in L{textOf}."""
    total = 0
    for name in names:
        total += len(name.namespace) + len(name.localName) + _ITEM
    return total


def textOfPairs(pairs: Sequence[tuple[str, str]]) -> int:
    """What a list of attributes counts for in L{textOf}."""
    total = 0
    for name, value in pairs:
        total += len(name) + len(value) + _ITEM
    return total


def weight(row: Registration, text: int | None = None) -> int:
    """
    Bytes an entry counts for: its text, its content, and about what the tables need beside it.

    @param text: as L{textOf} counts it, when that is known
    """
    return (textOf(row) if text is None else text) + len(row.content) + _OVERHEAD


def sameButEnd(one: Registration, other: Registration) -> bool:
    """Whether two forms of an entry differ in nothing but C{until}."""
    return (
        one.member,
        one.content,
        one.name,
        one.attributes,
        one.owner,
        one.since,
        one.entry,
    ) == (
        other.member,
        other.content,
        other.name,
        other.attributes,
        other.owner,
        other.since,
        other.entry,
    )


class View(Protocol):
    """Entries, those that are gone and not yet swept included."""

    @property
    def entries(self) -> int:
        """How many entries there are."""

    @property
    def size(self) -> int:
        """What they weigh, in bytes."""

    def get(self, entry: str) -> Registration | None:
        """The entry, gone or not."""

    def known(self, handle: str, owner: str) -> Iterable[Registration]:
        """The entries of a member, by its first handle, that an owner has, the oldest first."""

    def owned(self, owner: str) -> int:
        """How many entries an owner has."""

    def everything(self) -> Iterable[Registration]:
        """Every entry, in the order their ids came."""


class Overlay:
    """
    A view with changes on top of another view, which stays as it is.

    @ivar written: every entry written here by its id, in the order they were written or came again; C{None} is removed
    @ivar entries, size: as in L{View}
    @ivar owners: how many entries each owner has more than in the view below
    """

    __slots__ = ("_added", "_base", "entries", "owners", "size", "written")

    def __init__(self, base: View) -> None:
        """@param base: must not change while this is used"""
        self._base = base
        self.written: dict[str, Registration | None] = {}
        self.entries = base.entries
        self.size = base.size
        self.owners: dict[str, int] = {}
        # Ids the base has not, or under another owner or handle, so that nothing written need be searched.
        self._added: dict[tuple[str, str], dict[str, None]] = {}

    def get(self, entry: str) -> Registration | None:
        """As in L{View}."""
        written = self.written
        return written[entry] if entry in written else self._base.get(entry)

    def known(self, handle: str, owner: str) -> Iterator[Registration]:
        """As in L{View}; nothing may be written meanwhile."""
        added = self._added.get((handle, owner), {})
        for row in self._base.known(handle, owner):
            if row.entry not in self.written:
                yield row
            elif row.entry not in added:
                held = self.written[row.entry]
                if held is not None and (held.handle, held.owner) == (handle, owner):
                    yield held
        for entry in added:
            held = self.written[entry]
            if held is not None and (held.handle, held.owner) == (handle, owner):
                yield held

    def owned(self, owner: str) -> int:
        """As in L{View}."""
        return self._base.owned(owner) + self.owners.get(owner, 0)

    def everything(self) -> Iterator[Registration]:
        """As in L{View}, but for the order; nothing may be written meanwhile."""
        for row in self._base.everything():
            if row.entry not in self.written:
                yield row
        for held in self.written.values():
            if held is not None:
                yield held

    def write(self, row: Registration, before: Registration | None, more: int) -> None:
        """
        Put an entry in its place, or add it.

        @param before: what L{get} gives in its place
        @param more: how much more it weighs than that
        """
        entry, owner = row.entry, row.owner
        if before is None:
            self.written.pop(entry, None)
            self.entries += 1
            self._owns(owner, 1)
            self._add(row)
        elif owner != before.owner or row.handle != before.handle:
            self._owns(before.owner, -1)
            self._owns(owner, 1)
            self._add(row)
        self.size += more
        self.written[entry] = row

    def remove(self, entry: str) -> None:
        """Take an entry away; no effect when it is not there."""
        before = self.get(entry)
        if before is not None:
            self.entries -= 1
            self.size -= weight(before)
            self._owns(before.owner, -1)
            self.written[entry] = None

    def _owns(self, owner: str, more: int) -> None:
        self.owners[owner] = self.owners.get(owner, 0) + more

    def _add(self, row: Registration) -> None:
        added = self._added.setdefault((row.handle, row.owner), {})
        added.pop(row.entry, None)
        added[row.entry] = None
