"""Handshakes in memory: who is let in, by which protocol and suite, and what a reload changes."""

from pathlib import Path
from typing import Any

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
)
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.configuration import Clients
from gma_twisted.security import NOTHING, TLS, CredentialsReader
from gma_twisted.security.authority import Authority
from tests.security.certificates import (
    DAY,
    NOW,
    authority,
    below,
    credentials,
    handshake,
    loaded,
    section,
)


@attrs.define
class FakeProtocol:
    """Is told why a peer is not believed."""

    why: str = ""

    @property
    def wrappedProtocol(self) -> "FakeProtocol":
        """Who is told of clients."""
        return self

    def unbelieved(self, error: Exception) -> None:
        """Keep it."""
        self.why = str(error)

    def failVerification(self, reason: Failure) -> None:
        """Keep it."""
        self.why = str(reason.value)


class TLSCase(SynchronousTestCase):
    """Two nodes of one authority."""

    def setUp(self) -> None:
        """Make them."""
        self.home = Path(self.mktemp()).absolute()
        self.authority = authority(self.home, "site-a", "site-b", "client-x")
        self.server, self.client = TLS(), TLS()
        self.server.use(credentials(self.authority, "site-a"))
        self.client.use(credentials(self.authority, "site-b"))
        self.protocol = FakeProtocol()

    def connect(self, host: str = "localhost") -> SSL.Connection:
        """A connection after its handshake. @return: the server's side"""
        protocol: Any = self.protocol
        server = self.server.serverConnectionForTLS(protocol)
        handshake(server, self.client.calling(host).clientConnectionForTLS(protocol))
        return server

    def refused(self, host: str = "localhost") -> str:
        """Why there is no connection: as OpenSSL says, or as we do."""
        error = self.assertRaises(SSL.Error, self.connect, host)
        return self.protocol.why or ", ".join(one[-1] for one in error.args[0])

    def raw(self, low: int, high: int, suites: bytes = b"ALL:@SECLEVEL=0") -> SSL.Connection:
        """A client that shows a certificate and does what it is told. @return: the client's side"""
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(low)
        context.set_max_proto_version(high)
        context.set_cipher_list(suites)
        shown = credentials(self.authority, "site-b")
        context.use_certificate(shown.chain[0])
        context.use_privatekey(shown.key)
        client = SSL.Connection(context, None)
        protocol: Any = self.protocol
        self.served = self.server.serverConnectionForTLS(protocol)
        handshake(self.served, client)
        return client


class InterfaceTests(TLSCase):
    """What Twisted asks for."""

    def test_interfaces(self) -> None:
        """Both sides are what their interfaces say."""
        verifyObject(IOpenSSLServerConnectionCreator, self.server)
        verifyObject(IOpenSSLClientConnectionCreator, self.client.calling("x"))


class ProtocolTests(TLSCase):
    """Versions and suites."""

    def test_both(self) -> None:
        """TLS 1.2 and 1.3 are spoken, nothing before."""
        for version, name in ((SSL.TLS1_2_VERSION, "TLSv1.2"), (SSL.TLS1_3_VERSION, "TLSv1.3")):
            self.assertEqual(self.raw(version, version).get_protocol_version_name(), name)
        for version in (SSL.TLS1_VERSION, SSL.TLS1_1_VERSION):
            self.assertRaises(SSL.Error, self.raw, version, version)

    def test_suites(self) -> None:
        """Of TLS 1.2 only suites with forward secrecy and authenticated ciphers."""
        for suite in (b"ECDHE-ECDSA-AES128-GCM-SHA256", b"ECDHE-ECDSA-CHACHA20-POLY1305"):
            client = self.raw(SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION, suite)
            self.assertEqual(client.get_cipher_name(), suite.decode())
        for suite in (
            b"ECDHE-ECDSA-AES128-SHA256",
            b"ECDHE-ECDSA-AES256-SHA",
            b"ECDHE-ECDSA-AES128-CCM",
            b"DHE-RSA-AES128-GCM-SHA256",
            b"AES128-GCM-SHA256",
        ):
            self.assertRaises(
                SSL.Error, self.raw, SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION, suite + b":@SECLEVEL=0"
            )

    def test_noSessions(self) -> None:
        """A session is not taken up again: who was revoked since would come back with it."""
        client = self.raw(SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION)
        again = SSL.Connection(client.get_context(), None)
        session = client.get_session()
        assert session is not None
        again.set_session(session)
        protocol: Any = self.protocol
        handshake(self.server.serverConnectionForTLS(protocol), again)
        self.assertNotEqual(again.master_key(), client.master_key())

    def test_noRenegotiation(self) -> None:
        """A client cannot begin the handshake again on a connection."""
        client = self.raw(SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION)
        client.renegotiate()
        self.assertRaises(SSL.WantReadError, client.do_handshake)
        self.served.bio_write(client.bio_read(65536))
        self.assertRaises(SSL.WantReadError, self.served.recv, 10)
        client.bio_write(self.served.bio_read(65536))
        error = self.assertRaises(SSL.Error, client.do_handshake)
        self.assertIn("no renegotiation", str(error))


class ClientsTests(TLSCase):
    """Who connects."""

    def test_shown(self) -> None:
        """The server has the client's certificate."""
        shown = self.connect().get_peer_certificate(as_cryptography=True)
        assert shown is not None
        self.assertEqual(shown.subject.rfc4514_string(), "CN=site-b")

    def test_client(self) -> None:
        """One that only a client can show is enough to connect with."""
        self.client.use(credentials(self.authority, "client-x"))
        self.assertIsNotNone(self.connect().get_peer_certificate())

    def test_required(self) -> None:
        """Who shows none is turned away, where one is required."""
        self.client.use(attrs.evolve(credentials(self.authority, "site-b"), chain=(), key=None))
        self.assertIn("peer did not return a certificate", self.refused())
        for clients in (Clients.OPTIONAL, Clients.NONE):
            self.server.use(credentials(self.authority, "site-a", clients))
            self.assertIsNone(self.connect().get_peer_certificate())

    def test_foreign(self) -> None:
        """A certificate of another authority is refused, also where none is required."""
        other = authority(self.home / "other", "client-m")
        shown = credentials(other, "client-m")
        ours = credentials(self.authority, "site-b")
        self.client.use(attrs.evolve(ours, chain=shown.chain, key=shown.key))
        for clients in (Clients.REQUIRED, Clients.OPTIONAL):
            self.server.use(credentials(self.authority, "site-a", clients))
            self.assertIn(
                "not known here; see authorities under [tls]: CN=client-m", self.refused()
            )

    def test_expired(self) -> None:
        """One that has ended is refused."""
        authority(self.home, "client-old", at=NOW - 3 * DAY, days=1)
        self.client.use(credentials(self.authority, "client-old"))
        self.assertEqual(self.refused(), "its certificate has ended: CN=client-old")

    def test_revoked(self) -> None:
        """One that was taken back is refused, the others are not."""
        self.authority.revoke("site-b", 30)
        self.server.use(credentials(self.authority, "site-a"))
        self.assertEqual(self.refused(), "its certificate was revoked: CN=site-b")
        self.client.use(attrs.evolve(credentials(self.authority, "client-x"), revoked=()))
        self.assertIsNotNone(self.connect().get_peer_certificate())

    def test_lateList(self) -> None:
        """Of an authority whose list is out of date nothing is believed."""
        late = authority(self.home, at=NOW - 3 * DAY)
        late.revoke("site-b", 1)
        self.server.use(credentials(self.authority, "site-a"))
        self.client.use(attrs.evolve(credentials(self.authority, "client-x"), revoked=()))
        self.assertIn("list of its authority is out of date", self.refused())

    def test_noList(self) -> None:
        """An authority without a list revokes nothing, whatever lists others have."""
        other = authority(self.home / "other", "site-c")
        self.authority.revoke("site-b", 30)
        ours, theirs = credentials(self.authority, "site-a"), credentials(other, "site-c")
        both = [*ours.authorities, *theirs.authorities]
        self.server.use(attrs.evolve(ours, authorities=both))
        self.client.use(attrs.evolve(theirs, authorities=both))
        self.assertIsNotNone(self.connect().get_peer_certificate())


class LevelsTests(TLSCase):
    """An authority below another, each with its list."""

    def setUp(self) -> None:
        """A root with a list, a middle one with a list, and two clients of that."""
        super().setUp()
        self.root, self.middle = authority(self.home / "root"), authority(self.home / "middle")
        below(self.root, self.middle)
        for name in ("client-m", "client-gone"):
            self.middle.issue(name, (), 30)
        self.root.issue("client-r", (), 30)
        self.middle.revoke("client-gone", 30)
        self.root.revoke("client-r", 30)

    def trusts(self, *others: Authority) -> None:
        """The server trusts these, by all the lists there are."""
        named = tuple(str(one.certificate) for one in others)
        lists = tuple(str(one.revoked) for one in (self.root, self.middle) if one in others)
        ours = section(self.authority, "site-a")
        reader = CredentialsReader(Path(), NOW)
        self.server.use(reader.read(attrs.evolve(ours, authorities=named, revoked=lists)))
        self.assertEqual(reader.mistakes, [])

    def shows(self, made: Authority, name: str, *between: Authority) -> None:
        """The client shows this, with what is between."""
        shown = credentials(made, name)
        chain = [*shown.chain, *(loaded(one) for one in between)]
        ours = credentials(self.authority, "site-b")
        self.client.use(attrs.evolve(ours, chain=chain, key=shown.key))

    def test_both(self) -> None:
        """Where both are trusted who was revoked by either is refused, and nobody else."""
        self.trusts(self.root, self.middle)
        self.shows(self.middle, "client-m")
        self.connect()
        self.shows(self.middle, "client-m", self.middle)
        self.connect()
        self.shows(self.middle, "client-gone")
        self.assertEqual(self.refused(), "its certificate was revoked: CN=client-gone")
        self.shows(self.root, "client-r")
        self.assertEqual(self.refused(), "its certificate was revoked: CN=client-r")

    def test_plainLists(self) -> None:
        """The same with lists that do not say by which key they are signed, as old authorities make them."""
        for one in (self.root, self.middle):
            old = x509.load_pem_x509_crl(one.revoked.read_bytes())
            builder = x509.CertificateRevocationListBuilder(
                old.issuer, old.last_update_utc, old.next_update_utc, revoked_certificates=list(old)
            )
            key: Any = load_pem_private_key(one.files("ca")[1].read_bytes(), None)
            data = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
            one.revoked.write_bytes(data)
        self.test_both()

    def test_middle(self) -> None:
        """Where only the lower one is trusted its list counts."""
        self.trusts(self.middle)
        self.shows(self.middle, "client-m")
        self.connect()
        self.shows(self.middle, "client-gone")
        self.assertEqual(self.refused(), "its certificate was revoked: CN=client-gone")

    def test_taken(self) -> None:
        """A lower authority that the upper one took back is none any more, shown or not."""
        (self.root.certificate.parent / "middle.pem").write_bytes(
            self.middle.certificate.read_bytes()
        )
        self.root.revoke("middle", 30)
        self.trusts(self.root, self.middle)
        self.shows(self.middle, "client-m")
        self.assertIn("not known here", self.refused())
        self.shows(self.middle, "client-m", self.middle)
        self.assertIn("its certificate was revoked: ", self.refused())


class CallingTests(TLSCase):
    """Whom a node believes that it calls."""

    def test_hosts(self) -> None:
        """The certificate must be of the host that is called, a name or an address."""
        for host in ("localhost", "127.0.0.1", "site-a"):
            self.assertIsNotNone(self.connect(host))
        for host in ("site-b", "127.0.0.2", "::2"):
            self.assertEqual(self.refused(host), f"its certificate is not of {host}")

    def test_unknown(self) -> None:
        """One of another authority is not believed, nor is any where nothing says whom this machine trusts."""
        other = authority(self.home / "other", "site-m")
        self.client.use(credentials(other, "site-m"))
        self.assertIn("an authority that is not known here", self.refused())
        self.protocol.why = ""
        self.client.use(NOTHING)
        self.assertIn("an authority that is not known here", self.refused())

    def test_ended(self) -> None:
        """Nor is one that has ended."""
        authority(self.home, "site-old", at=NOW - 3 * DAY, days=1)
        self.server.use(credentials(self.authority, "site-old"))
        self.assertEqual(self.refused(), "its certificate has ended")

    def test_revoked(self) -> None:
        """Nor one that was taken back."""
        self.authority.revoke("site-a", 30)
        self.client.use(credentials(self.authority, "site-b"))
        self.assertEqual(self.refused(), "its certificate was revoked")

    def test_named(self) -> None:
        """Only whom the operator named is shown who we are; that may change from one connection to the next."""
        self.server.use(credentials(self.authority, "site-a", Clients.OPTIONAL))
        protocol: Any = self.protocol
        names: list[str] = []
        creator = self.client.calling("localhost", lambda: bool(names))

        def shown() -> object:
            server = self.server.serverConnectionForTLS(protocol)
            handshake(server, creator.clientConnectionForTLS(protocol))
            return server.get_peer_certificate()

        self.assertIsNone(shown())
        names.append("localhost")
        self.assertIsNotNone(shown())
        names.clear()
        self.client.use(credentials(self.authority, "client-x"))
        self.assertIsNone(shown())


class ReloadTests(TLSCase):
    """What is read anew while connections are open."""

    def test_new(self) -> None:
        """The next connection has the new certificate; TLS itself ends none, and says that there is another."""
        told: list[str] = []
        self.server.taken = lambda: told.append("taken")
        protocol: Any = self.protocol
        server = self.server.serverConnectionForTLS(protocol)
        client = self.client.calling("localhost").clientConnectionForTLS(protocol)
        handshake(server, client)
        self.server.use(credentials(self.authority, "site-b"))
        self.assertEqual(told, ["taken"])
        self.connect("site-b")
        client.send(b"still")
        server.bio_write(client.bio_read(1000))
        self.assertEqual(server.recv(10), b"still")

    def test_bad(self) -> None:
        """What OpenSSL will not have changes nothing."""
        good = self.server.credentials
        bad = attrs.evolve(good, key=credentials(self.authority, "site-b").key)
        self.assertRaises(SSL.Error, self.server.use, bad)
        self.assertIs(self.server.credentials, good)
        self.connect("site-a")

    def test_port(self) -> None:
        """A port that was opened with a certificate keeps it when there is none any more."""
        self.server.use(NOTHING)
        self.connect("site-a")


del TLSCase
