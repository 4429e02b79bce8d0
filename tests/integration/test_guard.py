"""Callers that call what peers supply, over real sockets: nothing that is refused is ever connected to."""

import contextlib
import socket
from collections.abc import Awaitable, Iterator, Sequence
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import attrs
from twisted.internet import ssl
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint, ITransport
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from gma_twisted.errors import GMAError, PeerUnreachable, Refused
from gma_twisted.interfaces import Reply
from gma_twisted.model import (
    Handle,
    NameSelector,
    QName,
    Subscription,
    SubscriptionChanges,
    Topic,
)
from gma_twisted.security import ConnectGuard, PinnedGuard, SinkPins
from gma_twisted.timing import NodeClock, sleep, toDeferred
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.dialing import dialer, guardedDialer
from gma_twisted.transport.guarded import GuardedDialer
from gma_twisted.transport.limits import SINK_LIMITS, DialLimits
from gma_twisted.transport.lookup import Lookup
from tests.corpus.urls import ADDRESSES, FORMS, NAMES
from tests.integration.pages import privateCertificate
from tests.transport.names import FixedNames

_PUBLIC = "193.0.6.139"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Server(Protocol):
    """Counts, and answers the same whatever it is asked."""

    transport: ITransport

    def __init__(self, listener: "_Listener") -> None:
        self._listener = listener

    def connectionMade(self) -> None:
        """Count it."""
        self._listener.connections += 1

    def dataReceived(self, data: bytes) -> None:
        """Answer."""
        self._listener.received += data
        self.transport.write(self._listener.answer)
        self.transport.loseConnection()


@attrs.define(eq=False)
class _Listener:
    """
    Where no connection should come.

    @ivar connections: that came
    @ivar received: bytes of all of them
    """

    answer: bytes = _OK
    connections: int = 0
    received: bytes = b""
    port: int = 0

    def factory(self) -> Factory:
        """Makes the server's side."""
        factory: Factory = Factory.forProtocol(lambda: _Server(self))
        return factory


class GuardedSocketsTests(TestCase):
    """With the resolver of a hostile network, and with the machine's own."""

    timeout = 60

    def setUp(self) -> None:
        """A listener on every loopback address a URL could mean."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.reactor: Any = reactor
        self.clock = NodeClock(IReactorTime(reactor))
        self.inner = _Listener()
        self.listen(self.inner, "127.0.0.1")
        with contextlib.suppress(OSError):
            self.listen(self.inner, "::1")

    def listen(self, listener: _Listener, address: str) -> None:
        """On a free port, the same one for all addresses of a listener."""
        self._keep(
            listener,
            self.reactor.listenTCP(listener.port, listener.factory(), interface=address),
        )

    def _keep(self, listener: _Listener, port: Any) -> None:
        self.addCleanup(port.stopListening)
        listener.port = port.getHost().port

    def dialOf(
        self, guard: ConnectGuard | PinnedGuard, names: FixedNames | None = None
    ) -> GuardedDialer:
        """A dialer with a resolver of the test's."""
        dial = guardedDialer(self.reactor, self.clock, guard)
        return (
            dial
            if names is None
            else attrs.evolve(dial, lookup=Lookup(names, self.clock, DialLimits()))
        )

    def caller(self, dial: GuardedDialer) -> PooledCaller:
        """Calls sinks."""
        caller = PooledCaller(self.clock, dial, SINK_LIMITS)
        self.addCleanup(lambda: toDeferred(caller.close()))
        return caller

    def call(self, caller: PooledCaller, url: str) -> Awaitable[Reply]:
        """Ask for nothing."""
        return caller.call(Handle(url), b"<q/>", "", 5.0)

    def urls(self) -> Iterator[str]:
        """The whole corpus, with the listener's port."""
        for form, _ in FORMS:
            yield form.replace("$PORT", str(self.inner.port))
        for addresses in ADDRESSES.values():
            for address in addresses:
                host = f"[{address}]" if ":" in address else address
                yield f"http://{host}:{self.inner.port}/"
        for name in NAMES:
            yield f"http://{name}:{self.inner.port}/"

    def places(self) -> Iterator[tuple[str, int]]:
        """Host and port of each URL that urllib finds one in."""
        for url in self.urls():
            with contextlib.suppress(ValueError):
                parts = urlsplit(url)
                if parts.hostname:
                    yield parts.hostname, parts.port or self.inner.port

    async def _connects(self, endpoint: IStreamClientEndpoint) -> Exception | None:
        try:
            connection = await endpoint.connect(Factory.forProtocol(Protocol))
        except (GMAError, OSError, ValueError) as error:
            return error
        assert isinstance(connection, Protocol)
        assert connection.transport is not None
        connection.transport.loseConnection()
        return None

    def test_corpus(self) -> "Deferred[None]":
        """No URL of the corpus brings a connection, by the caller's reading of it or by that of urllib."""
        everywhere = [one for addresses in NAMES.values() for one in addresses]
        names = FixedNames(lambda name: NAMES.get(name, everywhere[:8]))

        async def scenario() -> None:
            dial = self.dialOf(ConnectGuard([_PUBLIC]), names)
            caller = self.caller(dial)
            count = 0
            for url in self.urls():
                with contextlib.suppress(Refused, PeerUnreachable):
                    await self.call(caller, url)
                    self.fail(f"{url!r} was answered")
                count += 1
            for host, port in self.places():
                error = await self._connects(dial(host, port, False))
                self.assertIsInstance(error, (Refused, PeerUnreachable), host)
                count += 1
            await sleep(self.clock, 0.05)
            self.assertEqual(self.inner.connections, 0)
            self.assertGreater(count, 200)

        return toDeferred(scenario())

    def test_corpusBites(self) -> "Deferred[None]":
        """Without a guard the same hosts do reach the listener."""

        async def scenario() -> None:
            for host, port in sorted(set(self.places())):
                if port == self.inner.port and _isHere(host):
                    await self._connects(dialer(self.reactor)(host, port, False))
            await sleep(self.clock, 0.05)
            self.assertGreater(self.inner.connections, 15)

        return toDeferred(scenario())

    def test_reboundSink(self) -> "Deferred[None]":
        """A sink's name that leads elsewhere than to its subscriber brings no connection, whatever else is allowed."""
        pins = SinkPins()
        topic = Topic((NameSelector(QName("urn:a", "b")),))
        url = f"http://sink.example.org:{self.inner.port}/"
        row = Subscription("a", topic, Handle(url), "x", 0.0, 9.0, peer="193.0.6.1")
        pins.changed(SubscriptionChanges(begun=[row]))
        guard = PinnedGuard(ConnectGuard(["127.0.0.1"]), pins)

        async def scenario() -> None:
            dial = self.dialOf(guard, FixedNames(lambda name: ["127.0.0.1"]))
            with self.assertRaises(Refused):
                await self.call(self.caller(dial), url)
            self.assertEqual(self.inner.connections, 0)
            pins.changed(SubscriptionChanges(ended=[row]))
            await self.call(self.caller(dial), url)
            self.assertEqual(self.inner.connections, 1)

        return toDeferred(scenario())

    def test_machinesNames(self) -> "Deferred[None]":
        """What the machine's own resolver says of localhost is judged."""

        async def scenario() -> None:
            caller = self.caller(self.dialOf(ConnectGuard([_PUBLIC])))
            with self.assertRaises(Refused):
                await self.call(caller, f"http://localhost:{self.inner.port}/")
            self.assertEqual(self.inner.connections, 0)
            near = self.caller(self.dialOf(ConnectGuard(["127.0.0.1"])))
            reply = await self.call(near, f"http://localhost:{self.inner.port}/")
            self.assertEqual((reply.status, self.inner.connections), (200, 1))

        return toDeferred(scenario())

    def test_rebinding(self) -> "Deferred[None]":
        """A name that was harmless when it was judged first is judged again when it is dialled again."""
        outer = _Listener(port=self.inner.port)
        self.listen(outer, "127.0.0.2")
        answers: list[Sequence[str]] = [["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1", "127.0.0.2"]]
        names = FixedNames(lambda name: answers.pop(0))
        guard = ConnectGuard([_PUBLIC], [ip_network("127.0.0.2")])

        async def scenario() -> None:
            caller = self.caller(self.dialOf(guard, names))
            url = f"http://sink.example:{outer.port}/"
            self.assertEqual((await self.call(caller, url)).status, 200)
            with self.assertRaises(Refused):
                await self.call(caller, url)
            self.assertEqual((await self.call(caller, url)).status, 200)
            self.assertEqual((outer.connections, self.inner.connections), (2, 0))

        return toDeferred(scenario())

    def test_redirect(self) -> "Deferred[None]":
        """A redirect is an answer: nobody goes there, even where the guard would let him."""

        async def scenario() -> None:
            for status in (301, 302, 303, 307, 308):
                target = f"http://127.0.0.1:{self.inner.port}/".encode()
                outer = _Listener(
                    b"HTTP/1.1 %d Go\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
                    % (status, target)
                )
                self.listen(outer, "127.0.0.1")
                caller = self.caller(self.dialOf(ConnectGuard(["127.0.0.1"])))
                reply = await self.call(caller, f"http://127.0.0.1:{outer.port}/")
                self.assertEqual((reply.status, outer.connections), (status, 1))
            await sleep(self.clock, 0.05)
            self.assertEqual(self.inner.connections, 0)

        return toDeferred(scenario())

    def test_certificate(self) -> "Deferred[None]":
        """TLS wants a certificate of the name; without it the peer reads nothing of the request."""
        secure = _Listener()
        options = privateCertificate().options()
        self._keep(
            secure,
            self.reactor.listenSSL(0, secure.factory(), options, interface="127.0.0.1"),
        )
        trust = ssl.trustRootFromCertificates([privateCertificate()])
        dial = attrs.evolve(
            self.dialOf(ConnectGuard(["127.0.0.1"]), FixedNames(lambda name: ["127.0.0.1"])),
            options=lambda host, port: ssl.optionsForClientTLS(host, trustRoot=trust),
        )

        async def scenario() -> None:
            caller = self.caller(dial)
            for host in ("other.example", "127.0.0.1"):
                with self.assertRaises(PeerUnreachable):
                    await self.call(caller, f"https://{host}:{secure.port}/")
            self.assertEqual(secure.received, b"")
            reply = await self.call(caller, f"https://localhost:{secure.port}/")
            self.assertEqual(reply.status, 200)
            self.assertIn(b"POST / HTTP/1.1\r\nHost: localhost", secure.received)

        return toDeferred(scenario())


def _isHere(host: str) -> bool:
    """Whether the system takes a host for an address of this machine, without asking any name server."""
    with contextlib.suppress(OSError, UnicodeError, ValueError):
        found = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return str(found[0][4][0]) in ("127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1")
    return False
