"""One batch as bytes: head, index, records, and the head once more.

The index has the length of each record and a check of its key. Whatever single place is damaged, the rest can be
read: a head has its copy, without the index the records say themselves where they end, and the index says where the
record after a damaged one begins, and which row the damaged one was of. What is large is written as several parts,
each a row of the table and a place of its own; the place of the batch is that of its last part.
"""

from collections.abc import Iterable, Sequence
from struct import Struct
from zlib import crc32

import attrs

from gma_twisted.errors import TooLarge
from gma_twisted.stores.journal.damage import Damage
from gma_twisted.stores.journal.machine import Anchor
from gma_twisted.stores.journal.record import (
    Entry,
    encodeRecord,
    keyCheck,
    readRecord,
    recordEnd,
    recordSize,
)
from gma_twisted.stores.recording import Record

__all__ = ["VERSION", "Head", "Part", "encodeBatch", "purposeOf", "readPart"]

VERSION = 1
"""Of the format."""

_MAGIC = b"gmaJ"
_HEAD = Struct("<4sHIQQQ8sddII")
_CRC = Struct("<I")
_INDEXED = Struct("<II")
_HEAD_SIZE = _HEAD.size + _CRC.size
_PART = 1024 * 1024
_LARGEST = 1024 * 1024 * 1024


@attrs.frozen(slots=True)
class Head:
    """
    What a part says of itself.

    @ivar version: of the format
    @ivar purpose: see L{purposeOf}
    @ivar place: its own
    @ivar last: of the last part of its batch: the place of the batch
    @ivar first: the lowest place the journal has from here on
    @ivar anchor: when it was written
    """

    version: int
    purpose: int
    place: int
    last: int
    first: int
    anchor: Anchor


@attrs.frozen(slots=True)
class Part:
    """
    A part that was read.

    @ivar records: in order
    @ivar mended: what was damaged and made good, nothing of it lost
    """

    head: Head
    records: Sequence[Entry | Damage]
    mended: Sequence[str]


def purposeOf(kind: str) -> int:
    """A short check of what a journal is for."""
    return crc32(kind.encode())


def encodeBatch(
    head: Head, moved: Sequence[tuple[Record, int]], records: Sequence[Record]
) -> list[bytes]:
    """
    Write a batch in parts of about a mebibyte.

    @param head: C{place} is that of the first part; C{last} is reckoned here
    @param moved: rows put down again, each with its birth; they come first
    @return: the parts, for the places from C{head.place} on
    @raise TooLarge: a record is larger than 16 MiB, or all are larger than a gibibyte
    """
    groups: list[list[tuple[Record, int]]] = [[]]
    room, total = _PART, 0
    for item in _both(moved, records):
        size = recordSize(item[0])
        total += size
        if size > room and groups[-1]:
            groups.append([])
            room = _PART
        room -= size
        groups[-1].append(item)
    if total > _LARGEST:
        raise TooLarge(f"a batch of {total} bytes is too large for a journal, it takes {_LARGEST}")
    head = attrs.evolve(head, last=head.place + len(groups) - 1)
    return [
        _encodePart(attrs.evolve(head, place=head.place + at), group)
        for at, group in enumerate(groups)
    ]


def _both(
    moved: Iterable[tuple[Record, int]], records: Iterable[Record]
) -> Iterable[tuple[Record, int]]:
    yield from moved
    for record in records:
        yield record, 0


def _encodePart(head: Head, items: Sequence[tuple[Record, int]]) -> bytes:
    records = [encodeRecord(record, head.place, birth) for record, birth in items]
    index = b"".join(
        [
            _INDEXED.pack(len(data), keyCheck(item[0].key))
            for data, item in zip(records, items, strict=True)
        ]
    )
    anchor = head.anchor
    packed = _HEAD.pack(
        _MAGIC,
        head.version,
        head.purpose,
        head.place,
        head.last,
        head.first,
        anchor.boot,
        anchor.clock,
        anchor.wall,
        len(records),
        crc32(index),
    )
    packed += _CRC.pack(crc32(packed))
    return b"".join((packed, index, *records, packed))


def readPart(body: bytes) -> Part:
    """
    Read a part.

    @raise ValueError: it is damaged in more places than can be told apart; the reason
    """
    mended = []
    packed = _checked(body[:_HEAD_SIZE])
    copy = _checked(body[len(body) - _HEAD_SIZE :]) if len(body) >= 2 * _HEAD_SIZE else None
    if packed is None or copy is None:
        mended.append("its head is damaged" if packed is None else "the copy of its head is")
        packed = packed or copy
    elif packed != copy:
        raise ValueError("has two heads that differ")
    if packed is None:
        raise ValueError("has no head that can be read")
    _, version, purpose, place, last, first, boot, clock, wall, count, check = _HEAD.unpack(packed)
    head = Head(version, purpose, place, last, first, Anchor(boot, clock, wall))
    index = body[_HEAD_SIZE : _HEAD_SIZE + _INDEXED.size * count]
    records: list[Entry | Damage]
    if len(index) == _INDEXED.size * count and crc32(index) == check:
        records = _indexed(body, place, index)
    else:
        mended.append("its index is damaged")
        records = _walked(body, place, count)
    return Part(head, records, mended)


def _checked(packed: bytes) -> bytes | None:
    if len(packed) != _HEAD_SIZE or not packed.startswith(_MAGIC):
        return None
    fields = packed[: _HEAD.size]
    return fields if crc32(fields) == _CRC.unpack_from(packed, _HEAD.size)[0] else None


def _indexed(body: bytes, place: int, index: bytes) -> list[Entry | Damage]:
    records: list[Entry | Damage] = []
    at = _HEAD_SIZE + len(index)
    for number, (size, check) in enumerate(_INDEXED.iter_unpack(index)):
        records.append(readRecord(body, at, at + size, place, number, check))
        at += size
    return records


def _walked(body: bytes, place: int, count: int) -> list[Entry | Damage]:
    records: list[Entry | Damage] = []
    at = _HEAD_SIZE + _INDEXED.size * count
    for number in range(count):
        end = recordEnd(body, at)
        record = readRecord(body, at, end, place, number, 0)
        if isinstance(record, Damage):
            raise ValueError(f"has a damaged index, and record {number} is damaged too")
        records.append(record)
        at = end
    return records
