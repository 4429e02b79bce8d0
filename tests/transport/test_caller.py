"""The pooled caller against peers that answer in every way, over the network in memory."""

from collections.abc import Callable, Sequence

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress, ITransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy, GMAError, PeerUnreachable, TooLarge
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.limits import SINK_LIMITS, CallerLimits
from gma_twisted.transport.memory import MemoryEndpoint, MemoryNetwork
from tests.transport.test_framing import cut

_HANDLE = Handle("http://peer:8480/services/a?x=1")
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>"


class _Peer(Protocol):
    """A server that says what a test says."""

    transport: ITransport

    def __init__(self, stand: "_Stand") -> None:
        self._stand = stand
        self.received = b""

    def connectionMade(self) -> None:
        """Count it."""
        self._stand.peers.append(self)

    def dataReceived(self, data: bytes) -> None:
        """A request is a piece here."""
        self.received += data
        self._stand.asked += 1
        self._stand.answer(self)

    def connectionLost(self, reason: object = None) -> None:
        """Count it."""
        self._stand.lost += 1

    def say(self, *pieces: bytes) -> None:
        """Each piece arrives alone."""
        for number, piece in enumerate(pieces):
            self._stand.time.callLater(0.01 * number, self.transport.write, piece)


class _Nobody(Factory):
    """Takes no connection."""

    def buildProtocol(self, addr: IAddress | None) -> None:
        """None."""


class _Stand:
    """A caller, a network and a scripted peer."""

    def __init__(self, limits: CallerLimits | None = None) -> None:
        self.time = Clock()
        self.clock = NodeClock(self.time)
        self.network = MemoryNetwork(self.clock)
        self.peers: list[_Peer] = []
        self.lost = 0
        self.asked = 0
        self.answer: Callable[[_Peer], object] = lambda peer: peer.say(_OK)
        self.network.listen("peer", 8480, Factory.forProtocol(lambda: _Peer(self)))
        self.caller = PooledCaller(self.clock, self._connect, limits)

    def _connect(self, host: str, port: int, isTLS: bool) -> MemoryEndpoint:
        return MemoryEndpoint(self.network, "here", host, port)

    def call(self, handle: Handle = _HANDLE, seconds: float = 10.0) -> "Deferred[Reply]":
        """Ask, and let a moment pass."""
        found = toDeferred(self.caller.call(handle, b"<q/>", "urn:a#b", seconds))
        self.wait(0.1)
        return found

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / 0.01)):
            self.time.advance(0.01)


class PooledCallerTests(SynchronousTestCase):
    """On a clock turned by hand."""

    def setUp(self) -> None:
        """A caller."""
        self.stand = _Stand()

    def _fails(self, kind: type[GMAError], call: "Deferred[Reply]") -> str:
        failure = self.failureResultOf(call, kind)
        return str(failure.value)

    def test_interface(self) -> None:
        """It is a caller."""
        self.assertTrue(verifyObject(ICaller, self.stand.caller))

    def test_request(self) -> None:
        """The request as it goes out."""
        self.successResultOf(self.stand.call())
        self.assertEqual(
            self.stand.peers[0].received,
            b"POST /services/a?x=1 HTTP/1.1\r\nHost: peer:8480\r\n"
            b"Content-Type: text/xml; charset=utf-8\r\nAccept-Encoding: identity\r\n"
            b'SOAPAction: "urn:a#b"\r\n'
            b"Content-Length: 4\r\n\r\n<q/>",
        )

    def test_fetch(self) -> None:
        """A GET as it goes out, with the same bounds; where an answer leads it does not go."""
        self.stand = _Stand(SINK_LIMITS)
        self.stand.answer = lambda peer: peer.say(
            b"HTTP/1.1 302 Found\r\nLocation: http://peer:8480/other\r\nContent-Length: 0\r\n\r\n"
        )

        def fetch(url: str) -> "Deferred[Reply]":
            found = toDeferred(self.stand.caller.fetch(Handle(url), 5.0))
            self.stand.wait(0.1)
            return found

        self.assertEqual(self.successResultOf(fetch("http://peer:8480/a?x=1")).status, 302)
        self.assertEqual(
            self.stand.peers[0].received,
            b"GET /a?x=1 HTTP/1.1\r\nHost: peer:8480\r\nAccept-Encoding: identity\r\n\r\n",
        )
        self.stand.answer = lambda peer: peer.say(
            b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000
        )
        self._fails(TooLarge, fetch("http://peer:8480/a"))
        self.stand.answer = lambda peer: None
        late = fetch("http://peer:8480/a")
        self.stand.wait(5.0)
        self._fails(PeerUnreachable, late)

    # -- answers

    def test_pieces(self) -> None:
        """An answer in single bytes is the same."""
        self.stand.answer = lambda peer: peer.say(*cut(_OK, list(range(len(_OK)))))
        call = self.stand.call()
        self.stand.wait(2.0)
        self.assertEqual(self.successResultOf(call), Reply(200, b"<a/>", False))

    def _answeredBy(self, *pieces: bytes, closes: bool = False) -> "Deferred[Reply]":
        def answer(peer: _Peer) -> None:
            peer.say(*pieces)
            if closes:
                self.stand.time.callLater(0.01 * len(pieces), peer.transport.loseConnection)

        self.stand.answer = answer
        return self.stand.call()

    def test_chunked(self) -> None:
        """Chunks are joined; trailers change nothing."""
        call = self._answeredBy(
            b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n<a\r\n",
            b"2\r\n/>\r\n0\r\nContent-Type: application/soap+xml\r\n\r\n",
        )
        self.assertEqual(self.successResultOf(call), Reply(500, b"<a/>", False))

    def test_untilTheEnd(self) -> None:
        """An answer with neither length nor chunks ends with the connection."""
        call = self._answeredBy(b"HTTP/1.0 200 OK\r\n\r\n<a", b"/>", closes=True)
        self.assertEqual(self.successResultOf(call), Reply(200, b"<a/>", False))

    def test_cutShort(self) -> None:
        """One with a length or with chunks that ends early is no answer; nor is half a head."""
        for pieces in (
            [_OK[:-1]],
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n"],
            [_OK[:20]],
            [],
        ):
            why = self._fails(PeerUnreachable, self._answeredBy(*pieces, closes=True))
            self.assertEqual(why, "the connection was lost before the whole answer: closed")

    def test_continue(self) -> None:
        """Informational answers are passed over, in a piece of their own or not."""
        for before in ([b"HTTP/1.1 100 Continue\r\n\r\n"], [b"HTTP/1.1 102 Wait\r\nA: b\r\n\r\n"]):
            for pieces in ([*before, _OK], [before[0] + _OK]):
                call = self._answeredBy(*pieces)
                self.assertEqual(self.successResultOf(call), Reply(200, b"<a/>", False), pieces)

    def test_soap12(self) -> None:
        """The media type tells the version."""
        answer = _OK.replace(b"text/xml", b"Application/SOAP+xml; charset=utf-8")
        self.assertTrue(self.successResultOf(self._answeredBy(answer)).isSoap12)

    def test_noHTTP(self) -> None:
        """What is no HTTP is an error, and ends the connection."""
        self.assertIn("no HTTP", self._fails(PeerUnreachable, self._answeredBy(b"SSH-2.0-x\r\n")))
        self.assertEqual(self.stand.lost, 1)

    def test_more(self) -> None:
        """Two answers for one question are no answer: the second would be taken for the next question's."""
        for further in (_OK, _OK[:-1], b"HTTP/1.1 100 Continue\r\n\r\n", b"H"):
            self.stand = _Stand()
            self._fails(PeerUnreachable, self._answeredBy(_OK + further))
            self.assertEqual(self.stand.lost, 1, further)

    def test_unasked(self) -> None:
        """Bytes without a question end the connection; the next call has a new one."""
        call = self._answeredBy(_OK, b"HTTP/1.1 200 OK\r\n")
        self.assertEqual(self.successResultOf(call).status, 200)
        self.assertEqual(self.stand.lost, 1)
        self.assertEqual(self.successResultOf(self._answeredBy(_OK)).status, 200)

    def test_packed(self) -> None:
        """An answer in a coding, of itself or of its way here, is refused, and the connection is over."""
        for field in (
            b"Content-Encoding: gzip",
            b"content-encoding: identity, gzip",
            b"CONTENT-ENCODING:  Br ",
            b"Transfer-Encoding: gzip, chunked",
            b"Transfer-Encoding: gzip",
        ):
            self.stand = _Stand()
            call = self._answeredBy(_OK.replace(b"Content-Length: 4", field), closes=True)
            self.assertIn("peer:8480 answered in the coding", self._fails(PeerUnreachable, call))
            self.assertEqual(self.stand.lost, 1)

    def test_notPacked(self) -> None:
        """One that says that it is in none is taken."""
        plain = _OK.replace(b"\r\n\r\n", b"\r\nContent-Encoding: Identity\r\n\r\n")
        self.assertEqual(self.successResultOf(self._answeredBy(plain)).body, b"<a/>")

    def test_otherProtocol(self) -> None:
        """Nobody asked to switch protocols."""
        for fields in (b"Upgrade: h2c\r\nConnection: upgrade\r\n", b""):
            call = self._answeredBy(b"HTTP/1.1 101 Switching\r\n" + fields + b"\r\nabc")
            self.assertIn("another protocol", self._fails(PeerUnreachable, call))
        self.assertEqual(self.stand.lost, 2)

    def test_same(self) -> None:
        """The same bytes again are the same answer, on every connection, and others are not taken for them."""
        self.stand.network.listen("other", 8480, Factory.forProtocol(lambda: _Peer(self.stand)))
        accepted = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
        unsized = b"HTTP/1.1 202 Accepted\r\n\r\n"
        for pieces, closes, expected in (
            ([accepted], False, 202),
            ([accepted], False, 202),
            ([accepted.replace(b"202", b"410")], False, 410),
            ([accepted[:9], accepted[9:]], False, 202),
            ([accepted], False, 202),
            ([unsized], True, 202),
            ([unsized, b"x"], True, 202),
        ):
            reply = self.successResultOf(self._answeredBy(*pieces, closes=closes))
            body = pieces[-1] if len(pieces) > 1 and closes else b""
            self.assertEqual((reply.status, reply.body), (expected, body))
        self.stand.answer = lambda peer: peer.say(accepted)
        other = self.stand.call(Handle("http://other:8480/"))
        self.assertEqual(self.successResultOf(other).status, 202)

    def test_sameButClosed(self) -> None:
        """What ends the connection does so each time."""
        closing = b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        for number in range(1, 4):
            self.assertEqual(self.successResultOf(self._answeredBy(closing)).status, 202)
            self.assertEqual((self.stand.lost, len(self.stand.peers)), (number, number))

    def test_redirect(self) -> None:
        """A redirect is an answer; nobody goes there."""
        self.stand.network.listen("other", 8480, Factory.forProtocol(lambda: _Peer(self.stand)))
        for status in (301, 302, 303, 307, 308):
            reply = self.successResultOf(
                self._answeredBy(
                    b"HTTP/1.1 %d Over There\r\nLocation: http://other:8480/\r\nContent-Length: 0\r\n\r\n"
                    % status
                )
            )
            self.assertEqual((reply.status, reply.body), (status, b""))
        self.assertEqual((self.stand.asked, len(self.stand.peers)), (5, 1))

    def test_close(self) -> None:
        """Connection: close is obeyed."""
        self.successResultOf(
            self._answeredBy(_OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        )
        self.assertEqual(self.stand.lost, 1)
        self.successResultOf(self._answeredBy(_OK))
        self.assertEqual(len(self.stand.peers), 2)

    # -- bounds

    def test_tooLarge(self) -> None:
        """Body, head, fields, chunk extensions and trailers of a hostile answer have bounds."""
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        for pieces in (
            [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", *[b"a" * 500] * 10],
            [chunked, *[b"1f4\r\n" + b"a" * 500 + b"\r\n"] * 10],
            [b"HTTP/1.1 200 OK\r\nX: ", *[b"a" * 10_000] * 8],
            [b"HTTP/1.1 200 OK\r\n", *[b"X: 1\r\n" * 2_000] * 8],
            [chunked + b"1;a=", *[b"b" * 10_000] * 8],
            [chunked + b"0\r\nX: ", *[b"b" * 10_000] * 8],
            [b"HTTP/1.1 100 Continue\r\n\r\n" * 1000] * 5,
        ):
            self.stand = _Stand(CallerLimits(answer=4000))
            why = self._fails(TooLarge, self._answeredBy(*pieces))
            self.assertIn("peer:8480", why)
            self.assertEqual(self.stand.lost, 1)

    def test_sink(self) -> None:
        """What a sink may answer is small, and so is its head."""
        for pieces, isTaken in (
            ([b"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n" + b"a" * 4096], True),
            ([b"HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n" + b"a" * 4097], False),
            ([b"HTTP/1.1 200 OK\r\nX: " + b"a" * 16_000 + b"\r\nContent-Length: 0\r\n\r\n"], True),
            ([b"HTTP/1.1 200 OK\r\nX: " + b"a" * 17_000], False),
        ):
            self.stand = _Stand(SINK_LIMITS)
            call = self._answeredBy(*pieces)
            if isTaken:
                self.assertEqual(self.successResultOf(call).status, 200)
            else:
                self._fails(TooLarge, call)

    def test_connections(self) -> None:
        """One peer has so many connections at once and so many calls in line; the line is served in order."""
        self.stand = _Stand(CallerLimits(connections=2, waiting=3))
        self.stand.answer = lambda peer: None
        calls = [self.stand.call() for _ in range(5)]
        self.assertEqual((len(self.stand.peers), self.stand.asked), (2, 2))
        self.assertIn("3 calls wait for peer:8480", self._fails(Busy, self.stand.call()))
        for done in range(1, 6):
            self.stand.peers[0].say(_OK) if done % 2 else self.stand.peers[1].say(_OK)
            self.stand.wait(0.1)
            self.assertEqual(sum(call.called for call in calls), done)
        self.assertEqual(len(self.stand.peers), 2)

    def test_otherPeers(self) -> None:
        """Peers do not wait for each other."""
        self.stand = _Stand(CallerLimits(connections=1, waiting=0))
        self.stand.answer = lambda peer: None
        self.stand.network.listen("other", 8480, Factory.forProtocol(lambda: _Peer(self.stand)))
        calls = [self.stand.call(handle) for handle in (_HANDLE, Handle("http://other:8480/a"))]
        self.assertEqual((self.stand.asked, len(calls)), (2, 2))

    def test_manyPeers(self) -> None:
        """Peers nobody speaks with any more are forgotten; those in use stay."""
        self.stand.network.listen("held", 8480, Factory.forProtocol(lambda: _Peer(self.stand)))
        self.successResultOf(self.stand.call(Handle("http://held:8480/")))
        for number in range(1000):
            call = toDeferred(
                self.stand.caller.call(Handle(f"http://nobody:{number + 1}/"), b"", "", 1.0)
            )
            self._fails(PeerUnreachable, call)
        self.assertEqual(len(self.stand.caller._pools), 2)
        self.successResultOf(self.stand.call(Handle("http://held:8480/")))
        self.assertEqual(len(self.stand.peers), 1)

    def test_comesBack(self) -> None:
        """A peer that was not spoken with for a while keeps its bound once it is again, whoever else comes."""
        self.stand = _Stand(CallerLimits(connections=1, waiting=0))
        self.successResultOf(
            self._answeredBy(_OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        )
        self.stand.answer = lambda peer: None
        self.assertNoResult(self.stand.call())
        self._fails(PeerUnreachable, self.stand.call(Handle("http://nobody:1/")))
        self._fails(Busy, self.stand.call())

    # -- time

    def test_timeout(self) -> None:
        """The time holds for everything, and the connection of a late answer is not used again."""
        self.stand.answer = lambda peer: None
        call = self.stand.call(seconds=2.0)
        self.stand.wait(1.8)
        self.assertNoResult(call)
        self.stand.wait(0.3)
        why = self._fails(PeerUnreachable, call)
        self.assertEqual(why, f"the call to {_HANDLE} did not end within 2 s")
        self.assertEqual(self.stand.lost, 1)
        self.assertEqual(self.stand.time.getDelayedCalls(), [])

    def test_timeoutAgain(self) -> None:
        """The time of a call on a connection that was there holds too, a quarter of a second more or less."""
        self.successResultOf(self.stand.call())
        self.stand.answer = lambda peer: peer.say(_OK[:20])
        call = self.stand.call(seconds=2.0)
        self.stand.wait(1.8)
        self.assertNoResult(call)
        self.stand.wait(0.4)
        why = self._fails(PeerUnreachable, call)
        self.assertEqual(why, f"the call to {_HANDLE} did not end within 2 s")
        self.assertEqual((self.stand.lost, len(self.stand.peers)), (1, 1))
        self.assertEqual(self.stand.time.getDelayedCalls(), [])
        self.successResultOf(self._answeredBy(_OK))
        self.assertEqual(len(self.stand.peers), 2)

    def test_inTime(self) -> None:
        """A deadline that was kept is none for the call after it, nor for the wait between them."""
        for _ in range(3):
            self.successResultOf(self.stand.call(seconds=1.0))
            self.stand.wait(5.0)
        self.assertEqual((self.stand.lost, len(self.stand.peers)), (0, 1))

    def test_cancelled(self) -> None:
        """A call that is given up ends its connection, on a new one or on one that was there; the line goes on."""
        self.stand = _Stand(CallerLimits(connections=1))
        for isFirst in (True, False):
            if not isFirst:
                self.successResultOf(self._answeredBy(_OK))
            lost = self.stand.lost
            self.stand.answer = lambda peer: None
            call = self.stand.call()
            waits = self.stand.call()
            self.stand.answer = lambda peer: peer.say(_OK)
            call.cancel()
            self.stand.wait(0.1)
            self.failureResultOf(call, CancelledError)
            self.assertEqual(self.successResultOf(waits).status, 200)
            self.assertEqual(self.stand.lost, lost + 1)

    def test_cancelledByTheNext(self) -> None:
        """Whoever fails because a call has ended may cancel that call: it is over, and nothing is ended twice."""
        self.stand = _Stand(CallerLimits(connections=1))
        for isFirst in (True, False):
            if not isFirst:
                self.stand.network.listen(
                    "peer", 8480, Factory.forProtocol(lambda: _Peer(self.stand))
                )
                self.successResultOf(self._answeredBy(_OK))
            self.stand.answer = lambda peer: None
            first = self.stand.call()
            second = self.stand.call()
            failing = second.addErrback(lambda _, call: call.cancel(), first)
            self.stand.network.listen("peer", 8480, _Nobody())
            self.stand.peers[-1].say(_OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            self.stand.wait(0.1)
            self.assertIsNone(self.successResultOf(failing))
            self.failureResultOf(first, CancelledError)
        self.assertEqual(self.stand.time.getDelayedCalls(), [])

    def test_timeoutInLine(self) -> None:
        """A call that waits for its turn times out too, and the line goes on without it."""
        self.stand = _Stand(CallerLimits(connections=1))
        self.stand.answer = lambda peer: None
        first = self.stand.call()
        second = self.stand.call(seconds=1.0)
        third = self.stand.call()
        self.stand.wait(1.0)
        self._fails(PeerUnreachable, second)
        self.stand.answer = lambda peer: peer.say(_OK)
        self.stand.peers[0].say(_OK)
        self.stand.wait(0.1)
        self.assertEqual([self.successResultOf(call).status for call in (first, third)], [200] * 2)
        self.assertEqual(self.stand.asked, 2)

    def test_idle(self) -> None:
        """A connection nobody uses is closed after its time, by a timer that then is gone."""
        self.successResultOf(self.stand.call())
        self.stand.wait(29.0)
        self.successResultOf(self.stand.call())
        self.stand.wait(29.0)
        self.assertEqual((self.stand.lost, len(self.stand.peers)), (0, 1))
        self.stand.wait(2.0)
        self.assertEqual(self.stand.lost, 1)
        self.assertEqual(self.stand.time.getDelayedCalls(), [])
        self.successResultOf(self.stand.call())
        self.assertEqual(len(self.stand.peers), 2)

    def test_idleAtAnAwkwardInstant(self) -> None:
        """Where the clock's digits do not suffice for what is left, the timer waits and does not spin."""
        for step in range(1, 100):
            # Some of these instants come back smaller when the idle time is added and taken away.
            self.stand.time.advance(0.7)
            self.successResultOf(self.stand.call())
            (timer,) = self.stand.time.getDelayedCalls()
            self.stand.time.advance(timer.getTime() - self.stand.time.seconds())
            self.stand.wait(0.2)
            self.assertEqual(self.stand.lost, step)

    # -- loss

    def test_refused(self) -> None:
        """Where nobody listens, the whole line hears it, however long it is."""
        self.stand = _Stand(CallerLimits(connections=1, waiting=2000))
        self.stand.answer = lambda peer: None
        ask = self.stand.caller.call
        calls = [toDeferred(ask(_HANDLE, b"<q/>", "", 10.0)) for _ in range(1500)]
        self.stand.wait(0.1)
        self.stand.network.silence("peer")
        self.stand.wait(0.1)
        for call in calls:
            self._fails(PeerUnreachable, call)
        self.assertIn("no connection to peer:8480", self._fails(PeerUnreachable, self.stand.call()))

    def test_lostWhileIdle(self) -> None:
        """A connection the peer closed meanwhile is not used."""
        self.successResultOf(self.stand.call())
        self.stand.peers[0].transport.loseConnection()
        self.stand.wait(0.1)
        self.successResultOf(self.stand.call())
        self.assertEqual(len(self.stand.peers), 2)
        self.assertEqual(len(self.stand.time.getDelayedCalls()), 1)

    def test_notAnURL(self) -> None:
        """What cannot be called is said before anything is opened."""
        for url in (
            "ftp://peer/a",
            "http:///a",
            "urn:a:b",
            "http://peer/\xe9",
            "http://peer:8480/a b",
            "http://peer:8480/a\r\nX: y",
            "http://peer:8480/a\n",
            "http://peer:8480/a#b",
            "http://peer:0/a",
            "http://peer:65536/a",
            "http://peer:8480x/a",
            "http://user@peer:8480/a",
            "http://elsewhere:8480@peer:8480/a",
            "http://peer:8480\\@elsewhere/a",
            "http://[peer/a",
        ):
            self.assertIn("cannot call", self._fails(PeerUnreachable, self.stand.call(Handle(url))))
        self.assertEqual(self.stand.peers, [])

    def test_targets(self) -> None:
        """Path and query go out as they are; without a path it is the root."""
        for url, target, host in (
            ("http://peer:8480", b"/", b"peer:8480"),
            ("HTTP://Peer:8480?a=b", b"/?a=b", b"Peer:8480"),
            ("http://peer:8480/%20/a;b?c=%0d&d=/?:@", b"/%20/a;b?c=%0d&d=/?:@", b"peer:8480"),
        ):
            self.successResultOf(self.stand.call(Handle(url)))
            head = b"POST %s HTTP/1.1\r\nHost: %s\r\n" % (target, host)
            self.assertTrue(self.stand.peers[0].received.startswith(head), url)
            self.stand.peers[0].received = b""
        self.assertEqual(len(self.stand.peers), 1)

    # -- the end

    def test_closeIdle(self) -> None:
        """Closing ends what is idle at once, and no timer is left."""
        self.successResultOf(self.stand.call())
        self.successResultOf(toDeferred(self.stand.caller.close()))
        self.stand.wait(0.1)
        self.assertEqual(self.stand.lost, 1)
        self.assertEqual(self.stand.time.getDelayedCalls(), [])

    def test_closeRunning(self) -> None:
        """Closing lets running and waiting calls finish, and then nothing is open."""
        self.stand = _Stand(CallerLimits(connections=1))
        self.stand.answer = lambda peer: None
        calls = [self.stand.call() for _ in range(2)]
        self.successResultOf(toDeferred(self.stand.caller.close()))
        self.stand.answer = lambda peer: peer.say(_OK)
        self.stand.peers[0].say(_OK)
        self.stand.wait(0.2)
        self.assertEqual([self.successResultOf(call).status for call in calls], [200, 200])
        self.assertEqual(self.stand.lost, len(self.stand.peers))
        self.assertEqual(self.stand.time.getDelayedCalls(), [])

    def test_poolsGo(self) -> None:
        """A peer that is not called any more leaves nothing behind."""
        names: Sequence[str] = [f"peer{number}" for number in range(50)]
        for name in names:
            self.stand.network.listen(name, 8480, Factory.forProtocol(lambda: _Peer(self.stand)))
            self.successResultOf(self.stand.call(Handle(f"http://{name}:8480/a")))
            self.stand.wait(31.0)
        self.assertEqual(len(self.stand.caller._pools), 1)
