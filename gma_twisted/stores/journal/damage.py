"""What was found damaged in a journal: named, kept aside, and not served."""

import attrs

from gma_twisted.errors import cut
from gma_twisted.stores.recording import RecordKind

__all__ = ["Damage", "Quarantined"]


@attrs.frozen(slots=True)
class Damage:
    """
    A record that cannot be read.

    @ivar number: of the record in its batch, from 0
    @ivar why: what is wrong with it
    @ivar data: its bytes, as far as they are there
    @ivar key: of its row, when that can still be read
    @ivar kind: C{None} when that cannot be read
    @ivar check: of the key, when the key cannot be read; see L{keyCheck <gma_twisted.stores.journal.record.keyCheck>}
    """

    number: int
    why: str
    data: bytes
    key: bytes | None = None
    kind: RecordKind | None = None
    check: int = 0


@attrs.frozen(slots=True)
class Quarantined:
    """
    A damaged part of a journal that could be read around.

    @ivar place: of the batch
    @ivar number: of the record in it, from 0; C{None} for the batch's own head or index, of which nothing is lost
    @ivar key: of the row, C{None} when it cannot be read
    @ivar why: what is wrong
    @ivar lost: whether a row is not served because of it, or may be; not so when a later record says all that this
        one did
    """

    place: int
    number: int | None
    key: bytes | None
    why: str
    lost: bool

    def __str__(self) -> str:
        """For the log."""
        where = f"batch {self.place}"
        if self.number is not None:
            where += f", record {self.number}"
        if self.key is not None:
            where += f", key {cut(self.key)}"
        return f"{where}: {self.why}"
