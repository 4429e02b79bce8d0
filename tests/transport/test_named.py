"""Whom the operator named."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport.named import NamedPeers


class NamedTests(SynchronousTestCase):
    """NamedPeers."""

    def test_peers(self) -> None:
        """It is host, port and TLS that are named, whatever the path and the case."""
        named = NamedPeers()
        named.add("https://Site-A:8443/services/index")
        named.add("https://[2001:DB8::1]/services/index")
        for host, port, isTLS, isNamed in (
            ("site-a", 8443, True, True),
            ("site-a", 8443, False, False),
            ("site-a", 443, True, False),
            ("site-b", 8443, True, False),
            ("2001:db8::1", 443, True, True),
        ):
            self.assertEqual(named.has(host, port, isTLS), isNamed)

    def test_times(self) -> None:
        """Who is named twice is named until both are gone; what is no URL names nobody."""
        named = NamedPeers()
        for url in ("https://a/x", "https://a/y", "urn:x"):
            named.add(url)
        named.remove("https://a/y")
        self.assertTrue(named.has("a", 443, True))
        named.remove("https://a/x")
        self.assertFalse(named.has("a", 443, True))
