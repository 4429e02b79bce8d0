"""Where a server of one of the GMA's roles comes from: a class of the configuration, or a program that has made one."""

from typing import Any

import attrs

from gma_twisted.nodes.ownclasses import OwnClass
from gma_twisted.processes import ProviderRuntime

__all__ = ["GivenServer", "ServerSource"]


@attrs.frozen(slots=True, eq=False)
class GivenServer:
    """
    A server that is there already.

    @ivar given: the server
    @ivar what: its class, for messages
    """

    given: Any
    what: str

    def server(self, runtime: ProviderRuntime) -> Any:
        """See L{OwnClass.server}: always the same one."""
        return self.given


ServerSource = OwnClass | GivenServer
