"""A producer that publishes so many events a second, as a node runs it: C{[producer] class}."""

import time

from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.processes import ProviderRuntime
from gma_twisted.roles.producer import ProducerMeans, PublishingProducer

__all__ = ["NAME", "Metronome"]

NAME = "bench.load"
# What was not published in time, because the machine stood still, is not made up for beyond this.
_LATE = 1.0


class Metronome(PublishingProducer):
    """
    Publishes C{bench.load} events from its start to its end. Each has its number, C{n}, when it was made, C{at} in
    nanoseconds since 1970, and three values as a host would have them.
    """

    eventTypes = (Event(NAME, 0),)

    def __init__(self, rate: float = 100.0, runtime: ProviderRuntime | None = None) -> None:
        """@param rate: events a second"""
        assert runtime is not None
        self._clock = runtime.clock
        self._interval = 1.0 / rate
        self._next = 0.0
        self._number = 0

    def servedBy(self, means: ProducerMeans | None) -> None:
        """See L{ProducerServer <gma_twisted.roles.producer.ProducerServer>}."""
        super().servedBy(means)
        if means is not None and not self._number:
            self._next = self._clock.seconds()
            self._clock.callLater(self._interval, self._tick)

    def _tick(self) -> None:
        if self._means is None:
            return
        now = self._clock.seconds()
        self._next = max(self._next + self._interval, now - _LATE)
        self._number += 1
        nanoseconds = time.time_ns()
        event = Event(NAME, Timestamp(nanoseconds))
        event.add(EventField("n", self._number))
        event.add(EventField("at", nanoseconds))
        event.add(EventField("host", f"node{self._number % 100:03}.example.org"))
        event.add(EventField("load", self._number % 97 / 7.0))
        event.add(EventField("state", "running"))
        self.publish(event)
        self._clock.callLater(max(0.0, self._next - now), self._tick)
