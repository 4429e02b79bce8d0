"""From batches to rows, damaged ones among them."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError, GMAError, ServiceError
from gma_twisted.stores.journal.batch import VERSION, Head, encodeBatch, purposeOf, readPart
from gma_twisted.stores.journal.machine import Anchor
from gma_twisted.stores.journal.record import Entry
from gma_twisted.stores.journal.replay import Replay
from gma_twisted.stores.recording import Record
from tests.stores.journal.stand import extend, put, remove

NOW = Anchor(b"bootboot", 50.0, 1e9)


def part(place: int, *records: Record, kind: str = "test", version: int = VERSION) -> bytes:
    """A batch of one part."""
    return encodeBatch(Head(version, purposeOf(kind), place, 0, 1, NOW), [], records)[0]


def replayed(*bodies: object) -> tuple[dict[bytes, Record], Replay]:
    """The rows of batches from place 1 on."""
    replay = Replay("the.db", "test", lambda place, damage: None)
    for at, body in enumerate(bodies):
        replay.add(1 + at, body)
    replay.check(None)
    rows = replay.stored(replay.rows(), NOW)
    return {stored.record.key: stored.record for stored in rows}, replay


class OrderTests(SynchronousTestCase):
    """Batches one after the other."""

    def test_rows(self) -> None:
        """The last word on a key counts; rows come in the order of their first PUT, with the place of the last."""
        replay = Replay("the.db", "test", lambda place, damage: None)
        replay.add(1, part(1, put("a"), put("b"), put("c")))
        replay.add(2, part(2, extend("b", 7.0), remove("c"), put("d"), extend("x", 1.0)))
        replay.add(3, part(3, put("a", payload=b"new")))
        rows = [(row.record, row.place) for row in replay.stored(replay.rows(), NOW)]
        self.assertEqual(rows, [(put("a", payload=b"new"), 3), (put("b", 7.0), 1), (put("d"), 2)])

    def test_birth(self) -> None:
        """A row that was put down again keeps its place in the order."""
        head = Head(VERSION, purposeOf("test"), 2, 0, 2, NOW)
        replay = Replay("the.db", "test", lambda place, damage: None)
        replay.add(2, encodeBatch(head, [(put("old"), 1 << 24)], [put("new")])[0])
        replay.add(3, part(3, put("newest")))
        rows = [row.record.key for row in replay.stored(replay.rows(), NOW)]
        self.assertEqual(rows, [b"old", b"new", b"newest"])

    def test_gap(self) -> None:
        """Missing batches are refused by number, with the file and what to try."""
        replay = Replay("the.db", "test", lambda place, damage: None)
        replay.add(1, part(1))
        error = self.assertRaises(ServiceError, replay.add, 4, part(4))
        self.assertIn("the journal the.db cannot be used: batches 2 to 3 are missing", str(error))
        self.assertIn("restore it", str(error))

    def test_misplaced(self) -> None:
        """A batch in the place of another is refused."""
        replay = Replay("the.db", "test", lambda place, damage: None)
        error = self.assertRaises(ServiceError, replay.add, 1, part(2))
        self.assertIn("batch 2 stands in the place of batch 1", str(error))

    def test_missingHead(self) -> None:
        """Batches missing at the beginning are refused."""
        replay = Replay("the.db", "test", lambda place, damage: None)
        replay.add(3, part(3))
        error = self.assertRaises(ServiceError, replay.check, None)
        self.assertIn("batches 1 to 2 are missing", str(error))

    def test_mark(self) -> None:
        """Batches missing at the end are refused when the mark knows of them."""
        replay = Replay("the.db", "test", lambda place, damage: None)
        replay.add(1, part(1))
        replay.check(1)
        error = self.assertRaises(ServiceError, replay.check, 3)
        self.assertIn("batches 2 to 3 are missing at its end", str(error))

    def test_parts(self) -> None:
        """What is large is written in parts, its place is that of the last, and none may be missing."""
        records = [put(str(number), payload=bytes(400_000)) for number in range(5)]
        bodies = encodeBatch(Head(VERSION, purposeOf("test"), 1, 0, 1, NOW), [], records)
        self.assertEqual(len(bodies), 3)
        replay = Replay("the.db", "test", lambda place, damage: None)
        for at, body in enumerate(bodies):
            replay.add(1 + at, body)
        replay.check(3)
        rows = [(row.record, row.place) for row in replay.stored(replay.rows(), NOW)]
        self.assertEqual(rows, [(record, 3) for record in records])
        short = Replay("the.db", "test", lambda place, damage: None)
        short.add(1, bodies[0])
        error = self.assertRaises(ServiceError, short.check, None)
        self.assertIn("batches 2 to 3 are missing", str(error))

    def test_foreign(self) -> None:
        """Another purpose or another format is a mistake of the configuration."""
        replay = Replay("the.db", "test", lambda place, damage: None)
        error = self.assertRaises(ConfigError, replay.add, 1, part(1, kind="other"))
        self.assertEqual(str(error), "the journal the.db is not one of test")
        error = self.assertRaises(ConfigError, replay.add, 1, part(1, version=9))
        self.assertIn("has format 9, this program writes 1", str(error))


class DamageTests(SynchronousTestCase):
    """One damaged place costs one record at most, and never gives another row."""

    def setUp(self) -> None:
        """Every kind of record, on rows that are there and that are not."""
        super().setUp()
        self.bodies = [
            part(1, put("a"), put("b", payload=b"old"), put("c"), put("gone"), put("e")),
            part(2, extend("a", 7.0), remove("gone"), put("b", payload=b"new"), put("d")),
            part(3, extend("a", 9.0), extend("d", 8.0), put("e", 5.0, b"e2")),
        ]
        self.rows, _ = replayed(*self.bodies)

    def check(self, bodies: list[bytes]) -> str:
        """
        Every row is as it should be or is named as lost.

        @return: what happened
        """
        try:
            rows, replay = replayed(*bodies)
        except GMAError as error:
            self.assertRegex(str(error), "the.db .*batch")
            return "refused"
        for key, record in rows.items():
            self.assertEqual(record, self.rows.get(key))
        missing = set(self.rows) - set(rows)
        self.assertLessEqual(len(missing), 1)
        lost = [one for one in replay.quarantined if one.lost]
        self.assertEqual(len(replay.quarantined), 1)
        # Without the key it cannot be known that the row was to go anyway.
        self.assertTrue(lost or not missing)
        self.assertTrue(all(one.key is None or one.key in missing for one in lost))
        return "lost" if missing else "mended"

    def test_everyFlip(self) -> None:
        """Whatever bit is flipped, all rows but one are served as they were, and that one is named."""
        seen: dict[str, int] = {}
        for at, body in enumerate(self.bodies):
            for byte in range(len(body)):
                for flip in (1, 2, 4, 8, 16, 32, 64, 128, 255):
                    damaged = bytearray(body)
                    damaged[byte] ^= flip
                    bodies = [*self.bodies]
                    bodies[at] = bytes(damaged)
                    outcome = self.check(bodies)
                    seen[outcome] = seen.get(outcome, 0) + 1
        self.assertNotIn("refused", seen)
        self.assertGreater(seen["mended"], 1000)
        self.assertGreater(seen["lost"], 1000)

    def test_truncated(self) -> None:
        """A batch that is cut short loses the records behind the cut, named, or is refused; nothing else changes."""
        for at, body in enumerate(self.bodies):
            for length in range(len(body)):
                bodies = [*self.bodies]
                bodies[at] = body[:length]
                try:
                    rows, replay = replayed(*bodies)
                except ServiceError as error:
                    self.assertIn(f"batch {at + 1}", str(error))
                    continue
                for key, record in rows.items():
                    self.assertEqual(record, self.rows.get(key))
                if set(rows) != set(self.rows):
                    self.assertTrue([one for one in replay.quarantined if one.lost])

    def test_twoPlaces(self) -> None:
        """An index and a record that are both damaged are refused by batch and record."""
        body = bytearray(self.bodies[0])
        body[72] ^= 1
        body[-80] ^= 1
        error = self.assertRaises(ServiceError, replayed, bytes(body), *self.bodies[1:])
        self.assertIn("batch 1 has a damaged index, and record 4 is damaged too", str(error))

    def test_noBytes(self) -> None:
        """What is no batch at all is refused."""
        for body in ("text", None, 5, b"", b"gmaJ", bytes(500)):
            self.assertRaises(ServiceError, replayed, body)

    def test_olderState(self) -> None:
        """When the record of a newer state is damaged, the older one is not served in its stead."""
        body = self.bodies[1].replace(b"new", b"nex")
        rows, replay = replayed(self.bodies[0], body, self.bodies[2])
        self.assertNotIn(b"b", rows)
        [one] = replay.quarantined
        self.assertEqual((one.place, one.number, one.key, one.lost), (2, 2, b"b", True))
        self.assertEqual(str(one), "batch 2, record 2, key b: its content is damaged")

    def test_putLater(self) -> None:
        """A row that was put again after the damage is served, and nothing is lost."""
        body = self.bodies[0].replace(b"old", b"odd")
        rows, replay = replayed(body, *self.bodies[1:])
        self.assertEqual(rows, self.rows)
        self.assertEqual([(one.key, one.lost) for one in replay.quarantined], [(b"b", False)])

    def test_readPart(self) -> None:
        """A part says when it was written."""
        read = readPart(self.bodies[0])
        self.assertEqual((read.head.anchor, read.head.place, read.head.first), (NOW, 1, 1))
        self.assertEqual([e.key for e in read.records if isinstance(e, Entry)][:2], [b"a", b"b"])
