"""OGSI's notification: who tells of changes, who hears, and the subscription between them (OGSI 1.0, chapter 11)."""

from gma_twisted.interfaces import (
    INotificationSink,
    INotificationSource,
    INotificationSubscription,
)
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
from gma_twisted.soap.porttypes.gridservice import (
    EXTENSIBILITY_FAULTS,
    FIND_SERVICE_DATA,
    GRID_SERVICE,
)
from gma_twisted.soap.types import EXTENSIBILITY, LOCATOR, TERMINATION_TIME, WHEN, Part

__all__ = ["NOTIFICATION_SINK", "NOTIFICATION_SOURCE", "NOTIFICATION_SUBSCRIPTION"]

NOTIFICATION_SOURCE = PortType(
    name=ogsi("NotificationSource"),
    interface=INotificationSource,
    extends=(GRID_SERVICE,),
    operations=(
        Operation(
            OGSI,
            "subscribe",
            (
                Part("subscriptionExpression", EXTENSIBILITY),
                Part("sink", LOCATOR),
                Part("expirationTime", WHEN),
            ),
            (
                Part("subscriptionInstanceLocator", LOCATOR),
                Part("currentTerminationTime", TERMINATION_TIME),
            ),
            (*EXTENSIBILITY_FAULTS, "targetInvalidFault"),
            access=Access.SUBSCRIBE,
            alsoNeeds=FIND_SERVICE_DATA,
            takesCaller=True,
            documentation="Makes a subscription: a service of its own, which ends with its lease.",
        ),
    ),
    serviceData=(
        ServiceDataDeclaration(
            ogsi("notifiableServiceDataName"), QName(XSD, "QName"), ANY, Mutability.MUTABLE
        ),
        ServiceDataDeclaration(
            ogsi("subscribeExtensibility"),
            ogsi("OperationExtensibilityType"),
            SOME,
            Mutability.STATIC,
        ),
    ),
    staticValues=((ogsi("subscribeExtensibility"), ogsi("subscribeByServiceDataNames")),),
)

NOTIFICATION_SUBSCRIPTION = PortType(
    name=ogsi("NotificationSubscription"),
    interface=INotificationSubscription,
    extends=(GRID_SERVICE,),
    ends=Access.SUBSCRIBE,
    operations=(),
    serviceData=(
        ServiceDataDeclaration(
            ogsi("subscriptionExpression"), QName(XSD, "anyType"), ONE, Mutability.MUTABLE
        ),
        ServiceDataDeclaration(ogsi("sinkLocator"), ogsi("LocatorType"), ONE, Mutability.MUTABLE),
    ),
)

NOTIFICATION_SINK = PortType(
    name=ogsi("NotificationSink"),
    interface=INotificationSink,
    operations=(
        Operation(
            OGSI,
            "deliverNotification",
            (Part("message", EXTENSIBILITY),),
            None,
            access=Access.NOTIFY,
            isRoutine=True,
            takesCaller=True,
            documentation="Takes a notice; the answer comes when it has been applied.",
        ),
    ),
)
