"""From batches to rows: what is there when all of them have been done in order."""

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import NoReturn

import attrs

from gma_twisted.errors import ConfigError, ServiceError
from gma_twisted.stores.journal.batch import VERSION, Head, Part, purposeOf, readPart
from gma_twisted.stores.journal.damage import Damage, Quarantined
from gma_twisted.stores.journal.machine import Anchor, shiftSince
from gma_twisted.stores.journal.record import Entry, keyCheck
from gma_twisted.stores.recording import Record, RecordKind, Stored

__all__ = ["REMEDY", "Replay", "position"]

REMEDY = "restore it from a copy, or move it, its -wal and its .mark away to begin with nothing"

_NUMBERS = 24

Row = tuple[bytes, int, int, bytes, tuple[float, ...], bytes, int]
"""Key, position of the first PUT, place of the last, boot of the instants, instants, payload, bytes."""


def position(place: int, number: int) -> int:
    """What orders the records of all batches: place and number in one."""
    return place << _NUMBERS | number


@attrs.define(eq=False, slots=True)
class Replay:
    """
    Takes the parts of a journal in the order of their places.

    A record that is damaged takes no row with it but its own: that row is not served, until a later record says all
    the damaged one said. An older state of it is never served in its stead.

    @ivar path: names the journal in errors
    @ivar kind: what it must be for
    @ivar kept: takes the place, the number and the bytes of every damaged record
    @ivar total: bytes of all parts
    @ivar quarantined: all that is damaged, complete when L{rows} was called
    """

    path: str
    kind: str
    kept: Callable[[int, Damage], None]
    total: int = attrs.field(default=0, init=False)
    quarantined: list[Quarantined] = attrs.field(factory=list, init=False)
    _head: Head | None = attrs.field(default=None, init=False)
    _lowest: int = attrs.field(default=0, init=False)
    _rows: dict[bytes, Row] = attrs.field(factory=dict, init=False, repr=False)
    _anchors: dict[bytes, Anchor] = attrs.field(factory=dict, init=False, repr=False)
    _boots: dict[bytes, bytes] = attrs.field(factory=dict, init=False, repr=False)
    _boot: bytes = attrs.field(default=b"", init=False)
    # Damaged records: place and record; by key, while no later record has said all that they did.
    _damages: list[tuple[int, Damage]] = attrs.field(factory=list, init=False, repr=False)
    _open: dict[bytes, list[int]] = attrs.field(factory=dict, init=False, repr=False)
    # Keys by their check: made when the first key cannot be read, and kept up from there.
    _keys: dict[int, set[bytes]] | None = attrs.field(default=None, init=False, repr=False)
    _hopeless: set[int] = attrs.field(factory=set, init=False, repr=False)

    @property
    def place(self) -> int:
        """Of the last part; 0 before the first."""
        return 0 if self._head is None else self._head.place

    @property
    def first(self) -> int:
        """Of the first part."""
        return self._lowest

    def add(self, place: int, body: object) -> None:
        """
        Take the next part.

        @param place: where it was found
        @raise ServiceError: it does not follow on the one before, or cannot be read
        @raise ConfigError: the journal is of another format or for something else
        """
        if self._head is not None and place != self._head.place + 1:
            self._refuse(f"batches {self._head.place + 1} to {place - 1} are missing")
        part = self._read(place, body)
        if self._head is None:
            self._lowest = place
        self._head = head = part.head
        # One object for all rows of a boot.
        self._boot = self._boots.setdefault(head.anchor.boot, head.anchor.boot)
        self._anchors[self._boot] = head.anchor
        for why in part.mended:
            self.quarantined.append(Quarantined(place, None, None, why, lost=False))
        for number, record in enumerate(part.records):
            if isinstance(record, Damage):
                self._damaged(place, record)
            else:
                self._do(record, place, number, head)

    def _read(self, place: int, body: object) -> Part:
        if not isinstance(body, bytes):
            self._refuse(f"batch {place} is no bytes")
        self.total += len(body)
        try:
            part = readPart(body)
        except ValueError as error:
            self._refuse(f"batch {place} {error}")
        if part.head.version != VERSION:
            raise ConfigError(
                f"the journal {self.path} has format {part.head.version}, this program writes {VERSION}"
            )
        if part.head.purpose != purposeOf(self.kind):
            raise ConfigError(f"the journal {self.path} is not one of {self.kind}")
        if part.head.place != place:
            self._refuse(f"batch {part.head.place} stands in the place of batch {place}")
        return part

    def _refuse(self, what: str) -> NoReturn:
        raise ServiceError(f"the journal {self.path} cannot be used: {what}; {REMEDY}")

    # -- records

    def _do(self, record: Entry, place: int, number: int, head: Head) -> None:
        key, rows = record.key, self._rows
        if self._open:
            self._made(record)
        if record.kind is RecordKind.PUT:
            birth = record.birth or position(place, number)
            before = rows.get(key)
            if before is not None:
                birth = min(birth, before[1])
            elif self._keys is not None:
                self._keys.setdefault(keyCheck(key), set()).add(key)
            rows[key] = (
                key,
                birth,
                head.last,
                self._boot,
                record.instants,
                record.payload,
                record.size,
            )
        elif record.kind is RecordKind.REMOVE:
            rows.pop(key, None)
        else:
            before = rows.get(key)
            # Without a row: its PUT was cleaned up, and the row was put down again further on.
            if before is not None:
                _, birth, last, _, _, payload, size = before
                rows[key] = (key, birth, last, self._boot, record.instants, payload, size)

    def _made(self, record: Entry) -> None:
        kinds = {self._damages[each][1].kind for each in self._open.get(record.key, ())}
        if record.kind is not RecordKind.EXTEND or kinds == {RecordKind.EXTEND}:
            self._open.pop(record.key, None)

    def _damaged(self, place: int, damage: Damage) -> None:
        self.kept(place, damage)
        at = len(self._damages)
        self._damages.append((place, damage))
        for key in self._meant(damage):
            if damage.kind is not RecordKind.REMOVE:
                self._open.setdefault(key, []).append(at)
            if damage.kind is not RecordKind.EXTEND:
                self._rows.pop(key, None)

    def _meant(self, damage: Damage) -> list[bytes]:
        if damage.key is not None:
            isIdle = damage.kind is RecordKind.EXTEND and damage.key not in self._rows
            return [] if isIdle else [damage.key]
        if self._keys is None:
            self._keys = {}
            for key in self._rows:
                self._keys.setdefault(keyCheck(key), set()).add(key)
        keys = [key for key in self._keys.get(damage.check, ()) if key in self._rows]
        if not keys:
            self._hopeless.add(len(self._damages) - 1)
        return keys

    # -- the end

    def check(self, mark: int | None) -> None:
        """
        See that nothing is missing.

        @param mark: the last place that is known to have been written, when it is known
        @raise ServiceError: something is; named
        """
        head = self._head
        if head is None:
            self._refuse("it has no batch")
        if self._lowest != head.first:
            self._refuse(f"batches {head.first} to {self._lowest - 1} are missing")
        if head.last != head.place:
            self._refuse(f"batches {head.place + 1} to {head.last} are missing")
        if mark is not None and mark > head.place:
            self._refuse(
                f"batches {head.place + 1} to {mark} are missing at its end"
                f" (to go on without them, remove {self.path}.mark)"
            )

    def rows(self) -> list[Row]:
        """What is there, the latest first PUT first; to be called once."""
        lost: set[int] = set(self._hopeless)
        for key, damages in self._open.items():
            lost.update(damages)
            self._rows.pop(key, None)
        for at, (place, damage) in enumerate(self._damages):
            self.quarantined.append(
                Quarantined(place, damage.number, damage.key, damage.why, at in lost)
            )
        rows = list(self._rows.values())
        self._rows = {}
        rows.sort(key=itemgetter(1), reverse=True)
        return rows

    def stored(self, rows: list[Row], now: Anchor) -> Iterator[Stored]:
        """
        Rows as a store takes them, the earliest first PUT first, their instants on the clock of this start of the
        machine.

        @param rows: what L{rows} gave; what was handed out is taken from it, so that a million are not there twice
        """
        shifts = {boot: shiftSince(anchor, now) for boot, anchor in self._anchors.items()}
        while rows:
            key, _, place, boot, instants, payload, _ = rows.pop()
            shift = shifts[boot]
            if shift:
                instants = tuple([instant + shift for instant in instants])
            yield Stored(Record(RecordKind.PUT, key, instants, payload), place)
