"""One interface per port type; C{interface method name == wire operation name} (ARCHITECTURE rule 10).

A role provides the interface, and so does the proxy; what a role does not provide answers
NotImplementedException. Parameters are named like the parts of the request.
"""

from collections.abc import Awaitable, Sequence

from zope.interface import Interface

from gma_twisted.model import ExecutionRequest, ProviderDescription
from gma_twisted.model.message import Expression, GrantedEntry, Locator, TerminationTime

__all__ = [
    "IGridService",
    "INotificationSink",
    "INotificationSource",
    "IProviderExecution",
    "IServiceGroupRegistration",
]


class IGridService(Interface):
    """Every service (OGSI 1.0, chapter 9)."""

    def findServiceData(queryExpression: Expression) -> Awaitable[bytes]:
        """
        Query the service data.

        @return: the one element inside C{ogsi:result}
        @raise ExtensibilityNotSupported: no language here reads the expression's root
        @raise ExtensibilityTypeError: malformed expression
        @raise TargetInvalid: unknown service data name
        """

    def setServiceData(updateExpression: Expression) -> Awaitable[bytes]:
        """
        Change modifiable service data.

        @return: the one element inside C{ogsi:result}, an empty C{sd:serviceDataValues} after full success
        @raise ModifiabilityViolation: the element cannot be set by clients
        """

    def requestTerminationAfter(terminationTime: float) -> Awaitable[TerminationTime]:
        """
        Ask for the earliest acceptable end.

        @param terminationTime: wall time, seconds since 1970; C{inf} for never
        @raise GMAError: C{terminationTimeUnchangedFault}
        """

    def requestTerminationBefore(terminationTime: float) -> Awaitable[TerminationTime]:
        """Ask for the latest acceptable end; a time in the past means now. Units and errors as above."""

    def destroy() -> Awaitable[None]:
        """End the service. @raise GMAError: C{serviceNotDestroyedFault}"""


class INotificationSource(Interface):
    """Services that tell of changes (OGSI 1.0, 11.1)."""

    def subscribe(
        subscriptionExpression: Expression, sink: Locator, expirationTime: float
    ) -> Awaitable[GrantedEntry]:
        """
        Make a subscription; it is a service of its own.

        @param expirationTime: wall time, seconds since 1970, C{inf} for as long as allowed
        @return: the subscription's locator and the time granted
        """


class INotificationSink(Interface):
    """Services that take notices (OGSI 1.0, 11.3)."""

    def deliverNotification(message: Expression) -> Awaitable[None]:
        """Apply a notice; answered (202) only after that. One-way."""


class IServiceGroupRegistration(Interface):
    """Registries with OGSI's face (OGSI 1.0, 12.3)."""

    def add(
        serviceLocator: Locator, content: Expression, terminationTime: TerminationTime | None
    ) -> Awaitable[GrantedEntry]:
        """
        Add a member, or renew a known one (WIRE 3).

        @return: the entry's locator and the time granted
        """

    def remove(matchExpression: Expression) -> Awaitable[None]:
        """End every entry the expression matches."""


class IProviderExecution(Interface):
    """Services that run providers (GT3 ServiceDataProviderExecutionPortType; WIRE 4)."""

    def enumProviders(rescanConfig: bool) -> Awaitable[Sequence[ProviderDescription]]:
        """
        Tell the installed providers.

        @param rescanConfig: read the configuration again before answering
        """

    def executeProvider(ServiceDataProviderExecution: ExecutionRequest) -> Awaitable[None]:
        """
        Run an installed provider now; the first call for a name fixes its frequency.

        @param ServiceDataProviderExecution: named as GT3 named the part

        @raise UnknownId: no installed provider has the name
        @raise ParameterError: an argument the provider does not declare; nothing was run
        """
