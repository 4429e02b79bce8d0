"""A running node whose configuration is changed: signals, requests and C{gma reload}, in real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.integration.foreign.shared import poll
from tests.integration.foreign.sink import ForeignSink
from tests.integration.test_twistd import PROVIDER, TwistdCase
from tests.integration.twistd import Node, fetch

GOOD = "[providers.{}]\nclass = 'gma_example:Good'\ninterval = '1s'\nname = '{{urn:example}}{}'\n"
# Runs until there is a file "go" beside it.
SLOW = """
cd "${0%/*}"
touch began
until [ -e go ]; do sleep 0.05; done
echo '<Slow xmlns="urn:example">well ended</Slow>'
"""
BUSY = """
[providers.slow]
command = ["/bin/sh", "{home}/slow.sh"]
interval = "1h"
timeout = "60s"
[providers.tick]
class = "gma_ticking:Ticking"
interval = "200ms"
"""
TICKING = """
from itertools import count
from zope.interface import implementer
from gma_twisted.interfaces import ISimpleDataProvider

@implementer(ISimpleDataProvider)
class Ticking:
    name = "ticking"
    description = "a number that grows"

    def __init__(self) -> None:
        self._count = count()

    async def provide(self) -> bytes:
        return b'<Tick xmlns="urn:example">%d</Tick>' % next(self._count)
"""
# As a server of files that does not answer any more, once there is a file "dead".
DEAD = """
import os
import threading
from pathlib import Path

_open = os.open

def dead(path, *more, **named):
    if str(path).endswith("vo.toml") and (Path(__file__).parent / "dead").exists():
        threading.Event().wait()
    return _open(path, *more, **named)

os.open = dead
"""
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

    def test_untouchedBySignal(self) -> None:
        """SIGHUP leaves alone what is as it was, whether the new configuration is good or bad."""
        node = self.busy()
        self.untouched(node, lambda: node.process.send_signal(signal.SIGHUP))

    def test_untouchedByRequest(self) -> None:
        """So does C{gma reload}."""
        node = self.busy()
        self.untouched(node, lambda: self.gma("reload", node.url()))

    def busy(self) -> Node:
        """A node with a provider that runs until it may end, one that runs all the time, and others."""
        (self.home / "gma_ticking.py").write_text(TICKING)
        (self.home / "slow.sh").write_text(SLOW)
        node, _ = self.begin(self.others())
        poll((self.home / "began").exists, bool)
        return node

    def others(self) -> str:
        """What is the same in all configurations."""
        return BUSY.replace("{home}", str(self.home)) + good("b").replace("1s", "1h")

    def untouched(self, node: Node, reload: Callable[[], object]) -> None:
        """Have it read a bad and a good file while everything is under way."""
        url, sink = node.url(), ForeignSink(self.addCleanup)
        connection = self.connect(url)
        self.ask(connection, "GET", "/api/v1/status")
        socket = connection.sock
        granted = self.gma("subscribe", url, "{urn:example}Tick", "--sink", sink.url)
        self.assertEqual(granted.returncode, 0, granted.stderr)
        poll(lambda: len(sink.notices), lambda count: count >= 2)
        before = self.providers(url)
        self.assertEqual(before["slow"]["state"], "running")

        self.configure(self.others() + good("c").replace("Good", "Absent"))
        reload()
        node.waitFor("not reloaded, nothing was changed: .* has no class")
        bad = self.providers(url)
        self.assertEqual(list(bad), ["slow", "tick", "b"])
        self.configure(self.others() + good("c"))
        reload()
        node.waitFor("reloaded: providers.c added")
        after = self.providers(url)

        self.assertEqual(list(after), ["slow", "tick", "b", "c"])
        self.assertEqual((after["slow"], after["b"]), (before["slow"], before["b"]))
        heard = len(sink.notices)
        poll(lambda: len(sink.notices), lambda count: count >= heard + 2)
        self.assertEqual(
            [notice.sequence for notice in sink.notices], list(range(1, len(sink.notices) + 1))
        )
        self.assertEqual(len({(one.header["subscription"], one.epoch) for one in sink.notices}), 1)
        (self.home / "go").touch()
        poll(lambda: self.providers(url)["slow"], lambda row: row["state"] == "idle")
        slow = self.providers(url)["slow"]
        self.assertEqual((slow["runs"], slow["failures"]), ("1", "0"))
        got = self.gma("get", url, "{urn:example}Slow")
        self.assertIn("well ended", got.stdout)
        self.ask(connection, "GET", "/api/v1/status")
        self.assertIs(connection.sock, socket)
        self.assertEqual(node.signal(), 0)
        self.assertNotIn("Traceback", "".join(node.lines))

    def test_stopped(self) -> None:
        """A node that is told to end during a reload of a thousand providers ends at once, and well."""
        names = [f"p{number}" for number in range(1000)]
        # The file is being read, and what differs is being applied.
        for pause in (0.02, 0.4):
            node, _ = self.begin(good(*names).replace("1s", "1h"))
            self.configure(good(*names).replace("1s", "2h"))
            node.process.send_signal(signal.SIGHUP)
            time.sleep(pause)
            self.assertEqual(node.signal(), 0)
            self.assertNotIn("Traceback", "".join(node.lines))

    def test_pipe(self) -> None:
        """A pipe in place of the file is refused at once; nothing waits for it, and the file can come back."""
        node, url = self.begin(good("a"))
        file = self.home / "vo.toml"
        file.unlink()
        os.mkfifo(file)
        status, told = self.ask(self.connect(url))
        self.assertEqual(status, 400)
        self.assertEqual(told["mistakes"], [f"{file}: is no file; name a file that can be read"])
        file.unlink()
        self.configure(good("b"))
        status, told = self.ask(self.connect(url))
        self.assertEqual(
            (status, told["changed"]), (200, ["providers.a removed", "providers.b added"])
        )
        self.assertEqual(node.signal(), 0)

    def test_deadServer(self) -> None:
        """A file that never opens keeps the node neither from serving nor from ending."""
        self.configure(good("a"))
        (self.home / "gma_example.py").write_text(PROVIDER + DEAD)
        node = self.node("-c", "vo.toml")
        url = node.url()
        (self.home / "dead").touch()
        node.process.send_signal(signal.SIGHUP)
        self.assertEqual(fetch(f"{url}/-/healthy"), b"healthy\n")
        status, told = self.ask(self.connect(url))
        self.assertEqual(status, 409)
        self.assertIn("being read again already", str(told))
        self.assertEqual(node.signal(), 0)
        self.assertRegex(node.lines[-1], "Server Shut Down")
        self.assertNotIn("Traceback", "".join(node.lines))

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
