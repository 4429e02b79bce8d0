"""What a store needs of whatever makes its commits durable; and the recorder that makes nothing durable."""

import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import attrs

from gma_twisted.timing import Ready

__all__ = ["Forgetful", "Present", "Record", "RecordKind", "Recorder", "Stored"]

_DONE: Ready[None] = Ready(None)
_NOWHERE: Ready[int] = Ready(0)


class RecordKind(enum.IntEnum):
    """What a record does to the row of its key."""

    PUT = 1
    EXTEND = 2
    REMOVE = 3


@attrs.frozen(slots=True)
class Record:
    """
    One change of one row, in a store's own bytes.

    @ivar kind: PUT keeps payload and instants, EXTEND only other instants, REMOVE ends the row
    @ivar key: identity of the row
    @ivar instants: on the node's clock, C{inf} and C{-inf} among them; as many as the store likes, up to 8
    @ivar payload: what else the row holds, of PUT only
    """

    kind: RecordKind
    key: bytes
    instants: tuple[float, ...] = ()
    payload: bytes = b""

    @property
    def size(self) -> int:
        """Bytes of key, instants (8 each) and payload."""
        return len(self.key) + 8 * len(self.instants) + len(self.payload)


class Present(Protocol):
    """A row as a store has it now. A recorder asks much more often where it is than for all of it."""

    @property
    def place(self) -> int:
        """Of the batch its PUT is in; what the recorder gave."""

    @property
    def size(self) -> int:
        """As that of C{record}, reckoned without making it."""

    @property
    def record(self) -> Record:
        """A PUT with all that the row holds."""


@attrs.frozen(slots=True)
class Stored:
    """
    A row as it is kept.

    @ivar record: a PUT with the row's present instants, converted to this life of the machine
    @ivar place: of the batch its PUT is in; what the recorder gave
    """

    record: Record
    place: int

    @property
    def size(self) -> int:
        """See L{Present}."""
        return self.record.size


class Recorder(Protocol):
    """
    Makes batches of records durable, all or none, in the order given.

    It may put rows down again to clean up; for that it asks the store what a row is now.
    """

    def load(self, take: Callable[[Sequence[Stored]], None]) -> Awaitable[None]:
        """
        Give every row that is kept, in slices and in the order of their first PUT; before anything is recorded.

        @raise ServiceError: what is kept cannot be used; the message names file and record
        """

    def follow(
        self, current: Callable[[bytes], Present | None], moved: Callable[[bytes, int], None]
    ) -> None:
        """
        @param current: the row of a key as it is now, C{None} when there is none
        @param moved: told that the row's PUT is now in another place
        """

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """
        Make them durable.

        @return: the place of the batch, above all places before
        @raise Busy: it cannot write now (disk full, input/output error). Nothing of the batch is kept, but for one
            case, which the message tells: while the disk goes on failing it may not be known what it has of a batch
            that failed. That batch may then be there, whole, after a restart, unless another was recorded before: that
            one takes its place
        """

    def stop(self) -> Awaitable[None]:
        """Finish what is under way and let go of the files."""


class Forgetful:
    """Keeps nothing: memory is as durable as it gets."""

    def load(self, take: Callable[[Sequence[Stored]], None]) -> Awaitable[None]:
        """There is nothing."""
        return _DONE

    def follow(
        self, current: Callable[[bytes], Present | None], moved: Callable[[bytes, int], None]
    ) -> None:
        """Nothing moves."""

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """Done at once."""
        return _NOWHERE

    def stop(self) -> Awaitable[None]:
        """Nothing is held."""
        return _DONE
