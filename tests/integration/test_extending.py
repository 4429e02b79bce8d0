"""The page "Extend a node", word by word but for the port: its package is proved, checked, run and asked."""

import sys
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

from gma_twisted.client import Proxy
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.model import Handle
from gma_twisted.soap.porttypes import GRID_SERVICE
from tests.integration.commandcase import LONGEST, CommandCase
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

PAGE, CONTAINER = "docs/howto-extend.md", "docs/container.md"


class ExtendingTests(CommandCase):
    """A directory with what the page says."""

    def setUp(self) -> None:
        """Write the classes, their tests and the configuration."""
        if not (ROOT / PAGE).exists():
            self.skipTest("the documentation is not installed")
        super().setUp()
        package = self.home / "mypkg"
        package.mkdir(mode=0o755)
        audited, count, proofs = (block.text for block in readBlocks(PAGE, "python"))
        greeting = readBlocks(CONTAINER, "python")[0].text
        for name, text in (
            ("audited", audited),
            ("count", count),
            ("test_mypkg", proofs),
            ("greeting", greeting),
        ):
            (package / f"{name}.py").write_text(text)
        sections = "\n".join(block.text for block in readBlocks(PAGE, "toml"))
        (self.home / "vo.toml").write_text(sections)
        blocks = [block.text for block in readBlocks(PAGE, "")]
        self.starting, self.asking, self.getting, self.proving = blocks

    def environment(self, **more: str) -> Mapping[str, str]:
        """With the programs beside this Python first."""
        found = super().environment(no_proxy="*", HOME=str(self.home), **more)
        return {**found, "PATH": f"{Path(sys.executable).parent}:{found['PATH']}"}

    def printed(self, command: str, base: str = "") -> str:
        """What a command prints that the page says; the node's port is put in."""
        ended = self.shell(command.replace("http://127.0.0.1:8480", base) if base else command)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return ended.stdout

    def node(self) -> Node:
        """A node of the page's configuration."""
        options = ("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(self.home / "state"))
        return Node(self.home, self.addCleanup, "-c", "vo.toml", *options)

    def test_proved(self) -> None:
        """The classes pass their contracts, and the node takes them, by the page's own commands."""
        told = self.printed(self.proving)
        self.assertIn("all right", told)
        self.assertIn("services: greeter", told)

    def test_started(self) -> None:
        """The page's command starts the node that its other commands ask."""
        self.assertEqual(self.starting.split()[-3:], ["gma-index", "-c", "vo.toml"])
        self.assertEqual(self.starting.split()[:-3], ["twistd", "-n", "--pidfile="])

    def test_served(self) -> None:
        """A node with them answers in the language, from the store, and has the service."""
        node = self.node()
        base = node.url()
        answer = etree.fromstring(self.printed(self.asking, base).encode())
        (count,) = answer.iter("{urn:example:count}count")
        self.assertGreater(int(count.text or "0"), 10)
        told = self.printed(self.getting, base)
        for name in ("Greeting", "NotificationSource", "GridService"):
            self.assertIn(name, told)
        there = Handle(f"{base}/services/greeter")
        proxy = Proxy((GRID_SERVICE,), there, BlockingCaller())
        asked = b'<count xmlns="urn:example:count" namespace="urn:none"/>'
        found = finished(proxy.findServiceData(asked))
        self.assertEqual(found.read(lambda root: root.text), "0")
        lines = (self.home / "audit.log").read_text().splitlines()
        self.assertTrue(any(line.endswith("gridServiceHandle") for line in lines), lines)
        self.assertTrue(all(line.split()[1] in "+-" for line in lines))

    def test_noStart(self) -> None:
        """A store that cannot open its file is one line, and the node ends."""
        text = (self.home / "vo.toml").read_text()
        (self.home / "vo.toml").write_text(text.replace("audit.log", "nowhere/audit.log"))
        node = self.node()
        self.assertEqual(node.process.wait(LONGEST), 1)
        self.assertTrue(node.waitFor("does not start"))
        (line,) = [one for one in node.lines if one.startswith("[store]")]
        self.assertIn("[store] mypkg.audited:AuditedStore does not start: FileNotFoundError", line)
