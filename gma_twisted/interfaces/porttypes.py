"""One interface per port type; C{interface method name == wire operation name} (ARCHITECTURE rule 10).

A role provides the interface, and so does the proxy; what a role does not provide answers
NotImplementedException. Parameters are named like the parts of the request.
"""

from collections.abc import Awaitable, Sequence

from zope.interface import Interface

from gma_twisted.model import OURSELVES, Caller, ExecutionRequest, ProviderDescription
from gma_twisted.model.message import Expression, Locator, TerminationTime

__all__ = [
    "IFactory",
    "IGridService",
    "IHandleResolver",
    "INotificationSink",
    "INotificationSource",
    "INotificationSubscription",
    "IProviderExecution",
    "IResourceInformationProviderService",
    "IServiceGroup",
    "IServiceGroupEntry",
    "IServiceGroupRegistration",
]


class IGridService(Interface):
    """Every service (OGSI 1.0, chapter 9)."""

    def findServiceData(
        queryExpression: Expression, caller: Caller = OURSELVES
    ) -> Awaitable[bytes]:
        """
        Query the service data.

        @param caller: given by the Exchange, not on the wire
        @return: the one element inside C{ogsi:result}
        @raise ExtensibilityNotSupported: no language here reads the expression's root
        @raise ExtensibilityTypeError: malformed expression
        @raise TargetInvalid: unknown service data name
        @raise Busy: there is too much to do, for all or for this caller
        """

    def setServiceData(updateExpression: Expression) -> Awaitable[bytes]:
        """
        Change modifiable service data, each name by itself (WIRE 3).

        @return: the one element inside C{ogsi:result}, an empty C{sd:serviceDataValues} after full success
        @raise ExtensibilityNotSupported: no such update here
        @raise ExtensibilityTypeError: malformed expression
        @raise ModifiabilityViolation: clients cannot set it; with one name, or all of them
        @raise MutabilityViolation: static or constant; so all that follow
        @raise TypeViolation: not of the declared type
        @raise IncorrectValue: unknown name, or a value that is none
        @raise CardinalityViolation: too few or too many values would be left
        @raise PartialFailure: some names were done, or none for several reasons
        """

    def requestTerminationAfter(terminationTime: float) -> Awaitable[TerminationTime]:
        """
        Ask for the earliest acceptable end: the present one moves later, or stays.

        @param terminationTime: wall time, seconds since 1970; C{inf} for as late as is allowed
        @raise GMAError: C{terminationTimeUnchangedFault}
        """

    def requestTerminationBefore(terminationTime: float) -> Awaitable[TerminationTime]:
        """
        Ask for the latest acceptable end: the present one moves earlier, or stays.

        @param terminationTime: as above; one in the past means now, C{inf} that any end will do
        @raise GMAError: C{terminationTimeUnchangedFault}
        """

    def destroy() -> Awaitable[None]:
        """End the service. @raise GMAError: C{serviceNotDestroyedFault}"""


class INotificationSource(Interface):
    """Services that tell of changes (OGSI 1.0, 11.1)."""

    def subscribe(
        subscriptionExpression: Expression,
        sink: Locator,
        expirationTime: float,
        caller: Caller = OURSELVES,
    ) -> Awaitable[tuple[Locator, TerminationTime]]:
        """
        Make a subscription; it is a service of its own (L{INotificationSubscription}).

        @param sink: where notices go; the first handle that can be dialled
        @param expirationTime: wall time, seconds since 1970, C{inf} for as long as allowed
        @param caller: given by the Exchange, not on the wire
        @return: the subscription's locator and the time granted
        @raise ExtensibilityNotSupported: no such expression here
        @raise ExtensibilityTypeError: malformed expression
        @raise TargetInvalid: unknown service data name
        @raise Refused: a sink that may not be called, or of a third party
        @raise TooLarge: too many subscriptions; the bound is named
        """


class INotificationSubscription(Interface):
    """One subscription, a service with its own life (OGSI 1.0, 11.2); no operation of its own."""


class INotificationSink(Interface):
    """Services that take notices (OGSI 1.0, 11.3)."""

    def deliverNotification(message: Expression, caller: Caller = OURSELVES) -> Awaitable[None]:
        """
        Apply a notice; answered (202) only after that. One-way.

        @param caller: with what the header of the message said, if it said anything
        @raise ServiceHasTerminated: nothing more is wanted here (410)
        @raise Busy: not now; send it again
        """


class IServiceGroup(Interface):
    """Services that say who belongs to them, in C{ogsi:entry} (OGSI 1.0, 12.2); no operation of its own."""


class IServiceGroupEntry(Interface):
    """One membership, a service with its own life (OGSI 1.0, 12.1); no operation of its own."""


class IServiceGroupRegistration(Interface):
    """Registries with OGSI's face (OGSI 1.0, 12.3)."""

    def add(
        serviceLocator: Locator,
        content: Expression | None,
        terminationTime: TerminationTime | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[tuple[Locator, TerminationTime]]:
        """
        Add a member, or renew a known one (WIRE 3).

        @param content: one element of any name; C{None} for an empty one
        @param terminationTime: C{before} is the latest end wanted
        @param caller: given by the Exchange, not on the wire
        @return: the entry's locator and the time granted
        @raise AddRefused: no handle, or a bound
        @raise UnsupportedMemberInterface: no membershipContentRule admits the member
        @raise ContentCreationFailed: the content is not what the rule asks for
        @raise ServiceAlreadyExists: a known member, where those are to be refused
        """

    def remove(matchExpression: Expression, caller: Caller = OURSELVES) -> Awaitable[None]:
        """
        End every entry the expression matches.

        @raise MatchFailed: none does
        @raise RemoveFailed: it matches entries of others
        """


class IHandleResolver(Interface):
    """Services that find services by handle (OGSI 1.0, chapter 10)."""

    def findByHandle(handleSet: Locator, gsrExclusionSet: Locator | None) -> Awaitable[Locator]:
        """
        @return: a locator with a reference to the service one of the handles names
        @raise InvalidHandle: a handle of another node
        @raise NoSuchService: never seen here
        @raise ServiceHasTerminated: it was here
        @raise NoAdditionalReferencesAvailable: every reference there is was excluded
        """


class IFactory(Interface):
    """Services that make services (OGSI 1.0, chapter 10)."""

    def createService(
        terminationTime: TerminationTime | None,
        creationParameters: Expression | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[tuple[Locator, TerminationTime, bytes | None]]:
        """
        Make a service of a kind the configuration allows.

        @param creationParameters: C{gma:service} with the kind's name and what it takes
        @return: locator, the time granted, and an element the kind has to say
        @raise ExtensibilityNotSupported: another element, or none
        @raise ExtensibilityTypeError: no such kind, or arguments it does not take
        """


class IProviderExecution(Interface):
    """Services that run providers (GT3 ServiceDataProviderExecutionPortType; WIRE 4)."""

    def enumProviders(
        rescanConfig: bool, caller: Caller = OURSELVES
    ) -> Awaitable[Sequence[ProviderDescription]]:
        """
        Tell the installed providers.

        @param rescanConfig: read the configuration again before answering; for callers on the same machine
        @raise Refused: that is asked from another one
        @raise Busy: the configuration is being read again already, or the node is starting or stopping
        """

    def executeProvider(ServiceDataProviderExecution: ExecutionRequest) -> Awaitable[None]:
        """
        Run an installed provider now; the first call for a name fixes its frequency.

        @param ServiceDataProviderExecution: named as GT3 named the part

        @raise UnknownId: no installed provider has the name
        @raise ParameterError: an argument the provider does not declare; nothing was run
        """


class IResourceInformationProviderService(Interface):
    """
    Services of providers that tell of the jobs, queues and schedulers of a resource, each in a value of its own (GT3's
    RIPS; WIRE 4); no operation of its own.

    Who subscribes to a C{rips:Job} that is not there, by its C{gma:key}, gets an empty one, which ends with the
    subscription, or when the job comes.
    """
