"""What the header of a notice says: whose it is, which one, and whether something was left out (WIRE 3)."""

import attrs

__all__ = ["Delivery"]


@attrs.frozen(slots=True)
class Delivery:
    """
    C{gma:delivery} of one notice.

    @ivar subscription: handle of the subscription, as text
    @ivar epoch: the sender's incarnation; a higher one is a later one
    @ivar sequence: number of the notice in its epoch, from 1, one more each; the same notice sent again has the same
    @ivar sent: wall time of the sender, seconds since 1970; lifetimes are relative to it
    @ivar isSnapshot: whether the notice is a part of everything there is
    @ivar dropped: how many changes the sender had to leave out before this notice; a snapshot follows
    """

    subscription: str
    epoch: int
    sequence: int
    sent: float
    isSnapshot: bool = False
    dropped: int = 0
