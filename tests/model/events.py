"""Whole events of every kind, for properties of codecs."""

from hypothesis import strategies as st

from gma_twisted.model import Event, EventContainer, EventField, Timestamp
from gma_twisted.model.event import MAX_DEPTH

__all__ = ["EVENTS", "NAMES", "TEXTS", "VALUES"]

_WRITABLE = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
_LEGAL = _WRITABLE.filter(lambda one: one not in "\ufffe\uffff")

NAMES = st.one_of(
    st.sampled_from(["a", "host", " b ", "x/y", "<&\"'>"]), st.text(_LEGAL, min_size=1)
)
TEXTS = st.text(
    st.one_of(_LEGAL, st.sampled_from("\r\n\t \x85\u2028<>&\"']"), st.just("\U0001f600")),
    max_size=20,
)
_TIMESTAMPS = st.integers(-62_135_596_800 * 10**9, 253_402_300_800 * 10**9 - 1).map(Timestamp)
VALUES = st.one_of(
    st.sampled_from(["", " ", "\r\n", "]]>", "true", "1.0", 0.0, -0.0, 1, 1.0, True, False, b""]),
    TEXTS,
    st.booleans(),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.floats(),
    st.binary(max_size=20),
    _TIMESTAMPS,
)
_FIELDS = st.builds(EventField, NAMES, st.none() | VALUES, st.none() | st.just("") | NAMES)


@st.composite
def _events(draw: st.DrawFn) -> Event:
    made = Event(
        draw(NAMES), draw(_TIMESTAMPS), draw(st.none() | _IDS), draw(st.none() | _SEQUENCES)
    )
    places: list[tuple[int, EventContainer]] = [(1, made)]
    for _ in range(draw(st.integers(0, 12))):
        # The latest more often: it must get deep sometimes.
        depth, place = places[draw(st.integers(0, len(places) - 1) | st.just(len(places) - 1))]
        if draw(st.booleans()) and depth <= MAX_DEPTH:
            inner = EventContainer(draw(NAMES))
            place.add(inner)
            if depth < MAX_DEPTH:
                places.append((depth + 1, inner))
        else:
            place.add(draw(_FIELDS))
    return made


_IDS = st.just("") | NAMES
_SEQUENCES = st.one_of(st.integers(0, 2**63 - 1), st.sampled_from([0, 2**53 - 1, 2**53]))

EVENTS = _events()
"""Any event, with repeated names, values of every type, and as deep as they may be."""
