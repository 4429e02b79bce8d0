"""A whole node that holds what another one told it: bytes for each value, and a query by name, at several sizes."""

from collections.abc import Callable, Sequence

import attrs
import psutil

from bench.figures import percentile
from bench.ingest import Ingest, requestTo
from bench.notices import FEW
from bench.report import markdown
from bench.workload import OGSI_NS, SOAP_NS
from gma_twisted.nodes.memory import settleMemory

__all__ = ["NodeStage", "WholeNode", "linesOfNode"]

_NOTICE = 100
_FEW = 10
_QUERIES = 500
_BATCH = 20
_TOLD = 100_000


@attrs.frozen(slots=True)
class NodeStage:
    """
    A node of one size.

    @ivar values: how many it holds
    @ivar size: bytes of resident memory for each, over that of the node without any
    @ivar rate: values in a second of CPU that were taken in on the way
    @ivar query: microseconds of CPU of a query for a name of which there are ten values, one of which has just changed
    """

    values: int
    size: float
    rate: float
    query: float


class WholeNode:
    """
    A node that is told more and more.

    @ivar ingest: tells it
    """

    def __init__(self) -> None:
        """With nothing in it but ten values to be asked for."""
        self.ingest = Ingest()
        self.ingest.take([self._few()])
        self._count = 0
        settleMemory()
        self._empty = _resident()

    def close(self) -> None:
        """End it."""
        self.ingest.close()

    def grow(self, size: int, tell: Callable[[str], None]) -> NodeStage:
        """
        Tell it of values up to a size, and measure there.

        @param tell: is told how far it is
        @raise WrongAnswer: it did not take a notice, or did not answer a query
        """
        began, seconds = self._count, 0.0
        while self._count < size:
            keys = [str(number) for number in range(self._count, min(size, self._count + _NOTICE))]
            seconds += self.ingest.take([self.ingest.notice(keys)])
            self._count += len(keys)
            if self._count % _TOLD == 0:
                tell(f"{self._count:,} values")
        grown = (_resident() - self._empty) / size
        return NodeStage(size, grown, (size - began) / seconds, self._queried())

    def _few(self) -> bytes:
        return self.ingest.notice([str(number) for number in range(_FEW)], FEW)

    def _queried(self) -> float:
        """The median of many small batches: what disturbs one is not the query."""
        handle = self.ingest.node.handle
        found = []
        for batch in range(_QUERIES // _BATCH):
            seconds = 0.0
            for number in range(_BATCH):
                # An answer is remembered until a value in it changes; and no request comes twice.
                self.ingest.take([self._few()])
                request = requestTo(handle, "findServiceData", _question(batch * _BATCH + number))
                seconds += self.ingest.answered([request], b"HTTP/1.1 200 ")
            found.append(seconds / _BATCH * 1e6)
        return percentile(found, 50)


def _question(number: int) -> bytes:
    namespace, name = FEW
    return (
        f'<s:Envelope xmlns:s="{SOAP_NS}" xmlns:ogsi="{OGSI_NS}" xmlns:b="{namespace}"><s:Body id="{number}">'
        "<ogsi:findServiceData><ogsi:queryExpression><ogsi:queryByServiceDataNames>"
        f"<ogsi:name>b:{name}</ogsi:name></ogsi:queryByServiceDataNames></ogsi:queryExpression>"
        "</ogsi:findServiceData></s:Body></s:Envelope>"
    ).encode()


def _resident() -> int:
    size: int = psutil.Process().memory_info().rss
    return size


def linesOfNode(stages: Sequence[NodeStage]) -> list[str]:
    """The results as a table in Markdown, and how much longer the query takes in the largest than in the smallest."""
    head = ["values", "bytes each", "values/s of CPU", "query us"]
    rows = [
        [f"{one.values:,}", f"{one.size:,.0f}", f"{one.rate:,.0f}", f"{one.query:.1f}"]
        for one in stages
    ]
    first, last = stages[0], stages[-1]
    sentence = f"query by name at {last.values:,} values: {last.query / first.query:.2f} x that at {first.values:,}"
    return [*markdown([head, *rows]), "", sentence]
