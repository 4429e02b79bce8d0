"""The directory of a node as a part of its service."""

from collections.abc import Awaitable, Sequence

import attrs

from gma_twisted.registration.directory import Directory
from gma_twisted.roles.registrypart import RegistryPart

__all__ = ["HostedDirectory"]


@attrs.frozen(slots=True, eq=False)
class HostedDirectory:
    """@ivar directory: the node's own, or what serves a class of the operator's"""

    directory: Directory | RegistryPart

    @property
    def roles(self) -> Sequence[object]:
        """What it adds to the service."""
        if isinstance(self.directory, RegistryPart):
            return (self.directory.role,)
        return (self.directory,)

    def start(self) -> Awaitable[None]:
        """See L{Part <gma_twisted.nodes.part.Part>}: the registry whose entries it shows has begun."""
        return self.directory.start()

    def stop(self) -> Awaitable[None]:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        return self.directory.stop()
