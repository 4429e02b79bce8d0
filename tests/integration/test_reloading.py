"""A running node whose configuration is changed: signals, requests and C{gma reload}, in real processes."""

import json
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.integration.test_twistd import TwistdCase
from tests.integration.twistd import Node, fetch

GOOD = "[providers.{}]\nclass = 'gma_example:Good'\ninterval = '1s'\nname = '{{urn:example}}{}'\n"
FIELDS = {"X-Requested-With": "test"}


def good(*names: str) -> str:
    """A provider each."""
    return "".join(GOOD.format(name, name) for name in names)


class ReloadTests(TwistdCase):
    """One node."""

    def begin(self, text: str) -> tuple[Node, str]:
        """Start it with a configuration. @return: and its URL"""
        self.configure(text)
        node = self.node("-c", "vo.toml")
        return node, node.url()

    def connect(self, url: str) -> HTTPConnection:
        """A connection that stays open."""
        connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self.addCleanup(connection.close)
        return connection

    def ask(
        self, connection: HTTPConnection, method: str = "POST", path: str = "/-/reload"
    ) -> tuple[int, dict[str, object]]:
        """Status and JSON of an answer."""
        connection.request(method, path, headers=FIELDS)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def providers(self, url: str) -> dict[str, dict[str, str]]:
        """By name."""
        # The page is kept for a second.
        time.sleep(1.1)
        status = json.loads(fetch(f"{url}/api/v1/status"))
        return {row["name"]: row for row in status["providers"]}

    def gma(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run gma."""
        return subprocess.run(
            [sys.executable, "-c", "from gma_twisted.command.main import gma; gma()", *words],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def test_signal(self) -> None:
        """SIGHUP applies what differs; connections, the other providers and the port live on."""
        node, url = self.begin(good("a"))
        before = int(self.providers(url)["a"]["runs"])
        connection = self.connect(url)
        self.ask(connection, "GET", "/api/v1/status")
        socket = connection.sock
        self.configure(good("a", "b"))
        node.process.send_signal(signal.SIGHUP)
        node.waitFor("reloaded: providers.b added")
        self.configure(good("a", "b") + "[limit]\n")
        node.process.send_signal(signal.SIGHUP)
        node.waitFor(r"not reloaded, nothing was changed: /.*/vo.toml:9:2: unknown section")
        self.configure("[node]\nname = 'other'\n" + good("a", "c"))
        node.process.send_signal(signal.SIGHUP)
        node.waitFor("at the next start take effect: node.name$")
        node.waitFor("reloaded: providers.b removed, providers.c added")
        _, status = self.ask(connection, "GET", "/api/v1/status")
        self.assertIs(connection.sock, socket)
        self.assertEqual(status["name"], "index-0")
        found = self.providers(url)
        self.assertEqual(list(found), ["a", "c"])
        self.assertGreater(int(found["a"]["runs"]), before)
        self.assertGreater(int(found["a"]["runs"]), int(found["c"]["runs"]))
        self.assertEqual(node.signal(), 0)
        self.assertNotIn("Traceback", "".join(node.lines))

    def test_requests(self) -> None:
        """A request says what was done, and gma ends with a status that does."""
        node, url = self.begin(good("a"))
        connection = self.connect(url)
        self.configure(good("b"))
        status, said = self.ask(connection)
        self.assertEqual(
            (status, said["changed"]), (200, ["providers.a removed", "providers.b added"])
        )
        self.configure(good("b").replace("1s", "soon"))
        status, said = self.ask(connection)
        self.assertEqual((status, said["changed"]), (400, []))
        ended = self.gma("reload", url)
        self.assertEqual((ended.returncode, ended.stdout), (1, ""))
        self.assertIn("providers.b.interval", ended.stderr)
        self.assertEqual(list(self.providers(url)), ["b"])
        # A module that was not there at the start.
        (self.home / "gma_later.py").write_text((self.home / "gma_example.py").read_text())
        (self.home / "vo.toml").write_text(good("b", "d").replace("gma_example", "gma_later"))
        ended = self.gma("reload", url)
        self.assertEqual(
            (ended.returncode, ended.stdout), (0, "providers.b changed\nproviders.d added\n")
        )
        self.assertEqual(node.signal(), 0)

    def test_elsewhere(self) -> None:
        """The file is found again from where twistd has gone."""
        self.configure(good("a"))
        (self.home / "run").mkdir()
        node = Node(
            self.home,
            self.addCleanup,
            "-c",
            "vo.toml",
            "--listen",
            "tcp:0:interface=127.0.0.1",
            "--state-dir",
            str(self.state),
            reactor="epoll",
            twistd=("--rundir=run",),
        )
        url = node.url()
        self.configure(good("b"))
        self.assertEqual(self.gma("reload", url).returncode, 0)

    def test_noFile(self) -> None:
        """Without a file SIGHUP does not end a node, and gma says that there is nothing to read."""
        node = self.node()
        url = node.url()
        node.process.send_signal(signal.SIGHUP)
        node.waitFor("SIGHUP: this node was started without a configuration file")
        ended = self.gma("reload", url)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("without a configuration file", ended.stderr)
        self.assertEqual(node.signal(), 0)
