"""A few events on the disk, asked for."""

import time
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from bench.answers import WrongAnswer
from bench.archive import Options, Story, readOptions
from gma_twisted.events import EventArchive, EventEngine
from gma_twisted.stores.journal.worker import Inline
from gma_twisted.timing import NodeClock, toDeferred


class ArchiveTests(SynchronousTestCase):
    """L{Story}."""

    def setUp(self) -> None:
        """Store a few thousand."""
        clock = NodeClock(Clock(), time.time)
        archive = EventArchive(Path(self.mktemp()), clock, Inline(), Inline())
        self.engine = EventEngine(clock, [], lambda: 0.5, archive=archive)
        self.successResultOf(toDeferred(self.engine.start()))
        self.told: list[str] = []
        options = Options(events=3000, hours=2.0, asked=4)
        self.story = Story(options, self.engine, clock, self.told.append)
        self.successResultOf(toDeferred(self.story.store()))

    def tearDown(self) -> None:
        """Close it."""
        self.successResultOf(toDeferred(self.engine.stop()))

    def test_story(self) -> None:
        """Every kind of question finds what chance says, and has its figures and its goal."""
        self.assertEqual(self.engine.counts()["archiveEvents"], 3000)
        self.successResultOf(toDeferred(self.story.ask()))
        self.story.check()
        self.assertEqual([len(one.whole) for one in self.story.asked], 5 * [4])
        name, host = self.story.asked[0], self.story.asked[2]
        self.assertApproximates(name.found / 4, 30, 12)
        self.assertApproximates(host.found / 4, 15, 8)
        lines = self.story.lines(3_000_000)
        self.assertTrue(lines[0].startswith("3,000 events stored in"))
        self.assertTrue(lines[0].endswith(" 1000 bytes an event"))
        self.assertEqual(len(self.story.bounds()), 10)

    def test_wrong(self) -> None:
        """What finds too little is no measurement."""
        self.successResultOf(toDeferred(self.story.ask()))
        self.story.asked[0].found //= 2
        self.assertRaises(WrongAnswer, self.story.check)

    def test_options(self) -> None:
        """A million in a day, unless told otherwise."""
        self.assertEqual(readOptions([]), Options())
        self.assertEqual(readOptions(["--events", "7", "--judge"]), Options(7, judges=True))
