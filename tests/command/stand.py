"""The C{gma} command before whole nodes in memory, and before peers that say what a test wants."""

import http.client
import io
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs
from click.testing import CliRunner, Result
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.main import gma
from gma_twisted.errors import PeerUnreachable
from gma_twisted.interfaces import Reply
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_registrations import GridCase

__all__ = ["NODE", "CommandCase", "GridCaller", "NodesCase", "Peer", "run"]

NODE = "127.0.0.1:8480"

_WALL = 1.7e9


def run(caller: BlockingCaller, *words: str) -> Result:
    """Run C{gma} with a caller. What it raises but for its exit is a defect, and raised here."""
    ended = CliRunner().invoke(gma, words, obj=caller, prog_name="gma")
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return ended


class CommandCase(SynchronousTestCase):
    """Runs verbs; one that fails says so on the standard error, and nothing else."""

    caller: BlockingCaller

    def gma(self, *words: str) -> str:
        """What a verb prints that succeeds. It says nothing else."""
        ended = run(self.caller, *words)
        self.assertEqual((ended.exit_code, ended.stderr), (0, ""))
        return ended.stdout

    def says(self, *words: str) -> str:
        """What a verb says beside what it prints, when it succeeds."""
        ended = run(self.caller, *words)
        self.assertEqual(ended.exit_code, 0, ended.stderr)
        return ended.stderr

    def fails(self, status: int, *words: str) -> str:
        """What a verb says that ends with a status and prints nothing."""
        ended = run(self.caller, *words)
        self.assertEqual((ended.exit_code, ended.stdout), (status, ""), ended.stderr)
        self.assertTrue(ended.stderr.endswith("\n"))
        return ended.stderr.removesuffix("\n")


@attrs.frozen(eq=False)
class GridCaller(BlockingCaller):
    """
    Reaches nodes in memory, whose clock is that of the caller.

    @ivar nodes: by host and port
    @ivar advance: lets time pass
    """

    nodes: Mapping[str, MemoryNode] = attrs.field(kw_only=True)
    advance: Callable[[float], None] = attrs.field(kw_only=True)

    def exchange(
        self,
        method: str,
        url: str,
        timeout: float,
        body: bytes | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Reply:
        """See L{BlockingCaller.exchange}."""
        split = urlsplit(url)
        if split.netloc not in self.nodes:
            raise PeerUnreachable(f"{url} cannot be reached: nobody listens there")
        client = self.nodes[split.netloc].connect()
        content = body or b""
        heads = {"Host": split.netloc, "Connection": "close", **(fields or {})}
        if body is not None:
            heads["Content-Length"] = str(len(content))
        head = "".join(f"{name}: {value}\r\n" for name, value in heads.items())
        target = split.path + (f"?{split.query}" if split.query else "")
        client.gate.dataReceived(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + content)
        waited = 0.0
        while not client.transport.disconnecting and waited < timeout:
            self.advance(0.01)
            waited += 0.01
        if not client.transport.disconnecting:
            raise PeerUnreachable(f"{url} did not answer within {timeout:g} s")
        said: Any = _Answered(client.transport.value())
        answer = http.client.HTTPResponse(said, method=method)
        answer.begin()
        return Reply(answer.status, answer.read())


@attrs.frozen
class _Answered:
    """What a socket brought."""

    content: bytes

    def makefile(self, mode: str) -> io.BytesIO:
        """To be read."""
        return io.BytesIO(self.content)


class NodesCase(GridCase, CommandCase):
    """Whole nodes."""

    def setUp(self) -> None:
        """No node yet."""
        super().setUp()
        self.nodes: dict[str, MemoryNode] = {}
        self.pauses: list[float] = []
        self.caller: Any = GridCaller(
            pause=self.pause,
            wallTime=lambda: _WALL + self.reactor.seconds(),
            nodes=self.nodes,
            advance=self.reactor.advance,
        )
        self.during: Callable[[int], object] = self.interrupt
        self.addCleanup(self.forget)

    def forget(self) -> None:
        """Nothing is open."""
        self.nodes.clear()

    def node(self, text: str = "", **more: Any) -> MemoryNode:
        """Start a node."""
        node = self.start(text, **more)
        self.nodes[f"127.0.0.1:{node.kind.port}"] = node
        self.reactor.pump([0.05] * 5)
        return node

    def interrupt(self, count: int) -> None:
        """Ctrl-C."""
        raise KeyboardInterrupt

    def pause(self, seconds: float) -> None:
        """Wait, and then do what the test wants."""
        self.pauses.append(seconds)
        left = seconds
        while left > 0:
            self.reactor.advance(min(left, 1.0))
            left -= 1.0
        self.during(len(self.pauses))


@attrs.frozen(eq=False)
class Peer(BlockingCaller):
    """
    Answers what a test wants, whatever is called.

    @ivar answer: gives bytes, answered with status 200, for a method, URL and body; what it raises is what happened
    """

    answer: Callable[[str, str, bytes], bytes | Reply] = attrs.field(kw_only=True)

    def exchange(
        self,
        method: str,
        url: str,
        timeout: float,
        body: bytes | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Reply:
        """See L{BlockingCaller.exchange}."""
        said = self.answer(method, url, body or b"")
        return said if isinstance(said, Reply) else Reply(200, said)
