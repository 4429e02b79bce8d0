"""Our own port types whose original WSDL is lost: aggregation and registration (WIRE 4)."""

from collections.abc import Awaitable, Sequence

from zope.interface import Interface

from gma_twisted.model import Handle, QName, Registration

__all__ = ["IAggregator", "IRegistration"]


class IAggregator(Interface):
    """Copies other services' data into this one's (WIRE 4, 5)."""

    def addSubscription(
        source: Handle,
        name: Sequence[QName],
        lifetime: float | None,
        mode: str | None,
        interval: float | None,
    ) -> Awaitable[tuple[str, float]]:
        """
        Begin to aggregate.

        @param lifetime: seconds asked
        @param mode: C{subscribe} or C{poll}
        @return: the subscription's id and the seconds granted
        """

    def removeSubscription(subscriptionId: str) -> Awaitable[None]:
        """End it; values stay until their lifetime ends. @raise UnknownId: there is none"""


class IRegistration(Interface):
    """Soft-state registration by handle (WIRE 4)."""

    def registerService(
        handle: Handle,
        interface: Sequence[QName],
        name: str | None,
        attribute: Sequence[tuple[str, str]],
        content: bytes,
        lifetime: float | None,
    ) -> Awaitable[Registration]:
        """Add a service or renew it. @return: the entry as granted"""

    def unregisterService(handle: Handle) -> Awaitable[None]:
        """End every entry of the handle. @raise UnknownId: there is none"""

    def renewServices(
        entry: Sequence[str], lifetime: float | None
    ) -> Awaitable[Sequence[tuple[str, float | None]]]:
        """@return: per entry its id and the seconds granted, C{None} when unknown"""
