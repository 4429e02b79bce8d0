"""What providers read over sockets from servers that are not as they should be."""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime, ITransport
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from gma_twisted.errors import (
    GMAError,
    PeerBusy,
    PeerError,
    PeerFault,
    PeerUnreachable,
    ProviderFailed,
    TooLarge,
)
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.processes import ProviderRuntime
from gma_twisted.providers.ganglia import GangliaProvider
from gma_twisted.providers.prometheus import PrometheusScrapeProvider
from gma_twisted.timing import NodeClock
from gma_twisted.timing.bridge import sleep
from gma_twisted.transport.dialing import dialer
from gma_twisted.transport.fetching import Fetcher
from tests.nodes.plans import NoPrograms

_SHORT = 0.5
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


class _Server(Protocol):
    """Does as its factory says, and counts."""

    transport: ITransport
    factory: "_Servers"
    _timer: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """Count it."""
        self.factory.open += 1
        if not self.factory.isAsked:
            self.factory.act(self)

    def dataReceived(self, data: bytes) -> None:
        """A request."""
        if self.factory.isAsked:
            self.factory.act(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Count it."""
        self.factory.open -= 1
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def say(self, data: bytes) -> None:
        """Say it, and no more."""
        self.transport.write(data)
        self.transport.loseConnection()

    def pour(self, first: bytes = b"") -> None:
        """Say more and more, as fast as it is read."""
        self.transport.write(first + b"x" * 65536)
        self._timer = self.factory.later(0.0, self.pour)

    def drip(self, first: bytes = b"") -> None:
        """Say a byte now and then."""
        self.transport.write(first + b" ")
        self._timer = self.factory.later(0.05, self.drip)

    def breakOff(self, data: bytes) -> None:
        """Say something, and break the connection when it has left."""
        self.transport.write(data)
        abort = self.transport.abortConnection  # type: ignore[attr-defined]
        self._timer = self.factory.later(0.1, abort)


class _Servers(ServerFactory[_Server]):
    """
    Of one port.

    @ivar act: what each connection does
    @ivar isAsked: whether it waits for a request
    @ivar open: connections
    """

    protocol = _Server
    noisy = False

    def __init__(self, later: Callable[..., IDelayedCall], isAsked: bool) -> None:
        self.later = later
        self.isAsked = isAsked
        self.open = 0
        self.act: Callable[[_Server], object] = lambda server: None


class _Case(TestCase):
    """A port on loopback, and the means of a node."""

    timeout = 30
    isAsked = False

    def setUp(self) -> None:
        """Open it."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.clock = NodeClock(IReactorTime(reactor))
        self.servers = _Servers(self.clock.callLater, self.isAsked)
        tcp: Any = reactor
        listening = tcp.listenTCP(0, self.servers, interface="127.0.0.1")
        self.addCleanup(listening.stopListening)
        self.port: int = listening.getHost().port
        self.runtime = ProviderRuntime(
            self.clock, NoPrograms(), Fetcher(self.clock, dialer(reactor))
        )

    async def fails(self, provider: ISimpleDataProvider, kind: type[GMAError]) -> str:
        """The message of the error, which is of this very kind; no connection is left."""
        said = ""
        try:
            _ = await provider.provide()
        except GMAError as error:
            self.assertIs(type(error), kind, error)
            said = str(error)
        self.assertTrue(said, "it gave a document")
        await self.settled()
        return said

    async def settled(self) -> None:
        """Wait until every connection has ended."""
        began = self.clock.seconds()
        while self.servers.open:
            self.assertLess(self.clock.seconds() - began, 10, "a connection is left")
            await sleep(self.clock, 0.02)


class PrometheusTests(_Case):
    """PrometheusScrapeProvider."""

    isAsked = True

    def provider(self, timeout: float = 10.0, maxSize: int = 1_000_000) -> PrometheusScrapeProvider:
        """One of the port."""
        self.url = f"http://127.0.0.1:{self.port}/metrics"
        return PrometheusScrapeProvider(
            self.url, timeout=timeout, maxSize=maxSize, runtime=self.runtime
        )

    async def test_good(self) -> None:
        """A page by its end, by its length and in chunks; each on a connection that is not left open."""
        for answer in (
            _HEAD + b"a 1\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na 1\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\n0\r\n\r\n",
        ):
            ends = b"Content-Length" not in answer and b"chunked" not in answer
            self.servers.act = lambda server, answer=answer, ends=ends: (  # type: ignore[misc]
                server.say(answer) if ends else server.transport.write(answer)
            )
            self.assertIn(b'<sample name="a" value="1"/>', await self.provider().provide())
            await self.settled()

    async def test_statuses(self) -> None:
        """What is no page is told with its status; where it leads nobody goes."""
        for status, kind in ((500, PeerError), (503, PeerBusy), (404, PeerFault), (302, PeerFault)):
            head = b"HTTP/1.1 %d X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n" % status
            self.servers.act = lambda server, head=head: server.transport.write(head)  # type: ignore[misc]
            said = await self.fails(self.provider(), kind)
            self.assertIn(f"{self.url} answered with HTTP status {status}", said)

    async def test_slow(self) -> None:
        """A server that says nothing, and one that drips, have their time and no more."""
        for act in (lambda server: None, lambda server: server.drip(_HEAD)):
            self.servers.act = act
            began = self.clock.seconds()
            said = await self.fails(self.provider(timeout=_SHORT), PeerUnreachable)
            self.assertLess(self.clock.seconds() - began, 10.0)
            self.assertIn(f"{self.url}: no whole answer within 0.5 s", said)

    async def test_endless(self) -> None:
        """A page without end is given up at the bound."""
        self.servers.act = lambda server: server.pour(_HEAD)
        said = await self.fails(self.provider(), TooLarge)
        self.assertEqual(said, f"the answer of 127.0.0.1:{self.port} is larger than 1000000 bytes")

    async def test_cutOff(self) -> None:
        """Half a page is none, however the connection ends."""
        self.servers.act = lambda server: server.say(
            b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\na 1\n"
        )
        said = await self.fails(self.provider(), PeerUnreachable)
        self.assertIn("the connection was lost before the whole answer", said)
        self.servers.act = lambda server: server.breakOff(_HEAD + b"a 1\n")
        said = await self.fails(self.provider(), PeerUnreachable)
        self.assertIn("the connection was lost before the whole answer", said)

    async def test_otherProtocol(self) -> None:
        """What does not speak HTTP is told so, and so is a server of plain text that is called by TLS."""
        self.servers.act = lambda server: server.say(b"SSH-2.0-OpenSSH\r\n")
        self.assertIn("no HTTP", await self.fails(self.provider(), PeerUnreachable))
        secure = PrometheusScrapeProvider(
            f"https://127.0.0.1:{self.port}/metrics", runtime=self.runtime
        )
        self.assertIn("it does not speak TLS", await self.fails(secure, PeerUnreachable))

    async def test_nobody(self) -> None:
        """Where nobody listens, and where no name leads, that is said."""
        for url, why in (
            ("http://127.0.0.1:1/metrics", "no connection to 127.0.0.1:1: Connection refused"),
            ("http://nobody.invalid/metrics", "no connection to nobody.invalid:80"),
        ):
            provider = PrometheusScrapeProvider(url, runtime=self.runtime)
            self.assertIn(f"{url}: {why}", await self.fails(provider, PeerUnreachable))


class GangliaTests(_Case):
    """GangliaProvider."""

    def provider(self, timeout: float = 10.0, query: str = "") -> GangliaProvider:
        """One of the port."""
        self.place = f"127.0.0.1:{self.port}"
        return GangliaProvider(
            "localhost" if query else "127.0.0.1",
            self.port,
            query,
            timeout,
            1_000_000,
            runtime=self.runtime,
        )

    async def test_good(self) -> None:
        """What is said until the end, also of one that is asked by a name."""
        answer = b"<GANGLIA_XML>" + b"<HOST/>" * 50_000 + b"</GANGLIA_XML>"
        for query in ("", "/all"):
            self.servers.isAsked = bool(query)
            self.servers.act = lambda server: server.say(answer)
            document = await self.provider(query=query).provide()
            self.assertTrue(document.endswith(b"<HOST/></GANGLIA_XML>"))
            await self.settled()

    async def test_slow(self) -> None:
        """A server that says nothing, and one that drips, have their time and no more."""
        for act in (lambda server: None, lambda server: server.drip()):
            self.servers.act = act
            began = self.clock.seconds()
            said = await self.fails(self.provider(_SHORT), PeerUnreachable)
            self.assertLess(self.clock.seconds() - began, 10.0)
            self.assertIn(f"{self.place}: no end of its answer within 0.5 s", said)

    async def test_endless(self) -> None:
        """An answer without end is given up at the bound."""
        self.servers.act = lambda server: server.pour()
        said = await self.fails(self.provider(), TooLarge)
        self.assertEqual(said, f"the answer of {self.place} is larger than 1000000 bytes")

    async def test_cutOff(self) -> None:
        """Half an answer is none, however the connection ends."""
        half = b'<GANGLIA_XML VERSION="3">\n<HOST/>'
        self.servers.act = lambda server: server.say(half)
        said = await self.fails(self.provider(), ProviderFailed)
        self.assertEqual(said, f"the answer of {self.place} was cut off after {len(half)} bytes")
        self.servers.act = lambda server: server.say(b"")
        said = await self.fails(self.provider(), ProviderFailed)
        self.assertIn("ended the connection without a word", said)
        self.servers.act = lambda server: server.breakOff(half)
        said = await self.fails(self.provider(), PeerUnreachable)
        self.assertIn(f"the connection to {self.place} was lost", said)

    async def test_nobody(self) -> None:
        """Where nobody listens, that is said."""
        provider = GangliaProvider(port=1, runtime=self.runtime)
        said = await self.fails(provider, PeerUnreachable)
        self.assertEqual(said, "no connection to 127.0.0.1:1: Connection refused")
