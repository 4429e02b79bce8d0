"""`twistd gma-index` as a user starts and stops it: real processes, real sockets."""

import importlib.util
import json
import os
import re
import signal
import socket
import time
from http.client import HTTPConnection
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted import __version__
from tests.configuration.broken import CASES
from tests.integration.twistd import Node, fetch, run
from tests.nodes.refused import CASES as REFUSED

ANY = "tcp:0:interface=127.0.0.1"

HOST = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    b'<findServiceData xmlns="http://www.gridforum.org/namespaces/2003/03/OGSI"><queryExpression>'
    b"<queryByServiceDataNames><name>{http://glue.base.ogsa.globus.org/ce/1.1}Host</name>"
    b"</queryByServiceDataNames></queryExpression></findServiceData></e:Body></e:Envelope>"
)

PROVIDER = """
from zope.interface import implementer
from gma_twisted.interfaces import ISimpleDataProvider

@implementer(ISimpleDataProvider)
class Good:
    name = "good"
    description = "a document that never changes"

    async def provide(self) -> bytes:
        return b'<Good xmlns="urn:example"/>'

@implementer(ISimpleDataProvider)
class Lame:
    name = "lame"
    description = "lacks provide"
"""


class TwistdCase(SynchronousTestCase):
    """A home directory of its own."""

    def setUp(self) -> None:
        """Make it."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir(mode=0o755)
        self.state = self.home / "state"

    def node(self, *options: str, reactor: str = "epoll", isForked: bool = True) -> Node:
        """Start a node on a free port."""
        return Node(
            self.home,
            self.addCleanup,
            "--listen",
            ANY,
            "--state-dir",
            str(self.state),
            *options,
            reactor=reactor,
            isForked=isForked,
        )

    def configure(self, text: str) -> None:
        """Write vo.toml and a module beside it."""
        (self.home / "vo.toml").write_text(text)
        (self.home / "gma_example.py").write_text(PROVIDER)

    def refused(self, *options: str) -> str:
        """Start a node that must not start. @return: the one line it says, besides twistd's own log"""
        ended = run(self.home, *options)
        self.assertEqual(ended.returncode, 1, ended)
        self.assertNotIn("Traceback", ended.stdout + ended.stderr)
        (line,) = ended.stderr.splitlines()
        return line


class ServingTests(TwistdCase):
    """A node without any configuration."""

    def serves(self, reactor: str) -> None:
        """It serves, shows itself, and ends well."""
        node = self.node(reactor=reactor)
        url = node.url()
        self.assertIn(b"<h1>index-0</h1>", fetch(f"{url}/"))
        self.assertEqual(fetch(f"{url}/-/healthy"), b"healthy\n")
        wsdl = fetch(f"{url}/services/index?wsdl").decode()
        self.assertIn(f'location="{url}/services/index"', wsdl)
        answer = fetch(f"{url}/services/index", HOST).decode()
        self.assertRegex(answer, r'RAMAvailable="[1-9]\d*"')
        self.assertIn(f'gma:originator="{url}/services/index"', answer)
        self.assertEqual(node.signal(), 0)
        self.assertRegex(node.lines[-1], "Server Shut Down")
        self.assertNotIn("Traceback", "".join(node.lines))
        self.assertNotIn("Unhandled", "".join(node.lines))

    def test_epoll(self) -> None:
        """On Twisted's own reactor."""
        self.serves("epoll")

    def test_asyncio(self) -> None:
        """On asyncio's loop."""
        self.serves("asyncio")

    def test_uvloop(self) -> None:
        """On a uvloop, with the extra."""
        if importlib.util.find_spec("uvloop") is None:
            self.skipTest("the extra fast is not installed")
        self.serves("gma-uvloop")

    def test_interrupt(self) -> None:
        """Ctrl-C ends it as well as SIGTERM."""
        node = self.node()
        node.url()
        self.assertEqual(node.signal(signal.SIGINT), 0)

    def test_hints(self) -> None:
        """It says where its page and its WSDL are and three things to try."""
        node = self.node()
        url = node.url()
        node.waitFor(f"WSDL +{re.escape(url)}/services/index[?]wsdl$")
        node.waitFor("try .*zeep")
        self.assertEqual(len([line for line in node.lines if "] try  " in line]), 3)

    def test_restart(self) -> None:
        """It is the same node after a restart: the nodeId stays, and the lock was let go."""
        for _ in range(2):
            node = self.node(isForked=False)
            node.url()
            self.assertEqual(node.signal(), 0)
        self.assertEqual(len((self.state / "node-id").read_text().strip()), 36)

    def test_idleConnection(self) -> None:
        """A keep-alive connection without a request does not keep it from stopping."""
        node = self.node()
        idle = HTTPConnection(node.url().removeprefix("http://"), timeout=30)
        self.addCleanup(idle.close)
        idle.request("GET", "/-/healthy")
        self.assertEqual(idle.getresponse().read(), b"healthy\n")
        began = time.monotonic()
        self.assertEqual(node.signal(), 0)
        self.assertLess(time.monotonic() - began, 5)
        assert idle.sock is not None
        self.assertEqual(idle.sock.recv(1), b"")


class ConfiguredTests(TwistdCase):
    """A node with a configuration."""

    def test_provider(self) -> None:
        """A class beside the configuration file is found, run and answered for."""
        self.configure("[providers.good]\nclass = 'gma_example:Good'\ninterval = '0s'\n")
        url = self.node("-c", "vo.toml", "--name", "site").url()
        status = json.loads(fetch(f"{url}/api/v1/status"))
        self.assertEqual(status["name"], "site")
        self.assertEqual([row["name"] for row in status["providers"]], ["good"])
        self.assertEqual(status["providers"][0]["runs"], "1")

    def test_check(self) -> None:
        """--check says all right, starts nothing and writes nothing."""
        self.configure("[providers.good]\nclass = 'gma_example:Good'\n")
        ended = run(self.home, "-c", "vo.toml", "--check", "--state-dir", str(self.state))
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertEqual(
            ended.stdout,
            "gma-index: all right; listens on tcp:8480:interface=127.0.0.1; providers: good\n",
        )
        self.assertFalse(self.state.exists())

    def test_checkWarns(self) -> None:
        """A program that is not there is a warning: the file system it is on may be mounted later."""
        self.configure("[providers.a]\ncommand = ['/nowhere/x']\n")
        ended = run(self.home, "-c", "vo.toml", "--check")
        self.assertEqual(
            (ended.returncode, ended.stderr),
            (
                0,
                "vo.toml:2:11: providers.a.command: warning: program /nowhere/x cannot be run: "
                "No such file or directory\n",
            ),
        )

    def test_startWarns(self) -> None:
        """A node that is started all the same logs the same words, once."""
        self.configure("[providers.a]\ncommand = ['/nowhere/x']\n")
        (line,) = run(self.home, "-c", "vo.toml", "--check").stderr.splitlines()
        node = self.node("-c", "vo.toml")
        node.url()
        node.waitFor(re.escape(line))
        self.assertEqual(node.signal(), 0)
        self.assertEqual("".join(node.lines).count(line), 1)

    def test_version(self) -> None:
        """--version is the node's, not Twisted's."""
        ended = run(self.home, "--version")
        self.assertEqual((ended.returncode, ended.stdout), (0, f"gma-index {__version__}\n"))

    def test_checkFails(self) -> None:
        """--check tells every mistake and how many there are, with exit status 1."""
        self.configure("[providers.a]\nclass = 'gma_example:Lame'\n[providers.b]\nclass = 'x:Y'\n")
        ended = run(self.home, "-c", "vo.toml", "--check")
        self.assertEqual((ended.returncode, ended.stdout), (1, ""))
        first, second, last = ended.stderr.splitlines()
        self.assertEqual(
            first,
            'vo.toml:2:9: providers.a.class "gma_example:Lame" does not provide '
            "ISimpleDataProvider: missing provide(); correct the class, or name another",
        )
        self.assertEqual(
            second,
            'vo.toml:4:9: providers.b.class "x:Y": no module "x"; modules are looked for '
            f"on PYTHONPATH and in {self.home}: put it there",
        )
        self.assertEqual(last, "2 errors")


class RefusedTests(TwistdCase):
    """What is refused in one line, with exit status 1."""

    def test_sample(self) -> None:
        """A broken configuration has the same lines with --check and at a start, and nothing is written by either."""
        for text, lines in (CASES[0], CASES[60], REFUSED[-1]):
            self.configure(text)
            before = sorted(self.home.iterdir())
            count = [f"{len(lines)} errors"] if len(lines) > 1 else []
            for words in (("--check",), ("--listen", ANY)):
                ended = run(self.home, "-c", "vo.toml", "--state-dir", str(self.state), *words)
                self.assertEqual((ended.returncode, ended.stdout), (1, ""))
                self.assertEqual(ended.stderr.splitlines(), [*lines, *count])
            self.assertEqual(sorted(self.home.iterdir()), before)

    def test_missingMember(self) -> None:
        """A class that lacks a method is named before anything is opened or written."""
        self.configure("[providers.a]\nclass = 'gma_example:Lame'\n")
        line = self.refused("-c", "vo.toml", "--listen", ANY, "--state-dir", str(self.state))
        self.assertEqual(
            line,
            'vo.toml:2:9: providers.a.class "gma_example:Lame" does not provide '
            "ISimpleDataProvider: missing provide(); correct the class, or name another",
        )
        self.assertFalse(self.state.exists())

    def test_key(self) -> None:
        """A misspelt key is placed, with the one that was meant."""
        self.configure("[node]\nnam = 'x'\n")
        line = self.refused("-c", "vo.toml")
        self.assertEqual(line, 'vo.toml:2:1: node: unknown key "nam"; did you mean "name"?')

    def test_option(self) -> None:
        """So is an option."""
        line = self.refused("--lisen", ANY)
        self.assertEqual(line, "gma-index: option --lisen not recognized; --help names the options")

    def test_public(self) -> None:
        """An address others can reach needs --insecure."""
        line = self.refused("--listen", "tcp:0", "--state-dir", str(self.state))
        self.assertEqual(
            line,
            '--listen: "tcp:0" lets other machines in, and there is neither TLS nor authentication; '
            "write interface=127.0.0.1, or spell out --insecure",
        )

    def test_busyPort(self) -> None:
        """A port that is taken is named with a cure."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            listen = f"tcp:{port}:interface=127.0.0.1"
            line = self.refused("--listen", listen, "--state-dir", str(self.state))
        self.assertEqual(
            line,
            f"{listen}: port {port} is in use; stop what listens there, "
            f"or choose another: --listen tcp:{port + 1}:interface=127.0.0.1",
        )

    def test_secondNode(self) -> None:
        """A second node on one state directory is told who has it."""
        node = self.node()
        node.url()
        line = self.refused("--listen", ANY, "--state-dir", str(self.state))
        self.assertEqual(
            line,
            f"state directory {self.state} belongs to a running node (process "
            f"{node.process.pid}); stop it, or give this node its own with --state-dir",
        )
        self.assertEqual(node.signal(), 0)


class DaemonTests(TwistdCase):
    """A node that goes into the background."""

    def start(self, *options: str) -> tuple[int, str]:
        """Start one. @return: exit status and what it printed"""
        before = [f"--pidfile={self.home}/pid", f"--logfile={self.home}/log"]
        ended = run(self.home, "--state-dir", str(self.state), *options, before=before)
        return ended.returncode, ended.stdout + ended.stderr

    def test_runs(self) -> None:
        """It runs with its ports open when the command returns, and ends by its pid file."""
        self.assertEqual(self.start("--listen", ANY), (0, ""))
        pid = int((self.home / "pid").read_text())
        self.addCleanup(self.end, pid)
        log = (self.home / "log").read_text()
        found = re.search(r"status page +(http://\S+)/$", log, re.MULTILINE)
        assert found is not None, log
        self.assertEqual(fetch(f"{found[1]}/-/healthy"), b"healthy\n")
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 10
        while (self.home / "pid").exists() and time.monotonic() < until:
            time.sleep(0.02)
        self.assertFalse((self.home / "pid").exists())

    def end(self, pid: int) -> None:
        """Kill what is left of it."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def test_damaged(self) -> None:
        """A journal that cannot be used keeps it from starting, too: status 1, and the reason on the terminal."""
        self.state.mkdir()
        (self.state / "registrations.db").write_bytes(b"no journal" * 1000)
        status, said = self.start("--listen", ANY)
        self.assertEqual(status, 1)
        self.assertIn("the journal /", said)
        self.assertIn("registrations.db cannot be used", (self.home / "log").read_text())

    def test_busyPort(self) -> None:
        """What keeps it from starting is on the terminal, cut, and whole in its log; status 1."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            status, said = self.start("--listen", f"tcp:{port}:interface=127.0.0.1")
        self.assertEqual(status, 1)
        self.assertIn(f"tcp:{port}:interface=127.0.0.1: port {port} is in use", said)
        log = (self.home / "log").read_text()
        self.assertIn(f"or choose another: --listen tcp:{port + 1}:interface=127.0.0.1", log)
