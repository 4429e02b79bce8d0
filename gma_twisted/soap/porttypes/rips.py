"""GT3's resource information provider service, RIPS: a service of providers that tells of jobs (WIRE 4)."""

from gma_twisted.interfaces import IResourceInformationProviderService
from gma_twisted.markup.jobs import JOB, QUEUE, SCHEDULER
from gma_twisted.markup.namespaces import RIPS, XSD
from gma_twisted.model import QName
from gma_twisted.soap.declaration import ANY, Mutability, PortType, ServiceDataDeclaration
from gma_twisted.soap.porttypes.notification import NOTIFICATION_SOURCE
from gma_twisted.soap.porttypes.providerexecution import PROVIDER_EXECUTION

__all__ = ["RESOURCE_INFORMATION"]

RESOURCE_INFORMATION = PortType(
    name=QName(RIPS, "ResourceInformationProviderServicePortType"),
    interface=IResourceInformationProviderService,
    extends=(NOTIFICATION_SOURCE, PROVIDER_EXECUTION),
    operations=(),
    serviceData=tuple(
        ServiceDataDeclaration(name, QName(XSD, "anyType"), ANY, Mutability.MUTABLE)
        for name in (SCHEDULER, QUEUE, JOB)
    ),
)
