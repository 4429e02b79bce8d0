"""Which node is shown which token."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport.route import routeOf
from gma_twisted.transport.tokens import Tokens

_TOKEN = "gma_a-token-of-alice"


class TokensTests(SynchronousTestCase):
    """Tokens."""

    def test_where(self) -> None:
        """To that host and port, whatever the path; to no other, and not without the TLS that was said."""
        tokens = Tokens()
        tokens.use({"https://Site-B:8443/services/index": _TOKEN, "http://127.0.0.1/x": "gma_x"})
        line = f"Authorization: Bearer {_TOKEN}\r\n".encode()
        for url, shown in (
            ("https://site-b:8443/services/index/subscriptions/1", line),
            ("https://SITE-B:8443", line),
            ("http://127.0.0.1:80/services/index", b"Authorization: Bearer gma_x\r\n"),
            ("https://site-b/services/index", b""),
            ("https://site-b:8444/services/index", b""),
            ("http://site-b:8443/services/index", b""),
            ("https://site-b.example.org:8443/services/index", b""),
            ("https://127.0.0.1/x", b""),
        ):
            self.assertEqual(tokens.lineOf(routeOf(url).peer), shown, url)

    def test_others(self) -> None:
        """What is used next takes the place of all before."""
        tokens = Tokens()
        tokens.use({"https://b/x": _TOKEN})
        tokens.use({})
        self.assertEqual(tokens.lineOf(("b", 443, True)), b"")

    def test_unshown(self) -> None:
        """They are in nothing that is printed."""
        tokens = Tokens()
        tokens.use({"https://b/x": _TOKEN})
        self.assertNotIn(_TOKEN, repr(tokens))
