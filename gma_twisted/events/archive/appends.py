"""What was given to an archive and waits to be written."""

from collections import deque
from collections.abc import Mapping, Sequence

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.errors import Busy, ParameterError
from gma_twisted.events.archive.limits import ArchiveLimits
from gma_twisted.interfaces.events import StoredEvent

__all__ = ["Append", "Appends"]


@attrs.frozen(slots=True, eq=False)
class Append:
    """What somebody gave at once."""

    events: Sequence[StoredEvent]
    positions: Mapping[str, str]
    size: int
    done: Deferred[None]


class Appends:
    """
    Oldest first.

    @ivar events: how many events wait
    @ivar size: their bytes
    """

    __slots__ = ("_limits", "_line", "events", "size")

    def __init__(self, limits: ArchiveLimits) -> None:
        """@param limits: of what waits, and of what is written at once"""
        self._limits = limits
        self._line: deque[Append] = deque()
        self.events = self.size = 0

    def __len__(self) -> int:
        """How often something was given."""
        return len(self._line)

    def add(
        self, events: Sequence[StoredEvent], positions: Mapping[str, str], last: int
    ) -> Deferred[None]:
        """
        One more waits.

        @param last: number of the last that is kept
        @return: who gave it waits for that
        @raise Busy: too much waits
        @raise ParameterError: the numbers are not higher than all before
        """
        size, limits = sum(one.size for one in events), self._limits
        if self._line and (
            self.events + len(events) > limits.waitingEvents
            or self.size + size > limits.waitingBytes
        ):
            raise Busy(
                f"{self.events} events, {self.size} bytes, wait for the disk already, the most",
                cure="send less, or give the archive a faster disk",
            )
        waiting = next((one.events[-1].number for one in reversed(self._line) if one.events), 0)
        last = max(last, waiting)
        for one in events:
            if one.number <= last:
                raise ParameterError(f"event {one.number} comes after event {last}")
            last = one.number
        done: Deferred[None] = Deferred()
        self._line.append(Append(events, dict(positions), size, done))
        self.events += len(events)
        self.size += size
        return done

    def next(self) -> Sequence[Append]:
        """What is written at once: one at least, there must be one."""
        some: list[Append] = []
        count = size = 0
        for one in self._line:
            count += len(one.events)
            size += one.size
            if some and (count > self._limits.batchEvents or size > self._limits.batchBytes):
                break
            some.append(one)
        return some

    def takeOut(self, some: Sequence[Append]) -> None:
        """They do not wait any more; they are the oldest."""
        for one in some:
            self._line.popleft()
            self.events -= len(one.events)
            self.size -= one.size
