"""Registrations as bytes for a recorder: what a change is recorded as, and how a row is read back.

A payload is a version byte, C{since} as a big-endian double, then texts and lists in a fixed order, each with its
length in front (7 bits a byte, the lowest first). The id is the key of the record, C{until} its instant.
"""

import math
from collections.abc import Callable, Iterable
from struct import Struct
from typing import TypeVar

import attrs

from gma_twisted.errors import ServiceError, cut
from gma_twisted.model import (
    Ended,
    Handle,
    Locator,
    QName,
    Registration,
    RegistryChange,
    Renewed,
)
from gma_twisted.stores.recording import Record, RecordKind

__all__ = ["PresentEntry", "entryOf", "keyOf", "putOf", "recordOf", "registrationOf"]

T = TypeVar("T")

_HEAD = Struct(">Bd")
_VERSION = 1
# XML has no lone surrogates; that text is whatever it is must not be what a commit fails on.
_ERRORS = "surrogatepass"
_SHORT = [bytes((length,)) for length in range(0x80)]
_LONGEST = 5


def keyOf(entry: str) -> bytes:
    """The key an entry is recorded under."""
    return entry.encode("utf-8", _ERRORS)


def entryOf(key: bytes) -> str:
    """
    The entry a key is of.

    @raise ServiceError: it is of none
    """
    try:
        return key.decode("utf-8", _ERRORS)
    except UnicodeDecodeError:
        raise ServiceError(f"the key {cut(repr(key))} is not that of a registry entry") from None


def putOf(row: Registration) -> Record:
    """The record of a whole row."""
    return Record(RecordKind.PUT, keyOf(row.entry), (row.until,), _payload(row))


@attrs.frozen(slots=True)
class PresentEntry:
    """An entry as a registry has it; see L{Present <gma_twisted.stores.recording.Present>}."""

    row: Registration
    place: int

    @property
    def size(self) -> int:
        """See L{Present <gma_twisted.stores.recording.Present>}."""
        row, member = self.row, self.row.member
        texts = [row.owner, row.name]
        for handle in member.handles:
            texts.append(handle.url)
        for name in member.interfaces:
            texts.append(name.namespace)
            texts.append(name.localName)
        for pair in row.attributes:
            texts += pair
        if "".join(texts).isascii():
            sizes = list(map(len, texts))
        else:
            sizes = [len(text.encode("utf-8", _ERRORS)) for text in texts]
        sizes.append(len(row.content))
        sizes += map(len, member.references)
        size = len(keyOf(row.entry)) + 8 + _HEAD.size + sum(sizes)
        sizes += map(len, (member.handles, member.interfaces, member.references, row.attributes))
        # Each stands behind its own length, of one byte or more.
        size += len(sizes)
        if max(sizes) > 0x7F:
            size += sum([(length.bit_length() - 1) // 7 for length in sizes if length])
        return size

    @property
    def record(self) -> Record:
        """See L{Present <gma_twisted.stores.recording.Present>}."""
        return putOf(self.row)


def recordOf(change: RegistryChange) -> Record:
    """What a change is recorded as."""
    row = change.row
    if isinstance(change, Renewed):
        return Record(RecordKind.EXTEND, keyOf(row.entry), (row.until,))
    if isinstance(change, Ended):
        return Record(RecordKind.REMOVE, keyOf(row.entry))
    return putOf(row)


def registrationOf(record: Record) -> Registration:
    """
    The row of a PUT.

    @raise ServiceError: the record was not made by L{putOf}; the message names the entry
    """
    entry = entryOf(record.key)
    try:
        if len(record.instants) != 1 or math.isnan(record.instants[0]):
            raise ValueError(f"its instants are {record.instants!r}")
        return _Reader(record.payload).registration(entry, record.instants[0])
    except ValueError as error:
        raise ServiceError(
            f"the record of registry entry {cut(entry)} cannot be read: {cut(error)}"
        ) from None


def _payload(row: Registration) -> bytes:
    parts = [_HEAD.pack(_VERSION, row.since)]
    member = row.member
    _texts(parts, (row.owner, row.name))
    _data(parts, row.content)
    parts.append(_length(len(member.handles)))
    _texts(parts, [handle.url for handle in member.handles])
    parts.append(_length(len(member.interfaces)))
    for name in member.interfaces:
        _texts(parts, (name.namespace, name.localName))
    parts.append(_length(len(member.references)))
    for reference in member.references:
        _data(parts, reference)
    parts.append(_length(len(row.attributes)))
    for pair in row.attributes:
        _texts(parts, pair)
    return b"".join(parts)


def _texts(parts: list[bytes], texts: Iterable[str]) -> None:
    for text in texts:
        _data(parts, text.encode("utf-8", _ERRORS))


def _data(parts: list[bytes], data: bytes) -> None:
    parts.append(_length(len(data)))
    parts.append(data)


def _length(length: int) -> bytes:
    if length < 0x80:
        return _SHORT[length]
    groups = bytearray()
    while length >= 0x80:
        groups.append(length & 0x7F | 0x80)
        length >>= 7
    groups.append(length)
    return bytes(groups)


@attrs.define(eq=False, slots=True)
class _Reader:
    """Reads a payload from the front; raises C{ValueError} with the reason."""

    _payload: bytes
    _at: int = 0

    def registration(self, entry: str, until: float) -> Registration:
        if len(self._payload) < _HEAD.size:
            raise ValueError("it is cut short")
        version, since = _HEAD.unpack_from(self._payload)
        if version != _VERSION:
            raise ValueError(f"its version is {version}, not {_VERSION}")
        self._at = _HEAD.size
        owner, name, content = self._text(), self._text(), self._data()
        handles = self._list(lambda: Handle(self._text()))
        interfaces = self._list(lambda: QName(self._text(), self._text()))
        references = self._list(self._data)
        attributes = self._list(lambda: (self._text(), self._text()))
        if self._at != len(self._payload):
            raise ValueError(f"it has {len(self._payload) - self._at} bytes too many")
        if not handles:
            raise ValueError("it has no handle")
        member = Locator(handles, interfaces, references)
        return Registration(entry, member, name, attributes, content, owner, since, until)

    def _list(self, item: Callable[[], T]) -> tuple[T, ...]:
        count = self._length()
        # Every item takes a byte or more: a count that is wrong must not take memory or time.
        if count > len(self._payload) - self._at:
            raise ValueError("it is cut short")
        return tuple([item() for _ in range(count)])

    def _text(self) -> str:
        return self._data().decode("utf-8", _ERRORS)

    def _data(self) -> bytes:
        length = self._length()
        data = self._payload[self._at : self._at + length]
        if len(data) != length:
            raise ValueError("it is cut short")
        self._at += length
        return data

    def _length(self) -> int:
        length = 0
        for step in range(_LONGEST):
            if self._at == len(self._payload):
                raise ValueError("it is cut short")
            group = self._payload[self._at]
            self._at += 1
            length |= (group & 0x7F) << (7 * step)
            if group < 0x80:
                return length
        raise ValueError("it has a length of more than five bytes")
