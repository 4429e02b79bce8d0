"""C{/metrics}: the node in the words of Prometheus, read from its own counters at the moment it is asked."""

from collections.abc import Awaitable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from twisted.web.http import Request

from gma_twisted.console.face import Face
from gma_twisted.console.families import FAMILIES, Family, Reading
from gma_twisted.console.kept import Kept
from gma_twisted.interfaces import INodeControl

__all__ = ["LAG", "LAG_TEXT", "MetricsPage", "NodeCollector", "registryOf"]

LAG = "gma_loop_lag_seconds"
"""Name of the one histogram."""

LAG_TEXT = "How late the reactor came to what was due, looked at twice a second."
"""What it says."""


class NodeCollector(Collector):
    """Gives the metrics of a node; it counts nothing itself."""

    def __init__(self, node: INodeControl) -> None:
        """@param node: asked whenever metrics are collected"""
        self._node = node

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client: every family, those without a value too."""
        reading = Reading.of(self._node)
        for family in FAMILIES:
            yield _filled(family, reading)
        yield self._lag()

    def _lag(self) -> Metric:
        lag = self._node.lag()
        buckets = [(str(bound), float(count)) for bound, count in lag.atMost]
        histogram = HistogramMetricFamily(LAG, LAG_TEXT)
        histogram.add_metric((), [*buckets, ("+Inf", float(lag.count))], lag.total)
        return histogram


def _filled(family: Family, reading: Reading) -> Metric:
    make = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = make(family.name, family.text, labels=family.labels)
    for labels, value in family.values(reading):
        metric.add_metric(labels, value)
    return metric


def registryOf(node: INodeControl) -> CollectorRegistry:
    """What is collected of one node: its own metrics, and those of its process. Nothing is shared between nodes."""
    registry = CollectorRegistry()
    registry.register(NodeCollector(node))
    ProcessCollector(registry=registry)
    return registry


class MetricsPage(Face):
    """C{/metrics}, in Prometheus' text format; at most a second old."""

    media = b"text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, node: INodeControl) -> None:
        """@param node: told of"""
        super().__init__()  # type: ignore[no-untyped-call]
        self._registry = registryOf(node)
        self._kept = Kept(node.uptime)

    def body(self, request: Request) -> Awaitable[bytes]:
        """See L{Face.body}."""
        return self._kept.read(self._document)

    async def _document(self) -> bytes:
        return generate_latest(self._registry)
