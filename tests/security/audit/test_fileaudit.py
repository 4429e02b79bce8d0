"""The audit of a node: when lines are written, when the disk has them, and what happens when it is full."""

import errno
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy
from gma_twisted.interfaces import IAudit
from gma_twisted.security.audit import ChainFile, FileAudit
from gma_twisted.security.audit.verify import verifyChain
from gma_twisted.timing import NodeClock, Ready, toDeferred
from tests.security.audit import deed
from tests.security.audit.test_chainfile import Disk


class Thread:
    """
    Runs jobs when it is told to.

    @ivar jobs: that wait
    @ivar isSlow: whether they do
    @ivar failure: what every job raises
    """

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], bool], Deferred[bool]]] = []
        self.isSlow = False
        self.failure: OSError | None = None
        self.done = 0

    def run(self, job: Callable[[], bool]) -> Awaitable[bool]:
        """One job."""
        if self.failure is not None:
            raise self.failure
        if self.isSlow:
            waiting: Deferred[bool] = Deferred()
            self.jobs.append((job, waiting))
            return waiting
        self.done += 1
        return Ready(job())

    def finish(self) -> None:
        """Do what waits."""
        jobs, self.jobs = self.jobs, []
        for job, waiting in jobs:
            self.done += 1
            waiting.callback(job())

    def stop(self) -> Awaitable[None]:
        """Nothing waits."""
        return Ready(None)


class FileAuditTests(SynchronousTestCase):
    """On a virtual clock."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp())
        self.home.mkdir()
        self.path = self.home / "audit.jsonl"
        self.time = Clock()
        self.disk = Disk()
        self.thread = Thread()
        self.audit = self.begin()

    def begin(self, refuses: bool = True) -> FileAudit:
        """A life."""
        chain = ChainFile(str(self.path), 10**6, 9, self.disk.write)
        clock = NodeClock(self.time, lambda: 1.7e9 + self.time.seconds())
        audit = FileAudit(chain, clock, self.thread.run, self.thread.stop, 1.0, refuses)
        self.successResultOf(toDeferred(audit.start()))
        return audit

    def end(self) -> None:
        """End it; the chain is right, and nothing is scheduled any more."""
        self.successResultOf(toDeferred(self.audit.stop()))
        self.assertEqual(self.time.getDelayedCalls(), [])
        self.assertIsNone(verifyChain(str(self.path)).broken)

    def lines(self) -> list[dict[str, object]]:
        """In the file now."""
        return [json.loads(line) for line in self.path.read_bytes().splitlines()]

    def test_interface(self) -> None:
        """It is an audit."""
        self.assertTrue(verifyObject(IAudit, self.audit))
        self.end()

    def test_atOnce(self) -> None:
        """When a write was told its line is in the file, and the disk has it a second later."""
        self.audit.admit()
        self.audit.record(deed())
        (line,) = self.lines()
        self.assertEqual((line["who"], line["time"]), ("bob", "2023-11-14T22:13:20Z"))
        self.assertEqual(self.thread.done, 0)
        self.time.advance(1)
        self.assertEqual(self.thread.done, 1)
        self.assertEqual(json.loads(Path(f"{self.path}.head").read_bytes())["sequence"], 1)
        self.time.advance(60)
        self.assertEqual(self.thread.done, 1)
        self.end()

    def test_batches(self) -> None:
        """What comes while the disk is busy is brought to it next, all at once."""
        self.thread.isSlow = True
        self.audit.record(deed())
        self.time.advance(1)
        for _ in range(9):
            self.audit.record(deed())
        self.time.advance(5)
        self.assertEqual(len(self.thread.jobs), 1)
        self.thread.finish()
        self.time.advance(1)
        self.thread.isSlow = False
        self.thread.finish()
        self.assertEqual(json.loads(Path(f"{self.path}.head").read_bytes())["sequence"], 10)
        self.end()

    def test_full(self) -> None:
        """On a full disk the write that was done is told to be unsure, the next are refused, and room ends that."""
        self.disk.room = 100
        self.audit.admit()
        with self.assertRaisesRegex(Busy, "it was done, but could not be written"):
            self.audit.record(deed())
        with self.assertRaisesRegex(
            Busy, "nothing is written while the node cannot write its audit"
        ):
            self.audit.admit()
        counts = self.audit.counts()
        self.assertEqual((counts["failing"], counts["failures"], counts["refused"]), (1, 1, 1))
        self.time.advance(1)
        self.assertEqual(self.audit.counts()["failing"], 1)
        self.disk.room = 10**6
        self.time.advance(1)
        self.assertEqual(self.audit.counts()["failing"], 0)
        self.audit.admit()
        self.audit.record(deed())
        self.assertEqual(len(self.lines()), 2)
        self.end()

    def test_fault(self) -> None:
        """A fault that cannot be written down is a fault all the same."""
        self.disk.room = 0
        self.audit.record(deed("TimedOut"))
        self.disk.room = 10**6
        self.end()
        self.assertEqual(self.lines()[0]["result"], "TimedOut")

    def test_goOn(self) -> None:
        """Where writes shall go on nothing is refused; what does not fit into memory is counted, and told later."""
        self.end()
        self.audit = self.begin(refuses=False)
        self.disk.room = 0
        for _ in range(4000):
            self.audit.admit()
            self.audit.record(deed())
        counts = self.audit.counts()
        self.assertGreater(counts["unwritten"], 100)
        self.assertEqual(counts["unwritten"] + counts["lines"], 4000)
        self.disk.room = 10**9
        self.time.advance(2)
        last = self.lines()[-1]
        self.assertEqual((last["result"], last["count"]), ("unwritten", counts["unwritten"]))
        self.end()

    def test_disk(self) -> None:
        """When lines do not come to the disk writes are refused, until they do."""
        self.audit.record(deed())
        self.thread.failure = OSError(errno.EIO, os.strerror(errno.EIO))
        self.time.advance(1)
        with self.assertRaises(Busy):
            self.audit.admit()
        self.time.advance(1)
        with self.assertRaises(Busy):
            self.audit.admit()
        self.thread.failure = None
        self.time.advance(1)
        self.audit.admit()
        self.end()

    def test_gone(self) -> None:
        """A file that somebody took away is begun anew, which the chain says and verifying finds."""
        self.audit.record(deed())
        self.time.advance(1)
        self.path.unlink()
        self.audit.record(deed())
        self.time.advance(1)
        self.audit.record(deed())
        note, line = self.lines()
        self.assertEqual((note["result"], note["sequence"], line["sequence"]), ("gone", 3, 4))
        self.assertEqual(self.audit.counts()["failures"], 1)
        self.successResultOf(toDeferred(self.audit.stop()))
        self.assertIsNotNone(verifyChain(str(self.path)).broken)
        self.audit = self.begin()
        self.successResultOf(toDeferred(self.audit.stop()))
        self.assertIsNotNone(verifyChain(str(self.path)).broken)

    def test_torn(self) -> None:
        """A life after a kill in the middle of a line says so in the chain."""
        self.audit.record(deed())
        self.end()
        with self.path.open("ab") as file:
            file.write(b'{"half')
        self.audit = self.begin()
        self.assertEqual(self.lines()[-1]["result"], "cut")
        self.end()

    def test_force(self) -> None:
        """Refused calls of one peer are written ten times a minute, and how many were left out afterwards."""
        for _ in range(1000):
            self.audit.record(deed("Refused", mayBeDone=False, identity="anonymous"))
        self.audit.record(deed("Refused", "192.0.2.2", mayBeDone=False, identity=""))
        self.audit.record(deed())
        self.assertEqual(len(self.lines()), 12)
        self.assertEqual(self.audit.counts()["left_out"], 990)
        self.time.advance(60)
        note = self.lines()[-1]
        facts = (note["result"], note["from"], note["count"])
        self.assertEqual(facts, ("left-out", "192.0.2.1", 990))
        self.audit.record(deed("Refused", mayBeDone=False))
        self.assertEqual(self.lines()[-1]["result"], "Refused")
        self.end()

    def test_insider(self) -> None:
        """What many anonymous callers are refused hides no refusal of somebody who is known, from wherever."""
        for number in range(300):
            self.audit.record(deed("Refused", f"192.0.2.{number}", False, "anonymous"))
        for _ in range(12):
            self.audit.record(deed("Refused", "198.51.100.1", False))
        found = [one for one in self.lines() if one["who"] == "bob"]
        self.assertEqual(len(found), 10)
        self.time.advance(60)
        note = self.lines()[-1]
        self.assertEqual((note["result"], note["who"], note["count"]), ("left-out", "bob", 2))
        self.end()

    def test_share(self) -> None:
        """Refused calls of the anonymous never fill more of any file than their share, however long they come."""
        self.end()
        self.path.unlink()
        chain = ChainFile(str(self.path), 40_000, 9, self.disk.write)
        clock = NodeClock(self.time, lambda: 1.7e9 + self.time.seconds())
        self.audit = FileAudit(chain, clock, self.thread.run, self.thread.stop)
        self.successResultOf(toDeferred(self.audit.start()))
        for _ in range(100):
            for number in range(50):
                self.audit.record(deed("Refused", f"192.0.2.{number}", False, "anonymous"))
            self.audit.record(deed())
            self.time.advance(60)
        self.assertEqual(sum(one["result"] == "ok" for one in self.lines()), 100)
        refused = [line for line in self.path.read_bytes().splitlines() if b'"ok"' not in line]
        self.assertLess(sum(map(len, refused)), 12_000)
        self.assertGreater(len(refused), 10)
        self.end()
        self.assertEqual(self.lines()[-1]["result"], "left-out")
        told = sum(int(str(one.get("count", 0))) for one in self.lines())
        written = sum(one["result"] == "Refused" for one in self.lines())
        self.assertEqual(told + written, 5000)

    def test_forceAtTheEnd(self) -> None:
        """How many were left out is told before the node ends."""
        for _ in range(12):
            self.audit.record(deed("Refused", mayBeDone=False))
        self.end()
        self.assertEqual(self.lines()[-1]["count"], 2)

    def test_neverBegun(self) -> None:
        """What was never begun ends without harm to what is there."""
        self.audit.record(deed())
        self.end()
        chain = ChainFile(str(self.path), 10**6, 9)
        idle = FileAudit(chain, self.audit.clock, self.thread.run, self.thread.stop)
        self.successResultOf(toDeferred(idle.stop()))
        self.assertIsNone(verifyChain(str(self.path)).broken)
