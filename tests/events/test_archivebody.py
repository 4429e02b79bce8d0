"""Events as the archive writes them."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.events.archive.body import readBody, writeBody
from gma_twisted.events.pages import instantOf
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.timestamp import Timestamp

_texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20).filter(
    lambda text: "\ufffe" not in text and "\uffff" not in text
)
_names = _texts.filter(bool)
_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.floats(),
    st.binary(max_size=20),
    _texts,
    st.integers(-62_135_596_800 * 10**9, 253_402_300_800 * 10**9 - 1).map(Timestamp),
)
_fields = st.builds(EventField, _names, _values, st.none() | _texts)


def _filled(holder: EventContainer, items: list[EventField | EventContainer]) -> EventContainer:
    for item in items:
        holder.add(item)
    return holder


_items = st.recursive(
    st.lists(_fields, max_size=4),
    lambda inner: st.lists(
        _fields | st.builds(_filled, st.builds(EventContainer, _names), inner), max_size=4
    ),
    max_leaves=8,
)


class BodyTests(SynchronousTestCase):
    """An event on the disk is what it was."""

    @given(
        _names,
        st.integers(-62_135_596_800 * 10**9, 253_402_300_800 * 10**9 - 1).map(Timestamp),
        st.none() | _texts,
        st.none() | st.integers(0, 2**63 - 1),
        _items,
    )
    def test_all(
        self,
        name: str,
        at: Timestamp,
        id: str | None,
        sequence: int | None,
        items: list[EventField | EventContainer],
    ) -> None:
        """Any event is read as it was written."""
        event = Event(name, at, id, sequence)
        _filled(event, items)
        read = readBody(name, instantOf(event), writeBody(event))
        self.assertEqual(read, event)
        self.assertLess(abs(instantOf(event)), 2**63)

    def test_values(self) -> None:
        """Values that are easily taken for another are not."""
        event = Event("e", Timestamp(0))
        values = (
            1,
            1.0,
            True,
            math.nan,
            math.inf,
            -0.0,
            10**37,
            b"\0\xff",
            "t",
            Timestamp(5),
            None,
        )
        for value in values:
            event.add(EventField("same", value))
        read = readBody("e", 0, writeBody(event))
        self.assertEqual(read, event)
        self.assertEqual([type(one.value) for one in read.fields], [type(one) for one in values])

    def test_bad(self) -> None:
        """What is no event is refused, whatever it is."""
        for bad in (
            b"",
            b"[]",
            b"[1,2]",
            b"{}",
            b"\xff",
            b'[null,null,["a",1]]',
            b'[null,null,["a",{},null]]',
            b"[" * 99999,
        ):
            self.assertRaises(ValueError, readBody, "e", 0, bad)
