"""The certificate of who connected, in the requests it sends."""

from pathlib import Path

from cryptography import x509
from OpenSSL.crypto import X509
from OpenSSL.SSL import Error
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IHandshakeListener
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import Request
from twisted.web.resource import Resource
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import FailedAuthentication
from gma_twisted.model import Certificate
from gma_twisted.transport.certificate import certificateOf, certificateOfRequest, readCertificate
from gma_twisted.transport.gate import Gate
from tests.security.certificates import selfSigned
from tests.transport.stand import Client, Line, Stand, get, post


def loaded(pem: Path) -> x509.Certificate:
    """A certificate of a file."""
    return x509.load_pem_x509_certificate(pem.read_bytes())


class Shown:
    """A transport whose handshake is over."""

    def __init__(self, certificate: x509.Certificate | None) -> None:
        self.certificate = certificate
        self.asked = 0

    def getPeerCertificate(self) -> X509 | None:
        """What the peer showed."""
        self.asked += 1
        return None if self.certificate is None else X509.from_cryptography(self.certificate)

    def getPeer(self) -> IPv4Address:
        """The peer."""
        return IPv4Address("TCP", "192.0.2.1", 1)


class ReadTests(SynchronousTestCase):
    """readCertificate and certificateOf."""

    def setUp(self) -> None:
        """A place for files."""
        self.home = Path(self.mktemp())

    def test_names(self) -> None:
        """Subject as RFC 4514 has it; names of the kinds that can be mapped, in their order."""
        pem, _ = selfSigned(self.home, "site-a", names=("site-a", "a.example.org"))
        self.assertEqual(
            readCertificate(loaded(pem)),
            Certificate("CN=site-a", ("DNS:site-a", "DNS:a.example.org")),
        )

    def test_none(self) -> None:
        """Who showed nothing is nobody."""
        self.assertIsNone(certificateOf(Shown(None)))
        pem, _ = selfSigned(self.home, "site-a")
        self.assertEqual(
            certificateOf(Shown(loaded(pem))), Certificate("CN=site-a", ("DNS:site-a",))
        )


class Page(Resource):
    """Asks who asks."""

    isLeaf = True

    def __init__(self, found: list[Certificate | None]) -> None:
        super().__init__()
        self._found = found

    def render_GET(self, request: Request) -> bytes:
        """Keep it."""
        self._found.append(certificateOfRequest(request))
        return b""


class ShowingLine(Line):
    """A transport of a client that showed something."""

    def __init__(self, certificate: x509.Certificate | None) -> None:
        super().__init__()
        self.shown = Shown(certificate)
        self.getPeerCertificate = self.shown.getPeerCertificate


class GateTests(SynchronousTestCase):
    """What the Gate hands on."""

    def setUp(self) -> None:
        """A client with a certificate, after its handshake."""
        pem, _ = selfSigned(Path(self.mktemp()), "site-a")
        self.web: list[Certificate | None] = []
        page = Page(self.web)
        self.stand = Stand(page)
        self.line = ShowingLine(loaded(pem))
        self.client = self.shows(self.line)
        self.certificate = Certificate("CN=site-a", ("DNS:site-a",))

    def shows(self, line: ShowingLine) -> Client:
        """A connection after its handshake."""
        gate = self.stand.factory.buildProtocol(line.getPeer())
        assert isinstance(gate, Gate)
        line.protocol = gate
        gate.makeConnection(line)
        gate.handshakeCompleted()
        return Client(gate, line)

    def test_listens(self) -> None:
        """TLS tells the Gate when the handshake is over."""
        verifyObject(IHandshakeListener, self.client.gate)

    def test_once(self) -> None:
        """It is read once a connection, and goes with every request, those of the lean path too."""
        self.client.send(post(b"1"), post(b"2"), post(b"3") + post(b"4"))
        found = [request.certificate for request in self.stand.scripted.requests]
        self.assertEqual(found, [self.certificate] * 4)
        self.assertEqual(self.line.shown.asked, 1)

    def test_plain(self) -> None:
        """A plain connection has none, and its transport is not asked."""
        client = self.stand.connect()
        client.send(post(b"1"), post(b"2"))
        self.assertEqual([one.certificate for one in self.stand.scripted.requests], [None, None])

    def test_web(self) -> None:
        """A page can ask for it."""
        self.client.send(get("/"))
        self.stand.connect().send(get("/"))
        self.assertEqual(self.web, [self.certificate, None])

    def test_retired(self) -> None:
        """When it is said anew who is believed connections over TLS end, and no others."""
        plain = self.stand.connect()
        for client in (self.client, plain):
            client.send(post(b"1"))
        self.stand.factory.listener.secure.retireAll()
        self.assertEqual((self.line.isEnded, plain.line.isEnded), (True, False))
        self.client.send(post(b"2"))
        self.assertEqual(len(self.stand.scripted.requests), 2)

    def test_retiredLater(self) -> None:
        """The request that has begun is answered before; what comes after it is not read."""
        self.client.send(post(b"1"))
        begun = post(b"12345678")
        self.client.send(begun[:-3])
        self.stand.factory.listener.secure.retireAll()
        self.assertFalse(self.line.isEnded)
        self.client.send(begun[-3:] + post(b"3") + post(b"4"))
        self.assertTrue(self.line.isEnded)
        bodies = [request.body for request in self.stand.scripted.requests]
        self.assertEqual(bodies, [b"1", b"12345678"])
        self.assertEqual(len(self.client.answers()), 2)

    def test_ended(self) -> None:
        """So does a connection whose certificate has ended, however busy it is, and that alone."""
        shown = self.line.shown.certificate
        assert shown is not None
        left = shown.not_valid_after_utc.timestamp() - self.stand.clock.wallTime()
        self.stand.time.advance(left - 1.0)
        clients = [self.shows(ShowingLine(one)) for one in (shown, None)]
        for ended in ([False, False], [True, False]):
            for one in clients:
                one.send(post(b"1"))
            self.stand.wait(0.75)
            self.assertEqual([one.line.isEnded for one in clients], ended)

    def test_failed(self) -> None:
        """A connection that TLS ended is counted, and its reason logged as often as there is room."""
        lines: list[str] = []

        @implementer(ILogObserver)
        def observe(event: LogEvent) -> None:
            lines.append(formatEvent(event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        error = FailedAuthentication("its certificate was revoked: CN=x")
        alert = Error([("SSL routines", "", "certificate verify failed")])

        def refused() -> None:
            gate = self.stand.connect().gate
            gate.unbelieved(error)
            gate.connectionLost(Failure(alert))

        for _ in range(30):
            refused()
        self.stand.time.advance(1.0)
        refused()
        # Who speaks no TLS showed no certificate.
        plain = Error([("SSL routines", "", "wrong version number")])
        self.stand.connect().gate.connectionLost(Failure(plain))
        self.assertEqual(self.stand.factory.listener.counters["failedTLS"], 32)
        self.assertEqual(self.stand.scripted.away, ["192.0.2.1"] * 31)
        said = [one for one in lines if "was turned away" in one]
        self.assertEqual(len(said), 22)
        why = "192.0.2.1 was turned away: its certificate was revoked: CN=x"
        self.assertEqual((said[0], said[-2]), (why, f"{why} (10 more not logged)"))
