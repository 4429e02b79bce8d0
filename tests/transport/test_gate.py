"""The Gate's answers: in order, whole, and the same however the bytes came."""

from collections.abc import Awaitable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import Request as WebRequest
from twisted.web.resource import Resource

from gma_twisted.interfaces import Reply, Request
from gma_twisted.timing import Ready
from gma_twisted.transport import GateLimits
from gma_twisted.transport.head import Head
from tests.transport.stand import Answer, Stand, get, post
from tests.transport.test_framing import chunked, cut


class _Forgetful(dict[bytes, Head]):
    """A memo that keeps nothing: every request takes the framed path."""

    def __setitem__(self, key: bytes, value: Head) -> None:
        """Forget it."""


class _Page(Resource):
    """Says what was asked."""

    isLeaf = True

    def render_GET(self, request: WebRequest) -> bytes:
        """The target."""
        return b"page " + request.uri

    def render_POST(self, request: WebRequest) -> bytes:
        """The body."""
        assert request.content is not None
        body: bytes = request.content.read()
        return b"posted " + body


class _Late:
    """Some requests are answered on the spot, some when the clock moves, some with much."""

    def __init__(self, stand: Stand) -> None:
        self._clock = stand.time

    def __call__(self, request: Request) -> Awaitable[Reply]:
        """By the first letter of the body."""
        reply = Reply(200, b"re:" + request.body)
        if request.body.startswith(b"big"):
            reply = Reply(200, request.body * 400)
        if not request.body.startswith(b"late"):
            return Ready(reply)
        answer: Deferred[Reply] = Deferred()
        self._clock.callLater(0.5, answer.callback, reply)
        return answer


_BODIES = [b"<a/>", b"<b/>", b"late<c/>", b"big" * 300, b""]
_PIPELINE = st.lists(
    st.sampled_from(
        [
            *map(post, _BODIES),
            post(b"<d/>", path="/services/other"),
            post(b"<e/>", 'SOAPAction: "urn:a#b"'),
            post(b"<f/>", "Authorization: Basic eA=="),
            chunked([b"<g", b"/>"]),
            get("/page"),
            post(b"text", path="/page"),
        ]
    ),
    min_size=1,
    max_size=8,
)
_LAST = st.sampled_from(
    [
        b"",
        post(b"<z/>", "Connection: close"),
        get("/bad#target"),
        b"GARBAGE\r\n\r\n",
        post(b"")[:40],
    ]
)


class SamePathTests(SynchronousTestCase):
    """The lean path and the framed one cannot be told apart."""

    def _stand(self) -> Stand:
        stand = Stand(_Page(), GateLimits(slice=100_000))
        stand.scripted.answer = _Late(stand)
        return stand

    @settings(max_examples=150)
    @given(_PIPELINE, _LAST, st.lists(st.integers(0, 3000), max_size=20))
    def test_anySplit(self, requests: list[bytes], last: bytes, places: list[int]) -> None:
        """Byte for byte the same answers, whatever the pieces and whatever was seen before."""
        data = b"".join([*requests, last])
        framed = self._stand()
        framed.factory.listener.memo = _Forgetful()
        alone = framed.connect()
        alone.send(*(data[at : at + 1] for at in range(len(data))))
        framed.wait(6.0)
        lean = self._stand()
        lean.warm(*requests)
        client = lean.connect()
        client.send(*cut(data, places))
        lean.wait(6.0)
        self.assertEqual(client.undated(), alone.undated())
        self.assertEqual(client.line.isEnded, alone.line.isEnded)
        self.assertEqual(
            [request.body for request in lean.scripted.requests],
            [request.body for request in framed.scripted.requests],
        )

    @given(_PIPELINE, _LAST)
    def test_oneByOne(self, requests: list[bytes], last: bytes) -> None:
        """The same for requests that come whole and each alone, alike or not."""
        pieces = [each for each in requests for _ in range(3)]
        framed, lean = self._stand(), self._stand()
        framed.factory.listener.memo = _Forgetful()
        clients = [stand.connect() for stand in (framed, lean)]
        for stand, client in zip((framed, lean), clients, strict=True):
            for piece in [*pieces, last]:
                client.send(piece)
                stand.wait(6.0)
        self.assertEqual(clients[1].undated(), clients[0].undated())
        self.assertEqual(
            [request.body for request in lean.scripted.requests],
            [request.body for request in framed.scripted.requests],
        )

    def test_sameLength(self) -> None:
        """A request is not taken for the one before by its length."""
        stand = self._stand()
        client = stand.connect()
        for _ in range(3):
            client.send(post(b"<a/>", path="/services/one"))
        client.send(post(b"<b/>", path="/services/two"), post(b"<c/>", path="/services/one"))
        asked = [(one.path, one.body) for one in stand.scripted.requests[2:]]
        one, two = "/services/one", "/services/two"
        self.assertEqual(asked, [(one, b"<a/>"), (two, b"<b/>"), (one, b"<c/>")])

    def test_wholePiece(self) -> None:
        """Requests whose heads are known are answered without framing, in one write."""
        stand = self._stand()
        stand.warm(post(b"<a/>"))
        client = stand.connect()
        client.send(post(b"<a/>") * 3)
        self.assertEqual(client.bodies(), [b"re:<a/>"] * 3)
        self.assertEqual(stand.factory.listener.counters["soap"], 4)


class OrderTests(SynchronousTestCase):
    """Answers come in the order of the requests."""

    def setUp(self) -> None:
        """A server whose answers a test gives."""
        self.stand = Stand(_Page())
        self.held: list[Deferred[Reply]] = []

    def _hold(self, request: Request) -> Awaitable[Reply]:
        answer: Deferred[Reply] = Deferred()
        self.held.append(answer)
        return answer

    def test_oneAtATime(self) -> None:
        """The next request is asked when the one before is answered."""
        self.stand.scripted.answer = self._hold
        client = self.stand.connect()
        client.send(post(b"<a/>") + post(b"<b/>") + get("/page"))
        self.assertEqual(len(self.held), 1)
        self.held[0].callback(Reply(200, b"1"))
        self.assertEqual(client.bodies(), [b"1"])
        self.assertEqual(len(self.held), 2)
        self.held[1].callback(Reply(500, b"2"))
        self.assertEqual(client.bodies(), [b"1", b"2", b"page /page"])

    def test_refusalWaitsItsTurn(self) -> None:
        """A bad request behind a slow one is refused after the slow one's answer."""
        self.stand.scripted.answer = self._hold
        client = self.stand.connect()
        client.send(post(b"<a/>") + b"BAD\r\n\r\n")
        self.assertEqual(client.answers(), [])
        self.held[0].callback(Reply(200, b"1"))
        self.assertEqual([answer.status for answer in client.answers()], [200, 400])

    def test_goneMeanwhile(self) -> None:
        """When the client has gone, its answer goes nowhere, and its next requests are not asked."""
        self.stand.scripted.answer = self._hold
        client = self.stand.connect()
        client.send(post(b"<a/>") + post(b"<b/>"))
        client.line.vanish()
        self.held[0].callback(Reply(200, b"1"))
        self.assertEqual(bytes(client.line.written), b"")
        self.assertEqual(len(self.held), 1)
        self.assertEqual(self.stand.factory.listener.gates, set())
        self.assertEqual(self.stand.time.getDelayedCalls(), [])

    def test_brokenPromise(self) -> None:
        """An Exchange that fails after all ends the connection instead of leaving it without an answer."""
        self.stand.scripted.answer = self._hold
        client = self.stand.connect()
        client.send(post(b"<a/>"))
        self.held[0].errback(ValueError("planted"))
        self.assertTrue(client.line.isAborted)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)


class EndTests(SynchronousTestCase):
    """When the connection goes on, and when it ends."""

    def setUp(self) -> None:
        """A server."""
        self.stand = Stand(_Page())

    def _answers(self, *pieces: bytes) -> list[Answer]:
        self.client = self.stand.connect()
        self.client.send(*pieces)
        return self.client.answers()

    def test_close(self) -> None:
        """After Connection: close the answer says so, the connection ends, and nothing more is asked."""
        request = post(b"<a/>", "Connection: close")
        for _ in range(2):
            (answer,) = self._answers(request + post(b"<b/>"))
            self.assertEqual(answer.fields["connection"], "close")
            self.assertTrue(self.client.line.isEnded)
        self.assertEqual([one.body for one in self.stand.scripted.requests], [b"<a/>"] * 2)

    def test_old(self) -> None:
        """HTTP/1.0 ends after an answer, unless the client asked to go on."""
        (answer,) = self._answers(post(b"<a/>", version="HTTP/1.0"))
        self.assertEqual(answer.fields["connection"], "close")
        self.assertTrue(self.client.line.isEnded)
        (answer,) = self._answers(post(b"<a/>", "Connection: keep-alive", version="HTTP/1.0"))
        self.assertEqual(answer.fields["connection"], "keep-alive")
        self.assertFalse(self.client.line.isEnded)

    def test_fields(self) -> None:
        """An answer has date, type and length."""
        (answer,) = self._answers(post(b"<a/>"))
        self.assertEqual(
            dict(answer.fields),
            {
                "date": "Tue, 14 Nov 2023 22:30:00 GMT",
                "content-type": "text/xml; charset=utf-8",
                "content-length": "4",
            },
        )

    def test_soap12(self) -> None:
        """A SOAP 1.2 answer has its own media type."""
        self.stand.scripted.answer = lambda request: Ready(Reply(400, b"<a/>", True))
        (answer,) = self._answers(post(b"<a/>"))
        self.assertEqual(answer.fields["content-type"], "application/soap+xml; charset=utf-8")
        self.assertEqual(answer.status, 400)

    def test_dateFollows(self) -> None:
        """The date is at most a quarter of a second old."""
        client = self.stand.connect()
        client.send(post(b"<a/>"))
        self.stand.wait(20.0)
        client.send(post(b"<a/>"))
        self.assertEqual(client.answers()[1].fields["date"], "Tue, 14 Nov 2023 22:30:20 GMT")

    def test_refused(self) -> None:
        """A refusal says why and ends the connection; what still comes is read away, and then the end is forced."""
        (answer,) = self._answers(get("/", "Host: b"), post(b"<a/>"))
        self.assertEqual((answer.status, answer.fields["connection"]), (400, "close"))
        self.assertEqual(answer.body, b"a request has exactly one Host field\n")
        self.assertTrue(self.client.line.isEnded)
        self.assertFalse(self.client.line.isPaused)
        self.assertEqual(self.stand.scripted.requests, [])
        self.stand.wait(3.0)
        self.assertTrue(self.client.line.isAborted)

    def test_refusedFault(self) -> None:
        """On a service path the refusal is a SOAP fault."""
        (answer,) = self._answers(b"POST /services/a HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(answer.status, 415)
        self.assertIn(b"<soapenv:Fault>", answer.body)
        self.assertIn(b"2023-11-14T22:30:00", answer.body)

    def test_allow(self) -> None:
        """A refused method comes with those that pass."""
        (answer,) = self._answers(b"PUT / HTTP/1.1\r\n")
        self.assertEqual((answer.status, answer.fields["allow"]), (405, "GET, HEAD, POST"))

    def test_siteOnly(self) -> None:
        """A Gate without an Exchange leaves a POST to a service path to its Site."""
        stand = Stand(_Page())
        stand.factory.listener.hasServices = False
        client = stand.connect()
        client.send(post(b"<a/>"))
        self.assertEqual(client.bodies(), [b"posted <a/>"])


class ContinueTests(SynchronousTestCase):
    """Clients that wait for 100 Continue."""

    def setUp(self) -> None:
        """A server and a request that waits."""
        self.stand = Stand(_Page())
        request = post(b"<a/>", "Expect: 100-continue")
        self.head, self.body = request[:-4], request[-4:]

    def test_continue(self) -> None:
        """They are told to go on once, and answered."""
        client = self.stand.connect()
        client.send(self.head)
        self.assertEqual(bytes(client.line.written), b"HTTP/1.1 100 Continue\r\n\r\n")
        client.send(self.body[:2], self.body[2:])
        self.assertEqual([answer.status for answer in client.answers()], [100, 200])

    def test_notNeeded(self) -> None:
        """Whose body is here already is not told."""
        client = self.stand.connect()
        client.send(self.head + self.body[:1], self.body[1:])
        self.assertEqual([answer.status for answer in client.answers()], [200])

    def test_everyTime(self) -> None:
        """A head with an expectation is told each time: it is not taken by the lean path."""
        client = self.stand.connect()
        for _ in range(3):
            client.send(self.head, self.body)
        self.assertEqual([answer.status for answer in client.answers()], [100, 200] * 3)

    def test_refusedInstead(self) -> None:
        """One that will be refused hears that instead, before it sends its body."""
        client = self.stand.connect()
        client.send(
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9000000\r\n\r\n"
        )
        self.assertEqual([answer.status for answer in client.answers()], [413])

    def test_inTurn(self) -> None:
        """Behind an unanswered request nobody is told to go on yet."""
        answer: Deferred[Reply] = Deferred()
        self.stand.scripted.answer = lambda request: answer
        client = self.stand.connect()
        client.send(post(b"<b/>") + self.head)
        self.assertEqual(bytes(client.line.written), b"")
        answer.callback(Reply(200, b"1"))
        self.assertEqual([each.status for each in client.answers()], [200, 100])


class MemoTests(SynchronousTestCase):
    """Heads are remembered for their framing; who asks is asked anew."""

    def setUp(self) -> None:
        """A server."""
        self.stand = Stand()
        self.listener = self.stand.factory.listener

    def test_authorization(self) -> None:
        """What names who asks goes to the Exchange each time: of a head that is kept, of another, of one without."""
        client = self.stand.connect()
        shown = ["Basic eA==", "Basic eA==", "Basic eQ==", None, "Basic eA==", "Basic eQ==", None]
        for one in shown:
            client.send(post(b"<a/>", *([f"Authorization: {one}"] if one else [])))
        self.assertEqual(len(self.listener.memo), 3)
        self.assertEqual(
            [request.authorization for request in self.stand.scripted.requests],
            [one.encode() if one else None for one in shown],
        )

    def test_secret(self) -> None:
        """A token that is kept is shown with nothing that keeps it."""
        self.stand.connect().send(post(b"<a/>", "Authorization: Bearer gma_a-secret"))
        (head,) = self.listener.memo.values()
        self.assertEqual(head.authorization, b"Bearer gma_a-secret")
        for kept in (self.listener, head, *self.listener.gates):
            self.assertNotIn("gma_a-secret", repr(kept))

    def test_peer(self) -> None:
        """Whose head it was first does not matter: each request has its own peer."""
        for host in ("192.0.2.1", "192.0.2.2"):
            self.stand.connect(host).send(post(b"<a/>"))
        self.assertEqual(
            [request.peer for request in self.stand.scripted.requests], ["192.0.2.1", "192.0.2.2"]
        )
        self.assertEqual(len(self.listener.memo), 1)

    def test_bounded(self) -> None:
        """A thousand heads are kept, and none that is large."""
        client = self.stand.connect()
        for number in range(1500):
            client.send(post(b"<a/>", f"X-Number: {number}"))
        self.assertEqual(len(self.listener.memo), 1024)
        client.send(post(b"<a/>", "X-Long: " + "a" * 3000))
        self.assertTrue(all(len(head) <= 2048 for head in self.listener.memo))
        self.assertEqual(len(self.stand.scripted.requests), 1501)
