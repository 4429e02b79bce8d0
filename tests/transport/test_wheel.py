"""Deadlines on one timer: never early, at most one tick late."""

import math

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport.wheel import DeadlineWheel

_TICK = 0.25
_STEP = 1 / 32


@attrs.define(eq=False)
class One:
    """Something with a deadline. @ivar told: when it was told"""

    clock: Clock
    deadline: float = math.inf
    slot: int = -1
    told: list[float] = attrs.field(factory=list)
    then: object = None

    def deadlinePassed(self) -> None:
        """Note it."""
        self.told.append(self.clock.seconds())
        if callable(self.then):
            self.then()


_DEADLINES = st.integers(0, 400).map(lambda part: part / 64)


class DeadlineWheelTests(SynchronousTestCase):
    """On a clock turned by hand."""

    def setUp(self) -> None:
        """At an instant that is no multiple of the tick."""
        self.start()

    def start(self, now: float = 100.09375) -> None:
        """A new wheel."""
        self.time = Clock()
        self.time.advance(now)
        self.wheel = DeadlineWheel(self.time, _TICK)

    def file(self, seconds: float) -> One:
        """Watch something that has so many seconds."""
        one = One(self.time, self.time.seconds() + seconds)
        self.wheel.file(one)
        return one

    def wait(self, seconds: float) -> None:
        """Let time pass in small steps."""
        for _ in range(round(seconds / _STEP)):
            self.time.advance(_STEP)

    @given(st.lists(st.tuples(_DEADLINES, _DEADLINES, _DEADLINES), min_size=1), st.integers(0, 7))
    def test_inTime(self, moves: list[tuple[float, float, float]], phase: int) -> None:
        """However deadlines are set and moved, each is told once, never early, at most one tick late."""
        self.start(100 + phase * _STEP)
        ones = [(self.file(first), when, second) for first, when, second in moves]
        expected = {}
        for _ in range(round(16 / _STEP)):
            now = self.time.seconds()
            for number, (one, when, second) in enumerate(ones):
                if when == now - 100 - phase * _STEP and not one.told:
                    isLater = now + second >= one.deadline
                    one.deadline = now + second
                    if not isLater:
                        self.wheel.file(one)
                if not one.told:
                    expected[number] = one.deadline
            self.time.advance(_STEP)
        for number, (one, _, _) in enumerate(ones):
            self.assertEqual(len(one.told), 1)
            self.assertGreaterEqual(one.told[0], expected[number])
            self.assertLessEqual(one.told[0], expected[number] + _TICK)
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_forget(self) -> None:
        """What is forgotten is not told, and the last one takes the timer with it."""
        one = self.file(1.0)
        self.wheel.forget(one)
        self.assertEqual(self.time.getDelayedCalls(), [])
        self.wait(2.0)
        self.assertEqual(one.told, [])

    def test_never(self) -> None:
        """A deadline set to never while it is watched is not told, nor watched on."""
        one = self.file(1.0)
        one.deadline = math.inf
        self.wait(2.0)
        self.assertEqual((one.told, one.slot), ([], -1))
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_forgetWhenTold(self) -> None:
        """One that is told may end others of the same instant: they are not told."""
        ones = [self.file(1.0) for _ in range(5)]

        def end() -> None:
            for each in ones:
                self.wheel.forget(each)

        for one in ones:
            one.then = end
        self.wait(2.0)
        self.assertEqual(sum(len(one.told) for one in ones), 1)

    def test_fileWhenTold(self) -> None:
        """One that is told may set a new deadline, and is told again."""
        one = self.file(1.0)

        def again() -> None:
            one.then = None
            one.deadline = self.time.seconds() + 1.0
            self.wheel.file(one)

        one.then = again
        self.wait(4.0)
        self.assertEqual(len(one.told), 2)
        self.assertGreaterEqual(one.told[1], one.told[0] + 1.0)
        self.assertLessEqual(one.told[1], one.told[0] + 1.0 + _TICK)

    def test_oneTimer(self) -> None:
        """A thousand deadlines have one timer."""
        for number in range(1000):
            self.file(number / 100)
        self.assertEqual(len(self.time.getDelayedCalls()), 1)

    def test_now(self) -> None:
        """While something is watched, C{now} is at most a tick behind the clock."""
        self.file(10.0)
        for _ in range(64):
            self.time.advance(_STEP)
            self.assertLess(self.time.seconds() - self.wheel.now, _TICK)
            self.assertLessEqual(self.wheel.now, self.time.seconds())
