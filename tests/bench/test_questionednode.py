"""What is known of the node that is asked, with a process of the test."""

from typing import Any, cast

import attrs
from twisted.trial.unittest import SynchronousTestCase

from bench.hosts import Hosts
from bench.process import ServerProcess
from bench.questionednode import QuestionedNode, Usage, goalOfLag, linesOfLag, linesOfUsage


@attrs.define(eq=False)
class _Process:
    """Does what it is told, and was late."""

    lags: list[list[float]]
    orders: list[str] = attrs.field(factory=list)

    def order(self, line: str) -> None:
        self.orders.append(line)

    def answer(self, seconds: float) -> dict[str, Any]:
        return {"port": 4711}

    def begin(self) -> None:
        self.orders.append("begin")

    def end(self) -> list[float]:
        return self.lags.pop(0)


class QuestionedNodeTests(SynchronousTestCase):
    """L{QuestionedNode}."""

    def setUp(self) -> None:
        """A node with hosts."""
        self.process = _Process([[0.001, 0.002], [0.030, 0.001]])
        self.node = QuestionedNode(cast(ServerProcess, self.process), Hosts.of(1000))

    def test_changed(self) -> None:
        """What changes there changes here."""
        self.node.serve()
        changed = self.node.change(7)
        self.assertEqual((self.process.orders, self.node.port), (["serve 1000", "change 7"], 4711))
        self.assertEqual(self.node.hosts.changes, 7)
        self.assertEqual({host.memories for host in changed}, {1})
        self.assertEqual(len({host.number for host in changed}), 7)

    def test_lag(self) -> None:
        """Each thing it did has a row; the worst counts."""
        for what in ("one thing", "another thing"):
            self.node.watch()
            self.node.watched(what)
        rows = [
            [cell.strip() for cell in row.strip("|").split("|")] for row in linesOfLag(self.node)
        ]
        self.assertEqual(
            rows[2:], [["one thing", "1.0", "2.0", "2.0"], ["another thing", "1.0", "30.0", "30.0"]]
        )
        bound = goalOfLag(self.node)
        self.assertEqual((bound.found, bound.isMet), (30.0, False))
        self.assertIn("another thing", bound.what)

    def test_usage(self) -> None:
        """A row a process."""
        usages = [Usage("node", 1, 100 * 1024**2, 2.5), Usage("xpath", 2, 50 * 1024**2, 0.5)]
        rows = [
            [cell.strip() for cell in row.strip("|").split("|")] for row in linesOfUsage(usages)
        ]
        self.assertEqual(rows[2:], [["node", "100", "2.5"], ["worker, xpath", "50", "0.5"]])
