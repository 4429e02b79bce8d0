"""`twistd gma-registry` as a user runs it, and nodes that register there: real processes, sockets and files."""

import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted import __version__
from tests.integration.twistd import Node, fetch, run

ANY = "tcp:0:interface=127.0.0.1"
REG = "urn:gma-twisted:2026:registration"
MEMBER = "http://site.example.org:8480/services/index"


def register(url: str, lifetime: int) -> str:
    """Register a service. @return: the handle of its entry"""
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<registerService xmlns="{REG}"><handle>{MEMBER}</handle><lifetime>{lifetime}</lifetime>'
        "</registerService></e:Body></e:Envelope>"
    )
    answer = fetch(f"{url}/services/registry", body.encode()).decode()
    found = re.search(r"<[\w:]*entry>([^<]*)</", answer)
    assert found is not None, answer
    return found[1]


def counted(url: str) -> dict[str, Any]:
    """What the status says of the registry."""
    found: dict[str, Any] = json.loads(fetch(f"{url}/api/v1/status"))["registry"]
    return found


class RegistryCase(SynchronousTestCase):
    """A home directory of its own."""

    def setUp(self) -> None:
        """Make it."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir(mode=0o755)
        self.state = self.home / "state"

    def registry(self, listen: str = ANY) -> Node:
        """Start one."""
        return Node(
            self.home,
            self.addCleanup,
            "--listen",
            listen,
            "--state-dir",
            str(self.state),
            kind="gma-registry",
        )

    def within(self, seconds: float, what: Callable[[], object]) -> None:
        """Wait until something is so."""
        until = time.monotonic() + seconds
        while not what() and time.monotonic() < until:
            time.sleep(0.05)
        self.assertTrue(what())


class RegistryTests(RegistryCase):
    """A registry and its state."""

    def test_killed(self) -> None:
        """What was acknowledged is there after a kill, and the node ends well."""
        node = self.registry()
        url = node.url()
        entries = {register(url, 600)}
        self.assertEqual(node.signal(signal.SIGKILL), -signal.SIGKILL)
        node = self.registry(f"tcp:{url.rpartition(':')[2]}:interface=127.0.0.1")
        self.assertEqual(node.url(), url)
        self.within(10, lambda: counted(url)["entries"] == 1)
        entries.add(register(url, 600))
        self.assertEqual(len(entries), 1)
        self.assertEqual(node.signal(), 0)
        self.assertNotIn("Traceback", "".join(node.lines))
        self.assertNotIn("Unhandled", "".join(node.lines))

    def test_damaged(self) -> None:
        """A journal that cannot be read ends the process in one line that names it, with exit status 1."""
        self.state.mkdir()
        (self.state / "registrations.db").write_bytes(b"no journal" * 1000)
        ended = run(self.home, "--listen", ANY, "--state-dir", str(self.state), kind="gma-registry")
        self.assertEqual(ended.returncode, 1, ended)
        (line,) = ended.stderr.splitlines()
        self.assertIn(f"{self.state}/registrations.db", line)
        self.assertNotIn("Traceback", ended.stdout)

    def test_check(self) -> None:
        """--check speaks of no providers, for there are none."""
        ended = run(self.home, "--check", kind="gma-registry")
        self.assertEqual(
            (ended.returncode, ended.stdout),
            (0, "gma-registry: all right; listens on tcp:8481:interface=127.0.0.1\n"),
        )

    def test_version(self) -> None:
        """--version is its own."""
        ended = run(self.home, "--version", kind="gma-registry")
        self.assertEqual((ended.returncode, ended.stdout), (0, f"gma-registry {__version__}\n"))


class RegisteredTests(RegistryCase):
    """An index that registers."""

    def test_comesAndGoes(self) -> None:
        """It is there once it runs, and gone when it has stopped."""
        url = self.registry().url()
        config = self.home / "vo.toml"
        config.write_text(f"[register.vo]\nat = '{url}/services/registry'\n")
        index = Node(
            self.home,
            self.addCleanup,
            "-c",
            "vo.toml",
            "--listen",
            ANY,
            "--state-dir",
            str(self.home / "index"),
        )
        status = f"{index.url()}/api/v1/status"
        self.within(10, lambda: counted(url)["entries"] == 1)
        (row,) = json.loads(fetch(status))["memberships"]
        self.assertEqual(row["state"], "registered")
        self.assertEqual(index.signal(), 0)
        gone = {"entries": 0, "tombstones": 1, "quarantined": 0}
        self.within(10, lambda: counted(url) == gone)
