"""OGSI's HandleResolver: from a handle to a reference (OGSI 1.0, chapter 11)."""

from gma_twisted.interfaces import IHandleResolver
from gma_twisted.markup.namespaces import OGSI, XSD, ogsi
from gma_twisted.model import Access, QName
from gma_twisted.soap.declaration import (
    SOME,
    Mutability,
    Operation,
    PortType,
    ServiceDataDeclaration,
)
from gma_twisted.soap.porttypes.gridservice import GRID_SERVICE
from gma_twisted.soap.types import LOCATOR, Part

__all__ = ["HANDLE_RESOLVER"]

HANDLE_RESOLVER = PortType(
    name=ogsi("HandleResolver"),
    interface=IHandleResolver,
    extends=(GRID_SERVICE,),
    operations=(
        Operation(
            OGSI,
            "findByHandle",
            (Part("handleSet", LOCATOR), Part.optional("gsrExclusionSet", LOCATOR)),
            (Part("locator", LOCATOR),),
            (
                "invalidHandleFault",
                "noAdditionalReferencesAvailableFault",
                "noReferencesAvailableFault",
                "noSuchServiceFault",
                "serviceHasTerminatedFault",
            ),
            access=Access.READ,
            isRead=True,
            documentation="Finds references to the service a handle names.",
        ),
    ),
    serviceData=(
        ServiceDataDeclaration(
            ogsi("handleResolverScheme"),
            QName(XSD, "anyURI"),
            SOME,
            Mutability.MUTABLE,
            isNillable=True,
        ),
    ),
)
