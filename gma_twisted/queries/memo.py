"""Which questions have ended a worker lately, and who asked them."""

from collections import OrderedDict, deque
from collections.abc import Hashable

import attrs
from twisted.internet.interfaces import IReactorTime

from gma_twisted.errors import Busy
from gma_twisted.model.area import areaOf

__all__ = ["DOUBTED", "REMEMBERED", "Memo", "Offenders"]

REMEMBERED = 600.0
"""Seconds for which something is remembered."""

DOUBTED = 60.0
"""Seconds for which a client is not trusted, or not answered."""

_MOST = 1000
# How many times as much as one client all those of a network may do.
_NEIGHBOURS = 4


@attrs.define(slots=True, eq=False)
class Memo:
    """
    Remembers questions, or clients, for a while, the last thousand.

    @ivar clock: the node's
    @ivar times: of each, how many last instants
    """

    clock: IReactorTime
    times: int = 1
    _when: OrderedDict[Hashable, deque[float]] = attrs.field(
        factory=OrderedDict, init=False, repr=False
    )

    def keep(self, one: Hashable) -> None:
        """Remember one from now."""
        instants = self._when.pop(one, None)
        if instants is None:
            instants = deque(maxlen=self.times)
        instants.append(self.clock.seconds())
        self._when[one] = instants
        if len(self._when) > _MOST:
            self._when.popitem(last=False)

    def __contains__(self, one: Hashable) -> bool:
        """Whether it is remembered."""
        return self._leftOf(one, REMEMBERED) > 0.0

    def isDoubted(self, one: Hashable) -> bool:
        """Whether its last instant is less than L{DOUBTED} ago."""
        return self._leftOf(one, DOUBTED) > 0.0

    def barredFor(self, one: Hashable) -> float:
        """Seconds of L{DOUBTED} after the last instant that are left, when all C{times} are remembered; else 0."""
        instants = self._when.get(one)
        if not instants or len(instants) < self.times:
            return 0.0
        isLongAgo = self.clock.seconds() >= instants[0] + REMEMBERED
        return 0.0 if isLongAgo else self._leftOf(one, DOUBTED)

    def _leftOf(self, one: Hashable, seconds: float) -> float:
        instants = self._when.get(one)
        return max(0.0, instants[-1] + seconds - self.clock.seconds()) if instants else 0.0


@attrs.define(slots=True, eq=False)
class Offenders:
    """
    Whose expressions have ended workers.

    @ivar clock: the node's
    @ivar most: workers that those of one client may end within ten minutes, of a network four times as many; with the
        last of them it is not answered for a minute
    """

    clock: IReactorTime
    most: int
    _clients: Memo = attrs.field(init=False, repr=False)
    _areas: Memo = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._clients = Memo(self.clock, self.most)
        self._areas = Memo(self.clock, self.most * _NEIGHBOURS)

    def keep(self, client: str) -> None:
        """An expression of a client has ended a worker."""
        self._clients.keep(client)
        self._areas.keep(areaOf(client))

    def __contains__(self, client: str) -> bool:
        """Whether it, or one of its network, has within a minute."""
        return self._areas.isDoubted(areaOf(client))

    def check(self, client: str) -> None:
        """@raise Busy: it has so often that it is not answered for a while"""
        for memo, one in ((self._clients, client), (self._areas, areaOf(client))):
            left = memo.barredFor(one)
            if left > 0.0:
                raise Busy(
                    f"expressions of {one} ended {memo.times} query workers within"
                    f" {REMEMBERED / 60:g} minutes, the bound [limits] query_endings:"
                    f" ask again in {left:.0f} s"
                )
