"""How long until a source that was asked in vain is asked again."""

from collections.abc import Callable

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.timing import Backoff

__all__ = ["PACE", "Pauses"]

PACE = 0.1
"""Seconds between two tries, at least."""

_FIRST, _LONGEST = 1.0, 60.0


def _ofSilence(interval: float) -> Backoff:
    return Backoff(_FIRST, min(_LONGEST, max(_FIRST, interval)))


@attrs.frozen(slots=True, eq=False)
class Pauses:
    """
    The pauses of one session. A source that is back is found within an interval: what it costs to ask is what a live
    one costs. A source that refuses is there, writes down each time that it does, and needs somebody to change
    something: it is asked less often. So is one that has no time and says for how long, whatever the interval is.

    @ivar interval: of the session, in seconds
    @ivar random: gives numbers in C{[0, 1)}
    """

    _silence: Backoff = attrs.field(alias="interval", converter=_ofSilence)
    random: Callable[[], float]
    _refusal: Backoff = attrs.field(default=Backoff(_FIRST, _LONGEST), init=False)

    def after(self, failures: int, error: GMAError | None) -> float:
        """
        Seconds to wait.

        @param failures: in a row, so far
        @param error: the last one, C{None} for something else
        """
        told = getattr(error, "retryAfter", 0.0)
        isRefusal = error is not None and not error.retry
        backoff = self._refusal if isRefusal or told else self._silence
        return max(PACE, backoff.delay(failures, self.random, told))
