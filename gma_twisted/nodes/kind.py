"""Kinds of nodes (WIRE 1)."""

from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.soap import PortType
from gma_twisted.soap.porttypes import (
    AGGREGATOR,
    DATA_AGGREGATION,
    FACTORY,
    GRID_SERVICE,
    HANDLE_RESOLVER,
    NOTIFICATION_SOURCE,
    PROVIDER_EXECUTION,
    REGISTRATION,
    SERVICE_GROUP,
    SERVICE_GROUP_REGISTRATION,
)

__all__ = [
    "AGGREGATOR_NODE",
    "CONTAINER_PATH",
    "CONTAINER_PORT_TYPES",
    "INDEX",
    "INSTANCES_PATH",
    "KINDS",
    "REGISTRY",
    "NodeKind",
    "pathOf",
]

CONTAINER_PATH = "/services/container"
"""Where every node tells which services it has."""

INSTANCES_PATH = "/services/instances"
"""Below it are the services that were made by request."""


def pathOf(name: str) -> str:
    """Where the service of C{[services.NAME]} is. @param name: NAME"""
    return f"/services/{name}"


CONTAINER_PORT_TYPES: Sequence[PortType] = (
    GRID_SERVICE,
    NOTIFICATION_SOURCE,
    SERVICE_GROUP,
    HANDLE_RESOLVER,
    FACTORY,
)
"""What the container offers."""


@attrs.frozen(slots=True)
class NodeKind:
    """
    What tells one kind of node from another; the container is on each.

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

    @property
    def runsProviders(self) -> bool:
        """Whether the main service runs providers; without a configuration the provider C{system}."""
        return PROVIDER_EXECUTION in self.portTypes

    @property
    def takesRegistrations(self) -> bool:
        """Whether the main service is a registry."""
        return REGISTRATION in self.portTypes

    @property
    def aggregates(self) -> bool:
        """Whether the main service copies what other services have."""
        return AGGREGATOR in self.portTypes

    @property
    def paths(self) -> Sequence[str]:
        """Paths of the services a node of this kind has whatever its configuration, the main one first."""
        return (self.path, CONTAINER_PATH)


INDEX = NodeKind(
    "gma-index",
    8480,
    "/services/index",
    (
        GRID_SERVICE,
        NOTIFICATION_SOURCE,
        SERVICE_GROUP_REGISTRATION,
        REGISTRATION,
        PROVIDER_EXECUTION,
        AGGREGATOR,
        DATA_AGGREGATION,
    ),
)

REGISTRY = NodeKind(
    "gma-registry",
    8481,
    "/services/registry",
    (GRID_SERVICE, NOTIFICATION_SOURCE, SERVICE_GROUP_REGISTRATION, REGISTRATION),
)

AGGREGATOR_NODE = NodeKind(
    "gma-aggregator",
    8484,
    "/services/aggregator",
    (GRID_SERVICE, NOTIFICATION_SOURCE, AGGREGATOR),
)

KINDS: Mapping[str, NodeKind] = {one.command: one for one in (INDEX, REGISTRY, AGGREGATOR_NODE)}
"""By sub-command of twistd."""
