"""Who the node is, as service data: C{gma:node} (WIRE 1)."""

import attrs

from gma_twisted.markup import escapeText
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import ElementKey, Lifetime, QName, ServiceDataElement
from gma_twisted.timing import NodeClock

__all__ = ["NODE_NAME", "NodeIdentity"]

NODE_NAME = QName(GMA, "node")
"""Name of the service data."""


@attrs.frozen(slots=True)
class NodeIdentity:
    """
    One node in one of its lives.

    @ivar nodeId: UUID, the same for ever
    @ivar instanceId: UUID, new at every start
    @ivar name: configured
    @ivar role: place in the hierarchy
    @ivar version: of this software
    """

    nodeId: str
    instanceId: str
    name: str
    role: str
    version: str

    def element(self, originator: str, clock: NodeClock) -> ServiceDataElement:
        """The value: a child for each fact; it holds without end."""
        facts = attrs.asdict(self)
        children = "".join(
            f"<gma:{fact}>{escapeText(text)}</gma:{fact}>" for fact, text in facts.items()
        )
        return ServiceDataElement(
            ElementKey(NODE_NAME, originator),
            f'<gma:node xmlns:gma="{GMA}"'.encode(),
            f">{children}</gma:node>".encode(),
            Lifetime(clock.seconds()),
            clock.wallTime(),
        )
