"""OGSI's Factory: services made by request (OGSI 1.0, chapter 10)."""

from gma_twisted.interfaces import IFactory
from gma_twisted.markup.namespaces import OGSI, ogsi
from gma_twisted.model import Access
from gma_twisted.soap.declaration import (
    SOME,
    Mutability,
    Operation,
    PortType,
    ServiceDataDeclaration,
)
from gma_twisted.soap.porttypes.gridservice import EXTENSIBILITY_FAULTS, GRID_SERVICE
from gma_twisted.soap.types import EXTENSIBILITY, LOCATOR, TERMINATION_TIME, Part

__all__ = ["FACTORY"]

FACTORY = PortType(
    name=ogsi("Factory"),
    interface=IFactory,
    extends=(GRID_SERVICE,),
    operations=(
        Operation(
            OGSI,
            "createService",
            (
                Part.optional("terminationTime", TERMINATION_TIME),
                Part.optional("creationParameters", EXTENSIBILITY),
            ),
            (
                Part("locator", LOCATOR),
                Part("currentTerminationTime", TERMINATION_TIME),
                Part.optional("extensibilityOutput", EXTENSIBILITY),
            ),
            (*EXTENSIBILITY_FAULTS, "serviceAlreadyExistsFault"),
            access=Access.CREATE,
            takesCaller=True,
            documentation="Makes a service of a kind the configuration allows.",
        ),
    ),
    serviceData=(
        ServiceDataDeclaration(
            ogsi("createServiceExtensibility"),
            ogsi("CreateServiceExtensibilityType"),
            SOME,
            Mutability.STATIC,
        ),
    ),
)
