"""C{gma estimate}."""

import json

from lxml import etree

from gma_twisted.markup.namespaces import GMA
from gma_twisted.nodes.kind import PRODUCER
from tests.command.stand import NodesCase

_TICKING = "[providers.tick]\nclass = 'tests.nodes.gmaservers:Ticking'\ninterval = '1s'\n"


class EstimateTests(NodesCase):
    """Of nodes."""

    def tick(self) -> None:
        """A producer of an event a second, for a while."""
        self.node(_TICKING, name="producer", kind=PRODUCER)
        for _ in range(1000):
            self.reactor.advance(0.05)

    def test_table(self) -> None:
        """What is expected, a second, and what that is reckoned from; a node is enough to name."""
        self.tick()
        head, row = self.gma("estimate", "127.0.0.1:8490", "Tick").splitlines()
        self.assertEqual(head.split(), ["EVENTS", "BYTES", "RECKONED", "FROM"])
        events, size, _, *words = row.split()
        self.assertLess(abs(float(events) - 1.0), 0.1)
        self.assertGreater(float(size), 100.0)
        self.assertEqual(words[:5], ["events", "of", "the", "last", "50"])

    def test_options(self) -> None:
        """Filter, format and rate are passed on; JSON and XML say the same."""
        self.tick()
        url = "http://127.0.0.1:8490/services/producer"
        whole = json.loads(self.gma("estimate", url, "Ti*", "-o", "json"))
        self.assertLess(abs(whole["eventsPerSecond"] - 1.0), 0.1)
        words = ("--rate", "0.25", "--format", "bp", "-o", "json")
        lines = json.loads(self.gma("estimate", url, "Tick", *words))
        self.assertEqual(lines["eventsPerSecond"], 0.25)
        self.assertLess(lines["bytesPerSecond"], whole["bytesPerSecond"] / 4.0)
        filtered = ("--filter", "value > 1000000", "-o", "xml")
        root = etree.fromstring(self.gma("estimate", url, "Tick", *filtered).encode())
        self.assertEqual(root.findtext(f"{{{GMA}}}events"), "0")

    def test_refused(self) -> None:
        """A rate that is none, a filter that is none, and a producer that has no dry run."""
        self.node("[producer]\nclass = 'tests.nodes.gmaservers:Counting'\n", kind=PRODUCER)
        self.assertIn("no number of events", self.fails(2, "estimate", "h", "a", "--rate", "0"))
        self.assertIn(
            "does not implement estimate", self.fails(4, "estimate", "127.0.0.1:8490", "a")
        )

    def test_unreachable(self) -> None:
        """Exit status 3."""
        self.assertTrue(self.fails(3, "estimate", "127.0.0.1:9999", "a"))
