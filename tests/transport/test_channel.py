"""Requests for the Site behind the Gate: what twisted.web promises its resources holds here too."""

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import Request as WebRequest
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from gma_twisted.transport import GateLimits
from tests.transport.stand import Client, Stand, get, post


@implementer(IPushProducer, IPullProducer)
class _Producer:
    """Writes pieces when asked; notes what it is told."""

    def __init__(self, request: WebRequest, pieces: int, size: int) -> None:
        self._request = request
        self._left = pieces
        self._piece = b"p" * size
        self.told: list[str] = []

    def resumeProducing(self) -> None:
        """A piece, or the end."""
        self.told.append("resume")
        if self._left:
            self._left -= 1
            self._request.write(self._piece)
        else:
            self._request.unregisterProducer()
            self._request.finish()

    def pauseProducing(self) -> None:
        """Wait."""
        self.told.append("pause")

    def stopProducing(self) -> None:
        """No more."""
        self.told.append("stop")


class _Site(Resource):
    """
    Pages of every kind.

    @ivar request: the last one that is not finished
    @ivar ended: how such requests ended
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[object] = []
        self.requests: list[WebRequest] = []
        self.producer: _Producer | None = None

    @property
    def request(self) -> WebRequest:
        """The last request."""
        return self.requests[-1]

    def render_GET(self, request: WebRequest) -> bytes | int:
        """By the path."""
        self.requests.append(request)
        watched: Deferred[None] = request.notifyFinish()
        watched.addBoth(self.ended.append)  # type: ignore[unused-awaitable]
        if request.path == b"/page":
            return b"page"
        if request.path == b"/fails":
            raise ValueError("planted")
        if request.path in (b"/push", b"/pull"):
            self.producer = _Producer(request, 10, 10_000)
            request.registerProducer(self.producer, request.path == b"/push")
        return NOT_DONE_YET

    def render_POST(self, request: WebRequest) -> bytes:
        """What was sent."""
        assert request.content is not None
        body: bytes = request.content.read()
        return body


class WebTests(SynchronousTestCase):
    """Each request on a connection of its own."""

    def setUp(self) -> None:
        """A server."""
        self.site = _Site()
        self.stand = Stand(self.site, GateLimits(writeSeconds=30.0))
        self.client = self.stand.connect()

    def _ask(self, *pieces: bytes, slow: bool = False) -> Client:
        self.client.line.isSlow = slow
        self.client.send(*pieces)
        return self.client

    def test_get(self) -> None:
        """A page, and the connection goes on."""
        (answer,) = self._ask(get("/page")).answers()
        self.assertEqual((answer.status, answer.body, answer.version), (200, b"page", "HTTP/1.1"))
        self.assertEqual(answer.fields["content-length"], "4")
        self.assertNotIn("connection", answer.fields)
        self.client.send(get("/page"))
        self.assertEqual(self.client.bodies(), [b"page", b"page"])
        self.assertEqual(self.stand.factory.listener.counters["web"], 2)

    def test_head(self) -> None:
        """HEAD has the fields of GET and no body."""
        client = self._ask(get("/page", method="HEAD"), get("/page"))
        first, second = client.answers(heads=[0])
        self.assertEqual((first.status, first.body), (200, b""))
        self.assertEqual(first.fields["content-length"], "4")
        self.assertEqual(second.body, b"page")

    def test_post(self) -> None:
        """A body comes to the resource whole."""
        client = self._ask(*(bytes([byte]) for byte in post(b"a body", path="/page")))
        self.assertEqual(client.bodies(), [b"a body"])

    def test_old(self) -> None:
        """HTTP/1.0 may ask to go on, and is told that it does."""
        self._ask(get("/page", "Connection: keep-alive", version="HTTP/1.0"))
        self.assertEqual(self.client.answers()[0].fields["connection"], "keep-alive")
        self.assertFalse(self.client.line.isEnded)
        self._ask(get("/page", version="HTTP/1.0"))
        self.assertEqual(self.client.answers()[1].fields["connection"], "close")
        self.assertTrue(self.client.line.isEnded)

    def test_close(self) -> None:
        """Connection: close ends it after the answer; what comes behind is not asked."""
        self._ask(get("/page", "Connection: close") + get("/page"))
        (answer,) = self.client.answers()
        self.assertEqual(answer.fields["connection"], "close")
        self.assertTrue(self.client.line.isEnded)
        self.assertEqual(len(self.site.requests), 1)

    def test_chunked(self) -> None:
        """An answer without a length comes in chunks, and the next request has its turn at its end."""
        self._ask(get("/stream") + get("/page"))
        self.site.request.write(b"one ")
        self.site.request.write(b"two")
        self.assertEqual(len(self.site.requests), 1)
        self.site.request.finish()
        first, second = self.client.answers()
        self.assertEqual(first.fields["transfer-encoding"], "chunked")
        self.assertEqual((first.body, second.body), (b"one two", b"page"))

    def test_streamToOld(self) -> None:
        """To HTTP/1.0 such an answer ends with the connection, whatever it asked."""
        self._ask(get("/stream", "Connection: keep-alive", version="HTTP/1.0"))
        self.site.request.write(b"one")
        self.site.request.finish()
        (answer,) = self.client.answers()
        self.assertEqual((answer.body, answer.fields["connection"]), (b"one", "close"))
        self.assertTrue(self.client.line.isEnded)

    def test_fails(self) -> None:
        """A resource that raises is 500 without its reason, and the connection goes on."""
        self._ask(get("/fails"), get("/page"))
        first, second = self.client.answers()
        self.assertEqual((first.status, second.body), (500, b"page"))
        self.assertNotIn(b"planted", first.body)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_serverSentEvents(self) -> None:
        """Events go out as they come, for as long as the client stays; then the resource is told."""
        self._ask(get("/events"))
        for number in range(5):
            self.stand.wait(100.0)
            self.site.request.write(b"data: %d\n\n" % number)
            self.assertTrue(self.client.line.written.endswith(b"data: %d\n\n\r\n" % number))
        self.assertEqual(self.site.ended, [])
        self.client.line.vanish()
        (ended,) = self.site.ended
        self.assertIsInstance(ended, Failure)
        self.site.request.write(b"into the void")
        self.assertEqual(self.stand.time.getDelayedCalls(), [])

    def test_loseConnection(self) -> None:
        """A resource may end the connection."""
        self._ask(get("/stream"))
        self.site.request.write(b"one")
        self.site.request.loseConnection()
        self.assertTrue(self.client.line.isEnded)
        self.client.line.vanish()
        self.assertEqual(len(self.site.ended), 1)

    def test_request(self) -> None:
        """The resource sees who asks, where, and how."""
        self._ask(get("/stream?a=b", "Cookie: c=d", "X-One: 1", "X-One: 2"))
        request = self.site.request
        self.assertEqual(request.getClientAddress().host, "192.0.2.1")
        self.assertEqual(request.getHost().port, 8480)
        self.assertFalse(request.isSecure())
        self.assertEqual(request.args, {b"a": [b"b"]})
        self.assertEqual(request.getCookie(b"c"), b"d")
        self.assertEqual(request.requestHeaders.getRawHeaders("X-One"), ["1", "2"])

    # -- producers

    def test_push(self) -> None:
        """A push producer is paused while the reader is slow and resumed when it has caught up."""
        self._ask(get("/push"), slow=True)
        self.site.request.write(b"x" * 100_000)
        producer = self.site.producer
        assert producer is not None
        self.assertEqual(producer.told, ["pause"])
        self.client.line.drain()
        self.assertEqual(producer.told, ["pause", "resume"])
        self.site.request.unregisterProducer()
        self.site.request.finish()
        self.client.line.drain()
        self.assertEqual(producer.told, ["pause", "resume"])
        self.assertEqual(len(self.client.bodies()[0]), 110_000)

    def test_pull(self) -> None:
        """A pull producer is asked once a turn, and not while the reader is slow."""
        self._ask(get("/pull"), slow=True)
        producer = self.site.producer
        assert producer is not None
        self.stand.time.advance(0)
        self.stand.wait(1.0)
        self.assertEqual(len(producer.told), 7)
        self.client.line.drain()
        self.stand.wait(1.0)
        self.assertEqual(len(producer.told), 11)
        self.assertEqual(len(self.client.bodies()[0]), 100_000)

    def test_producerHearsTheEnd(self) -> None:
        """A producer whose client goes is stopped, so that it can close its file."""
        for path in ("/push", "/pull"):
            client = self.stand.connect()
            client.send(get(path))
            client.line.vanish()
            producer = self.site.producer
            assert producer is not None
            self.assertEqual(producer.told, ["stop"], path)
            self.stand.wait(1.0)
            self.assertEqual(producer.told, ["stop"], path)

    def test_slowReader(self) -> None:
        """A reader that takes nothing has the time of a slice; then the resource is told."""
        self._ask(get("/stream"), slow=True)
        self.site.request.write(b"x" * 100_000)
        self.stand.wait(29.0)
        self.assertEqual(self.site.ended, [])
        self.stand.wait(2.0)
        self.assertEqual(len(self.site.ended), 1)
        self.assertTrue(self.client.line.isAborted)

    def test_finishedWhileSlow(self) -> None:
        """When the answer is complete and the reader slow, the next request waits, and input is bounded."""
        self._ask(get("/stream"), slow=True)
        self.site.request.write(b"x" * 100_000)
        self.site.request.finish()
        sent = 0
        while not self.client.line.isPaused:
            self.client.send(get("/page"))
            sent += 1
            self.assertLess(sent, 10_000)
        self.assertEqual(len(self.site.requests), 1)
        for _ in range(sent):
            self.client.line.drain()
            self.stand.time.advance(0)
        self.assertEqual(len(self.site.requests), 1 + sent)
        self.assertFalse(self.client.line.isPaused)

    def test_twoProducers(self) -> None:
        """A request has one producer."""
        self._ask(get("/push"))
        channel = self.site.request.channel
        self.assertRaises(RuntimeError, channel.registerProducer, self.site.producer, True)
