"""Changes, and whose turn it is to be given to a program."""

from collections.abc import Mapping

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.feeding import MOST_WAITING, Feeder
from gma_twisted.command.watched import Watched
from gma_twisted.model import ElementKey, Lifetime, QName, ServiceDataElement
from gma_twisted.timing import NodeClock


def _watched(content: str) -> Watched:
    key = ElementKey(QName("urn:a", "A"), "http://h:1/x")
    element = ServiceDataElement(key, b"<A", f">{content}</A>".encode(), Lifetime(0.0))
    return Watched("new", 0.0, element, None, NodeClock(Clock(), lambda: 0.0))


class FeederTests(SynchronousTestCase):
    """Whose turn it is."""

    def setUp(self) -> None:
        """A program whose ends the test says."""
        self.runs: list[tuple[bytes, Deferred[str]]] = []
        self.said: list[str] = []

        def run(content: bytes, environment: Mapping[str, str]) -> "Deferred[str]":
            self.runs.append((content, Deferred()))
            return self.runs[-1][1]

        self.feeder = Feeder(run, self.said.append)

    def contents(self) -> list[bytes]:
        """What was run."""
        return [content for content, _ in self.runs]

    def test_order(self) -> None:
        """One after the other; what goes wrong is told, and the next has its turn."""
        for one in "12":
            self.feeder.feed(_watched(one))
        self.assertEqual(self.contents(), [b"<A>1</A>"])
        self.runs[0][1].callback("it failed")
        self.assertEqual(self.contents(), [b"<A>1</A>", b"<A>2</A>"])
        self.runs[1][1].callback("")
        self.assertEqual(self.said, ["it failed"])
        self.feeder.feed(_watched("3"))
        self.assertEqual(len(self.runs), 3)
        self.runs[2][1].callback("")

    def test_bound(self) -> None:
        """Changes that come too fast are left out, which is told once."""
        for _ in range(1 + MOST_WAITING + 5):
            self.feeder.feed(_watched("x"))
        self.runs[0][1].callback("")
        self.assertEqual(self.said, ["5 changes came too fast for the program: left out"])
        self.feeder.end()
        self.runs[1][1].callback("")
        self.assertEqual((len(self.runs), len(self.said)), (2, 1))
