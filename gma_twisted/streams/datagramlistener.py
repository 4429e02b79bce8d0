"""Listening for lines over UDP."""

import random
from collections import deque
from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.protocol import DatagramProtocol

from gma_twisted.errors import RequestError, TimedOut
from gma_twisted.model.event import Event
from gma_twisted.netlogger.lines import LineReader
from gma_twisted.streams.framing import LineFraming
from gma_twisted.streams.listencounts import ListenCounts
from gma_twisted.streams.listenlimits import ListenLimits
from gma_twisted.streams.offering import Offering, TakeLines, everybody
from gma_twisted.timing import NodeClock, Task, Tasks, Turns, withTimeout

__all__ = ["DatagramListener"]


@attrs.frozen(slots=True, eq=False)
class _Sender:
    """Who sent a datagram. @ivar address: as it says, which anybody may forge"""

    address: str

    def expectWhole(self) -> None:
        """A datagram comes whole or not at all."""

    def close(self, why: str) -> None:
        """It cannot be kept from sending."""


class DatagramListener(DatagramProtocol):
    """
    Reads datagrams, each of one line or more, and hands their events on.

    Nobody can be told to wait: while events are not taken, datagrams wait within bounds, and what comes then is left
    out and counted.
    """

    noisy = False

    def __init__(
        self,
        take: TakeLines,
        clock: NodeClock,
        limits: ListenLimits | None = None,
        mayConnect: Callable[[str], bool] = everybody,
        reader: LineReader | None = None,
        random: Callable[[], float] = random.random,
    ) -> None:
        """
        @param take: gets the events, those of one sender at a time
        @param mayConnect: asked with the address a datagram says it comes from
        @param reader: reads lines; leniently where nothing is said
        @param random: gives a number in C{[0, 1)}
        """
        limits = limits or ListenLimits()
        self._limits = limits
        self._offering = Offering(take, clock, limits, reader or LineReader(), random)
        self._tasks = Tasks("listening for datagrams", 1)
        self._mayConnect = mayConnect
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._bytes = 0
        self._until: float | None = None
        self._working: Task | None = None

    def __len__(self) -> int:
        """How many datagrams wait."""
        return len(self._waiting)

    @property
    def counts(self) -> ListenCounts:
        """Since the start."""
        return self._offering.counts

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        """See C{DatagramProtocol}."""
        address = str(addr[0])
        counts, limits = self.counts, self._limits
        counts.datagrams += 1
        if not self._mayConnect(address):
            counts.refused += 1
            self._offering.say(address, "may not send lines here")
            return
        isFull = (
            len(self._waiting) >= limits.datagrams
            or self._bytes + len(datagram) > limits.datagramBytes
        )
        if isFull or self._until is not None:
            counts.dropped += 1
            self._offering.say(address, f"sent a datagram there is no room for: {len(self)} wait")
            return
        self._waiting.append((address, datagram))
        self._bytes += len(datagram)
        if not len(self._tasks):
            self._working = self._tasks.spawn(self._drain(), "lines of datagrams")

    async def stop(self) -> None:
        """Take no more. What waits is handed on, in a bounded time; the port was closed by who opened it."""
        limits, clock = self._limits, self._offering.clock
        self._until = clock.seconds() + limits.lastSeconds
        if self._working is not None:
            try:
                await withTimeout(
                    self._working.wait(), limits.lastSeconds, clock, "the last datagrams"
                )
            except TimedOut as error:
                self._offering.say("", f"are left out: {error.message}")
        await self._tasks.cancelAll()

    async def _drain(self) -> None:
        turns = Turns(self._offering.clock)
        while self._waiting:
            address, events = self._gather()
            size = self._limits.batchLines
            for at in range(0, len(events), size):
                batch = events[at : at + size]
                await self._offering.offer(batch, _Sender(address), self._isOffered)
            await turns.breathe()

    def _gather(self) -> tuple[str, list[Event]]:
        """Events of the next sender: of all its datagrams that came one after the other, up to a batch."""
        address = self._waiting[0][0]
        events: list[Event] = []
        while (
            self._waiting
            and self._waiting[0][0] == address
            and len(events) < self._limits.batchLines
        ):
            datagram = self._waiting.popleft()[1]
            self._bytes -= len(datagram)
            events += self._read(address, datagram)
        return address, events

    def _read(self, address: str, datagram: bytes) -> list[Event]:
        framing = LineFraming(self._limits.lineBytes)
        lines = [*framing.receive(datagram), *framing.end()]
        read = [self._offering.read(one, address) for one in lines]
        return [one for one in read if one is not None and not isinstance(one, RequestError)]

    def _isOffered(self) -> bool:
        return self._until is None or self._offering.clock.seconds() < self._until
