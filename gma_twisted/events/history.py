"""The events of the last time, and the last event of each name: in memory, bounded by count, bytes and age."""

from collections import OrderedDict, deque
from collections.abc import Sequence

from gma_twisted.events.kept import Kept
from gma_twisted.events.limits import EngineLimits
from gma_twisted.timing import NodeClock

__all__ = ["History", "Latest"]

# Of which it is known what was let go.
_NAMES = 10_000


class History:
    """
    What was published, oldest first.

    What is too old is let go when something comes or is asked for: no timer is needed.

    @ivar lost: newest timestamp of what was let go, nanoseconds since 1970; C{None} for nothing. One that was ahead of
        its time counts as the instant it was published: else all later answers would lack it
    @ivar lostNumber: highest number of what was let go; 0 for nothing
    @ivar size: bytes of what is kept
    """

    __slots__ = (
        "_all",
        "_byName",
        "_clock",
        "_limits",
        "_lostOf",
        "_lostOther",
        "lost",
        "lostNumber",
        "size",
    )

    def __init__(self, clock: NodeClock, limits: EngineLimits) -> None:
        """@param limits: C{history}, C{historyBytes} and C{historySeconds} of it"""
        self._clock = clock
        self._limits = limits
        self._all: deque[Kept] = deque()
        self._byName: dict[str, deque[Kept]] = {}
        # By name, those of which nothing was let go for longest first; and of all others.
        self._lostOf: OrderedDict[str, int] = OrderedDict()
        self._lostOther = 0
        self.lost: int | None = None
        self.lostNumber = 0
        self.size = 0

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._all)

    def add(self, kept: Kept) -> None:
        """Keep one more; the oldest go where a bound is passed."""
        self._all.append(kept)
        self._byName.setdefault(kept.event.name, deque()).append(kept)
        self.size += kept.size
        limits = self._limits
        while len(self._all) > limits.history or (self.size > limits.historyBytes and self._all):
            self._letGo()
        self._age()

    def select(self, name: str | None) -> Sequence[Kept]:
        """What is kept of a name, or of all names for C{None}, in the order it was published."""
        self._age()
        return tuple(self._all if name is None else self._byName.get(name, ()))

    def lostOf(self, name: str | None) -> int:
        """Highest number of what was let go of a name, C{None}: of all names; perhaps of others; 0 for nothing."""
        return self.lostNumber if name is None else self._lostOf.get(name, self._lostOther)

    def _age(self) -> None:
        oldest = self._clock.seconds() - self._limits.historySeconds
        while self._all and self._all[0].at < oldest:
            self._letGo()

    def _letGo(self) -> None:
        # The oldest of all is the oldest of its name.
        kept = self._all.popleft()
        same = self._byName[kept.event.name]
        same.popleft()
        if not same:
            del self._byName[kept.event.name]
        self.size -= kept.size
        self.lostNumber = self._lostOf[kept.event.name] = kept.number
        self._lostOf.move_to_end(kept.event.name)
        if len(self._lostOf) > _NAMES:
            self._lostOther = self._lostOf.popitem(last=False)[1]
        since = self._clock.seconds() - kept.at
        published = int((self._clock.wallTime() - since) * 1e9)
        when = min(kept.event.timestamp.nanoseconds, published)
        self.lost = when if self.lost is None else max(self.lost, when)


class Latest:
    """
    Of each source and name the event that was published last.

    @ivar dropped: how many were let go because there were too many, or all together too large
    @ivar isRead: whether all that is kept of what was told before a restart could be read
    @ivar lostNumber: up to this one events may have been told before a restart that are not kept; 0 for none
    @ivar size: bytes of what is kept
    """

    __slots__ = ("_byName", "_limits", "_order", "dropped", "isRead", "lostNumber", "size")

    def __init__(self, limits: EngineLimits) -> None:
        """@param limits: C{latest} and C{latestBytes} of it; of more those go of which nothing was heard for longest"""
        self._limits = limits
        self._byName: dict[str, dict[str, Kept]] = {}
        # Each with the number of its first event since it is kept.
        self._order: OrderedDict[tuple[str, str], int] = OrderedDict()
        self.dropped = 0
        self.isRead = True
        self.lostNumber = 0
        self.size = 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._order)

    def put(self, kept: Kept) -> None:
        """It is the last of its source and name."""
        name, source = kept.event.name, kept.source
        same = self._byName.setdefault(name, {})
        before = same.get(source)
        same[source] = kept
        self.size += kept.size - (0 if before is None else before.size)
        self._order.setdefault((name, source), kept.number)
        self._order.move_to_end((name, source))
        limits = self._limits
        while len(self._order) > limits.latest or (
            self.size > limits.latestBytes and len(self._order) > 1
        ):
            self._remove(*next(iter(self._order)))
            self.dropped += 1

    def select(self, name: str | None) -> Sequence[Kept]:
        """The last events of a name, or of all names for C{None}."""
        if name is not None:
            return tuple(self._byName.get(name, {}).values())
        return [kept for each in self._byName.values() for kept in each.values()]

    def isLast(self, name: str | None) -> bool:
        """Whether no later ones of a name, of all names for C{None}, were told before a restart: as far as is known."""
        if not self.isRead:
            return False
        if not self.lostNumber:
            return True
        # Of a name of which nothing is there nobody knows, unless all that is there came later.
        kept = self.select(name) or self.select(None)
        return self.lostNumber < min((one.number for one in kept), default=0)

    def firstOf(self, kept: Kept) -> int:
        """Number of the first event of the source and name of a last one: it stays when that is replaced."""
        return self._order[kept.event.name, kept.source]

    def forget(self, source: str) -> None:
        """Let go what is of a source."""
        for name in [name for name, each in self._byName.items() if source in each]:
            self._remove(name, source)

    def _remove(self, name: str, source: str) -> None:
        del self._order[name, source]
        same = self._byName[name]
        self.size -= same.pop(source).size
        if not same:
            del self._byName[name]
