"""Pages over TLS: whom a node believes that reads them, and what it shows."""

import time

from tests.integration.commandcase import CommandCase
from tests.integration.twistd import Node
from tests.security.certificates import authority

_LONGEST = 40.0
_SERVER = """
[node]
listen = "ssl:0:interface=127.0.0.1"
state_dir = "{home}/server-state"

[tls]
authorities = "tls/ca.pem"
certificate = "tls/site-a.pem"
key = "tls/site-a.key"
clients = "required"
"""
_PROVIDER = """
[node]
listen = "tcp:0:interface=127.0.0.1"
state_dir = "{home}/reader-state"

[providers.page]
class = "PrometheusScrapeProvider"
interval = "1s"
arguments = {{ url = "https://localhost:{port}/metrics", names = ["gma_node_info"] }}
"""
_TLS = """
[tls]
authorities = "tls/ca.pem"
certificate = "tls/client-x.pem"
key = "tls/client-x.key"
"""


class TrustTests(CommandCase):
    """A node that shows its page to those who show a certificate."""

    timeout = 240

    def setUp(self) -> None:
        """An authority of both."""
        super().setUp()
        authority(self.home / "tls", "site-a", "client-x")

    def test_https(self) -> None:
        """The page is read with the authorities and the certificate of [tls], by a node and without one."""
        (self.home / "server.toml").write_text(_SERVER.format(home=self.home))
        server = Node(self.home, self.addCleanup, "-c", "server.toml")
        port = server.waitFor(r"status page +https://\S+:(\d+)/$")
        text = _PROVIDER.format(home=self.home, port=port)
        (self.home / "reader.toml").write_text(text + _TLS)
        (self.home / "stranger.toml").write_text(text)
        ended = self.gma("provider", "run", "page", "--once", "-c", "reader.toml")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn('<family name="gma_node_info"', ended.stdout)
        ended = self.gma("provider", "run", "page", "--once", "-c", "stranger.toml")
        self.assertEqual(ended.returncode, 4)
        self.assertIn("its certificate is of an authority that is not known here", ended.stderr)
        place = Node(self.home, self.addCleanup, "-c", "reader.toml").url().removeprefix("http://")
        end = time.monotonic() + _LONGEST
        while (
            '<family name="gma_node_info"' not in self.gma("get", place, "metrics:metrics").stdout
        ):
            if time.monotonic() > end:
                self.fail(self.gma("get", place, "gma:providerStatus").stdout)
            time.sleep(0.2)

    def test_unread(self) -> None:
        """Files of [tls] that cannot be read are told when a page is read with them."""
        text = _PROVIDER.format(home=self.home, port=1)
        (self.home / "reader.toml").write_text(text + _TLS.replace("ca.pem", "missing.pem"))
        ended = self.gma("provider", "run", "page", "--once", "-c", "reader.toml")
        self.assertEqual(ended.returncode, 4)
        self.assertIn("missing.pem", ended.stderr)
