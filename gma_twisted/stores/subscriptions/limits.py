"""What one store of subscriptions holds at most: each bound is checked before a commit is applied, and named."""

import attrs

from gma_twisted.stores.limits import checkBounds

__all__ = ["SubscriptionLimits"]

_GIB = 1024**3
_KIB = 1024


@attrs.frozen(slots=True)
class SubscriptionLimits:
    """
    Bounds of a store. A subscription whose time has passed counts until it is swept, at most a moment later.

    @ivar subscriptions: subscriptions; one node is made for up to 1,000,000
    @ivar perOwner: subscriptions of one owner
    @ivar names: selectors of one topic
    @ivar size: of one subscription, as L{textOf <gma_twisted.stores.subscriptions.view.textOf>} counts
    @ivar bytes: of all, as L{rowWeight <gma_twisted.stores.subscriptions.view.rowWeight>} counts each and L{topicWeight
        <gma_twisted.stores.subscriptions.view.topicWeight>} each topic once
    @ivar batch: commands of one commit: about 30 ms of one turn of the reactor
    @ivar queued: commands of the commits that wait, together
    """

    subscriptions: int = 100_000
    perOwner: int = 10_000
    names: int = 1_000
    size: int = 64 * _KIB
    bytes: int = _GIB
    batch: int = 1_000
    queued: int = 200_000

    def __attrs_post_init__(self) -> None:
        checkBounds(self)
