"""The nodes of a directory of examples/topologies in real processes, on ports that are free."""

import json
import re
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from twisted.trial.unittest import SkipTest

from tests.examples.page import TOPOLOGIES
from tests.integration.commandcase import LONGEST, CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.nodes.topologies import EXAMPLES, readTopology
from tests.readme import readBlocks

__all__ = ["TopologyCase", "freePorts"]

# A look is a process.
_PAUSE = 0.5


class TopologyCase(CommandCase):
    """The nodes of one topology."""

    topology = ""

    def setUp(self) -> None:
        """Start them, on ports that are free."""
        if not EXAMPLES.exists() or not TOPOLOGIES.exists():
            raise SkipTest("the examples are not installed")
        super().setUp()
        nodes = readTopology(EXAMPLES / self.topology)
        free = freePorts(len(nodes))
        self.ports = dict(zip((one.port for one in nodes), free, strict=True))
        self.nodes: dict[str, Node] = {}
        for one in nodes:
            file = f"{one.name}.toml"
            (self.home / file).write_text(self.here(one.text))
            self.nodes[one.name] = Node(self.home, self.addCleanup, "-c", file, kind=one.command)
        for node in self.nodes.values():
            node.url()

    def here(self, text: str) -> str:
        """With the ports of the nodes that run."""
        for said, port in self.ports.items():
            text = re.sub(rf"(tcp:|127\.0\.0\.1:){said}\b", rf"\g<1>{port}", text)
        return text

    def environment(self, **more: str) -> Mapping[str, str]:
        """Without a proxy, for programs of the pages."""
        return super().environment(no_proxy="*", HOME=str(self.home), **more)

    def block(self, page: str, words: str) -> str:
        """The commands of a page with these words, with the ports of the nodes that run."""
        (block,) = (one for one in readBlocks(page, "") if words in one.text)
        return self.here(block.text)

    def printed(self, commands: str, count: int) -> list[str]:
        """The lines that commands print, soon, when there are as many."""
        ended = poll(
            lambda: self.shell(commands),
            lambda one: one.returncode == 0 and len(one.stdout.splitlines()) == count,
            LONGEST,
            _PAUSE,
        )
        return ended.stdout.splitlines()

    def told(self, node: str, name: str, count: int) -> list[Any]:
        """The values of a name that a node has, when there are as many. @param node: host and port of the files"""

        def look() -> list[Any]:
            ended = self.gma("get", self.here(node), name, "-o", "json")
            found: list[Any] = json.loads(ended.stdout or "[]")
            return found

        return poll(look, lambda found: len(found) == count, LONGEST, _PAUSE)


def freePorts(count: int) -> Sequence[int]:
    """Ports that nobody listens on now: files of several nodes name each other's."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
