"""C{/metrics}: the node in the words of Prometheus, read from its own counters at the moment it is asked."""

from collections.abc import Awaitable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from twisted.web.http import Request

from gma_twisted.console.face import Face
from gma_twisted.console.families import FAMILIES, Reading
from gma_twisted.console.kept import Kept
from gma_twisted.console.writing import linesOf
from gma_twisted.interfaces import INodeControl

__all__ = ["LAG", "LAG_TEXT", "MetricsPage"]

LAG = "gma_loop_lag_seconds"
"""Name of the one histogram."""

LAG_TEXT = "How late the reactor came to what was due, looked at twice a second."
"""What it says."""


class LagCollector(Collector):
    """Gives the histogram of how late the reactor is."""

    def __init__(self, node: INodeControl) -> None:
        """@param node: asked whenever metrics are collected"""
        self._node = node

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client."""
        lag = self._node.lag()
        buckets = [(str(bound), float(count)) for bound, count in lag.atMost]
        histogram = HistogramMetricFamily(LAG, LAG_TEXT)
        histogram.add_metric((), [*buckets, ("+Inf", float(lag.count))], lag.total)
        yield histogram


class MetricsPage(Face):
    """C{/metrics}, in Prometheus' text format; at most a second old. Nothing is shared between nodes."""

    media = b"text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, node: INodeControl) -> None:
        """@param node: told of"""
        super().__init__()  # type: ignore[no-untyped-call]
        self._node = node
        self._kept = Kept(node.uptime)
        # What is not the node's own: its process, and what has the format's own shape.
        self._registry = CollectorRegistry()
        self._registry.register(LagCollector(node))
        ProcessCollector(registry=self._registry)

    def body(self, request: Request) -> Awaitable[bytes]:
        """See L{Face.body}."""
        return self._kept.read(self._document)

    async def _document(self) -> bytes:
        reading = Reading.of(self._node)
        lines = [line for family in FAMILIES for line in linesOf(family, reading)]
        return "".join(lines).encode() + generate_latest(self._registry)
