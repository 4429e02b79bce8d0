"""Who asks, for the operations that keep an owner."""

import attrs

from gma_twisted.model.notice import Delivery

__all__ = ["OURSELVES", "Caller"]


@attrs.frozen(slots=True)
class Caller:
    """
    The other end of a call, as the Exchange knows it.

    @ivar identity: by what connection and message showed; C{anonymous} when nothing was shown
    @ivar peer: address, or empty for the node itself
    @ivar delivery: what the header of its message said of the notice in it; C{None} when it said nothing
    """

    identity: str = ""
    peer: str = ""
    delivery: Delivery | None = None

    @property
    def owner(self) -> str:
        """Whom quotas count for: the identity, for the anonymous their address with it."""
        return f"anonymous@{self.peer}" if self.identity == "anonymous" else self.identity


OURSELVES = Caller("node")
"""The node itself, which no connection brought."""
