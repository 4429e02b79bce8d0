"""What those who send lines may take of a node that listens."""

import attrs

from gma_twisted.netlogger.pairs import MAX_LINE

__all__ = ["ListenLimits", "OrderLimits"]

_MIB = 1024**2


@attrs.frozen(slots=True)
class ListenLimits:
    """
    Bounds of one place where lines are listened for.

    @ivar connections: at once; who comes then is closed
    @ivar perAddress: of them from one address
    @ivar lineBytes: of one line; a longer one is left out
    @ivar heldBytes: of lines of all connections that have no end yet; above it, who gets more of one loses it
    @ivar idleSeconds: after which a connection is closed that brought no whole line; C{inf} for never
    @ivar batchLines: handed on at once
    @ivar badLines: that are no events, one after the other, before their connection is closed
    @ivar datagrams: that wait to be read; what comes then is left out
    @ivar datagramBytes: of those that wait
    @ivar lastSeconds: for which what a connection brought is still offered when it has ended, or the node stops
    """

    connections: int = 1_000
    perAddress: int = 100
    lineBytes: int = MAX_LINE
    heldBytes: int = 64 * _MIB
    idleSeconds: float = 3600.0
    batchLines: int = 500
    badLines: int = 100
    datagrams: int = 10_000
    datagramBytes: int = 16 * _MIB
    lastSeconds: float = 10.0


@attrs.frozen(slots=True)
class OrderLimits:
    """
    Bounds of numbered streams.

    @ivar streams: that are connected at once
    @ivar fillSeconds: for which what is missing is asked for without an answer, before it is told as missed
    """

    streams: int = 10_000
    fillSeconds: float = 300.0
