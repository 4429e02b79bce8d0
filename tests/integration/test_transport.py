"""The transport on real sockets: the contract over TCP and TLS, the direct way of sending, and every reactor."""

import functools
import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from twisted.internet import ssl
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    SSL4ServerEndpoint,
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    wrapClientTLS,
)
from twisted.internet.interfaces import (
    IListeningPort,
    IReactorTCP,
    IReactorTime,
    IStreamClientEndpoint,
    IStreamServerEndpoint,
    ITransport,
)
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from gma_twisted.interfaces import ICaller
from gma_twisted.testing import TransportContract
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport import GateFactory
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.limits import CallerLimits
from gma_twisted.transport.sending import DirectSender, Sender, senderFor
from tests.integration.pages import privateCertificate

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN = 30.0
_HERE = "127.0.0.1"


class TCPTransportTests(TransportContract, TestCase):
    """The contract over TCP."""

    timeout = 20
    isTLS = False

    def makeClock(self) -> NodeClock:
        """The reactor's."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.reactor: Any = reactor
        return NodeClock(IReactorTime(reactor))

    async def listen(self, factory: GateFactory) -> str:
        """On a free port."""
        endpoint: IStreamServerEndpoint = TCP4ServerEndpoint(self.reactor, 0, interface=_HERE)
        if self.isTLS:
            options = privateCertificate().options()
            endpoint = SSL4ServerEndpoint(self.reactor, 0, options, interface=_HERE)
        port = await endpoint.listen(factory)
        self.addCleanup(lambda: toDeferred(self._stop(port, factory)))
        number = port.getHost().port  # type: ignore[attr-defined]
        return f"{'https' if self.isTLS else 'http'}://{_HERE}:{number}"

    def test_noDelay(self) -> "Deferred[None]":
        """Neither side's small writes wait for an acknowledgement: over TLS that cost 40 ms an answer."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            await caller.call(handle, b"<q/>", "urn:a#op", 5.0)
            assert isinstance(caller, PooledCaller)
            (pool,) = caller._pools.values()
            (mine,) = pool._idle
            (gate,) = self.factory.listener.gates
            for transport in (mine.transport, gate.transport):
                self.assertTrue(transport.getTcpNoDelay())  # type: ignore[union-attr]

        return self.play(scenario())

    async def _stop(self, port: IListeningPort, factory: GateFactory) -> None:
        stopped = port.stopListening()
        if stopped is not None:
            await stopped
        for gate in list(factory.listener.gates):
            gate.transport.abortConnection()
        while factory.listener.gates:
            await self.turn()

    def makeCaller(self, limits: CallerLimits) -> ICaller:
        """To it."""
        return PooledCaller(self.clock, self._connect, limits)

    def _connect(self, host: str, port: int, isTLS: bool) -> IStreamClientEndpoint:
        endpoint: IStreamClientEndpoint = TCP4ClientEndpoint(self.reactor, host, port)
        if isTLS:
            trust = ssl.trustRootFromCertificates([privateCertificate()])
            options = ssl.optionsForClientTLS("localhost", trustRoot=trust)
            endpoint = wrapClientTLS(options, endpoint)
        return endpoint


class TLSTransportTests(TCPTransportTests):
    """The contract over TLS."""

    isTLS = True


class _Sending(Protocol):
    """A server that hands its sender to the test."""

    transport: ITransport

    def __init__(self, test: "DirectSenderTests") -> None:
        self._test = test
        self.told: list[str] = []

    def connectionMade(self) -> None:
        """A small send buffer, so that the socket takes parts only."""
        handle = self.transport.getHandle()  # type: ignore[attr-defined]
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        self.sender: Sender = senderFor(self.transport, self)
        self._test.made.callback(self)

    def connectionLost(self, reason: object = None) -> None:
        """Over."""
        self._test.over.callback(None)

    def choke(self) -> None:
        """Note it."""
        self.told.append("choke")

    def flow(self) -> None:
        """Note it; go on if the test says so."""
        self.told.append("flow")
        self._test.flowed(self)


class DirectSenderTests(TestCase):
    """Sending on the socket itself, against a reader with a small buffer."""

    timeout = 20

    def setUp(self) -> "Deferred[None]":  # type: ignore[override]
        """A connection."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.made: Deferred[_Sending] = Deferred()
        self.over: Deferred[None] = Deferred()
        self.left: list[bytes] = []
        factory = Factory.forProtocol(lambda: _Sending(self))
        listen: Any = IReactorTCP(reactor).listenTCP
        port: IListeningPort = listen(0, factory, interface=_HERE)
        self.addCleanup(port.stopListening)
        self.client = socket.socket()
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.client.settimeout(10.0)
        self.addCleanup(self.client.close)
        self.client.connect((_HERE, port.getHost().port))  # type: ignore[attr-defined]
        return toDeferred(self._connected())

    async def _connected(self) -> None:
        self.server = await self.made
        self.assertIsInstance(self.server.sender, DirectSender)

    def flowed(self, server: _Sending) -> None:
        """Write what is left."""
        while self.left and server.told[-1] == "flow":
            server.sender.write(self.left.pop(0))

    def _read(self) -> bytes:
        found = []
        while data := self.client.recv(65_536):
            found.append(data)
        return b"".join(found)

    def test_order(self) -> "Deferred[None]":
        """Pieces of all sizes arrive whole and in order, whether the socket took them, a part, or nothing."""
        pieces = [bytes([number % 251]) * (1 + number * number * 7) for number in range(150)]
        expected = b"".join(pieces)

        async def scenario() -> None:
            reading = deferToThread(self._read)
            self.left = pieces[100:]
            for piece in pieces[:100]:
                self.server.sender.write(piece)
            self.assertEqual(self.server.told, ["choke"])
            while self.left:
                await self._turn()
            self.server.sender.release()
            self.server.transport.loseConnection()
            found = await reading
            self.assertEqual(len(found), len(expected))
            self.assertTrue(found == expected)
            await self.over

        return toDeferred(scenario())

    def test_atOnce(self) -> "Deferred[None]":
        """What fits the socket is there before the reactor turns, and nothing is choked."""
        self.server.sender.write(b"now")
        self.assertEqual(self.client.recv(10), b"now")
        self.server.sender.write(b"and now")
        self.assertEqual(self.client.recv(10), b"and now")
        self.assertEqual(self.server.told, [])
        self.client.close()
        return self.over

    def test_halfClose(self) -> "Deferred[None]":
        """After hanging up everything arrives, then the end; the other way stays open until the client closes."""

        async def scenario() -> None:
            reading = deferToThread(self._read)
            self.server.sender.write(b"x" * 300_000)
            self.server.sender.release()
            self.server.sender.hangUp()
            self.assertEqual(len(await reading), 300_000)
            self.client.sendall(b"still here")
            self.assertFalse(self.over.called)
            self.client.close()
            await self.over

        return toDeferred(scenario())

    def test_reset(self) -> "Deferred[None]":
        """Writing to a client that is gone ends the connection the usual way."""
        linger = b"\1\0\0\0\0\0\0\0"
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.client.close()
        for _ in range(3):
            self.server.sender.write(b"x" * 100_000)
        return self.over

    def _turn(self) -> Awaitable[None]:
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        turned: Deferred[None] = Deferred()
        IReactorTime(reactor).callLater(0.01, turned.callback, None)
        return turned


@functools.cache
def probe(reactor: str) -> dict[str, object]:
    """What clients saw of a Gate on a reactor."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.gateprobe", reactor],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=ENDS_WITHIN,
        check=False,
    )
    lines = done.stdout.splitlines()
    if not lines:
        raise AssertionError(done.stderr.decode()[-2000:])
    seen: dict[str, object] = dict(json.loads(lines[-1]))
    return seen


class EpollGateTests(SynchronousTestCase):
    """The Gate on Twisted's epoll reactor, in a program of its own."""

    reactor = "epoll"
    # They share a probe.
    isDealtWhole = True
    endpoint = "TCP4ServerEndpoint"

    def setUp(self) -> None:
        """The fast extra may be missing."""
        if self.reactor == "uvloop" and importlib.util.find_spec("uvloop") is None:
            raise SkipTest("uvloop is not installed")
        self.seen = probe(self.reactor)

    def test_endpoint(self) -> None:
        """It listens in this reactor's way."""
        self.assertEqual(self.seen["endpoint"], self.endpoint)

    def test_order(self) -> None:
        """Pipelined requests, small, big and late, are answered whole and in order."""
        sizes = (10, 3_000_000, 20, 30, 40)
        self.assertEqual(self.seen["ordered"], [[200, size, True] for size in sizes])

    def test_slices(self) -> None:
        """Big answers to a slow reader are whole."""
        self.assertEqual(self.seen["slices"], 6 * 200_000 + 15)

    def test_refused(self) -> None:
        """A client that still sends a big body reads the 413 and its fault."""
        self.assertEqual(self.seen["refused"], [413, True, True, True])

    def test_closes(self) -> None:
        """After Connection: close comes the whole answer, then the end."""
        self.assertEqual(self.seen["closes"], [200, 1_000_000, True])

    def test_page(self) -> None:
        """A pull producer's page."""
        self.assertEqual(self.seen["page"], [200, len("slow answer")])

    def test_tooSlow(self) -> None:
        """A reader that takes nothing is dropped."""
        self.assertEqual(self.seen["tooSlow"], 0)

    def test_vanishes(self) -> None:
        """Clients that go in the middle of anything harm nobody, and nothing is left of any."""
        self.assertEqual((self.seen["vanishes"], self.seen["left"]), (200, 0))


class AsyncioGateTests(EpollGateTests):
    """On Twisted's asyncio reactor."""

    reactor = "asyncio"


class UvloopGateTests(EpollGateTests):
    """On a uvloop itself."""

    reactor = "uvloop"
    endpoint = "NativeEndpoint"
