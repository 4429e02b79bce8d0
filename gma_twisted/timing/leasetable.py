"""Deadlines by key: the one expiry mechanism, for registrations, subscriptions and service data alike.

A wheel of buckets 0.25 s wide: each key is in the bucket of its deadline and nowhere else, so a renewal moves
it and leaves nothing behind. A heap orders the buckets, never the keys.
"""

import math
from collections.abc import Callable, Hashable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from gma_twisted.errors import ParameterError, cut

__all__ = ["LeaseTable"]

K = TypeVar("K", bound=Hashable)

# A power of two, so that the edges of buckets are exact floats.
_WIDTH = 0.25
# Above this many keys a bucket is not searched for the ones already due: it waits for its far edge.
_CROWD = 1024
_SPARE_EDGES = 64


class LeaseTable(Generic[K]):
    """
    Which keys end when, on the clock of the caller: it has none of its own.

    C{set} and C{discard} take constant time, however often a key is renewed. Nothing is given before its deadline.
    A bucket of up to 1,024 keys is exact to the instant; a key in a bigger crowd is given at most 0.25 s late, so
    reads compare deadlines themselves. How many keys there may be is the bound of the store that owns the table.
    """

    __slots__ = ("_below", "_buckets", "_deadlines", "_earlier", "_edges")

    def __init__(self) -> None:
        """Make an empty table."""
        self._deadlines: dict[K, float] = {}
        self._buckets: dict[float, set[K]] = {}
        # Every bucket is in here, once or more; an edge without a bucket is left over.
        self._edges: list[float] = []
        self._below = -math.inf
        self._earlier: Callable[[float], None] | None = None

    def __len__(self) -> int:
        """How many keys have a deadline."""
        return len(self._deadlines)

    def __contains__(self, key: object) -> bool:
        """Whether the key has a deadline, passed or not."""
        return key in self._deadlines

    def deadline(self, key: K) -> float | None:
        """The instant the key ends, C{inf} for never; C{None} for a key that is not here."""
        return self._deadlines.get(key)

    def set(self, key: K, deadline: float) -> None:
        """
        Give a key its deadline, or another one.

        @param deadline: an instant; one that has passed is given by the next L{expire}, C{inf} never
        @raise ParameterError: C{nan} or C{-inf}
        """
        deadlines = self._deadlines
        before = deadlines.get(key)
        if -math.inf < deadline < math.inf:
            bucket = deadline // _WIDTH
            if before is not None:
                old = before // _WIDTH
                if old != bucket:
                    self._leave(old, key)
                    self._enter(bucket, key)
            else:
                self._enter(bucket, key)
        elif deadline == math.inf:
            if before is not None:
                self._leave(before // _WIDTH, key)
        else:
            raise ParameterError(f"the deadline of {cut(key)} is {deadline!r}, not an instant")
        deadlines[key] = deadline
        if deadline < self._below and self._earlier is not None:
            self._earlier(deadline)

    def discard(self, key: K) -> None:
        """Forget a key; no effect when it is not here."""
        before = self._deadlines.pop(key, None)
        if before is not None:
            self._leave(before // _WIDTH, key)

    def _enter(self, bucket: float, key: K) -> None:
        keys = self._buckets.get(bucket)
        if keys is None:
            self._buckets[bucket] = {key}
            heappush(self._edges, bucket)
        else:
            keys.add(key)

    def _leave(self, bucket: float, key: K) -> None:
        keys = self._buckets.get(bucket)
        if keys is None:  # it never ends, and was in no bucket
            return
        keys.discard(key)
        if len(keys) == _CROWD:
            # A set keeps the room of its best days, and to search it takes the time of that room.
            self._buckets[bucket] = set(keys)
        elif not keys:
            del self._buckets[bucket]
            if len(self._edges) > 2 * len(self._buckets) + _SPARE_EDGES:
                self._edges = list(self._buckets)
                heapify(self._edges)

    def _first(self) -> float | None:
        edges = self._edges
        while edges and edges[0] not in self._buckets:
            heappop(edges)
        return edges[0] if edges else None

    def watch(self, below: float, earlier: Callable[[float], None]) -> None:
        """
        Have every L{set} of a deadline before C{below} told, until this is called again.

        @param below: an instant; C{-inf} for none, which lets go of C{earlier}
        @param earlier: takes the deadline that was set; it does not change the table
        """
        self._below = below
        self._earlier = None if below == -math.inf else earlier

    def nextDue(self) -> float | None:
        """
        The earliest instant at which L{expire} has something to give; C{None} when nothing ends.

        For a crowded bucket it is the bucket's far edge. Takes the time of up to 1,024 comparisons.
        """
        first = self._first()
        if first is None:
            return None
        keys = self._buckets[first]
        if len(keys) > _CROWD:
            return (first + 1) * _WIDTH
        deadlines = self._deadlines
        return min([deadlines[key] for key in keys])

    def expire(self, now: float, limit: int) -> list[K]:
        """
        Take keys out whose deadline is C{now} or earlier.

        @param limit: most keys to take, at least 1: what the caller can deal with in one turn of the reactor
        @return: the keys, sooner buckets first, in the order of their deadlines but for crowded buckets; fewer than
            C{limit} when nothing more is due
        """
        due: list[K] = []
        while len(due) < limit:
            first = self._first()
            if first is None or first * _WIDTH > now:
                break
            taken = self._take(first, now, limit - len(due))
            if not taken:
                break
            due += taken
        return due

    def _take(self, bucket: float, now: float, limit: int) -> list[K]:
        keys = self._buckets[bucket]
        deadlines = self._deadlines
        if len(keys) <= _CROWD:
            due = sorted([k for k in keys if deadlines[k] <= now], key=deadlines.__getitem__)
            del due[limit:]
            keys.difference_update(due)
        elif (bucket + 1) * _WIDTH <= now:
            due = [keys.pop() for _ in range(min(limit, len(keys)))]
            if 0 < len(keys) <= _CROWD:
                # By pop, which goes on where it was, and not past all the room that is empty now.
                self._buckets[bucket] = {keys.pop() for _ in range(len(keys))}
                keys = self._buckets[bucket]
        else:
            return []
        for key in due:
            del deadlines[key]
        if not keys:
            del self._buckets[bucket]
        return due
