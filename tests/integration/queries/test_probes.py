"""Nothing that is outside of the values is reached by an expression."""

import re
import socket
import threading
from pathlib import Path
from uuid import uuid4

import psutil
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.model import Language
from gma_twisted.queries.asking import whyMissing
from tests.integration.queries.beside import endingOf
from tests.integration.queries.node import Asked, Asker, QueryNode
from tests.integration.queries.probes import PROBES, Places

_VARIABLE = "GMA_CANARY"
# Times and numbers of a message.
_OWN = re.compile(rb"\b[0-9a-f]{12}\b|\d{4}-\d\d-\d\dT[0-9:.]+Z?")


class _Listener:
    """
    Where no connection should come.

    @ivar connections: that came
    """

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        """End."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


class ProbeTests(SynchronousTestCase):
    """A node with canaries around it."""

    timeout = 120

    def setUp(self) -> None:
        """Put them there."""
        if whyMissing(Language.XQUERY):
            raise SkipTest("saxonche is not installed")
        self.canaries: dict[str, str] = {}
        # The node's own directory has one for a name: an expression that knows it has asked where it is.
        self.home = Path(self.mktemp()).absolute() / self.canary("directory")
        self.home.mkdir(parents=True)
        elsewhere = Path(self.mktemp()).absolute()
        elsewhere.mkdir()
        self.file = elsewhere / "a.xml"
        self.file.write_text(f"<a>{self.canary('file')}</a>")
        (self.home / "beside.xml").write_text(f"<a>{self.canary('beside')}</a>")
        self.made = elsewhere / "made.xml"
        self.listener = _Listener()
        self.addCleanup(self.listener.close)
        environment = {_VARIABLE: self.canary("variable")}
        limits = 'query_timeout = "20s"\nquery_cpu = "20s"\n'
        self.node = QueryNode(self.home, self.addCleanup, limits, environment)

    def canary(self, name: str) -> str:
        """A secret."""
        return self.canaries.setdefault(name, f"Canary{uuid4().hex}")

    def ask(self, file: str) -> dict[str, Asked]:
        """All of them. @param file: where they look for one"""
        places = Places(
            file=file,
            beside="beside.xml",
            variable=_VARIABLE,
            port=self.listener.port,
            made=str(self.made),
        )
        asker = Asker(self.node.port)
        self.addCleanup(asker.close)
        return {one.name: asker.ask(one.at(places).question) for one in PROBES}

    def test_places(self) -> None:
        """What they look for is there for who can get there."""
        self.assertIn(self.canaries["file"], self.file.read_text())
        node = self.node.process
        self.assertEqual(node.environ()[_VARIABLE], self.canaries["variable"])
        self.assertEqual(Path(node.cwd()).name, self.canaries["directory"])
        with socket.create_connection(("127.0.0.1", self.listener.port)) as connection:
            connection.recv(1)
        self.assertEqual(self.listener.connections, 1)

    def test_contained(self) -> None:
        """No canary comes back, nobody is called, nothing made, no worker ends, nor is told whether a file exists."""
        found = self.ask(str(self.file))
        self.assertGreaterEqual(len(found), 16)
        workers = self.node.workers()
        ends = {name: endingOf(asked.error) for name, asked in found.items()}
        self.assertEqual(
            {name for name, how in ends.items() if how not in ("answered", "refused")}, set()
        )
        missing = str(self.file.with_name("b.xml"))
        for name, asked in self.ask(missing).items():
            expected = found[name].body.replace(str(self.file).encode(), missing.encode())
            self.assertEqual(_said(asked.body), _said(expected), name)
        self.assertEqual(self.node.workers(), workers)
        for worker in workers:
            self.assertEqual(psutil.Process(worker.pid).net_connections("inet"), [])
        self.assertEqual(self.listener.connections, 0)
        self.assertFalse(self.made.exists())
        self.assertEqual(self.node.node.signal(), 0)
        seen = {name: asked.body.decode() for name, asked in found.items()}
        seen["the log"] = "".join(
            line for line in self.node.node.lines if "serves, state in" not in line
        )
        seen["the audit"] = (self.home / "state" / "audit.jsonl").read_text()
        self.assertEqual(
            [
                (where, what)
                for where, text in seen.items()
                for what, canary in self.canaries.items()
                if canary in text
            ],
            [],
        )


def _said(body: bytes) -> bytes:
    """A body without what is another one each time."""
    return _OWN.sub(b"", body)
