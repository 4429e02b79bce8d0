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
    """
    Something before it never came, or was left out, and no snapshot makes up for it; or it was said to be left out
    itself.
    """


@attrs.define(slots=True, eq=False)
class NoticeOrder:
    """
    The notices of one subscription that were applied.

    A sender leaves no number out but of a notice it gave up, and the next one that arrives counts each of these in
    C{dropped}. So no notice is believed that leaves out more; nor is what was left out when a number of it comes
    after all: somebody else has counted further than the sender, whose notices would all pass for repeated ones.

    @ivar epoch: of the last one; C{None} before the first
    @ivar sequence: of the last one in its epoch
    """

    epoch: int | None = attrs.field(default=None, init=False)
    sequence: int = attrs.field(default=0, init=False)
    # Numbers of this epoch, from the first that was left out to the last; some between may have come.
    _leftOut: range = attrs.field(default=range(0), init=False)

    def place(self, delivery: Delivery, isWhole: bool) -> Place:
        """
        Where a notice stands. Nothing changes: it counts when it L{applied} has been called.

        @param isWhole: whether it tells all values of all names: then nothing before it can be missing
        """
        isNew = self.epoch is None or delivery.epoch > self.epoch
        before = 0 if isNew else self.sequence
        if self.epoch is not None and delivery.epoch < self.epoch:
            return Place.OUTDATED
        if delivery.sequence <= before:
            return Place.MISSED if self.isBelied(delivery) else Place.SEEN
        if delivery.sequence - before - 1 > delivery.dropped:
            return Place.MISSED
        if isWhole:
            return Place.FIRST if isNew else Place.NEXT
        isBeginning = delivery.isSnapshot and delivery.dropped > 0
        if isBeginning or (isNew and delivery.isSnapshot):
            return Place.FIRST
        return Place.MISSED if isNew or delivery.dropped > 0 else Place.NEXT

    def isRestart(self, delivery: Delivery) -> bool:
        """Whether a notice is of another life of the sender than the one before."""
        return self.epoch is not None and delivery.epoch > self.epoch

    def isBelied(self, delivery: Delivery) -> bool:
        """Whether a notice of this epoch was said to be left out, though here it is."""
        return delivery.sequence in self._leftOut

    def applied(self, delivery: Delivery) -> None:
        """The notice has been applied."""
        if delivery.epoch != self.epoch:
            self.epoch, self.sequence, self._leftOut = delivery.epoch, 0, range(0)
        after = self.sequence + 1
        if delivery.sequence > after:
            self._leftOut = range(self._leftOut.start or after, delivery.sequence)
        self.sequence = delivery.sequence
