"""docs/consumers.md: the classes it shows do what it says."""

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ParameterError, Refused
from gma_twisted.events import EventEngine
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import EventFilter, FilterLanguage
from gma_twisted.roles import consumerRole, producerRole
from gma_twisted.testing import RecordingPlane
from gma_twisted.timing import toDeferred
from tests.readme import ROOT, readBlocks
from tests.roles.gma import ALICE, GMAStand

PAGE = "docs/consumers.md"


class ConsumersPageTests(GMAStand, SynchronousTestCase):
    """The page."""

    def setUp(self) -> None:
        """Run its blocks."""
        if not (ROOT / PAGE).exists():
            self.skipTest("the documentation is not installed")
        super().setUp()
        self.told: list[str] = []
        self.names: dict[str, Any] = {"print": lambda *words: self.told.append(" ".join(words))}
        for block in readBlocks(PAGE, "python"):
            exec(block.text, self.names)

    def test_producer(self) -> None:
        """Who gives a filter is sent what is measured; the end is printed."""
        plane = RecordingPlane()
        thermometer, part, engine = self.names["served"](self.clock, plane, lambda: 0.5)
        self.addCleanup(lambda: self.result(engine.stop()))
        self.ended(part)
        template = Event("room.*")
        asked = ("http://c/", None, 7, None, None, None)
        work = part.role.subscribe(template, None, *asked, caller=ALICE)
        self.failureResultOf(toDeferred(work), ParameterError)
        filter = EventFilter(FilterLanguage.COMPARISON, "celsius > 20")
        id, _, _ = self.result(part.role.subscribe(template, filter, *asked, caller=ALICE))
        thermometer.measured(19.0)
        thermometer.measured(21.0)
        (sent,) = plane.sent
        self.assertEqual((sent.events[0].get("celsius"), sent.sequence), (21.0, 1))
        answer = self.result(
            part.role.query(template, None, "history", None, None, None, caller=ALICE)
        )
        self.assertEqual([one.get("celsius") for one in answer.events], [19.0, 21.0])
        self.result(part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(self.told, ["ended: alice at http://c/"])

    def test_demand(self) -> None:
        """It knows what is asked for, and measures nothing else."""
        plane = RecordingPlane()
        engine = EventEngine(self.clock, [plane], lambda: 0.5)
        self.addCleanup(lambda: self.result(engine.stop()))
        prober = self.names["Prober"]()
        part = self.ended(producerRole(prober, engine, self.place))
        prober.probed("link.a", 0.5)
        asked = (None, "http://c/", None, 7, None, None, 2.0)
        id, _, _ = self.result(part.role.subscribe(Event("link.*"), *asked, caller=ALICE))
        self.assertEqual(prober.rates, {"link.*": 2.0})
        prober.probed("link.b", 0.25)
        prober.probed("disk", 1.0)
        self.assertEqual([one.events[0].get("rtt") for one in plane.sent], [0.25])
        self.assertEqual(engine.counts()["published"], 1)
        self.result(part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(prober.rates, {})

    def test_consumer(self) -> None:
        """It writes down what comes and what is missing, refuses what it does not want, and is full one day."""
        board = self.names["Board"]()
        part = self.ended(consumerRole(board, self.place))
        work = part.role.subscribe(Event("disk"), 7, None, caller=ALICE)
        self.failureResultOf(toDeferred(work), Refused)
        self.result(part.role.subscribe(Event("room.a"), 7, None, caller=ALICE))
        event = Event("room.a")
        event.add(EventField("celsius", 21.0))
        self.result(part.role.notify(7, 4, 3, [event], caller=ALICE))
        self.time.advance(601.0)
        self.assertEqual(board.lines, ["3 events are missing here", "room.a: 21.0", "no more"])
        board.lines *= 1000
        work = part.role.notify(None, None, None, [event], caller=ALICE)
        self.failureResultOf(toDeferred(work), Busy)
