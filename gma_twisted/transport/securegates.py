"""The connections of a port that came over TLS: they end with what they were believed by."""

import math
from typing import Protocol

import attrs

from gma_twisted.timing import NodeClock

__all__ = ["Retiring", "SecureGates"]


class Retiring(Protocol):
    """A connection that can be asked to end."""

    def retire(self) -> None:
        """End once the answer under way has left, at once where there is none."""


@attrs.define(slots=True, eq=False)
class SecureGates:
    """
    Asks connections to end: each when the certificate it showed has ended, all of them when it is said anew who is
    believed. Clients connect again, and are judged again.

    @ivar clock: the node's
    """

    clock: NodeClock
    _ends: dict[Retiring, float] = attrs.field(factory=dict, init=False, repr=False)
    _first: float = attrs.field(default=math.inf, init=False)

    def add(self, gate: Retiring, notAfter: float) -> None:
        """
        Its handshake is over.

        @param notAfter: when the certificate it showed ends, seconds since 1970; C{inf} where it showed none
        """
        self._ends[gate] = notAfter
        self._first = min(self._first, notAfter)

    def discard(self, gate: Retiring) -> None:
        """It is closed; it may be one that was never added."""
        self._ends.pop(gate, None)

    def retireAll(self) -> None:
        """It is said anew who is believed."""
        for gate in list(self._ends):
            gate.retire()

    def look(self) -> None:
        """Ask those to end whose certificate has; cheap as long as there are none."""
        now = self.clock.wallTime()
        if now < self._first:
            return
        for gate, ends in list(self._ends.items()):
            if ends <= now:
                self._ends[gate] = math.inf
                gate.retire()
        self._first = min(self._ends.values(), default=math.inf)
