"""Which entries were here and are no more: so that a late caller hears that, and not that there never was one."""

import enum
from collections import OrderedDict

import attrs

from gma_twisted.errors import ParameterError
from gma_twisted.timing import NodeClock

__all__ = ["Ending", "Tombstone", "Tombstones"]


class Ending(enum.Enum):
    """Why an entry is over; the value goes into a sentence."""

    EXPIRED = "its time passed"
    UNREGISTERED = "its owner took it out"
    DESTROYED = "it was destroyed"


@attrs.frozen(slots=True)
class Tombstone:
    """
    What is left of an entry.

    @ivar when: wall time of its end, seconds since 1970
    @ivar why: how it ended
    """

    when: float
    why: Ending


@attrs.define(slots=True, eq=False)
class Tombstones:
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
    _stones: OrderedDict[str, tuple[float, Tombstone]] = attrs.field(
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

    def put(self, entry: str, why: Ending) -> None:
        """The entry has ended now."""
        now = self.clock.seconds()
        self._stones[entry] = (now + self.seconds, Tombstone(self.clock.wallTime(), why))
        if len(self._stones) > self.most:
            self._stones.popitem(last=False)
        self._fell()

    def get(self, entry: str) -> Tombstone | None:
        """What is left of an entry; C{None} when there never was one, or too long ago."""
        self._fell()
        found = self._stones.get(entry)
        return None if found is None else found[1]

    def _fell(self) -> None:
        now = self.clock.seconds()
        stones = self._stones
        while stones and next(iter(stones.values()))[0] <= now:
            stones.popitem(last=False)
