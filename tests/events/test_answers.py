"""What is answered about the past: order, pages, completeness, freshness."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.events import EngineLimits, EventEngine
from gma_twisted.events.kept import copied
from gma_twisted.timing import toDeferred
from tests.events.stand import WALL, EngineStand, comparison, made, numbersOf


class HistoryTests(EngineStand, SynchronousTestCase):
    """Queries of what was."""

    limits = EngineLimits(history=5, historySeconds=100.0, answerEvents=4)

    def test_all(self) -> None:
        """Without an interval all that is kept is answered, and nothing is missing."""
        self.publish(1, 2)
        self.publish(3, name="disk")
        answer = self.ask("load")
        self.assertEqual(numbersOf(answer.events), [1, 2])
        self.assertEqual((answer.isComplete, answer.warnings, answer.cursor), (True, [], None))

    def test_order(self) -> None:
        """Events are in the order of their time, also when they came late."""
        self.publish(1, at=WALL + 5)
        self.publish(2, at=WALL + 3)
        self.assertEqual(numbersOf(self.ask().events), [2, 1])

    def test_filter(self) -> None:
        """Template and filter must both be true."""
        self.publish(1, 2, 3)
        self.assertEqual(numbersOf(self.ask(filter=comparison("number >= 2")).events), [2, 3])

    def test_interval(self) -> None:
        """An interval is seconds of the past."""
        self.publish(1)
        self.time.advance(50.0)
        self.publish(2)
        answer = self.ask(interval=49.0)
        self.assertEqual(numbersOf(answer.events), [2])
        self.assertTrue(answer.isComplete)

    def test_beforeTheStart(self) -> None:
        """What was before the producer began is not known, and that is said."""
        self.time.advance(10.0)
        answer = self.ask(interval=20.0)
        self.assertFalse(answer.isComplete)
        self.assertEqual(
            answer.warnings,
            ["of what was before 2023-11-14T22:13:20.000000Z not everything is kept here"],
        )
        self.assertTrue(self.ask(interval=5.0).isComplete)

    def test_letGo(self) -> None:
        """What is too old or too much is let go; who asks beyond that is told, who does not is not."""
        self.publish(*range(3))
        self.time.advance(10.0)
        self.publish(*range(3, 7))
        answer = self.ask(interval=10.0, maxEvents=4)
        self.assertEqual(numbersOf(answer.events), [2, 3, 4, 5])
        self.assertFalse(answer.isComplete)
        self.assertEqual(len(answer.warnings), 1)
        self.assertEqual(self.ask(interval=5.0).warnings, [])
        self.time.advance(101.0)
        self.assertEqual(self.ask().events, [])

    def test_future(self) -> None:
        """An event of a time to come that was let go does not make all later answers incomplete."""
        self.publish(0, at=WALL + 1e9)
        self.publish(*range(1, 6))
        self.assertFalse(self.ask(interval=0.0).isComplete)
        self.time.advance(10.0)
        self.publish(6)
        answer = self.ask(interval=5.0)
        self.assertEqual((numbersOf(answer.events), answer.warnings), ([6], []))

    def test_pages(self) -> None:
        """What is cut has a cursor, and the pages together are everything, each once; what comes meanwhile is not."""
        self.publish(1, 2, 3)
        first = self.ask(maxEvents=2)
        self.assertEqual((numbersOf(first.events), first.isComplete), ([1, 2], False))
        self.publish(4)
        second = self.ask(maxEvents=2, cursor=first.cursor)
        self.assertEqual((numbersOf(second.events), second.isComplete), ([3], True))
        self.assertIsNone(second.cursor)

    def test_everything(self) -> None:
        """An interval longer than all time is all there is, also on the pages after the first."""
        self.publish(1, 2, 3)
        for interval in (1e9, 1e12, 1e300, 1.7e308):
            first = self.ask(interval=interval, maxEvents=2)
            second = self.ask(interval=interval, maxEvents=2, cursor=first.cursor)
            self.assertEqual(numbersOf([*first.events, *second.events]), [1, 2, 3])

    def test_letGoMeanwhile(self) -> None:
        """Who reads so slowly that events go in between is told."""
        self.publish(*range(5))
        first = self.ask(maxEvents=1)
        self.time.advance(1.0)
        self.publish(*range(5, 9))
        second = self.ask(cursor=first.cursor)
        self.assertEqual(numbersOf(second.events), [4])
        self.assertEqual(second.warnings, ["some events were let go while this was read"])

    def test_mostEvents(self) -> None:
        """A page has no more than the limits say, whoever asks for more."""
        self.publish(*range(5))
        self.assertEqual(len(self.ask(maxEvents=1000).events), 4)
        self.assertIsNotNone(self.ask().cursor)

    def test_bad(self) -> None:
        """Modes, intervals, numbers and cursors that cannot be used are refused."""
        self.publish(1, 2)
        cursor = self.ask(maxEvents=1).cursor or ""
        other = ("h0" if cursor[1] != "0" else "h1") + cursor[2:]
        for bad in (
            {"mode": "continuous"},
            {"interval": -1.0},
            {"interval": float("inf")},
            {"interval": float("nan")},
            {"maxEvents": 0},
            {"cursor": "1"},
            {"cursor": other},
            {"cursor": cursor, "mode": "latest"},
        ):
            asked = {"mode": "history", "interval": None, "maxEvents": None, "cursor": None, **bad}
            work = self.engine.query(made("*", 0), None, **asked)  # type: ignore[arg-type]
            self.failureResultOf(toDeferred(work), ParameterError)


class LatestTests(EngineStand, SynchronousTestCase):
    """Queries of what is."""

    limits = EngineLimits(latest=3, history=1)

    def test_latest(self) -> None:
        """Of each source and name the last event, also when the history has none of it any more."""
        self.engine.publish(made("load", 1), "a")
        self.engine.publish(made("load", 2), "b")
        self.engine.publish(made("load", 3), "a")
        answer = self.ask("load", "latest")
        self.assertEqual(numbersOf(answer.events), [2, 3])
        self.assertTrue(answer.isComplete)
        self.assertEqual([one.name for one in answer.sources], ["b", "a"])

    def test_interval(self) -> None:
        """An interval leaves out what is older."""
        self.publish(1, name="old")
        self.time.advance(10.0)
        self.publish(2)
        self.assertEqual(numbersOf(self.ask(mode="latest", interval=5.0).events), [2])

    def test_pages(self) -> None:
        """Pages are in the order of time; one that is replaced meanwhile is on a later page."""
        for number, name in enumerate(("a", "b", "c")):
            self.publish(number, name=name, at=WALL + number)
        first = self.ask(mode="latest", maxEvents=1)
        self.publish(9, name="b", at=WALL + 9)
        second = self.ask(mode="latest", cursor=first.cursor)
        self.assertEqual(numbersOf([*first.events, *second.events]), [0, 2, 9])

    def test_replacedByAnOlder(self) -> None:
        """One that is replaced meanwhile by an event of an earlier time is not missed, and none comes twice."""
        for number, name in enumerate(("a", "b", "c")):
            self.publish(number, name=name, at=WALL + number)
        first = self.ask(mode="latest", maxEvents=1)
        self.publish(7, name="a", at=WALL + 9)
        self.publish(8, name="c", at=WALL - 9)
        second = self.ask(mode="latest", cursor=first.cursor)
        self.assertEqual((numbersOf(first.events), numbersOf(second.events)), ([0], [8, 1]))
        self.assertTrue(second.isComplete)

    def test_dropped(self) -> None:
        """Of too many names those go that were silent for longest, and answers say so."""
        for number in range(4):
            self.publish(number, name=f"n{number}")
        answer = self.ask(mode="latest")
        self.assertEqual(numbersOf(answer.events), [1, 2, 3])
        self.assertFalse(answer.isComplete)

    def test_bytes(self) -> None:
        """So it is of those that are too large together; a name whose last event is replaced takes no more room."""
        size = copied(made("n0", 1), 1e9)[1]
        self.engine = EventEngine(
            self.clock, [self.plane], lambda: 0.5, EngineLimits(latestBytes=2 * size)
        )
        for number in range(3):
            self.publish(number, number, name=f"n{number}")
        answer = self.ask(mode="latest")
        self.assertEqual(numbersOf(answer.events), [1, 2])
        self.assertFalse(answer.isComplete)
        self.assertEqual(self.engine.counts()["latestBytes"], 2 * size)
        self.engine.forget("")
        self.assertEqual(self.engine.counts()["latestBytes"], 0)

    def test_forgotten(self) -> None:
        """A source that is none any more has no last events."""
        self.engine.publish(made("load", 1), "a")
        self.engine.forget("a")
        self.assertEqual(self.ask(mode="latest").events, [])
        self.assertEqual(self.engine.sources(), [])


class FreshnessTests(EngineStand, SynchronousTestCase):
    """How fresh sources are."""

    limits = EngineLimits(sources=2)

    def states(self) -> dict[str, str]:
        """By name."""
        return {one.name: one.state for one in self.engine.sources()}

    def test_stale(self) -> None:
        """A source that is silent for longer than it should be is stale, and named, until it is heard of again."""
        self.engine.expect("disk", 10.0)
        self.engine.publish(made("free", 1), "disk")
        self.time.advance(10.0)
        self.assertTrue(self.ask().isComplete)
        self.time.advance(5.0)
        answer = self.ask("other")
        self.assertEqual([(one.name, one.state) for one in answer.sources], [("disk", "stale")])
        self.assertEqual(
            answer.warnings, ['source "disk" is stale: nothing was heard of it for 15 s']
        )
        self.assertFalse(answer.isComplete)
        self.engine.publish(made("free", 1), "disk")
        self.assertEqual(self.states(), {"disk": "fresh"})

    def test_neverHeard(self) -> None:
        """One of which nothing ever came is stale without a newest event."""
        self.engine.expect("disk", 10.0)
        self.time.advance(11.0)
        (source,) = self.ask().sources
        self.assertEqual((source.name, source.newest, source.state), ("disk", None, "stale"))

    def test_failed(self) -> None:
        """One that failed is named with the reason, until it is heard of."""
        self.engine.failed("disk", "it cannot be read")
        self.assertEqual(self.ask().warnings, ['source "disk" failed: it cannot be read'])
        self.engine.publish(made("free", 1), "disk")
        self.assertEqual(self.ask().warnings, [])

    def test_alive(self) -> None:
        """One that had no event, and is there, is neither stale nor failed."""
        self.engine.expect("disk", 10.0)
        self.time.advance(11.0)
        self.engine.failed("disk", "it cannot be read")
        self.engine.alive("disk")
        self.assertEqual(self.states(), {"disk": "fresh"})

    def test_newest(self) -> None:
        """The newest event of a source is that of the latest time, not the last that came."""
        self.publish(1, at=WALL + 9)
        self.publish(2, at=WALL + 3)
        (source,) = self.ask().sources
        self.assertEqual((source.name, source.newest), ("site", made("x", 1, WALL + 9).timestamp))

    def test_bound(self) -> None:
        """Of too many sources the silent ones go; those that were announced stay, and no more can be."""
        self.engine.expect("a", 10.0)
        self.engine.publish(made("x", 1), "b")
        self.engine.publish(made("x", 1), "c")
        self.assertEqual(self.states(), {"a": "fresh", "c": "fresh"})
        self.engine.failed("d", "gone")
        self.assertRaises(TooLarge, self.engine.expect, "e", 1.0)
        self.engine.publish(made("x", 1), "f")
        self.assertEqual(self.states(), {"a": "fresh", "d": "failed"})
        self.assertRaises(ParameterError, self.engine.expect, "a", 0.0)
