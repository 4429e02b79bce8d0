"""The files of [tls]: what is read, what keeps them from being used, and what is doubted."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Clients, TLSSection
from gma_twisted.security import NOTHING, Credentials, CredentialsReader
from gma_twisted.security.credentials import isOf
from tests.security.certificates import DAY, NOW, authority, keyPEM, section, selfSigned


class CredentialsCase(SynchronousTestCase):
    """An authority, and a node of it."""

    def setUp(self) -> None:
        """Make them."""
        self.home = Path(self.mktemp()).absolute()
        self.authority = authority(self.home, "site-a", "client-x")
        self.section = section(self.authority, "site-a")

    def read(self, given: TLSSection | None = None, now: float = NOW) -> Credentials:
        """Read; what was said of it is kept."""
        self.reader = CredentialsReader(Path(), now)
        return self.reader.read(given or self.section)

    def mistakes(self, given: TLSSection | None = None, now: float = NOW) -> list[str]:
        """C{key: message} of each mistake; every one has a cure."""
        self.read(given, now)
        self.assertTrue(all(cure for _, _, cure in self.reader.mistakes))
        return [
            f"{key}: {why}".replace(f"{self.home}/", "") for key, why, _ in self.reader.mistakes
        ]

    def doubts(self, given: TLSSection | None = None, now: float = NOW) -> list[str]:
        """C{key: message} of each doubt, where there is no mistake."""
        self.assertEqual(self.mistakes(given, now), [])
        return [f"{key}: {why}".replace(f"{self.home}/", "") for key, why in self.reader.doubts]

    def written(self, name: str, data: bytes) -> str:
        """The name of a new file."""
        path = self.home / name
        path.write_bytes(data)
        path.chmod(0o600)
        return str(path)


class NamelessTests(CredentialsCase):
    """Certificates as old authorities make them."""

    def test_bare(self) -> None:
        """One without alternative names, or with one that is none, is of no host, and doubted."""
        for names in ((), ("*",)):
            chain = [_bare(names)]
            self.assertFalse(isOf(chain[0], "localhost"))
            self.assertFalse(isOf(chain[0], "127.0.0.1"))
            self.read()
            self.reader.doubts.clear()
            self.reader.checkHost(chain, "localhost")
            ((key, why),) = self.reader.doubts
            self.assertEqual(key, "certificate")
            self.assertIn("it is not of localhost", why)


def _bare(names: Sequence[str]) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begins = datetime.fromtimestamp(NOW - DAY, UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7)
    builder = builder.not_valid_before(begins).not_valid_after(begins + timedelta(days=9))
    if names:
        shown = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        builder = builder.add_extension(shown, critical=False)
    return builder.sign(key, hashes.SHA256())


class GoodTests(CredentialsCase):
    """Files in order."""

    def test_good(self) -> None:
        """All is read, nothing is said."""
        self.assertEqual(self.doubts(), [])
        found = self.read()
        self.assertEqual(found.chain[0].subject.rfc4514_string(), "CN=site-a")
        self.assertEqual(len(found.authorities), 1)
        self.assertIs(found.clients, Clients.REQUIRED)
        self.assertEqual(found.notAfter, NOW + 90 * DAY)

    def test_nothing(self) -> None:
        """Without a section nothing is shown, and nobody is asked."""
        found = self.read(TLSSection())
        self.assertEqual((found.chain, found.authorities, found.notAfter), ((), [], None))
        self.assertIs(NOTHING.clients, Clients.NONE)
        self.assertEqual(self.doubts(TLSSection()), [])

    def test_chain(self) -> None:
        """What follows the certificate in its file is shown with it."""
        both = b"".join(
            Path(one).read_bytes()
            for one in (self.section.certificate or "", *self.section.authorities)
        )
        given = attrs.evolve(self.section, certificate=self.written("both.pem", both))
        self.assertEqual(len(self.read(given).chain), 2)
        self.assertEqual(self.doubts(given), [])

    def test_relative(self) -> None:
        """Paths begin where the reader is told."""
        given = TLSSection(
            certificate="site-a.pem", privateKey="site-a.key", authorities=("ca.pem",)
        )
        reader = CredentialsReader(self.home, NOW)
        self.assertEqual(len(reader.read(given).chain), 1)
        self.assertEqual(reader.mistakes, [])

    def test_mark(self) -> None:
        """The mark is of the content: another file, or another word for clients, is another mark."""
        first = self.read().mark
        self.assertEqual(self.read().mark, first)
        self.assertNotEqual(
            self.read(attrs.evolve(self.section, clients=Clients.OPTIONAL)).mark, first
        )
        self.authority.revoke("client-x", 30)
        revoking = attrs.evolve(self.section, revoked=(str(self.authority.revoked),))
        self.assertNotEqual(self.read(revoking).mark, first)

    def test_secret(self) -> None:
        """The key is not in what is shown of the value."""
        self.assertNotIn("key", repr(self.read()))


class MistakesTests(CredentialsCase):
    """What keeps them from being used, all of it at once."""

    def test_missing(self) -> None:
        """Each file that is not there is named."""
        given = TLSSection(
            certificate=f"{self.home}/a.pem",
            privateKey=f"{self.home}/a.key",
            authorities=(f"{self.home}/c.pem",),
            revoked=(f"{self.home}/r.pem",),
        )
        why = "cannot be read: No such file or directory"
        self.assertEqual(
            self.mistakes(given),
            [
                f"certificate: a.pem {why}",
                f"key: a.key {why}",
                f"authorities: c.pem {why}",
                f"revoked: r.pem {why}",
            ],
        )

    def test_noPEM(self) -> None:
        """So is each that holds something else."""
        junk = self.written("junk", b"\x30\x82junk")
        given = TLSSection(junk, junk, (junk,), (junk,))
        self.assertEqual(
            self.mistakes(given),
            [
                "certificate: junk holds no certificate in PEM",
                "key: junk holds no private key in PEM",
                "authorities: junk holds no certificate in PEM",
                "revoked: junk holds no revocation list in PEM",
            ],
        )

    def test_large(self) -> None:
        """A file is read up to a bound."""
        large = self.written("large", b"x" * (16 * 1024 * 1024 + 1))
        given = attrs.evolve(self.section, authorities=(large,))
        self.assertEqual(self.mistakes(given), ["authorities: large is larger than 16 MiB"])

    def test_pipes(self) -> None:
        """A pipe in place of any of the files is told, and not waited for."""
        os.mkfifo(self.home / "pipe")
        pipe = str(self.home / "pipe")
        for key, changes in (
            ("certificate", {"certificate": pipe}),
            ("key", {"privateKey": pipe}),
            ("authorities", {"authorities": (pipe,)}),
            ("revoked", {"revoked": (pipe,)}),
        ):
            given = attrs.evolve(self.section, **changes)
            self.assertIn(f"{key}: pipe is no file", self.mistakes(given))

    def test_password(self) -> None:
        """A key with a password cannot be read by a node."""
        data = keyPEM(ec.generate_private_key(ec.SECP256R1()), b"secret")
        given = attrs.evolve(self.section, privateKey=self.written("locked", data))
        self.assertEqual(self.mistakes(given), ["key: locked has a password"])

    def test_otherKey(self) -> None:
        """A key of another certificate does not fit."""
        given = attrs.evolve(self.section, privateKey=str(self.authority.files("client-x")[1]))
        self.assertEqual(self.mistakes(given), ["key: client-x.key is not the key of site-a.pem"])

    def test_time(self) -> None:
        """A certificate that has ended, or is not valid yet, is not used."""
        (ended,) = self.mistakes(now=NOW + 91 * DAY)
        self.assertRegex(ended, r"^certificate: it ended on \d{4}-\d\d-\d\d \d\d:\d\d UTC$")
        (early,) = self.mistakes(now=NOW - DAY)
        self.assertRegex(early, r"^certificate: it is not valid before \d{4}")

    def test_noAuthority(self) -> None:
        """A certificate that is not of an authority is not one to believe others by."""
        given = attrs.evolve(self.section, authorities=(str(self.authority.files("client-x")[0]),))
        self.assertEqual(
            self.mistakes(given),
            [
                'authorities: "CN=client-x" is not of an authority: its basic constraints say CA false'
            ],
        )

    def test_foreignList(self) -> None:
        """A list counts only for the authority that signed it."""
        other = authority(self.home / "other", "client-y")
        other.revoke("client-y", 30)
        given = attrs.evolve(self.section, revoked=(str(other.revoked),))
        (said,) = self.mistakes(given)
        self.assertRegex(said, r"^revoked: the list of .* is signed by none of the authorities$")


class DoubtsTests(CredentialsCase):
    """What may not be meant."""

    def test_readable(self) -> None:
        """A key that others can read is doubted."""
        self.authority.files("site-a")[1].chmod(0o640)
        (said,) = self.doubts()
        self.assertIn("others than its owner can read", said)

    def test_soon(self) -> None:
        """A certificate is doubted in its last fourteen days."""
        self.assertEqual(self.doubts(now=NOW + 75 * DAY), [])
        (said,) = self.doubts(now=NOW + 77 * DAY)
        self.assertRegex(said, "^certificate: it ends on .*; have a new one made$")

    def test_usage(self) -> None:
        """One for servers only, or for clients only, is doubted for what it cannot be shown to."""
        for usage, cannot in (
            (ExtendedKeyUsageOID.SERVER_AUTH, "nodes that are called"),
            (ExtendedKeyUsageOID.CLIENT_AUTH, "who connects"),
        ):
            pem, key = selfSigned(self.home / cannot, "one", x509.ExtendedKeyUsage([usage]))
            (said,) = self.doubts(TLSSection(str(pem), str(key)))
            self.assertTrue(said.endswith(f"shown to {cannot}"), said)

    def test_lists(self) -> None:
        """A list that is out of date, and an authority without one."""
        self.authority.revoke("client-x", 1)
        bare = authority(self.home / "bare")
        given = attrs.evolve(
            self.section,
            authorities=(*self.section.authorities, str(bare.certificate)),
            revoked=(str(self.authority.revoked),),
        )
        late, none = self.doubts(given, now=NOW + 2 * DAY)
        self.assertIn("is out of date since", late)
        self.assertTrue(none.endswith("has no list: nothing of it is revoked"), none)

    def test_listSoon(self) -> None:
        """A list that is out of date soon is doubted: in two weeks, or in the last third of a short life."""
        for days, before in ((60, 13.9), (7, 2.2)):
            self.authority.revoke("client-x", days)
            given = section(self.authority, "site-a")
            late = NOW + (days - before) * DAY
            (said,) = self.doubts(given, late)
            self.assertRegex(
                said, r'^revoked: the list of ".*" is out of date from 20.*; have a new one by then'
            )
            self.assertEqual(self.doubts(given, late - 0.3 * DAY), [])
            self.assertEqual(self.read(given).listsNotAfter, NOW + days * DAY)
        self.assertIsNone(self.read().listsNotAfter)

    def test_host(self) -> None:
        """A certificate that is not of the host in the node's URL is doubted."""
        chain = self.read().chain
        for host in ("localhost", "127.0.0.1", "site-a", ""):
            self.reader.checkHost(chain, host)
        self.reader.checkHost((), "elsewhere.example")
        self.assertEqual(self.reader.doubts, [])
        for host in ("elsewhere.example", "10.0.0.1"):
            self.reader.checkHost(chain, host)
        self.assertEqual(len(self.reader.doubts), 2)
        self.assertTrue(isOf(chain[0], "LOCALHOST"))


del CredentialsCase
