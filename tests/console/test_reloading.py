"""C{/-/reload}, asked through the Gate, and what the status page tells of reloads."""

import json
import re
from xml.etree import ElementTree

import attrs
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IAddress
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.timing import NodeClock
from gma_twisted.transport import gated
from tests.console.fakenode import NEVER, NOTHING, FakeNode
from tests.console.test_console import ask, siteOf

HERE = IPv4Address("TCP", "127.0.0.1", 40000)
ASKED = {"X-Requested-With": "gma"}


class ReloadTests(SynchronousTestCase):
    """The face."""

    def setUp(self) -> None:
        """A node that finds nothing to change."""
        self.node = FakeNode()

    def begin(
        self, fields: dict[str, str], method: str = "POST", peer: IAddress = HERE
    ) -> StringTransport:
        """Send a request. @return: where the answer comes"""
        gate = gated(siteOf(self.node), NodeClock(Clock(), lambda: 0.0)).buildProtocol(None)
        assert gate is not None
        self.gate = gate
        transport = StringTransport(peerAddress=peer)
        gate.makeConnection(transport)
        heads = {"Host": "localhost", "Content-Length": "0", "Connection": "close", **fields}
        head = "".join(f"{name}: {value}\r\n" for name, value in heads.items())
        gate.dataReceived(f"{method} /-/reload HTTP/1.1\r\n{head}\r\n".encode())
        return transport

    def ask(
        self, fields: dict[str, str] = ASKED, method: str = "POST", peer: IAddress = HERE
    ) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        head, _, body = self.begin(fields, method, peer).value().partition(b"\r\n\r\n")
        return int(head.split()[1]), head, body

    def test_good(self) -> None:
        """Status 200, and what was changed."""
        self.node.reloaded = {**NOTHING, "changed": ["providers.a added"], "later": ["node.name"]}
        status, head, body = self.ask()
        self.assertEqual(status, 200)
        self.assertIn(b"Content-Type: application/json", head)
        self.assertEqual(json.loads(body), self.node.reloaded)

    def test_bad(self) -> None:
        """Status 400, and the mistakes."""
        self.node.reloaded = {**NOTHING, "mistakes": ["vo.toml:1:1: no"]}
        status, _, body = self.ask()
        self.assertEqual((status, json.loads(body)["mistakes"]), (400, ["vo.toml:1:1: no"]))

    def test_partial(self) -> None:
        """Status 500, what was changed, and what was not."""
        self.node.reloaded = {**NOTHING, "changed": ["providers.a added"], "failed": ["x: full"]}
        status, _, body = self.ask()
        self.assertEqual((status, json.loads(body)), (500, self.node.reloaded))

    def test_busy(self) -> None:
        """Status 409, and why, while one runs."""
        self.node.reloaded = Busy("it is being read already")
        status, _, body = self.ask()
        self.assertEqual(
            (status, json.loads(body)), (409, {"mistakes": ["it is being read already"]})
        )

    def refused(self, status: int, word: bytes, **more: object) -> None:
        """The node is not asked."""
        self.node.reloaded = Busy("it was asked")
        found, _, body = self.ask(**more)  # type: ignore[arg-type]
        self.assertEqual(found, status)
        self.assertIn(word, body)
        self.assertNotIn(b"it was asked", body)

    def test_method(self) -> None:
        """Who only looks changes nothing."""
        for method in ("GET", "HEAD"):
            status, head, _ = self.ask(method=method)
            self.assertEqual(status, 405, method)
            self.assertIn(b"\r\nAllow: POST", head)

    def test_pages(self) -> None:
        """A page in a browser cannot ask: it may not send the header, and its browser says whose it is."""
        self.refused(403, b"X-Requested-With", fields={})
        self.refused(403, b"browser", fields={**ASKED, "Origin": "http://localhost:8480"})
        self.refused(403, b"browser", fields={**ASKED, "Origin": "null"})

    def test_elsewhere(self) -> None:
        """Other machines cannot ask."""
        for peer in (
            IPv4Address("TCP", "10.0.0.9", 1),
            IPv6Address("TCP", "2001:db8::1", 1),
            IPv6Address("TCP", "::ffff:10.0.0.9", 1),
        ):
            self.refused(403, b"on the machine", peer=peer)

    def test_here(self) -> None:
        """Whatever way this machine comes, it can."""
        for peer in (
            IPv6Address("TCP", "::1", 1),
            IPv6Address("TCP", "::ffff:127.0.0.1", 1),
            UNIXAddress(b"/run/gma.sock"),
        ):
            self.assertEqual(self.ask(peer=peer)[0], 200, peer)

    def test_gone(self) -> None:
        """Nothing is written, and nothing fails, when who asked has gone before the end."""
        waiting: Deferred[object] = Deferred()
        node = Slow(waiting=waiting)
        self.node = node
        transport = self.begin(ASKED)
        self.gate.connectionLost(Failure(ConnectionLost()))
        waiting.callback(dict(NOTHING))
        self.assertEqual(transport.value(), b"")


@attrs.define
class Slow(FakeNode):
    """Takes its time."""

    waiting: "Deferred[object]" = attrs.field(factory=Deferred)

    def reload(self) -> "Deferred[object]":  # type: ignore[override]
        """Later."""
        return self.waiting


class PageTests(SynchronousTestCase):
    """The status page."""

    def text(self, **told: object) -> str:
        """The page in words."""
        body = ask(FakeNode(reread={**NEVER, **told}), "/").body  # type: ignore[dict-item]
        page = body.removeprefix(b"<!DOCTYPE html>\n")
        self.assertEqual(ElementTree.fromstring(page).tag, "html")
        return " ".join(re.sub(rb"<[^>]*>", b"", body).decode().split())

    def test_never(self) -> None:
        """Nothing is said before the first."""
        self.assertNotIn("Configuration", self.text())

    def test_last(self) -> None:
        """What became of the last one, when, and what waits for the next start."""
        last = "2026-03-01T11:59:56Z"
        self.assertIn(
            "Configuration The configuration that was read again 5 s ago was applied. ",
            self.text(last=last, outcome="good"),
        )
        self.assertIn(
            "is bad, and nothing was changed; the log says why; at the next start take effect: node.name.",
            self.text(last=last, outcome="bad", later="node.name"),
        )
        self.assertIn("applied in part", self.text(last=last, outcome="partial"))
