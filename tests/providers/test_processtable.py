"""The kernel's table of processes, of a directory that looks like it."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ProviderFailed
from gma_twisted.providers.processtable import ProcessFacts, ProcessTable
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.turns import SLICE, Turns

TICKS = os.sysconf("SC_CLK_TCK")


class SlowClock(Clock):
    """A clock on which every look takes a millisecond."""

    turns = 0
    """Times that somebody let others go on."""

    def seconds(self) -> float:
        """A little later than the last time."""
        self.rightNow += 0.001
        return super().seconds()

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        """Count it."""
        self.turns += 1
        return super().callLater(delay, callable, *args, **kw)


class TableTests(SynchronousTestCase):
    """ProcessTable."""

    def setUp(self) -> None:
        """An empty table."""
        self.root = Path(self.mktemp())
        self.root.mkdir()
        self.clock = Clock()

    def write(
        self, pid: int, name: bytes = b"sleep", state: str = "S", flags: int = 0x400000
    ) -> None:
        """A process as proc(5) says."""
        (self.root / str(pid)).mkdir()
        between = " ".join(["0"] * 12)
        rest = f" {state} 7 1 1 0 -1 {flags} {between} {500 * TICKS} 0 0\n"
        (self.root / str(pid) / "stat").write_bytes(b"%d (%s)" % (pid, name) + rest.encode())

    def read(self) -> Sequence[ProcessFacts]:
        """Everything in it."""
        found = ProcessTable(str(self.root)).read(Turns(self.clock), lambda pid, uid: True)
        return self.successResultOf(toDeferred(found))

    def test_facts(self) -> None:
        """A process has id, parent, start, user, name and state."""
        self.write(42)
        uid = os.geteuid()
        (found,) = self.read()
        self.assertEqual(found, ProcessFacts(42, 500 * TICKS, 7, uid, "sleep", "S"))
        self.assertEqual(found.began, 500.0)

    def test_names(self) -> None:
        """A name may hold parentheses, blanks, line ends and what is no UTF-8."""
        for pid, name in enumerate((b") R 1 (x", b"a b\n", b"(", b"\xff", b""), 1):
            self.write(pid, name)
        found = {one.pid: one.name for one in self.read()}
        self.assertEqual(found, {1: ") R 1 (x", 2: "a b\n", 3: "(", 4: "\ufffd", 5: ""})

    @given(st.binary(max_size=15), st.sampled_from("RSDTtZXI"))
    def test_anyName(self, name: bytes, state: str) -> None:
        """Whatever a process calls itself, the facts behind its name are the kernel's."""
        root = Path(self.mktemp())
        root.mkdir(parents=True)
        self.root = root
        self.write(9, name, state)
        (found,) = self.read()
        self.assertEqual((found.state, found.parent, found.began), (state, 7, 500.0))

    def test_kernelThreads(self) -> None:
        """Threads of the kernel are no processes."""
        self.write(2, b"kthreadd", "S", 0x208040)
        self.write(3)
        self.assertEqual([one.pid for one in self.read()], [3])

    def test_vanished(self) -> None:
        """What ends before it is read, or has other files, is left out."""
        (self.root / "1").mkdir()
        (self.root / "self").mkdir()
        (self.root / "4").mkdir()
        (self.root / "4" / "stat").write_text("4 (x) S")
        self.write(5)
        self.assertEqual([one.pid for one in self.read()], [5])

    def test_wanted(self) -> None:
        """Who is not wanted is not read."""
        self.write(5)
        self.write(6)
        asked: list[tuple[int, int]] = []

        def isWanted(pid: int, uid: int) -> bool:
            asked.append((pid, uid))
            return pid == 6

        found = ProcessTable(str(self.root)).read(Turns(self.clock), isWanted)
        self.assertEqual([one.pid for one in self.successResultOf(toDeferred(found))], [6])
        self.assertEqual(sorted(asked), [(5, os.geteuid()), (6, os.geteuid())])

    def test_turns(self) -> None:
        """No turn of the reactor is longer than a slice and one process."""
        for pid in range(1, 101):
            self.write(pid)
        clock = SlowClock()
        asked: Counter[int] = Counter()

        def isWanted(pid: int, uid: int) -> bool:
            asked[clock.turns] += 1
            return True

        reading = toDeferred(ProcessTable(str(self.root)).read(Turns(clock), isWanted))
        clock.advance(0)
        self.assertEqual(len(self.successResultOf(reading)), 100)
        self.assertLessEqual(max(asked.values()), SLICE / 0.001 + 1)

    def test_uptime(self) -> None:
        """The seconds since boot are the first number of uptime."""
        (self.root / "uptime").write_text("1234.56 99.00\n")
        self.assertEqual(ProcessTable(str(self.root)).uptime(), 1234.56)

    def test_nowhere(self) -> None:
        """Without procfs the error names what is missing."""
        table = ProcessTable("/nowhere/proc")
        error = self.assertRaises(ProviderFailed, table.uptime)
        self.assertEqual(error.message, "/nowhere/proc/uptime cannot be read: is procfs mounted?")
        reading = toDeferred(table.read(Turns(self.clock), lambda pid, uid: True))
        failure = self.failureResultOf(reading, ProviderFailed)
        self.assertEqual(
            str(failure.value), "/nowhere/proc cannot be listed: No such file or directory"
        )
