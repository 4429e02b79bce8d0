"""The judge itself: it accepts every true history and finds every kind of wrong one."""

import math
from collections.abc import Sequence

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.integration.durability.history import (
    ALWAYS,
    Call,
    Look,
    Outcome,
    Seen,
    Span,
    Verb,
    WrongKind,
    check,
)

MEMBERS = ("a", "b", "c")
Event = Call | Look


@attrs.define
class Truth:
    """A registry that does exactly what it says, and dies now and then."""

    now: float = 0.0
    made: int = 0
    rows: dict[str, tuple[str, str, float]] = attrs.field(factory=dict)
    events: list[Event] = attrs.field(factory=list)

    def passTime(self, seconds: float) -> None:
        """Let time pass; ends are exact."""
        self.now += seconds
        self.rows = {member: row for member, row in self.rows.items() if row[2] > self.now}

    def ask(self, verb: Verb, member: str, lifetime: float, outcome: Outcome, done: bool) -> None:
        """@param done: whether an operation that is not answered has been done"""
        self.made += 1
        row = self.rows.get(member)
        token, end = f"t{self.made}", self.now + lifetime
        entry = row[0] if row else f"e{self.made}"
        if verb is not Verb.REGISTER and row is None:
            outcome = Outcome.MISSING if outcome is Outcome.DONE else outcome
            done = False
        if outcome is Outcome.DONE or (outcome is Outcome.UNKNOWN and done):
            if verb is Verb.END:
                del self.rows[member]
            else:
                self.rows[member] = (
                    entry,
                    token if verb is Verb.REGISTER else self.rows[member][1],
                    end,
                )
        known = entry if outcome is Outcome.DONE or verb is not Verb.REGISTER else ""
        during = Span.at(self.now)
        self.events.append(Call(verb, member, during, outcome, known, token, Span.at(end)))

    def show(self) -> None:
        """Let everything be seen."""
        seen = [Seen(member, *row[:2], Span.at(row[2])) for member, row in self.rows.items()]
        self.events.append(Look(Span.at(self.now), seen))


_ASK = st.tuples(
    st.sampled_from(list(Verb)),
    st.sampled_from(MEMBERS),
    st.sampled_from((1.0, 2.5, 1000.0, math.inf)),
    st.sampled_from((Outcome.DONE, Outcome.DONE, Outcome.REFUSED, Outcome.UNKNOWN)),
    st.booleans(),
)
_STEP = st.one_of(_ASK, st.floats(0.1, 2.0), st.none())


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """A life of a registry, seen at its end."""
    truth = Truth()
    for step in draw(st.lists(_STEP, max_size=40)):
        if step is None:
            truth.show()
        elif isinstance(step, float):
            truth.passTime(step)
        else:
            truth.ask(*step)
    truth.show()
    return truth


class TrueHistoryTests(SynchronousTestCase):
    """What really happened is always explained."""

    @settings(max_examples=300)
    @given(truths())
    def test_explained(self, truth: Truth) -> None:
        """Answers, deaths, expiry and looks of a registry without fault give no complaint."""
        self.assertEqual(check(truth.events), [])

    @settings(max_examples=200)
    @given(truths(), st.data())
    def test_lie(self, truth: Truth, data: st.DataObject) -> None:
        """One certain entry left out of the last look, or one invented, is always found."""
        truth.show()
        last = truth.events[-1]
        assert isinstance(last, Look)
        seen: list[Seen] = list(last.seen)
        if seen and not data.draw(st.integers(0, 1)):
            del seen[data.draw(st.integers(0, len(seen) - 1))]
        else:
            free = [member for member in MEMBERS if member not in truth.rows]
            if not free:
                return
            seen.append(Seen(data.draw(st.sampled_from(free)), "e0", "t0", ALWAYS))
        truth.events.append(attrs.evolve(last, seen=seen))
        self.assertNotEqual(check(truth.events), [])


def register(
    outcome: Outcome = Outcome.DONE, entry: str = "1", token: str = "x", end: Span = ALWAYS
) -> Call:
    """A registration of the member."""
    return Call(Verb.REGISTER, "a", Span(0.0, 0.1), outcome, entry, token, end)


def end(outcome: Outcome = Outcome.DONE) -> Call:
    """The end of its entry."""
    return Call(Verb.END, "a", Span(1.0, 1.1), outcome, "1")


def renew(until: float, outcome: Outcome = Outcome.DONE) -> Call:
    """A renewal of its entry."""
    return Call(Verb.RENEW, "a", Span(1.0, 1.1), outcome, "1", "", Span.at(until))


def look(
    *entries: str, at: float = 5.0, token: str | None = "x", until: float | None = None
) -> Look:
    """What was seen."""
    ends = None if until is None else Span.at(until)
    return Look(Span.at(at), [Seen("a", entry, token, ends) for entry in entries])


WRONG: Sequence[tuple[str, WrongKind, Sequence[Event]]] = (
    ("acknowledged and gone", WrongKind.LOST, [register(), look()]),
    ("gone before its time", WrongKind.LOST, [register(end=Span(5.1, 6.0)), look()]),
    ("a renewal forgotten", WrongKind.LOST, [register(end=Span.at(3.0)), renew(9.0), look()]),
    (
        "a renewal forgotten, still there",
        WrongKind.CHANGED,
        [register(end=Span.at(7.0)), renew(9.0), look("1", until=7.0)],
    ),
    ("ended and there", WrongKind.RESURRECTED, [register(), end(), look("1")]),
    (
        "seen gone and there",
        WrongKind.RESURRECTED,
        [register(Outcome.UNKNOWN), look(), look("1")],
    ),
    ("seen there and gone", WrongKind.LOST, [register(Outcome.UNKNOWN), look("1"), look()]),
    ("after its time", WrongKind.LATE, [register(end=Span.at(4.0)), look("1")]),
    ("other content", WrongKind.CHANGED, [register(), look("1", token="y")]),
    ("other id", WrongKind.CHANGED, [register(), look("2")]),
    ("never registered", WrongKind.INVENTED, [look("1")]),
    ("there twice", WrongKind.DOUBLED, [register(), look("1", "2")]),
    ("refused and there", WrongKind.RESURRECTED, [register(Outcome.REFUSED), look("1")]),
    ("an id given again", WrongKind.ANSWERED, [register(), end(), register()]),
    (
        "a renewal that found nothing",
        WrongKind.ANSWERED,
        [register(), renew(9.0, Outcome.MISSING)],
    ),
    ("a renewal of what was ended", WrongKind.ANSWERED, [register(), end(), renew(9.0)]),
    ("ended twice", WrongKind.ANSWERED, [register(), end(), end()]),
)

RIGHT: Sequence[tuple[str, Sequence[Event]]] = (
    ("unknown, there", [register(Outcome.UNKNOWN), look("1"), look("1")]),
    ("unknown, gone", [register(Outcome.UNKNOWN), look(), look()]),
    ("an end unknown, there", [register(), end(Outcome.UNKNOWN), look("1")]),
    ("an end unknown, gone", [register(), end(Outcome.UNKNOWN), look()]),
    (
        "a renewal unknown, not done",
        [register(end=Span.at(4.0)), renew(9, Outcome.UNKNOWN), look()],
    ),
    ("a renewal unknown, done", [register(end=Span.at(4.0)), renew(9, Outcome.UNKNOWN), look("1")]),
    ("its end within the look", [register(end=Span(4.9, 5.1)), look()]),
    ("registered anew after its end", [register(), end(), register(entry="2"), look("2")]),
)


class KnownHistoryTests(SynchronousTestCase):
    """Histories written by hand."""

    def test_wrong(self) -> None:
        """Each wrong history is found, once and as what it is."""
        found = [(name, [wrong.kind for wrong in check(events)]) for name, _, events in WRONG]
        self.assertEqual(found, [(name, [kind]) for name, kind, _ in WRONG])

    def test_right(self) -> None:
        """What may go either way is accepted either way."""
        self.assertEqual(
            [(name, check(events)) for name, events in RIGHT], [(name, []) for name, _ in RIGHT]
        )
