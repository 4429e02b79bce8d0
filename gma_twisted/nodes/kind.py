"""Kinds of nodes (WIRE 1)."""

import enum
from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.configuration import ProviderSection
from gma_twisted.markup.jobs import JOB, QUEUE, SCHEDULER
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.markup.namespaces import RIPS as RIPS_NAMESPACE
from gma_twisted.model import QName
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
    RESOURCE_INFORMATION,
    SERVICE_GROUP,
    SERVICE_GROUP_REGISTRATION,
    gma,
)
from gma_twisted.soap.selection import flattened

__all__ = [
    "AGGREGATOR_NODE",
    "ARCHIVER",
    "CONSUMER",
    "CONSUMER_PATH",
    "CONSUMER_PORT_TYPES",
    "CONTAINER_PATH",
    "CONTAINER_PORT_TYPES",
    "DIRECTORY_PATH",
    "DIRECTORY_PORT_TYPES",
    "FILTER",
    "INDEX",
    "INSTANCES_PATH",
    "KINDS",
    "MMJFS",
    "PRODUCER",
    "REGISTRY",
    "REPUBLISHER",
    "RIPS",
    "SUMMARISER",
    "Derives",
    "NodeKind",
    "pathOf",
]

CONTAINER_PATH = "/services/container"
"""Where every node tells which services it has."""

INSTANCES_PATH = "/services/instances"
"""Below it are the services that were made by request."""

DIRECTORY_PATH = "/services/directory"
"""Where a registry shows its entries as producers and consumers."""

DIRECTORY_PORT_TYPES: Sequence[PortType] = (GRID_SERVICE, gma.DIRECTORY)
"""What it offers there: a service cannot have two operations of one local name, and both faces have C{add}."""


CONSUMER_PATH = "/services/consumer"
"""Where events come in, at an index and at compound nodes beside the main service."""

CONSUMER_PORT_TYPES: Sequence[PortType] = (GRID_SERVICE, gma.CONSUMER)
"""What it offers there: it has a C{subscribe} too, which is another than that of a notification source."""


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

_NOTHING: Mapping[str, ProviderSection] = {}


class Derives(enum.Enum):
    """What a compound node makes of the events that come in, by the section that says how (GFD-I.7)."""

    ARCHIVE = "archive"
    """Nothing else: they are kept on the disk."""
    FILTER = "filter"
    """Some of them."""
    SUMMARISE = "summarise"
    """Events that tell of many."""
    REPUBLISH = "republish"
    """The same under other names, with further fields."""


@attrs.frozen(slots=True, eq=False)
class NodeKind:
    """
    What tells one kind of node from another; the container is on each.

    @ivar command: twistd's sub-command, C{gma-index}
    @ivar port: default port, on 127.0.0.1
    @ivar path: of the main service
    @ivar portTypes: of the main service
    @ivar providers: those that stand in, by name, where the configuration has none
    @ivar copied: what is copied of a source whose section does not say what; empty where it must
    @ivar names: service data the main service knows before any value, beside that of its port types
    @ivar keepsDirectory: whether it shows its registry as a GMA directory too, and obeys C{[directory]}
    @ivar keepsEvents: whether with C{[subscribe.NAME]} it has a consumer beside the main service, which makes the
        events it is told service data of that one, and obeys C{[consumer]}
    @ivar derives: what a compound node publishes of the events that its consumer, beside the main service, is told;
        C{None} for any other node
    """

    command: str
    port: int
    path: str
    portTypes: Sequence[PortType]
    providers: Mapping[str, ProviderSection] = _NOTHING
    copied: Sequence[QName] = ()
    names: Sequence[QName] = ()
    keepsDirectory: bool = False
    keepsEvents: bool = False
    derives: Derives | None = None

    @property
    def short(self) -> str:
        """The kind in one word, C{index}."""
        return self.command.removeprefix("gma-")

    @property
    def runsProviders(self) -> bool:
        """Whether the main service runs providers."""
        return PROVIDER_EXECUTION in self.portTypes or (self.produces and not self.isCompound)

    @property
    def produces(self) -> bool:
        """Whether the main service is a producer, and obeys C{[producer]}."""
        return gma.PRODUCER in self.portTypes

    @property
    def isCompound(self) -> bool:
        """Whether it is a consumer too, beside the main service, and publishes what it derives, as C{derives} says."""
        return self.derives is not None

    @property
    def consumes(self) -> bool:
        """Whether the main service is a consumer, and obeys C{[consumer]}."""
        return gma.CONSUMER in self.portTypes

    @property
    def played(self) -> Sequence[str]:
        """Paths of the services that directories know by their role, producers and consumers."""
        if self.isCompound:
            return (self.path, CONSUMER_PATH)
        return (self.path,) if self.produces or self.consumes else ()

    @property
    def serverSection(self) -> str:
        """The section that names a server class of the operator's, C{producer}; empty where none can be named."""
        if self.isCompound:
            return ""
        if self.produces:
            return "producer"
        if self.consumes:
            return "consumer"
        return "directory" if self.keepsDirectory else ""

    @property
    def notifies(self) -> bool:
        """Whether who asks is told of changes of the main service's service data."""
        return NOTIFICATION_SOURCE in self.portTypes

    @property
    def takesRegistrations(self) -> bool:
        """Whether the main service is a registry."""
        return REGISTRATION in self.portTypes

    @property
    def aggregates(self) -> bool:
        """Whether the main service copies what other services have."""
        return AGGREGATOR in self.portTypes

    @property
    def isRIPS(self) -> bool:
        """Whether the main service is GT3's resource information provider service, and obeys C{[rips]}."""
        return RESOURCE_INFORMATION in self.portTypes

    @property
    def knowsJobs(self) -> bool:
        """Whether who subscribes to a job that is not there gets a place-holder."""
        declared = (one.name for each in flattened(self.portTypes) for one in each.serviceData)
        return JOB in (*declared, *self.names)

    @property
    def paths(self) -> Sequence[str]:
        """Paths of the services a node of this kind has whatever its configuration, the main one first."""
        directory = (DIRECTORY_PATH,) if self.keepsDirectory else ()
        consumer = (CONSUMER_PATH,) if self.isCompound else ()
        return (self.path, *directory, *consumer, CONTAINER_PATH)


_SYSTEM = {
    "system": ProviderSection(implementation="SimpleSystemInformationProvider", interval=5.0)
}
_FORK = {
    "fork": ProviderSection(
        implementation="ForkInfoProvider", interval=5.0, handler="jobDataHandler"
    )
}

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
    providers=_SYSTEM,
    keepsEvents=True,
)

REGISTRY = NodeKind(
    "gma-registry",
    8481,
    "/services/registry",
    (GRID_SERVICE, NOTIFICATION_SOURCE, SERVICE_GROUP_REGISTRATION, REGISTRATION),
    keepsDirectory=True,
)

AGGREGATOR_NODE = NodeKind(
    "gma-aggregator",
    8484,
    "/services/aggregator",
    (GRID_SERVICE, NOTIFICATION_SOURCE, AGGREGATOR),
)

RIPS = NodeKind(
    "gma-rips",
    8482,
    "/services/rips",
    (GRID_SERVICE, NOTIFICATION_SOURCE, PROVIDER_EXECUTION, RESOURCE_INFORMATION),
    providers={**_FORK, **_SYSTEM},
)

MMJFS = NodeKind(
    "gma-mmjfs",
    8483,
    "/services/mmjfs",
    (GRID_SERVICE, NOTIFICATION_SOURCE, AGGREGATOR),
    # Not name by name: a source that does not know one of them, a host for example, would refuse all.
    copied=(QName(RIPS_NAMESPACE, "*"), QName(GLUE, "*")),
    names=(JOB, QUEUE, SCHEDULER),
)

PRODUCER = NodeKind(
    "gma-producer",
    8490,
    "/services/producer",
    # Its subscribe and the one of a notification source would be one name in a description (WIRE 1).
    (GRID_SERVICE, gma.PRODUCER),
    providers=_SYSTEM,
)

CONSUMER = NodeKind(
    "gma-consumer",
    8491,
    CONSUMER_PATH,
    CONSUMER_PORT_TYPES,
)


def _compound(command: str, port: int, derives: Derives) -> NodeKind:
    return NodeKind(command, port, PRODUCER.path, PRODUCER.portTypes, derives=derives)


ARCHIVER = _compound("gma-archiver", 8492, Derives.ARCHIVE)
FILTER = _compound("gma-filter", 8493, Derives.FILTER)
SUMMARISER = _compound("gma-summariser", 8494, Derives.SUMMARISE)
REPUBLISHER = _compound("gma-republisher", 8495, Derives.REPUBLISH)

KINDS: Mapping[str, NodeKind] = {
    one.command: one
    for one in (
        INDEX,
        REGISTRY,
        RIPS,
        MMJFS,
        AGGREGATOR_NODE,
        PRODUCER,
        CONSUMER,
        ARCHIVER,
        FILTER,
        SUMMARISER,
        REPUBLISHER,
    )
}
"""By sub-command of twistd."""
