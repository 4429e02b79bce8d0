"""Who showed what is wrong too often: from there nothing is compared for a while (RELIABILITY, P12)."""

import math
from collections.abc import Mapping

import attrs
from twisted.internet.interfaces import IReactorTime

from gma_twisted.errors import Throttled, cut
from gma_twisted.model.network import networkOf
from gma_twisted.timing import LeaseTable

__all__ = ["Attempts"]

_AT_ONCE = 64
# What one customer of IPv6 may have, from the least to the most, and how many times as much may come of it at once:
# there may be several of them in what is more than a link.
_PREFIXES = ((64, 1), (56, 4), (48, 16))


@attrs.define(slots=True, eq=False)
class Attempts:
    """
    Token buckets of failures, by address and by the name that was claimed; each is one instant, when it is full again.

    An address that failed too often is refused. A name about which was failed too often is refused to every address
    that failed lately too: who has the right password, and came from elsewhere, gets in. Of IPv6 each address counts
    for the networks around it, see L{networkOf}: who has a /48 guesses no more of a name than who has one address.

    @ivar clock: the node's
    @ivar burst: failures that may come at once from an address, in IPv6 a /64, and for a name; of a /56 four times, of
        a /48 16 times as many
    @ivar interval: seconds after which one more may come
    @ivar callers: networks and names that are remembered; of more, those go that would be forgotten first
    """

    clock: IReactorTime
    burst: int = 10
    interval: float = 6.0
    callers: int = 10_000
    _full: LeaseTable[str] = attrs.field(factory=LeaseTable, init=False, repr=False)
    _failed: int = attrs.field(default=0, init=False)
    _refused: int = attrs.field(default=0, init=False)

    def admit(self, peer: str, name: str = "") -> None:
        """
        Return to let be compared what is shown.

        @param peer: its address
        @param name: that is claimed; empty when none is
        @raise Throttled: not now
        """
        if not len(self._full):
            return
        now = self.clock.seconds()
        places = _placesOf(peer)
        wait = max(self._wait(place, now, times) for place, times in places.items())
        if wait <= 0 and name and any(place in self._full for place in places):
            wait = self._wait(_claimOf(name), now)
        if wait > 0:
            self._refused += 1
            raise Throttled(
                "too much was shown from there that shows nobody; come again later",
                max(1, math.ceil(wait)),
            )

    def failed(self, peer: str, name: str = "") -> None:
        """Something was compared, and is wrong; parameters as of L{admit}."""
        self._failed += 1
        now = self.clock.seconds()
        self._full.expire(now, _AT_ONCE)
        for place in _placesOf(peer):
            self._drain(place, now)
        if name:
            self._drain(_claimOf(name), now)

    def counts(self) -> Mapping[str, int]:
        """C{failed} comparisons, and how often was C{refused} to compare, since the start."""
        return {"failed": self._failed, "refused": self._refused}

    def __len__(self) -> int:
        """How many networks and names are remembered."""
        return len(self._full)

    def _wait(self, key: str, now: float, times: int = 1) -> float:
        """Seconds until the next failure may come; not above 0 when it may come now."""
        full = self._full.deadline(key)
        return 0.0 if full is None else full - now - (self.burst * times - 1) * self.interval

    def _drain(self, key: str, now: float) -> None:
        full = self._full
        before = full.deadline(key)
        if before is None and len(full) >= self.callers:
            first = full.nextDue()
            if first is not None:
                full.expire(first, 1)
        full.set(key, max(now, before or now) + self.interval)


def _placesOf(peer: str) -> Mapping[str, int]:
    """The networks around an address, and how many times as much may come from each."""
    found: dict[str, int] = {}
    for prefix, times in _PREFIXES:
        found.setdefault(networkOf(peer, prefix), times)
    return found


def _claimOf(name: str) -> str:
    # No address has an "@".
    return f"@{cut(name)}"
