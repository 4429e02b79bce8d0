"""An authority of one's own."""

from pathlib import Path

from cryptography import x509
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError, ParameterError
from gma_twisted.security.authority import Authority
from gma_twisted.security.credentials import isOf
from tests.security.certificates import DAY, NOW


class AuthorityTests(SynchronousTestCase):
    """Authority."""

    def setUp(self) -> None:
        """One that was begun."""
        self.home = Path(self.mktemp()).absolute() / "tls"
        self.authority = Authority(self.home, NOW)
        self.assertFalse(self.authority.isThere)
        self.authority.begin()

    def read(self, name: str) -> x509.Certificate:
        """A certificate it issued."""
        return x509.load_pem_x509_certificate(self.authority.files(name)[0].read_bytes())

    def test_own(self) -> None:
        """Its certificate is of an authority that signs nodes and lists, and no other authorities."""
        own = self.read("ca")
        basic = own.extensions.get_extension_for_class(x509.BasicConstraints)
        self.assertEqual((basic.critical, basic.value.ca, basic.value.path_length), (True, True, 0))
        usage = own.extensions.get_extension_for_class(x509.KeyUsage).value
        self.assertTrue(usage.key_cert_sign and usage.crl_sign and not usage.digital_signature)
        other = Authority(self.home.parent / "other", NOW)
        other.begin()
        theirs = x509.load_pem_x509_certificate(other.certificate.read_bytes())
        self.assertNotEqual(own.subject, theirs.subject)

    def test_private(self) -> None:
        """Keys are their owner's alone, and so is the directory."""
        self.authority.issue("site-a", ["site-a"], 1)
        modes = {one.name: one.stat().st_mode & 0o777 for one in self.home.iterdir()}
        self.assertEqual({modes[name] for name in ("ca.key", "site-a.key")}, {0o600})
        self.assertEqual(self.home.stat().st_mode & 0o777, 0o700)

    def test_node(self) -> None:
        """A node's certificate is of all its names and addresses, signed, and good for the days asked."""
        self.authority.issue("site-a", ["site-a", "a.example.org", "10.0.0.5", "::1"], 30)
        made = self.read("site-a")
        made.verify_directly_issued_by(self.read("ca"))
        for host in ("site-a", "a.example.org", "10.0.0.5", "::1"):
            self.assertTrue(isOf(made, host), host)
        self.assertEqual(made.not_valid_after_utc.timestamp(), NOW + 30 * DAY)
        self.assertLess(made.not_valid_before_utc.timestamp(), NOW)

    def test_client(self) -> None:
        """A client's cannot be shown by a server."""
        self.authority.issue("alice", [], 30)
        usage = self.read("alice").extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        self.assertEqual(list(usage), [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH])

    def test_nothingOverwritten(self) -> None:
        """What is there stays."""
        self.authority.issue("alice", [], 30)
        before = {one.name: one.read_bytes() for one in self.home.iterdir()}
        self.assertRaises(ConfigError, self.authority.issue, "alice", [], 30)
        self.assertRaises(ConfigError, self.authority.begin)
        self.assertEqual({one.name: one.read_bytes() for one in self.home.iterdir()}, before)

    def test_wrongHost(self) -> None:
        """A host that no certificate can name is refused before anything is made."""
        self.assertRaises(ParameterError, self.authority.issue, "b", ["bücher"], 30)
        self.assertFalse(self.authority.files("b")[0].exists())

    def test_revoke(self) -> None:
        """The list grows, is signed, and names nobody twice."""
        for name in ("alice", "bob"):
            self.authority.issue(name, [], 30)
        for name in ("alice", "bob", "alice"):
            self.authority.revoke(name, 7)
        revoked = x509.load_pem_x509_crl(self.authority.revoked.read_bytes())
        self.assertEqual(
            [one.serial_number for one in revoked],
            [self.read(name).serial_number for name in ("alice", "bob")],
        )
        public: object = self.read("ca").public_key()
        self.assertTrue(revoked.is_signature_valid(public))  # type: ignore[arg-type]
        assert revoked.next_update_utc is not None
        self.assertEqual(revoked.next_update_utc.timestamp(), NOW + 7 * DAY)

    def test_unreadable(self) -> None:
        """Without its key it issues nothing; what it did not issue it cannot take back."""
        other = Authority(self.home.parent / "other", NOW)
        other.begin()
        other.issue("mallory", [], 1)
        (self.home / "mallory.pem").write_bytes(other.files("mallory")[0].read_bytes())
        self.assertIn(
            "not issued by",
            str(self.assertRaises(ConfigError, self.authority.revoke, "mallory", 1)),
        )
        self.assertIn(
            "cannot be read",
            str(self.assertRaises(ConfigError, self.authority.revoke, "nobody", 1)),
        )
        (self.home / "ca.key").write_text("junk")
        self.assertIn(
            "no private key", str(self.assertRaises(ConfigError, self.authority.issue, "c", [], 1))
        )
