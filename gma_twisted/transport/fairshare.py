"""How much each caller gets of a node that cannot answer everybody: found out by how late it is."""

import attrs

from gma_twisted.transport.turning import LONGEST

__all__ = ["LOOK", "SAVED", "FairShare"]

LOOK = 0.05
"""Seconds of a round."""

SAVED = 4
"""Shares that a caller can save up: a burst of all of them together must not make the node late for long."""

_LEAST = LOOK
_SLOWER, _FASTER = 0.8, 1.15
# Of the lateness at which it begins: as late as this it is when it is hardly ever idle.
_AIM = 0.3
# Of the lateness before, in what it is judged by.
_INERTIA = 0.8
# Of the most that was let in lately: where less is, it is not what is let in that makes the node late; and how fast
# that most is forgotten.
_WORTH, _FADING = 0.7, 0.995
# Of all that was let in: nobody gets more by itself, however much is free.
_SPARE = 1.25
# With what it begins: so many times what each could have. Nobody asks as much as everybody together.
_AMPLE = 4


@attrs.define(slots=True, eq=False)
class FairShare:
    """
    The same for every caller; who asks for less never notices. So nobody is kept from its own by one that asks for
    everything, and nothing has to be known of what a node can do.

    @ivar lateness: seconds late at which it begins
    @ivar each: requests of each caller in a round
    @ivar spread: seconds over which those who are turned away are told to come again
    """

    lateness: float
    each: float = attrs.field(default=1.0, init=False)
    spread: int = attrs.field(default=2, init=False)
    _late: float = attrs.field(default=0.0, init=False)
    _rate: float = attrs.field(default=0.0, init=False)
    _most: float = attrs.field(default=0.0, init=False)

    def begin(self, late: float, rate: float, callers: int) -> None:
        """
        From now on there is one.

        @param late: seconds
        @param rate: requests a second that were let in until now
        @param callers: how many there are
        """
        self.each = max(1.0, rate * LOOK * min(1.0, _AMPLE / max(1, callers)))
        self.spread = 2
        self._late = late
        self._rate = self._most = 0.0

    def adjust(self, late: float, served: int, refused: int, isFull: bool) -> None:
        """
        After each round.

        @param late: seconds that it ended late
        @param served: requests that were let in
        @param refused: requests that were turned away
        @param isFull: whether what waits takes too much memory
        """
        self._late = _INERTIA * self._late + (1 - _INERTIA) * late
        self._rate = _INERTIA * self._rate + (1 - _INERTIA) * served / (LOOK + late)
        self._most = max(self._rate, self._most * _FADING)
        # As far from where it shall be, so fast.
        pace = 1 + (_FASTER - 1) * (1 - self._late / (_AIM * self.lateness))
        if isFull:
            pace = _SLOWER
        elif pace < 1 and self._rate < _WORTH * self._most:
            pace = 1.0
        if pace < 1 or refused:
            most = max(1.0, _SPARE * self._most * LOOK)
            self.each = min(most, max(_LEAST, self.each * max(_SLOWER, pace)))
        if refused:
            # As many seconds as there are too many: then they come as fast as they can be answered.
            self.spread = max(2, min(LONGEST, refused // max(1, served)))
