"""How long values from elsewhere hold, on the node's own clock (WIRE 5), and when two lifetimes are as good as one.

A deadline crosses nodes as the time that was left when it was sent: the sender's wall clock may say what it likes.
"""

import math

import attrs

from gma_twisted.markup import ReceivedValue
from gma_twisted.model import Lifetime

__all__ = ["Reckoning", "areAlike", "isNeglected"]

# Who extends for less keeps other nodes busy and gains nothing.
_LEAST = 0.25
_SHARE = 0.02
# A source tells before half of what was left has passed; half of that is for the way.
_NEGLECT = 4


_Ends = tuple[float | None, float | None, float | None]


@attrs.define(slots=True, eq=False)
class Reckoning:
    """
    From the wall times of one message to our own clock.

    @ivar now: instant on the node's clock
    @ivar then: wall time on the clock of the message, at C{now}
    @ivar good: seconds a value is good that does not say it; C{inf} when it is for ever then
    @ivar grace: seconds it is readable after that when it does not say it
    """

    now: float
    then: float
    good: float = math.inf
    grace: float = math.inf
    _last: tuple[_Ends, Lifetime] | None = attrs.field(default=None, init=False, repr=False)

    def ofValue(self, value: ReceivedValue) -> Lifetime:
        """The lifetime of a value; what contradicts itself is made shorter."""
        # Values of one run of a provider come together and have one lifetime: it is kept once.
        ends = (value.goodFrom, value.goodUntil, value.availableUntil)
        if self._last is None or self._last[0] != ends:
            self._last = (ends, self._ofEnds(*ends))
        return self._last[1]

    def _ofEnds(
        self, goodFrom: float | None, goodUntil: float | None, availableUntil: float | None
    ) -> Lifetime:
        if goodFrom is None or not math.isfinite(goodFrom):
            goodFrom = self.then
        began = self.now + (goodFrom - self.then)
        return self.ending(began, goodUntil, availableUntil)

    def ending(
        self, began: float, goodUntil: float | None, availableUntil: float | None
    ) -> Lifetime:
        """
        The lifetime of a value that began at an instant of our own clock.

        @param goodUntil: wall time on the clock of the message; C{None} when it is not said
        @param availableUntil: the same
        """
        if goodUntil is None:
            goodUntil = self.then + self.good if availableUntil is None else availableUntil
        if availableUntil is None:
            availableUntil = goodUntil + self.grace
        shift = self.now - self.then
        available = availableUntil + shift
        good = min(goodUntil + shift, available)
        return Lifetime(min(began, good), good, available)


def areAlike(one: Lifetime, other: Lifetime, now: float) -> bool:
    """Whether the ends of two lifetimes differ by too little to speak of."""
    return _isNear(one.goodUntil, other.goodUntil, now) and _isNear(
        one.availableUntil, other.availableUntil, now
    )


def isNeglected(present: Lifetime, other: Lifetime, now: float) -> bool:
    """
    Whether the way a value came by has let it age so much that another way is to be taken, which promises more: it is
    stale, or nearly, though its source should have said long ago that it holds.

    @param present: of the value here
    @param other: what the other way says
    """
    if now < other.goodUntil and not _isNear(other.goodUntil, present.goodUntil, now):
        left, offered = present.goodUntil - now, other.goodUntil - now
        if left * _NEGLECT < offered:
            return True
    return (
        present.isStale(now)
        and other.availableUntil > present.availableUntil
        and not _isNear(other.availableUntil, present.availableUntil, now)
    )


def _isNear(one: float, other: float, now: float) -> bool:
    return one == other or abs(one - other) < max(_LEAST, _SHARE * (min(one, other) - now))
