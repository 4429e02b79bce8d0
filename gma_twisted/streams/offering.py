"""From lines to whoever takes their events: what listening over TCP and over UDP have in common."""

import random
from collections.abc import Awaitable, Callable, Sequence

from twisted.logger import Logger

from gma_twisted.errors import GMAError, RequestError, TooLarge
from gma_twisted.model.event import Event
from gma_twisted.netlogger.lines import LineReader
from gma_twisted.streams.insisting import Insistence
from gma_twisted.streams.listencounts import ListenCounts
from gma_twisted.streams.listenlimits import ListenLimits
from gma_twisted.streams.sink import LinePeer
from gma_twisted.timing import LogLimit, NodeClock

__all__ = ["Offering", "TakeLines", "everybody"]

log = Logger()

TakeLines = Callable[[Sequence[Event], LinePeer], Awaitable[None]]
"""Takes events that came together, in their order. What it raises whose C{retry} is true means that it took none of
them, and that they are to be offered again."""


def everybody(address: str) -> bool:
    """Who may send lines when nothing is said of that."""
    return True


class Offering:
    """
    Reads lines, and offers their events until they are taken.

    @ivar limits: of what comes
    @ivar counts: of it
    @ivar clock: the node's
    """

    def __init__(
        self,
        take: TakeLines,
        clock: NodeClock,
        limits: ListenLimits,
        reader: LineReader,
        random: Callable[[], float] = random.random,
    ) -> None:
        """
        @param take: gets the events
        @param reader: reads lines
        @param random: gives a number in C{[0, 1)}
        """
        self.limits = limits
        self.counts = ListenCounts()
        self.clock = clock
        self._take = take
        self._read = reader.read
        self._insistence = Insistence(clock, random)
        self._logged = LogLimit(clock)

    def read(self, line: bytes | TooLarge, address: str) -> Event | RequestError | None:
        """
        The event of a line; C{None} of an empty one. What is no event is counted, and logged.

        @param address: of who sent it
        @return: why it is none, where it is none
        """
        try:
            if isinstance(line, TooLarge):
                raise line
            return self._read(line)
        except RequestError as error:
            self.counts.bad += 1
            self.counts.tooLong += isinstance(error, TooLarge)
            self.say(address, f"sent a line that is no event: {error.message}")
            return error

    async def offer(
        self, events: Sequence[Event], peer: LinePeer, isWanted: Callable[[], bool]
    ) -> None:
        """
        Hand events on; what will never be taken is left out.

        @param isWanted: asked whether they are to be offered again
        """

        def again(failures: int) -> bool:
            isAgain = isWanted()
            self.counts.retried += isAgain
            return isAgain

        try:
            await self._insistence.until(lambda: self._take(events, peer), again)
        except GMAError as error:
            self.counts.leftOut += len(events)
            self.say(peer.address, f"sent {len(events)} events that are left out: {error.message}")
        else:
            self.counts.events += len(events)

    def say(self, address: str, what: str) -> None:
        """Log something of who sends, as often as there is room for it."""
        unsaid = self._logged.admit()
        if unsaid is not None:
            more = f" ({unsaid} more not logged)" if unsaid else ""
            log.info("lines: {address} {what}{more}", address=address, what=what, more=more)
