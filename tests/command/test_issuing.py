"""C{gma tls}: certificates, and the lines that use them."""

import time
import tomllib
from pathlib import Path

from cryptography import x509

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.configuration import Clients, readConfiguration
from gma_twisted.security import CredentialsReader
from gma_twisted.security.credentials import isOf
from tests.command.stand import CommandCase, run


class TLSCase(CommandCase):
    """A directory."""

    def setUp(self) -> None:
        """Not there yet."""
        self.caller = BlockingCaller()
        self.home = Path(self.mktemp()).absolute()

    def init(self, *words: str) -> str:
        """What C{gma tls init} prints."""
        ended = run(self.caller, "tls", "init", str(self.home), *words)
        self.assertEqual(ended.exit_code, 0, ended.stderr)
        self.made = [line.rpartition("/")[2] for line in ended.stderr.splitlines()]
        return ended.stdout

    def refuses(self, status: int, *words: str) -> str:
        """What it says instead of making anything."""
        before = sorted(self.home.iterdir()) if self.home.exists() else []
        said = self.fails(status, "tls", "init", str(self.home), *words)
        self.assertEqual(sorted(self.home.iterdir()) if self.home.exists() else [], before)
        return said

    def certificate(self, name: str) -> x509.Certificate:
        """One that was made."""
        return x509.load_pem_x509_certificate((self.home / f"{name}.pem").read_bytes())


class InitTests(TLSCase):
    """C{gma tls init}."""

    def test_node(self) -> None:
        """What is printed for one node is a configuration that can be used as it is."""
        text = self.init("--host", "site-a,localhost")
        self.assertEqual(self.made, ["ca.pem", "ca.key", "site-a.pem", "site-a.key"])
        configuration, _ = readConfiguration(text, "site-a.toml")
        reader = CredentialsReader(Path("/"), time.time())
        found = reader.read(configuration.tls)
        self.assertEqual((reader.mistakes, reader.doubts), ([], []))
        self.assertIs(found.clients, Clients.REQUIRED)
        for host in ("site-a", "localhost", "127.0.0.1", "::1"):
            self.assertTrue(isOf(found.chain[0], host), host)

    def test_later(self) -> None:
        """A node that comes later has its certificate of the same authority."""
        self.init("--host", "site-a")
        authority = self.certificate("ca")
        self.init("--host", "site-b,10.0.0.5", "--client", "alice")
        self.assertEqual(self.made, ["site-b.pem", "site-b.key", "alice.pem", "alice.key"])
        self.assertEqual(self.certificate("ca"), authority)
        self.certificate("site-b").verify_directly_issued_by(authority)

    def test_several(self) -> None:
        """Of several nodes each has its lines, under its name; a client has what the environment wants."""
        a, b, alice = self.init("--host", "a", "--host", "b", "--client", "alice").split("\n\n")
        for name, block in (("a", a), ("b", b)):
            self.assertTrue(block.startswith(f"# {name}\n[tls]\n"), block)
            self.assertEqual(tomllib.loads(block)["tls"]["key"], f"{self.home}/{name}.key")
        self.assertEqual(
            alice.splitlines()[1],
            f"export GMA_CA='{self.home}/ca.pem' GMA_CERT='{self.home}/alice.pem' "
            f"GMA_KEY='{self.home}/alice.key'",
        )

    def test_here(self) -> None:
        """Without a word the node is this machine."""
        tls = tomllib.loads(self.init())["tls"]
        made = x509.load_pem_x509_certificate(Path(tls["certificate"]).read_bytes())
        self.assertTrue(isOf(made, "localhost"))

    def test_alone(self) -> None:
        """The authority alone: nothing to paste."""
        self.assertEqual(self.init("--ca-only"), "")
        self.assertEqual(self.made, ["ca.pem", "ca.key"])
        self.assertIn("ca.pem is there already", self.refuses(1, "--ca-only"))

    def test_overwrites(self) -> None:
        """Nothing is overwritten, and nothing made where one of several is there."""
        self.init("--host", "site-a")
        self.assertIn(
            "site-a.pem is there already", self.refuses(1, "--host", "c", "--host", "site-a")
        )

    def test_senseless(self) -> None:
        """Names that are none, twice, or the authority's own."""
        for words, why in (
            (("--host", "ca"), "is the name of the authority's own files"),
            (("--host", "a,b_c"), '"b_c" is neither a name nor an address'),
            (("--host", "::1"), "is not a name"),
            (("--client", "../alice"), "is not a name"),
            (("--host", "a", "--client", "a"), '"a" is there twice'),
            (("--host", "a", "--ca-only"), "--ca-only makes no certificates"),
        ):
            self.assertIn(why, self.refuses(2, *words))


class RevokeTests(TLSCase):
    """C{gma tls revoke}."""

    def test_revoke(self) -> None:
        """It prints the line that uses the list."""
        self.init("--host", "site-a", "--client", "alice")
        told = self.gma("tls", "revoke", str(self.home), "alice")
        self.assertEqual(tomllib.loads(told), {"revoked": f"{self.home}/revoked.pem"})
        revoked = x509.load_pem_x509_crl((self.home / "revoked.pem").read_bytes())
        self.assertEqual(
            [one.serial_number for one in revoked], [self.certificate("alice").serial_number]
        )

    def test_unknown(self) -> None:
        """Nobody of that name."""
        self.init("--ca-only")
        said = self.fails(1, "tls", "revoke", str(self.home), "bob")
        self.assertIn("bob.pem cannot be read", said)


del TLSCase
