"""Service data as records: what a commit is recorded as, and how a value is read back.

A key is the texts of the identity one after the other, then the bytes of the first three. A payload is C{created}, the
lengths of the texts and bytes that follow, and these: sequence, head, tail, path. The instants are those of the
lifetime.
"""

from collections.abc import Iterable, Sequence
from struct import Struct
from struct import error as StructError

import attrs

from gma_twisted.errors import ParameterError, ServiceError, cut
from gma_twisted.model import ElementKey, Extended, Lifetime, QName, Removed, ServiceDataElement
from gma_twisted.stores.decision import Decision
from gma_twisted.stores.recording import Record, RecordKind
from gma_twisted.stores.view import View

__all__ = ["PresentElement", "elementKeyOf", "elementOf", "isExtension", "putOf", "recordsOf"]

_LENGTHS = Struct("<III")
_HEAD = Struct("<dI")
# XML has no lone surrogates; that text is whatever it is must not be what a commit fails on.
_ERRORS = "surrogatepass"


def _keyOf(key: ElementKey) -> bytes:
    namespace, local, originator, own = (
        text.encode("utf-8", _ERRORS)
        for text in (key.name.namespace, key.name.localName, key.originator, key.key)
    )
    lengths = _LENGTHS.pack(len(namespace), len(local), len(originator))
    return b"".join((namespace, local, originator, own, lengths))


def elementKeyOf(key: bytes) -> ElementKey:
    """
    The identity a key is of.

    @raise ServiceError: it is of none
    """
    try:
        end = len(key) - _LENGTHS.size
        texts, start = [], 0
        for length in _LENGTHS.unpack_from(key, max(0, end)):
            texts.append(key[start : start + length].decode("utf-8", _ERRORS))
            start += length
        if start > end:
            raise ValueError("it is cut short")
        own = key[start:end].decode("utf-8", _ERRORS)
    except (ValueError, StructError) as error:
        raise ServiceError(
            f"the key {cut(repr(key))} is not that of a service data element: {error}"
        ) from None
    namespace, local, originator = texts
    return ElementKey(QName(namespace, local), originator, own)


def putOf(element: ServiceDataElement) -> Record:
    """The record of a whole value."""
    parts = [
        str(element.sequence).encode(),
        element.head,
        element.tail,
        *(one.encode("utf-8", _ERRORS) for one in element.path),
    ]
    lengths = Struct(f"<{len(parts)}I").pack(*map(len, parts))
    payload = b"".join((_HEAD.pack(element.created, len(parts)), lengths, *parts))
    return Record(RecordKind.PUT, _keyOf(element.key), _instants(element), payload)


@attrs.frozen(slots=True)
class PresentElement:
    """A value as a store has it; see L{Present <gma_twisted.stores.recording.Present>}."""

    element: ServiceDataElement
    place: int

    @property
    def size(self) -> int:
        """See L{Present <gma_twisted.stores.recording.Present>}."""
        element, key = self.element, self.element.key
        texts = (key.name.namespace, key.name.localName, key.originator, key.key, *element.path)
        parts = len(str(element.sequence)) + len(element.head) + len(element.tail)
        lengths = _LENGTHS.size + _HEAD.size + 4 * (3 + len(element.path))
        return sum(map(_sizeOf, texts)) + parts + lengths + 8 * len(_instants(element))

    @property
    def record(self) -> Record:
        """See L{Present <gma_twisted.stores.recording.Present>}."""
        return putOf(self.element)


def _sizeOf(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", _ERRORS))


def _instants(element: ServiceDataElement) -> tuple[float, ...]:
    lifetime = element.lifetime
    return lifetime.goodFrom, lifetime.goodUntil, lifetime.availableUntil


def elementOf(record: Record) -> ServiceDataElement:
    """
    The value of a PUT.

    @raise ServiceError: the record was not made by L{putOf}; the message names the value
    """
    key = elementKeyOf(record.key)
    try:
        goodFrom, goodUntil, availableUntil = record.instants
        payload = record.payload
        created, count = _HEAD.unpack_from(payload)
        if 4 * count > len(payload) or count < 3:
            raise ValueError("it is cut short")
        lengths = Struct(f"<{count}I").unpack_from(payload, _HEAD.size)
        parts, start = [], _HEAD.size + 4 * count
        for length in lengths:
            parts.append(payload[start : start + length])
            start += length
        if start != len(payload):
            raise ValueError("it is cut short, or too long")
        sequence, head, tail, *path = parts
        lifetime = Lifetime(goodFrom, goodUntil, availableUntil)
        texts = tuple([one.decode("utf-8", _ERRORS) for one in path])
        return ServiceDataElement(key, head, tail, lifetime, created, texts, int(sequence))
    except (ValueError, StructError, ParameterError) as error:
        raise ServiceError(
            f"the record of service data {cut(key.name)} from {cut(key.originator)}"
            f" cannot be read: {error}"
        ) from None


def isExtension(before: ServiceDataElement, after: ServiceDataElement) -> bool:
    """Whether nothing but the lifetime differs; that content is the same is known."""
    return (
        before.created == after.created
        and before.sequence == after.sequence
        and before.path == after.path
    )


def recordsOf(decisions: Iterable[Decision], view: View) -> Sequence[Record]:
    """
    What decisions are recorded as. Declarations are not: who declares a name does so at every start.

    @param view: what they were made on
    """
    records: list[Record] = []
    written: dict[ElementKey, ServiceDataElement] = {}
    for decision in decisions:
        for expired in decision.expired:
            records.append(Record(RecordKind.REMOVE, _keyOf(expired.key)))
        for change in decision.changes:
            key = change.key
            if isinstance(change, Removed):
                records.append(Record(RecordKind.REMOVE, _keyOf(key)))
                continue
            element = change.element
            before = written.get(key) or view.get(key)
            written[key] = element
            if isinstance(change, Extended) and before is not None and isExtension(before, element):
                records.append(Record(RecordKind.EXTEND, _keyOf(key), _instants(element)))
            else:
                records.append(putOf(element))
    return records
