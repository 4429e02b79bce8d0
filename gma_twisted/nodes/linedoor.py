"""Who may send lines to a consumer: who may connect, and then as the rules for a notification say."""

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

import attrs

from gma_twisted.errors import Refused
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.model.network import networkOf
from gma_twisted.security.pins import plainAddress
from gma_twisted.soap.porttypes.gma import CONSUMER
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Exchange

__all__ = ["LineDoor"]

_NOTIFY = next(one for one in CONSUMER.operations if one.name == "notify")
# What the audit calls it.
_LINES = "lines"
_MINUTE = 60.0


@attrs.define(slots=True, eq=False)
class _Ration:
    """
    What the audit is told in a minute: what anybody can bring about as often as they like must not drive out the rest.

    @ivar clock: the node's
    @ivar each: lines about one network
    @ivar all: lines about all of them
    """

    clock: NodeClock
    each: int
    all: int
    _since: float = attrs.field(default=float("-inf"), init=False)
    _lines: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _said: int = attrs.field(default=0, init=False)
    _rest: int = attrs.field(default=0, init=False)

    def admit(self, address: str) -> str | None:
        """
        Ask for one line more.

        @return: how many there was none of before, in words, empty for none; C{None} when there is none of this either
        """
        now, network = self.clock.seconds(), networkOf(address)
        if now - self._since >= _MINUTE:
            self._since, self._said = now, 0
            self._lines.clear()
        if self._said >= self.all or self._lines[network] >= self.each:
            self._rest += 1
            return None
        self._said += 1
        self._lines[network] += 1
        rest, self._rest = self._rest, 0
        return f"{rest} more, from anywhere" if rest else ""


@attrs.define(slots=True, eq=False)
class LineDoor:
    """
    Asked of every connection, and of every datagram: lines show no identity, so they are let in where anybody's
    notifications are.

    @ivar exchange: knows the rules, and the audit
    @ivar path: of the consumer's service
    @ivar networks: of who may connect; none: this machine
    @ivar clock: the node's
    """

    exchange: Exchange
    path: str
    networks: Sequence[IPv4Network | IPv6Network]
    clock: NodeClock
    _connecting: _Ration = attrs.field(init=False, repr=False)
    _sending: _Ration = attrs.field(init=False, repr=False)

    @_connecting.default
    def _ofConnections(self) -> _Ration:
        return _Ration(self.clock, 60, 600)

    @_sending.default
    def _ofDatagrams(self) -> _Ration:
        # Whoever forges addresses has as many networks as there are.
        return _Ration(self.clock, 1, 60)

    def mayConnect(self, address: str) -> bool:
        """
        Whether a connection is taken, which there is room for; the audit has a line of each that comes from where one
        may, but for those that are too many in a minute, which are counted.
        """
        return self._isNear(address) and self._mayCome(address, self._connecting)

    def maySend(self, address: str) -> bool:
        """The same of a datagram, whose address may be forged; the audit has a line of each network in a minute."""
        return self._isNear(address) and self._mayCome(address, self._sending)

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

    def _mayCome(self, address: str, ration: _Ration) -> bool:
        refusal = None
        try:
            self.check()
        except Refused as error:
            refusal = error
        rest = ration.admit(address)
        if rest is not None:
            self.exchange.note(ANONYMOUS, address, _LINES, self.path, refusal, target=rest)
        return refusal is None
