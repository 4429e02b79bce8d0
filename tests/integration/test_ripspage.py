"""docs/rips.md, word by word but for the ports: its commands, its configurations and its programs."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gma_twisted.configuration import readConfiguration
from gma_twisted.markup.jobs import JOB, QUEUE, SCHEDULER
from gma_twisted.model.job import GramStatus
from gma_twisted.nodes import RIPS
from tests.integration.commandcase import LONGEST, CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

PAGE = "docs/rips.md"


class RIPSPageTests(CommandCase):
    """A directory with what the page says."""

    def setUp(self) -> None:
        """Read the page, and run a job."""
        if not (ROOT / PAGE).exists():
            self.skipTest("the documentation is not installed")
        super().setUp()
        self.text = (ROOT / PAGE).read_text()
        self.blocks = [block.text for block in readBlocks(PAGE, "")]
        self.rips, self.mmjfs = (block.text for block in readBlocks(PAGE, "toml"))
        self.bases: dict[str, str] = {}
        self.job = subprocess.Popen(("sleep", "600"))
        self.addCleanup(self.job.wait)
        self.addCleanup(self.job.kill)

    def environment(self, **more: str) -> Mapping[str, str]:
        """With the programs beside this Python first."""
        found = super().environment(no_proxy="*", HOME=str(self.home), **more)
        return {**found, "PATH": f"{self.home}:{sys.executable.rpartition('/')[0]}:{found['PATH']}"}

    def node(self, command: str, port: str) -> None:
        """Start a node by a command of the page."""
        words = command.split()
        self.assertEqual(words[:3], ["twistd", "-n", "--pidfile="])
        listen = ("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(self.home / port))
        url = Node(self.home, self.addCleanup, *words[4:], *listen, kind=words[3]).url()
        self.bases[f"127.0.0.1:{port}"] = url.removeprefix("http://")

    def block(self, words: str) -> str:
        """The block with these words, with the ports of the nodes that run."""
        (text,) = (one for one in self.blocks if words in one)
        return self.here(text)

    def here(self, text: str) -> str:
        """With the ports of the nodes that run."""
        for said, base in self.bases.items():
            text = text.replace(said, base)
        return text

    def printed(self, command: str) -> str:
        """What a command prints that succeeds, now or soon."""
        ended = poll(lambda: self.shell(command), lambda one: one.returncode == 0, LONGEST)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return ended.stdout

    def values(self, node: str, name: str) -> list[Any]:
        """Values of a node."""
        found: list[Any] = json.loads(self.printed(f"gma get {self.here(node)} {name} -o json"))
        return found

    def test_here(self) -> None:
        """Without a configuration the commands tell of this machine's processes."""
        self.node(self.blocks[0], "8482")
        for command in self.block("gma ls 127.0.0.1:8482\n").splitlines():
            self.assertTrue(self.printed(command))
        jobs = self.values("127.0.0.1:8482", "rips:Job")
        (mine,) = (one for one in jobs if one["key"] == f"pid-{self.job.pid}")
        self.assertEqual(
            (mine["value"]["gramStatus"], mine["value"]["jobname"]), ("Active", "sleep")
        )

    def test_configured(self) -> None:
        """The configuration, the program and the place-holder; and the MMJFS with what the RIPS has."""
        (self.home / "rips.toml").write_text(self.rips)
        self.node(self.block("-c rips.toml"), "8482")
        node = "127.0.0.1:8482"
        jobs = [one["key"] for one in self.values(node, "rips:Job")]
        self.assertIn(f"pid-{self.job.pid}", jobs)
        (program,) = (block.text for block in readBlocks(PAGE, "python"))
        ended = subprocess.run(
            (sys.executable, "-c", self.here(program)),
            env=dict(self.environment()),
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(len(self.values(node, "glue:Host")), 1)
        (host,) = (one for one in self.values(node, "gma:providerStatus") if one["key"] == "host")
        # Fixed by the first call; the second ran it once more.
        last, following = (
            datetime.fromisoformat(host["value"][name]) for name in ("lastRun", "nextRun")
        )
        self.assertEqual(host["value"]["runs"], "2")
        self.assertLess((following - last).total_seconds(), 10.1)
        self.assertGreater((following - last).total_seconds(), 5.0)
        told = self.printed(self.block("subscribeByServiceDataNames"))
        self.assertIn("subscribeResponse", told)
        (held,) = (one for one in self.values(node, "rips:Job") if one["key"] == "101.srv")
        self.assertEqual(held["value"], "")
        (self.home / "mmjfs.toml").write_text(self.here(self.mmjfs))
        self.node(self.block("-c mmjfs.toml"), "8483")
        for command in self.block("127.0.0.1:8483").splitlines():
            self.assertTrue(self.printed(command))
        copied = {one["key"]: one for one in self.values("127.0.0.1:8483", "rips:Job")}
        self.assertIn(f"pid-{self.job.pid}", copied)
        self.assertEqual(
            copied[f"pid-{self.job.pid}"]["originator"].partition("/services")[2], "/rips"
        )

    def test_words(self) -> None:
        """Names, states and keys are those there are."""
        readConfiguration(self.rips, "rips.toml")
        readConfiguration(self.mmjfs, "mmjfs.toml")
        names = re.findall(r"^\| `(rips:\w+)` \|", self.text, re.M)
        self.assertEqual(
            sorted(names), sorted(f"rips:{one.localName}" for one in (JOB, QUEUE, SCHEDULER))
        )
        for one in GramStatus:
            self.assertIn(f"`{one.value}`", self.text)
        self.assertIn(f"`{RIPS.portTypes[-1].name.localName}`", self.text)
