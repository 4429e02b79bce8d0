"""The nodes of examples/topologies in memory: each on an address of its own, on one virtual clock."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
from twisted.trial.unittest import SkipTest

from gma_twisted.client import findByName
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.markup import ReceivedValue, XMLGate
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.model import Handle, QName
from gma_twisted.nodes.identity import NODE_NAME
from gma_twisted.nodes.kind import KINDS
from gma_twisted.soap.porttypes import GRID_SERVICE
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_registrations import GridCase
from tests.readme import ROOT

__all__ = ["EXAMPLES", "HOST", "ExampleNode", "TopologyCase", "readTopology"]

EXAMPLES = ROOT / "examples" / "topologies"

HOST = QName(GLUE, "Host")

_START = re.compile(r"# twistd -n --pidfile= (gma-\w+) -c (\w+)\.toml\n")
_NOTICE = re.compile(rb"^POST /services/\w+/sinks/", re.MULTILINE)


@attrs.frozen
class ExampleNode:
    """
    A node of a topology, as its file says.

    @ivar name: of the file, without C{.toml}
    @ivar command: sub-command of twistd, from the first line of the file
    @ivar port: it listens on
    @ivar text: the file
    """

    name: str
    command: str
    port: int
    text: str


def readTopology(directory: Path) -> Sequence[ExampleNode]:
    """The nodes of one directory, by name. @raise AssertionError: a file does not begin with its command"""
    return [_read(file) for file in sorted(directory.glob("*.toml"))]


def _read(file: Path) -> ExampleNode:
    text = file.read_text("utf-8")
    start = _START.match(text)
    assert start is not None and start[2] == file.stem, f"{file} does not begin with its command"
    listens = re.search(r'^listen = "tcp:(\d+):interface=127\.0\.0\.1"$', text, re.MULTILINE)
    assert listens is not None, f"{file} does not listen on 127.0.0.1"
    return ExampleNode(file.stem, start[1], int(listens[1]), text)


class TopologyCase(GridCase):
    """
    The nodes of one topology. What is 127.0.0.1 in the files is another address of this machine for each node, so that
    one of them can die, or be cut off, alone.

    @cvar topology: the directory
    @ivar nodes: what the files say, by name
    @ivar up: those that run, by name
    @ivar notices: how many were on their way, by (from, to)
    """

    topology = ""

    def setUp(self) -> None:
        """Start all, in no order that would help, and wait until they have found each other."""
        if not EXAMPLES.exists():
            raise SkipTest("the examples are not installed")
        super().setUp()
        self.nodes = {one.name: one for one in readTopology(EXAMPLES / self.topology)}
        self.up: dict[str, MemoryNode] = {}
        self._dead: dict[str, MemoryNode] = {}
        self.notices: Counter[tuple[str, str]] = Counter()
        self._hosts = {
            one.port: f"127.0.0.{place}" for place, one in enumerate(self.nodes.values(), 2)
        }
        self._names = {self._hosts[one.port]: one.name for one in self.nodes.values()}
        self.network.watch(self._count)
        for name in reversed(self.nodes):
            self.begin(name)
        self.turn(15.0)

    def begin(self, name: str) -> None:
        """Start a node, again when it was killed."""
        one = self.nodes[name]
        host = self._hosts[one.port]
        if name in self._dead:
            # It has its state directory as long as it runs.
            self.stop(self._dead.pop(name))
        for other in self._others(name):
            self.network.join(host, other)
        kind = attrs.evolve(KINDS[one.command], port=one.port)
        self.up[name] = self.start(
            self.configured(one, self._here(one.text)), name, kind=kind, host=host
        )
        self.network.listen(host, one.port, self.reactor.tcpServers[-1][1])

    def configured(self, one: ExampleNode, text: str) -> str:
        """What a node is started with. A subclass may replace what needs this machine."""
        return text

    def kill(self, name: str) -> None:
        """A node is gone as by kill -9: nobody hears from it."""
        self._dead[name] = self.up.pop(name)
        host = self._hosts[self.nodes[name].port]
        self.network.silence(host)
        for other in self._others(name):
            self.network.part(host, other)

    def part(self, one: str, other: str) -> None:
        """Nothing passes between two nodes any more."""
        self.network.part(*(self._hosts[self.nodes[name].port] for name in (one, other)))

    def url(self, name: str) -> str:
        """Of the main service of a node."""
        one = self.nodes[name]
        return f"http://{self._hosts[one.port]}:{one.port}{KINDS[one.command].path}"

    def spelt(self, handle: Handle) -> str:
        """A service, as node and last part of its path."""
        return f"{self._nameOf(handle.url)}/{handle.url.rpartition('/')[2]}"

    def values(self, at: str, name: QName = HOST) -> Sequence[ReceivedValue]:
        """What a node has of a name."""
        return self.result(findByName(self.proxy(self.url(at), GRID_SERVICE), name)).values

    def ways(self, at: str, name: QName = HOST) -> dict[str, tuple[str, ...]]:
        """Which way each value of a name came to a node: by its originator, the nodes that copied it."""
        ids = {self.idOf(one): one for one in self.up}
        return {
            self._nameOf(one.originator): tuple(ids.get(id, "?") for id in one.path)
            for one in self.values(at, name)
        }

    def states(self, at: str, name: QName = HOST, late: float = 0.0) -> dict[str, str]:
        """
        C{fresh} or C{stale}, by originator.

        @param late: seconds that a value may be stale, as fresh: what its provider says next is on its way
        """
        now = self.clock.wallTime() - late
        return {
            self._nameOf(one.originator): "stale" if (one.goodUntil or 0.0) <= now else "fresh"
            for one in self.values(at, name)
        }

    def idOf(self, name: str) -> str:
        """What a node is called in paths."""
        (value,) = self.values(name, NODE_NAME)
        tree = XMLGate().parse(value.head + value.tail)
        return str(tree.findtext("{*}nodeId"))

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.reactor.pump([0.05] * round(seconds * 20))

    def sources(self, at: str) -> dict[str, Any]:
        """Where a node stands with each of its sources, by the name of that node."""
        return {self._nameOf(row["source"]): row for row in self.status(self.up[at])["sources"]}

    def _here(self, text: str) -> str:
        for port, host in self._hosts.items():
            text = re.sub(rf"127\.0\.0\.1:{port}\b", f"{host}:{port}", text)
            text = text.replace(f"tcp:{port}:interface=127.0.0.1", f"tcp:{port}:interface={host}")
        return text

    def _others(self, name: str) -> Iterable[str]:
        """Where the other nodes that run are, and who asks them."""
        return [*(self._hosts[self.nodes[one].port] for one in self.up if one != name), "me"]

    def _nameOf(self, originator: str) -> str:
        host = originator.removeprefix("http://").partition(":")[0]
        return self._names[host]

    def _count(self, source: str, target: str, data: bytes) -> None:
        if count := len(_NOTICE.findall(data)):
            self.notices[self._names.get(source, source), self._names.get(target, target)] += count


def storeOf(node: MemoryNode) -> IServiceDataStore:
    """The values of the main service of a node."""
    hosted = node.service.control.hosted
    assert hosted is not None
    return hosted.notifications[0].notifier.store
