"""What was here and is no more: so that a late caller hears that, and not that there never was such a thing."""

from collections import OrderedDict
from typing import Generic, TypeVar

import attrs

from gma_twisted.errors import ParameterError
from gma_twisted.timing.clock import NodeClock

__all__ = ["Tombstone", "Tombstones"]

W = TypeVar("W")


@attrs.frozen(slots=True)
class Tombstone(Generic[W]):
    """
    What is left of something.

    @ivar when: wall time of its end, seconds since 1970
    @ivar why: how it ended
    """

    when: float
    why: W


@attrs.define(slots=True, eq=False)
class Tombstones(Generic[W]):
    """
    The ends of the last hour, the newest of them when they are too many.

    The oldest is looked at whenever one comes or is asked for: all stand for the same time, so nothing else can be
    due, and no timer is needed.

    @ivar clock: the node's
    @ivar seconds: how long each one stands
    @ivar most: how many
    """

    clock: NodeClock
    seconds: float = 3600.0
    most: int = 10_000
    _stones: OrderedDict[str, tuple[float, Tombstone[W]]] = attrs.field(
        factory=OrderedDict, init=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        if self.seconds < 0.0 or self.most < 0:
            raise ParameterError(
                f"tombstones need seconds and a number that are not negative, not {self.seconds!r} and {self.most!r}"
            )

    def __len__(self) -> int:
        """How many stand."""
        self._fell()
        return len(self._stones)

    def put(self, id: str, why: W) -> None:
        """It has ended now."""
        now = self.clock.seconds()
        self._stones[id] = (now + self.seconds, Tombstone(self.clock.wallTime(), why))
        if len(self._stones) > self.most:
            self._stones.popitem(last=False)
        self._fell()

    def get(self, id: str) -> Tombstone[W] | None:
        """What is left of it; C{None} when there never was such a thing, or too long ago."""
        self._fell()
        found = self._stones.get(id)
        return None if found is None else found[1]

    def _fell(self) -> None:
        now = self.clock.seconds()
        stones = self._stones
        while stones and next(iter(stones.values()))[0] <= now:
            stones.popitem(last=False)
