"""What docs/access.md says, word by word but for the port; and a sample of the matrix by real HTTP."""

import socket
import subprocess
from pathlib import Path

from twisted.trial.unittest import SkipTest

from gma_twisted.configuration import readConfiguration
from gma_twisted.model import Access
from gma_twisted.nodes.kind import INDEX
from tests.integration.commandcase import CommandCase
from tests.integration.twistd import Node
from tests.nodes.accessing import (
    ALLOWED,
    NOBODY,
    OPERATIONS,
    ROLES,
    configurationOf,
    httpRequest,
)
from tests.readme import ROOT, Block, readBlocks

PAGE = "docs/access.md"
_PORT = "127.0.0.1:8480"
_LISTEN = "tcp:0:interface=127.0.0.1"


class PageCase(CommandCase):
    """A home in which the page is followed."""

    def setUp(self) -> None:
        """Read it."""
        super().setUp()
        if not (ROOT / PAGE).exists():
            raise SkipTest("the documentation is not installed")
        self.blocks = list(readBlocks(PAGE))

    def block(self, start: str) -> Block:
        """The one that begins so."""
        [found] = [one for one in self.blocks if one.text.startswith(start)]
        return found

    def after(self, block: Block) -> str:
        """What is shown after it."""
        return self.blocks[self.blocks.index(block) + 1].text

    def follow(self, block: Block, port: str = _PORT) -> "subprocess.CompletedProcess[str]":
        """Run the commands of a block."""
        return self.shell(block.text.replace(_PORT, port), no_proxy="*")

    def write(self) -> str:
        """The configuration, as the page makes it."""
        made = self.follow(self.block("gma token new"))
        self.assertEqual(made.returncode, 0, made.stderr)
        path = self.home / "vo.toml"
        path.write_text(path.read_text() + self.block("[access]").text)
        return str(path)


class PageTests(PageCase):
    """Every command of the page."""

    def test_policy(self) -> None:
        """What is checked and explained is what the page shows."""
        self.write()
        for start in (
            "gma policy check",
            "gma policy explain -c vo.toml site-a reg",
            "gma policy explain -c vo.toml site-a des",
        ):
            block = self.block(start)
            said = self.follow(block)
            self.assertEqual((said.returncode, said.stdout), (0, self.after(block)), said.stderr)

    def test_node(self) -> None:
        """A node with it does what the page says."""
        Path(self.write())
        command = self.block("twistd").text.split()
        self.assertEqual(command[:3], ["twistd", "-n", "gma-index"])
        options = (*command[3:], "--listen", _LISTEN, "--state-dir", str(self.home / "state"))
        port = Node(self.home, self.addCleanup, *options).url().removeprefix("http://")
        registering = self.follow(self.block("gma --token-file site-a.token register"), port)
        self.assertEqual(registering.returncode, 0, registering.stderr)
        self.assertIn(f"http://{port}/services/index/entries/", registering.stdout)
        other = self.follow(self.block("gma --token-file site-b.token unregister"), port)
        self.assertEqual(other.returncode, 1, other.stdout)
        self.assertIn("site-b has no entry of", other.stderr)
        shown = self.follow(self.block("curl"), port)
        self.assertEqual(shown.stdout, self.after(self.block("curl")))

    def test_classes(self) -> None:
        """The table has every class."""
        text = (ROOT / PAGE).read_text()
        for one in Access:
            self.assertIn(f"\n| `{one.value}` | ", text)

    def test_configuration(self) -> None:
        """The rules read well, and every operation that is named is one."""
        readConfiguration(self.block("[access]").text, PAGE)
        for name in ("registerService", "renewServices", "executeProvider", "deliverNotification"):
            self.assertIn(name, OPERATIONS)


class SampleTests(CommandCase):
    """Real sockets."""

    def test_sample(self) -> None:
        """A read, a write and a page for everybody; what is answered is what the class says."""
        (self.home / "vo.toml").write_text(configurationOf())
        options = ("-c", "vo.toml", "--listen", _LISTEN, "--state-dir", str(self.home / "state"))
        url = Node(self.home, self.addCleanup, *options).url()
        port = int(url.rpartition(":")[2])
        for role in ROLES:
            for name in ("listSubscriptions", "registerService", "executeProvider"):
                operation = OPERATIONS[name]
                answer = self.exchange(port, httpRequest(role, INDEX.path, operation))
                isRefused = b"may not call" in answer
                self.assertEqual(not isRefused, role in ALLOWED[operation.access], f"{role} {name}")
            status = self.exchange(port, httpRequest(role, "/metrics")).split()[1]
            wanted = b"401" if role == NOBODY else b"200"
            self.assertEqual(status, wanted, role)

    def exchange(self, port: int, request: bytes) -> bytes:
        """One request on one connection, and all that is answered."""
        with socket.create_connection(("127.0.0.1", port), 20.0) as connection:
            connection.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            pieces = []
            while piece := connection.recv(65536):
                pieces.append(piece)
        return b"".join(pieces)
