"""Which peers this machine lacks, and why."""

from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.peers import whyMissing
from bench.subjects import SUBJECTS


def _has(*programs: str) -> Callable[[str], str | None]:
    return lambda name: f"/usr/bin/{name}" if name in programs else None


class WhyMissingTests(SynchronousTestCase):
    """L{whyMissing}."""

    def test_ours(self) -> None:
        """What is Python needs no program."""
        for subject in SUBJECTS.values():
            for server in subject.servers:
                if server != "gsoap" and not server.startswith("etcd"):
                    self.assertEqual(whyMissing(server, _has()), "", server)

    def test_gsoap(self) -> None:
        """gSOAP needs a compiler and its own; the one that lacks is named, with Debian's packages."""
        self.assertIn("no gcc (Debian:", whyMissing("gsoap", _has("soapcpp2")))
        self.assertIn("no soapcpp2 (Debian:", whyMissing("gsoap", _has("gcc")))

    def test_etcd(self) -> None:
        """Both ways to use etcd need it, and a helper that ends it with us."""
        for server in ("etcd-put", "etcd-grant"):
            self.assertIn("no etcd (Debian: etcd-server", whyMissing(server, _has("setpriv")))
            self.assertIn("no setpriv", whyMissing(server, _has("etcd")))
            self.assertEqual(whyMissing(server, _has("etcd", "setpriv")), "")

    def test_basex(self) -> None:
        """BaseX needs Java, a helper that ends it with us, and its own program; the one that lacks is named."""
        jar = Path(self.mktemp())
        both = _has("java", "setpriv")
        self.assertIn("no java (Debian:", whyMissing("basex", _has("setpriv"), jar))
        self.assertIn("no setpriv (Debian:", whyMissing("basex", _has("java"), jar))
        self.assertEqual(whyMissing("basex", both, jar), f"there is no {jar} (Debian: basex)")
        jar.touch()
        self.assertEqual(whyMissing("basex", both, jar), "")

    def test_netlogger(self) -> None:
        """NetLogger's modules need an environment that was made to its end."""
        home = Path(self.mktemp())
        home.mkdir()
        self.assertIn("make build/netlogger/stamp", whyMissing("netlogger", netlogger=home))
        (home / "stamp").touch()
        self.assertEqual(whyMissing("netlogger", netlogger=home), "")
