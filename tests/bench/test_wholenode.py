"""A whole node that is told more and more, a little of it."""

from twisted.trial.unittest import SynchronousTestCase

from bench.wholenode import NodeStage, WholeNode, linesOfNode


class WholeNodeTests(SynchronousTestCase):
    """L{WholeNode}."""

    def test_grows(self) -> None:
        """It has every value it was told of, and ten to be asked for."""
        node = WholeNode()
        self.addCleanup(node.close)
        told: list[str] = []
        stages = [node.grow(size, told.append) for size in (30, 250)]
        self.assertEqual([stage.values for stage in stages], [30, 250])
        self.assertEqual(len(node.ingest.node.elements()), 260)
        for stage in stages:
            self.assertGreater(min(stage.rate, stage.query), 0.0)
        self.assertEqual(told, [])


class LinesTests(SynchronousTestCase):
    """L{linesOfNode}."""

    def test_table(self) -> None:
        """A size is a line; the query is compared between the smallest and the largest."""
        stages = [
            NodeStage(1000, 2000.0, 30_000.0, 100.0),
            NodeStage(10**6, 1100.4, 29_000.0, 105.0),
        ]
        lines = linesOfNode(stages)
        cells = [cell.strip() for cell in lines[3].strip("|").split("|")]
        self.assertEqual(cells, ["1,000,000", "1,100", "29,000", "105.0"])
        self.assertIn("1.05 x that at 1,000", lines[-1])
