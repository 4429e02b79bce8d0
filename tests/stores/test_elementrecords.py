"""Service data as records."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ServiceError
from gma_twisted.model import (
    Added,
    ElementKey,
    Extended,
    Lifetime,
    QName,
    Removed,
    Replaced,
    ServiceDataElement,
)
from gma_twisted.stores import ElementTable
from gma_twisted.stores.decision import Decision
from gma_twisted.stores.elementrecords import (
    PresentElement,
    elementKeyOf,
    elementOf,
    putOf,
    recordsOf,
)
from gma_twisted.stores.recording import Record, RecordKind
from gma_twisted.testing.storemodel import makeElement

TEXT = st.text(st.characters(), max_size=12)
LIFETIMES = st.lists(st.floats(allow_nan=False), min_size=3, max_size=3).map(
    lambda instants: Lifetime(*sorted(instants))
)
ELEMENTS = st.builds(
    ServiceDataElement,
    st.builds(ElementKey, st.builds(QName, TEXT, TEXT), TEXT, TEXT),
    st.binary(max_size=30),
    st.binary(max_size=30),
    LIFETIMES,
    st.floats(allow_nan=False),
    st.lists(TEXT, max_size=4).map(tuple),
    st.integers(0, 2**80),
)


class CodecTests(SynchronousTestCase):
    """What is written is read."""

    @given(ELEMENTS)
    def test_roundTrip(self, element: ServiceDataElement) -> None:
        """Every value comes back whole."""
        record = putOf(element)
        self.assertEqual(elementOf(record), element)
        self.assertEqual(elementKeyOf(record.key), element.key)

    @given(ELEMENTS)
    def test_size(self, element: ServiceDataElement) -> None:
        """How many bytes a value takes is known without its record."""
        present = PresentElement(element, 7)
        self.assertEqual(present.record, putOf(element))
        self.assertEqual(present.size, putOf(element).size)

    @given(ELEMENTS, ELEMENTS)
    def test_keys(self, one: ServiceDataElement, other: ServiceDataElement) -> None:
        """Two identities have two keys."""
        self.assertEqual(one.key == other.key, putOf(one).key == putOf(other).key)

    @given(st.binary(max_size=60), st.binary(max_size=60))
    def test_anything(self, key: bytes, payload: bytes) -> None:
        """What is no record of service data is refused, whatever it is."""
        try:
            elementOf(Record(RecordKind.PUT, key, (0.0, 1.0, 2.0), payload))
        except ServiceError:
            pass

    def test_refusals(self) -> None:
        """A refusal names the value."""
        good = putOf(makeElement())
        for instants, payload in (
            ((0.0, 1.0), good.payload),
            ((2.0, 1.0, 0.0), good.payload),
            ((0.0, 1.0, 2.0), good.payload[:-1]),
            ((0.0, 1.0, 2.0), good.payload + b"x"),
            ((0.0, 1.0, 2.0), b""),
        ):
            bad = Record(RecordKind.PUT, good.key, instants, payload)
            message = str(self.assertRaises(ServiceError, elementOf, bad))
            self.assertIn("service data {urn:a}one from http://a/ cannot be read", message)


class RecordsTests(SynchronousTestCase):
    """What a decision is recorded as."""

    def test_kinds(self) -> None:
        """Values are put, ends removed; only what differs in nothing but its lifetime is extended."""
        old = makeElement(key="x")
        longer = old.withLifetime(Lifetime(0.0, 7.0))
        newer = ServiceDataElement(old.key, old.head, old.tail, Lifetime(0.0, 8.0), created=5.0)
        table = ElementTable()
        table.put(old)
        one, two = makeElement(key="1"), makeElement(key="2")
        decisions = [
            Decision([Removed(two, expired=True)], [Added(one), Extended(longer, old.lifetime)]),
            Decision((), [Extended(newer, longer.lifetime), Replaced(two, one), Removed(old)]),
            Decision((), (), [(QName("urn:a", "declared"), True)]),
        ]
        records = recordsOf(decisions, table)
        self.assertEqual(
            list(records),
            [
                Record(RecordKind.REMOVE, putOf(two).key),
                putOf(one),
                Record(RecordKind.EXTEND, putOf(old).key, (0.0, 7.0, float("inf"))),
                putOf(newer),
                putOf(two),
                Record(RecordKind.REMOVE, putOf(old).key),
            ],
        )

    def test_extendedInOneBatch(self) -> None:
        """A value put and extended in one batch is extended from what was put there."""
        put = ServiceDataElement(*_fields(makeElement()), created=3.0)
        longer = put.withLifetime(Lifetime(0.0, 9.0))
        decisions = [Decision((), [Added(put)]), Decision((), [Extended(longer, put.lifetime)])]
        kinds = [record.kind for record in recordsOf(decisions, ElementTable())]
        self.assertEqual(kinds, [RecordKind.PUT, RecordKind.EXTEND])


def _fields(element: ServiceDataElement) -> tuple[ElementKey, bytes, bytes, Lifetime]:
    return element.key, element.head, element.tail, element.lifetime
