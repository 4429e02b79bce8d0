"""What docs/audit.md says, word by word but for the port."""

import json
import shlex

from twisted.trial.unittest import SkipTest

from gma_twisted.configuration import readConfiguration
from gma_twisted.security.audit.reading import NAME
from tests.integration.commandcase import CommandCase
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

_PAGE = "docs/audit.md"
_THERE = "127.0.0.1:8481"


class PageTests(CommandCase):
    """The commands of the page."""

    def setUp(self) -> None:
        """Read it."""
        super().setUp()
        if not (ROOT / _PAGE).exists():
            raise SkipTest("the documentation is not installed")

    def test_commands(self) -> None:
        """The registry starts, every command beside it ends well, and the file is as the page shows it."""
        started, *commands = [
            line for block in readBlocks(_PAGE, "") for line in block.text.splitlines()
        ]
        _, _, _, kind, *options = shlex.split(started)
        listen = ("--listen", "tcp:0:interface=127.0.0.1")
        node = Node(self.home, self.addCleanup, *options, *listen, kind=kind)
        there = node.url().removeprefix("http://")
        self.assertEqual(len(commands), 4)
        for command in commands:
            done = self.shell(command.replace(_THERE, there))
            self.assertEqual(done.returncode, 0, done.stderr)
        (shown,) = [json.loads(block.text) for block in readBlocks(_PAGE, "json")]
        (line,) = (self.home / "state" / NAME).read_text().splitlines()
        written = json.loads(line)
        self.assertEqual(list(written), list(shown))
        for name in (
            "sequence",
            "who",
            "from",
            "operation",
            "path",
            "target",
            "result",
            "previous",
        ):
            self.assertEqual(written[name], shown[name])
        (table,) = [block.text for block in readBlocks(_PAGE, "text")]
        verified = done.stdout.replace(written["hash"], shown["hash"])
        self.assertEqual(verified.split(), table.split())

    def test_broken(self) -> None:
        """What verify finds is told with file and line; exit status 1, and 2 of a command line without a file."""
        for block in readBlocks(_PAGE, "toml"):
            readConfiguration(block.text, "vo.toml")
        node = Node(
            self.home,
            self.addCleanup,
            *("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", "state"),
            kind="gma-registry",
        )
        there = node.url().removeprefix("http://")
        for name in ("a", "b"):
            self.assertEqual(
                self.gma("register", there, f"http://h:1/services/{name}").returncode, 0
            )
        node.signal()
        path = self.home / "state" / NAME
        path.write_bytes(path.read_bytes().replace(b"services/b", b"services/c"))
        done = self.gma("audit", "verify", "state", "-o", "json")
        self.assertEqual(done.returncode, 1)
        broken = json.loads(done.stdout)["broken"]
        said = "the line is not as it was written"
        self.assertEqual(broken, {"kind": "changed", "file": str(path), "line": 2, "said": said})
        table = self.gma("audit", "verify", str(path))
        self.assertEqual(table.returncode, 1)
        self.assertIn("WRONG", table.stdout)
        self.assertIn(said, table.stdout)
        self.assertEqual(self.gma("audit", "show", "state", "--who", "eve").returncode, 1)
        self.assertEqual(self.gma("audit", "verify", ".").returncode, 1)
        self.assertEqual(self.gma("audit", "verify").returncode, 2)
