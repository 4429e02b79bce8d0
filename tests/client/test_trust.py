"""Whom a program without a node believes."""

import ssl
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client.trust import Trust
from gma_twisted.errors import ConfigError
from tests.security.certificates import authority


class ContextTests(SynchronousTestCase):
    """Trust.context."""

    def setUp(self) -> None:
        """An authority with a client."""
        self.home = Path(self.mktemp()).absolute()
        self.authority = authority(self.home, "client-x")
        self.ca = str(self.authority.certificate)
        self.certificate, self.key = map(str, self.authority.files("client-x"))

    def fails(self, trust: Trust) -> str:
        """What is wrong with it."""
        return str(self.assertRaises(ConfigError, trust.context)).replace(f"{self.home}/", "")

    def test_good(self) -> None:
        """Names are checked, TLS is 1.2 at least, and who is named alone is believed."""
        context = Trust(self.ca, self.certificate, self.key).context()
        self.assertTrue(context.check_hostname)
        self.assertEqual(context.verify_mode, ssl.CERT_REQUIRED)
        self.assertEqual(context.minimum_version, ssl.TLSVersion.TLSv1_2)
        (subject,) = (one["subject"] for one in context.get_ca_certs())
        self.assertIn("gma development CA", str(subject))

    def test_none(self) -> None:
        """Without options the machine's authorities are believed."""
        self.assertEqual(Trust().context().verify_mode, ssl.CERT_REQUIRED)

    def test_bad(self) -> None:
        """Files that are not there, are something else, or do not belong together."""
        junk = self.home / "junk"
        junk.write_text("junk")
        pair = "client-x.pem and ca.key is not a certificate and its key in PEM, without a password"
        for trust, why in (
            (Trust("/nowhere"), "--ca: /nowhere cannot be read: No such file or directory"),
            (Trust(str(junk)), "--ca: junk is not an authority's certificate in PEM"),
            (Trust(None, self.certificate, str(self.home / "ca.key")), f"--cert and --key: {pair}"),
            (
                Trust(None, None, self.key),
                "--key names a key, and --cert no certificate; name both",
            ),
        ):
            self.assertEqual(self.fails(trust), why)
