"""Our own port types whose original WSDL is lost: aggregation, also in GT 3.2's words, and registration (WIRE 4)."""

from collections.abc import Awaitable, Sequence

from zope.interface import Interface

from gma_twisted.model import (
    OURSELVES,
    Caller,
    DataAggregation,
    Expression,
    Handle,
    QName,
    RenewalResult,
    UpstreamStatus,
)

__all__ = ["IAggregator", "IDataAggregation", "IRegistration"]


class IAggregator(Interface):
    """Copies other services' data into this one's (WIRE 4, 5)."""

    def addSubscription(
        source: Handle,
        name: Sequence[QName],
        lifetime: float | None,
        mode: str | None,
        interval: float | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[tuple[str, float]]:
        """
        Begin to aggregate; for a source whose names are aggregated already, renew.

        @param name: what is copied; local name C{*} for every name of a namespace
        @param lifetime: seconds asked
        @param mode: C{subscribe} (default) or C{poll}
        @param interval: seconds between polls, or after which a silent source is asked whether it lives
        @param caller: given by the Exchange, not on the wire
        @return: the subscription's id and the seconds granted
        @raise Refused: a source that may not be called
        @raise TooLarge: a bound of the aggregator; named
        """

    def removeSubscription(subscriptionId: str, caller: Caller = OURSELVES) -> Awaitable[None]:
        """
        End it; values stay until their lifetime ends.

        @raise UnknownId: there is none, or it is of the configuration or of somebody else
        """

    def listSubscriptions() -> Awaitable[Sequence[UpstreamStatus]]:
        """Every source, in the order they were added."""


class IDataAggregation(Interface):
    """The same in GT 3.2's words, as far as they are known (its WSDL is lost; WIRE 4)."""

    def addDataAggregation(
        DataAggregation: DataAggregation, caller: Caller = OURSELVES
    ) -> Awaitable[str]:
        """
        As L{IAggregator.addSubscription}, mode and interval being the usual ones.

        @param DataAggregation: named as GT3 named the part; its C{params} are an C{AggregationSubscription} of
            C{serviceDataNames} and a C{lifetime} in seconds
        @param caller: given by the Exchange, not on the wire
        @return: the session's id: that of the subscription
        @raise ExtensibilityNotSupported: other C{params}
        @raise Refused: a sink that is not the service that was asked; or as C{addSubscription}
        """

    def removeDataAggregation(sessionID: str, caller: Caller = OURSELVES) -> Awaitable[None]:
        """As L{IAggregator.removeSubscription}."""


class IRegistration(Interface):
    """Soft-state registration by handle (WIRE 4)."""

    def registerService(
        handle: Handle,
        interface: Sequence[QName],
        name: str | None,
        attribute: Sequence[tuple[str, str]],
        content: Expression | None,
        lifetime: float | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[tuple[Handle, float]]:
        """
        Add a service, or renew what its owner registered before.

        @param content: one element of any name, shown as the content of the entry
        @param lifetime: seconds asked
        @param caller: given by the Exchange, not on the wire
        @return: handle of the entry, and the seconds granted
        @raise TooLarge: a bound of the registry; named
        """

    def unregisterService(handle: Handle, caller: Caller = OURSELVES) -> Awaitable[None]:
        """End the caller's entries of the handle. @raise UnknownId: there is none"""

    def renewServices(
        entry: Sequence[Handle], lifetime: float | None, caller: Caller = OURSELVES
    ) -> Awaitable[Sequence[RenewalResult]]:
        """
        Renew many entries at once.

        @return: one result an entry, in the order asked
        """
