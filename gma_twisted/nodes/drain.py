"""Letting connections end: answers under way are finished, up to a bound."""

from collections.abc import Set as AbstractSet

from twisted.logger import Logger

from gma_twisted.timing import NodeClock, sleep
from gma_twisted.transport.gate import Gate

__all__ = ["drain"]

log = Logger()

_LOOK = 0.02


async def drain(gates: AbstractSet[Gate], clock: NodeClock, seconds: float) -> None:
    """
    Close every connection as soon as it has no answer under way; abort what is left at the end.

    @param gates: the open connections; each leaves the set when it is closed
    @param seconds: how long answers may take
    """
    deadline = clock.seconds() + seconds
    while gates and clock.seconds() < deadline:
        for gate in list(gates):
            if gate.isIdle:
                gate.close()
        await sleep(clock, _LOOK)
    if gates:
        log.warn("{count} connections were still busy and are cut", count=len(gates))
    for gate in list(gates):
        gate.transport.abortConnection()  # type: ignore[attr-defined]
