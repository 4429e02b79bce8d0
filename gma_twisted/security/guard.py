"""Where a node connects when a peer says so: to the internet, and near itself only what is near to all (SSRF)."""

from collections.abc import Sequence
from ipaddress import ip_address

import attrs
from zope.interface import implementer

from gma_twisted.errors import ParameterError, Refused, cut
from gma_twisted.interfaces import IConnectGuard
from gma_twisted.security.networks import Address, Network, Special, carriedBy, near, specialOf
from gma_twisted.security.urls import hostOf

__all__ = ["ConnectGuard"]


@implementer(IConnectGuard)
@attrs.frozen(slots=True, eq=False)
class ConnectGuard:
    """
    Refuses URLs of peers that lead where the peer perhaps cannot go itself.

    Of every address that no special network holds (L{specialOf}) connections are allowed; of the others those in
    the networks L{near} the node, and those in C{allow}. A metadata address must be in C{allow} by itself. An IPv6
    address that carries one of IPv4 is allowed when that is allowed too.

    @ivar bound: the addresses the node listens on, see L{near}; none: nothing is near
    @ivar allow: networks the operator allows, C{[connect] allow}
    @ivar schemes: of URLs, in lower case
    """

    bound: Sequence[str] = ()
    allow: Sequence[Network] = ()
    schemes: Sequence[str] = ("http", "https")
    _opened: Sequence[Network] = attrs.field(init=False, repr=False)

    @_opened.default
    def _open(self) -> Sequence[Network]:
        return (*near(self.bound), *self.allow)

    def check(self, url: str) -> None:
        """See L{IConnectGuard.check}."""
        try:
            host = hostOf(url, self.schemes)
        except ParameterError as error:
            raise Refused(f'the URL "{cut(url)}" is refused: {error.message}') from None
        if not isinstance(host, str):
            self._allow(url, host)

    def admit(self, url: str, address: str) -> None:
        """See L{IConnectGuard.admit}."""
        try:
            found = ip_address(address)
        except ValueError:
            raise Refused(f'the URL "{cut(url)}" is refused: its host has no address') from None
        self._allow(url, found)

    def _allow(self, url: str, address: Address) -> None:
        for one in (address, *carriedBy(address)):
            special = specialOf(one)
            if special is not None and not self._isOpen(one, special):
                raise Refused(
                    f'the URL "{cut(url)}" is refused: it leads to {special.what}, in '
                    f"{special.network}, which the operator can allow with [connect] allow"
                )

    def _isOpen(self, address: Address, special: Special) -> bool:
        if special.isAlone:
            return special.network in self.allow
        return any(address in network for network in self._opened)
