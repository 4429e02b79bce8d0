"""Kinds of nodes (WIRE 1)."""

from collections.abc import Sequence

import attrs

from gma_twisted.soap import PortType
from gma_twisted.soap.porttypes import GRID_SERVICE, PROVIDER_EXECUTION

__all__ = ["INDEX", "NodeKind"]


@attrs.frozen(slots=True)
class NodeKind:
    """
    What tells one kind of node from another.

    @ivar command: twistd's sub-command, C{gma-index}
    @ivar port: default port, on 127.0.0.1
    @ivar path: of the main service
    @ivar portTypes: of the main service
    """

    command: str
    port: int
    path: str
    portTypes: Sequence[PortType]

    @property
    def short(self) -> str:
        """The kind in one word, C{index}."""
        return self.command.removeprefix("gma-")


INDEX = NodeKind("gma-index", 8480, "/services/index", (GRID_SERVICE, PROVIDER_EXECUTION))
