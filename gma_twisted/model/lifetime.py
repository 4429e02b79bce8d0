"""How long a value is good, and how long it may be shown (OGSI 1.0, 7.3)."""

import enum
import math
from typing import Self

import attrs

from gma_twisted.errors import ParameterError

__all__ = ["FOREVER", "Freshness", "Lifetime"]


class Freshness(enum.Enum):
    """Which values a reader wants, by C{goodUntil} (WIRE 3)."""

    FRESH = "fresh"
    STALE = "stale"
    ANY = "any"


@attrs.frozen(slots=True, weakref_slot=False)
class Lifetime:
    """
    Three instants on one clock, C{goodFrom <= goodUntil <= availableUntil}.

    Inside a node the clock is the node's own (ARCHITECTURE rule 6): seconds that survive clock steps; wall
    time appears only where a lifetime is written or read.

    @ivar goodFrom: seconds; the value speaks of the time from here on
    @ivar goodUntil: seconds; afterwards the value is stale. C{inf} = no end
    @ivar availableUntil: seconds; afterwards the value is gone. C{inf} = no end
    """

    goodFrom: float
    goodUntil: float = math.inf
    availableUntil: float = math.inf

    def __attrs_post_init__(self) -> None:
        if not self.goodFrom <= self.goodUntil <= self.availableUntil:
            raise ParameterError(
                "a lifetime needs goodFrom <= goodUntil <= availableUntil, not "
                f"{self.goodFrom!r}, {self.goodUntil!r}, {self.availableUntil!r}"
            )

    @classmethod
    def lasting(cls, now: float, good: float, grace: float) -> Self:
        """
        The lifetime of a value made C{now}.

        @param good: seconds until it is stale; C{inf} allowed
        @param grace: seconds it stays readable after that
        """
        return cls(now, now + good, now + good + grace)

    def isStale(self, now: float) -> bool:
        """Whether C{goodUntil} has passed."""
        return now >= self.goodUntil

    def isGone(self, now: float) -> bool:
        """Whether C{availableUntil} has passed: such a value is never served."""
        return now >= self.availableUntil

    def shifted(self, seconds: float) -> "Lifetime":
        """The same lifetime on a clock that is C{seconds} ahead."""
        return Lifetime(
            self.goodFrom + seconds, self.goodUntil + seconds, self.availableUntil + seconds
        )


FOREVER = Lifetime(0.0)
"""Good and available without end."""
