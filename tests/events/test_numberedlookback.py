"""A numbered stream that begins with a look-back on an archive which is longer than may wait."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.events import EngineLimits, EventEngine
from gma_twisted.streams.plane import TCPLinePlane
from gma_twisted.testing.archive import MemoryArchive
from tests.events import test_groupnumbers
from tests.events.stand import made
from tests.events.test_groups import GroupStand
from tests.streams.sendstand import Network, admitted

_NOW = 1_700_000_000


class NumberedLookBackTests(GroupStand, SynchronousTestCase):
    """Who reads it."""

    limits = EngineLimits(queued=5, answerEvents=7)

    def setUp(self) -> None:
        """Make an engine with an archive."""
        super().setUp()
        self.result(self.engine.stop())
        self.network = Network(self.time)
        self.lines = TCPLinePlane(self.network.dial, admitted, self.clock, lambda: 0.5)
        self.archive = MemoryArchive()
        self.engine = EventEngine(
            self.clock, [self.lines], lambda: 0.5, self.limits, "site", archive=self.archive
        )
        self.result(self.engine.start())

    def test_long(self) -> None:
        """Has all of it, from the first that was wanted, each once and in order, and then what is new."""
        for number in range(1, 101):
            # Some came late, so their numbers are not in the order of their time.
            late = 3 if number % 10 == 5 else 0
            self.engine.publish(made("load", number, _NOW - 200 + 2 * number - late))
        self.feed("one", "numbers=yes", lookBack=101.0)
        self.feed("two", lookBack=101.0)
        self.send(101, 102)
        reader = test_groupnumbers.Reader(self)
        got = reader.read(self.network.at("one", 14830).connections[-1].value())
        self.assertEqual(got, [*range(50, 103)])
        self.assertEqual(reader.gaps, [(49, 100)])
        missed, *rest = self.got("two")
        self.assertEqual((missed, rest), (-1, [96, 97, 98, 99, 100, 101, 102]))

    def test_short(self) -> None:
        """What is no longer than may wait comes in the stream itself."""
        self.publish(1, 2, 3, 4, 5)
        self.feed("one", "numbers=yes", lookBack=60.0)
        reader = test_groupnumbers.Reader(self)
        self.turns()
        got = reader.read(self.network.at("one", 14830).connections[-1].value())
        self.assertEqual((got, reader.gaps), ([1, 2, 3, 4, 5], []))
