"""How changes reach those who subscribed: the rows that are kept, and the way a notice leaves."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from zope.interface import Interface

from gma_twisted.model import Handle, Subscription, SubscriptionChanges, SubscriptionCommand

__all__ = ["IDeliverer", "ISubscriptionStore", "Outgoing"]


class ISubscriptionStore(Interface):
    """
    The subscriptions at one service, with the promises of L{IServiceDataStore
    <gma_twisted.interfaces.stores.IServiceDataStore>}.
    """

    def commit(commands: Sequence[SubscriptionCommand]) -> Awaitable[SubscriptionChanges]:
        """
        Do all the commands in order, or none.

        When the answer is there, they are as durable as this store makes them, visible to reads, and told.

        @raise TooLarge: a bound would be passed (subscriptions, those of the owner, bytes); named
        @raise ParameterError: L{Subscribe} with a known id, or with none; a time that is none
        @raise Busy: the store cannot write now; reads go on
        """

    def get(id: str) -> Subscription | None:
        """The subscription, or C{None} when there is none or its lease has ended."""

    def all() -> Sequence[Subscription]:
        """Every subscription whose lease runs, the oldest first."""

    def observe(observer: Callable[[SubscriptionChanges], None]) -> Callable[[], None]:
        """Tell C{observer} of every commit and every expiry, in order, in the reactor turn that applied it."""

    def start() -> Awaitable[None]:
        """
        Load what is kept, begin to expire. Observers hear nothing of what is loaded.

        @raise ServiceError: what is kept cannot be used; the message names file and record
        """

    def stop() -> Awaitable[None]:
        """Finish commits under way, stop expiring; reads go on."""


class Outgoing(Protocol):
    """
    The notices of one subscription, as whoever delivers them sees it: one at a time, in order.

    After L{IDeliverer.wake} it is asked for a notice; when that was answered it is told how, and asked for the next,
    until it has none. Then it must wake the deliverer again.
    """

    def __hash__(self) -> int:
        """By identity."""

    @property
    def sink(self) -> Handle:
        """Where the notices go."""

    def take(self) -> bytes | None:
        """
        The envelope to send now; the same notice again until L{accepted} or L{rejected}, sent at another time. C{None}
        when nothing is to be sent: nothing waits, it is too early, or the subscription has ended.
        """

    def accepted(self) -> None:
        """The sink has applied what was taken last."""

    def rejected(self, status: int, reason: str) -> None:
        """
        The sink will never take what was taken last.

        @param status: of HTTP: 410 when the sink is gone for ever, else what it said again and again
        """

    def failed(self, reason: str) -> None:
        """An attempt failed; the same notice is sent again. For status and log."""


class IDeliverer(Interface):
    """
    Sends notices over the network: fair to all, patient with sinks that are away, bounded per peer (RELIABILITY,
    callbacks).
    """

    def wake(outgoing: Outgoing) -> None:
        """Something may be waiting there. No effect while it is being served, or waits for its next attempt."""

    def heardOf(sink: Handle) -> None:
        """
        Whoever takes notices there was heard of just now. When attempts to reach it failed, the next is made at once,
        but not within a second of the last.
        """

    def forget(outgoing: Outgoing) -> None:
        """Send nothing more of it; what is on its way is not waited for."""

    def stop() -> Awaitable[None]:
        """Send nothing more at all; what is on its way is given up."""
