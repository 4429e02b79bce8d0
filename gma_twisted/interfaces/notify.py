"""How changes reach those who subscribed."""

from collections.abc import Awaitable, Sequence

from zope.interface import Interface

from gma_twisted.model import Changes, Subscription

__all__ = ["INotifier"]


class INotifier(Interface):
    """Keeps subscriptions and sends notices; fed with Changes by a store."""

    def publish(changes: Changes) -> None:
        """Queue what subscribers must hear; bounded, drops are announced."""

    def subscribe(subscription: Subscription) -> Awaitable[Subscription]:
        """
        Keep a subscription.

        @return: as granted
        @raise TooLarge: too many subscriptions of this owner
        """

    def unsubscribe(id: str) -> Awaitable[None]:
        """End a subscription. @raise UnknownId: there is none"""

    def subscriptions() -> Sequence[Subscription]:
        """Every subscription whose lease runs."""
