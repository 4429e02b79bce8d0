"""Registrations come back from a recorder as they were, and nothing else does."""

import math

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ServiceError
from gma_twisted.model import (
    Ended,
    Handle,
    Kept,
    Locator,
    QName,
    Registration,
    Renewed,
    Updated,
)
from gma_twisted.stores.recording import Record, RecordKind
from gma_twisted.stores.registry.codec import PresentEntry, putOf, recordOf, registrationOf
from gma_twisted.testing.registry.model import makeRegistration

TEXT = st.text(max_size=200)
INSTANT = st.floats(allow_nan=False)
ROWS = st.builds(
    Registration,
    entry=st.text(min_size=1),
    member=st.builds(
        Locator,
        handles=st.lists(st.builds(Handle, TEXT), min_size=1, max_size=3).map(tuple),
        interfaces=st.lists(st.builds(QName, TEXT, TEXT), max_size=5).map(tuple),
        references=st.lists(st.binary(max_size=300), max_size=3).map(tuple),
    ),
    name=TEXT,
    attributes=st.lists(st.tuples(TEXT, TEXT), max_size=5).map(tuple),
    content=st.binary(max_size=40_000),
    owner=TEXT,
    since=INSTANT,
    until=INSTANT,
)


class RoundTripTests(SynchronousTestCase):
    """From a row to a record and back."""

    @given(ROWS)
    def test_anyRow(self, row: Registration) -> None:
        """Every row comes back as it was."""
        self.assertEqual(registrationOf(putOf(row)), row)

    @given(ROWS)
    def test_size(self, row: Registration) -> None:
        """How many bytes a row takes is known without its record."""
        present = PresentEntry(row, 7)
        self.assertEqual(present.record, putOf(row))
        self.assertEqual(present.size, putOf(row).size)

    def test_exact(self) -> None:
        """The bytes are those of version 1, which is kept on disks."""
        row = makeRegistration(since=1.0)
        self.assertEqual(
            putOf(row).payload,
            b"\x01\x3f\xf0\0\0\0\0\0\0"
            b"\x03ann\x04name\x04<c/>"
            b"\x02\x09http://a/\x0dhttp://other/"
            b"\x01\x05urn:p\x0bGridService"
            b"\x00"
            b"\x01\x04site\x01x",
        )
        long = putOf(attrs.evolve(row, content=b"x" * 300)).payload
        self.assertIn(b"\xac\x02" + b"x" * 300 + b"\x02", long)

    def test_surrogates(self) -> None:
        """Text that no encoding likes is kept too."""
        row = makeRegistration("e\ud800", owner="\udfff")
        self.assertEqual(registrationOf(putOf(row)), row)

    def test_changes(self) -> None:
        """What is kept or updated is recorded whole, a renewal as its end, an end as its key."""
        row = makeRegistration(until=5.0)
        self.assertEqual(recordOf(Kept(row)), putOf(row))
        self.assertEqual(recordOf(Updated(row, row)), putOf(row))
        self.assertEqual(recordOf(Renewed(row, 1.0)), Record(RecordKind.EXTEND, b"e1", (5.0,)))
        self.assertEqual(recordOf(Ended(row)), Record(RecordKind.REMOVE, b"e1"))
        self.assertEqual(putOf(row).instants, (5.0,))


class DamageTests(SynchronousTestCase):
    """What was not written here is refused by the name of its entry."""

    def refused(self, record: Record) -> None:
        """It cannot be read."""
        error = self.assertRaises(ServiceError, registrationOf, record)
        self.assertIn("e1", error.message)

    def test_cut(self) -> None:
        """A payload cut anywhere, or with something behind it, is refused."""
        record = putOf(makeRegistration())
        for length in range(len(record.payload)):
            self.refused(attrs.evolve(record, payload=record.payload[:length]))
        self.refused(attrs.evolve(record, payload=record.payload + b"\0"))

    @given(st.binary(max_size=60), st.booleans())
    def test_anyBytes(self, data: bytes, versioned: bool) -> None:
        """Any bytes are a row or are refused; nothing else happens."""
        payload = b"\x01" + bytes(8) + data if versioned else data
        record = Record(RecordKind.PUT, b"e1", (1.0,), payload)
        try:
            row = registrationOf(record)
        except ServiceError as error:
            self.assertIn("e1", error.message)
        else:
            self.assertEqual(registrationOf(putOf(row)), row)

    def test_each(self) -> None:
        """Another version, a wrong count, text that is none, missing handles or instants: each is refused."""
        record = putOf(makeRegistration())
        payload = record.payload
        self.refused(attrs.evolve(record, payload=b"\x02" + payload[1:]))
        self.refused(attrs.evolve(record, payload=payload.replace(b"ann", b"\xff\xff\xff")))
        self.refused(
            attrs.evolve(record, payload=payload.replace(b"\x02\x09", b"\xff\xff\xff\x7f"))
        )
        self.refused(attrs.evolve(record, payload=b"\x01" + bytes(8) + b"\0\0\0\0\0\0\0"))
        self.refused(attrs.evolve(record, payload=payload[:9] + b"\x80" * 6))
        for instants in ((), (1.0, 2.0), (math.nan,)):
            self.refused(attrs.evolve(record, instants=instants))

    def test_key(self) -> None:
        """A key that is no text is refused."""
        record = attrs.evolve(putOf(makeRegistration()), key=b"\xff")
        self.assertRaises(ServiceError, registrationOf, record)
