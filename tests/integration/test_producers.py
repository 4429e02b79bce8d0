"""
docs/producers.md, word by word but for the ports: a directory, a producer of a provider, a consumer that prints; and
the filter that docs/compounds.md begins with.
"""

import shlex
from pathlib import Path

from gma_twisted.model.eventjson import readEventJSON
from tests.integration.commandcase import LONGEST, CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

PAGE = "docs/producers.md"
COMPOUNDS = "docs/compounds.md"
_FREE = ("--listen", "tcp:0:interface=127.0.0.1")


class ProducersPageTests(CommandCase):
    """Its first stream, in real processes."""

    def setUp(self) -> None:
        """Read the page, and write its module."""
        if not (ROOT / PAGE).exists():
            self.skipTest("the documentation is not installed")
        super().setUp()
        self.commands = [one.text for one in readBlocks(PAGE, "") if not one.text.startswith("$")]
        (module,) = readBlocks(PAGE, "python")
        (Path(self.home) / "gridload.py").write_text(module.text)
        self.bases: dict[str, str] = {}

    def node(self, command: str, port: str) -> Node:
        """Start a node by a command of the page, at a free port."""
        for said, base in self.bases.items():
            command = command.replace(said, base)
        words = shlex.split(command)
        self.assertEqual(words[:3], ["twistd", "-n", "--pidfile="])
        kind = next(index for index, one in enumerate(words) if one.startswith("gma-"))
        free = (*_FREE, "--state-dir", str(Path(self.home) / port))
        return Node(
            Path(self.home),
            self.addCleanup,
            *words[kind + 1 :],
            *free,
            kind=words[kind],
            twistd=words[3:kind],
        )

    def test_stream(self) -> None:
        """What the producer has is printed by the consumer, which found it in the directory; nothing else is."""
        registry, producer, consumer, check = self.commands[:4]
        url = self.node(registry, "8481").url()
        self.bases["http://127.0.0.1:8481"] = url
        made = self.node(producer, "8490")
        self.bases["http://127.0.0.1:8490"] = made.url()
        printing = self.node(consumer, "8491")
        printing.waitFor(r'^\{"name": "Load"')
        events = [readEventJSON(line) for line in list(printing.lines)]
        self.assertEqual({one.name for one in events}, {"Load"})
        self.assertEqual(events[0].containers[0].get("name"), "{urn:example:grid}Load")
        told = poll(
            lambda: self.shell(check.strip().replace("http://127.0.0.1:8490", made.url())),
            lambda one: one.returncode == 0,
            LONGEST,
        )
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)
        self.assertNotIn("WRONG", told.stdout)
        # Who is stopped says so: the producer has nobody to send to any more.
        self.assertEqual(printing.signal(), 0)
        self.assertEqual(made.signal(), 0)

    def test_filtered(self) -> None:
        """The first filter of compound nodes hands on what this producer has."""
        producer = self.commands[1]
        compound, consumer = [one.text for one in readBlocks(COMPOUNDS, "")][:2]
        # Never the same twice, and never too much, however busy this machine is.
        module = Path(self.home) / "gridload.py"
        made = module.read_text()
        steady = made.replace("os.getloadavg()[0]", "os.times().elapsed % 10")
        self.assertNotEqual(steady, made)
        module.write_text(steady)
        self.bases["http://127.0.0.1:8490"] = self.node(producer, "8490").url()
        self.bases["http://127.0.0.1:8493"] = self.node(compound, "8493").url()
        printing = self.node(consumer, "8491")
        printing.waitFor(r'^\{"name": "Load"')
        event = readEventJSON(next(one for one in printing.lines if one.startswith("{")))
        self.assertLess(float(str(event.get("OneMinute"))), 10.0)
        self.assertTrue(event.get("gma.via"))
