"""Keeping a journal small: rows of its oldest batches are put down again, then those batches go."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

import attrs

from gma_twisted.stores.journal.batch import readPart
from gma_twisted.stores.journal.record import Entry
from gma_twisted.stores.journal.replay import position
from gma_twisted.stores.recording import Present, Record, RecordKind

__all__ = ["Cleaner", "Emptied", "Old", "oldRows"]

_EFFORT = 4
_AHEAD = 64 * 1024


@attrs.define(eq=False, slots=True)
class Old:
    """
    A PUT in an old batch; perhaps the row is elsewhere by now, or nowhere.

    @ivar place: of the batch
    @ivar birth: position of the row's first PUT
    @ivar size: its bytes
    """

    key: bytes
    place: int
    birth: int
    size: int


@attrs.define(eq=False, slots=True)
class Emptied:
    """
    The end of a part: of its rows none is only here when all before were dealt with.

    @ivar place: its own
    @ivar bytes: all of it
    @ivar size: what looking at the records that are no PUT counts for
    """

    place: int
    bytes: int
    size: int


Step = Old | Emptied


def oldRows(parts: Iterable[tuple[int, bytes]]) -> list[Step]:
    """
    What cleaning is to look at in these parts, in order. What is damaged is passed over: it is no row.

    @param parts: places and bodies
    """
    steps: list[Step] = []
    for place, body in parts:
        part = readPart(body)
        size = len(body)
        for number, record in enumerate(part.records):
            if isinstance(record, Entry) and record.kind is RecordKind.PUT:
                birth = record.birth or position(place, number)
                steps.append(Old(record.key, part.head.last, birth, record.size))
                size -= record.size
        steps.append(Emptied(place, len(body), size))
    return steps


@attrs.define(eq=False, slots=True)
class Cleaner:
    """
    Decides what a batch carries along so that the journal stays below twice what is live and C{slack}.

    It begins at one and a half times and half of C{slack}, and looks at four old bytes for every new one: before the
    new ones fill what is left, it has been through all that is live. So the work is in proportion to what is written,
    however much there is, and no batch waits for a big cleaning.

    Batches are taken away by the batch after the one that carried their last row: when it turns out later that a
    batch was not kept, no row was only in it.

    @ivar slack: bytes a journal may have beside twice what is live
    @ivar total: bytes of all batches
    @ivar live: bytes of the rows
    """

    slack: int
    total: int = attrs.field(default=0, init=False)
    live: int = attrs.field(default=0, init=False)
    _ahead: deque[Step] = attrs.field(factory=deque, init=False, repr=False)
    _held: int = attrs.field(default=0, init=False)
    _debt: int = attrs.field(default=0, init=False)
    # Taken by the batch under way, put back when it fails.
    _taken: list[Step] = attrs.field(factory=list, init=False, repr=False)
    _before: int = attrs.field(default=0, init=False)
    _emptied: tuple[int, int] = attrs.field(default=(0, 0), init=False)

    @property
    def isNeeded(self) -> bool:
        """Whether old batches must be looked at."""
        return self.total > self.live + self.live // 2 + self.slack // 2

    @property
    def wanted(self) -> int:
        """How many bytes of old batches should be read ahead; 0 for none now."""
        enough = max(_AHEAD, self._debt)
        return 4 * enough if self.isNeeded and self._held < enough else 0

    @property
    def below(self) -> int:
        """Parts with a lower place can go with the next batch; 0 for none."""
        return self._emptied[0]

    def begin(self, total: int, live: int) -> None:
        """Count what was loaded."""
        self.total, self.live = total, live
        self._ahead.clear()
        self._taken = []
        self._held = self._debt = 0
        self._emptied = (0, 0)

    def see(self, steps: Sequence[Step]) -> None:
        """Take what was read ahead."""
        self._ahead.extend(steps)
        self._held += sum(step.size for step in steps)

    def take(
        self, size: int, current: Callable[[bytes], Present | None]
    ) -> list[tuple[Record, int]]:
        """
        Choose what the next batch carries along.

        @param size: bytes of the batch without it
        @param current: see L{Recorder.follow <gma_twisted.stores.recording.Recorder.follow>}
        @return: rows as they are now, each with its birth
        """
        self._before = self._debt
        if not self.isNeeded:
            self._debt = 0
            return []
        # By key: one batch may have put the same row twice.
        moved: dict[bytes, tuple[Record, int]] = {}
        self._debt += _EFFORT * size
        while self._ahead and self._ahead[0].size <= self._debt:
            step = self._ahead.popleft()
            self._taken.append(step)
            self._debt -= step.size
            self._held -= step.size
            if isinstance(step, Old):
                row = current(step.key)
                if row is not None and row.place == step.place and step.key not in moved:
                    moved[step.key] = row.record, step.birth
        return list(moved.values())

    def done(self, size: int, live: int) -> None:
        """
        The batch was written.

        @param size: its bytes
        @param live: what the rows take more now
        """
        self.total += size - self._emptied[1]
        self.live += live
        places = [step.place for step in self._taken if isinstance(step, Emptied)]
        size = sum(step.bytes for step in self._taken if isinstance(step, Emptied))
        self._emptied = (places[-1] + 1, size) if places else (0, 0)
        self._taken = []

    def undo(self) -> None:
        """The batch was not written."""
        self._ahead.extendleft(reversed(self._taken))
        self._held += sum(step.size for step in self._taken)
        self._taken = []
        self._debt = self._before
