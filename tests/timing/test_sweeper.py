"""Sleeping until the next deadline."""

from collections.abc import Sequence

from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.timing import LeaseTable, Sweeper


class SweeperTests(SynchronousTestCase):
    """One table, one timer."""

    def setUp(self) -> None:
        """A running sweeper that keeps what it was given, with the time."""
        self.clock = Clock()
        self.table: LeaseTable[str] = LeaseTable()
        self.given: list[tuple[float, list[str]]] = []
        self.sweeper = Sweeper(self.clock, self.table, self.expired, slice=3, minDelay=0.125)
        self.sweeper.start()

    def expired(self, keys: Sequence[str]) -> None:
        """Keep the keys with the time."""
        self.given.append((self.clock.seconds(), list(keys)))

    def timers(self) -> list[float]:
        """When the clock will call."""
        return [call.getTime() for call in self.clock.getDelayedCalls()]

    def test_idle(self) -> None:
        """With nothing to expire there is no timer, nor with what never ends."""
        self.table.set("a", float("inf"))
        self.assertEqual(self.timers(), [])

    def test_atTheDeadline(self) -> None:
        """A key is handed over at its deadline, by one timer."""
        self.table.set("a", 10.0)
        self.table.set("b", 20.0)
        self.assertEqual(self.timers(), [10.0])
        self.clock.advance(9.99)
        self.assertEqual(self.given, [])
        self.clock.advance(0.01)
        self.assertEqual(self.given, [(10.0, ["a"])])
        self.assertEqual(self.timers(), [20.0])

    def test_earlierDeadline(self) -> None:
        """An earlier deadline moves the timer."""
        self.table.set("a", 10.0)
        self.table.set("b", 5.0)
        self.assertEqual(self.timers(), [5.0])
        self.clock.advance(5.0)
        self.assertEqual(self.given, [(5.0, ["b"])])

    def test_renewed(self) -> None:
        """A renewed key costs one idle waking at most, and ends at its new deadline."""
        self.table.set("a", 10.0)
        self.table.set("a", 12.0)
        self.clock.advance(10.0)
        self.assertEqual(self.given, [])
        self.clock.advance(2.0)
        self.assertEqual(self.given, [(12.0, ["a"])])
        self.assertEqual(self.timers(), [])

    def test_setBeforeTheStart(self) -> None:
        """What was due before the start goes soon after it."""
        table: LeaseTable[str] = LeaseTable()
        table.set("a", -3.0)
        Sweeper(self.clock, table, self.expired).start()
        self.assertEqual(self.given, [])
        self.clock.advance(0.01)
        self.assertEqual(self.given, [(0.01, ["a"])])

    def test_slices(self) -> None:
        """Many keys go in slices, each in a turn of its own."""
        for number in range(7):
            self.table.set(str(number), 1.0)
        turns: list[int] = []

        def count(keys: Sequence[str]) -> None:
            self.expired(keys)
            turns.append(len(keys))
            self.clock.callLater(0, turns.append, 0)

        self.sweeper.expired = count
        self.clock.advance(1.0)
        self.assertEqual(turns, [3, 0, 3, 0, 1, 0])

    def test_minDelay(self) -> None:
        """Deadlines close together are dealt with together."""
        self.table.set("a", 1.0)
        self.table.set("b", 1.01)
        self.table.set("c", 1.1)
        self.clock.advance(1.0)
        self.assertEqual(self.timers(), [1.125])
        self.clock.advance(0.125)
        self.assertEqual(self.given, [(1.0, ["a"]), (1.125, ["b", "c"])])

    def test_streamOfPassedDeadlines(self) -> None:
        """Ever earlier deadlines do not put the sweep off."""
        for number in range(4):
            self.table.set(str(number), -float(number))
            self.clock.advance(0.0625)
        self.assertEqual(self.given[0], (0.125, ["1", "0"]))

    def test_failure(self) -> None:
        """A callback that fails is logged and the next keys come all the same."""

        def broken(keys: Sequence[str]) -> None:
            self.expired(keys)
            raise ValueError("no room")

        self.sweeper.expired = broken
        self.table.set("a", 1.0)
        self.table.set("b", 2.0)
        with capturedLogs() as events:
            self.clock.advance(1.0)
        self.assertEqual(
            [formatEvent(event) for event in events],
            ["1 keys expired, but what follows failed"],
        )
        self.clock.advance(1.0)
        self.assertEqual(self.given, [(1.0, ["a"]), (2.0, ["b"])])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_setWhileSweeping(self) -> None:
        """What the callback sets is swept too, by one timer."""

        def again(keys: Sequence[str]) -> None:
            self.expired(keys)
            if len(self.given) == 1:
                self.table.set("again", self.clock.seconds() + 1.0)

        self.sweeper.expired = again
        self.table.set("a", 1.0)
        self.table.set("b", 5.0)
        self.clock.advance(1.0)
        self.assertEqual(self.timers(), [2.0])
        self.clock.advance(1.0)
        self.assertEqual(self.given, [(1.0, ["a"]), (2.0, ["again"])])

    def test_stop(self) -> None:
        """A stopped sweeper has no timer and takes none; the table keeps its keys."""
        self.table.set("a", 1.0)
        self.sweeper.stop()
        self.table.set("b", 0.5)
        self.assertEqual(self.timers(), [])
        self.assertEqual(len(self.table), 2)

    def test_stopWhileSweeping(self) -> None:
        """The callback may stop the sweeper."""
        self.sweeper.expired = lambda _: self.sweeper.stop()
        self.table.set("a", 1.0)
        self.table.set("b", 2.0)
        self.clock.advance(1.0)
        self.assertEqual(self.timers(), [])

    def test_startAgain(self) -> None:
        """A stopped sweeper starts again; starting twice makes no second timer."""
        self.table.set("a", 1.0)
        self.sweeper.stop()
        self.sweeper.start()
        self.sweeper.start()
        self.assertEqual(self.timers(), [1.0])

    def pausing(self) -> None:
        """Another one, with a pause of five seconds."""
        self.sweeper.stop()
        self.sweeper = Sweeper(self.clock, self.table, self.expired, slice=3, pause=5.0)
        self.sweeper.start()

    def test_pause(self) -> None:
        """Between two sweeps there is a pause; a key that is due after it is not late."""
        self.pausing()
        self.table.set("a", 1.0)
        self.table.set("b", 2.0)
        self.table.set("c", 11.5)
        self.clock.advance(1.0)
        self.table.set("d", 1.5)
        self.clock.pump([0.5] * 30)
        self.assertEqual(self.given, [(1.0, ["a"]), (6.0, ["d", "b"]), (11.5, ["c"])])

    def test_pauseOfMany(self) -> None:
        """All that is due is one sweep: there is no pause between its slices, nor when it stops and starts between."""
        self.pausing()

        def stopping(keys: Sequence[str]) -> None:
            self.expired(keys)
            self.sweeper.stop()
            self.clock.callLater(0.1, self.sweeper.start)

        self.sweeper.expired = stopping
        for number in range(7):
            self.table.set(str(number), 1.0)
        self.clock.advance(1.0)
        self.clock.pump([0.05] * 20)
        self.table.set("late", 1.5)
        self.clock.pump([0.05] * 200)
        self.assertEqual([len(keys) for _, keys in self.given], [3, 3, 1, 1])
        self.assertLess(self.given[2][0], 1.4)
        self.assertGreaterEqual(self.given[3][0] - self.given[2][0], 5.0)

    def test_refused(self) -> None:
        """A slice of nothing would never end."""
        self.assertRaises(ParameterError, Sweeper, self.clock, self.table, self.expired, 0)
        for pause in (-1.0, float("inf"), float("nan")):
            self.assertRaises(
                ParameterError, Sweeper, self.clock, self.table, self.expired, pause=pause
            )
