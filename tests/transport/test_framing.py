"""Bytes to requests: the same whatever the pieces, and never more kept than the bounds say."""

import itertools
import tracemalloc
from collections.abc import Callable, Iterator

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport import DEFAULT_GATE_LIMITS, GateLimits
from gma_twisted.transport.framing import Framer
from gma_twisted.transport.refusal import Refusal
from tests.transport.stand import get, post

_CHUNKED = b"POST /services/echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
_Seen = tuple[bytes, bytes, bytes, bytes]


def chunked(parts: list[bytes], trailer: bytes = b"") -> bytes:
    """A request in chunks."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part)
    return _CHUNKED + chunks + b"0\r\n" + trailer + b"\r\n"


def taken(framer: Framer) -> list[_Seen]:
    """Every whole request that is there."""
    found = []
    while (message := framer.next()) is not None:
        found.append((message.head.method, message.head.target, message.body, message.raw))
    return found


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    """The pieces between some places."""
    edges = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return (data[one:other] for one, other in itertools.pairwise(edges))


_BODIES = st.binary(max_size=40)
_REQUESTS = st.one_of(
    _BODIES.map(post),
    st.lists(_BODIES, max_size=4).map(chunked),
    st.lists(_BODIES, max_size=3).map(lambda parts: chunked(parts, b"X-Sum: 1\r\n")),
    st.sampled_from(
        [
            get("/"),
            get("/page?x=1", method="HEAD"),
            get("/old", version="HTTP/1.0"),
            b"\r\n\r\n" + get("/after/lines"),
        ]
    ),
)


class SplitTests(SynchronousTestCase):
    """The cut of the stream into pieces means nothing."""

    @given(st.lists(_REQUESTS, min_size=1, max_size=5), st.lists(st.integers(0, 2000), max_size=30))
    def test_anySplit(self, requests: list[bytes], places: list[int]) -> None:
        """A pipeline in any pieces gives the requests that each of them gives alone."""
        alone: list[_Seen] = []
        for request in requests:
            framer = Framer(DEFAULT_GATE_LIMITS)
            framer.receive(request)
            alone += taken(framer)
        self.assertEqual(len(alone), len(requests))
        framer = Framer(DEFAULT_GATE_LIMITS)
        found: list[_Seen] = []
        for piece in cut(b"".join(requests), places):
            framer.receive(piece)
            found += taken(framer)
        self.assertEqual(found, alone)
        self.assertTrue(framer.isIdle)
        self.assertEqual(framer.kept, 0)

    @given(st.lists(_BODIES, max_size=6))
    def test_chunks(self, parts: list[bytes]) -> None:
        """A chunked body is its chunks, joined; trailers are not part of it."""
        framer = Framer(DEFAULT_GATE_LIMITS)
        framer.receive(chunked(parts, b"Host: other\r\n"))
        (seen,) = taken(framer)
        self.assertEqual(seen[2], b"".join(parts))

    def test_trailersStayOut(self) -> None:
        """A trailer never becomes a field of the head."""
        framer = Framer(DEFAULT_GATE_LIMITS)
        framer.receive(chunked([b"a"], b"Authorization: Basic eA==\r\n"))
        message = framer.next()
        assert message is not None
        self.assertIsNone(message.head.authorization)
        self.assertNotIn(b"Authorization", dict(message.head.fields))

    def test_bodyBytes(self) -> None:
        """What has arrived of a body is counted, and between requests nothing is."""
        framer = Framer(DEFAULT_GATE_LIMITS)
        framer.receive(post(b"abcdef")[:-2])
        self.assertIsNone(framer.next())
        self.assertEqual(framer.bodyBytes, 4)
        self.assertFalse(framer.isIdle)
        framer.receive(b"ef")
        self.assertIsNotNone(framer.next())
        self.assertEqual(framer.bodyBytes, 0)

    def test_emptyLinesAreNotIdle(self) -> None:
        """An empty line before a request begins it: it does not buy the patience for idle connections."""
        framer = Framer(DEFAULT_GATE_LIMITS)
        framer.receive(b"\r\n")
        self.assertIsNone(framer.next())
        self.assertFalse(framer.isIdle)

    def test_siteOnly(self) -> None:
        """Without services, a POST below their path belongs to the Site."""
        framer = Framer(DEFAULT_GATE_LIMITS, hasServices=False)
        framer.receive(post(b"<a/>"))
        message = framer.next()
        assert message is not None
        self.assertTrue(message.head.isWeb)


def endless(first: bytes, piece: bytes) -> Callable[[], Iterator[bytes]]:
    """A stream that never ends."""

    def stream() -> Iterator[bytes]:
        yield first
        while True:
            yield piece

    return stream


class BoundTests(SynchronousTestCase):
    """Whatever is sent, little is kept."""

    limits = GateLimits(head=2000, target=500, body=5000, chunkLine=100)

    def _refusedAfter(self, stream: Iterator[bytes], most: int) -> Refusal:
        framer = Framer(self.limits)
        fed = 0
        for piece in stream:
            framer.receive(piece)
            fed += len(piece)
            try:
                while framer.next() is not None:
                    pass
            except Refusal as refusal:
                return refusal
            self.assertLessEqual(fed, most)
        raise self.failureException("nothing was refused")

    def test_endless(self) -> None:
        """What never ends is refused once its bound is passed, with the status of that bound."""
        head = b"GET / HTTP/1.1\r\n"
        cases = [
            ("a target", endless(b"GET /", b"a" * 10), 414, 600),
            ("a method", endless(b"", b"G" * 10), 414, 600),
            ("a field", endless(head + b"X: ", b"a" * 10), 431, 2000),
            ("fields", endless(head, b"X: 1\r\n"), 431, 2000),
            ("empty lines", endless(b"", b"\r\n"), 400, 20),
            ("the size of a chunk", endless(_CHUNKED, b"0" * 10), 400, 300),
            ("an extension of a chunk", endless(_CHUNKED + b"1;a=", b"b" * 10), 400, 300),
            ("trailers", endless(_CHUNKED + b"0\r\n", b"X: 1\r\n"), 400, 300),
            ("small chunks", endless(_CHUNKED, b"1\r\na\r\n"), 413, 5000 * 6 + 200),
        ]
        for what, stream, status, most in cases:
            refusal = self._refusedAfter(stream(), most)
            self.assertEqual(refusal.status, status, what)

    def test_announced(self) -> None:
        """A length or a chunk above the cap is refused before its bytes come."""
        long = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5001\r\n\r\n"
        for stream in ([long], [_CHUNKED + b"1389\r\n"], [_CHUNKED + b"ffffffffffffffff\r\n"]):
            self.assertEqual(self._refusedAfter(iter(stream), 0).status, 413)

    def test_capIsReached(self) -> None:
        """A body of exactly the cap passes."""
        framer = Framer(self.limits)
        framer.receive(post(b"a" * 5000) + chunked([b"b" * 5000]))
        self.assertEqual([len(seen[2]) for seen in taken(framer)], [5000, 5000])

    def test_smallChunksWeighNoMore(self) -> None:
        """A body in chunks of two bytes takes memory like its bytes, not like its chunks."""
        framer = Framer(DEFAULT_GATE_LIMITS)
        framer.receive(_CHUNKED)
        self.assertIsNone(framer.next())
        piece = b"2\r\nab\r\n" * 1000
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for _ in range(60):
            framer.receive(piece)
            self.assertIsNone(framer.next())
        self.assertLess(tracemalloc.get_traced_memory()[0], 4 * 2 * 60_000)

    def test_firstByteDecides(self) -> None:
        """What cannot become a request is refused with its first line or byte, not at the deadline."""
        for start in (b"\x16\x03\x01", b"GET\r\n", b"GET /\r\n", b"GET / HTTP/1.1\n"):
            framer = Framer(DEFAULT_GATE_LIMITS)
            framer.receive(start)
            self.assertEqual(self.assertRaises(Refusal, framer.next).status, 400, start)

    def test_statuses(self) -> None:
        """Other protocols' versions and other methods have their own status."""
        for line, status in (
            (b"GET / HTTP/2.0\r\n", 505),
            (b"GET / HTTP/0.9\r\n", 505),
            (b"OPTIONS / RTSP/1.0\r\n", 505),
            (b"TRACE / HTTP/1.1\r\n", 405),
            (b"get / HTTP/1.1\r\n", 405),
        ):
            framer = Framer(DEFAULT_GATE_LIMITS)
            framer.receive(line)
            self.assertEqual(self.assertRaises(Refusal, framer.next).status, status, line)
