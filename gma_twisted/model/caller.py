"""Who asks, for the operations that keep an owner."""

import attrs

from gma_twisted.model.access import Whose
from gma_twisted.model.network import networkOf
from gma_twisted.model.notice import Delivery

__all__ = ["ANONYMOUS", "OURSELVES", "Caller"]

ANONYMOUS = "anonymous"
"""The identity of who shows nothing."""


@attrs.frozen(slots=True)
class Caller:
    """
    The other end of a call, as the Exchange knows it.

    @ivar identity: by what connection and message showed; C{anonymous} when nothing was shown
    @ivar peer: address, or empty for the node itself
    @ivar delivery: what the header of its message said of the notice in it; C{None} when it said nothing
    @ivar whose: what it may renew and end, as the policy says
    """

    identity: str = ""
    peer: str = ""
    delivery: Delivery | None = None
    whose: Whose = Whose.HELD

    @property
    def owner(self) -> str:
        """Whom quotas count for: the identity, for the anonymous the network of their address with it."""
        if self.identity == ANONYMOUS:
            return f"{ANONYMOUS}@{networkOf(self.peer)}"
        return self.identity

    def owns(self, owner: str) -> bool:
        """Whether it may renew and end what somebody owns and it has found. @param owner: as L{owner}"""
        return self.whose is Whose.ANY or owner == self.owner

    def holds(self, owner: str) -> bool:
        """Whether it may move and end what somebody owns and whose own handle it has. @param owner: as L{owner}"""
        return self.whose is not Whose.OWN or owner == self.owner


OURSELVES = Caller("node")
"""The node itself, which no connection brought."""
