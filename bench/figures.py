"""The arithmetic: what a slice says, and what many of them say together. No clock, no process, no socket."""

import math
from collections.abc import Iterable, Sequence
from statistics import median

import attrs

__all__ = ["Row", "Slice", "percentile", "ratios", "rowsOf"]


@attrs.frozen(slots=True)
class Slice:
    """
    One server under one load for a short while.

    @ivar server: its name
    @ivar workload: C{varied} or C{identical}
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
class Row:
    """
    What the slices of one server under one load say together.

    @ivar rate: median of requests a second
    @ivar cpu: median of microseconds a request
    @ivar times: median over the cycles of how many times less CPU a request takes than with each server of a
        choice, by its name
    @ivar least, most: the same, the smallest and the largest of the cycles
    @ivar lag50, lag99: of all slices together, milliseconds; C{None} where nobody looked
    """

    server: str
    workload: str
    rate: float
    cpu: float
    times: dict[str, float]
    least: dict[str, float]
    most: dict[str, float]
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


def ratios(slices: Iterable[Slice], server: str, base: str, workload: str) -> list[float]:
    """How many times the CPU of C{server} a request costs with C{base}: one figure a cycle that has both."""
    cpu = {
        (one.server, one.cycle): one.cpu
        for one in slices
        if one.workload == workload and one.server in (server, base)
    }
    return [
        cpu[base, cycle] / own
        for (name, cycle), own in cpu.items()
        if name == server and (base, cycle) in cpu
    ]


def rowsOf(slices: Sequence[Slice], bases: Iterable[str]) -> list[Row]:
    """
    A row for each server and workload, in the order they first appear.

    @param bases: servers to compare with; those without slices are left out
    """
    bases = tuple(bases)
    rows = []
    for server, workload in dict.fromkeys((one.server, one.workload) for one in slices):
        own = [one for one in slices if (one.server, one.workload) == (server, workload)]
        found = {base: ratios(slices, server, base, workload) for base in bases}
        compared = {base: values for base, values in found.items() if values}
        lags = [lag for one in own for lag in one.lags]
        rows.append(
            Row(
                server,
                workload,
                median(one.rate for one in own),
                median(one.cpu for one in own),
                {base: median(values) for base, values in compared.items()},
                {base: min(values) for base, values in compared.items()},
                {base: max(values) for base, values in compared.items()},
                percentile(lags, 50) * 1000 if lags else None,
                percentile(lags, 99) * 1000 if lags else None,
            )
        )
    return rows
