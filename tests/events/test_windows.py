"""Windows of time: which events fall into one, and when it is over."""

from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from gma_twisted.events.windows import Window, Windows

LENGTH, LATE = 10, 3


class Case(TestCase):
    """Some windows of ten nanoseconds that wait three."""

    def setUp(self) -> None:
        """None is open."""
        self.windows: Windows[list[int]] = Windows(LENGTH, LATE, 4)

    def add(self, time: int, now: int, group: str = "g") -> bool:
        """An event. @return: whether it has a window"""
        window = self.windows.find(time, group, now, lambda start: [])
        if window is not None:
            window.content.append(time)
        return window is not None

    def closed(self, now: int) -> list[tuple[int, int, list[int]]]:
        """Start, end and events of those that are over."""
        return [(one.start, one.end, one.content) for one in self.windows.close(now)]


class WindowsTests(Case):
    """In the order of time, and not."""

    def test_tumbling(self) -> None:
        """An event is in the window that begins at or before it; the end belongs to the next one."""
        for time in (100, 109, 110):
            self.add(time, time)
        self.assertEqual(self.closed(112), [])
        self.assertEqual(self.closed(113), [(100, 110, [100, 109])])
        self.assertEqual(self.closed(123), [(110, 120, [110])])
        self.assertEqual(len(self.windows), 0)

    def test_past(self) -> None:
        """Events of the past, told all at once, close windows as events of now do; time goes on with the clock."""
        self.add(100, 5000)
        self.add(112, 5000)
        self.assertEqual(self.closed(5000), [])
        self.add(113, 5000)
        self.assertEqual(self.closed(5000), [(100, 110, [100])])
        self.assertEqual(self.closed(5009), [])
        self.assertEqual(self.closed(5010), [(110, 120, [112, 113])])

    def test_late(self) -> None:
        """Until a window is told it takes what comes late; what is later is counted."""
        self.add(105, 105)
        self.add(112, 112)
        self.assertTrue(self.add(104, 112))
        self.assertEqual(self.closed(113), [(100, 110, [105, 104])])
        self.assertFalse(self.add(104, 113))
        # Also of another group: that this one has no window is no reason to open one that is over.
        self.assertFalse(self.add(104, 113, "other"))
        self.assertEqual(self.windows.tooLate, 2)

    def test_early(self) -> None:
        """A clock that is far ahead is counted, one that is a little ahead makes no event of others late."""
        self.assertFalse(self.add(1014, 1000))
        self.assertEqual(self.windows.tooEarly, 1)
        self.assertTrue(self.add(1013, 1000))
        self.assertEqual(self.closed(1000), [])
        self.assertTrue(self.add(999, 1000))
        self.assertEqual(self.closed(1003), [(990, 1000, [999])])

    def test_crowded(self) -> None:
        """No more windows are open than may be; those there are take events all the same."""
        self.assertEqual([self.add(100, 100, name) for name in "abcde"], [True] * 4 + [False])
        self.assertTrue(self.add(101, 101, "a"))
        self.assertEqual((self.windows.crowded, len(self.windows)), (1, 4))
        self.closed(120)
        self.assertTrue(self.add(120, 120, "e"))

    def test_clockBack(self) -> None:
        """A clock that is set back opens nothing that is over."""
        self.add(105, 105)
        self.closed(113)
        self.assertFalse(self.add(105, 90))

    def test_closeAll(self) -> None:
        """All that are open are told at once, in order; what comes for them is too late then, the next one opens."""
        self.add(112, 112)
        self.add(105, 112)
        self.add(106, 112, "other")
        found = [(one.end, one.content) for one in self.windows.closeAll()]
        self.assertEqual(found, [(110, [105]), (110, [106]), (120, [112])])
        self.assertEqual(
            (len(self.windows), self.closed(112), self.windows.closeAll()), (0, [], [])
        )
        self.assertFalse(self.add(119, 112))
        self.assertEqual(self.windows.tooLate, 1)
        self.assertTrue(self.add(120, 120))

    @given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 30)), max_size=60))
    def test_all(self, steps: list[tuple[int, int]]) -> None:
        """Whatever comes when: each event is in one window, where it belongs, or counted."""
        windows: Windows[list[int]] = Windows(LENGTH, LATE, 5)
        now = 0
        told: list[Window[list[int]]] = []
        for time, pause in steps:
            now += pause
            window = windows.find(time, 0, now, lambda start: [])
            if window is not None:
                self.assertTrue(window.start <= time < window.end)
                window.content.append(time)
            told += windows.close(now)
        told += windows.close(now + 10_000)
        self.assertEqual(len(windows), 0)
        counted = windows.tooLate + windows.tooEarly + windows.crowded
        self.assertEqual(sum(len(one.content) for one in told) + counted, len(steps))
        ends = [one.end for one in told]
        self.assertEqual(len(set(ends)), len(ends))
