"""The lines by which a worker tells what it asks, what was answered and what it sees; and how they become history.

A line is written whole before the next thing is done, so that a dead worker's last whole line is the last it knew.
"""

import json
import math
import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from tests.integration.durability.history import (
    Call,
    History,
    Look,
    Outcome,
    Seen,
    Span,
    Verb,
)

__all__ = ["Journalist", "Reporter"]

_ASKED = "ask"
_ANSWERED = "answer"
_LOOKED = "look"
_NOTE = "note"


@attrs.define(slots=True, eq=False)
class Reporter:
    """
    Writes lines.

    @ivar file: number of the open file to write to
    """

    file: int
    _number: int = 0

    def _say(self, kind: str, *values: object) -> None:
        data = json.dumps([kind, *values], separators=(",", ":")).encode() + b"\n"
        while data:
            data = data[os.write(self.file, data) :]

    def asked(self, now: float, verb: Verb, member: str, entry: str, token: str, end: float) -> int:
        """
        To be said before the thing is asked.

        @param entry: id, or what a new one would be
        @param end: instant asked for
        @return: to be given to L{answered}
        """
        self._number += 1
        self._say(_ASKED, self._number, now, verb.value, member, entry, token, end)
        return self._number

    def answered(
        self, number: int, now: float, outcome: Outcome, entry: str = "", code: str = ""
    ) -> None:
        """
        @param entry: id the answer named, empty for the one that was asked
        @param code: of the fault of a refusal
        """
        self._say(_ANSWERED, number, now, outcome.value, entry, code)

    def looked(
        self,
        begun: float,
        ended: float,
        rows: Sequence[tuple[str, str, str, float]],
        only: Sequence[str] | None = None,
    ) -> None:
        """
        @param rows: (member, entry, token, end) of every entry
        @param only: members that were looked for; C{None} for all
        """
        self._say(_LOOKED, begun, ended, rows, only)

    def note(self, **values: object) -> None:
        """Something the driver waits for."""
        self._say(_NOTE, values)


@attrs.define(slots=True, eq=False)
class Journalist:
    """
    Reads a worker's lines into a history.

    @ivar history: told of every answer and every look
    @ivar notes: what was noted
    @ivar acknowledged: answers that say something was done
    @ivar refusals: answers that say it was not, by the code of the fault
    @ivar unknown: how many of the refusals left open whether it was done
    @ivar looks: how often everything was seen
    """

    history: History
    notes: dict[str, Any] = attrs.field(factory=dict, init=False)
    acknowledged: int = attrs.field(default=0, init=False)
    refusals: Counter[str] = attrs.field(factory=Counter, init=False)
    unknown: int = attrs.field(default=0, init=False)
    looks: int = attrs.field(default=0, init=False)
    _rest: bytes = attrs.field(default=b"", init=False, repr=False)
    _open: dict[int, Call] = attrs.field(factory=dict, init=False, repr=False)

    @property
    def refused(self) -> int:
        """How many refusals there were."""
        return sum(self.refusals.values())

    def take(self, data: bytes) -> None:
        """Read what came; the last line may be cut."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            kind, *values = json.loads(line)
            if kind == _ASKED:
                self._asked(*values)
            elif kind == _ANSWERED:
                self._answered(*values)
            elif kind == _LOOKED:
                self._looked(*values)
            else:
                self.notes.update(values[0])

    def died(self, now: float = math.inf) -> None:
        """The worker is no more: what it did not hear may have been done."""
        for call in self._open.values():
            during = Span(call.during.earliest, now)
            self.history.call(attrs.evolve(call, during=during))
        self._open.clear()
        self._rest = b""

    def _asked(
        self, number: int, now: float, verb: str, member: str, entry: str, token: str, end: float
    ) -> None:
        during = Span.at(now)
        self._open[number] = Call(
            Verb(verb), member, during, Outcome.UNKNOWN, entry, token, Span.at(end)
        )

    def _answered(self, number: int, now: float, outcome: str, entry: str, code: str) -> None:
        call = self._open.pop(number)
        done = Outcome(outcome)
        self.history.call(
            attrs.evolve(
                call,
                during=Span(call.during.earliest, now),
                outcome=done,
                entry=entry or call.entry,
            )
        )
        self.acknowledged += done in (Outcome.DONE, Outcome.MISSING)
        if code:
            self.refusals[code] += 1
        self.unknown += done is Outcome.UNKNOWN

    def _looked(
        self, begun: float, ended: float, rows: list[list[Any]], only: list[str] | None
    ) -> None:
        seen = [Seen(member, entry, token, Span.at(end)) for member, entry, token, end in rows]
        self.history.look(Look(Span(begun, ended), seen, only))
        self.looks += 1
