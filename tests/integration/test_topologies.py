"""examples/topologies and the pages that tell of them, as a reader has them: real nodes, on other ports."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.examples.page import TOPOLOGIES, fillExamples
from tests.integration.commandcase import LONGEST, CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.topologycase import TopologyCase
from tests.nodes.topologies import EXAMPLES, readTopology
from tests.readme import ROOT, Block, readBlocks

REGISTRY = "docs/registry.md"
# A look is a process.
_PAUSE = 0.5


class VOTests(TopologyCase):
    """A VO over two sites."""

    topology = "vo"

    def test_tiers(self) -> None:
        """The VO has five hosts, each with the way it came, as the commands of the page show."""
        hosts = self.told("127.0.0.1:8520", "glue:Host", 5)
        self.assertEqual(sorted(len(one["path"]) for one in hosts), [0, 1, 1, 2, 2])
        told = self.printed(self.block("docs/topologies.md", "127.0.0.1:8520"), 12)
        for port in self.ports.values():
            self.assertTrue(any(f":{port}/services/index" in line for line in told), told)


class JobsTests(TopologyCase):
    """A MMJFS over two RIPSes."""

    topology = "jobs"

    def test_jobs(self) -> None:
        """It answers for the schedulers of both, and for a job of this machine, by the commands of the page."""
        job = subprocess.Popen(("sleep", "600"))
        self.addCleanup(job.wait)
        self.addCleanup(job.kill)
        schedulers = self.told("127.0.0.1:8483", "rips:Scheduler", 2)
        self.assertEqual(len({one["originator"] for one in schedulers}), 2)
        ended = self.shell(self.block("docs/topologies.md", "127.0.0.1:8483"))
        self.assertEqual(ended.returncode, 0, ended.stderr)
        found = poll(
            lambda: self.gma(
                "get", self.here("127.0.0.1:8483"), "rips:Job", "--key", f"pid-{job.pid}"
            ),
            lambda one: one.returncode == 0,
            LONGEST,
            _PAUSE,
        )
        self.assertIn("<gramStatus>Active</", found.stdout.replace("rips:", ""))


class RegistryTests(TopologyCase):
    """Two nodes that register their services at a third."""

    topology = "registry"

    def find(self, words: str, count: int) -> list[str]:
        """What the query with these words on the page finds."""
        queries = self.block(REGISTRY, "HandleResolver").replace("\\\n", "").splitlines()
        (query,) = (one for one in queries if words in one)
        lines = self.printed(query, count + 1)
        return sorted(line.split()[-1] for line in lines[1:])

    def test_page(self) -> None:
        """Services of other nodes are found by all, by interface, attribute and handle; their node resolves them."""
        leaf = self.here("http://127.0.0.1:8480/services/")
        rips = self.here("http://127.0.0.1:8482/services/")
        self.assertEqual(len(self.find("gma ls", 4)), 4)
        resolvers = self.find("HandleResolver", 2)
        self.assertEqual(resolvers, sorted([f"{leaf}container", f"{rips}container"]))
        self.assertEqual(
            self.find('"tier"', 4), sorted([*resolvers, f"{leaf}index", f"{rips}rips"])
        )
        (entry,) = self.find("services/index", 1)
        self.assertIn(self.here("http://127.0.0.1:8481/services/registry/entries/"), entry)
        ended = self.gma("get", entry, "ogsi:terminationTime")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        program = readBlocks(REGISTRY, "python")[0].text
        told = subprocess.run(
            (sys.executable, "-c", self.here(program)),
            env=dict(self.environment()),
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertEqual(told.stdout.split()[0], f"{leaf}index")
        self.ends()

    def ends(self) -> None:
        """A node that stops takes its entries out; so does the time of one that is killed."""
        self.assertEqual(self.nodes["rips"].signal(), 0)
        self.find("gma ls", 2)
        self.nodes["leaf"].process.kill()
        poll(
            lambda: self.shell(self.here("gma ls 127.0.0.1:8481 ogsi:entry")).returncode,
            lambda status: status == 1,
            LONGEST,
            _PAUSE,
        )


class PageTests(SynchronousTestCase):
    """docs/topologies.md and the README of the examples."""

    def setUp(self) -> None:
        """Read them."""
        if not EXAMPLES.exists() or not TOPOLOGIES.exists():
            raise SkipTest("the examples are not installed")
        self.text = TOPOLOGIES.read_text("utf-8")
        self.directories = sorted(one for one in EXAMPLES.iterdir() if one.is_dir())

    def test_examples(self) -> None:
        """Its blocks are the files, word by word; `python -m tests.examples.page` writes them."""
        self.assertEqual(fillExamples(self.text), self.text)
        shown = re.findall(r"<!-- from examples/topologies/(\w+)/", self.text)
        self.assertEqual(sorted(set(shown)), [one.name for one in self.directories])

    def test_readme(self) -> None:
        """The README names every directory, in one row."""
        readme = (EXAMPLES / "README.md").read_text("utf-8")
        named = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
        self.assertEqual(sorted(named), [one.name for one in self.directories])

    def test_start(self) -> None:
        """What starts all nodes of a directory gives the command in the first line of each file."""
        bash = shutil.which("bash")
        if bash is None:
            raise SkipTest("bash is not installed")
        loops = [
            _loopOf(blocks)
            for blocks in (
                readBlocks("docs/topologies.md", ""),
                readBlocks("examples/topologies/README.md", ""),
            )
        ]
        self.assertEqual(loops[0], loops[1])
        for directory in self.directories:
            told = subprocess.run(
                (bash, "-ec", loops[0].replace("do $(", "do echo $(").replace(" & done", "; done")),
                cwd=directory,
                capture_output=True,
                text=True,
                timeout=LONGEST,
                check=True,
            )
            commands = [
                f"twistd -n --pidfile= {one.command} -c {one.name}.toml"
                for one in readTopology(directory)
            ]
            self.assertEqual(told.stdout.splitlines(), commands)

    def test_menu(self) -> None:
        """The page is in the menu."""
        self.assertIn(": topologies.md\n", (ROOT / "mkdocs.yml").read_text("utf-8"))


def _loopOf(blocks: Sequence[Block]) -> str:
    (line,) = (line for one in blocks for line in one.text.splitlines() if line.startswith("for "))
    return line


del CommandCase, TopologyCase
