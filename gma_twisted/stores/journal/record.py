"""One record as bytes: an identity and a content, each with a check of its own.

C{kind, count of instants, bytes of key, bytes of payload, birth; key; CRC of these; instants; payload; CRC}. The
second CRC goes on from the first, the first begins with the place of the batch, so that bytes that came from another
record or batch are found out too. With two of them a flipped bit in a content leaves the key known: then it is
certain which row is not to be served.
"""

from struct import Struct
from zlib import crc32

import attrs

from gma_twisted.errors import TooLarge, cut
from gma_twisted.stores.journal.damage import Damage
from gma_twisted.stores.recording import Present, Record, RecordKind

__all__ = [
    "Entry",
    "encodeRecord",
    "keyCheck",
    "presentSize",
    "readRecord",
    "recordEnd",
    "recordSize",
]

_HEAD = Struct("<BBIIQ")
_CRC = Struct("<I")
_INSTANTS = [Struct(f"<{count}d") for count in range(9)]
_KINDS = {int(kind): kind for kind in RecordKind}
_LARGEST = 16 * 1024 * 1024

# Bytes of a record beside key, instants and payload.
_OVERHEAD = _HEAD.size + 2 * _CRC.size


@attrs.define(eq=False, slots=True)
class Entry:
    """
    A record that was read.

    @ivar birth: the position of the row's first PUT, 0 for this one; see
        L{position <gma_twisted.stores.journal.replay.position>}
    @ivar size: its bytes
    """

    kind: RecordKind
    key: bytes
    instants: tuple[float, ...]
    payload: bytes
    birth: int
    size: int


def keyCheck(key: bytes) -> int:
    """A short check of a key, by which the row of a damaged record is found."""
    return crc32(key)


def recordSize(record: Record) -> int:
    """
    Bytes a record takes.

    @raise TooLarge: more than 16 MiB
    """
    size = _OVERHEAD + record.size
    if size > _LARGEST:
        raise TooLarge(
            f"the record of {cut(record.key)} has {size} bytes, a journal takes {_LARGEST} at most"
        )
    return size


def presentSize(row: Present) -> int:
    """Bytes the PUT of a row takes."""
    return _OVERHEAD + row.size


def encodeRecord(record: Record, place: int, birth: int = 0) -> bytes:
    """
    @param place: of the batch it is written in
    @param birth: see L{Entry}
    """
    key, payload, instants = record.key, record.payload, record.instants
    identity = _HEAD.pack(record.kind, len(instants), len(key), len(payload), birth) + key
    first = crc32(identity, place & 0xFFFFFFFF)
    content = _INSTANTS[len(instants)].pack(*instants) + payload
    return b"".join((identity, _CRC.pack(first), content, _CRC.pack(crc32(content, first))))


def readRecord(
    body: bytes, start: int, end: int, place: int, number: int, check: int
) -> Entry | Damage:
    """
    Read the record that stands from C{start} to C{end} in a batch.

    @param place: of the batch
    @param number: of the record in it
    @param check: of its key, from the index
    """
    found = _identity(body, start, end, place)
    if found is None:
        return Damage(number, "its head or key is damaged", body[start:end], check=check)
    kind, count, at, keyEnd, birth, first = found
    key = body[at:keyEnd]
    begin = keyEnd + _CRC.size
    last = end - _CRC.size
    if crc32(body[begin:last], first) != _CRC.unpack_from(body, last)[0]:
        return Damage(number, "its content is damaged", body[start:end], key, kind)
    instants = _INSTANTS[count].unpack_from(body, begin)
    return Entry(kind, key, instants, body[begin + 8 * count : last], birth, end - start)


def recordEnd(body: bytes, start: int) -> int:
    """Where the record that begins at C{start} says it ends; C{start} itself when it cannot say."""
    if start + _HEAD.size > len(body):
        return start
    _, count, keyLength, payloadLength, _ = _HEAD.unpack_from(body, start)
    return int(start + _OVERHEAD + keyLength + 8 * count + payloadLength)


def _identity(
    body: bytes, start: int, end: int, place: int
) -> tuple[RecordKind, int, int, int, int, int] | None:
    if start + _OVERHEAD > end or end > len(body):
        return None
    number, count, keyLength, payloadLength, birth = _HEAD.unpack_from(body, start)
    at = start + _HEAD.size
    keyEnd = at + keyLength
    if keyEnd + 2 * _CRC.size + 8 * count + payloadLength != end:
        return None
    first = crc32(body[start:keyEnd], place & 0xFFFFFFFF)
    kind = _KINDS.get(number)
    if first != _CRC.unpack_from(body, keyEnd)[0] or kind is None or count >= len(_INSTANTS):
        return None
    return kind, count, at, keyEnd, birth, first
