"""Slow readers and hasty writers: order is kept, and what is kept in memory has a bound."""

from collections.abc import Awaitable

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.interfaces import Reply, Request
from gma_twisted.timing import Ready
from gma_twisted.transport import GateLimits
from tests.transport.stand import Client, Stand, post

_LIMITS = GateLimits(slice=100_000, ahead=10_000)
_HIGH_WATER = 64 * 1024


class BackPressureTests(SynchronousTestCase):
    """A connection whose reader a test drains."""

    def setUp(self) -> None:
        """A server that answers as much as it is asked for."""
        self.stand = Stand(limits=_LIMITS)
        self.held: Deferred[Reply] = Deferred()
        self.stand.scripted.answer = self._answer

    def _answer(self, request: Request) -> Awaitable[Reply]:
        if request.body == b"late":
            return self.held
        letter, size = request.body[:1], int(request.body[1:])
        return Ready(Reply(200, letter * size))

    def _connect(self) -> Client:
        client = self.stand.connect()
        client.line.isSlow = True
        return client

    def _drainAll(self, client: Client) -> None:
        for _ in range(200):
            client.line.drain()

    def _asked(self) -> list[bytes]:
        return [request.body for request in self.stand.scripted.requests]

    def test_bigAnswer(self) -> None:
        """A big answer leaves in slices: no more than a slice and the transport's mark wait in its buffer."""
        client = self._connect()
        client.send(post(b"a1000000"))
        self.assertLess(client.line.waiting, _LIMITS.slice + _HIGH_WATER)
        self._drainAll(client)
        self.assertEqual(client.bodies(), [b"a" * 1_000_000])
        self.assertLess(client.line.largest, _LIMITS.slice + _HIGH_WATER)

    def test_nothingNewIsAsked(self) -> None:
        """While a reader is slow, its next requests are neither asked nor read in, beyond a bound."""
        client = self._connect()
        client.send(post(b"a200000"))
        for _ in range(1000):
            if client.line.isPaused:
                break
            client.send(post(b"b1"))
        self.assertTrue(client.line.isPaused)
        self.assertEqual(self._asked(), [b"a200000"])
        self._drainAll(client)
        self.assertFalse(client.line.isPaused)
        bodies = client.bodies()
        self.assertEqual(bodies[0], b"a" * 200_000)
        self.assertEqual(set(bodies[1:]), {b"b"})
        self.assertEqual(len(bodies), len(self._asked()))

    def test_aheadIsBounded(self) -> None:
        """What is sent ahead of a slow answer is kept up to a bound, then reading stops until the answer."""
        client = self._connect()
        client.send(post(b"late"))
        sent = 0
        while not client.line.isPaused:
            client.send(post(b"b1"))
            sent += 1
            self.assertLess(sent, 1000)
        self.assertGreater(sent * len(post(b"b1")), _LIMITS.ahead)
        self.held.callback(Reply(200, b"late"))
        self.stand.time.advance(0)
        self.assertEqual(client.bodies(), [b"late", *[b"b"] * sent])
        self.assertFalse(client.line.isPaused)

    def test_leanPipeline(self) -> None:
        """Known requests behind each other stop being answered when the reader is slow, and go on in order."""
        self.stand.warm(post(b"a1"), post(b"a50000"))
        client = self._connect()
        client.send(b"".join(post(b"%c50000" % letter) for letter in b"abcdefghij"))
        self.assertLess(len(self._asked()), 6)
        self._drainAll(client)
        self.assertEqual(
            [body[:1] for body in client.bodies()], [bytes([c]) for c in b"abcdefghij"]
        )
        self.assertLess(client.line.largest, 3 * _LIMITS.slice)

    def test_lateBehindUnsent(self) -> None:
        """A late answer waits behind the slices of those before it."""
        self.stand.warm(post(b"a49999"), post(b"a100"))
        client = self._connect()
        parts = [post(b"a49999"), post(b"b49999"), post(b"late"), post(b"c49999")]
        client.send(b"".join(parts))
        self.held.callback(Reply(200, b"l" * 250_000))
        self._drainAll(client)
        self.assertEqual(
            client.bodies(), [b"a" * 49999, b"b" * 49999, b"l" * 250_000, b"c" * 49999]
        )

    def test_closeAfterSlices(self) -> None:
        """Connection: close takes effect when the last slice is written, and no later request is asked."""
        client = self._connect()
        client.send(post(b"a500000", "Connection: close") + post(b"b1"))
        self.assertFalse(client.line.isEnded)
        client.send(post(b"c1"))
        self._drainAll(client)
        self.assertTrue(client.line.isEnded)
        self.assertEqual(client.bodies(), [b"a" * 500_000])
        self.assertEqual(self._asked(), [b"a500000"])

    def test_goneWhileSlow(self) -> None:
        """A slow reader that goes leaves nothing behind."""
        client = self._connect()
        client.send(post(b"a500000"))
        client.line.vanish()
        self.assertEqual(self.stand.factory.listener.gates, set())
        self.assertEqual(self.stand.time.getDelayedCalls(), [])
