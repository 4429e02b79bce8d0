"""Sinks that are their subscriber's own stay where the subscriber was, whatever their names say later."""

from collections import Counter
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import attrs
from zope.interface import implementer

from gma_twisted.errors import Refused, cut
from gma_twisted.interfaces import IConnectGuard
from gma_twisted.model import Subscription, SubscriptionChanges

__all__ = ["PinnedGuard", "SinkPins", "plainAddress"]

_Plain = str | IPv4Address | IPv6Address


def plainAddress(text: str) -> _Plain:
    """One form for each address; what is none stays as it is."""
    try:
        found = ip_address(text)
    except ValueError:
        return text
    mapped = getattr(found, "ipv4_mapped", None)
    return found if mapped is None else mapped


@attrs.define(slots=True, eq=False)
class SinkPins:
    """
    The names that sinks have, and at which addresses their subscribers were (L{Subscription.peer}). A name that nobody
    is held to leads where it leads.
    """

    # By the id of the subscription.
    _held: dict[str, tuple[str, _Plain]] = attrs.field(factory=dict, init=False, repr=False)
    _addresses: dict[str, Counter[_Plain]] = attrs.field(factory=dict, init=False, repr=False)

    def changed(self, changes: SubscriptionChanges) -> None:
        """Observes the subscriptions of a service."""
        self.hold(changes.begun)
        for one in changes.ended:
            self._release(one.id)

    def hold(self, subscriptions: Iterable[Subscription]) -> None:
        """Keep to where these were made, until they end."""
        for one in subscriptions:
            if one.peer and one.id not in self._held:
                host, peer = urlsplit(one.sink.url).hostname or "", plainAddress(one.peer)
                self._held[one.id] = (host, peer)
                self._addresses.setdefault(host, Counter())[peer] += 1

    def pin(self, url: str, peer: str) -> Callable[[], None]:
        """
        Keep the name in a URL to an address.

        @return: ends that; called again, nothing happens
        """
        host, address = urlsplit(url).hostname or "", plainAddress(peer)
        self._addresses.setdefault(host, Counter())[address] += 1
        held = [(host, address)]

        def release() -> None:
            while held:
                self._letGo(*held.pop())

        return release

    def _release(self, id: str) -> None:
        if id in self._held:
            self._letGo(*self._held.pop(id))

    def _letGo(self, host: str, peer: _Plain) -> None:
        addresses = self._addresses.get(host)
        if addresses is not None:
            addresses[peer] -= 1
            if not addresses[peer]:
                del addresses[peer]
            if not addresses:
                del self._addresses[host]

    def allows(self, host: str, address: str) -> bool:
        """
        Whether notices may go there.

        @param host: in lower case
        @param address: that the host has now
        """
        addresses = self._addresses.get(host)
        if addresses is None:
            return True
        found = plainAddress(address)
        return found in addresses or any(_areHere(one, found) for one in addresses)


def _areHere(one: _Plain, other: _Plain) -> bool:
    """A machine is at every loopback address of it."""
    return all(not isinstance(each, str) and each.is_loopback for each in (one, other))


@implementer(IConnectGuard)
@attrs.frozen(slots=True, eq=False)
class PinnedGuard:
    """
    Refuses, besides what another guard refuses, addresses that are not those of who subscribed.

    @ivar guard: the other one
    @ivar pins: of the subscriptions
    """

    guard: IConnectGuard
    pins: SinkPins

    def check(self, url: str) -> None:
        """See L{IConnectGuard.check}."""
        self.guard.check(url)

    def admit(self, url: str, address: str) -> None:
        """See L{IConnectGuard.admit}."""
        self.guard.admit(url, address)
        if not self.pins.allows(urlsplit(url).hostname or "", address):
            raise Refused(
                f'the URL "{cut(url)}" is refused: its name does not lead to who subscribed any more'
            )
