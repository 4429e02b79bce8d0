"""Connecting where a peer says: a guard is asked for each address at the moment it is dialled, and no other is."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import wrapClientTLS
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IProtocol,
    IProtocolFactory,
    IStreamClientEndpoint,
)
from twisted.internet.ssl import optionsForClientTLS
from zope.interface import implementer

from gma_twisted.errors import PeerUnreachable, Refused
from gma_twisted.interfaces import IConnectGuard
from gma_twisted.timing import toDeferred
from gma_twisted.transport.lookup import Lookup

__all__ = ["GuardedDialer", "unshown"]


def unshown(host: str, port: int) -> IOpenSSLClientConnectionCreator:
    """TLS options that show nothing; the certificate must be of an authority this machine trusts."""
    return optionsForClientTLS(host)


@attrs.frozen(slots=True, eq=False)
class GuardedDialer:
    """
    What a L{PooledCaller <gma_twisted.transport.caller.PooledCaller>} of peers' URLs connects with; it is called with
    host, port and whether TLS is wanted, and gives an endpoint.

    Each connection is a new question: the name is looked up, its addresses are tried one after the other, those the
    guard refuses are left out. A connection that is open stays where it is whatever the name says later.

    @ivar guard: judges
    @ivar lookup: shared by all endpoints, and so are its bounds
    @ivar connect: makes the endpoint of an address and a port, with a bounded wait; it must not look anything up
    @ivar options: the TLS options for a host and a port, which check that the certificate is of this host
    """

    guard: IConnectGuard
    lookup: Lookup
    connect: Callable[[str, int], IStreamClientEndpoint]
    options: Callable[[str, int], Any] = unshown

    def __call__(self, host: str, port: int, isTLS: bool) -> IStreamClientEndpoint:
        """The endpoint of a host; nothing is judged before it connects."""
        return _GuardedEndpoint(self, host, port, isTLS)


@implementer(IStreamClientEndpoint)
@attrs.define(slots=True, eq=False)
class _GuardedEndpoint:
    """Connects to one host as its dialer says."""

    _dialer: GuardedDialer
    _host: str
    _port: int
    _isTLS: bool
    _options: Any = None

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """
        See L{IStreamClientEndpoint}; besides, it fails with L{Refused} when the guard refuses the host or every
        address of it, and with L{Busy <gma_twisted.errors.Busy>} when too many names wait to be looked up.
        """
        return toDeferred(self._connect(protocolFactory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        guard = self._dialer.guard
        shown = f"[{self._host}]" if ":" in self._host else self._host
        url = f"http{'s' if self._isTLS else ''}://{shown}:{self._port}"
        guard.check(url)
        refused: Refused | None = None
        failed: ConnectError | None = None
        for address in await self._dialer.lookup.addresses(self._host):
            try:
                guard.admit(url, address)
            except Refused as error:
                refused = error
                continue
            try:
                return await self._dial(address, factory)
            except ConnectError as error:
                failed = error
        raise failed or refused or PeerUnreachable("its name has no address")

    def _dial(self, address: str, factory: IProtocolFactory) -> Awaitable[IProtocol]:
        endpoint = self._dialer.connect(address, self._port)
        if self._isTLS:
            # Made once, and not before the host's form is checked: the options hold a whole list of authorities.
            if self._options is None:
                self._options = self._dialer.options(self._host, self._port)
            endpoint = wrapClientTLS(self._options, endpoint)
        return endpoint.connect(factory)
