"""Whether what a registry showed can be explained by what it was asked and what it answered.

A member is asked about by one at a time; an answer that never came may mean either, and what was seen once stays.
"""

import enum
import math
from collections.abc import Collection, Iterable, Sequence

import attrs

__all__ = [
    "ALWAYS",
    "Call",
    "History",
    "Look",
    "Outcome",
    "Seen",
    "Span",
    "Verb",
    "Wrong",
    "WrongKind",
    "check",
]


class Verb(enum.Enum):
    """What can be asked."""

    REGISTER = "register"
    """Keep the member: renews the entry it has, with new content."""

    RENEW = "renew"
    END = "end"


class Outcome(enum.Enum):
    """What was answered."""

    DONE = "done"
    MISSING = "missing"
    """There was nothing to renew or to end."""

    REFUSED = "refused"
    """Not done, and said so."""

    UNKNOWN = "unknown"
    """No answer: the process died."""


@attrs.frozen(slots=True)
class Span:
    """An instant that is not known better than this; seconds on a clock all processes share, C{inf} for never."""

    earliest: float
    latest: float

    @classmethod
    def at(cls, instant: float) -> "Span":
        """Known exactly."""
        return cls(instant, instant)


ALWAYS = Span.at(math.inf)
"""The end of what has none."""


@attrs.frozen(slots=True)
class Call:
    """
    One operation on one member.

    @ivar during: from before it was asked until after the answer, or the death
    @ivar entry: id of the entry: what was answered, or would have been; empty when nobody knows
    @ivar token: stands for all the content a REGISTER brings
    @ivar end: what a REGISTER or RENEW granted, or would have
    """

    verb: Verb
    member: str
    during: Span
    outcome: Outcome
    entry: str = ""
    token: str = ""
    end: Span = ALWAYS


@attrs.frozen(slots=True)
class Seen:
    """
    An entry as the registry showed it.

    @ivar end: C{None} when it was not shown
    @ivar token: C{None} when it was not shown
    """

    member: str
    entry: str
    token: str | None = None
    end: Span | None = None


@attrs.frozen(slots=True)
class Look:
    """
    All entries there were at one instant within C{during}.

    @ivar only: members that were looked for; C{None} for all
    """

    during: Span
    seen: Sequence[Seen]
    only: Collection[str] | None = None


class WrongKind(enum.Enum):
    """What can be wrong."""

    LOST = "lost"
    """Acknowledged, not over, and not there."""

    RESURRECTED = "resurrected"
    """There again after its end was acknowledged or seen."""

    LATE = "late"
    """There after its time."""

    CHANGED = "changed"
    """There with another end, content or id than any that was asked."""

    INVENTED = "invented"
    """There, and nobody registered it."""

    DOUBLED = "doubled"
    """Two entries of one member."""

    ANSWERED = "answered"
    """An answer that nothing before it allows."""


@attrs.frozen(slots=True)
class Wrong:
    """
    What cannot be explained.

    @ivar sentence: what was expected and what was there
    """

    kind: WrongKind
    member: str
    sentence: str


@attrs.frozen(slots=True)
class _Row:
    """A possible entry; C{entry} is empty while nobody knows its id."""

    entry: str
    token: str
    end: Span


_State = _Row | None
_NOTHING: frozenset[_State] = frozenset((None,))


@attrs.define(slots=True, eq=False)
class History:
    """
    What may be true of every member after all that happened so far, and what was wrong on the way.

    Events are told in the order they happened to each member. After something wrong, what was shown counts.

    @ivar late: seconds an entry may be seen after its end
    @ivar slack: seconds by which instants may be shown differently
    @ivar wrongs: in the order they were found
    @ivar calls: how many answers were acknowledgements
    """

    late: float = 0.0
    slack: float = 1e-3
    wrongs: list[Wrong] = attrs.field(factory=list, init=False)
    calls: int = attrs.field(default=0, init=False)
    _states: dict[str, frozenset[_State]] = attrs.field(factory=dict, init=False, repr=False)
    # Who has or had each entry id: none is ever given twice.
    _owners: dict[str, str] = attrs.field(factory=dict, init=False, repr=False)

    @property
    def members(self) -> Sequence[str]:
        """Members that may have an entry."""
        return [member for member, states in self._states.items() if states != _NOTHING]

    def call(self, call: Call) -> None:
        """Something was asked."""
        self.calls += call.outcome in (Outcome.DONE, Outcome.MISSING)
        before = self._states.get(call.member, _NOTHING)
        after = frozenset(
            result
            for state in before
            for branch in self._branches(state, call.during)
            for result in self._results(branch, call)
        )
        if not after:
            self._find(WrongKind.ANSWERED, call.member, before, f"{call}")
            after = _assumed(call)
        if call.entry and call.outcome is Outcome.DONE:
            self._owners.setdefault(call.entry, call.member)
        self._states[call.member] = after

    def look(self, look: Look) -> None:
        """Something was shown."""
        shown: dict[str, list[Seen]] = {}
        for seen in look.seen:
            shown.setdefault(seen.member, []).append(seen)
        for member, rows in shown.items():
            if member not in self._states:
                self._find(WrongKind.INVENTED, member, _NOTHING, f"{rows}")
                self._states[member] = frozenset(_rowOf(seen) for seen in rows)
        for member in list(self._states) if look.only is None else look.only:
            self._compare(member, shown.get(member, []), look.during)
        for seen in look.seen:
            self._owners.setdefault(seen.entry, seen.member)

    def _compare(self, member: str, shown: Sequence[Seen], during: Span) -> None:
        before = self._states.get(member, _NOTHING)
        if len(shown) > 1:
            self._find(WrongKind.DOUBLED, member, before, f"{shown}")
            self._states[member] = frozenset(_rowOf(seen) for seen in shown)
            return
        seen = shown[0] if shown else None
        if seen is None and before == _NOTHING:
            return
        branches = {branch for state in before for branch in self._branches(state, during)}
        after = {fitted for branch in branches for fitted in self._fit(branch, seen)}
        if not after:
            self._find(self._kindOf(before, branches, seen), member, before, f"{seen} {during}")
            after = {None if seen is None else _rowOf(seen)}
        self._states[member] = frozenset(after)

    def _branches(self, state: _State, during: Span) -> Iterable[_State]:
        """What a state may have become by itself."""
        if state is None:
            yield None
            return
        if state.end.latest + self.late + self.slack > during.earliest:
            yield state
        if state.end.earliest - self.slack <= during.latest:
            yield None

    def _results(self, branch: _State, call: Call) -> Iterable[_State]:
        """What a call may have made of a state, given its answer; none when it cannot be."""
        match call.outcome:
            case Outcome.REFUSED:
                yield branch
            case Outcome.MISSING:
                if call.verb is not Verb.REGISTER and (
                    branch is None or not _same(branch.entry, call.entry)
                ):
                    yield branch
            case Outcome.UNKNOWN:
                yield branch
                yield from self._effect(branch, call)
            case Outcome.DONE:
                yield from self._effect(branch, call)

    def _effect(self, branch: _State, call: Call) -> Iterable[_State]:
        isKnown = call.outcome is Outcome.DONE
        if branch is None:
            if call.verb is Verb.REGISTER and call.entry not in self._owners:
                yield _Row(call.entry, call.token, call.end)
            return
        if call.verb is Verb.REGISTER:
            # The entry that is there keeps its id, whatever id a dead caller had in mind.
            if not isKnown or _same(branch.entry, call.entry):
                entry = (call.entry if isKnown else "") or branch.entry
                yield _Row(entry, call.token, call.end)
        elif _same(branch.entry, call.entry):
            yield (
                attrs.evolve(branch, entry=call.entry or branch.entry, end=call.end)
                if call.verb is Verb.RENEW
                else None
            )

    def _fit(self, branch: _State, seen: Seen | None) -> Iterable[_State]:
        if branch is None or seen is None:
            if branch is None and seen is None:
                yield None
            return
        if not branch.entry and seen.entry in self._owners:
            return
        if branch.entry not in ("", seen.entry) or seen.token not in (None, branch.token):
            return
        end = branch.end
        if seen.end is not None and end != seen.end:
            end = Span(
                max(end.earliest, seen.end.earliest - self.slack),
                min(end.latest, seen.end.latest + self.slack),
            )
            if end.earliest > end.latest + self.slack:
                return
        yield _Row(seen.entry, branch.token, end)

    def _kindOf(
        self, before: Collection[_State], branches: Collection[_State], seen: Seen | None
    ) -> WrongKind:
        if seen is None:
            return WrongKind.LOST
        if any(branch is not None for branch in branches):
            return WrongKind.CHANGED
        if any(state is not None and state.entry in ("", seen.entry) for state in before):
            return WrongKind.LATE
        return WrongKind.RESURRECTED

    def _find(
        self, kind: WrongKind, member: str, before: Collection[_State], sentence: str
    ) -> None:
        possible = " or ".join(sorted(map(str, before)))
        self.wrongs.append(Wrong(kind, member, f"{sentence} after {possible}"))


def _same(known: str, entry: str) -> bool:
    return not known or not entry or known == entry


def _rowOf(seen: Seen) -> _Row:
    return _Row(seen.entry, seen.token or "", seen.end or Span(-math.inf, math.inf))


def _assumed(call: Call) -> frozenset[_State]:
    """What an answer says by itself."""
    if call.outcome is Outcome.MISSING or call.verb is Verb.END:
        return _NOTHING
    return frozenset((_Row(call.entry, call.token, call.end),))


def check(events: Iterable[Call | Look], late: float = 0.0, slack: float = 1e-3) -> Sequence[Wrong]:
    """
    Judge a history.

    @param late: see L{History}
    @param slack: see L{History}
    @return: what cannot be explained; empty for a history that can
    """
    history = History(late, slack)
    for event in events:
        if isinstance(event, Call):
            history.call(event)
        else:
            history.look(event)
    return history.wrongs
