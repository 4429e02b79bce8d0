"""Which notice of one of our nodes comes next, and which one shows that something was missed (WIRE 3, delivery)."""

import enum

import attrs

from gma_twisted.model import Delivery

__all__ = ["NoticeOrder", "Place"]


class Place(enum.Enum):
    """Where a notice stands among those of its subscription."""

    NEXT = "next"
    """It follows on the one before."""
    FIRST = "first"
    """It follows, and everything there is begins with it: an unfinished snapshot before it does not count."""
    SEEN = "seen"
    """It was applied before."""
    OUTDATED = "outdated"
    """It is of a sender that another one has taken over from."""
    MISSED = "missed"
    """Something before it never came, or was left out, and no snapshot makes up for it."""


@attrs.define(slots=True, eq=False)
class NoticeOrder:
    """
    The notices of one subscription that were applied.

    @ivar epoch: of the last one; C{None} before the first
    @ivar sequence: of the last one in its epoch
    """

    epoch: int | None = attrs.field(default=None, init=False)
    sequence: int = attrs.field(default=0, init=False)

    def place(self, delivery: Delivery, isWhole: bool) -> Place:
        """
        Where a notice stands. Nothing changes: it counts when it L{applied} has been called.

        @param isWhole: whether it tells all values of all names: then nothing can be missing
        """
        isNew = self.epoch is None or delivery.epoch > self.epoch
        before = 0 if isNew else self.sequence
        if self.epoch is not None and delivery.epoch < self.epoch:
            return Place.OUTDATED
        if delivery.sequence <= before:
            return Place.SEEN
        if isWhole:
            return Place.FIRST if isNew else Place.NEXT
        isBeginning = delivery.isSnapshot and delivery.dropped > 0
        if isBeginning or (isNew and delivery.isSnapshot and delivery.sequence == 1):
            return Place.FIRST
        isGap = isNew or delivery.dropped > 0 or delivery.sequence > before + 1
        return Place.MISSED if isGap else Place.NEXT

    def isRestart(self, delivery: Delivery) -> bool:
        """Whether a notice is of another life of the sender than the one before."""
        return self.epoch is not None and delivery.epoch > self.epoch

    def applied(self, delivery: Delivery) -> None:
        """The notice has been applied."""
        self.epoch = delivery.epoch
        self.sequence = delivery.sequence
