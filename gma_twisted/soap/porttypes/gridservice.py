"""OGSI's GridService: what every service answers (OGSI 1.0, chapter 9)."""

from gma_twisted.interfaces import IGridService
from gma_twisted.markup.namespaces import OGSI, XSD, ogsi
from gma_twisted.model import Access, QName
from gma_twisted.soap.declaration import (
    ANY,
    ONE,
    SOME,
    Mutability,
    Operation,
    PortType,
    ServiceDataDeclaration,
)
from gma_twisted.soap.types import EXTENSIBILITY, TERMINATION_TIME, WHEN, Part

__all__ = ["EXTENSIBILITY_FAULTS", "FIND_SERVICE_DATA", "GRID_SERVICE"]

EXTENSIBILITY_FAULTS = ("extensibilityNotSupportedFault", "extensibilityTypeFault")

FIND_SERVICE_DATA = Operation(
    OGSI,
    "findServiceData",
    (Part("queryExpression", EXTENSIBILITY),),
    (Part("result", EXTENSIBILITY),),
    (*EXTENSIBILITY_FAULTS, "targetInvalidFault"),
    access=Access.READ,
    isRead=True,
    takesCaller=True,
    documentation="Queries the service data; the root of the expression chooses the language.",
)

GRID_SERVICE = PortType(
    name=ogsi("GridService"),
    interface=IGridService,
    operations=(
        FIND_SERVICE_DATA,
        Operation(
            OGSI,
            "setServiceData",
            (Part("updateExpression", EXTENSIBILITY),),
            (Part("result", EXTENSIBILITY),),
            (
                *EXTENSIBILITY_FAULTS,
                "cardinalityViolationFault",
                "mutabilityViolationFault",
                "modifiabilityViolationFault",
                "typeViolationFault",
                "incorrectValueFault",
                "partialFailureFault",
            ),
            access=Access.WRITE,
            documentation="Sets or deletes service data that is declared modifiable.",
        ),
        Operation(
            OGSI,
            "requestTerminationAfter",
            (Part("terminationTime", WHEN),),
            (Part("currentTerminationTime", TERMINATION_TIME),),
            ("terminationTimeUnchangedFault",),
            access=Access.CREATE,
            isEnd=True,
            documentation="Asks for the earliest acceptable end of the service.",
        ),
        Operation(
            OGSI,
            "requestTerminationBefore",
            (Part("terminationTime", WHEN),),
            (Part("currentTerminationTime", TERMINATION_TIME),),
            ("terminationTimeUnchangedFault",),
            access=Access.CREATE,
            isEnd=True,
            documentation="Asks for the latest acceptable end of the service.",
        ),
        Operation(
            OGSI,
            "destroy",
            (),
            (),
            ("serviceNotDestroyedFault",),
            access=Access.CREATE,
            isEnd=True,
            documentation="Ends the service.",
        ),
    ),
    serviceData=(
        ServiceDataDeclaration(ogsi("interface"), QName(XSD, "QName"), SOME, Mutability.CONSTANT),
        ServiceDataDeclaration(
            ogsi("serviceDataName"), QName(XSD, "QName"), ANY, Mutability.MUTABLE
        ),
        ServiceDataDeclaration(
            ogsi("factoryLocator"), ogsi("LocatorType"), ONE, Mutability.MUTABLE, isNillable=True
        ),
        ServiceDataDeclaration(
            ogsi("gridServiceHandle"), ogsi("HandleType"), ANY, Mutability.EXTENDABLE
        ),
        ServiceDataDeclaration(
            ogsi("gridServiceReference"), ogsi("ReferenceType"), SOME, Mutability.MUTABLE
        ),
        ServiceDataDeclaration(
            ogsi("findServiceDataExtensibility"),
            ogsi("OperationExtensibilityType"),
            SOME,
            Mutability.STATIC,
        ),
        ServiceDataDeclaration(
            ogsi("setServiceDataExtensibility"),
            ogsi("OperationExtensibilityType"),
            SOME,
            Mutability.STATIC,
        ),
        ServiceDataDeclaration(
            ogsi("terminationTime"), ogsi("TerminationTimeType"), ONE, Mutability.MUTABLE
        ),
    ),
    staticValues=(
        (ogsi("findServiceDataExtensibility"), ogsi("queryByServiceDataNames")),
        (ogsi("setServiceDataExtensibility"), ogsi("setByServiceDataNames")),
        (ogsi("setServiceDataExtensibility"), ogsi("deleteByServiceDataNames")),
    ),
)
