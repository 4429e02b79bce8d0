"""Records as bytes."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.stores.journal.damage import Damage
from gma_twisted.stores.journal.record import (
    Entry,
    encodeRecord,
    keyCheck,
    readRecord,
    recordEnd,
    recordSize,
)
from gma_twisted.stores.recording import Record, RecordKind

INSTANTS = st.lists(st.floats(allow_nan=False), max_size=8).map(tuple)
RECORDS = st.builds(
    Record, st.sampled_from(RecordKind), st.binary(max_size=40), INSTANTS, st.binary(max_size=80)
)


class RecordTests(SynchronousTestCase):
    """What is written is read, and nothing else."""

    @given(RECORDS, st.integers(1, 2**40), st.integers(0, 2**60), st.binary(max_size=5))
    def test_roundTrip(self, record: Record, place: int, birth: int, before: bytes) -> None:
        """Every record comes back whole, wherever it stands."""
        data = encodeRecord(record, place, birth)
        self.assertEqual(len(data), recordSize(record))
        body = before + data + b"behind"
        end = recordEnd(body, len(before))
        self.assertEqual(end, len(before) + len(data))
        read = readRecord(body, len(before), end, place, 0, 0)
        assert isinstance(read, Entry)
        self.assertEqual(
            (Record(read.kind, read.key, read.instants, read.payload), read.birth, read.size),
            (record, birth, len(data)),
        )

    @given(RECORDS, st.data())
    def test_damage(self, record: Record, data: st.DataObject) -> None:
        """Any change of a byte is found; behind the first check the key and the kind are still known."""
        body = bytearray(encodeRecord(record, 7))
        at = data.draw(st.integers(0, len(body) - 1))
        body[at] ^= data.draw(st.integers(1, 255))
        read = readRecord(bytes(body), 0, len(body), 7, 3, keyCheck(record.key))
        assert isinstance(read, Damage)
        self.assertEqual((read.number, read.data), (3, bytes(body)))
        if at < 18 + len(record.key) + 4:
            self.assertEqual((read.key, read.check), (None, keyCheck(record.key)))
        else:
            self.assertEqual((read.key, read.kind), (record.key, record.kind))

    @given(RECORDS, st.integers(0, 200))
    def test_cutShort(self, record: Record, length: int) -> None:
        """A record of which the end is missing is damaged, not an error."""
        body = encodeRecord(record, 1)
        cut = body[: min(length, len(body) - 1)]
        self.assertIsInstance(readRecord(cut, 0, len(body), 1, 0, 0), Damage)
        self.assertIsInstance(readRecord(cut, 0, len(cut), 1, 0, 0), Damage)

    def test_otherPlace(self) -> None:
        """A record that came from another batch is damaged."""
        record = Record(RecordKind.REMOVE, b"key")
        body = encodeRecord(record, 1)
        self.assertIsInstance(readRecord(body, 0, len(body), 2, 0, 0), Damage)

    def test_tooLarge(self) -> None:
        """More than 16 MiB are refused by the key."""
        record = Record(RecordKind.PUT, b"big", (), bytes(16 * 1024 * 1024))
        self.assertIn("record of big has", str(self.assertRaises(TooLarge, recordSize, record)))
