"""What callers hold at a service for as long as they renew it: ids, owners and leases, in one place for all roles."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

import attrs

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.model import Caller
from gma_twisted.roles.place import RoleLimits
from gma_twisted.timing import LeaseTable, NodeClock, Sweeper

__all__ = ["Held", "Holdings", "badId"]

# Seconds until what was being changed at its end is looked at again.
_AGAIN = 1.0

K = TypeVar("K", int, str)
T = TypeVar("T")


def badId(id: object) -> ParameterError:
    """What is said of an id that is unknown, or another's: in pyGMA's words."""
    shown = cut(id, 60)
    return ParameterError(f"Bad id {shown}", id=shown)


@attrs.frozen(slots=True, eq=False)
class Held(Generic[K, T]):
    """
    One of them.

    @ivar id: as callers know it
    @ivar owner: see L{Caller.owner}
    @ivar thing: what it is
    """

    id: K
    owner: str
    thing: T


class Holdings(Generic[K, T]):
    """
    What is held at one service, bounded by number and by owner.

    While something is being made it counts, and its lease does not run. While it is being changed its lease does not
    end.
    """

    __slots__ = (
        "_changing",
        "_clock",
        "_ended",
        "_held",
        "_leases",
        "_limits",
        "_owners",
        "_sweeper",
        "_what",
    )

    def __init__(
        self,
        clock: NodeClock,
        limits: RoleLimits,
        what: str,
        ended: Callable[[Held[K, T]], None],
    ) -> None:
        """
        @param what: names them in errors, C{subscriptions}
        @param ended: told when a lease has ended, and it is held no more
        """
        self._clock = clock
        self._limits = limits
        self._what = what
        self._ended: Callable[[Held[K, T]], None] = ended
        self._held: dict[K, Held[K, T]] = {}
        self._owners: Counter[str] = Counter()
        self._changing: Counter[K] = Counter()
        self._leases: LeaseTable[K] = LeaseTable()
        self._sweeper: Sweeper[K] = Sweeper(clock, self._leases, self._over)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._held)

    def start(self) -> None:
        """Let leases end."""
        self._sweeper.start()

    def stop(self) -> Sequence[Held[K, T]]:
        """Let no lease end any more. @return: what was held; nothing is now"""
        self._sweeper.stop()
        held = list(self._held.values())
        for one in held:
            self.remove(one)
        return held

    def grant(self, asked: float | None) -> float:
        """
        Seconds granted.

        @param asked: C{None} for the usual
        @raise ParameterError: not a number
        """
        limits = self._limits
        if asked is None:
            return limits.usual
        if math.isnan(asked):
            raise ParameterError("a lease is a number of seconds, not NaN", parameter="lease")
        return min(max(asked, limits.least), limits.most)

    def add(self, id: K, owner: str, thing: T) -> Held[K, T]:
        """
        Hold one more; its lease begins with L{lease}.

        @raise TooLarge: too many, of all or of this owner
        """
        limits = self._limits
        if len(self._held) >= limits.held:
            raise TooLarge(f"there are {limits.held} {self._what} here, the most")
        if self._owners[owner] >= limits.perOwner:
            raise TooLarge(
                f"{cut(owner)} has {limits.perOwner} {self._what} here, the most of one owner"
            )
        held = self._held[id] = Held(id, owner, thing)
        self._owners[owner] += 1
        return held

    def lease(self, held: Held[K, T], seconds: float) -> float:
        """It ends in so many seconds, unless it is renewed. @return: those"""
        if self.has(held):
            self._leases.set(held.id, self._clock.seconds() + seconds)
        return seconds

    @contextmanager
    def changing(self, held: Held[K, T]) -> Iterator[None]:
        """
        Something is being changed: its lease does not end meanwhile.

        @raise ParameterError: at the end, when it was ended all the same
        """
        self._changing[held.id] += 1
        try:
            yield
        finally:
            self._changing[held.id] -= 1
            if not self._changing[held.id]:
                del self._changing[held.id]
        if not self.has(held):
            raise badId(held.id)

    def has(self, held: Held[K, T]) -> bool:
        """Whether it is still held."""
        return self._held.get(held.id) is held

    def isTaken(self, id: K) -> bool:
        """Whether something of this id is held."""
        return id in self._held

    def get(self, id: K) -> Held[K, T] | None:
        """What is held under an id, whoever asks; C{None} for nothing."""
        return self._held.get(id)

    def of(self, id: K, caller: Caller) -> Held[K, T]:
        """
        What somebody asks for by its id.

        @raise ParameterError: there is none of this id, it is another's, or its lease has ended
        """
        held = self._held.get(id)
        deadline = self._leases.deadline(id)
        # While it is being made nobody can know its id.
        if held is None or deadline is None or deadline <= self._clock.seconds():
            raise badId(id)
        if not caller.owns(held.owner):
            raise badId(id)
        return held

    def owners(self) -> Sequence[str]:
        """Who has something here."""
        return tuple(self._owners)

    def ofOwners(self, owners: Collection[str]) -> Sequence[Held[K, T]]:
        """What some of them have."""
        return [one for one in self._held.values() if one.owner in owners]

    def left(self, held: Held[K, T]) -> float:
        """Seconds of its lease that are left."""
        deadline = self._leases.deadline(held.id)
        return 0.0 if deadline is None else max(0.0, deadline - self._clock.seconds())

    def remove(self, held: Held[K, T]) -> None:
        """Hold it no longer; no effect when it is not held."""
        if not self.has(held):
            return
        del self._held[held.id]
        self._leases.discard(held.id)
        self._owners[held.owner] -= 1
        if not self._owners[held.owner]:
            del self._owners[held.owner]

    def _over(self, ids: Sequence[K]) -> None:
        for id in ids:
            held = self._held.get(id)
            if id in self._changing:
                self._leases.set(id, self._clock.seconds() + _AGAIN)
            elif held is not None:
                self.remove(held)
                self._ended(held)
