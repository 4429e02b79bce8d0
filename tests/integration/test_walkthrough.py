"""A newcomer's provider, taken out of the pages word by word: written, proved, checked, run and read."""

import subprocess
import sys
from pathlib import Path

from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from tests.integration.foreign.makers import makeZeep
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.readme import readBlocks

DISK = "{urn:example:disk}Disk"
STATUS = "{urn:gma-twisted:2026:core}providerStatus"


class WalkthroughMixin(SynchronousTestCase):
    """
    A directory with what the page says.

    @cvar page: its path
    """

    page = ""
    timeout = 60

    def setUp(self) -> None:
        """Write the class, its test and the configuration."""
        self.home = Path(self.mktemp()).absolute()
        package = self.home / "mypkg"
        package.mkdir(parents=True, mode=0o755)
        provider, contract = readBlocks(self.page, "python")
        (package / "disk.py").write_text(provider.text)
        (package / "test_disk.py").write_text(contract.text)
        entries = [block.text for block in readBlocks(self.page, "toml")]
        (self.home / "vo.toml").write_text("\n".join(entries))

    def shell(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command as the page says it, with the programs beside this Python first."""
        return subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.home,
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    def test_contract(self) -> None:
        """Its test passes, run as the page says."""
        ended = self.shell("python -m twisted.trial mypkg.test_disk")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertRegex(ended.stdout, r"PASSED \(successes=[4-9]\)")

    def test_check(self) -> None:
        """The node accepts its configuration."""
        ended = self.shell("twistd -n --pidfile= gma-index -c vo.toml --check")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_read(self) -> None:
        """A node with it answers the value under the name the page says, and its status."""
        state = ("--state-dir", str(self.home / "state"))
        listen = ("--listen", "tcp:0:interface=127.0.0.1")
        node = Node(self.home, self.addCleanup, "-c", "vo.toml", *listen, *state)
        client = makeZeep(f"{node.url()}/services/index")
        (disk,) = poll(lambda: client.find(DISK), lambda values: len(values) == 1)
        total, free = (int(disk.attributes[name]) for name in ("total", "free"))
        self.assertTrue(0 < free < total)
        runs = [etree.tostring(status) for status in client.findNative(STATUS)]
        self.assertTrue(any(b">disk</" in run and b">1</gma:runs>" in run for run in runs), runs)


class READMETests(WalkthroughMixin):
    """README.md, "A provider in ten lines"."""

    page = "README.md"

    def test_commands(self) -> None:
        """The commands the tests here run are the ones README.md names."""
        text = " ".join(block.before for block in readBlocks(self.page)).replace("\n", " ")
        self.assertIn("`twistd -n --pidfile= gma-index -c vo.toml`", text)
        self.assertIn("`python -m twisted.trial mypkg.test_disk`", text)
        self.assertIn(f"`{DISK}`", text)

    def test_missingMember(self) -> None:
        """A class that misses a member is refused in one line, before a port opens."""
        module = self.home / "mypkg" / "disk.py"
        module.write_text(module.read_text().replace("def provide", "def produce"))
        ended = self.shell("twistd -n --pidfile= gma-index -c vo.toml")
        self.assertEqual(ended.returncode, 1, ended.stdout)
        (line,) = ended.stderr.splitlines()
        self.assertRegex(
            line,
            r"^vo\.toml:2:\d+: .*mypkg\.disk:DiskProvider.*missing provide\(\); correct the class.*$",
        )
        self.assertNotIn("starting on", ended.stdout)

    def test_misspeltKey(self) -> None:
        """A misspelt key is named in one line, with the right one."""
        configuration = self.home / "vo.toml"
        configuration.write_text(configuration.read_text().replace("interval", "intervall"))
        ended = self.shell("twistd -n --pidfile= gma-index -c vo.toml")
        self.assertEqual(ended.returncode, 1, ended.stdout)
        (line,) = ended.stderr.splitlines()
        self.assertRegex(line, r'^vo\.toml:3:1: .*"intervall".*did you mean "interval"\?$')


class HowToTests(WalkthroughMixin):
    """The page "Write a provider"."""

    page = "docs/howto-provider.md"


del WalkthroughMixin
