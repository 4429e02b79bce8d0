"""What README.md and docs/aggregation.md say of a second node, word by word but for the ports."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import attrs
from lxml import etree
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.aggregation.counts import InboxCounts, IntakeCounts
from gma_twisted.configuration import LimitsSection, readConfiguration
from gma_twisted.configuration.declaration import keys
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GLUE, GMA, SD
from gma_twisted.model import QName, UpstreamState
from gma_twisted.soap.aggregating import readServiceDataNames
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

README, PAGE = "README.md", "docs/aggregation.md"
FIRST, SECOND = "http://127.0.0.1:8480", "http://127.0.0.1:8484"


class PageCase(SynchronousTestCase):
    """Two nodes on one machine."""

    timeout = 90

    def setUp(self) -> None:
        """A directory to work in; the first node, of the page's command."""
        if not (ROOT / PAGE).exists():
            raise SkipTest("the documentation is not installed")
        if shutil.which("curl") is None:
            raise SkipTest("curl is not installed")
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir(mode=0o755)
        self.bases = {FIRST: self.node("first", "gma-index")}

    def node(self, name: str, kind: str, *options: str) -> str:
        """Start a node with a state directory of its name. @return: its URL"""
        state = str(self.home / name)
        listen = ("--listen", "tcp:0:interface=127.0.0.1")
        command = (*options, *listen, "--state-dir", state)
        return Node(self.home, self.addCleanup, *command, kind=kind).url()

    def second(self, *options: str) -> str:
        """Start the second node."""
        self.bases[SECOND] = self.node("second", "gma-aggregator", *options)
        return self.bases[SECOND]

    def here(self, text: str) -> str:
        """With the ports of the nodes that run."""
        for said, base in self.bases.items():
            text = text.replace(said, base)
        return text

    def output(self, *command: str) -> str:
        """What a command prints that must succeed."""
        ended = subprocess.run(
            [self.here(word) for word in command],
            cwd=self.home,
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "no_proxy": "*"},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def hosts(self, curl: str) -> list[Any]:
        """The values a curl command answers."""
        told = self.output("/bin/sh", "-c", curl.replace("curl", "curl -s", 1))
        found = etree.fromstring(told.encode()).find(f".//{{{SD}}}serviceDataValues")
        return [] if found is None else list(found)

    def isFirsts(self, curl: str) -> None:
        """The command comes to answer the first node's host, as copied by the second."""
        (host,) = poll(lambda: self.hosts(curl), bool)
        self.assertEqual(host.tag, f"{{{GLUE}}}Host")
        self.assertEqual(host.get(f"{{{GMA}}}originator"), self.bases[FIRST] + "/services/index")


class READMETests(PageCase):
    """README.md, "A second node"."""

    def test_second(self) -> None:
        """The block makes a configuration and runs an aggregator with it, which has the first node's host."""
        blocks = readBlocks(README, "")
        block = next(one.text for one in blocks if "gma-aggregator" in one.text)
        making, command = block.split("\nEND\n")
        self.output("/bin/sh", "-c", f"{making}\nEND\n")
        words = command.split()
        self.assertEqual(words[:4], ["twistd", "-n", "--pidfile=", "gma-aggregator"])
        self.second(*words[4:])
        (curl,) = (one.text for one in readBlocks(PAGE, "") if "curl" in one.text)
        self.isFirsts(curl)


class AggregationPageTests(PageCase):
    """docs/aggregation.md."""

    def blocks(self, language: str) -> list[str]:
        """Its blocks in a language."""
        return [one.text for one in readBlocks(PAGE, language)]

    def test_configured(self) -> None:
        """The two commands, the configuration and the query do what the page says; so does the status page."""
        first, second, curl = self.blocks("")[:3]
        self.assertEqual(first.split(), ["twistd", "-n", "--pidfile=", "gma-index"])
        words = second.split()
        self.assertEqual(words[:4], ["twistd", "-n", "--pidfile=", "gma-aggregator"])
        (self.home / words[5]).write_text(self.here(self.blocks("toml")[0]))
        base = self.second(*words[4:])
        self.isFirsts(curl)
        page = self.output("curl", "-s", f"{base}/")
        self.assertRegex(page, r'data-label="by">first</td>')
        self.assertRegex(page, r'data-label="state">live</td>')

    def test_asked(self) -> None:
        """The program adds a source, sees it live, and removes it."""
        base = self.second()
        (program,) = self.blocks("python")
        told = self.output(sys.executable, "-c", program)
        self.assertEqual(told, f"{self.bases[FIRST]}/services/index live 1 \n")
        self.assertIn('"sources": []', self.output("curl", "-s", f"{base}/api/v1/status"))


class SayingTests(SynchronousTestCase):
    """What the page says that is not run."""

    def setUp(self) -> None:
        """Read it."""
        if not (ROOT / PAGE).exists():
            raise SkipTest("the documentation is not installed")
        self.text = (ROOT / PAGE).read_text()

    def rows(self, start: str) -> list[str]:
        """The words in code of the first column of the table under a head."""
        table = self.text.split(f"| {start} |", 1)[1].split("\n\n", 1)[0]
        firsts = [line.split("|")[1] for line in table.splitlines()[2:]]
        return [word for first in firsts for word in re.findall(r"`([^`]+)`", first)]

    def test_toml(self) -> None:
        """Every TOML block is a configuration without a mistake."""
        blocks = [one.text for one in readBlocks(PAGE, "toml")]
        self.assertEqual(
            [list(tomllib.loads(one)) for one in blocks], [["aggregate"], ["register"], ["notify"]]
        )
        for one in blocks:
            readConfiguration(one, "vo.toml")

    def test_content(self) -> None:
        """The content of an entry names what it says."""
        (block,) = readBlocks(PAGE, "xml")
        names = readServiceDataNames(XMLGate().parse(block.text.encode()))
        self.assertEqual(list(names), [QName(GLUE, "Host")])

    def test_states(self) -> None:
        """Every state is told, and no other."""
        self.assertEqual(self.rows("state | means"), [one.value for one in UpstreamState])

    def test_counters(self) -> None:
        """Every counter is told, and no other."""
        there = [one.name for kind in (IntakeCounts, InboxCounts) for one in attrs.fields(kind)]
        self.assertEqual(sorted(self.rows("counter | counts")), sorted(there))

    def test_bounds(self) -> None:
        """The keys of the bounds are those of [limits]."""
        table = self.text.split("| bound | key |", 1)[1].split("\n\n", 1)[0]
        named = {
            word
            for line in table.splitlines()[2:]
            for word in re.findall(r"`(\w+)`", line.split("|")[2])
        }
        there = {one.name for one in keys(LimitsSection)}
        self.assertLessEqual(named, there)
        self.assertLessEqual({one for one in there if one.startswith("aggregated")}, named)


del PageCase
