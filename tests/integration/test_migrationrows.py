"""docs/gt3-migration.md: its grid, and the command of every row, word by word but for ports and directory."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from twisted.trial.unittest import SkipTest

from gma_twisted.model import Language
from gma_twisted.queries.asking import whyMissing
from tests.integration.commandcase import CommandCase
from tests.integration.twistd import Node
from tests.migrationpage import HOME, PAGE, readFiles, readRows, shellOf
from tests.readme import ROOT, readBlocks

_PORTS = (8480, 8481, 8482, 8483)
# Values that other rows bring, or other nodes, may not have come the first time.
_TIMES = 5
_AT_ONCE = 4


class MigrationRowsTests(CommandCase):
    """The four nodes of the page."""

    timeout = 240

    def setUp(self) -> None:
        """Write what the page shows, and start its nodes and its job."""
        if not (ROOT / PAGE).exists():
            raise SkipTest("the documentation is not installed")
        if why := whyMissing(Language.XQUERY):
            raise SkipTest(why)
        if shutil.which("curl") is None:
            raise SkipTest("curl is not installed")
        super().setUp()
        self.ports = dict(zip(_PORTS, _freePorts(len(_PORTS)), strict=True))
        for name, text in readFiles().items():
            (self.home / name).write_text(self.here(text))
        blocks = [block.text for block in readBlocks(PAGE, "")]
        grid = next(at for at, text in enumerate(blocks) if text.startswith(f"mkdir -p {HOME} "))
        making, starting, converting = blocks[grid : grid + 3]
        ended = self.shell(self.here(making + converting))
        self.assertEqual(ended.returncode, 0, ended.stderr)
        job, *commands = starting.splitlines()
        # Ended here, whatever becomes of the shell that would start it.
        self.assertEqual(job, "sleep 3600 &")
        sleeping = subprocess.Popen(("sleep", "3600"))
        self.addCleanup(sleeping.wait)
        self.addCleanup(sleeping.kill)
        for node in [self.node(command) for command in commands]:
            node.url()

    def environment(self, **more: str) -> Mapping[str, str]:
        """With the programs beside this Python first."""
        found = super().environment(no_proxy="*", HOME=str(self.home), **more)
        return {**found, "PATH": f"{self.home}:{sys.executable.rpartition('/')[0]}:{found['PATH']}"}

    def node(self, command: str) -> Node:
        """Start a node by a command of the page, at its port here."""
        words = command.split()
        self.assertEqual(words[:3], ["twistd", "-n", "--pidfile="])
        port = self.ports[_PORTS[_KINDS.index(words[3])]]
        listen = (f"--listen=tcp:{port}:interface=127.0.0.1", f"--state-dir={self.home / words[3]}")
        return Node(self.home, self.addCleanup, *words[4:], *listen, kind=words[3])

    def here(self, text: str) -> str:
        """With the ports of the nodes that run, and the directory of the test."""
        for said, port in self.ports.items():
            text = text.replace(f"127.0.0.1:{said}", f"127.0.0.1:{port}")
        return text.replace(HOME, str(self.home))

    def wrong(self, command: str, prints: Sequence[str]) -> str:
        """Run a command in a shell that knows what the page defines. @return: what is wrong with it"""
        ended = self.shell(f"{self.here(shellOf())}\n{self.here(command)}")
        said = ended.stdout + ended.stderr
        missing = [word for word in map(self.here, prints) if word not in said]
        if not ended.returncode and not missing:
            return ""
        return f"{command}\n  exit status {ended.returncode}, without {missing}\n  {said[:500]}\n"

    def test_rows(self) -> None:
        """Every command ends well and prints its words."""
        wanted: dict[str, list[str]] = {}
        for row in readRows():
            wanted.setdefault(row.command, []).extend(row.prints)
        # What takes its time whatever the machine does: others run meanwhile.
        left = sorted(wanted, key=lambda one: "watched " not in one)
        wrong = ""
        with ThreadPoolExecutor(_AT_ONCE) as workers:
            for _ in range(_TIMES):
                found = list(workers.map(lambda one: self.wrong(one, wanted[one]), left))
                left = [one for one, why in zip(left, found, strict=True) if why]
                wrong = "".join(found)
        self.assertEqual(left, [], wrong)


_KINDS = ("gma-index", "gma-registry", "gma-rips", "gma-mmjfs")


def _freePorts(count: int) -> Sequence[int]:
    """Ports that nobody listens on now: files of several nodes name each other's."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


del CommandCase
