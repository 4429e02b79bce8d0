"""Subscriptions come back from a recorder as they were, and nothing else does."""

import math

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ServiceError
from gma_twisted.model import (
    Freshness,
    Handle,
    Language,
    NameSelector,
    QName,
    Question,
    Subscription,
    Topic,
)
from gma_twisted.stores.recording import Record, RecordKind
from gma_twisted.stores.subscriptions.codec import (
    PresentSubscription,
    SubscriptionReader,
    idOf,
    putOf,
    recordsOf,
)
from gma_twisted.stores.subscriptions.decision import Decision
from gma_twisted.testing.subscriptions.model import makeAsking, makeSubscription

TEXT = st.text(max_size=200)
TIME = st.floats(allow_nan=False)
SELECTORS = st.builds(
    NameSelector, st.builds(QName, TEXT, TEXT), st.none() | TEXT, st.none() | TEXT
)
SEVERAL = st.lists(SELECTORS, max_size=5).map(tuple)
QUESTIONS = st.builds(
    Question,
    st.sampled_from(Language),
    TEXT,
    SEVERAL,
    st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    st.sampled_from(Freshness),
)
ROWS = st.builds(
    Subscription,
    id=st.text(min_size=1),
    topic=st.builds(Topic, SEVERAL, st.booleans()) | st.builds(Topic.asking, QUESTIONS),
    sink=st.builds(Handle, TEXT),
    owner=TEXT,
    since=TIME,
    until=TIME.filter(lambda until: until > -math.inf),
    minInterval=TIME,
    maxInterval=TIME,
    wantsSnapshot=st.booleans(),
    peer=st.sampled_from(("", "193.0.6.1", "2001:67c::1")),
)
HEAD = b"\x01\x01" + bytes(24)


class RoundTripTests(SynchronousTestCase):
    """From a row to a record and back."""

    @given(ROWS)
    def test_anyRow(self, row: Subscription) -> None:
        """Every row comes back as it was, and its size is known without its bytes."""
        record, present = putOf(row), PresentSubscription(row, 7)
        self.assertEqual(SubscriptionReader().read(record), row)
        self.assertEqual((present.record, present.size, present.place), (record, record.size, 7))

    def test_everyField(self) -> None:
        """There is no field that is not kept: one that is added must be added here."""
        names = [field.name for field in attrs.fields(Subscription)]
        self.assertEqual(
            names,
            [
                "id",
                "topic",
                "sink",
                "owner",
                "since",
                "until",
                "minInterval",
                "maxInterval",
                "wantsSnapshot",
                "peer",
            ],
        )
        self.assertEqual(
            [field.name for field in attrs.fields(Topic)],
            ["selectors", "wantsChanges", "question"],
        )
        self.assertEqual(
            [field.name for field in attrs.fields(Question)],
            ["language", "text", "selectors", "namespaces", "freshness"],
        )
        self.assertEqual(
            [field.name for field in attrs.fields(NameSelector)], ["name", "originator", "key"]
        )

    def test_exact(self) -> None:
        """The bytes are those of version 1, which is kept on disks."""
        record = putOf(
            Subscription(
                "s1",
                Topic((NameSelector(QName("urn:a", "load"), "", None),), True),
                Handle("http://x/"),
                "ann",
                1.0,
                9.0,
                2.0,
                math.inf,
                False,
            )
        )
        self.assertEqual((record.kind, record.key), (RecordKind.PUT, b"s1"))
        self.assertEqual(record.instants, (9.0,))
        self.assertEqual(
            record.payload,
            b"\x01\x00"
            + b"\0\0\0\0\0\0\xf0\x3f"
            + b"\0\0\0\0\0\0\0\x40"
            + b"\0\0\0\0\0\0\xf0\x7f"
            + b"\x09\0\0\0\x03\0\0\0\x1f\0\0\0"
            + b"http://x/ann"
            + b"\x01\x04\0\0\0\x05\0\0\0\x04\0\0\0\x01\0\0\0\0\0\0\0urn:aload=",
        )

    def test_exactRead(self) -> None:
        """Bytes that were written before there were questions are read as what they were."""
        payload = (
            b"\x02\x01" + bytes(24) + b"\x11\0\0\0\x03\0\0\0\x22\0\0\0"
            b"1.2.3.4 http://x/ann"
            b"\0\x04\0\0\0\x05\0\0\0\x04\0\0\0\0\0\0\0\x04\0\0\0urn:aload=key"
        )
        row = SubscriptionReader().read(Record(RecordKind.PUT, b"s1", (9.0,), payload))
        topic = Topic((NameSelector(QName("urn:a", "load"), None, "key"),))
        kept = Subscription(
            "s1", topic, Handle("http://x/"), "ann", 0.0, 9.0, 0.0, 0.0, True, "1.2.3.4"
        )
        self.assertEqual((row, putOf(row).payload), (kept, payload))

    def test_exactQuestion(self) -> None:
        """The bytes of a topic with a question are these."""
        question = Question(
            Language.XQUERY,
            "1+1",
            (NameSelector(QName("urn:a", "load"), "", None),),
            (("p", "urn:p"),),
            Freshness.STALE,
        )
        row = attrs.evolve(makeSubscription(), topic=Topic.asking(question))
        payload = putOf(row).payload
        texts = (b"xquery", b"stale", b"1+1", b"2", b"p", b"urn:p", b"urn:a", b"load", b"=", b"")
        lengths = b"".join(len(text).to_bytes(4, "little") for text in texts)
        self.assertEqual(payload[:1], b"\x01")
        self.assertTrue(payload.endswith(b"ann\x02\x0a\0\0\0" + lengths + b"".join(texts)))

    def test_peer(self) -> None:
        """The bytes of a row with a peer are those of version 2, without one those of version 1."""
        row = makeSubscription("s1")
        plain = putOf(row).payload
        held = putOf(attrs.evolve(row, peer="1.2.3.4")).payload
        self.assertEqual((plain[:1], held[:1]), (b"\x01", b"\x02"))
        self.assertEqual(held[26:30], bytes([len(row.sink.url) + 8, 0, 0, 0]))
        self.assertEqual(held[38:], b"1.2.3.4 " + plain[38:])

    def test_surrogates(self) -> None:
        """Text that no encoding likes is kept too."""
        row = makeSubscription("s\ud800", owner="\udfff")
        self.assertEqual(SubscriptionReader().read(putOf(row)), row)

    def test_topics(self) -> None:
        """One reader gives equal topics as one object, but not for ever, and no large ones."""
        reader = SubscriptionReader()
        record = putOf(makeSubscription())
        first = reader.read(record)
        self.assertIs(reader.read(record).topic, first.topic)
        other = reader.read(putOf(makeSubscription(wantsChanges=False)))
        self.assertNotEqual(other.topic, first.topic)
        large = putOf(makeSubscription(names=["x" * 5000]))
        self.assertIsNot(reader.read(large).topic, reader.read(large).topic)
        for number in range(2000):
            row = makeSubscription(names=[str(number)])
            self.assertEqual(reader.read(putOf(row)), row)
        self.assertIsNot(reader.read(record).topic, first.topic)

    def test_records(self) -> None:
        """What begins is recorded whole, a move as its end, an end as its key; what expired comes first."""
        one, two = makeSubscription("s1", until=5.0), makeSubscription("s2", until=6.0)
        three = makeSubscription("s3")
        self.assertEqual(
            recordsOf([Decision([three], [one], [two], [one]), Decision(begun=[two])]),
            [
                Record(RecordKind.REMOVE, b"s3"),
                Record(RecordKind.REMOVE, b"s1"),
                putOf(one),
                Record(RecordKind.EXTEND, b"s2", (6.0,)),
                putOf(two),
            ],
        )


class DamageTests(SynchronousTestCase):
    """What was not written here is refused by the id of its subscription."""

    def refused(self, record: Record) -> None:
        """It cannot be read."""
        error = self.assertRaises(ServiceError, SubscriptionReader().read, record)
        self.assertIn("subscription s1", error.message)

    def test_cut(self) -> None:
        """A payload cut anywhere, or with something behind it, is refused."""
        record = putOf(makeSubscription())
        for length in range(len(record.payload)):
            self.refused(attrs.evolve(record, payload=record.payload[:length]))
        self.refused(attrs.evolve(record, payload=record.payload + b"\0"))

    @given(st.binary(max_size=60), st.integers(0, 3))
    def test_anyBytes(self, data: bytes, known: int) -> None:
        """Any bytes are a row or are refused; nothing else happens."""
        filled = HEAD + bytes(8) + len(data).to_bytes(4, "little")
        before = (b"", HEAD, filled, b"\x02" + HEAD[1:])[known]
        record = Record(RecordKind.PUT, b"s1", (1.0,), before + data)
        try:
            row = SubscriptionReader().read(record)
        except ServiceError as error:
            self.assertIn("s1", error.message)
        else:
            self.assertEqual(putOf(row), record)

    def test_each(self) -> None:
        """Another version, unknown flags, a wrong count, text that is none, a time that is none: each is refused."""
        record = putOf(makeSubscription())
        payload = record.payload
        lengths, topic = 26, payload.index(b"\x01\x04\0\0\0")
        for damaged in (
            b"\x02" + payload[1:],
            (b"\x02" + payload[1:]).replace(b"http://sink", b" ttp://sink"),
            b"\x03" + payload[1:],
            payload[:1] + b"\x02" + payload[2:],
            payload[:2] + b"\xff" * 8 + payload[10:],
            payload[:lengths] + b"\xff\xff\xff\xff" + payload[lengths + 4 :],
            payload[:lengths] + bytes([payload[lengths] + 1]) + payload[lengths + 1 :],
            payload[:topic] + b"\x02" + payload[topic + 1 :],
            payload[: topic + 1] + b"\xff\xff\xff\x7f" + payload[topic + 5 :],
            payload[: topic + 1] + b"\x03" + payload[topic + 2 :],
            payload[: topic + 1] + b"\x00" + payload[topic + 2 :],
            payload[: topic + 5] + b"\x06" + payload[topic + 6 :],
            payload.replace(b"ann", b"\xff\xff\xff"),
            payload.replace(b"load", b"\xff\xff\xff\xff"),
            payload.replace(b"=http://origin", b"-http://origin"),
            HEAD + bytes(8) + b"\x11\0\0\0" + b"\0\x03\0\0\0" + bytes(12),
        ):
            self.assertNotEqual(damaged, payload)
            self.refused(attrs.evolve(record, payload=damaged))
        asking = putOf(makeAsking("s1")).payload
        for found, damage in (
            (b"xpath", b"xPath"),
            (b"fresh", b"frosh"),
            (b"\x02\x0c\0\0\0", b"\x03\x0c\0\0\0"),
            (b"\x02\x0c\0\0\0", b"\x02\x0b\0\0\0"),
            (b"\x02\x0c\0\0\0", b"\0\x0c\0\0\0"),
        ):
            self.refused(attrs.evolve(record, payload=asking.replace(found, damage)))
        for count in (b"3", b"5", b"9", b"-", b"2", b"\xb2"):
            self.assertIn(b"load > 14a", asking)
            damaged = asking.replace(b"load > 14a", b"load > 1" + count + b"a")
            self.refused(attrs.evolve(record, payload=damaged))
        for instants in ((), (1.0, 2.0), (math.nan,), (-math.inf,)):
            self.refused(attrs.evolve(record, instants=instants))

    def test_key(self) -> None:
        """A key that is no text is refused."""
        record = attrs.evolve(putOf(makeSubscription()), key=b"\xff")
        self.assertRaises(ServiceError, SubscriptionReader().read, record)
        self.assertEqual(idOf(b"s1"), "s1")
