"""How long to wait after failures in a row: pure, the chance comes from outside."""

from collections.abc import Callable

import attrs

from gma_twisted.errors import ParameterError

__all__ = ["Backoff"]


@attrs.frozen(slots=True)
class Backoff:
    """
    Exponential back-off with full jitter.

    After C{n} failures in a row the delay is evenly spread over C{[0, min(cap, base * factor ** (n - 1)))}, so
    callers that failed together do not come back together; the mean is half of that ceiling.

    @ivar base: ceiling after the first failure, in seconds
    @ivar cap: highest ceiling, in seconds
    @ivar factor: growth of the ceiling with each failure
    """

    base: float
    cap: float
    factor: float = 2.0

    def __attrs_post_init__(self) -> None:
        if not (0.0 < self.base <= self.cap and self.factor >= 1.0):
            raise ParameterError(
                "a back-off needs 0 < base <= cap and factor >= 1, not "
                f"{self.base!r}, {self.cap!r}, {self.factor!r}"
            )

    def ceiling(self, failures: int) -> float:
        """The longest delay after so many failures in a row, in seconds; 0 after none."""
        if failures <= 0:
            return 0.0
        try:
            return min(self.cap, self.base * self.factor ** (failures - 1))
        except OverflowError:
            return self.cap

    def delay(self, failures: int, random: Callable[[], float], told: float = 0.0) -> float:
        """
        Seconds to wait now.

        @param failures: failures in a row so far
        @param random: gives a number in C{[0, 1)}
        @param told: seconds who failed wants to be left alone (Retry-After); up to C{cap} that is the least, and up to
            half as much more is waited, since others were told the same
        """
        delay = self.ceiling(failures) * random()
        return max(delay, min(told, self.cap) * (1 + random() / 2)) if told > 0 else delay
