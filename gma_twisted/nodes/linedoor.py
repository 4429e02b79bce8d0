"""Who may send lines to a consumer: who may connect, and then as the rules for a notification say."""

from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

import attrs

from gma_twisted.errors import Refused
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.security.pins import plainAddress
from gma_twisted.soap.porttypes.gma import CONSUMER
from gma_twisted.transport import Exchange

__all__ = ["LineDoor"]

_NOTIFY = next(one for one in CONSUMER.operations if one.name == "notify")
# What the audit calls it.
_LINES = "lines"
_NOTED = 1_000


@attrs.define(slots=True, eq=False)
class LineDoor:
    """
    Asked of every connection, and of every datagram: lines show no identity, so they are let in where anybody's
    notifications are.

    @ivar exchange: knows the rules, and the audit
    @ivar path: of the consumer's service
    @ivar networks: of who may connect; none: this machine
    """

    exchange: Exchange
    path: str
    networks: Sequence[IPv4Network | IPv6Network] = ()
    # Addresses of datagrams the audit has a line of; of too many the oldest goes.
    _noted: OrderedDict[str, None] = attrs.field(factory=OrderedDict, init=False, repr=False)

    def mayConnect(self, address: str) -> bool:
        """Whether a connection is taken; the audit has a line of each that comes from where one may."""
        if not self._isNear(address):
            return False
        try:
            self.check()
        except Refused as error:
            self._note(address, error)
            return False
        self._note(address, None)
        return True

    def maySend(self, address: str) -> bool:
        """The same of a datagram; the audit has a line of each address, which may be forged."""
        if not self._isNear(address):
            return False
        try:
            self.check()
        except Refused as error:
            self._noteOnce(address, error)
            return False
        self._noteOnce(address, None)
        return True

    def check(self) -> None:
        """Ask the rules. @raise Refused: nobody may notify without an identity"""
        self.exchange.check(ANONYMOUS, _NOTIFY.requestName.clark, self.path, _NOTIFY.access)

    def admit(self) -> None:
        """Before events are taken. @raise Refused: as L{check}. @raise Busy: the audit takes no line"""
        self.check()
        self.exchange.admit()

    def _isNear(self, address: str) -> bool:
        found = plainAddress(address.partition("%")[0])
        if isinstance(found, str):
            return False
        if not self.networks:
            return found.is_loopback
        return any(found in one for one in self.networks)

    def _noteOnce(self, address: str, error: Refused | None) -> None:
        if address not in self._noted:
            self._note(address, error)
            self._noted[address] = None
            if len(self._noted) > _NOTED:
                self._noted.popitem(last=False)

    def _note(self, address: str, error: Refused | None) -> None:
        self.exchange.note(ANONYMOUS, address, _LINES, self.path, error)
