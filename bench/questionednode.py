"""The node that is asked, with its query workers: started, changed, watched."""

import time
from collections.abc import Callable, Sequence

import attrs
import psutil

from bench.figures import percentile
from bench.goals import Bound
from bench.hosts import Host, Hosts
from bench.process import ServerFailed, ServerProcess, cpuSecondsOf
from bench.report import markdown

__all__ = ["QuestionedNode", "Usage", "goalOfLag", "linesOfLag", "linesOfUsage"]

_LAG = 20.0
_PROGRAM = "gma_twisted.evaluation.program"
# Seconds to put a hundred thousand hosts into it, and to change them.
_PATIENCE = 120.0
_MIB = 1024**2
_REST = 0.1
_RESTLESS = 300


@attrs.frozen(slots=True)
class Usage:
    """
    What one process of the node has taken.

    @ivar name: C{node}, or the language of a query worker
    @ivar process: its id
    @ivar resident: bytes of memory
    @ivar cpuSeconds: user and system time since it began
    """

    name: str
    process: int
    resident: int
    cpuSeconds: float


@attrs.define(eq=False)
class QuestionedNode:
    """
    A node with hosts in it.

    @ivar server: its process, L{bench.servers.questioned}
    @ivar hosts: as they are in it
    @ivar port: where it serves, once it does
    @ivar lags: how late timers of its loop were, seconds, by what it did then
    """

    server: ServerProcess
    hosts: Hosts
    port: int = attrs.field(default=0, init=False)
    lags: dict[str, Sequence[float]] = attrs.field(factory=dict, init=False)

    def serve(self) -> None:
        """Have it begin, with all hosts in it. @raise ServerFailed: it does not"""
        self.server.order(f"serve {len(self.hosts.all)}")
        self.port = self.server.answer(_PATIENCE)["port"]

    def change(self, changes: int) -> list[Host]:
        """
        Make so many changes. Returns when they are in the node.

        @return: the hosts that are others now
        @raise ServerFailed: they are not in time
        """
        self.server.order(f"change {changes}")
        self.server.answer(_PATIENCE)
        return [self.hosts.change() for _ in range(changes)]

    def watch(self) -> None:
        """Begin to watch its loop."""
        self.server.begin()

    def watched(self, what: str) -> None:
        """Watch it no longer. @param what: it did meanwhile"""
        self.lags[what] = self.server.end()

    def rest(self, pause: Callable[[], object]) -> None:
        """
        Wait until it has nothing to do: then it takes less than a tenth of a core.

        @param pause: takes a second
        @raise ServerFailed: it does not come to rest
        """
        before = self.server.cpuSeconds()
        for _ in range(_RESTLESS):
            began = time.monotonic()
            pause()
            after = self.server.cpuSeconds()
            if after - before < _REST * (time.monotonic() - began):
                return
            before = after
        raise ServerFailed(f"the node is still busy after {_RESTLESS} s")

    def usage(self) -> list[Usage]:
        """What the node and its workers have taken until now."""
        node = self.server.usage
        found = [_usage("node", node)]
        for child in node.children(recursive=True):
            words = child.cmdline()
            if _PROGRAM in words:
                found.append(_usage(words[words.index(_PROGRAM) + 1], child))
        return found


def _usage(name: str, process: psutil.Process) -> Usage:
    return Usage(name, process.pid, process.memory_info().rss, cpuSecondsOf(process))


def linesOfLag(node: QuestionedNode) -> list[str]:
    """A row for all it did, as a table in Markdown."""
    rows = [["loop of the node", "p50 ms", "p99 ms", "longest ms"]]
    for what, lags in node.lags.items():
        found = [percentile(lags, 50), percentile(lags, 99), max(lags)]
        rows.append([what, *(f"{each * 1000:.1f}" for each in found)])
    return markdown(rows)


def goalOfLag(node: QuestionedNode) -> Bound:
    """The one bound of everything it did."""
    what, most = max(
        ((what, percentile(lags, 99) * 1000) for what, lags in node.lags.items()),
        key=lambda each: each[1],
    )
    return Bound(f"lag p99 of the node's loop, ms, worst in: {what}", most, _LAG, True)


def linesOfUsage(usages: Sequence[Usage]) -> list[str]:
    """A row a process, as a table in Markdown."""
    rows = [["process", "resident MiB", "CPU s"]]
    for one in usages:
        name = one.name if one.name == "node" else f"worker, {one.name}"
        rows.append([name, f"{one.resident / _MIB:.0f}", f"{one.cpuSeconds:.1f}"])
    return markdown(rows)
