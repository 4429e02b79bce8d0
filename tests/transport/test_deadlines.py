"""Every wait of the Gate ends: at its deadline, at most a tick later, and not before."""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.interfaces import Reply
from gma_twisted.timing import Ready
from gma_twisted.transport import GateLimits
from tests.transport.stand import Client, Stand, get, post
from tests.transport.test_framing import chunked

_LIMITS = GateLimits(
    headSeconds=10.0,
    bodySeconds=5.0,
    bodyRate=10.0,
    idleSeconds=60.0,
    writeSeconds=30.0,
    lingerSeconds=2.0,
)
_TICK = 0.25
_STEP = 0.125


class DeadlineTests(SynchronousTestCase):
    """On a clock turned by hand."""

    def setUp(self) -> None:
        """A server."""
        self.stand = Stand(limits=_LIMITS)

    def _endsAfter(self, client: Client, seconds: float, drip: bytes = b"", every: int = 1) -> None:
        """Assert when the connection is aborted, while a piece arrives at every so many steps."""
        waited, number = 0.0, 0
        while not client.line.isAborted:
            self.assertLessEqual(waited, seconds + _TICK + _STEP, "still open")
            self.stand.time.advance(_STEP)
            waited += _STEP
            number += 1
            if drip and not number % every:
                client.send(drip)
        self.assertGreaterEqual(waited, seconds)
        self.assertEqual(self.stand.factory.listener.gates, set())

    def test_nothing(self) -> None:
        """A connection that says nothing has the time of a head."""
        self._endsAfter(self.stand.connect(), 10.0)
        self.assertEqual(self.stand.factory.listener.counters["deadlines"], 1)

    def test_headDrip(self) -> None:
        """A head has its time from its first byte, however it drips."""
        client = self.stand.connect()
        client.send(b"GET /")
        self._endsAfter(client, 10.0, b"a")

    def test_emptyLines(self) -> None:
        """Empty lines buy no time."""
        client = self.stand.connect()
        client.send(b"\r\n")
        self._endsAfter(client, 10.0, b"\r\n", every=16)

    def test_idle(self) -> None:
        """Between requests there is the time of patience, counted from the last answer."""
        client = self.stand.connect()
        client.send(post(b"<a/>"))
        self.stand.wait(50.0)
        client.send(post(b"<a/>"))
        self._endsAfter(client, 60.0 - _TICK)

    def test_laterHead(self) -> None:
        """The head of a later request has no more time than the first."""
        client = self.stand.connect()
        client.send(post(b"<a/>"))
        self.stand.wait(50.0)
        client.send(b"POST /")
        self._endsAfter(client, 10.0, b"a")

    def test_body(self) -> None:
        """A body that does not come has its seconds; a length that was announced buys none."""
        client = self.stand.connect()
        client.send(post(b"a" * 1_000_000)[:-1_000_000])
        self._endsAfter(client, 5.0)

    def test_bodyRate(self) -> None:
        """Half the rate lasts twice the seconds: every byte that came earns its time, and no more."""
        client = self.stand.connect()
        client.send(post(b"a" * 1_000_000)[:-1_000_000])
        self._endsAfter(client, 9.0, b"aaaaa", every=8)

    def test_bodyInTime(self) -> None:
        """A body that keeps the rate is read for as long as it takes."""
        client = self.stand.connect()
        client.send(post(b"a" * 1000)[:-1000])
        for _ in range(50):
            self.stand.wait(2.0)
            client.send(b"a" * 20)
        self.assertEqual(client.bodies(), [b"a" * 1000])

    def test_chunks(self) -> None:
        """Chunks have the same deadline as a body with a length."""
        client = self.stand.connect()
        client.send(chunked([b"a" * 100])[:-30])
        self._endsAfter(client, 5.0 + 8.1)

    def test_roleHasItsOwn(self) -> None:
        """While a request is answered the client is not to blame: no deadline of the Gate runs."""
        answer: Deferred[Reply] = Deferred()
        self.stand.scripted.answer = lambda request: answer
        client = self.stand.connect()
        client.send(post(b"<a/>"))
        self.stand.wait(300.0)
        answer.callback(Reply(200, b"late"))
        self.assertEqual(client.bodies(), [b"late"])
        self._endsAfter(client, 60.0)

    def test_slowRole(self) -> None:
        """The same when the request came by the lean path."""
        self.stand.warm(post(b"<a/>"))
        answer: Deferred[Reply] = Deferred()
        self.stand.scripted.answer = lambda request: answer
        client = self.stand.connect()
        client.send(post(b"<a/>"))
        self.stand.wait(300.0)
        answer.callback(Reply(200, b"late"))
        self._endsAfter(client, 60.0)

    def test_refused(self) -> None:
        """A client that does not go after a refusal is gone after the linger."""
        client = self.stand.connect()
        client.send(get("/#"))
        self._endsAfter(client, 2.0, b"more")
        self.assertEqual(self.stand.factory.listener.counters["deadlines"], 0)

    def test_slowReader(self) -> None:
        """Each slice of an answer has its deadline, and one that is taken gives the next its own."""
        size = 4 * _LIMITS.slice
        self.stand.scripted.answer = lambda request: Ready(Reply(200, b"x" * size))
        client = self.stand.connect()
        client.line.isSlow = True
        client.send(post(b"<a/>"))
        for _ in range(3):
            self.stand.wait(29.0)
            self.assertFalse(client.line.isAborted)
            client.line.drain()
        self._endsAfter(client, 30.0)

    def test_slowReaderThenSlowRole(self) -> None:
        """A reader that takes nothing is timed also while the next answer is waited for, and after it."""
        self.stand.warm(post(b"<a/>"), post(b"<late/>"))
        answer: Deferred[Reply] = Deferred()
        self.stand.scripted.answer = lambda request: (
            answer if request.body == b"<late/>" else Ready(Reply(200, b"x" * 200_000))
        )
        client = self.stand.connect()
        client.line.isSlow = True
        client.send(post(b"<a/>") + post(b"<late/>"))
        self.stand.wait(1.0)
        answer.callback(Reply(200, b"late"))
        self._endsAfter(client, 29.0)

    def test_closing(self) -> None:
        """An answer before the end has its time to leave, and then the connection ends anyway."""
        client = self.stand.connect()
        client.line.isSlow = True
        client.send(post(b"<a/>", "Connection: close"))
        self.assertTrue(client.line.isEnded)
        self._endsAfter(client, 30.0)

    def test_oneTimer(self) -> None:
        """All connections share one timer, and the last takes it along."""
        clients = [self.stand.connect(f"192.0.2.{number}") for number in range(100)]
        self.assertEqual(len(self.stand.time.getDelayedCalls()), 1)
        for client in clients:
            client.line.vanish()
        self.assertEqual(self.stand.time.getDelayedCalls(), [])
