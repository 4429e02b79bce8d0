"""The audit of whole nodes: where it is, and what is in it."""

import json
import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.nodes import REGISTRY
from gma_twisted.security.audit.verify import verifyChain
from tests.nodes.memorynode import MemoryNode

_REG = "urn:gma-twisted:2026:registration"


def post(body: str) -> bytes:
    """A message to the registry."""
    message = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f"{body}</e:Body></e:Envelope>"
    )
    return (
        "POST /services/registry HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f"Content-Length: {len(message)}\r\n\r\n{message}"
    ).encode()


def register(member: str) -> bytes:
    """A request."""
    return post(f'<registerService xmlns="{_REG}"><handle>{member}</handle></registerService>')


class AuditingTests(SynchronousTestCase):
    """A registry."""

    def setUp(self) -> None:
        """Where it keeps its state."""
        self.home = Path(self.mktemp())
        self.home.mkdir()

    def node(self, configuration: str = "") -> MemoryNode:
        """One that serves."""
        node = MemoryNode(configuration, self.home, REGISTRY)
        node.service.privilegedStartService()
        node.service.startService()
        node.reactor.advance(0)
        return node

    def end(self, node: MemoryNode) -> None:
        """Stop it."""
        ended = node.service.stopService()
        self.wait(node, 1)
        self.successResultOf(ended)

    def wait(self, node: MemoryNode, seconds: float) -> None:
        """Let time pass as it does for a node that is not late."""
        for _ in range(int(seconds * 20)):
            node.reactor.advance(0.05)

    def lines(self, name: str = "audit.jsonl") -> list[dict[str, object]]:
        """Of the file."""
        return [json.loads(line) for line in (self.home / name).read_bytes().splitlines()]

    def test_default(self) -> None:
        """Without a word in the configuration each write is a line in the state directory, and reads are none."""
        node = self.node()
        client = node.connect()
        self.assertIn(b"entry>", client.ask(register("http://a:1/services/x")))
        self.assertIn(
            b"UnknownId",
            client.ask(
                post(
                    f'<unregisterService xmlns="{_REG}"><handle>http://b:1/s</handle></unregisterService>'
                )
            ),
        )
        client.ask(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        told = [(line["target"], line["result"]) for line in self.lines()]
        self.assertEqual(told, [("http://a:1/services/x", "ok"), ("http://b:1/s", "UnknownId")])
        self.assertEqual(node.service.control.audit()["lines"], 2)
        self.end(node)
        self.assertIsNone(verifyChain(str(self.home / "audit.jsonl")).broken)

    def test_restart(self) -> None:
        """The next life goes on with the chain."""
        for life in range(3):
            node = self.node()
            node.connect().ask(register(f"http://a:1/services/{life}"))
            self.end(node)
        self.assertEqual([line["sequence"] for line in self.lines()], [1, 2, 3])
        self.assertIsNone(verifyChain(str(self.home / "audit.jsonl")).broken)

    def test_elsewhere(self) -> None:
        """A relative file is in the state directory."""
        node = self.node('[audit]\nfile = "writes.jsonl"')
        node.connect().ask(register("http://a:1/services/x"))
        self.assertEqual(len(self.lines("writes.jsonl")), 1)
        self.end(node)

    def test_disabled(self) -> None:
        """Switched off there is no file."""
        node = self.node("[audit]\nenabled = false")
        node.connect().ask(register("http://a:1/services/x"))
        self.assertEqual(dict(node.service.control.audit()), {})
        self.end(node)
        self.assertEqual([name for name in os.listdir(self.home) if "audit" in name], [])

    def test_gone(self) -> None:
        """Someone who takes the directory away is told of by refused writes, and reads go on, until it is back."""
        (self.home / "sub").mkdir()
        node = self.node('[audit]\nfile = "sub/writes.jsonl"')
        client = node.connect()
        client.ask(register("http://a:1/services/x"))
        self.wait(node, 2)
        (self.home / "sub").rename(self.home / "gone")
        client.ask(register("http://a:1/services/y"))
        self.wait(node, 2)
        self.assertIn(b"cannot write its audit", client.ask(register("http://a:1/services/z")))
        self.assertIn(
            b"200 OK", client.ask(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        )
        (self.home / "gone").rename(self.home / "sub")
        self.wait(node, 2)
        self.assertIn(b"entry>", client.ask(register("http://a:1/services/z")))
        self.end(node)

    def test_reload(self) -> None:
        """Who had the configuration read again is written down."""
        node = self.node()
        request = b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nX-Requested-With: x\r\nContent-Length: 0\r\n\r\n"
        node.connect().ask(request)
        (line,) = self.lines()
        facts = {name: line[name] for name in ("who", "operation", "path", "result")}
        self.assertEqual(
            facts,
            {"who": "anonymous", "operation": "POST", "path": "/-/reload", "result": "ok"},
        )
        self.end(node)
