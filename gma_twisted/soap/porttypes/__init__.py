"""The port types, one file each."""

from gma_twisted.soap.porttypes.aggregation import AGGREGATOR
from gma_twisted.soap.porttypes.dataaggregation import DATA_AGGREGATION
from gma_twisted.soap.porttypes.factory import FACTORY
from gma_twisted.soap.porttypes.gma import COMPONENT, CONSUMER, DIRECTORY, PRODUCER
from gma_twisted.soap.porttypes.gridservice import GRID_SERVICE
from gma_twisted.soap.porttypes.handleresolver import HANDLE_RESOLVER
from gma_twisted.soap.porttypes.notification import (
    NOTIFICATION_SINK,
    NOTIFICATION_SOURCE,
    NOTIFICATION_SUBSCRIPTION,
)
from gma_twisted.soap.porttypes.providerexecution import PROVIDER_EXECUTION
from gma_twisted.soap.porttypes.registration import REGISTRATION
from gma_twisted.soap.porttypes.rips import RESOURCE_INFORMATION
from gma_twisted.soap.porttypes.servicegroup import (
    SERVICE_GROUP,
    SERVICE_GROUP_ENTRY,
    SERVICE_GROUP_REGISTRATION,
)

__all__ = [
    "AGGREGATOR",
    "COMPONENT",
    "CONSUMER",
    "DATA_AGGREGATION",
    "DIRECTORY",
    "FACTORY",
    "GRID_SERVICE",
    "HANDLE_RESOLVER",
    "NOTIFICATION_SINK",
    "NOTIFICATION_SOURCE",
    "NOTIFICATION_SUBSCRIPTION",
    "PRODUCER",
    "PROVIDER_EXECUTION",
    "REGISTRATION",
    "RESOURCE_INFORMATION",
    "SERVICE_GROUP",
    "SERVICE_GROUP_ENTRY",
    "SERVICE_GROUP_REGISTRATION",
]
