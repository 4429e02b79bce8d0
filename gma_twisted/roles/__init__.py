"""Ready-made implementations of port-type interfaces, and the servers that others derive theirs from (pyGMA)."""

from gma_twisted.roles.composite import CompositeRole
from gma_twisted.roles.consumer import ConsumerServer
from gma_twisted.roles.consumerpart import ConsumerPart, consumerRole
from gma_twisted.roles.gridservice import PermanentService
from gma_twisted.roles.offers import Offer
from gma_twisted.roles.place import RoleLimits, RolePlace
from gma_twisted.roles.producer import ProducerServer, PublishingProducer
from gma_twisted.roles.producerpart import ProducerPart, producerRole
from gma_twisted.roles.registry import RegistryServer
from gma_twisted.roles.registrypart import RegistryPart, registryRole
from gma_twisted.roles.servicedata import ModifiableServiceData

__all__ = [
    "CompositeRole",
    "ConsumerPart",
    "ConsumerServer",
    "ModifiableServiceData",
    "Offer",
    "PermanentService",
    "ProducerPart",
    "ProducerServer",
    "PublishingProducer",
    "RegistryPart",
    "RegistryServer",
    "RoleLimits",
    "RolePlace",
    "consumerRole",
    "producerRole",
    "registryRole",
]
