"""Ending connections without cutting answers."""

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from gma_twisted.nodes.drain import drain
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport import QuietSite, gated
from tests.nodes.memorynode import Client


class Later(Resource):
    """Answers when it is told to."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Request] = []

    def render_GET(self, request: Request) -> int:
        """Wait."""
        self.waiting.append(request)
        return NOT_DONE_YET

    def answer(self) -> None:
        """Answer whoever asked first."""
        request = self.waiting.pop(0)
        request.setHeader(b"Content-Length", b"4")
        request.write(b"done")
        request.finish()


ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class DrainTests(SynchronousTestCase):
    """Three seconds to finish."""

    def setUp(self) -> None:
        """A Gate before a slow page."""
        self.clock = Clock()
        self.clock.advance(1000)
        self.page = Later()
        self.nodeClock = NodeClock(self.clock, lambda: 0.0)
        self.factory = gated(QuietSite(self.page), self.nodeClock)

    def drain(self) -> Deferred[None]:
        """Begin."""
        return toDeferred(drain(self.factory.listener.gates, self.nodeClock, 3.0))

    def test_none(self) -> None:
        """Without connections it is over at once."""
        self.successResultOf(self.drain())

    def test_idle(self) -> None:
        """An idle connection is closed, not aborted."""
        client = Client(self.factory)
        draining = self.drain()
        self.clock.advance(0.02)
        self.successResultOf(draining)
        self.assertTrue(client.transport.disconnecting)
        self.assertFalse(client.transport.aborted)

    def test_finished(self) -> None:
        """An answer under way is finished before its connection is closed."""
        client = Client(self.factory)
        client.ask(ASK)
        draining = self.drain()
        self.clock.pump([0.02] * 100)
        self.assertNoResult(draining)
        self.assertFalse(client.transport.disconnecting)
        self.page.answer()
        self.clock.pump([0.02] * 2)
        self.successResultOf(draining)
        self.assertTrue(client.transport.value().endswith(b"\r\n\r\ndone"))
        self.assertFalse(client.transport.aborted)

    def test_halfRequest(self) -> None:
        """A request that has begun to arrive may arrive and be answered."""
        client = Client(self.factory)
        client.ask(ASK[:10])
        draining = self.drain()
        self.clock.advance(1)
        self.assertFalse(client.transport.disconnecting)
        client.ask(ASK[10:])
        self.page.answer()
        self.clock.pump([0.02] * 2)
        self.successResultOf(draining)
        self.assertIn(b"done", client.transport.value())

    def test_tooLong(self) -> None:
        """What is not finished within the bound is cut."""
        client = Client(self.factory)
        client.ask(ASK)
        draining = self.drain()
        self.clock.pump([0.5] * 5)
        self.assertNoResult(draining)
        self.clock.pump([0.5] * 2)
        self.successResultOf(draining)
        self.assertTrue(client.transport.aborted)
