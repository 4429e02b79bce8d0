"""Where jobs run."""

import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.stores.journal import Inline, WriterThread, shortenTurns
from gma_twisted.timing import Ready, toDeferred

_LIMIT = 10.0


class Reactor:
    """The part of a reactor that threads speak to."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    def callFromThread(self, call: Callable[..., object], *arguments: Any) -> None:
        """As a reactor's."""
        self.calls.put(lambda: call(*arguments))

    def until(self, done: Deferred[Any]) -> None:
        """Run what threads ask until there is a result."""
        while not done.called:
            self.calls.get(timeout=_LIMIT)()


class WriterThreadTests(SynchronousTestCase):
    """Jobs in one thread."""

    def setUp(self) -> None:
        """A worker."""
        self.reactor = Reactor()
        self.worker = WriterThread(self.reactor.callFromThread, "writer", 3)
        self.addCleanup(self.stop)

    def stop(self) -> None:
        """End its thread."""
        stopped = toDeferred(self.worker.stop())
        self.reactor.until(stopped)
        self.successResultOf(stopped)

    def test_order(self) -> None:
        """Jobs run one after the other in one other thread; their results come in the reactor's."""
        seen: list[tuple[int, int]] = []

        def job(number: int) -> Callable[[], int]:
            def run() -> int:
                seen.append((number, threading.get_ident()))
                return number

            return run

        jobs = [toDeferred(self.worker.run(job(number))) for number in range(3)]
        self.reactor.until(jobs[-1])
        self.assertEqual([self.successResultOf(each) for each in jobs], [0, 1, 2])
        self.assertEqual([number for number, _ in seen], [0, 1, 2])
        self.assertEqual(len({ident for _, ident in seen} - {threading.get_ident()}), 1)

    def test_error(self) -> None:
        """What a job raises is raised to who waits for it, and the next one runs."""
        failing = toDeferred(self.worker.run(lambda: 1 // 0))
        well = toDeferred(self.worker.run(lambda: 5))
        self.reactor.until(well)
        self.failureResultOf(failing, ZeroDivisionError)
        self.assertEqual(self.successResultOf(well), 5)

    def test_limit(self) -> None:
        """More waiting jobs than the limit are refused."""
        gate = threading.Event()
        jobs = [toDeferred(self.worker.run(lambda: gate.wait(_LIMIT))) for _ in range(3)]
        error = self.assertRaises(Busy, self.worker.run, lambda: None)
        self.assertEqual(str(error), "3 jobs are waiting for the thread writer")
        gate.set()
        self.reactor.until(jobs[-1])

    def test_again(self) -> None:
        """A stopped worker has no thread; the next job starts it again."""
        first = toDeferred(self.worker.run(threading.current_thread))
        self.reactor.until(first)
        self.stop()
        thread = self.successResultOf(first)
        thread.join(_LIMIT)
        self.assertFalse(thread.is_alive())
        second = toDeferred(self.worker.run(lambda: 2))
        self.reactor.until(second)
        self.assertEqual(self.successResultOf(second), 2)


class InlineTests(SynchronousTestCase):
    """Jobs at once."""

    def test_run(self) -> None:
        """The result is there before run returns, and so is an error."""
        done = Inline().run(lambda: 4)
        assert isinstance(done, Ready)
        self.assertEqual(done.value, 4)
        self.assertRaises(ZeroDivisionError, Inline().run, lambda: 1 // 0)
        self.successResultOf(toDeferred(Inline().stop()))


class TurnTests(SynchronousTestCase):
    """The switch interval."""

    def test_shortenTurns(self) -> None:
        """Threads take turns every half millisecond."""
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        shortenTurns()
        self.assertAlmostEqual(sys.getswitchinterval(), 0.0005)
