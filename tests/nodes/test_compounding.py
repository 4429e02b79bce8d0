"""Where the events that a compound node is told go, before an engine that does as the tests say."""

from collections.abc import Mapping, Sequence
from typing import Any

from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import FilterSection
from gma_twisted.errors import Busy, GMAError, TooLarge
from gma_twisted.events.summary import LEFT, Summariser, SummaryRule
from gma_twisted.model import OURSELVES
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.passage import VIA
from gma_twisted.nodes.compounding import DerivingSink, SummarisingSink
from gma_twisted.nodes.deriving import Filtering, Keeping
from gma_twisted.timing import NodeClock, Ready, toDeferred

MARK = "0123456789ab"


class FakeEngine:
    """
    Takes what it is given.

    @ivar refusal: what it says instead, once
    @ivar most: characters a text in an event may have
    @ivar kept: events, with their sources
    @ivar waiting: bytes of events on their way to subscribers
    @ivar held: bytes of lines that subscribers have not got yet
    """

    def __init__(self) -> None:
        self.refusal: GMAError | None = None
        self.most = 1000
        self.kept: list[tuple[Event, str]] = []
        self.waiting = self.held = 0

    def counts(self) -> Mapping[str, int]:
        """What is on its way."""
        return {"waiting": self.waiting, "unjudgedBytes": 0, "held": self.held}

    def keep(
        self, events: Sequence[tuple[Event, str]], positions: Mapping[str, str] | None = None
    ) -> Ready[None]:
        """All or none."""
        self.admits([one for one, _ in events])
        self.kept += events
        return Ready(None)

    def publish(self, event: Event, source: str = "") -> None:
        """One."""
        self.admits([event])
        self.kept.append((event, source))

    def admits(self, events: Sequence[Event]) -> None:
        """Say what was asked for instead, or what is too large."""
        refusal, self.refusal = self.refusal, None
        if refusal is not None:
            raise refusal
        if any(len(str(one.get("text"))) > self.most for one in events):
            raise TooLarge("an event is too large")


def engine() -> Any:
    """One of them."""
    return FakeEngine()


def texts(*values: str) -> list[Event]:
    """Events with a text each."""
    found = []
    for one in values:
        event = Event("said", 0)
        event.add(EventField("text", one))
        found.append(event)
    return found


class DerivingTests(SynchronousTestCase):
    """At most one event of each."""

    def setUp(self) -> None:
        """One that hands on all."""
        self.engine = engine()
        self.sink = DerivingSink(self.engine, Keeping(), MARK, 1000)

    def take(self, events: Sequence[Event]) -> None:
        """All taken."""
        self.successResultOf(toDeferred(self.sink.take(events, None, OURSELVES)))

    def told(self) -> list[object]:
        """Texts of what the engine has."""
        return [one.get("text") for one, _ in self.engine.kept]

    def test_busy(self) -> None:
        """What cannot be kept now is not taken, and counted once when it comes again."""
        self.engine.refusal = Busy("the disk is full")
        taking = toDeferred(self.sink.take(texts("a", "b"), None, OURSELVES))
        self.failureResultOf(taking, Busy)
        self.assertEqual((self.told(), self.sink.counts()["taken"]), ([], 0))
        self.take(texts("a", "b"))
        self.assertEqual((self.told(), self.sink.counts()["taken"]), (["a", "b"], 2))

    def test_tooLarge(self) -> None:
        """One that is too large is left out, and counted; those beside it are kept."""
        self.take(texts("a", "x" * 2000, "b"))
        self.assertEqual(self.told(), ["a", "b"])
        self.assertEqual((self.sink.counts()["unfit"], self.sink.counts()["taken"]), (1, 3))

    def test_refused(self) -> None:
        """What is refused for another reason is the error of who sent it."""
        self.engine.refusal = TooLarge("no")
        taking = toDeferred(self.sink.take(texts("a"), None, OURSELVES))
        self.failureResultOf(taking, TooLarge)

    def test_source(self) -> None:
        """Without a subscription they are of who brought them; an event that was here is left out."""
        self.take(texts("a"))
        ((event, source),) = self.engine.kept
        self.assertEqual((source, event.get(VIA)), (OURSELVES.owner, MARK))
        self.take([event])
        self.assertEqual(len(self.engine.kept), 1)
        self.assertEqual(self.sink.counts()["circled"], 1)

    def test_filtered(self) -> None:
        """Nothing at all may pass: the engine is not asked, and what did not is counted."""
        filtering = Filtering(FilterSection(where="text = 'b'"))
        sink = DerivingSink(self.engine, filtering, MARK, 1000)
        self.engine.refusal = Busy("not now")
        self.successResultOf(toDeferred(sink.take(texts("a"), None, OURSELVES)))
        self.assertEqual(sink.counts()["filtered"], 1)

    def test_misspelt(self) -> None:
        """That no event has a field the filter names is said once, with what they have."""
        filtering = Filtering(
            FilterSection(where="text = 'b' and Text = 'b' or not cpu/`the load`")
        )
        with capturedLogs() as said:
            for one in texts(*["a"] * 99):
                filtering.derive(one)
            self.assertEqual(said, [])
            for one in texts(*["a"] * 200):
                filtering.derive(one)
        (line,) = (formatEvent(one) for one in said)
        self.assertIn('none of the first 100 events has a field "Text", "cpu/`the load`"', line)
        self.assertTrue(line.endswith('the last one, "said", has text'), line)

    def test_spelt(self) -> None:
        """One event with the field is enough; those of other names are not looked at."""
        for section, names in (
            (FilterSection(where="text = 'z' and @name ~ 's*'"), ["said"] * 300),
            (FilterSection(eventTypes=("other",), where="Text = 'z'"), ["said"] * 300),
        ):
            filtering = Filtering(section)
            with capturedLogs() as said:
                for one in texts(*names):
                    filtering.derive(one)
            self.assertEqual(said, [])
            self.assertEqual(filtering.counts()["filtered"], 300)


class SummarisingTests(SynchronousTestCase):
    """One event of many."""

    def setUp(self) -> None:
        """Windows of a second."""
        self.clock = Clock()
        self.engine = engine()
        rules = [SummaryRule(name="r", window=1.0, late=0.0), SummaryRule(name="s", title="other")]
        self.sink = SummarisingSink(
            self.engine,
            [Summariser(one) for one in rules],
            NodeClock(self.clock, self.clock.seconds),
            MARK,
        )
        self.successResultOf(toDeferred(self.sink.start()))

    def tearDown(self) -> None:
        """Nothing is left behind."""
        self.successResultOf(toDeferred(self.sink.stop()))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def take(self, events: Sequence[Event]) -> None:
        """All taken."""
        self.successResultOf(toDeferred(self.sink.take(events, None, OURSELVES)))

    def test_rules(self) -> None:
        """Each rule sees each event, and tells it in its time."""
        self.take(texts("a", "b"))
        self.assertEqual(self.sink.counts()["open"], 2)
        self.clock.pump([0.1] * 12)
        self.assertEqual([one.name for one, _ in self.engine.kept], ["summary.said"])
        self.clock.pump([1.0] * 65)
        self.assertEqual([one.name for one, _ in self.engine.kept], ["summary.said", "other"])
        self.assertEqual([one.get("count") for one, _ in self.engine.kept], [2, 2])
        self.assertEqual((self.sink.counts()["summaries"], self.sink.counts()["open"]), (2, 0))

    def test_refused(self) -> None:
        """A summary that the engine does not take is left out, and counted: who sent the events is not told again."""
        self.take(texts("a"))
        self.engine.refusal = TooLarge("too large")
        self.clock.pump([0.1] * 12)
        self.assertEqual((self.engine.kept, self.sink.counts()["unfit"]), ([], 1))

    def test_circled(self) -> None:
        """Its own summaries are not summarised again."""
        self.take(texts("a"))
        self.clock.pump([0.1] * 12)
        ((summary, source),) = self.engine.kept
        self.assertEqual((summary.get(VIA), source), (MARK, ""))
        self.take([summary])
        self.assertEqual(self.sink.counts()["circled"], 1)

    def test_stop(self) -> None:
        """What open windows have is told when it stops, as a part of it; those that are over are told whole."""
        self.take(texts("a", "b"))
        self.clock.advance(0.04)
        self.clock.rightNow += 1.0
        self.stopped()
        told = [(one.name, one.get("count"), one.get("partial")) for one, _ in self.engine.kept]
        self.assertEqual(told, [("summary.said", 2, None), ("other", 2, 1)])
        self.assertEqual([one.get(VIA) for one, _ in self.engine.kept], [MARK, MARK])
        self.assertEqual(self.sink.counts()["open"], 0)

    def test_stopLeft(self) -> None:
        """What was left out and not told yet is told then, too."""
        self.clock.advance(100.0)
        for _ in range(2):
            self.take([Event("said", 99), Event("said", 1)])
            self.clock.advance(0.1)
        self.stopped()
        left = [one.get("late") for one, _ in self.engine.kept if one.name == LEFT]
        self.assertEqual(sum(map(int, left)), 4)

    def stopped(self) -> None:
        """Stop it: at once, where nothing is on its way."""
        self.successResultOf(toDeferred(self.sink.stop()))

    def test_stopSent(self) -> None:
        """Who is subscribed has a moment to take the last, and who takes nothing is waited for no longer than that."""
        self.engine.waiting = 1
        self.take(texts("a"))
        ending = toDeferred(self.sink.stop())
        self.clock.pump([0.02] * 20)
        self.assertNoResult(ending)
        self.engine.waiting = 0
        self.clock.advance(0.02)
        self.successResultOf(ending)
        self.take(texts("b"))
        self.engine.waiting = 1
        ending = toDeferred(self.sink.stop())
        self.clock.pump([0.02] * 99)
        self.assertNoResult(ending)
        self.clock.pump([0.02] * 12)
        self.successResultOf(ending)
        self.engine.waiting = 0

    def test_stopLines(self) -> None:
        """So has who gets lines and has not taken them, or is being connected to again."""
        self.engine.held = 1
        self.take(texts("a"))
        ending = toDeferred(self.sink.stop())
        self.clock.pump([0.02] * 70)
        self.assertNoResult(ending)
        self.engine.held = 0
        self.clock.advance(0.02)
        self.successResultOf(ending)
        self.take(texts("b"))
        self.engine.held = 1
        ending = toDeferred(self.sink.stop())
        self.clock.pump([0.02] * 99)
        self.assertNoResult(ending)
        self.clock.pump([0.02] * 12)
        self.successResultOf(ending)
        self.engine.held = 0

    def test_stopEmpty(self) -> None:
        """Where nothing was in a window nothing is told, and nobody waited for."""
        self.engine.waiting = 1
        self.stopped()
        self.assertEqual(self.engine.kept, [])

    def test_round(self) -> None:
        """Two that hear each other have nothing for ever: a summary came through every node its events came through."""
        node = NodeClock(self.clock, self.clock.seconds)
        ends = []
        for mark in ("one", "two"):
            rule = SummaryRule(name="r", window=1.0, late=0.0, title="said")
            made = engine()
            ends.append((made, SummarisingSink(made, [Summariser(rule)], node, mark)))
            self.successResultOf(toDeferred(ends[-1][1].start()))
        (one, first), (two, second) = ends
        one.kept += [(each, "") for each in texts("a")]
        ways = []
        for _ in range(20):
            for made, sink in ((one, second), (two, first)):
                told = [each for each, _ in made.kept]
                made.kept.clear()
                ways += [each.get(VIA) for each in told]
                self.successResultOf(toDeferred(sink.take(told, None, OURSELVES)))
            self.clock.pump([0.1] * 20)
        for _, sink in ends:
            self.successResultOf(toDeferred(sink.stop()))
        self.assertEqual(ways, [None, "two", "two,one"])
        self.assertEqual([sink.counts()["circled"] for _, sink in ends], [0, 1])
