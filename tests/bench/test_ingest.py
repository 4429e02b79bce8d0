"""Notices taken in, few of them."""

from twisted.trial.unittest import SynchronousTestCase

from bench.answers import WrongAnswer
from bench.ingest import SIZES, Ingest, Taken, linesOfTaken, measureIngest
from bench.notices import FEW


class IngestTests(SynchronousTestCase):
    """L{Ingest}."""

    def setUp(self) -> None:
        """A node that has subscribed."""
        self.ingest = Ingest()
        self.addCleanup(self.ingest.close)

    def keys(self) -> list[str]:
        """Of the values the node has."""
        return sorted(one.key.key for one in self.ingest.node.elements())

    def test_taken(self) -> None:
        """Every value of a notice is in the node afterwards, and one with the same key replaces it."""
        self.assertGreater(self.ingest.take([self.ingest.notice(["a", "b"])]), 0.0)
        before = {one.key.key: one.content for one in self.ingest.node.elements()}
        notices = [self.ingest.notice(["b"]), self.ingest.notice(["c"], FEW)]
        self.ingest.take(notices)
        self.assertEqual(self.keys(), ["a", "b", "c"])
        after = {one.key.key: one.content for one in self.ingest.node.elements()}
        self.assertEqual(after["a"], before["a"])
        self.assertNotEqual(after["b"], before["b"])

    def test_refused(self) -> None:
        """What is not accepted is no measurement."""
        missing = self.ingest.notice(["a"])
        with self.assertRaises(WrongAnswer):
            self.ingest.take([self.ingest.notice(["b"]), missing])

    def test_measured(self) -> None:
        """Every size has a rate."""
        taken = measureIngest(100, 2, lambda _: None)
        self.assertEqual([one.size for one in taken], list(SIZES))
        self.assertGreater(min(one.rate for one in taken), 0.0)


class LinesTests(SynchronousTestCase):
    """L{linesOfTaken}."""

    def test_table(self) -> None:
        """A size is a line."""
        cells = [
            cell.strip() for cell in linesOfTaken([Taken(10, 40_000.0)])[2].strip("|").split("|")
        ]
        self.assertEqual(cells, ["10", "40,000", "25.0"])
