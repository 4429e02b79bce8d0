"""OGSI's service groups: who belongs together, and how one comes in and goes (OGSI 1.0, chapter 12)."""

from gma_twisted.interfaces import IServiceGroup, IServiceGroupEntry, IServiceGroupRegistration
from gma_twisted.markup.namespaces import OGSI, ogsi
from gma_twisted.model import Access
from gma_twisted.soap.declaration import (
    ANY,
    ONE,
    SOME,
    Mutability,
    Operation,
    PortType,
    ServiceDataDeclaration,
)
from gma_twisted.soap.porttypes.gridservice import EXTENSIBILITY_FAULTS, GRID_SERVICE
from gma_twisted.soap.types import EXTENSIBILITY, LOCATOR, TERMINATION_TIME, Part

__all__ = ["SERVICE_GROUP", "SERVICE_GROUP_ENTRY", "SERVICE_GROUP_REGISTRATION"]

SERVICE_GROUP_ENTRY = PortType(
    name=ogsi("ServiceGroupEntry"),
    interface=IServiceGroupEntry,
    operations=(),
    extends=(GRID_SERVICE,),
    ends=Access.REGISTER,
    serviceData=(
        ServiceDataDeclaration(
            ogsi("memberServiceLocator"), ogsi("LocatorType"), ONE, Mutability.MUTABLE
        ),
        ServiceDataDeclaration(ogsi("content"), ogsi("EntryContentType"), ONE, Mutability.MUTABLE),
    ),
)

SERVICE_GROUP = PortType(
    name=ogsi("ServiceGroup"),
    interface=IServiceGroup,
    operations=(),
    extends=(GRID_SERVICE,),
    serviceData=(
        ServiceDataDeclaration(
            ogsi("membershipContentRule"),
            ogsi("MembershipContentRuleType"),
            SOME,
            Mutability.CONSTANT,
        ),
        ServiceDataDeclaration(ogsi("entry"), ogsi("EntryType"), ANY, Mutability.MUTABLE),
    ),
)

SERVICE_GROUP_REGISTRATION = PortType(
    name=ogsi("ServiceGroupRegistration"),
    interface=IServiceGroupRegistration,
    extends=(SERVICE_GROUP,),
    operations=(
        Operation(
            OGSI,
            "add",
            (
                Part("serviceLocator", LOCATOR),
                Part.optional("content", EXTENSIBILITY),
                Part.optional("terminationTime", TERMINATION_TIME),
            ),
            (Part("serviceLocator", LOCATOR), Part("currentTerminationTime", TERMINATION_TIME)),
            (
                *EXTENSIBILITY_FAULTS,
                "contentCreationFailedFault",
                "unsupportedMemberInterfaceFault",
                "addRefusedFault",
                "serviceAlreadyExistsFault",
            ),
            access=Access.REGISTER,
            takesCaller=True,
            documentation="Adds a member, or renews a known one.",
        ),
        Operation(
            OGSI,
            "remove",
            (Part("matchExpression", EXTENSIBILITY),),
            (),
            (*EXTENSIBILITY_FAULTS, "matchFailedFault", "removeFailedFault"),
            access=Access.REGISTER,
            takesCaller=True,
            documentation="Ends every entry the expression matches.",
        ),
    ),
    serviceData=(
        ServiceDataDeclaration(
            ogsi("addExtensibility"), ogsi("OperationExtensibilityType"), ANY, Mutability.STATIC
        ),
        ServiceDataDeclaration(
            ogsi("removeExtensibility"), ogsi("OperationExtensibilityType"), SOME, Mutability.STATIC
        ),
    ),
    staticValues=((ogsi("removeExtensibility"), ogsi("matchByLocatorEquivalence")),),
)
