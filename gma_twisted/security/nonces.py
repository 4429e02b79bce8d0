"""Nonces of passwords' digests that were used: none is taken twice while its Created is new enough."""

import math
from collections import Counter
from hashlib import sha256

import attrs

from gma_twisted.errors import Busy, FailedAuthentication
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.timing import LeaseTable, NodeClock

__all__ = ["Nonces"]

_AT_ONCE = 64


@attrs.define(slots=True, eq=False)
class Nonces:
    """
    What was used, for as long as it would be taken again; more than there is room for is not taken at all.

    A wall clock that is set back makes old messages new. So the newest Created of those forgotten is kept, and what is
    not newer is refused; and so is what was made before the node started, which remembers nothing of then. (Not seen is
    that a message from a clock that is ahead comes again just after a restart.)

    @ivar clock: the node's
    @ivar most: nonces; of one name half of them
    @ivar window: seconds that Created may be away from the wall clock, either way
    """

    clock: NodeClock
    most: int = 100_000
    window: float = 300.0
    # What was used, with whose it was and its Created.
    _held: dict[bytes, tuple[str, float]] = attrs.field(factory=dict, init=False, repr=False)
    _ends: LeaseTable[bytes] = attrs.field(factory=LeaseTable, init=False, repr=False)
    _perName: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _floor: float = attrs.field(init=False)

    @_floor.default
    def _started(self) -> float:
        # Many clients write whole seconds: those of this one are let in.
        return math.nextafter(math.floor(self.clock.wallTime()), -math.inf)

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._held)

    def check(self, created: float) -> None:
        """
        Whether something was made lately.

        @param created: seconds since 1970
        @raise FailedAuthentication: it was not
        """
        now = self.clock.wallTime()
        if not abs(now - created) <= self.window:
            raise FailedAuthentication(
                f"it was Created at {writeDateTime(created)}, more than {self.window:g} s from {writeDateTime(now)}, "
                "the time of this node",
                cure="set the clock",
            )
        if created <= self._floor:
            raise FailedAuthentication(
                f"it was Created at {writeDateTime(created)}, and this node knows what was used since "
                f"{writeDateTime(self._floor)}",
                cure="send it with a new nonce",
            )

    def take(self, name: str, nonce: bytes, created: str, createdAt: float) -> None:
        """
        Use a nonce, which came with what is right.

        @param created: as it is written
        @param createdAt: the same in seconds since 1970, that L{check} lets pass
        @raise FailedAuthentication: it was used before
        @raise Busy: there is no room to remember it
        """
        now = self.clock.seconds()
        self._forget(now)
        # A digest is made of both together, so they are one here too: where one ends and the other begins, whoever
        # sends it again could change.
        made = sha256(nonce + created.encode()).digest()
        key = sha256(made + name.encode()).digest()
        if key in self._held:
            raise FailedAuthentication(
                "its nonce was used before", cure="make one for each message"
            )
        if len(self._held) >= self.most or self._perName[name] >= max(1, self.most // 2):
            raise Busy("too many nonces are remembered; come again later, or with a bearer token")
        self._held[key] = name, createdAt
        self._perName[name] += 1
        self._ends.set(key, now + createdAt + self.window - self.clock.wallTime())

    def _forget(self, now: float) -> None:
        for key in self._ends.expire(now, _AT_ONCE):
            name, created = self._held.pop(key)
            self._floor = max(self._floor, created)
            self._perName[name] -= 1
            if not self._perName[name]:
                del self._perName[name]
