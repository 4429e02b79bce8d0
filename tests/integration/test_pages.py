"""What pages of the documentation show, word by word but for the port, on a node of their TOML."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup.namespaces import OGSI
from tests.integration.foreign.makers import makeZeep
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

CONTAINER, SERVICE_DATA = "docs/container.md", "docs/servicedata.md"
NOTIFICATION = "docs/notification.md"
# As without a configuration, but that nobody waits 5 seconds for the next notice.
_SYSTEM = """
[providers.system]
class = "SimpleSystemInformationProvider"
interval = "200ms"
"""


class PageTests(SynchronousTestCase):
    """A node with what the pages configure."""

    timeout = 60

    def setUp(self) -> None:
        """Start it."""
        if not (ROOT / CONTAINER).exists():
            self.skipTest("the documentation is not installed")
        self.home = Path(self.mktemp()).absolute()
        (self.home / "mypkg").mkdir(parents=True, mode=0o755)
        self.greeting, self.greet = (block.text for block in readBlocks(CONTAINER, "python"))
        (self.home / "mypkg" / "greeting.py").write_text(self.greeting)
        tables = [
            block.text for page in (CONTAINER, SERVICE_DATA) for block in readBlocks(page, "toml")
        ]
        (self.home / "vo.toml").write_text("\n".join([*tables, _SYSTEM]))
        state = ("--state-dir", str(self.home / "state"))
        listen = ("--listen", "tcp:0:interface=127.0.0.1")
        node = Node(self.home, self.addCleanup, "-c", "vo.toml", *listen, *state)
        self.base = node.url()

    def output(self, *command: str) -> str:
        """What a command prints that must succeed; the node's port is put in."""
        here = [word.replace("http://127.0.0.1:8480", self.base) for word in command]
        environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "no_proxy": "*"}
        ended = subprocess.run(
            here, env=environment, capture_output=True, text=True, timeout=50, check=False
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def find(self, path: str, name: str) -> list[Any]:
        """Values of service data."""
        return list(makeZeep(self.base + path).find(name))

    def test_createService(self) -> None:
        """The curl command makes a service that has the service data asked for."""
        (command,) = (block.text for block in readBlocks(CONTAINER, "") if "curl" in block.text)
        told = self.output("/bin/sh", "-c", command.replace("curl", "curl -s", 1))
        answer = etree.fromstring(told.encode())[0][0]
        self.assertEqual(etree.QName(answer).localname, "createServiceResponse", told)
        handle = answer.findtext(f"{{{OGSI}}}locator/{{{OGSI}}}handle") or ""
        names = makeZeep(handle).findNative(f"{{{OGSI}}}serviceDataName")
        self.assertIn("note", [name.rpartition(":")[2] for name in names])

    def test_greeter(self) -> None:
        """A client makes a service of the class the page shows, and is greeted by it as configured."""
        self.assertEqual(self.output(sys.executable, "-c", self.greet), "hello hello world\n")

    def test_setServiceData(self) -> None:
        """The program sets what the page declares."""
        path, name = "/services/index", "{urn:example:site}State"
        self.assertEqual([value.text for value in self.find(path, name)], ["open"])
        (program,) = readBlocks(SERVICE_DATA, "python")
        self.output(sys.executable, "-c", program.text)
        self.assertEqual([value.text for value in self.find(path, name)], ["closed"])

    def test_subscribe(self) -> None:
        """The program hears three notices, and leaves no subscription."""
        (program,) = readBlocks(NOTIFICATION, "python")
        lines = self.output(sys.executable, "-c", program.text).splitlines()
        self.assertEqual([len(line.split()) for line in lines], [2, 2, 2])
