"""The arithmetic: what a slice says, and what many of them say together. No clock, no process, no socket."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median

import attrs

__all__ = ["Ratio", "Row", "Slice", "byCPU", "byRate", "percentile", "ratios", "rowsOf"]


@attrs.frozen(slots=True)
class Slice:
    """
    One server under one load for a short while.

    @ivar server: its name
    @ivar workload: name of the load, see L{bench.subjects}
    @ivar cycle: number of the rotation; slices are compared within one only
    @ivar requests: answered
    @ivar seconds: how long it took
    @ivar cpuSeconds: user and system time of the server
    @ivar lags: how late timers of the server's loop were, seconds; empty where nobody looked
    """

    server: str
    workload: str
    cycle: int
    requests: int
    seconds: float
    cpuSeconds: float
    lags: Sequence[float] = ()

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu(self) -> float:
        """Microseconds of the server for one request."""
        return self.cpuSeconds / self.requests * 1e6


@attrs.frozen(slots=True)
class Ratio:
    """
    How many times better a server did than another, over the cycles.

    @ivar median, least, most: of the cycles' ratios
    """

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Ratio":
        """From one figure a cycle, at least one."""
        return cls(median(values), min(values), max(values))


@attrs.frozen(slots=True)
class Row:
    """
    What the slices of one server under one load say together.

    @ivar rate: median of requests a second
    @ivar cpu: median of microseconds a request
    @ivar cpuRatios: how many times less CPU a request takes than with each server of a choice, by its name
    @ivar rateRatios: how many times more requests a second are answered than by it
    @ivar lag50, lag99: of all slices together, milliseconds; C{None} where nobody looked
    """

    server: str
    workload: str
    rate: float
    cpu: float
    cpuRatios: dict[str, Ratio]
    rateRatios: dict[str, Ratio]
    lag50: float | None
    lag99: float | None


def percentile(values: Iterable[float], percent: float) -> float:
    """
    The nearest-rank percentile: a value that was measured, not one in between.

    @raise ValueError: there are no values
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def ratios(
    slices: Iterable[Slice],
    server: str,
    base: str,
    workload: str,
    better: Callable[[Slice, Slice], float],
) -> list[float]:
    """
    Compare two servers.

    @param better: how many times better the first slice is than the second
    @return: one figure a cycle that has both
    """
    found = {
        (one.server, one.cycle): one
        for one in slices
        if one.workload == workload and one.server in (server, base)
    }
    return [
        better(own, found[base, cycle])
        for (name, cycle), own in found.items()
        if name == server and (base, cycle) in found
    ]


def byCPU(own: Slice, base: Slice) -> float:
    """How many times less CPU a request took."""
    return base.cpu / own.cpu


def byRate(own: Slice, base: Slice) -> float:
    """How many times more requests a second were answered."""
    return own.rate / base.rate


def rowsOf(slices: Sequence[Slice], bases: Iterable[str]) -> list[Row]:
    """
    A row for each server and workload, in the order they first appear.

    @param bases: servers to compare with; those without slices are left out
    """
    bases = tuple(bases)

    def compared(
        server: str, workload: str, better: Callable[[Slice, Slice], float]
    ) -> dict[str, Ratio]:
        found = {base: ratios(slices, server, base, workload, better) for base in bases}
        return {base: Ratio.of(values) for base, values in found.items() if values}

    rows = []
    for server, workload in dict.fromkeys((one.server, one.workload) for one in slices):
        own = [one for one in slices if (one.server, one.workload) == (server, workload)]
        lags = [lag for one in own for lag in one.lags]
        rows.append(
            Row(
                server,
                workload,
                median(one.rate for one in own),
                median(one.cpu for one in own),
                compared(server, workload, byCPU),
                compared(server, workload, byRate),
                percentile(lags, 50) * 1000 if lags else None,
                percentile(lags, 99) * 1000 if lags else None,
            )
        )
    return rows
