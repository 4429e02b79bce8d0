"""Our own port types whose original WSDL is lost: aggregation and registration (WIRE 4)."""

from collections.abc import Awaitable, Sequence

from zope.interface import Interface

from gma_twisted.model import (
    OURSELVES,
    Caller,
    Expression,
    Handle,
    QName,
    RenewalResult,
    UpstreamStatus,
)

__all__ = ["IAggregator", "IRegistration"]


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
