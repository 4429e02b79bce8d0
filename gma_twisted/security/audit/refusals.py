"""How many refused calls are written down: a brute force must neither fill the disk nor push out what was done."""

from collections import Counter
from collections.abc import Sequence

import attrs

from gma_twisted.security.audit.chain import Note

__all__ = ["Refusals"]

_CALLERS = 1024
_TOLD = 16
_ROOM = 16 * 1024 * 1024


@attrs.define(slots=True, eq=False)
class Refusals:
    """
    So many lines of one caller, and of all callers, in a span of time, and so many bytes in one file; what is left out
    is counted by caller, and in a file that has no room for more of them together.

    A span begins with its first refusal, and ends when L{end} is called.

    @ivar perCaller: lines of one caller
    @ivar all: lines together
    @ivar callers: that are told apart; the others are one
    @ivar room: bytes of one file
    @ivar areKnown: whether callers are identities; else they are addresses
    """

    perCaller: int = 10
    all: int = 200
    callers: int = _CALLERS
    room: int = _ROOM
    areKnown: bool = False
    _seen: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _left: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _written: int = attrs.field(default=0, init=False)
    # Bytes in the file; how many were left out since there was no room for more, and have not been told of.
    _taken: int = attrs.field(default=0, init=False)
    _untold: int = attrs.field(default=0, init=False)
    _isSaid: bool = attrs.field(default=False, init=False)

    @property
    def isOpen(self) -> bool:
        """Whether a span has begun."""
        return bool(self._seen)

    def admit(self, caller: str) -> bool:
        """Whether a refused call of this caller is written down."""
        if caller not in self._seen and len(self._seen) >= self.callers:
            caller = ""
        self._seen[caller] += 1
        if (
            self._taken >= self.room
            or self._seen[caller] > self.perCaller
            or self._written >= self.all
        ):
            self._left[caller] += 1
            return False
        self._written += 1
        return True

    def take(self, bytes: int) -> None:
        """Hear how long a line was, of a refusal or of L{end}."""
        self._taken += bytes

    def end(self) -> Sequence[Note]:
        """
        End the span.

        @return: how many were left out, of the callers with the most a note each; in a file that has no room for more
            a note that says so, once, and their number is told by L{turn}
        """
        left = self._left.copy()
        self._seen.clear()
        self._left.clear()
        self._written = 0
        if self._taken >= self.room:
            self._untold += left.total()
            isSaid, self._isSaid = self._isSaid, True
            said = f"the refused calls {self._whose} have their share of this file; more are only counted"
            return [] if isSaid else [Note("left-out", said)]
        told = left.most_common(_TOLD)
        rest = left.total() - sum(count for _, count in told)
        if rest:
            told.append(("", rest))
        return [self._note(caller, count) for caller, count in told]

    def turn(self) -> Sequence[Note]:
        """There is another file, or none any more. @return: how many were left out for want of room in the last"""
        untold, self._untold = self._untold, 0
        self._taken, self._isSaid = 0, False
        return [self._note("", untold)] if untold else []

    @property
    def _whose(self) -> str:
        return "of known callers" if self.areKnown else "of callers nobody knows"

    def _note(self, caller: str, count: int) -> Note:
        said = f"{count} refused calls {self._whose} were not written down"
        who, peer = (caller, "") if self.areKnown else ("", caller)
        return Note("left-out", said, peer, count, who)
