"""Resolvers that say what a test says."""

from collections.abc import Callable, Sequence

import attrs
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
)
from zope.interface import implementer

__all__ = ["FixedNames", "SlowNames"]


@implementer(IHostResolution)
@attrs.frozen
class _Resolution:
    """Cannot be cancelled, as Twisted's own. @ivar name: what is looked up"""

    name: str

    def cancel(self) -> None:
        """See L{IHostResolution}."""
        raise NotImplementedError


def _tell(receiver: IResolutionReceiver, addresses: Sequence[str]) -> None:
    for one in addresses:
        kind = IPv6Address if ":" in one else IPv4Address
        receiver.addressResolved(kind("TCP", one, 0))
    receiver.resolutionComplete()


@implementer(IHostnameResolver)
@attrs.define(eq=False)
class FixedNames:
    """
    Answers at once.

    @ivar addresses: those of a name, asked anew each time
    @ivar asked: the names, in order
    """

    addresses: Callable[[str], Sequence[str]]
    asked: list[str] = attrs.field(factory=list)

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """See L{IHostnameResolver}."""
        self.asked.append(hostName)
        resolution: IHostResolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        _tell(resolutionReceiver, self.addresses(hostName))
        return resolution


@implementer(IHostnameResolver)
@attrs.define(eq=False)
class SlowNames:
    """
    Answers when a test says.

    @ivar asked: the names, in order
    """

    asked: list[str] = attrs.field(factory=list)
    _receivers: dict[str, IResolutionReceiver] = attrs.field(factory=dict)

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """See L{IHostnameResolver}."""
        self.asked.append(hostName)
        self._receivers[hostName] = resolutionReceiver
        resolution: IHostResolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        return resolution

    def answer(self, name: str, *addresses: str) -> None:
        """The name stands for these."""
        _tell(self._receivers.pop(name), addresses)
