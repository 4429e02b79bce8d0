"""Slow clients of any shape are cut off at an absolute deadline, which the bytes they drip do not move.

Deadlines are short here and the sockets real. That none comes late is told by how often the client looked, and not by
seconds: where the machine stands still the client looks at nothing.
"""

import itertools
import ssl
import time
from collections.abc import Callable, Iterator

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from gma_twisted.timing import toDeferred
from gma_twisted.transport import GateLimits
from tests.corpus.case import SOAP
from tests.corpus.shorthand import GOOD
from tests.integration.gateserver import GateServer
from tests.integration.pages import clientContext
from tests.integration.rawclient import RawConnection, WrongAnswer

__all__ = ["DripTLSTests", "DripTests", "HandshakeTests"]

_DEADLINE = 0.4
_LATE = 1.1
"""One tick of the wheel, and what a server that is busy with the test itself may add."""
_LONGEST = 15.0
_LOOK = 0.05

_LIMITS = GateLimits(
    headSeconds=_DEADLINE,
    bodySeconds=_DEADLINE,
    bodyRate=500.0,
    idleSeconds=_DEADLINE,
    writeSeconds=_DEADLINE,
    lingerSeconds=_DEADLINE,
)
_HEAD = b"POST /echo HTTP/1.1\r\nHost: gate\r\n"
_LONG = _HEAD + b"X-Slow: " + b"a" * 400
_ANNOUNCED = _HEAD + b"Content-Length: 1000000\r\n\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_GOOD = SOAP.render(GOOD)


def _bytes(raw: bytes) -> Iterator[bytes]:
    return (raw[at : at + 1] for at in range(len(raw)))


@attrs.frozen
class _Took:
    """
    What passed until the server closed.

    @ivar seconds: on the clock, at most L{_LONGEST}
    @ivar looked: seconds that the client meant to pass between its looks
    """

    seconds: float
    looked: float


@attrs.frozen
class _Dripper:
    """A blocking client of one server, for a thread."""

    port: int
    context: ssl.SSLContext | None

    def connect(self) -> RawConnection:
        """A connection; for TLS the handshake is done."""
        return RawConnection(self.port, self.context, 5.0)

    def drip(
        self, connection: RawConnection, pieces: Iterator[bytes], pause: float = 0.03
    ) -> _Took:
        """Send a piece each C{pause} until the server closes."""
        began = time.monotonic()
        looks = 0
        while not connection.isEnded and time.monotonic() - began < _LONGEST:
            piece = next(pieces, b"")
            if piece:
                connection.send(piece)
            connection.wait(pause)
            looks += 1
        return _Took(time.monotonic() - began, looks * pause)

    def dripFrom(self, first: bytes, pieces: Iterator[bytes], pause: float = 0.03) -> _Took:
        """The same on a new connection, behind C{first}."""
        with self.connect() as connection:
            if first:
                connection.send(first)
            return self.drip(connection, pieces, pause)


class DripTests(TestCase):
    """Drips over TCP."""

    timeout = 60
    isTLS = False

    def setUp(self) -> None:
        """A server with short deadlines."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.server = GateServer(reactor, self.isTLS, _LIMITS)
        self.successResultOf(toDeferred(self.server.start()))
        self.addCleanup(lambda: toDeferred(self.server.stop()))

    def _dripper(self) -> _Dripper:
        return _Dripper(self.server.port, clientContext() if self.isTLS else None)

    def _takes(
        self,
        call: Callable[..., _Took],
        *arguments: object,
        least: float = _DEADLINE - 0.1,
    ) -> "Deferred[None]":
        done = deferToThread(call, *arguments)

        def judge(took: _Took) -> None:
            self.assertGreaterEqual(took.seconds, least)
            self.assertLess(took.seconds, _LONGEST, "it was not closed")
            self.assertLess(took.looked, least + 0.1 + _LATE)

        return done.addCallback(judge)

    def test_nothing(self) -> "Deferred[None]":
        """A connection that says nothing ends at the head's deadline."""
        return self._takes(self._dripper().dripFrom, b"", iter(()))

    def test_head(self) -> "Deferred[None]":
        """A head byte by byte ends at its deadline."""
        return self._takes(self._dripper().dripFrom, b"", _bytes(_LONG))

    def test_secondHead(self) -> "Deferred[None]":
        """So does the head of a later request."""

        def run(dripper: _Dripper) -> _Took:
            with dripper.connect() as connection:
                connection.send(_GOOD)
                self.assertEqual(connection.read().status, 200)
                return dripper.drip(connection, _bytes(_LONG))

        return self._takes(run, self._dripper())

    def test_emptyLines(self) -> "Deferred[None]":
        """Empty lines before a request buy no time."""
        lines = itertools.repeat(b"\r\n", 8)
        return self._takes(self._dripper().dripFrom, b"", lines, 0.3)

    def test_idle(self) -> "Deferred[None]":
        """A connection that asks nothing more ends at the idle deadline."""

        def run(dripper: _Dripper) -> _Took:
            with dripper.connect() as connection:
                connection.send(_GOOD)
                self.assertEqual(connection.read().status, 200)
                return dripper.drip(connection, iter(()))

        return self._takes(run, self._dripper())

    def test_body(self) -> "Deferred[None]":
        """A body byte by byte ends at its deadline, whatever length was announced."""
        return self._takes(self._dripper().dripFrom, _ANNOUNCED, itertools.repeat(b"a"))

    def test_bodyBelowTheRate(self) -> "Deferred[None]":
        """Each byte of a body buys the time the rate gives it, and no more: half the rate, twice the time."""
        pieces = itertools.repeat(b"a" * 10)
        least = 1.6 * _DEADLINE
        return self._takes(self._dripper().dripFrom, _ANNOUNCED, pieces, 0.04, least=least)

    def test_chunks(self) -> "Deferred[None]":
        """Tiny chunks end at the body's deadline."""
        return self._takes(
            self._dripper().dripFrom, _CHUNKED, itertools.repeat(b"1\r\na\r\n"), 0.05
        )

    def test_chunkSize(self) -> "Deferred[None]":
        """A chunk's size line byte by byte ends at the body's deadline."""
        return self._takes(self._dripper().dripFrom, _CHUNKED, _bytes(b"5;name=" + b"a" * 400))

    def test_trailers(self) -> "Deferred[None]":
        """Trailers byte by byte end at the body's deadline."""
        return self._takes(
            self._dripper().dripFrom, _CHUNKED + b"0\r\n", _bytes(b"X-Sum: " + b"a" * 400)
        )

    def test_continue(self) -> "Deferred[None]":
        """A client that asks for 100 Continue and then sends nothing ends at the body's deadline."""
        head = _HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        return self._takes(self._dripper().dripFrom, head, iter(()))

    def test_afterRefusal(self) -> "Deferred[None]":
        """A client that goes on sending after a refusal does not hold the connection."""

        def run(dripper: _Dripper) -> _Took:
            return dripper.dripFrom(b"GET /echo HTTP/1.1\r\n\r\n", itertools.repeat(b"a"))

        return self._takes(run, self._dripper(), least=0.0)

    def test_readsNothing(self) -> "Deferred[None]":
        """A client that does not read a big answer ends at the deadline of a slice."""
        return self._takes(self._hoard, self._dripper(), b"GET /big HTTP/1.1\r\nHost: gate\r\n\r\n")

    def test_readsSlowly(self) -> "Deferred[None]":
        """A client that reads a big answer too slowly ends at the deadline of a slice."""
        request = b"GET /big HTTP/1.1\r\nHost: gate\r\n\r\n"
        return self._takes(self._hoard, self._dripper(), request, 1, 500)

    def test_asksAndReadsNothing(self) -> "Deferred[None]":
        """A client that asks on and on and reads no answer ends too."""
        asked = self.server.asked
        done = self._takes(self._hoard, self._dripper(), _GOOD * 400, 200)
        return done.addCallback(lambda _: self.assertGreater(self.server.asked, asked))

    def _hoard(
        self, dripper: _Dripper, request: bytes, times: int = 1, readsEach: int = 0
    ) -> _Took:
        """
        Ask, read C{readsEach} bytes each 50 ms.

        @return: what passed until the server has dropped the connection. It counts from the last operation it took up:
            before, it was at work, for as long as the machine needs for all that its kernel took
        """
        server = self.server
        gates = server.factory.listener.gates
        with dripper.connect() as connection:
            began = time.monotonic()
            connection.sendBlindly(request, times, 0.15)
            while not gates and time.monotonic() - began < _LONGEST:
                time.sleep(0.001)
            asked, looks = server.asked, 0
            while gates and time.monotonic() - began < _LONGEST:
                time.sleep(_LOOK)
                looks += 1
                if server.asked != asked:
                    asked, began, looks = server.asked, time.monotonic(), 0
                if readsEach:
                    connection.peel(readsEach)
            return _Took(time.monotonic() - began, looks * _LOOK)

    def test_manyAtOnce(self) -> "Deferred[None]":
        """While 100 clients drip, a good request is answered at once, and they all end in time."""

        def run(dripper: _Dripper) -> _Took:
            connections = [dripper.connect() for _ in range(100)]
            heads = [_bytes(_LONG) for _ in connections]
            began = time.monotonic()
            slowest = 0.0
            while not all(each.isEnded for each in connections):
                if time.monotonic() - began > _LONGEST:
                    raise WrongAnswer(f"some are still open after {_LONGEST:g} s")
                for each, head in zip(connections, heads, strict=True):
                    if not each.isEnded:
                        each.send(next(head, b"a"))
                        each.wait(0)
                time.sleep(0.01)
                # What it costs is this process's: the server is in it.
                used = time.process_time()
                with dripper.connect() as canary:
                    canary.send(_GOOD)
                    self.assertEqual(canary.read().status, 200)
                slowest = max(slowest, time.process_time() - used)
            self.assertLess(slowest, 0.3)
            for each in connections:
                each.close()
            return _Took(time.monotonic() - began, 0.0)

        return self._takes(run, self._dripper(), least=0.0)

    def test_slowButInTime(self) -> "Deferred[None]":
        """A client that is slow and in time is answered: head and body each within their own deadline."""

        def run(dripper: _Dripper) -> int:
            with dripper.connect() as connection:
                for piece in (_HEAD, b"Content-Length: 5\r\n\r\n", b"he", b"llo"):
                    time.sleep(0.15)
                    connection.send(piece)
                return connection.read().status

        return deferToThread(run, self._dripper()).addCallback(self.assertEqual, 200)


class DripTLSTests(DripTests):
    """Drips inside TLS."""

    isTLS = True


class HandshakeTests(TestCase):
    """Slow TLS handshakes."""

    timeout = 20

    def setUp(self) -> None:
        """A TLS server with short deadlines."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.server = GateServer(reactor, True, _LIMITS)
        self.successResultOf(toDeferred(self.server.start()))
        self.addCleanup(lambda: toDeferred(self.server.stop()))

    def _check(self, pieces: Iterator[bytes]) -> "Deferred[None]":
        dripper = _Dripper(self.server.port, None)

        def judge(took: _Took) -> None:
            self.assertGreaterEqual(took.seconds, _DEADLINE - 0.1)
            self.assertLess(took.seconds, _LONGEST, "it was not closed")
            self.assertLess(took.looked, _DEADLINE + _LATE)

        return deferToThread(dripper.dripFrom, b"", pieces).addCallback(judge)

    def test_stalls(self) -> "Deferred[None]":
        """A handshake that never begins ends at the head's deadline."""
        return self._check(iter(()))

    def test_drips(self) -> "Deferred[None]":
        """A handshake byte by byte ends at the head's deadline."""
        outgoing = ssl.MemoryBIO()
        hello = clientContext().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        self.assertRaises(ssl.SSLWantReadError, hello.do_handshake)
        return self._check(_bytes(outgoing.read()))
