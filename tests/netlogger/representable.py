"""Events that lines can hold, for hypothesis."""

from hypothesis import strategies as st

from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp

_LAST = 253_402_300_799 * 10**9
NAMES = st.from_regex(r"[A-Za-z][0-9A-Za-z_.\-]{0,20}", fullmatch=True).filter(
    lambda name: (
        not name.endswith("._units")
        and name not in ("ts", "event", "DATE", "NL.EVNT", "HOST", "PROG", "gma.id", "gma.seq")
    )
)
# What XML cannot carry no event has.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
TEXTS = st.one_of(
    st.text(st.sampled_from('ab0. "=\\\t-e\u00a0\u2028'), max_size=12),
    st.text(CHARACTERS, max_size=20),
    st.sampled_from(["", "007", "1.10", "-0", "1e5", "inf", "nan", "-", "20070215110702.763298"]),
)
NUMBERS = st.one_of(
    st.integers(-(10**37), 10**37), st.floats(allow_nan=False, allow_infinity=False)
)
WORDS = st.text(CHARACTERS, min_size=1, max_size=20)


@st.composite
def events(draw: st.DrawFn, names: st.SearchStrategy[str] = NAMES, step: int = 1) -> Event:
    """Flat events with names that come once. C{step}: nanoseconds their times are multiples of."""
    when = draw(st.integers(0, _LAST // step)) * step
    event = Event(
        draw(WORDS),
        Timestamp(when),
        draw(st.none() | WORDS),
        draw(st.none() | st.integers(0, 2**63 - 1)),
    )
    for name in draw(st.lists(names, max_size=8, unique=True)):
        event.add(EventField(name, draw(TEXTS | NUMBERS), draw(st.none() | WORDS)))
    return event
